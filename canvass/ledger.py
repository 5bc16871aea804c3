"""The ledger (台账): taking in its tables by code, all or nothing; what changed; one branch; its rows to hand out.

A row with a code that is known updates it, any other begins; nothing is ever deleted by an import. Results that came
before the ledger lie under organisations and branches begun for them: those are taken over by code, or by their name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from canvass.branch_years import rebuild
from canvass.directory import line_id, next_id
from canvass.ledger_rows import BRANCHES_TITLE, ORGANISATIONS_TITLE, BranchRow, OrganisationRow, Problem, Reader
from canvass.ledger_schema import MAX_PATH, branches, lines, organisations
from canvass.ledger_tree import Node, Tree
from canvass.registry import Registry
from canvass.rollup_schema import expected, rollups
from canvass.schema import ends
from canvass.tables import FilledTable
from rounds.errors import RuleRefusal


@dataclass(frozen=True)
class Change:
    """One thing that an import changes: a row that is new (`field` empty), or a field with its old and new value."""

    table: str
    code: str
    name: str
    field: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class LedgerImport:
    """What an import found, and changed unless it was a dry run or something was wrong."""

    organisations: int
    branches: int
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]


def import_ledger(registry: Registry, tables: Iterable[FilledTable], *, dry_run: bool = False) -> LedgerImport:
    """Take in filled tables, in one transaction; with any bad row, or `dry_run`, nothing is changed.

    Raises:
        Unreadable: the registry failed; nothing was changed.
    """
    reader = Reader()
    reader.read(tables)
    reader.check_repeated()
    with registry.writing() as connection:
        work = _Import(connection)
        work.organisations(reader.organisations)
        work.branches(reader.branches, bad_rows=len(reader.problems))
        problems = sorted({*reader.problems, *work.problems}, key=lambda problem: (problem.table, problem.number))
        if problems or dry_run:
            connection.rollback()
        else:
            work.settle()
    kept = () if problems else tuple(work.changes)
    return LedgerImport(len(reader.organisations), len(reader.branches), kept, tuple(problems))


class _Import:
    """One import in its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.changes: list[Change] = []
        self.problems: list[Problem] = []
        self._tree = Tree(connection)
        self._lines: dict[str, int] = {}
        self._moved = False
        """Whether something moved that results may lie under: then the roll-ups are made anew."""

    def organisations(self, rows: Sequence[OrganisationRow]) -> None:
        """Enter the organisations' table: first each by itself, then the paths, which follow from all of them."""
        first = next_id(self._connection, organisations)
        new = 0
        for row in rows:
            known = self._tree.by_code.get(row.code)
            if known is None:
                self.changes.append(Change(ORGANISATIONS_TITLE, row.code, row.name))
                self._tree.add(Node.begun(first + new, row))
                new += 1
            else:
                self._note(ORGANISATIONS_TITLE, row.code, row.name, known.fields(), Node.begun(known.id, row).fields())
                self._tree.add(Node.begun(known.id, row))
        numbers = {row.code: row.number for row in rows}
        for code, reason in self._tree.problems(MAX_PATH):
            self.problems.append(Problem(ORGANISATIONS_TITLE, numbers.get(code, 0), reason))
        if not self.problems:
            self._write_organisations()

    def _write_organisations(self) -> None:
        for node in self._tree.in_order():
            row = {
                "code": node.code,
                "name": node.name,
                "parent": node.parent_id,
                "path": node.path,
                "line": self._line(node.line),
                "own_line": bool(node.own_line),
                "administrator": node.administrator,
                "telephone": node.telephone,
                "known": True,
            }
            if node.was is None:
                self._connection.execute(insert(organisations).values(id=node.id, **row))
            elif node.was != (node.path, node.line) or node.touched:
                self._moved = self._moved or node.was != (node.path, node.line)
                self._connection.execute(update(organisations).where(organisations.c.id == node.id).values(row))

    def _line(self, name: str) -> int:
        if name not in self._lines:
            self._lines[name] = line_id(self._connection, name)
        return self._lines[name]

    def branches(self, rows: Sequence[BranchRow], *, bad_rows: int) -> None:
        """Enter the branches' table; `bad_rows`: how many were refused before, an organisation's perhaps among them."""
        maybe = "（或该团组织所在的行有误）" if bad_rows else ""
        for row in rows:
            if row.organisation not in self._tree.by_code:
                reason = f"所属团组织代码“{row.organisation}”在台账中没有{maybe}。"
                self.problems.append(Problem(BRANCHES_TITLE, row.number, reason))
        if not self.problems and not bad_rows:
            self._write_branches(rows)

    def _write_branches(self, rows: Sequence[BranchRow]) -> None:
        self._adopt()
        known = _known_branches(self._connection)
        nameless = {(row.organisation, row.name): row for row in known.values() if row.code is None}
        by_code = {row.code: row for row in known.values() if row.code is not None}
        first = next_id(self._connection, branches)
        new: list[dict[str, Any]] = []
        for row in rows:
            values = self._branch_values(row)
            found = by_code.get(row.code) or nameless.get((values["organisation"], row.name))
            if found is None:
                self.changes.append(Change(BRANCHES_TITLE, row.code, row.name))
                new.append({"id": first + len(new), "grade": "", **values})
            else:
                self._update_branch(found, row, values)
        if new:
            self._connection.execute(insert(branches), new)

    def _branch_values(self, row: BranchRow) -> dict[str, Any]:
        return {
            "code": row.code,
            "name": row.name,
            "organisation": self._tree.by_code[row.organisation].id,
            "secretary": row.secretary,
            "post": row.post,
            "since": row.since,
            "registered": row.registered,
            "affiliated": row.affiliated,
            "supervisor": row.supervisor,
            "known": True,
            **({} if row.grade is None else {"grade": row.grade}),
        }

    def _update_branch(self, found: Row[Any], row: BranchRow, values: dict[str, Any]) -> None:
        old = {name: getattr(found, name) for name in values}
        if old == values:
            return
        self._moved = self._moved or old["organisation"] != values["organisation"] or not found.known
        shown = [{**value, "organisation": self._tree.code_of(value["organisation"])} for value in (old, values)]
        self._note(BRANCHES_TITLE, row.code, row.name, *(_readable(value) for value in shown))
        self._connection.execute(update(branches).where(branches.c.id == found.id).values(values))

    def _adopt(self) -> None:
        """Branches begun under an organisation that was only a name go to the ledger's organisation of that name."""
        begun = select(organisations.c.id, organisations.c.name).where(~organisations.c.known)
        for row in self._connection.execute(begun).all():
            known = self._tree.named(row.name)
            if known is None:
                continue
            self._moved = True
            moved = update(branches).where(branches.c.organisation == row.id).values(organisation=known.id)
            self._connection.execute(moved)
            self._connection.execute(delete(rollups).where(rollups.c.organisation == row.id))
            self._connection.execute(delete(expected).where(expected.c.organisation == row.id))
            self._connection.execute(delete(organisations).where(organisations.c.id == row.id))

    def _note(self, table: str, code: str, name: str, old: dict[str, str], new: dict[str, str]) -> None:
        for field, before in old.items():
            if before != new[field]:
                self.changes.append(Change(table, code, name, FIELD_NAMES[field], before, new[field]))

    def settle(self) -> None:
        """Bring the roll-ups up to date."""
        results = self._connection.scalar(select(ends.c.id).limit(1)) is not None
        rebuild(self._connection, results=results and self._moved)


