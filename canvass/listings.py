"""What organisations below list as missing, void or in conflict in their last bundles and has not come in here.

A round of which this registry has an end is the registry's own affair: what a manifest says of it was compared when
the bundle was taken in, and it is left out here. So nothing counts twice once it arrives. A sender is heard only on
branches below the scopes that it had when its bundle was taken in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from canvass.bulk import chunks
from canvass.bundle_schema import bundles_received
from canvass.ledger import LedgerBranch
from canvass.ledger_schema import branches, lines, organisations
from canvass.manifests import stored_manifest
from canvass.registry import Registry
from canvass.round_states import held_rounds
from canvass.schema import ends, papers
from rounds.bundles import BundledRound, BundleManifest, RoundState
from rounds.trust import EVERYTHING

SEPARATOR = " "
"""Between the scopes of a sender, as `bundles_received` keeps them: no path holds a space."""


@dataclass(frozen=True)
class LastBundle:
    """The last manifest taken from one sender; `scopes`: where it could speak for branches then."""

    manifest: BundleManifest
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """A round that an organisation below lists, and of which no end is in."""

    organisation: str
    sequence: int
    round: BundledRound
    branch: LedgerBranch
    """The registry's own, or made of what the manifest says (`id` 0)."""
    known: bool
    """It stands in the ledger."""

    @property
    def key(self) -> tuple[int, str, str]:
        """The same for every listing of one branch."""
        branch = self.branch
        return (branch.id, "", "") if branch.id else (0, branch.code, "" if branch.code else branch.path + branch.name)


@dataclass(frozen=True)
class Outsider:
    """A branch outside of the ledger that the year has to do with: it has an end of its own here, or is listed."""

    branch: LedgerBranch
    key: tuple[int, str, str]


def last_bundles(connection: Connection) -> Iterator[LastBundle]:
    """What each organisation below has said last, in the order in which it came in."""
    newest = select(func.max(bundles_received.c.id)).group_by(bundles_received.c.sender)
    query = select(bundles_received.c.manifest, bundles_received.c.scopes).where(bundles_received.c.id.in_(newest))
    for row in connection.execute(query.order_by(bundles_received.c.id)):
        yield LastBundle(stored_manifest(row.manifest).record, tuple(row.scopes.split(SEPARATOR)))


def listings(registry: Registry, *, year: int) -> tuple[Listing, ...]:
    """What organisations below list of `year` and has not come in; a round that several list as it was said last.

    Raises:
        Unreadable: the registry failed.
    """
    found: dict[str, Listing] = {}
    with registry.reading() as connection:
        for last in last_bundles(connection):
            of_year = [one for one in last.manifest.rounds if one.round_id.startswith(f"{year:04}-")]
            held = held_rounds(connection, [one.round_id for one in of_year])
            absent = [one for one in of_year if one.round_id not in held]
            found |= {one.round.round_id: one for one in _placed(connection, last, absent)}
    return tuple(found.values())


def _placed(connection: Connection, last: LastBundle, absent: Sequence[BundledRound]) -> Iterator[Listing]:
    by_code = _by_code(connection, {one.branch_code for one in absent} - {""})
    home = _home(connection, last)
    by_name = _by_name(connection, home) if any(not one.branch_code for one in absent) else {}
    for one in absent:
        row = by_code.get(one.branch_code) if one.branch_code else by_name.get(one.branch_name)
        if row is None:
            branch = _as_listed(one, home, last.manifest.organisation)
            yield Listing(last.manifest.organisation, last.manifest.sequence, one, branch, known=False)
        elif row.path.startswith(last.scopes):
            yield Listing(last.manifest.organisation, last.manifest.sequence, one, _branch(row), known=row.known)


_BRANCH: Select[Any] = (
    select(
        branches.c.id,
        func.coalesce(branches.c.code, "").label("code"),
        branches.c.name,
        branches.c.secretary,
        branches.c.post,
        branches.c.since,
        func.coalesce(branches.c.registered, 0).label("registered"),
        branches.c.affiliated,
        branches.c.supervisor,
        branches.c.grade,
        func.coalesce(organisations.c.code, "").label("organisation_code"),
        organisations.c.name.label("organisation"),
        organisations.c.path,
        lines.c.name.label("line"),
        organisations.c.administrator,
        organisations.c.telephone,
        branches.c.known,
    )
    .join_from(branches, organisations)
    .join(lines, lines.c.id == organisations.c.line)
)


