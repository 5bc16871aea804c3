"""Whether a bundle is signed by whom this registry belongs to: a home may have several keys, one of them is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from canvass.bundle_schema import bundles_sent
from canvass.grant_schema import grants
from canvass.handing_up import Handover
from canvass.ledger_schema import branches, organisations
from canvass.manifests import stored_manifest
from canvass.registry import Registry
from canvass.schema import ends, issuers, round_id
from canvass.trusting import read_trust
from rounds.chain import Roots
from rounds.errors import VerificationFailure
from rounds.keys import fingerprint
from rounds.trust import EVERYTHING, Trust


@dataclass(frozen=True)
class Doubts:
    """What speaks against the key that a bundle is signed with."""

    others: tuple[str, ...]
    """Other organisations that have handed up from this registry."""
    foreign: int
    """Rounds that the bundle lists, though neither the sender nor anybody below it authorised them, nor are their
    branches in its scope: whoever takes the bundle in refuses them."""


def doubts_about(registry: Registry, made: Handover, *, roots: Roots) -> Doubts:
    """Look at the next bundle, just planned, before it leaves.

    Raises:
        Unreadable: the registry failed.
    """
    listed = {one.round_id for one in made.manifest.record.rounds}
    with registry.reading() as connection:
        trust = read_trust(connection, roots)
        within = tuple(_places(connection, trust, made))
        line = trust.line_of(made.manifest.signer_keys[0])
        below: dict[bytes, bool] = {}
        foreign = set()
        for named, path, key_id in _placed(connection):
            if named in listed and not path.startswith(within):
                if key_id not in below:
                    below[key_id] = trust.is_below(key_id.hex(), line)
                foreign |= set() if below[key_id] else {named}
        return Doubts(tuple(_others(connection, made)), len(foreign))


def _places(connection: Connection, trust: Trust, made: Handover) -> Iterator[str]:
    """Where the sender may speak for branches, as `directory` finds it; for a root, what it is in the ledger."""
    manifest = made.manifest
    key_id = fingerprint(manifest.signer_keys[0])
    try:
        scopes = trust.check(key_id, manifest.digest, manifest.record.issued, seen=True)
    except VerificationFailure:  # nobody has enrolled or entrusted it, or no longer
        scopes = (EVERYTHING,)
    yield from (scope for scope in scopes if scope != EVERYTHING)
    if EVERYTHING in scopes:
        known = select(organisations.c.path).where(organisations.c.known)
        yield from connection.scalars(known.where(organisations.c.name == manifest.record.organisation))
        yield f"{EVERYTHING}@{key_id[:16]}/"


def _placed(connection: Connection) -> Iterator[tuple[str, str, bytes]]:
    """Each round, the path of its branch, and the key that authorised it (b"" where no end says which)."""
    held = (
        select(ends.c.year, ends.c.round, organisations.c.path, issuers.c.key_id).distinct().join_from(ends, branches)
    )
    held = held.join(organisations, organisations.c.id == branches.c.organisation)
    for year, number, path, key_id in connection.execute(held.join(issuers, issuers.c.id == ends.c.issuer)):
        yield round_id(year, number), path, bytes(key_id)
    ended = select(ends.c.id).where(ends.c.round == grants.c.round).correlate(grants).exists()
    granted = select(grants.c.year, grants.c.round, organisations.c.path).join_from(grants, branches)
    granted = granted.join(organisations, organisations.c.id == branches.c.organisation)
    for year, number, path in connection.execute(granted.where(~ended)):
        yield round_id(year, number), path, b""


def _others(connection: Connection, made: Handover) -> Iterator[str]:
    newest = select(func.max(bundles_sent.c.id)).where(bundles_sent.c.sender != made.sender)
    query = select(bundles_sent.c.manifest).where(bundles_sent.c.id.in_(newest.group_by(bundles_sent.c.sender)))
    for packed in connection.scalars(query.order_by(bundles_sent.c.id)):
        yield stored_manifest(packed).record.organisation
