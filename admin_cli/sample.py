"""`sample`: which branches are visited or called, drawn so that anybody can draw it again."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from admin_cli.choosing import mark_of
from admin_cli.inputs import COUNT, FILE, LINE, OPTIONAL_LINE, check_suffix
from admin_cli.newfiles import NewFiles
from admin_cli.papers.calling import Called, call_sheets
from admin_cli.registries import registry_option, registry_to_read
from admin_cli.session import Session, command
from admin_cli.sheets import Sheet, workbook
from admin_cli.summary_files import NO_LINE
from canvass.ledger import ledger_organisations
from canvass.registry import Registry
from canvass.sampling import Sample, Sampled, sample_branches
from canvass.supervising import METHOD

_LISTED_AT_MOST = 200
_HEAD = (
    "抽样序号",
    "战线",
    "上级团组织",
    "团支部代码",
    "团支部",
    "测评时间",
    "指导监督人",
    "联系人",
    "电话",
    "测评编号",
    "备注",
)
_WIDTHS = {0: 10, 2: 24, 4: 30, 9: 24, 10: 28}
_STRATA_HEAD = ("战线", "有结果的团支部", "抽取")


class Rate(click.ParamType[Fraction]):
    """A share: 0.1, 1/10 or 10%, exactly as it is written."""

    name = "比例"
    _LONGEST = 20

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """The share; a complaint in Chinese otherwise."""
        text = str(value).strip()
        whole = 100 if text.endswith("%") else 1
        try:
            share = Fraction(text.removesuffix("%")) / whole if len(text) <= self._LONGEST and "e" not in text else 0
        except (ValueError, ZeroDivisionError):
            share = 0
        return Fraction(share) if 0 < share <= 1 else self.fail("须大于0、不超过1，形如 0.1、1/10 或 10%。", param, ctx)


@command(
    "sample",
    "督查抽样：在已有有效结果（含录入的纸质测评）的团支部中按战线分层抽取，用于第三方列席、电话回访；同一种子任何人可复算。\n"
    "可写出名单和电话回访单（只问程序，不问投票）。",
    example="sample --seed 20170405双色球01020304050607 --rate 10% --year 2016\n"
    "sample --seed 20170405 --rate 1/10 --year 2016 --out 抽查名单.xlsx --call-sheet 回访单.docx",
)
@click.option("--seed", required=True, type=LINE, metavar="种子", help="事先公布的一行文字或数字，如某日开奖号码。")
@click.option("--rate", required=True, type=Rate(), metavar="比例", help="抽查比例，如 0.1、1/10 或 10%。")
@click.option("--year", type=COUNT, metavar="年", help="只在这一测评年度的结果中抽取。")
@click.option("--unit", default="", type=OPTIONAL_LINE, metavar="单位", help="回访单上的回访单位（默认取自台账）。")
@click.option("--out", type=FILE, metavar="F.xlsx", help="写出抽查名单。")
@click.option("--call-sheet", "calls", type=FILE, metavar="F.docx", help="写出电话回访单，每个团支部一页。")
@registry_option
def sample(session: Session, seed: str, rate: Fraction, year: int | None, **given: Any) -> None:  # noqa: ANN401  click's values
    """Draw, and write what was asked for."""
    with registry_to_read(session) as registry:
        drawn = sample_branches(registry, rate, seed, year=year)
        unit = given["unit"] or _unit(registry)
    notes = (f"种子：{seed}　比例：{rate}　年度：{year or '全部'}", METHOD)
    written = _write(drawn, unit, notes, given)
    _show(session, drawn, notes)
    session.output.lines(*(f"已写出：{path}" for path in written))
    session.output.answer(
        {
            "seed": seed,
            "rate": f"{rate.numerator}/{rate.denominator}",
            "year": year,
            "method": METHOD,
            "strata": [{"line": one.line, "size": one.size, "drawn": list(one.drawn)} for one in drawn.strata],
            "branches": [_answer(number, one) for number, one in enumerate(drawn.branches, 1)],
            "files": [str(path) for path in written],
        }
    )


def _unit(registry: Registry) -> str:
    """The ledger's only root; a line to write on where there are several or none."""
    found = [one.name for one in ledger_organisations(registry) if not one.parent]
    return found[0] if len(found) == 1 else "________________"


def _write(drawn: Sample, unit: str, notes: tuple[str, ...], given: dict[str, Any]) -> list[Path]:
    builders: dict[str, tuple[str, Callable[[], bytes]]] = {
        "out": (".xlsx", lambda: workbook(_sheets(drawn, notes))),
        "calls": (".docx", lambda: call_sheets(unit, _called(drawn))),
    }
    wanted: dict[Path, Callable[[], bytes]] = {}
    for name, (suffix, build) in builders.items():
        path = given[name]
        if path is not None:
            check_suffix(path, suffix)
            wanted[path] = build
    with NewFiles(*wanted) as files:
        for path, build in wanted.items():
            files.write(path, build())
    return list(wanted)


def _sheets(drawn: Sample, notes: tuple[str, ...]) -> list[Sheet]:
    rows = [_cells(number, one) for number, one in enumerate(drawn.branches, 1)]
    strata = [(one.line or NO_LINE, one.size, len(one.drawn)) for one in drawn.strata]
    return [Sheet("抽查名单", _HEAD, rows, _WIDTHS, notes), Sheet("分层", _STRATA_HEAD, strata, notes=notes)]


def _cells(number: int, one: Sampled) -> tuple[str | int, ...]:
    held = one.round
    where = (held.line or NO_LINE, held.issuer, held.code, held.branch)
    contact = (held.administrator, held.telephone)
    return (number, *where, held.held, held.supervisor, *contact, held.round_id, mark_of(held))


def _called(drawn: Sample) -> list[Called]:
    return [
        Called(
            number=number,
            line=one.round.line or NO_LINE,
            organisation=one.round.issuer,
            branch=one.round.branch,
            held=one.round.held,
            supervisor=one.round.supervisor,
            contact=one.round.administrator,
            telephone=one.round.telephone,
            mark=mark_of(one.round),
        )
        for number, one in enumerate(drawn.branches, 1)
    ]


def _show(session: Session, drawn: Sample, notes: tuple[str, ...]) -> None:
    rows = [_cells(number, one) for number, one in enumerate(drawn.branches[:_LISTED_AT_MOST], 1)]
    session.output.table("抽查名单", _HEAD, rows)
    for one in drawn.strata:
        session.output.lines(f"{one.line or NO_LINE}：{one.size}个中抽取{len(one.drawn)}个。")
    session.output.lines(*notes)


def _answer(number: int, one: Sampled) -> dict[str, object]:
    held = one.round
    return {
        "number": number,
        "line": held.line,
        "organisation": held.issuer,
        "code": held.code,
        "branch": held.branch,
        "round_id": held.round_id,
        "signed": held.signed,
        "mark": mark_of(held) or None,
    }
