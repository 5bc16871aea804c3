"""Making delegations, rotations and revocations; each is read back by whoever issues it before it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from rounds.chain import read_card
from rounds.encoding import Record, encode, stamp
from rounds.envelope import Kind, sign
from rounds.errors import BadInput
from rounds.issuing import OrganisationKey
from rounds.trust import Trust
from rounds.trust_documents import DELEGATION, REVOCATION, ROTATION, Delegation, Revocation, Revoked, Rotation


def delegate(
    trust: Trust, key: OrganisationKey, card: bytes, *, scope: str, valid: tuple[str, str], now: datetime
) -> bytes:
    """Let the organisation of `card` authorise rounds below `scope` from `valid[0]` to `valid[1]` (`Time`).

    Raises:
        VerificationFailure: the card does not hold, or `key` may not give so much.
        BadInput: the scope is no path, the times are none.
    """
    child = read_card(card).record
    record = Delegation(
        card=card.decode(),
        child=child.name,
        issued=stamp(now),
        issuer=key.name,
        key=child.signing,
        parent=trust.basis(key.public, scope, now).delegation,
        scope=scope,
        valid_from=valid[0],
        valid_until=valid[1],
    )
    return _signed(record, DELEGATION, key)


def rotate(old: OrganisationKey, new: OrganisationKey, *, now: datetime) -> bytes:
    """Let `new` take the place of `old`, under the old one's name.

    Raises:
        BadInput: the two keys bear different names.
    """
    if old.name != new.name:
        raise BadInput("新旧两把密钥的单位名称须相同：请用 keys new 以原名称生成新密钥。")
    record = Rotation(issued=stamp(now), name=old.name, new=new.public, old=old.public)
    return sign(record, ROTATION.official, [old.signing, new.signing])


def revoke(trust: Trust, key: OrganisationKey, revoked: Mapping[bytes, Iterable[str]], *, now: datetime) -> bytes:
    """Revoke keys that `key` has delegated to; each with the digests that are still honoured. Keeps what was revoked.

    Raises:
        BadInput: more than one file can hold.
    """
    merged = {public: set(digests) for public, digests in revoked.items()}
    last = trust.last_revocation(key.public)
    for known in last.revoked if last else ():
        merged.setdefault(known.key, set()).update(known.honoured)
    listed = [Revoked(honoured=tuple(sorted(digests)), key=public) for public, digests in sorted(merged.items())]
    return _signed(Revocation(issued=stamp(now), issuer=key.name, revoked=tuple(listed)), REVOCATION, key)


def _signed(record: Record, kind: Kind[Any], key: OrganisationKey) -> bytes:
    try:
        msgspec.json.decode(encode(record), type=kind.record)
    except msgspec.ValidationError:
        raise BadInput("范围或时间的写法不对：范围形如 /50/5001/，时间形如 2017-04-01T00:00:00+08:00。") from None
    data = sign(record, kind.official, [key.signing])
    if len(data) > kind.cap:
        raise BadInput(f"{kind.title}过大：请减少所列的文件。")
    return data
