"""Whom a batch of arrivals speaks of: words and issuers given their ids, branches found in the ledger or begun.

In the caller's transaction, under the writers' lock: what is not found may be inserted, nobody else inserts meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, insert, select

from canvass.bulk import Among, insert_many
from canvass.ledger_schema import branches, lines, organisations
from canvass.schema import issuers, words
from rounds.errors import VerificationFailure
from rounds.trust import EVERYTHING

OUTSIDE = "批复的签发单位不是该团支部的上级团组织，不予采用：请核实批复和台账。"


class NamedBranch(Protocol):
    """The branch that an authorisation names, and in whose name it was issued."""

    @property
    def branch_code(self) -> str:
        """'' where it bears none."""

    @property
    def branch_name(self) -> str:
        """As the authorisation spells it."""

    @property
    def issuer(self) -> str:
        """The organisation."""


class Speaker(Protocol):
    """Who speaks of a branch: an arrival, or an authorisation that is only looked at."""

    @property
    def basis(self) -> NamedBranch:
        """What the authorisation says."""

    @property
    def key_id(self) -> bytes:
        """Of the key that signed it."""


class KnownBranch(msgspec.Struct, frozen=True, gc=False):
    """A branch with what a round of it is held against; `registered` None while unknown."""

    id: int
    code: str
    name: str
    organisation: int
    path: str
    line: int
    registered: int | None
    known: bool


@dataclass(frozen=True)
class KnownOrganisation:
    """An organisation that issued something."""

    id: int
    path: str
    line: int


def next_id(connection: Connection, table: Table) -> int:
    """The id that follows the largest one; the writers' lock keeps it ours."""
    return int(connection.scalar(select(func.coalesce(func.max(table.c.id), 0))) or 0) + 1


_WORDS = Among(select(words.c.word, words.c.id), words.c.word)


class Directory:
    """Ids by what they stand for. Only append-only tables are remembered from one transaction to the next."""

    _REMEMBERED = 100_000

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._words: dict[str, int] = {}
        self._issuers: dict[tuple[bytes, str], int] = {}

    def forget(self) -> None:
        """After a transaction that was rolled back: ids given in it are nobody's."""
        self._words.clear()
        self._issuers.clear()

    def words(self, connection: Connection, wanted: set[str]) -> dict[str, int]:
        """The id of each word, given where it is new."""
        if len(self._words) > self._REMEMBERED:
            self._words.clear()
        missing = wanted - self._words.keys()
        self._words.update((word, number) for word, number in _WORDS.rows(connection, missing))
        new = sorted(missing - self._words.keys())
        if new:
            first = next_id(connection, words)
            insert_many(connection, words, ("id", "word"), list(enumerate(new, first)))
            self._words.update((word, first + at) for at, word in enumerate(new))
        return self._words

    def issuer(self, connection: Connection, key_id: bytes, name: str) -> int:
        """The id of a signer under the name that it signed with."""
        known = self._issuers.get((key_id, name))
        if known is None:
            known = connection.scalar(select(issuers.c.id).filter_by(key_id=key_id, name=name))
        if known is None:
            known = next_id(connection, issuers)
            connection.execute(insert(issuers).values(id=known, key_id=key_id, name=name))
        self._issuers[key_id, name] = known
        return known


# In the order of `KnownBranch`.
_BRANCH: Select[Any] = select(
    branches.c.id,
    branches.c.code,
    branches.c.name,
    branches.c.organisation,
    organisations.c.path,
    organisations.c.line,
    branches.c.registered,
    branches.c.known,
).join_from(branches, organisations)
_BRANCHES = Among(_BRANCH, branches.c.code)


