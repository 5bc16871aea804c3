"""`supervise-plan`: 交叉组织实施, written to the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from admin_cli.inputs import FILE, LINE
from admin_cli.newfiles import NewFiles
from admin_cli.registries import registry_option, registry_to_write
from admin_cli.session import Session, command
from admin_cli.sheets import Sheet, workbook
from canvass.supervising import CROSS_FROM
from canvass.supervision import Assigned, plan_supervision, write_supervision
from rounds.errors import BadInput

_LISTED_AT_MOST = 200
_HEAD = ("团支部代码", "团支部", "上级团组织", "指导监督团支部代码", "指导监督团支部")
_WIDTHS = {1: 30, 2: 24, 3: 20, 4: 30}
_SENT = "由上级团组织指派人员"
_METHOD = {
    False: "单循环：按“种子、换行、团支部代码”的 SHA-256 值排列，前一个监督后一个，最后一个监督第一个。",
    True: "高年级指导监督低年级：同年级内按“种子、换行、团支部代码”的 SHA-256 值排列，依次由高一个年级的轮流监督。",
}


@command(
    "supervise-plan",
    "交叉组织实施：为台账中的团支部排定指导监督的团支部，写入台账的“指导监督人”栏。\n"
    "单循环（不自我监督、不两两互相监督），或用 --by-grade 由高年级指导监督低年级；同一种子任何人可复算。",
    example="supervise-plan --organisation 5001 --seed 20170320双色球01020304050607 --dry-run\n"
    "supervise-plan --organisation 5001 --seed 20170320双色球01020304050607 --out 交叉监督.xlsx",
)
@click.option("--organisation", metavar="CODE", help="只排这一团组织及其下级的团支部（默认台账全部，排成一个循环）。")
@click.option("--seed", required=True, type=LINE, metavar="种子", help="事先公布的一行文字或数字，如某日开奖号码。")
@click.option("--by-grade", is_flag=True, help="由高年级指导监督低年级；台账须填写“年级”栏。")
@click.option("--dry-run", is_flag=True, help="只排定并列出，不写入台账。")
@click.option("--out", type=FILE, metavar="F.xlsx", help="另写出一份名单。")
@registry_option
def supervise_plan(
    session: Session, *, organisation: str | None, seed: str, by_grade: bool, dry_run: bool, out: Path | None
) -> None:
    """Draw the plan, and write it."""
    if out is not None and out.suffix.lower() != ".xlsx":
        raise BadInput("--out 的文件名须以 .xlsx 结尾。")
    planned = [] if out is None else [out]
    with NewFiles(*planned) as files, registry_to_write(session) as registry:
        plan = plan_supervision(registry, seed, organisation=organisation, by_grade=by_grade)
        if out is not None:
            files.write(out, workbook([_sheet(plan, seed, by_grade=by_grade)]))
        if not dry_run:
            write_supervision(registry, plan)
    _show(session, plan, seed, by_grade=by_grade, dry_run=dry_run)
    session.output.answer(_answer(plan, seed, by_grade=by_grade, dry_run=dry_run, out=out))


def _sheet(plan: Sequence[Assigned], seed: str, *, by_grade: bool) -> Sheet:
    return Sheet("交叉监督", _HEAD, map(_cells, plan), _WIDTHS, (f"种子：{seed}", _METHOD[by_grade]))


def _cells(one: Assigned) -> tuple[str, ...]:
    here, there = one.branch, one.supervisor
    return (here.code, here.name, here.organisation, there.code if there else "", there.name if there else _SENT)


def _show(session: Session, plan: Sequence[Assigned], seed: str, *, by_grade: bool, dry_run: bool) -> None:
    session.output.table("交叉监督", _HEAD, [_cells(one) for one in plan[:_LISTED_AT_MOST]])
    session.output.lines(f"种子：{seed}", _METHOD[by_grade])
    if len(plan) < CROSS_FROM:
        session.output.lines(
            f"共{len(plan)}个团支部：通知只要求所属团支部数量超过20个的交叉组织实施，不足的不作要求；仍按所请排定。"
        )
    done = "尚未写入台账" if dry_run else "已写入台账，此后的批复按此载明指导监督人；已批复的不变"
    session.output.lines(f"已排定{len(plan)}个团支部，{done}。")


def _answer(
    plan: Sequence[Assigned], seed: str, *, by_grade: bool, dry_run: bool, out: Path | None
) -> dict[str, object]:
    return {
        "seed": seed,
        "method": _METHOD[by_grade],
        "by_grade": by_grade,
        "dry_run": dry_run,
        "demanded": len(plan) >= CROSS_FROM,
        "plan": [
            {"supervised": one.branch.code, "supervisor": one.supervisor.code if one.supervisor else None}
            for one in plan
        ],
        "files": [] if out is None else [str(out)],
    }
