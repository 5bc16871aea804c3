"""`findings`: what was found out about the procedure of a branch, recorded and listed."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from admin_cli.inputs import COUNT, DONE_DAY, LINE, OneOf
from admin_cli.registries import registry_option, registry_to_read, registry_to_write
from admin_cli.session import Session, command
from canvass.findings import WAY_NAMES, Finding, Way, record_finding, recorded_findings
from rounds.errors import BadInput

_WAYS = {"visit": Way.VISIT, "call": Way.CALL, "other": Way.OTHER}
_RESULTS = {"yes": True, "no": False}
HEAD = ("团支部代码", "团支部", "上级团组织", "年度", "方式", "程序", "日期", "情况")


@command(
    "findings",
    "督查情况：登记第三方列席、电话回访等发现的程序情况，或列出已登记的；只记程序，不记任何人的投票和受访者姓名。\n"
    "登记的不得更改；有误的另行登记说明。",
    example="findings --branch TM-01 --year 2016 --way call --in-order no --note 未当场公布结果\nfindings --year 2016",
)
@click.option("--branch", metavar="CODE", help="团支部代码；登记时必填，列出时只列这一个。")
@click.option("--year", type=COUNT, metavar="年", help="测评年度；登记时必填。")
@click.option("--way", type=OneOf(*_WAYS), metavar="方式", help="visit 第三方列席，call 电话回访，other 其他。")
@click.option("--in-order", type=OneOf(*_RESULTS), metavar="yes|no", help="程序是否合规；登记时必填。")
@click.option("--date", "day", type=DONE_DAY, metavar="日期", help="督查之日（默认今天）。")
@click.option("--note", type=LINE, metavar="情况", help="情况说明；写明即为登记。")
@registry_option
def findings(session: Session, **given: Any) -> None:  # noqa: ANN401  click's values by name
    """Record one, or list them."""
    if given["note"] is not None:
        _record(session, given)
    elif given["way"] or given["in_order"] or given["day"]:
        raise BadInput("登记督查情况须用 --note 写明情况；只列出的，不用 --way、--in-order、--date。")
    with registry_to_read(session) as registry:
        found = recorded_findings(registry, year=given["year"], code=given["branch"])
    if found:
        session.output.table("督查情况", HEAD, map(finding_cells, found))
    amiss = sum(not one.in_order for one in found)
    session.output.lines(f"督查情况{len(found)}条，其中程序不合规{amiss}条。")
    session.output.answer({"findings": [finding_answer(one) for one in found], "amiss": amiss})


def _record(session: Session, given: dict[str, Any]) -> None:
    missing = [f"--{name.replace('_', '-')}" for name in ("branch", "year", "way", "in_order") if not given[name]]
    if missing:
        raise BadInput(f"登记督查情况还须写明 {'、'.join(missing)}。")
    today: date = session.now().date()
    with registry_to_write(session) as registry:
        record_finding(
            registry,
            given["branch"],
            given["year"],
            _WAYS[given["way"]],
            given["day"] or today,
            in_order=_RESULTS[given["in_order"]],
            note=given["note"],
            now=session.now(),
        )


def finding_cells(one: Finding) -> tuple[str | int, ...]:
    """One finding as a row below `HEAD`."""
    order = "合规" if one.in_order else "不合规"
    return (one.code, one.branch, one.organisation, one.year, WAY_NAMES[one.way], order, one.day.isoformat(), one.note)


def finding_answer(one: Finding) -> dict[str, object]:
    """One finding in JSON."""
    way = next(name for name, known in _WAYS.items() if known is one.way)
    return {
        "branch": one.code,
        "name": one.branch,
        "year": one.year,
        "way": way,
        "in_order": one.in_order,
        "date": one.day.isoformat(),
        "note": one.note,
    }