class Branches:
    """The branches of one batch, found or begun, each in the scope of who authorised its round."""

    def __init__(self, connection: Connection, arrivals: Iterable[Speaker]) -> None:
        """Read at once every branch that the batch names by its code."""
        self._connection = connection
        self._issuers: dict[tuple[bytes, str, tuple[str, ...]], list[KnownOrganisation]] = {}
        codes = {arrival.basis.branch_code for arrival in arrivals} - {""}
        self._by_code = {row[1]: _known(row) for row in _BRANCHES.rows(connection, codes)}
        self._by_name: dict[tuple[int, str], KnownBranch] = {}
        self._new: KnownBranch | None = None

    def of(self, arrival: Speaker, scopes: tuple[str, ...]) -> KnownBranch:
        """The branch of `arrival`; begun where neither the ledger nor an earlier result has it.

        `scopes`: the paths below which its issuer may authorise, / for a root.

        Raises:
            VerificationFailure: it lies outside of that, or of the organisation that authorised the round.
        """
        self._new = None
        code, name = arrival.basis.branch_code, arrival.basis.branch_name
        places = self._places(arrival, scopes)
        found = self._by_code.get(code) if code else self._named(places[0], name)
        if found is None:
            found = self._new = self._begin(places[0], code, name)
        if not any(found.path.startswith(place.path) for place in places):
            raise VerificationFailure("scope", OUTSIDE)
        return found

    def take_back(self) -> None:
        """Let the branch go again that the last `of` began: what spoke of it was refused, and must claim no code."""
        if self._new is not None:
            self._let_go(self._new)
            self._new = None

    def _let_go(self, branch: KnownBranch) -> None:
        self._connection.execute(delete(branches).where(branches.c.id == branch.id))
        self._by_code.pop(branch.code, None)
        self._by_name.pop((branch.organisation, branch.name), None)

    def _named(self, place: KnownOrganisation, name: str) -> KnownBranch | None:
        """By its name, which has to be the only one of its organisation."""
        key = (place.id, name)
        if key not in self._by_name:
            query = _BRANCH.where(branches.c.organisation == place.id, branches.c.name == name).limit(2)
            found = self._connection.execute(query).all()
            if len(found) != 1:
                return None
            self._by_name[key] = _known(found[0])
        return self._by_name[key]

    def _places(self, arrival: Speaker, scopes: tuple[str, ...]) -> Sequence[KnownOrganisation]:
        """Where the issuer may authorise.

        What a delegation says decides; a root is the organisations of the ledger that bear its name. One is begun where
        there is none.
        """
        key = (arrival.key_id, arrival.basis.issuer, scopes)
        if key not in self._issuers:
            self._issuers[key] = [place for scope in scopes for place in self._found(arrival, scope)]
        return self._issuers[key]

    def _found(self, arrival: Speaker, scope: str) -> list[KnownOrganisation]:
        name, path = arrival.basis.issuer, f"{scope}@{arrival.key_id[:8].hex()}/"
        named = _named_organisations(name) if scope == EVERYTHING else _ORGANISATION.where(_at(scope))
        found = self._connection.execute(named).all() or self._connection.execute(_ORGANISATION.where(_at(path))).all()
        return [KnownOrganisation(*row) for row in found] or [self._begin_organisation(path, name)]

    def _begin_organisation(self, path: str, name: str) -> KnownOrganisation:
        made = KnownOrganisation(next_id(self._connection, organisations), path, line_id(self._connection, ""))
        row = {"id": made.id, "path": path, "name": name, "line": made.line, "own_line": False, "known": False}
        self._connection.execute(insert(organisations).values(**row, administrator="", telephone=""))
        return made

    def _begin(self, place: KnownOrganisation, code: str, name: str) -> KnownBranch:
        number = next_id(self._connection, branches)
        made = KnownBranch(number, code, name, place.id, place.path, place.line, None, known=False)
        row = {"id": number, "code": code or None, "name": name, "organisation": place.id, "known": False}
        texts = dict.fromkeys(("secretary", "post", "since", "supervisor"), "")
        self._connection.execute(insert(branches).values(**row, **texts, affiliated=False))
        if code:
            self._by_code[code] = made
        else:
            self._by_name[place.id, name] = made
        return made


_ORGANISATION = select(organisations.c.id, organisations.c.path, organisations.c.line)


def _at(path: str) -> ColumnElement[bool]:
    return organisations.c.path == path


def _named_organisations(name: str) -> Select[Any]:
    known = _ORGANISATION.where(organisations.c.name == name, organisations.c.known)
    return known.order_by(func.length(organisations.c.path), organisations.c.path)


def _known(row: Sequence[Any]) -> KnownBranch:
    number, code, name, organisation, path, line, registered, known = row
    return KnownBranch(number, code or "", name, organisation, path, line, registered, known=bool(known))


def line_id(connection: Connection, name: str) -> int:
    """The id of a 战线, given where it is new."""
    known: int | None = connection.scalar(select(lines.c.id).where(lines.c.name == name))
    if known is None:
        known = next_id(connection, lines)
        connection.execute(insert(lines).values(id=known, name=name))
    return known
