"""确认 → 公示: taking one more step on counted results, and which days were posted.

Only an accepted result with a valid outcome is confirmed and posted: a conflict or a waiting revision has to be settled
first, and 无效 is no result to post. What was confirmed before that is withdrawn in spite of it. One transaction for
all rounds of a command: all of them or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from canvass.codes import paper_round_id
from canvass.counted import CountedRound, in_conflict, obstacles
from canvass.ledger_schema import branches
from canvass.paper_rounds import paper_obstacles
from canvass.publicity_schema import STEP_CODES, STEPS, paper_steps, publicity_steps
from canvass.registry import Registry
from canvass.schema import LAST_PAPER, ends, papers, round_id, standings
from canvass.steps import STEP_TABLES, Posting, last_note, last_posting, period_of, steps_of, taken
from rounds.errors import RuleRefusal
from rounds.publicity import Period, Step, take_step

_BACK = frozenset({Step.OBJECT, Step.WITHDRAW})
"""The steps that lead out of a 公示: what contradicts a result stands in the way of every other step, not of these."""


def record_step(
    registry: Registry,
    rounds: Iterable[CountedRound],
    step: Step,
    day: date,
    *,
    now: datetime,
    posting: Posting | None = None,
    note: str = "",
) -> list[CountedRound]:
    """Take `step` on every one of `rounds`, or on none; they as they stand after it.

    What stands in the way and the steps are read again under the writers' lock: of two clerks at once the second is
    refused, and so is a step on figures that another clerk has contradicted meanwhile.

    Raises:
        RuleRefusal: a round does not stand where the step begins, or something stands in the way of it.
        Unreadable: the registry failed.
    """
    listed = list(rounds)
    after: dict[tuple[bool, int], CountedRound] = {}
    with registry.writing() as connection:
        check_obstacles(connection, listed, contested=step in _BACK)
        for signed, (table, owner) in STEP_TABLES.items():
            some = {one.end_id: one for one in listed if one.signed is signed}
            _check_step(connection, some, step, day, signed=signed)
            rows = [_row(step, day, now, posting, note) | {owner.name: number} for number in some]
            if rows:
                connection.execute(insert(table), rows)
            held = steps_of(connection, set(some), signed=signed)
            after |= {(signed, number): _after(one, held[number]) for number, one in some.items()}
    return [after[one.signed, one.end_id] for one in listed]


def check_obstacles(connection: Connection, rounds: Iterable[CountedRound], *, contested: bool = False) -> None:
    """See, under the writers' lock, that nothing has come in since these rounds were read that stands in the way.

    `contested`: what contradicts a result does not.

    Raises:
        RuleRefusal: it does; what is recorded now would stand with figures that count no more.
    """
    listed = list(rounds)
    signed, unsigned = ([one.end_id for one in listed if one.signed is each] for each in (True, False))
    found = {
        True: obstacles(connection, signed, contested=contested),
        False: paper_obstacles(connection, unsigned, contested=contested),
    }
    for one in listed:
        if why := found[one.signed].get(one.end_id):
            raise RuleRefusal(f"测评{one.round_id}{why}")


def _check_step(
    connection: Connection, rounds: Mapping[int, CountedRound], step: Step, day: date, *, signed: bool
) -> None:
    """No signature holds an entry's figures, so its 公示 is taken back after its days too, as that of a conflict is."""
    held = steps_of(connection, set(rounds), signed=signed)
    contradicted = in_conflict(connection, rounds) if signed else rounds.keys()
    for number, one in rounds.items():
        try:
            take_step(map(taken, held[number]), step, day, contradicted=number in contradicted)
        except RuleRefusal as refusal:
            raise RuleRefusal(f"{one.branch}（{one.round_id}）：{refusal}") from None


def _after(one: CountedRound, held: Sequence[Row[Any]]) -> CountedRound:
    return replace(one, steps=tuple(map(taken, held)), posting=last_posting(held), note=last_note(held))


def posted_periods(registry: Registry) -> dict[str, Period]:
    """The days of the 公示 of each round that has one, by the round's id; a withdrawn one is none.

    Nor is one of an end that does not count: what a confirmed revision says was never posted with the original.

    Raises:
        Unreadable: the registry failed.
    """
    signed = select(publicity_steps, ends.c.year, ends.c.round).join_from(publicity_steps, ends)
    signed = signed.outerjoin(standings, standings.c.end_id == ends.c.id).where(standings.c.end_id.is_(None))
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
