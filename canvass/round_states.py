"""How every round stands, as a bundle's manifest says it; sender and receiver ask the same question of their registry.

accepted, void     one end counts: its digest          conflict     ends are there, none counts
missing            authorised, and nothing has come
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from canvass.bulk import chunks
from canvass.grant_schema import grants
from canvass.ledger_schema import branches
from canvass.schema import EndKind, ends, round_id, round_number, standings
from rounds.bundles import BundledRound, RoundState

_ENDS: Select[Any] = (
    select(
        ends.c.round,
        ends.c.year,
        ends.c.attempt,
        ends.c.kind,
        ends.c.digest,
        standings.c.standing,
        branches.c.code,
        branches.c.name,
    )
    .join_from(ends, branches)
    .outerjoin(standings, standings.c.end_id == ends.c.id)
    .order_by(ends.c.round, ends.c.id)
)
_GRANTS: Select[Any] = (
    select(grants.c.round, grants.c.year, grants.c.attempt, branches.c.code, branches.c.name)
    .join_from(grants, branches)
    .order_by(grants.c.id)
)


def all_rounds(connection: Connection, also: Iterable[BundledRound] = ()) -> dict[str, BundledRound]:
    """Every round that has an end or was authorised here, and those of `also` (listed by a child), by its id."""
    found = {listed.round_id: listed for listed in _ended(connection.execute(_ENDS))}
    for row in connection.execute(_GRANTS):
        named = round_id(row.year, row.round)
        found.setdefault(named, _round(row, RoundState.MISSING))
    for listed in also:
        found.setdefault(listed.round_id, missing(listed))
    return found


def held_rounds(connection: Connection, wanted: Collection[str]) -> dict[str, BundledRound]:
    """Those of `wanted` (round ids) that have an end here."""
    found: dict[str, BundledRound] = {}
    for some in chunks(wanted):
        query = _ENDS.where(ends.c.round.in_([round_number(one) for one in some]))
        found.update((listed.round_id, listed) for listed in _ended(connection.execute(query)))
    return found


def missing(listed: BundledRound) -> BundledRound:
    """The same round, of which nothing has come here."""
    return BundledRound(
        attempt=listed.attempt,
        branch_code=listed.branch_code,
        branch_name=listed.branch_name,
        end="",
        round_id=listed.round_id,
        state=RoundState.MISSING,
    )


def _ended(rows: Iterable[Row[Any]]) -> Iterator[BundledRound]:
    for _, some in groupby(rows, key=lambda row: (row.round, row.year)):
        held = list(some)
        counted = [row for row in held if row.standing is None]
        if len(counted) != 1:  # none: a conflict, or a revision whose original has not come
            yield _round(held[0], RoundState.CONFLICT)
        else:
            state = RoundState.VOID if counted[0].kind == EndKind.VOID else RoundState.ACCEPTED
            yield _round(counted[0], state, bytes(counted[0].digest).hex())


def _round(row: Row[Any], state: RoundState, end: str = "") -> BundledRound:
    return BundledRound(
        attempt=row.attempt,
        branch_code=row.code or "",
        branch_name=row.name,
        end=end,
        round_id=round_id(row.year, row.round),
        state=state,
    )
