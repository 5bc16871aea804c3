"""A filled 附件4 of rounds without signatures (on paper, from 暖青汇): rows checked, compared, entered 未经签名验证.

Nothing is taken on trust that can be recomputed: the account, the quorum, the verdict and the printed shares. What no
signature holds stays apart from what one does: in a table of its own, in the roll-ups' state `UNSIGNED`, never in a
合计 of signed results. An entry is never written over; another one for the same branch and year is named and refused,
and where its figures differ that is kept (`paper_disputes`): until two people's tables agree with what is in, such a
round can be neither confirmed nor posted (`paper_rounds`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from canvass.branch_years import BranchYears
from canvass.codes import paper_round_id
from canvass.directory import Directory, next_id
from canvass.ledger import below
from canvass.ledger_schema import branches, lines, organisations
from canvass.paper_rows import NAME, PaperProblem, PaperRow, read_rows
from canvass.publicity_schema import paper_disputes
from canvass.receiving import read_file
from canvass.registry import Registry
from canvass.schema import OUTCOME_CODES, OUTCOMES, ends, papers, standings, words
from canvass.tables import CAP, read_tables
from rounds.rules import Outcome


@dataclass(frozen=True)
class PaperImport:
    """What became of one filled table; with any problem nothing was entered."""

    entered: int
    duplicates: int
    problems: tuple[PaperProblem, ...]
    disputed: int = 0
    """Rounds that are in with other figures, which is noted; only where nothing else is wrong with the table."""
    settled: int = 0
    """Rounds that were disputed and are no more: two people's tables agree with what is in."""


@dataclass(frozen=True)
class PaperFile:
    """One filled table: its rows, what is wrong with it, and its digest."""

    rows: tuple[PaperRow, ...]
    problems: tuple[PaperProblem, ...]
    digest: bytes


def read_paper(path: Path) -> PaperFile:
    """Read a filled 附件4.

    Raises:
        Unreadable: it is no table, or cannot be read.
    """
    rows, problems = read_rows(read_tables(path, NAME))
    return PaperFile(tuple(rows), tuple(problems), hashlib.sha256(read_file(path, CAP)).digest())


def compare(first: PaperFile, second: PaperFile) -> list[PaperProblem]:
    """The rows in which two people's tables of the same rounds differ; the numbers are those of the first table."""
    theirs = {row.branch: row for row in second.rows}
    found = []
    for row in first.rows:
        other = theirs.pop(row.branch, None)
        if other is None:
            found.append(PaperProblem(row.number, f"“{row.name}”在第二份表中没有"))
        elif differing := _differences(row, other):
            found.append(PaperProblem(row.number, f"“{row.name}”两份不一致：{'；'.join(differing)}"))
    found += [PaperProblem(0, f"“{row.name}”（第二份第{row.number}行）在第一份表中没有") for row in theirs.values()]
    return found


def _differences(row: PaperRow, other: PaperRow) -> list[str]:
    return [
        f"{field.metadata['column']}为{_shown(mine)}和{_shown(theirs)}"
        for field in fields(PaperRow)
        if "column" in field.metadata and (mine := getattr(row, field.name)) != (theirs := getattr(other, field.name))
    ]


def _shown(value: object) -> str:
    return "空" if value in {None, ""} else str(value)


def import_paper(
    registry: Registry, file: PaperFile, *, year: int, now: datetime, second: PaperFile | None = None
) -> PaperImport:
    """Enter a filled table's rounds of the assessed `year`, all or none; `second`: the same rounds by another person.

    Raises:
        Unreadable: the registry failed; nothing was entered.
    """
    problems = list(file.problems)
    if second is not None:
        problems += second.problems if not problems else ()
        problems += compare(file, second) if not problems else ()
    at = int(now.timestamp())
    with registry.writing() as connection:
        entry = _Entry(connection, year)
        new = [row for row in file.rows if entry.takes(row)]
        settled = 0
        if not problems and len(entry.problems) == len(entry.differing):
            _note(connection, entry.differing, file, at, settled=False)
        problems += entry.problems
        if not problems:
            entry.write(new, file, second, at)
            settled = _settle(connection, entry.known, file, at) if second is not None else 0
    if problems:
        told = tuple(sorted(problems, key=lambda problem: problem.number))
        return PaperImport(0, 0, told, disputed=len(entry.differing) if len(told) == len(entry.differing) else 0)
    return PaperImport(len(new), len(file.rows) - len(new), (), settled=settled)


