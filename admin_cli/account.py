"""`account`: 年终账, what enters the year-end account of each unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from admin_cli.findings import HEAD as FINDINGS_HEAD
from admin_cli.findings import finding_answer, finding_cells
from admin_cli.inputs import COUNT, DAY, FILE
from admin_cli.newfiles import NewFiles
from admin_cli.registries import registry_option, registry_to_read
from admin_cli.session import Session, command
from admin_cli.sheets import Sheet, workbook
from canvass.accounting import UnitAccount, unit_accounts
from canvass.findings import recorded_findings
from rounds.errors import BadInput

_DEADLINE = (4, 1)
"""“应于4月1日前”, of the year after the one that is assessed."""
_COLUMNS = {
    "name": "团组织",
    "expected": "应完成",
    "done": "已完成（经签名验证）",
    "satisfied": "满意",
    "unsatisfied": "不满意",
    "again": "需重新测评",
    "contested": "冲突、待确认或待核实",
    "unsigned": "未经签名验证",
    "late": "逾期",
    "rounds": "测评次数",
    "findings": "督查",
    "amiss": "其中不合规",
}
_NOTE = "各项怎样计入考核，本通知未载，以上级规定为准。"


@command(
    "account",
    "年终账：各团组织一年的完成、结果、逾期和督查情况，供年终考核使用；只列数目，不打分。",
    example="account --year 2016\naccount --year 2016 --out 年终账.xlsx",
)
@click.option("--year", required=True, type=COUNT, metavar="年", help="测评年度，如 2016。")
@click.option("--deadline", type=DAY, metavar="日期", help="完成时限（默认次年4月1日，当天不算逾期）。")
@click.option("--path", metavar="路径", help="只看这一团组织的下级：各级代码以斜线相连，如 /50/5001/。")
@click.option("--out", type=FILE, metavar="F.xlsx", help="写出年终账和督查情况（Excel 表格）。")
@registry_option
def account(session: Session, year: int, deadline: date | None, path: str | None, out: Path | None) -> None:
    """Show the account, and write it."""
    if path is not None and not (path.startswith("/") and path.endswith("/")):
        raise BadInput("--path 须以斜线开头和结尾，如 /50/5001/。")
    if out is not None and out.suffix.lower() != ".xlsx":
        raise BadInput("--out 的文件名须以 .xlsx 结尾。")
    if deadline is None and not date.min.year <= year < date.max.year:
        raise BadInput("--year 不是年份：请写测评年度，如 2016。")
    until = deadline or date(year + 1, *_DEADLINE)
    with registry_to_read(session) as registry:
        units = unit_accounts(registry, year=year, deadline=until, path=path)
        found = recorded_findings(registry, year=year, path=path)
    if out is not None:
        notes = (f"{year}年度，时限{until.isoformat()}。{_NOTE}",)
        rows = [_cells(one) for one in units] + [_sum(units)]
        sheets = [
            Sheet("年终账", tuple(_COLUMNS.values()), rows, {0: 30}, notes),
            Sheet("督查情况", FINDINGS_HEAD, map(finding_cells, found), {1: 30, 2: 24, 7: 40}),
        ]
        with NewFiles(out) as files:
            files.write(out, workbook(sheets))
    _show(session, units, year, until)
    session.output.answer(
        {
            "year": year,
            "deadline": until.isoformat(),
            "units": [vars(one) for one in units],
            "findings": [finding_answer(one) for one in found],
            "files": [] if out is None else [str(out)],
        }
    )


def _cells(one: UnitAccount) -> tuple[str | int, ...]:
    return tuple(getattr(one, name) for name in _COLUMNS)


def _sum(units: Sequence[UnitAccount]) -> tuple[str | int, ...]:
    return ("合计", *(sum(getattr(one, name) for one in units) for name in list(_COLUMNS)[1:]))


def _show(session: Session, units: Sequence[UnitAccount], year: int, until: date) -> None:
    if units:
        session.output.table(f"{year}年度年终账", tuple(_COLUMNS.values()), [*map(_cells, units), _sum(units)])
        session.output.lines(f"时限{until.isoformat()}（当天不算逾期）。{_NOTE}")
    else:
        session.output.lines("台账和登记库中都没有可列的团组织：请先导入台账或结果。")
