"""What branches contribute to the roll-ups, year by year: looked at before and after a change, the difference kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from canvass.bulk import Among, chunks
from canvass.ledger_schema import branches, organisations
from canvass.publicity_schema import DISPUTED_PAPER
from canvass.rollup_schema import State, expected, rollups
from canvass.rollups import Deltas, RoundFigures, Sums, ancestors, contribution
from canvass.schema import LAST_PAPER, OUTCOMES, STANDINGS, EndKind, Standing, ends, papers, standings

BranchYear = tuple[int, int]
Place = tuple[int, int]
"""A branch's organisation and 战线."""


class BranchYears:
    """Some branches in some years, and what they contributed before the change that is about to happen."""

    def __init__(
        self, connection: Connection, touched: Iterable[tuple[int, Any]], places: Mapping[int, Place] | None = None
    ) -> None:
        """Look at `touched` (branch, year) before the change.

        `places`: where these branches stand, from whoever has read that in the same transaction.
        """
        self._touched = set(touched)
        self._places = places
        self._before = dict(_contributions(connection, self._touched))

    def write_changes(self, connection: Connection) -> None:
        """Look again after the change and bring the roll-ups up to date."""
        deltas = Deltas()
        places = self._places
        if places is None:
            places = _places_of(connection, {branch for branch, _ in self._touched})
        for key, sums in _contributions(connection, self._touched):
            deltas.add(*places[key[0]], key[1], sums)
        for key, sums in self._before.items():
            deltas.add(*places[key[0]], key[1], {state: -one for state, one in sums.items()})
        deltas.apply(connection)


def rebuild(connection: Connection, *, results: bool = True) -> None:
    """Make the roll-ups anew from the ledger and, with `results`, from the ends and papers."""
    connection.execute(delete(expected))
    _rebuild_expected(connection)
    if results:
        connection.execute(delete(rollups))
        _rebuild_results(connection)


def _rebuild_results(connection: Connection) -> None:
    deltas = Deltas()
    places = select(branches.c.id, branches.c.organisation, organisations.c.line).join_from(branches, organisations)
    where = {row.id: (row.organisation, row.line) for row in connection.execute(places)}
    for key, found in _grouped(_figures(connection.execute(_ENDS), connection.execute(_PAPERS))):
        deltas.add(*where[key[0]], key[1], contribution(found))
    deltas.apply(connection)


def _rebuild_expected(connection: Connection) -> None:
    members = func.coalesce(func.sum(branches.c.registered), 0)
    query = select(branches.c.organisation, organisations.c.line, func.count(), members)
    query = query.join_from(branches, organisations).where(branches.c.known)
    direct = connection.execute(query.group_by(branches.c.organisation, organisations.c.line)).all()
    above = ancestors(connection, {row[0] for row in direct})
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for organisation, line, count, registered in direct:
        for one in above[organisation]:
            sums[one, line][0] += count
            sums[one, line][1] += registered
    names = ("organisation", "line", "branches", "registered")
    rows = [dict(zip(names, (*key, *value), strict=True)) for key, value in sorted(sums.items())]
    if rows:
        connection.execute(insert(expected), rows)


def _places_of(connection: Connection, wanted: set[int]) -> dict[int, Place]:
    rows = _PLACES.rows(connection, wanted)
    return {branch: (organisation, line) for branch, organisation, line in rows}


_PLACES = Among(
    select(branches.c.id, branches.c.organisation, organisations.c.line).join_from(branches, organisations),
    branches.c.id,
)


def _contributions(
    connection: Connection, touched: set[BranchYear]
) -> Iterator[tuple[BranchYear, Mapping[State, Sums]]]:
    with_papers = connection.scalar(_ANY_PAPER) is not None
    for some in chunks({branch for branch, _ in touched}):
        unsigned = _PAPERS_OF.rows(connection, some) if with_papers else ()
        for key, found in _grouped(_figures(_ENDS_OF.rows(connection, some), unsigned)):
            if key in touched:
                yield key, contribution(found)


def _grouped(rows: Iterable[tuple[BranchYear, RoundFigures]]) -> Iterator[tuple[BranchYear, list[RoundFigures]]]:
    grouped: dict[BranchYear, list[RoundFigures]] = defaultdict(list)
    for key, figures in rows:
        grouped[key].append(figures)
    return iter(grouped.items())


def _figures(signed: Iterable[Sequence[Any]], unsigned: Iterable[Any]) -> Iterator[tuple[BranchYear, RoundFigures]]:
    """The rows of `_ENDS` and of `_PAPERS`: every end of some branches, the last paper entry of each of their years."""
    for branch, year, *figures in signed:
        yield (branch, year), _signed(*figures)
    for row in unsigned:
        yield (row.branch, row.year), _unsigned(row)


_ENDS: Select[Any] = select(
    ends.c.branch,
    ends.c.year,
    ends.c.id,
    ends.c.kind,
    ends.c.outcome,
    standings.c.standing,
    ends.c.previous,
    ends.c.registered,
    ends.c.issued,
    ends.c.collected,
    ends.c.invalid,
    ends.c.satisfied,
).outerjoin_from(ends, standings)
"""Branch and year, then what `_signed` takes."""

_ENDS_OF = Among(_ENDS, ends.c.branch)

_PAPERS: Select[Any] = select(papers, DISPUTED_PAPER.label("disputed")).where(LAST_PAPER)
_PAPERS_OF = Among(_PAPERS, papers.c.branch)
_ANY_PAPER = select(papers.c.id).limit(1)
_KINDS = {int(kind): kind for kind in EndKind}


def _signed(number: int, kind: int, outcome: int | None, standing: int | None, *counts: Any) -> RoundFigures:  # noqa: ANN401  a row
    return RoundFigures(
        number,
        _KINDS[kind],
        None if outcome is None else OUTCOMES[outcome],
        Standing.ACCEPTED if standing is None else STANDINGS[standing],
        *counts,  # previous, registered, issued, collected, invalid, satisfied
    )


def _unsigned(row: Row[Any]) -> RoundFigures:
    return RoundFigures(
        id=-row.id,
        kind=EndKind.RESULT,
        outcome=OUTCOMES[row.outcome],
        standing=Standing.ACCEPTED,
        previous=None,
        registered=row.registered,
        issued=row.collected,
        collected=row.collected,
        invalid=row.invalid,
        satisfied=row.satisfied,
        signed=False,
        disputed=bool(row.disputed),
    )
