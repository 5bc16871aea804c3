"""Whose signature counts here and for which branch, asked without writing: what `import` would say of one document.

    grounds = Grounds.of(registry, roots)     what this home has enrolled and taken in (`trust import`)
    grounds.vouch(authorisation)              root → delegation → …, or the reason why it does not hold

The questions are those of `registering`, in their order: round and year, delegation valid then, key not revoked, branch
within the scope. Where the branch lies `import`'s own search says (`directory.Branches`); what that would begin, a
branch or an organisation that the ledger does not have, is kept in memory, so that the next document of a bundle meets
it as it would there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from canvass.arrivals import check_year
from canvass.codes import round_number
from canvass.directory import Branches, KnownBranch, KnownOrganisation
from canvass.held import HeldRounds
from canvass.registering import check_within
from canvass.registry import Registry
from canvass.trusting import trust_state
from rounds.chain import Roots
from rounds.documents import Authorisation
from rounds.envelope import Verified
from rounds.errors import VerificationFailure
from rounds.keys import fingerprint
from rounds.trust import EVERYTHING, Link, Trust


@dataclass(frozen=True)
class Vouched:
    """An authorisation that counts: how its signer came to count, and where the branch lies."""

    links: tuple[Link, ...]
    place: str
    """The path of the branch's organisation, or where `import` would begin the branch."""


@dataclass
class _Begun:
    """What `import` would have begun so far."""

    organisations: dict[str, KnownOrganisation] = field(default_factory=dict)
    """By path."""
    by_code: dict[str, KnownBranch] = field(default_factory=dict)
    by_name: dict[tuple[int, str], KnownBranch] = field(default_factory=dict)

    def next_id(self) -> int:
        """An id that no row has."""
        return -1 - len(self.organisations) - len(self.by_code) - len(self.by_name)


@dataclass(frozen=True)
class Grounds:
    """What this home knows."""

    trust: Trust
    registry: Registry
    _begun: _Begun = field(default_factory=_Begun)

    @classmethod
    def of(cls, registry: Registry, roots: Roots) -> Grounds:
        """Those of a home with these roots; an empty registry where it has none.

        Raises:
            Unreadable: the registry failed.
        """
        return cls(trust_state(registry, roots), registry)

    def vouch(self, authorisation: Verified[Authorisation], within: tuple[str, ...] = (EVERYTHING,)) -> Vouched:
        """Whether this authorisation counts; `within`: the paths for which whoever handed it up may speak.

        Raises:
            VerificationFailure: year, root, delegation, revoked or scope: whichever does not hold.
            Unreadable: the registry failed.
        """
        record, key_id = authorisation.record, fingerprint(authorisation.signer_keys[0])
        check_year(record)
        asked = _Asked(_Basis(record.branch.code, record.branch.name, record.issuer), bytes.fromhex(key_id))
        with self.registry.reading() as connection:
            seen = _has_seen(connection, authorisation)
            scopes = self.trust.check(key_id, authorisation.digest, record.issued, seen=seen)
            branch = _branch(_Looking(connection, asked, self._begun), asked, scopes, within)
        return Vouched(self.trust.chain(key_id, record.issued, branch.path), branch.path)


def _branch(looking: _Looking, asked: _Asked, scopes: tuple[str, ...], within: tuple[str, ...]) -> KnownBranch:
    branch = looking.of(asked, scopes)
    try:
        check_within(branch, within)
    except VerificationFailure:
        looking.take_back()
        raise
    return branch


def _has_seen(connection: Connection, authorisation: Verified[Authorisation]) -> bool:
    number = round_number(authorisation.record.round_id)
    return HeldRounds(connection, {number}).has_seen(connection, number, bytes.fromhex(authorisation.digest))


@dataclass(frozen=True)
class _Basis:
    branch_code: str
    branch_name: str
    issuer: str


@dataclass(frozen=True)
class _Asked:
    basis: _Basis
    key_id: bytes


class _Looking(Branches):
    """`import`'s search for a branch, which writes nothing."""

    def __init__(self, connection: Connection, asked: _Asked, begun: _Begun) -> None:
        super().__init__(connection, [asked])
        self._begun = begun
        self._by_code = begun.by_code | self._by_code
        self._by_name |= begun.by_name

    def _begin_organisation(self, path: str, name: str) -> KnownOrganisation:  # noqa: ARG002  as where it is begun
        made = KnownOrganisation(self._begun.next_id(), path, 0)
        return self._begun.organisations.setdefault(path, made)

    def _begin(self, place: KnownOrganisation, code: str, name: str) -> KnownBranch:
        made = KnownBranch(self._begun.next_id(), code, name, place.id, place.path, place.line, None, known=False)
        if code:
            self._begun.by_code[code] = made
        else:
            self._begun.by_name[place.id, name] = made
        return made

    def _let_go(self, branch: KnownBranch) -> None:
        self._begun.by_code.pop(branch.code, None)
        self._begun.by_name.pop((branch.organisation, branch.name), None)
