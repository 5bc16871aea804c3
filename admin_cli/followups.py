"""`followups`: 结果运用, the priority lists and what follows from a 不满意."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from admin_cli.inputs import COUNT, DONE_DAY, OPTIONAL_LINE, OneOf
from admin_cli.publicity import round_answer
from admin_cli.registries import registry_option, registry_to_read, registry_to_write
from admin_cli.session import Session, command
from canvass.counted import CountedRound
from canvass.followups import (
    FOLLOW_UP_NAMES,
    FollowUp,
    FollowUps,
    Unsatisfied,
    follow_up_lists,
    record_follow_up,
)
from canvass.paper_rounds import rounds_named
from rounds.errors import BadInput
from rounds.publicity import PUBLICITY_NAMES

_STEPS = {
    "party": FollowUp.PARTY,
    "league": FollowUp.LEAGUE,
    "removal": FollowUp.REMOVAL,
    "election": FollowUp.ELECTION,
}
_HEAD = ("团支部", "书记", "满意度", "公示", "测评编号")
_MUNICIPAL = (
    "满意度90%及以上：市级及以上交流培训和评选表彰的优先推荐对象；符合入党条件的，可作为“推优入党”的优先推荐对象"
)
_DISTRICT = "满意度80%及以上：区县级评选表彰的优先推荐对象"
_UNSATISFIED = "不满意：应按照组织程序和有关规定予以免职，并重新推选"
_APART = "以下未经签名验证（纸质或暖青汇，按录入的数字，单列）："


@command(
    "followups",
    "结果运用：满意度90%、80%及以上的名单；不满意的后续事项及办理情况。\n"
    "未经签名验证的（纸质测评）单列，编号形如 2016-paper-TM-02。\n"
    "用 --done 登记一项已办理：party 报告同级党组织，league 报告上一级团组织，removal 免职，election 重新推选。",
    example="followups --year 2016\nfollowups --round 2016-0123456789abcdef --done party --date 2017-04-06",
)
@click.option("--year", type=COUNT, metavar="年", help="只列这一测评年度。")
@click.option("--round", "named", metavar="测评编号", help="登记办理情况的测评；须与 --done 同用。")
@click.option("--done", type=OneOf(*_STEPS), metavar="事项", help="party、league、removal 或 election。")
@click.option("--date", "day", type=DONE_DAY, metavar="日期", help="办理之日（默认今天）。")
@click.option("--note", default="", type=OPTIONAL_LINE, metavar="说明", help="文号、会议等。")
@registry_option
def followups(session: Session, year: int | None, named: str | None, done: str | None, **given: Any) -> None:  # noqa: ANN401  click's values
    """List, or record one step."""
    if (named is None) != (done is None):
        raise BadInput("登记办理情况须同时写明 --round 和 --done。")
    today = session.now().date()
    if named is not None and done is not None:
        with registry_to_write(session) as registry:
            (one,) = rounds_named(registry, [named])[-1:]
            day = given["day"] or today
            record_follow_up(registry, one, _STEPS[done], day, now=session.now(), note=given["note"])
    with registry_to_read(session) as registry:
        found = follow_up_lists(registry, year=year)
        unsigned = follow_up_lists(registry, year=year, signed=False)
    _show(session, found, today)
    if unsigned.municipal or unsigned.district or unsigned.unsatisfied:
        session.output.lines(_APART)
        _show(session, unsigned, today)
    if found.unsatisfied or unsigned.unsatisfied:
        session.output.lines("两份报告用 report 写出；本软件只列事项，免职须由有权的组织按程序决定。")
    session.output.answer(_answer(found, today) | {"unsigned": _answer(unsigned, today)})


def _show(session: Session, found: FollowUps, today: date) -> None:
    for title, rounds in ((_MUNICIPAL, found.municipal), (_DISTRICT, found.district)):
        session.output.lines(f"{title}（{len(rounds)}个）")
        _list(session, rounds, today)
    session.output.lines(f"{_UNSATISFIED}（{len(found.unsatisfied)}个）")
    if found.unsatisfied:
        head = ("团支部", "书记", "测评编号", *FOLLOW_UP_NAMES.values())
        session.output.table("后续事项", head, [_steps(one) for one in found.unsatisfied])


def _list(session: Session, rounds: Sequence[CountedRound], today: date) -> None:
    if rounds:
        rows = [
            (one.branch, one.secretary, f"{one.figures.rate_percent}%", _publicity(one, today), one.round_id)
            for one in rounds
        ]
        session.output.table("名单", _HEAD, rows)


def _publicity(one: CountedRound, today: date) -> str:
    return PUBLICITY_NAMES[one.publicity(today)]


def _steps(one: Unsatisfied) -> tuple[object, ...]:
    done = (one.done.get(kind) for kind in FollowUp)
    states = (f"{step.day.isoformat()} {step.note}".strip() if step else "未办理" for step in done)
    return (one.round.branch, one.round.secretary, one.round.round_id, *states)


def _answer(found: FollowUps, today: date) -> dict[str, object]:
    return {
        "municipal": [_listed(one, today) for one in found.municipal],
        "district": [_listed(one, today) for one in found.district],
        "unsatisfied": [
            _listed(one.round, today) | {"steps": {name: _step(one, kind) for name, kind in _STEPS.items()}}
            for one in found.unsatisfied
        ],
    }


def _listed(one: CountedRound, today: date) -> dict[str, object]:
    return round_answer(one, today) | {"secretary": one.secretary, "rate_percent": one.figures.rate_percent}


def _step(one: Unsatisfied, kind: FollowUp) -> dict[str, str] | None:
    step = one.done.get(kind)
    return None if step is None else {"date": step.day.isoformat(), "note": step.note}