def _branch(row: Row[Any]) -> LedgerBranch:
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    return LedgerBranch(**{name: value for name, value in values.items() if name != "known"})


def _by_code(connection: Connection, codes: set[str]) -> dict[str, Row[Any]]:
    found: dict[str, Row[Any]] = {}
    for some in chunks(codes):
        found |= {row.code: row for row in connection.execute(_BRANCH.where(branches.c.code.in_(some)))}
    return found


def _by_name(connection: Connection, home: Row[Any] | None) -> dict[str, Row[Any]]:
    """The branches directly below the sender, which are found by their names where a round bears no code."""
    if home is None:
        return {}
    return {row.name: row for row in connection.execute(_BRANCH.where(branches.c.organisation == home.id))}


def _home(connection: Connection, last: LastBundle) -> Row[Any] | None:
    """The sender's own organisation: that of its scope, else the ledger's of its name; None where there is none."""
    query = select(organisations, lines.c.name.label("line_name")).join_from(organisations, lines)
    scoped = last.scopes != (EVERYTHING,)
    where = organisations.c.path.in_(last.scopes) if scoped else organisations.c.name == last.manifest.organisation
    return connection.execute(query.where(where).order_by(func.length(organisations.c.path)).limit(1)).first()


def _as_listed(one: BundledRound, home: Row[Any] | None, sender: str) -> LedgerBranch:
    return LedgerBranch(
        id=0,
        code=one.branch_code,
        name=one.branch_name,
        secretary="",
        post="",
        since="",
        registered=0,
        affiliated=False,
        supervisor="",
        grade="",
        organisation_code="" if home is None else home.code or "",
        organisation=sender if home is None else home.name,
        path=EVERYTHING if home is None else home.path,
        line="" if home is None else home.line_name,
        administrator="" if home is None else home.administrator,
        telephone="" if home is None else home.telephone,
    )


def outsiders(registry: Registry, listed: Iterable[Listing], *, year: int, path: str | None = None) -> list[Outsider]:
    """The branches outside of the ledger, below `path`, that have an end of `year` here or are `listed`; each once.

    Raises:
        Unreadable: the registry failed.
    """
    ended = select(ends.c.id).where(ends.c.branch == branches.c.id, ends.c.year == year).exists()
    query = _BRANCH.where(~branches.c.known, ended).order_by(organisations.c.path, branches.c.code, branches.c.name)
    with registry.reading() as connection:
        own = [_branch(row) for row in connection.execute(query)]
    found = {(one.id, "", ""): one for one in own}
    found |= {one.key: one.branch for one in listed if not one.known}
    return [Outsider(one, key) for key, one in found.items() if path is None or one.path.startswith(path)]


def without_ends(registry: Registry, listed: Iterable[Listing], *, year: int) -> list[Listing]:
    """Those listings whose branch has neither an end nor an entry of `year` here: what is said of them is all there is.

    Raises:
        Unreadable: the registry failed.
    """
    some = list(listed)
    ids = {one.branch.id for one in some if one.branch.id}
    with registry.reading() as connection:  # of an entry any attempt will do: that there is one is what is asked
        heard = {number for table in (ends, papers) for number in _of_year(connection, table, ids, year)}
    return [one for one in some if one.branch.id not in heard]


def _of_year(connection: Connection, table: Any, ids: set[int], year: int) -> Iterator[int]:  # noqa: ANN401  ends or papers
    for some in chunks(ids):
        query = select(table.c.branch).where(table.c.branch.in_(some), table.c.year == year)
        yield from connection.scalars(query.distinct())


def by_branch(listed: Iterable[Listing], rank: Mapping[RoundState, int]) -> dict[tuple[int, str, str], Listing]:
    """Of each branch the listing whose state ranks first."""
    found: dict[tuple[int, str, str], Listing] = {}
    for one in listed:
        held = found.get(one.key)
        if held is None or rank[one.round.state] < rank[held.round.state]:
            found[one.key] = one
    return found
