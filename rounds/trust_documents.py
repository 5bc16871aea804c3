"""The documents by which organisations' keys come and go: delegation, rotation, revocation; rules in `rounds.trust`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from rounds.encoding import Digest, Key, Name, OptionalDigest, Record, Time
from rounds.envelope import Kind

_CODE = "[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff._-]*"
Scope = Annotated[str, msgspec.Meta(pattern=rf"\A/({_CODE}/)*\Z", max_length=400)]
"""An organisation's path in the ledger, its closing slash included: /50/5001/; / is everything."""

MAX_REVOKED = 1000
MAX_HONOURED = 50_000


class Delegation(Record, frozen=True, kw_only=True):
    """A parent lets a child organisation authorise rounds below a path, for a time."""

    card: Annotated[str, msgspec.Meta(max_length=16 * 1024)]
    """The child's own card, whole: its proof that it holds the key."""
    child: Name
    issued: Time
    issuer: Name
    key: Key
    parent: OptionalDigest
    """Digest of the delegation that the issuer itself stands on; empty where it is a root."""
    scope: Scope
    valid_from: Time
    valid_until: Time


class Rotation(Record, frozen=True, kw_only=True):
    """An organisation's new key takes the place of its old one; both sign."""

    issued: Time
    name: Name
    new: Key
    old: Key


class Revoked(Record, frozen=True, kw_only=True):
    """One key that counts no more, with the digests of its authorisations and delegations that still do, sorted."""

    honoured: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=MAX_HONOURED)]
    key: Key


class Revocation(Record, frozen=True, kw_only=True):
    """Every key that a parent has ever revoked; each is a superset of the one before it. Sorted by key."""

    issued: Time
    issuer: Name
    revoked: Annotated[tuple[Revoked, ...], msgspec.Meta(min_length=1, max_length=MAX_REVOKED)]


def _type(name: str) -> str:
    return f"application/vnd.beikaobei.{name}.v1+json"


DELEGATION = Kind("密钥授权书", Delegation, _type("delegation"), "", 32 * 1024)
ROTATION = Kind("密钥更换书", Rotation, _type("rotation"), "", 8 * 1024)
REVOCATION = Kind("密钥吊销书", Revocation, _type("revocation"), "", 4 * 1024 * 1024)
TRUST_KINDS: tuple[Kind[Any], ...] = (DELEGATION, ROTATION, REVOCATION)
