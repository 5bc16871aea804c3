"""A filled 附件4 of rounds without signatures (on paper, from 暖青汇): rows checked, compared, entered 未经签名验证.

Nothing is taken on trust that can be recomputed: the account, the quorum, the verdict and the printed shares. What no
signature holds stays apart from what one does: in a table of its own, in the roll-ups' state `UNSIGNED`, never in a
合计 of signed results. An entry is never written over; another one for the same branch and year is named and refused,
and where its figures differ that is kept (`paper_disputes`): until two people's tables agree, with what is in or on
other figures, such a round can be neither confirmed nor posted (`paper_rounds`). What may follow an entry as the next
attempt, `paper_attempts` says.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from canvass.branch_years import BranchYears
from canvass.directory import Directory, next_id
from canvass.ledger_schema import branches, organisations
from canvass.paper_attempts import RowFate, at_odds, attempts_of, fate_of, figures_of, in_the_way
from canvass.paper_disputes import Entered, disputed_ids, note, settle
from canvass.paper_rows import NAME, PaperProblem, PaperRow, read_rows
from canvass.receiving import read_file
from canvass.registry import Registry
from canvass.schema import OUTCOME_CODES, ends, papers, standings
from canvass.tables import CAP, read_tables
from rounds.rules import Outcome


@dataclass(frozen=True)
class PaperImport:
    """What became of one filled table; with any problem nothing was entered."""

    entered: int
    """`rerun` and `replaced` included."""
    duplicates: int
    problems: tuple[PaperProblem, ...]
    disputed: int = 0
    """Rounds that are in with other figures, which is noted; only where nothing else is wrong with the table."""
    settled: int = 0
    """Rounds that were disputed and are no more: two people's tables agree, with what is in or in its place."""
    rerun: int = 0
    """Of `entered`: rounds that were held again after 无效."""
    replaced: int = 0
    """Of `entered`: entries that two people's tables have put right."""


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
    with registry.writing() as connection:
        entry = _Entry(connection, file, second, year, now)
        for row in file.rows:
            entry.look(row)
        if not problems and len(entry.problems) == len(entry.differing):
            entry.note_differing()
        problems += entry.problems
        settled = 0 if problems else entry.write()
    if problems:
        told = tuple(sorted(problems, key=lambda problem: problem.number))
        return PaperImport(0, 0, told, disputed=len(entry.differing) if len(told) == len(entry.differing) else 0)
    new = len(entry.new)
    rerun, replaced = (entry.count(fate) for fate in (RowFate.RERUN, RowFate.REPLACES))
    return PaperImport(new, len(file.rows) - new, (), settled=settled, rerun=rerun, replaced=replaced)


@dataclass(frozen=True)
class _New:
    """A row that is to be entered."""

    row: PaperRow
    branch: int
    fate: RowFate
    follows: Row[Any] | None
    """The attempt that was the last one."""

    @property
    def attempt(self) -> int:
        return 1 if self.follows is None else self.follows.attempt + 1


class _Entry:
    """One table on its way in, with the second person's where there is one."""

    def __init__(
        self, connection: Connection, file: PaperFile, second: PaperFile | None, year: int, now: datetime
    ) -> None:
        self._connection = connection
        self._file = file
        self._second = second
        self._digests = {file.digest} | ({second.digest} if second else set())
        self._year = year
        self._today: date = now.date()
        self._at = int(now.timestamp())
        self.new: list[_New] = []
        self.problems: list[PaperProblem] = []
        self.known: Entered = []
        """In already, with the same figures."""
        self.differing: Entered = []
        """In already, with other figures: each is among the problems too."""

    def count(self, fate: RowFate) -> int:
        """How many of the new rows are so."""
        return sum(one.fate is fate for one in self.new)

    def look(self, row: PaperRow) -> None:
        """Sort the row in: new, known, or kept out, with the reason among the problems."""
        found = self._connection.execute(_ledger_branch(row)).all()
        if len(found) != 1:
            self._refuse(row, f"台账中没有“{row.organisation}”的“{row.name}”，或不止一个：请先更正台账")
            return
        (branch,) = found
        if branch.registered not in {None, row.registered}:
            self._refuse(row, f"团员总数为{row.registered}，台账为{branch.registered}：请核对后更正其一")
        elif self._signed(branch.id):
            self._refuse(row, "这个团支部本年度已有签名的测评结果：不得以未经签名的代替")
        else:
            self._beside(row, branch)

    def _refuse(self, row: PaperRow, reason: str) -> None:
        self.problems.append(PaperProblem(row.number, reason))

    def _signed(self, branch: int) -> bool:
        query = select(ends.c.id).outerjoin_from(ends, standings).where(ends.c.branch == branch)
        query = query.where(ends.c.year == self._year, ends.c.outcome.in_(_VALID), standings.c.end_id.is_(None))
        return self._connection.execute(query).first() is not None

    def _beside(self, row: PaperRow, branch: Row[Any]) -> None:
        """Hold the row against the attempts that are in."""
        attempts = attempts_of(self._connection, branch.id, self._year)
        fate = fate_of(row, attempts, self._digests, agreed=self._second is not None)
        last = attempts[-1] if attempts else None
        if last is not None and fate is RowFate.KNOWN:
            self.known.append((last.id, row))
        elif last is not None and fate is RowFate.DIFFERS:
            self._keep_out(row, last, at_odds(last))
        elif last is not None and fate is RowFate.REPLACES and (reason := self._in_the_way(last, branch)):
            self._keep_out(row, last, reason)
        elif fate is not RowFate.EARLIER:
            self.new.append(_New(row, branch.id, fate, last))

    def _in_the_way(self, last: Row[Any], branch: Row[Any]) -> str:
        reason = in_the_way(self._connection, last, branch.code or "", self._today)
        return reason and f"与已录入的不同，而已录入的{reason}"

    def _keep_out(self, row: PaperRow, last: Row[Any], reason: str) -> None:
        if figures_of(last) != row.figures:
            self.differing.append((last.id, row))
        self._refuse(row, reason)

    def note_differing(self) -> None:
        """Keep that other figures were told of what is in."""
        note(self._connection, self.differing, self._file.digest, self._at, settled=False)

    def write(self) -> int:
        """Enter the new rows, bring the roll-ups up to date, note what two people agree on; how many it settled."""
        if self.new:
            touched = BranchYears(self._connection, {(one.branch, self._year) for one in self.new})
            self._connection.execute(insert(papers), self._rows())
            touched.write_changes(self._connection)
        if self._second is None:
            return 0
        disputed = disputed_ids(self._connection)
        replaced = [one.follows.id for one in self.new if one.follows is not None and one.fate is RowFate.REPLACES]
        return settle(self._connection, self.known, self._file.digest, self._at) + sum(
            map(disputed.__contains__, replaced)
        )

    def _rows(self) -> list[dict[str, Any]]:
        ids = Directory().words(self._connection, {word for one in self.new for word in one.row.words})
        checked = self._second and self._second.digest
        common = {"year": self._year, "file": self._file.digest, "checked": checked, "imported": self._at}
        first = next_id(self._connection, papers)
        return [
            {"id": number, "branch": one.branch, "attempt": one.attempt, **_columns(one.row, ids), **common}
            for number, one in enumerate(self.new, first)
        ]


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
    query = select(branches.c.id, branches.c.code, branches.c.registered).join_from(branches, organisations)
    query = query.where(branches.c.known, branches.c.name == row.name, organisations.c.name == row.organisation)
    return query.limit(2)
