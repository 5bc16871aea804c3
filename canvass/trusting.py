"""Trust as the registry keeps it: the documents in the order in which they came, read again into `rounds.trust`.

The order matters: what a key signed before its revocation was seen counts on. So they are stored append-only and taken
again in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from canvass.directory import next_id
from canvass.packing import bare_record
from canvass.registry import Registry
from canvass.schema import ends, envelopes, issuers
from canvass.trust_schema import trust_documents
from rounds.chain import Roots
from rounds.encoding import decode, digest
from rounds.envelope import Envelope, Kind, Verified
from rounds.errors import RoundError
from rounds.keys import fingerprint
from rounds.trust import Trust, trust_kind
from rounds.trust_documents import DELEGATION, TRUST_KINDS

_CODES: dict[str, int] = {kind.official: code for code, kind in enumerate(TRUST_KINDS, 1)}


def trust_state(registry: Registry, roots: Roots) -> Trust:
    """Whose signature counts now, given the organisations enrolled here.

    Raises:
        Unreadable: the registry failed.
    """
    with registry.reading() as connection:
        return read_trust(connection, roots)


def read_trust(connection: Connection, roots: Roots) -> Trust:
    """The same within a transaction. A document whose root is not enrolled here counts for nothing."""
    trust = Trust(roots)
    for data in connection.scalars(select(trust_documents.c.envelope).order_by(trust_documents.c.id)):
        try:
            trust.take(data)
        except RoundError:
            continue
    return trust


def trust_version(connection: Connection) -> int:
    """Changes whenever a document is added."""
    return int(connection.scalar(select(func.coalesce(func.max(trust_documents.c.id), 0))) or 0)


def import_trust(
    registry: Registry,
    data: bytes,
    *,
    roots: Roots,
    now: datetime,
    before_commit: Callable[[], None] = lambda: None,
) -> Verified[Any] | None:
    """Take in a delegation, rotation or revocation; None where it was in already.

    `before_commit` runs once it is verified; where it raises, nothing is taken in.

    Raises:
        Unreadable, VerificationFailure: it does not hold, or the registry failed; nothing was changed.
    """
    kind = trust_kind(data)
    with registry.writing() as connection:
        known = connection.scalar(select(trust_documents.c.id).where(trust_documents.c.digest == _digest(data, kind)))
        if known is not None:
            return None
        verified = read_trust(connection, roots).take(data)
        row = {"id": next_id(connection, trust_documents), "digest": bytes.fromhex(verified.digest)}
        row |= {"kind": _CODES[kind.official], "envelope": data, "imported": int(now.timestamp())}
        connection.execute(insert(trust_documents).values(row))
        before_commit()
        return verified


def _digest(data: bytes, kind: Kind[Any]) -> bytes:
    return bytes.fromhex(digest(decode(data, Envelope, kind.title, kind.cap).payload))


def signed_by(registry: Registry, public: bytes) -> Iterator[str]:
    """The digests of a key's authorisations of which the registry has an end, and of its delegations.

    Raises:
        Unreadable: the registry failed.
    """
    key_id = fingerprint(public)
    query = select(envelopes.c.packed).join_from(envelopes, ends).join(issuers, issuers.c.id == ends.c.issuer)
    with registry.reading() as connection:
        for packed in connection.scalars(query.where(issuers.c.key_id == bytes.fromhex(key_id))):
            yield bare_record(packed).chain.authorisation_digest
        delegations = select(trust_documents.c.envelope).where(trust_documents.c.kind == _CODES[DELEGATION.official])
        for data in connection.scalars(delegations):
            envelope = decode(data, Envelope, DELEGATION.title, DELEGATION.cap)
            if any(signature.keyid == key_id for signature in envelope.signatures):
                yield digest(envelope.payload)