FIELD_NAMES = {
    "code": "代码",
    "name": "名称",
    "parent": "上级团组织代码",
    "administrator": "管理员",
    "telephone": "联系电话",
    "line": "战线",
    "organisation": "所属团组织代码",
    "secretary": "团支部书记",
    "post": "单位及职务",
    "since": "任职时间",
    "registered": "登记注册团员数",
    "affiliated": "挂靠确认",
    "supervisor": "指导监督人",
    "grade": "年级",
    "known": "列入台账",
}


def _readable(values: dict[str, Any]) -> dict[str, str]:
    words: dict[object, str] = {True: "是", False: "否", None: ""}
    return {
        name: words[value] if value is None or isinstance(value, bool) else str(value) for name, value in values.items()
    }


def _known_branches(connection: Connection) -> dict[int, Row[Any]]:
    wanted: Select[Any] = select(branches)
    return {row.id: row for row in connection.execute(wanted)}


@dataclass(frozen=True)
class LedgerBranch:
    """One branch of the ledger with the organisation that it belongs to."""

    id: int
    code: str
    name: str
    secretary: str
    post: str
    since: str
    registered: int
    affiliated: bool
    supervisor: str
    grade: str
    organisation_code: str
    organisation: str
    path: str
    line: str
    administrator: str
    telephone: str


_LEDGER_BRANCH: Select[Any] = (
    select(
        branches.c.id,
        branches.c.code,
        branches.c.name,
        branches.c.secretary,
        branches.c.post,
        branches.c.since,
        branches.c.registered,
        branches.c.affiliated,
        branches.c.supervisor,
        branches.c.grade,
        organisations.c.code.label("organisation_code"),
        organisations.c.name.label("organisation"),
        organisations.c.path,
        lines.c.name.label("line"),
        organisations.c.administrator,
        organisations.c.telephone,
    )
    .join_from(branches, organisations)
    .join(lines, lines.c.id == organisations.c.line)
    .where(branches.c.known)
)


def branch(registry: Registry, code: str) -> LedgerBranch:
    """The ledger's branch of that code.

    Raises:
        RuleRefusal: there is none.
    """
    with registry.reading() as connection:
        row = connection.execute(_LEDGER_BRANCH.where(branches.c.code == code)).one_or_none()
    if row is None:
        raise RuleRefusal(f"台账中没有代码为“{code}”的团支部：请核对代码，或先用 ledger import 导入台账。")
    return LedgerBranch(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it


def ledger_branches(registry: Registry, *, path: str | None = None) -> list[LedgerBranch]:
    """The ledger's branches below `path` (None: all), by organisation and code."""
    query = _LEDGER_BRANCH.order_by(organisations.c.path, branches.c.code)
    with registry.reading() as connection:
        found = connection.execute(query if path is None else query.where(below(path)))
        return [LedgerBranch(**row._mapping) for row in found]  # noqa: SLF001  see above


def below(path: str) -> Any:  # noqa: ANN401  one of SQLAlchemy's clauses
    """Everything whose organisation's path begins with `path`: one range of the index on either back end."""
    return organisations.c.path.between(path, f"{path[:-1]}0")  # "0" is the character after "/"


@dataclass(frozen=True)
class LedgerOrganisation:
    """One organisation of the ledger; `parent` is a code, '' for a root; `line` its own 战线 or ''."""

    id: int
    code: str
    name: str
    parent: str
    administrator: str
    telephone: str
    line: str
    path: str


def ledger_organisations(registry: Registry) -> list[LedgerOrganisation]:
    """The ledger's organisations, each after the one above it."""
    with registry.reading() as connection:
        nodes = Tree(connection).in_order()
    return [
        LedgerOrganisation(n.id, n.code, n.name, n.parent, n.administrator, n.telephone, n.own_line, n.path)
        for n in nodes
    ]