_Entered = list[tuple[int, PaperRow]]
"""The id of an entry that is in, and the row that speaks of it."""


def _settle(connection: Connection, known: _Entered, file: PaperFile, now: int) -> int:
    """Two people's tables agree with what is in: noted, unless that is known; how many were disputed."""
    disputed, agreed = disputed_ids(connection), agreed_ids(connection)
    _note(connection, [(number, row) for number, row in known if number not in agreed], file, now, settled=True)
    return sum(number in disputed for number, _ in known)


def _note(connection: Connection, some: _Entered, file: PaperFile, now: int, *, settled: bool) -> None:
    first = next_id(connection, paper_disputes)
    names = ("registered", "collected", "satisfied", "invalid")
    common = {"settled": settled, "file": file.digest, "recorded": now}
    rows = [
        {"id": first + at, "paper_id": number, **dict(zip(names, row.figures, strict=True)), **common}
        for at, (number, row) in enumerate(some)
    ]
    if rows:
        connection.execute(insert(paper_disputes), rows)


def disputed_ids(connection: Connection) -> frozenset[int]:
    """The entries of `papers` about which two people's tables disagree."""
    return _last_said(connection, settled=False)


def agreed_ids(connection: Connection) -> frozenset[int]:
    """The entries that two people's tables, compared when they were entered or later, agree with."""
    compared = select(papers.c.id).where(papers.c.checked.is_not(None))
    return frozenset(connection.scalars(compared)) - disputed_ids(connection) | _last_said(connection, settled=True)


def _last_said(connection: Connection, *, settled: bool) -> frozenset[int]:
    newest = select(func.max(paper_disputes.c.id)).group_by(paper_disputes.c.paper_id)
    query = select(paper_disputes.c.paper_id).where(paper_disputes.c.id.in_(newest))
    return frozenset(connection.scalars(query.where(paper_disputes.c.settled == settled)))


class _Entry:
    """One table on its way in."""

    def __init__(self, connection: Connection, year: int) -> None:
        self._connection = connection
        self._year = year
        self._places: dict[tuple[str, str], int] = {}
        self.problems: list[PaperProblem] = []
        self.known: _Entered = []
        """In already, with the same figures."""
        self.differing: _Entered = []
        """In already, with other figures: each is among the problems too."""

    def takes(self, row: PaperRow) -> bool:
        """Whether the row is new; what keeps it out is noted, but for being in already."""
        found = self._connection.execute(_ledger_branch(row)).all()
        if len(found) != 1:
            self._refuse(row, f"台账中没有“{row.organisation}”的“{row.name}”，或不止一个：请先更正台账")
            return False
        self._places[row.branch] = found[0].id
        if found[0].registered not in {None, row.registered}:
            self._refuse(row, f"团员总数为{row.registered}，台账为{found[0].registered}：请核对后更正其一")
        elif self._signed(found[0].id):
            self._refuse(row, "这个团支部本年度已有签名的测评结果：不得以未经签名的代替")
        else:
            return self._is_new(row, found[0].id)
        return False

    def _refuse(self, row: PaperRow, reason: str) -> None:
        self.problems.append(PaperProblem(row.number, reason))

    def _signed(self, branch: int) -> bool:
        query = select(ends.c.id).outerjoin_from(ends, standings).where(ends.c.branch == branch)
        query = query.where(ends.c.year == self._year, ends.c.outcome.in_(_VALID), standings.c.end_id.is_(None))
        return self._connection.execute(query).first() is not None

    def _is_new(self, row: PaperRow, branch: int) -> bool:
        query = select(papers).where(papers.c.branch == branch, papers.c.year == self._year)
        held = self._connection.execute(query).one_or_none()
        if held is None:
            return True
        if (held.registered, held.collected, held.satisfied, held.invalid) != row.figures:
            self.differing.append((held.id, row))
            self._refuse(row, "这个团支部本年度已录入过另一份未经签名的结果，两份数字不同：请核实，未作改动")
        else:
            self.known.append((held.id, row))
        return False

    def write(self, new: Sequence[PaperRow], file: PaperFile, second: PaperFile | None, now: int) -> None:
        """Enter the new rows and bring the roll-ups up to date."""
        if not new:
            return
        touched = BranchYears(self._connection, {(self._places[row.branch], self._year) for row in new})
        ids = Directory().words(self._connection, {word for row in new for word in row.words})
        first = next_id(self._connection, papers)
        common = {"year": self._year, "file": file.digest, "checked": second and second.digest, "imported": now}
        rows = [
            {"id": number, "branch": self._places[row.branch], **_columns(row, ids), **common}
            for number, row in enumerate(new, first)
        ]
        self._connection.execute(insert(papers), rows)
        touched.write_changes(self._connection)


