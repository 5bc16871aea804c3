"""Entries that somebody else has entered with other figures: disputed until two people's tables agree."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, insert, select

from canvass.branch_years import BranchYears
from canvass.bulk import chunks
from canvass.directory import next_id
from canvass.paper_rows import PaperRow
from canvass.publicity_schema import DISPUTED_PAPER, paper_disputes
from canvass.schema import papers

Entered = list[tuple[int, PaperRow]]
"""The id of an entry that is in, and the row that speaks of it."""


def settle(connection: Connection, known: Entered, file: bytes, now: int) -> int:
    """Two people's tables agree with what is in: noted, unless that is known; how many were disputed."""
    disputed, agreed = disputed_ids(connection), agreed_ids(connection)
    note(connection, [(number, row) for number, row in known if number not in agreed], file, now, settled=True)
    return sum(number in disputed for number, _ in known)


def note(connection: Connection, some: Entered, file: bytes, now: int, *, settled: bool) -> None:
    """Note that the table `file` (its digest) has other figures for these entries, or (`settled`) that two agree.

    The roll-ups are brought up to date: what is disputed is not done.
    """
    numbers = [number for number, _ in some]
    first = next_id(connection, paper_disputes)
    names = ("registered", "collected", "satisfied", "invalid")
    common = {"settled": settled, "file": file, "recorded": now}
    rows = [
        {"id": first + at, "paper_id": number, **dict(zip(names, row.figures, strict=True)), **common}
        for at, (number, row) in enumerate(some)
    ]
    if rows:
        touched = BranchYears(connection, _branch_years(connection, numbers))
        connection.execute(insert(paper_disputes), rows)
        touched.write_changes(connection)


def _branch_years(connection: Connection, some: list[int]) -> Iterator[tuple[int, int]]:
    for listed in chunks(some):
        query = select(papers.c.branch, papers.c.year).where(papers.c.id.in_(listed))
        yield from (tuple(row) for row in connection.execute(query))


def disputed_ids(connection: Connection) -> frozenset[int]:
    """The entries of `papers` about which two people's tables disagree."""
    return frozenset(connection.scalars(select(papers.c.id).where(DISPUTED_PAPER)))


def agreed_ids(connection: Connection) -> frozenset[int]:
    """The entries that two people's tables, compared when they were entered or later, agree with."""
    compared = select(papers.c.id).where(papers.c.checked.is_not(None))
    return frozenset(connection.scalars(compared)) - disputed_ids(connection) | _last_agreed(connection)


def _last_agreed(connection: Connection) -> frozenset[int]:
    newest = select(func.max(paper_disputes.c.id)).group_by(paper_disputes.c.paper_id)
    query = select(paper_disputes.c.paper_id).where(paper_disputes.c.id.in_(newest))
    return frozenset(connection.scalars(query.where(paper_disputes.c.settled)))
