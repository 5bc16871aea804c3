"""结果运用 (三): the priority lists at 90% and 80%, and what follows from a 不满意, as far as people have reported it.

The registry pronounces nothing: 免职 and 重新推选 are the organisation's acts “按照组织程序和有关规定”. Here stands
whether they were reported to have been done, and when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from canvass.bulk import chunks
from canvass.counted import CountedRound, counted_rounds
from canvass.paper_rounds import paper_rounds
from canvass.publicity import check_obstacles
from canvass.publicity_schema import follow_ups, paper_follow_ups
from canvass.registry import Registry
from rounds.errors import RuleRefusal
from rounds.rules import Outcome, Priority


class FollowUp(IntEnum):
    """What the notice asks for after a 不满意 (三、结果运用 2)."""

    PARTY = 1
    LEAGUE = 2
    REMOVAL = 3
    ELECTION = 4


FOLLOW_UP_NAMES = {
    FollowUp.PARTY: "报告同级党组织",
    FollowUp.LEAGUE: "报告上一级团组织",
    FollowUp.REMOVAL: "按照组织程序和有关规定予以免职",
    FollowUp.ELECTION: "重新推选团支部书记",
}


@dataclass(frozen=True)
class Done:
    """One step that was reported as done."""

    kind: FollowUp
    day: date
    note: str


@dataclass(frozen=True)
class Unsatisfied:
    """A 不满意 with what was done about it; a step may have been reported more than once, the last one holds."""

    round: CountedRound
    done: dict[FollowUp, Done]

    @property
    def open(self) -> tuple[FollowUp, ...]:
        """What is still to be done."""
        return tuple(kind for kind in FollowUp if kind not in self.done)


@dataclass(frozen=True)
class FollowUps:
    """结果运用 of the registry: who may be recommended first, and where something has to follow."""

    municipal: tuple[CountedRound, ...]
    """满意度 90% and above."""
    district: tuple[CountedRound, ...]
    """满意度 80% and above, those of `municipal` included: the second right comes with the first."""
    unsatisfied: tuple[Unsatisfied, ...]


def follow_up_lists(registry: Registry, *, year: int | None = None, signed: bool = True) -> FollowUps:
    """The lists of one assessed year, or of all; with `signed` False those of the rounds without signatures.

    Raises:
        Unreadable: the registry failed.
    """
    found = counted_rounds(registry, year=year) if signed else paper_rounds(registry, year=year)
    failed = [one for one in found if one.figures.outcome is Outcome.UNSATISFIED]
    done = _done(registry, {one.end_id for one in failed}, signed=signed)
    return FollowUps(
        municipal=_with(found, Priority.MUNICIPAL),
        district=_with(found, Priority.DISTRICT),
        unsatisfied=tuple(Unsatisfied(one, done[one.end_id]) for one in failed),
    )


def record_follow_up(
    registry: Registry, one: CountedRound, kind: FollowUp, day: date, *, now: datetime, note: str = ""
) -> None:
    """Note that somebody reported `kind` as done on `day`.

    Raises:
        RuleRefusal: the outcome is not 不满意; nothing follows from another one. Or it counts no more.
        Unreadable: the registry failed.
    """
    if one.figures.outcome is not Outcome.UNSATISFIED:
        raise RuleRefusal(f"测评{one.round_id}的结果不是不满意：通知只对不满意的规定了后续事项。")
    table, owner = _TABLES[one.signed]
    row = {owner.name: one.end_id, "kind": int(kind), "day": day.toordinal(), "note": note}
    with registry.writing() as connection:
        check_obstacles(connection, [one])
        connection.execute(insert(table).values(**row, recorded=int(now.timestamp())))


_TABLES = {True: (follow_ups, follow_ups.c.end_id), False: (paper_follow_ups, paper_follow_ups.c.paper_id)}
"""As `canvass.publicity` keeps the steps apart."""


def _with(found: Iterable[CountedRound], priority: Priority) -> tuple[CountedRound, ...]:
    return tuple(one for one in found if priority in one.figures.priorities)


def _done(registry: Registry, wanted: set[int], *, signed: bool) -> dict[int, dict[FollowUp, Done]]:
    table, owner = _TABLES[signed]
    query = select(table, owner.label("owner")).where(owner.in_(bindparam("some", expanding=True)))
    found: dict[int, dict[FollowUp, Done]] = defaultdict(dict)
    with registry.reading() as connection:
        for some in chunks(wanted):
            for row in connection.execute(query.order_by(table.c.id), {"some": some}):
                found[row.owner][FollowUp(row.kind)] = _of(row)
    return found


def _of(row: Row[Any]) -> Done:
    return Done(FollowUp(row.kind), date.fromordinal(row.day), row.note)
