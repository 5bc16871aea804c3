"""The steps of 确认 and 公示 as the registry keeps them: those taken on an end, or on an entry without signatures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from canvass.bulk import chunks
from canvass.publicity_schema import STEPS, paper_steps, publicity_steps
from rounds.publicity import Period, Publicity, Step, StepTaken, publicity_on


@dataclass(frozen=True)
class Posting:
    """One 公示 as it is recorded: the day it goes up, its days, where."""

    posted: date
    period: Period
    channels: tuple[str, ...]
    working_days: bool = False


STEP_TABLES = {True: (publicity_steps, publicity_steps.c.end_id), False: (paper_steps, paper_steps.c.paper_id)}
"""Where the steps of signed rounds stand, and of the others; with whose they are."""


def steps_of(connection: Connection, wanted: set[int], *, signed: bool = True) -> dict[int, list[Row[Any]]]:
    """The steps taken on some ends, or on some entries without signatures, in their order."""
    table, owner = STEP_TABLES[signed]
    query = select(table, owner.label("owner")).where(owner.in_(bindparam("some", expanding=True)))
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for some in chunks(wanted):
        for row in connection.execute(query.order_by(table.c.id), {"some": some}):
            found[row.owner].append(row)
    return found


def taken(row: Row[Any]) -> StepTaken:
    """One row of them."""
    return StepTaken(STEPS[row.step], date.fromordinal(row.day), period_of(row))


def period_of(row: Row[Any]) -> Period | None:
    """The days of the 公示 that the row posts; None where it is another step."""
    if row.first_day is None:
        return None
    return Period(date.fromordinal(row.first_day), date.fromordinal(row.last_day))


def is_confirmed(held: Sequence[Row[Any]]) -> bool:
    """Whether a confirmation stands after those steps."""
    return publicity_on(map(taken, held), date.max) is not Publicity.COUNTED


def last_note(held: Sequence[Row[Any]]) -> str:
    """What the last step that bears a note says."""
    return next((step.note for step in reversed(held) if step.note), "")


def last_posting(held: Sequence[Row[Any]]) -> Posting | None:
    """The last 公示 among those steps that was not withdrawn."""
    found: Posting | None = None
    for row in held:
        period = period_of(row)
        if period is not None:
            channels = tuple(row.channels.split("、"))
            found = Posting(date.fromordinal(row.day), period, channels, row.working_days)
        elif STEPS[row.step] is Step.WITHDRAW:
            found = None
    return found
