"""确认 → 公示: taking one more step on counted results, and which days were posted.

Only an accepted result with a valid outcome is confirmed and posted: a conflict or a waiting revision has to be settled
first, and 无效 is no result to post. One transaction for all rounds of a command: all of them or none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from canvass.codes import paper_round_id
from canvass.counted import CountedRound
from canvass.directory import chunks
from canvass.ledger_schema import branches
from canvass.publicity_schema import STEP_CODES, STEPS, paper_steps, publicity_steps
from canvass.registry import Registry
from canvass.schema import LAST_PAPER, ends, papers, round_id
from canvass.steps import STEP_TABLES, Posting, period_of, steps_of, taken
from rounds.errors import RuleRefusal
from rounds.publicity import Period, Step, take_step


def record_step(
    registry: Registry,
    rounds: Iterable[CountedRound],
    step: Step,
    day: date,
    *,
    now: datetime,
    posting: Posting | None = None,
    note: str = "",
) -> None:
    """Take `step` on every one of `rounds`, or on none.

    The steps are read again under the writers' lock: of two clerks who confirm at once the second is refused.

    Raises:
        RuleRefusal: a round does not stand where the step begins, or is an entry that a later one has followed.
        Unreadable: the registry failed.
    """
    listed = list(rounds)
    with registry.writing() as connection:
        for signed, (table, owner) in STEP_TABLES.items():
            some = [one for one in listed if one.signed is signed]
            check_last(connection, some)
            _check_step(steps_of(connection, {one.end_id for one in some}, signed=signed), some, step, day)
            rows = [_row(step, day, now, posting, note) | {owner.name: one.end_id} for one in some]
            if rows:
                connection.execute(insert(table), rows)


def check_last(connection: Connection, rounds: Iterable[CountedRound]) -> None:
    """See, under the writers' lock, that nobody has entered a later attempt since these rounds were read.

    Raises:
        RuleRefusal: somebody has; what is recorded now would stand with figures that count no more.
    """
    entered = {one.end_id: one for one in rounds if not one.signed}
    last: set[int] = set()
    for some in chunks(entered):
        last.update(connection.scalars(select(papers.c.id).where(papers.c.id.in_(some), LAST_PAPER)))
    for number, one in entered.items():
        if number not in last:
            raise RuleRefusal(f"{one.branch}（{one.round_id}）：刚才另有人重新录入，数字可能已不同：请核对后再办理。")


def _check_step(held: dict[int, list[Row[Any]]], rounds: Iterable[CountedRound], step: Step, day: date) -> None:
    for one in rounds:
        try:
            take_step(map(taken, held[one.end_id]), step, day)
        except RuleRefusal as refusal:
            raise RuleRefusal(f"{one.branch}（{one.round_id}）：{refusal}") from None


def posted_periods(registry: Registry) -> dict[str, Period]:
    """The days of the 公示 of each round that has one, by the round's id; a withdrawn one is none.

    Raises:
        Unreadable: the registry failed.
    """
    signed = select(publicity_steps, ends.c.year, ends.c.round).join_from(publicity_steps, ends)
    unsigned = select(paper_steps, papers.c.year, branches.c.code).join_from(paper_steps, papers).join(branches)
    unsigned = unsigned.where(LAST_PAPER)
    with registry.reading() as connection:
        rows = connection.execute(signed.order_by(publicity_steps.c.id))
        found = _periods((round_id(row.year, row.round), row) for row in rows)
        rows = connection.execute(unsigned.order_by(paper_steps.c.id))
        return found | _periods((paper_round_id(row.year, row.code), row) for row in rows)


def _periods(named: Iterable[tuple[str, Row[Any]]]) -> dict[str, Period]:
    found: dict[str, Period] = {}
    for name, row in named:
        period = period_of(row)
        if period is not None:
            found[name] = period
        elif STEPS[row.step] is Step.WITHDRAW:
            found.pop(name, None)
    return found


def _row(
    step: Step, day: date, now: datetime, posting: Posting | None, note: str
) -> dict[str, int | str | bool | None]:
    return {
        "step": STEP_CODES[step],
        "day": day.toordinal(),
        "first_day": posting.period.first.toordinal() if posting else None,
        "last_day": posting.period.last.toordinal() if posting else None,
        "working_days": posting.working_days if posting else False,
        "channels": "、".join(posting.channels) if posting else "",
        "note": note,
        "recorded": int(now.timestamp()),
    }
