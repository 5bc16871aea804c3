"""`secrecy-check`: an attack on the ballot secret with everything that lies on disk, for anybody to run."""

from __future__ import annotations

from pathlib import Path

import click

from admin_cli.exits import Exit
from admin_cli.inputs import FILE
from admin_cli.session import Session, command
from ballots_store.examination import Level, Report, examine_path, examine_round

_LEVELS = {Level.NOTHING: "未发现", Level.REMNANT: "有残留，不能据此还原", Level.RECOVERABLE: "可还原"}


@command(
    "secrecy-check",
    "试着从能读到的一切内容中还原投票的先后和选择：数据库页、空闲页、日志、密钥槽、文件时间、遗留文件。\n"
    "可指明测评编号、任一文件夹，或磁盘、U盘的原始镜像；只读不写。能还原时退出码为1。",
    example="secrecy-check",
)
@click.argument("target", metavar="[ROUND | DIR | IMAGE]", required=False)
@click.option("--token", type=FILE, metavar="DIR", help="票箱U盘的文件夹（默认用封箱时登记的位置）。")
def secrecy_check(session: Session, target: str | None, token: Path | None) -> int:
    """Run every attack and say what it found."""
    path = Path(target) if target is not None else None
    if path is not None and path.exists():
        what, report = str(path), examine_path(path)
    else:
        what = session.home.pick(target)
        report = examine_round(session.home, what, token)
    _show(session, what, report)
    return Exit.REFUSED if report.recoverable else Exit.DONE


def _show(session: Session, what: str, report: Report) -> None:
    session.output.table(
        f"保密检查：{what}",
        ("检查", "做法", "结论", "所见"),
        [(found.method, found.tried, _LEVELS[found.level], found.found) for found in report.findings],
    )
    verdict = (
        "结论：投票的先后或选择可以还原，请保留文件并报告上级团组织。"
        if report.recoverable
        else "结论：用以上办法未能还原任何一票的先后或选择。"
    )
    session.output.lines(f"共读{report.files}个文件、{report.size}字节。", verdict)
    session.output.answer(
        {
            "target": what,
            "recoverable": report.recoverable,
            "files": report.files,
            "bytes": report.size,
            "findings": [
                {
                    "method": found.method,
                    "tried": found.tried,
                    "found": found.found,
                    "level": found.level,
                    "ordered": len(found.order),
                }
                for found in report.findings
            ],
        }
    )
