"""Whose signature counts here and for which branch, asked without writing: what `import` would say of one document.

    grounds = Grounds(trust, registry)        what this home has enrolled and taken in (`trust import`)
    grounds.vouch(authorisation)              root → delegation → …, or the reason why it does not hold

The questions are those of `registering` and `directory`, in their order: delegation valid then, key not revoked, branch
within the scope. A home without a registry knows its roots and no ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from canvass.codes import round_number
from canvass.directory import OUTSIDE
from canvass.held import HeldRounds
from canvass.ledger_schema import branches, organisations
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
    """An authorisation that counts: how its signer came to count, where it may speak, where the branch lies."""

    links: tuple[Link, ...]
    scopes: tuple[str, ...]
    place: str
    """The path of the branch's organisation in this ledger; '' where the ledger does not have it."""


@dataclass(frozen=True)
class Grounds:
    """What this home knows; `registry` None where it has none."""

    trust: Trust
    registry: Registry | None

    @classmethod
    def of(cls, registry: Registry | None, roots: Roots) -> Grounds:
        """Those of a home with these roots.

        Raises:
            Unreadable: the registry failed.
        """
        return cls(Trust(roots) if registry is None else trust_state(registry, roots), registry)

    def vouch(self, authorisation: Verified[Authorisation]) -> Vouched:
        """Whether this authorisation counts.

        Raises:
            VerificationFailure: root, delegation, revoked or scope: whichever does not hold.
            Unreadable: the registry failed.
        """
        record, key_id = authorisation.record, fingerprint(authorisation.signer_keys[0])
        if self.registry is None:
            scopes = self.trust.check(key_id, authorisation.digest, record.issued, seen=False)
            place = ""
        else:
            with self.registry.reading() as connection:
                seen = _has_seen(connection, authorisation)
                scopes = self.trust.check(key_id, authorisation.digest, record.issued, seen=seen)
                place = _place(connection, record.branch.code)
                if place and not place.startswith(_places(connection, record.issuer, key_id, scopes)):
                    raise VerificationFailure("scope", OUTSIDE)
        return Vouched(self.trust.chain(key_id, record.issued, place), scopes, place)


def _has_seen(connection: Connection, authorisation: Verified[Authorisation]) -> bool:
    number = round_number(authorisation.record.round_id)
    return HeldRounds(connection, {number}).has_seen(connection, number, bytes.fromhex(authorisation.digest))


def _place(connection: Connection, code: str) -> str:
    query = select(organisations.c.path).join_from(branches, organisations).where(branches.c.code == code)
    return (connection.scalar(query) or "") if code else ""


def _places(connection: Connection, issuer: str, key_id: str, scopes: Iterable[str]) -> tuple[str, ...]:
    """Where the issuer may authorise; a root is the organisations of the ledger that bear its name."""
    found: list[str] = []
    for scope in scopes:
        if scope != EVERYTHING:
            found.append(scope)
            continue
        named = select(organisations.c.path).where(organisations.c.name == issuer, organisations.c.known)
        found += connection.scalars(named).all() or [f"{EVERYTHING}@{key_id[:16]}/"]
    return tuple(found)