_VALID = (OUTCOME_CODES[Outcome.SATISFIED], OUTCOME_CODES[Outcome.UNSATISFIED])


def _columns(row: PaperRow, ids: dict[str, int]) -> dict[str, Any]:
    return {
        "secretary": ids[row.secretary],
        "since": ids[row.since],
        "method": ids[row.method],
        "held": ids[row.held],
        "supervisor": ids[row.supervisor],
        "registered": row.registered,
        "collected": row.collected,
        "satisfied": row.satisfied,
        "invalid": row.invalid,
        "outcome": OUTCOME_CODES[row.outcome],
        "remark": row.remark,
    }


def _ledger_branch(row: PaperRow) -> Select[Any]:
    query = select(branches.c.id, branches.c.registered).join_from(branches, organisations)
    query = query.where(branches.c.known, branches.c.name == row.name, organisations.c.name == row.organisation)
    return query.limit(2)


@dataclass(frozen=True)
class PaperEntry:
    """One round without signatures, for reports; `checked`: two people's tables were compared."""

    year: int
    line: str
    organisation: str
    path: str
    branch_code: str
    branch: str
    secretary: str
    since: str
    method: str
    held: str
    supervisor: str
    registered: int
    collected: int
    satisfied: int | None
    invalid: int | None
    outcome: Outcome
    remark: str
    checked: bool
    disputed: bool
    """Somebody has entered other figures, and nobody has settled which are right."""

    @property
    def round_id(self) -> str:
        """What it is called where rounds are named."""
        return paper_round_id(self.year, self.branch_code)

    @property
    def unsatisfied(self) -> int | None:
        """不满意票数; None below quorum."""
        if self.satisfied is None or self.invalid is None:
            return None
        return self.collected - self.invalid - self.satisfied


_TEXTS = {name: words.alias(f"{name}_words") for name in ("secretary", "since", "method", "held", "supervisor")}
_ENTRIES: Select[Any] = (
    select(
        papers.c.id,
        papers.c.year,
        lines.c.name.label("line"),
        organisations.c.name.label("organisation"),
        organisations.c.path,
        branches.c.code.label("branch_code"),
        branches.c.name.label("branch"),
        *(table.c.word.label(name) for name, table in _TEXTS.items()),
        papers.c.registered,
        papers.c.collected,
        papers.c.satisfied,
        papers.c.invalid,
        papers.c.outcome,
        papers.c.remark,
    )
    .join_from(papers, branches)
    .join(organisations, organisations.c.id == branches.c.organisation)
    .join(lines, lines.c.id == organisations.c.line)
)
for _name, _table in _TEXTS.items():
    _ENTRIES = _ENTRIES.join(_table, _table.c.id == papers.c[_name])


def _entry(row: Any, disputed: Collection[int], agreed: Collection[int]) -> PaperEntry:  # noqa: ANN401  of `_ENTRIES`
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    number, code = values.pop("id"), values.pop("branch_code") or ""
    known = {"branch_code": code, "outcome": OUTCOMES[row.outcome]}
    return PaperEntry(**values | known, checked=number in agreed, disputed=number in disputed)


def paper_entries(registry: Registry, *, year: int | None = None, path: str | None = None) -> list[PaperEntry]:
    """The rounds without signatures below `path` (None: all), by organisation and branch.

    Raises:
        Unreadable: the registry failed.
    """
    query = _ENTRIES.order_by(organisations.c.path, branches.c.code, branches.c.name)
    query = query if year is None else query.where(papers.c.year == year)
    with registry.reading() as connection:
        disputed, agreed = disputed_ids(connection), agreed_ids(connection)
        found = connection.execute(query if path is None else query.where(below(path)))
        return [_entry(row, disputed, agreed) for row in found]
