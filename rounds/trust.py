"""Whose signature counts for what: roots, what they delegate, rotate and revoke. A function of the documents seen.

    trust = Trust(roots)              what this home has enrolled
    trust.take(data)                  one more document, verified against those before; refused by name, or it counts
    trust.keyring                     every key that may have signed an authorisation, for `read_authorisation`
    trust.check(...)                  whether that key could sign this authorisation: scope, validity, revocation
    trust.chain(...)                  root → delegation → …: how that key came to count

Nothing here trusts a date alone: what a revoked key has signed counts if the revocation lists it or if it was seen
before the revocation was, whatever date it bears. A scope is a path with its closing slash: /1/2/ does not hold /1/20/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rounds.chain import Keyring, Roots, read_card
from rounds.encoding import decode
from rounds.envelope import Claim, Envelope, Expected, Kind, Verified, read
from rounds.errors import Unreadable, VerificationFailure
from rounds.keys import check_signing_key, fingerprint
from rounds.trust_documents import DELEGATION, REVOCATION, ROTATION, TRUST_KINDS, Delegation, Revocation, Rotation

EVERYTHING = "/"
_NO_CHAIN = "未验证：签发单位的密钥未经上级授权，或授权不在有效期内，不予采用。"


@dataclass(frozen=True)
class Grant:
    """What one key may do: authorise below `scope`. `parent`: the key that gave it, None for a root."""

    scope: str
    delegation: str
    """Digest of the delegation, empty for a root."""
    parent: bytes | None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    under: Grant | None = None
    """What `parent` gave it on; None for a root."""

    def holds_at(self, moment: datetime) -> bool:
        """Whether `moment` lies within its validity, both ends included."""
        return (self.valid_from is None or self.valid_from <= moment) and (
            self.valid_until is None or moment <= self.valid_until
        )


@dataclass(frozen=True)
class Link:
    """One link of the chain to a root: an organisation, its key, and what it holds."""

    name: str
    public: bytes
    grant: Grant
    rotated: bool
    """Its key is not the one that was enrolled or delegated first: a rotation lies between."""


@dataclass
class _Holder:
    """One key."""

    name: str
    grants: list[Grant] = field(default_factory=list)
    honoured: frozenset[str] | None = None
    """None until it is revoked."""


class Trust:
    """The state that the documents seen so far lead to."""

    def __init__(self, roots: Roots) -> None:
        """`roots`: the organisations that this home has enrolled."""
        self._holders = {public: _Holder(name, [Grant(EVERYTHING, "", None)]) for public, name in roots.items()}
        self._by_id = {fingerprint(public): public for public in roots}
        self._line = {public: public for public in roots}
        """Each key → the first key of its organisation: a rotated key is its predecessor's heir."""
        self._revocations: dict[bytes, Revocation] = {}

    @property
    def keyring(self) -> Keyring:
        """Every key that may have signed an authorisation, revoked ones among them, with its organisation's name."""
        return Keyring({public: holder.name for public, holder in self._holders.items()})

    def basis(self, public: bytes, scope: str, moment: datetime) -> Grant:
        """The grant by which a key may delegate `scope` at `moment`: what it was given before what it is by itself.

        A child organisation has enrolled its own key as a root of its home; its parents know it by the delegation.

        Raises:
            VerificationFailure: scope — none of its grants reaches so far; root — the key is unknown.
        """
        holder = self._holders.get(public)
        if holder is None:
            raise VerificationFailure("root", "本单位的密钥既未登记，也未经上级授权：请先用 trust import 登记授权书。")
        for grant in sorted(holder.grants, key=lambda grant: grant.parent is None):  # else nobody above could follow
            if scope.startswith(grant.scope) and grant.holds_at(moment):
                return grant
        raise VerificationFailure("scope", "授权范围超出本单位自身的范围，或本单位的授权已过期。")

    def chain(self, key_id: str, issued: str, place: str = "") -> tuple[Link, ...]:
        """The links from the root to the key of that fingerprint, by a grant that holds when `issued`.

        `place`: a path that the grant should reach; where several do, what the key is by itself (a root) comes first.

        Raises:
            VerificationFailure: root — the key is unknown; delegation — none of its grants holds then.
        """
        public, moment = self._by_id.get(key_id), datetime.fromisoformat(issued)
        held = [grant for grant in self._holders[public].grants if grant.holds_at(moment)] if public else []
        if public is None or not held:
            raise VerificationFailure("root" if public is None else "delegation", _NO_CHAIN)
        grant: Grant | None = min(held, key=lambda one: (not place.startswith(one.scope), one.parent is not None))
        links: list[Link] = []
        while grant is not None and public is not None:
            rotated = self._line[public] != public
            links.append(Link(self._holders[public].name, public, grant, rotated))
            public, grant = grant.parent, grant.under
        return tuple(reversed(links))

    def line_of(self, public: bytes) -> bytes:
        """The first key of the organisation whose key this is: the same before and after a rotation."""
        return self._line.get(public, public)

    def is_below(self, key_id: str, line: bytes) -> bool:
        """Whether that key is of the organisation whose first key is `line`, or stands below it by any grant."""
        public = self._by_id.get(key_id)
        pending, seen = [] if public is None else [public], set[bytes]()
        while pending:
            one = pending.pop()
            if self.line_of(one) == line:
                return True
            if one not in seen:
                seen.add(one)
                pending += [grant.parent for grant in self._holders[one].grants if grant.parent is not None]
        return False

    def last_revocation(self, public: bytes) -> Revocation | None:
        """The last revocation of the organisation whose key this is."""
        return self._revocations.get(self._line.get(public, public))

    def take(self, data: bytes) -> Verified[Any]:
        """Verify one document against those before it and let it count.

        Raises:
            Unreadable, VerificationFailure: it does not hold; nothing has changed.
        """
        kind = trust_kind(data)
        if kind is DELEGATION:
            return self._delegation(data)
        return self._rotation(data) if kind is ROTATION else self._revocation(data)

    def check(self, key_id: str, digest: str, issued: str, *, seen: bool) -> tuple[str, ...]:
        """The scopes in which a key could sign the authorisation `digest`, dated `issued`.

        `key_id`: the signer's fingerprint; `seen`: the authorisation was seen before any revocation of the key.

        Raises:
            VerificationFailure: delegation — none of the key's is valid then; revoked — the key counts no more.
        """
        public = self._by_id.get(key_id)
        if public is None:
            raise VerificationFailure("root", "未验证：签发单位的密钥未经上级授权，不予采用。")
        holder = self._holders[public]
        self._check_not_revoked(holder, digest, seen=seen)
        moment = datetime.fromisoformat(issued)
        scopes = {grant.scope for grant in holder.grants if grant.holds_at(moment)}
        if not scopes:
            raise VerificationFailure(
                "delegation", f"“{holder.name}”的密钥授权书不在有效期内（未生效或已过期），不予采用。"
            )
        return tuple(sorted(scopes))

    def _check_not_revoked(self, holder: _Holder, digest: str, *, seen: bool = False) -> None:
        if holder.honoured is not None and digest not in holder.honoured and not seen:
            raise VerificationFailure(
                "revoked", f"“{holder.name}”的密钥已被吊销，这份文件不在仍予承认之列，无论所载日期，不予采用。"
            )

    def _delegation(self, data: bytes) -> Verified[Delegation]:
        verified = read(data, DELEGATION, self._one_known)
        record, signer = verified.record, verified.signer_keys[0]
        holder = self._holders[signer]
        basis = self._check_delegation(verified, holder)
        grant = Grant(
            record.scope,
            verified.digest,
            signer,
            datetime.fromisoformat(record.valid_from),
            datetime.fromisoformat(record.valid_until),
            basis,
        )
        known = self._holders.get(record.key)
        if known is not None and (known.name != record.child or grant.parent == record.key):
            raise VerificationFailure("child", "这把密钥已登记在另一单位名下，不予采用。")
        self._hold(record.key, record.child, record.key if known is None else self._line[record.key])
        self._holders[record.key].grants.append(grant)
        return verified

    def _check_delegation(self, verified: Verified[Delegation], holder: _Holder) -> Grant:
        """Hold a delegation against what its signer may give; the grant that it stands on."""
        record = verified.record
        self._check_not_revoked(holder, verified.digest)
        if record.issuer != holder.name:
            raise VerificationFailure("issuer", "密钥授权书所载的签发单位与签名单位不符，不予采用。")
        card = read_card(record.card.encode()).record
        if (card.signing, card.name) != (record.key, record.child):
            raise VerificationFailure("card", "密钥授权书所附的组织名片与被授权单位不符，不予采用。")
        check_signing_key(record.key)
        if datetime.fromisoformat(record.valid_from) > datetime.fromisoformat(record.valid_until):
            raise VerificationFailure("validity", "密钥授权书的有效期起讫颠倒，不予采用。")
        basis = [grant for grant in holder.grants if grant.delegation == record.parent]
        if not basis or not basis[0].holds_at(datetime.fromisoformat(record.issued)):
            raise VerificationFailure("delegation", "签发密钥授权书的单位自身没有有效的授权，不予采用。")
        if not record.scope.startswith(basis[0].scope):
            raise VerificationFailure("scope", "密钥授权书的范围超出签发单位自身的范围，不予采用。")
        return basis[0]

    def _rotation(self, data: bytes) -> Verified[Rotation]:
        def both(claim: Claim[Rotation]) -> Expected:
            return Expected({claim.record.old: claim.record.name, claim.record.new: claim.record.name}, 2)

        verified = read(data, ROTATION, both)
        record = verified.record
        if verified.signer_keys != (record.old, record.new):
            raise VerificationFailure("signature order", "密钥更换书上签名的次序被改动，不予采用。")
        holder = self._holders.get(record.old)
        if holder is None or holder.name != record.name:
            raise VerificationFailure("root", "未验证：密钥更换书上的旧密钥不是这一单位已登记的密钥，不予采用。")
        self._check_not_revoked(holder, verified.digest)
        check_signing_key(record.new)
        if record.new in self._holders:
            raise VerificationFailure("distinct keys", "密钥更换书上的新密钥已登记过，不予采用。")
        self._hold(record.new, record.name, self._line[record.old])
        self._holders[record.new].grants += holder.grants
        return verified

    def _revocation(self, data: bytes) -> Verified[Revocation]:
        verified = read(data, REVOCATION, self._one_known)
        record, signer = verified.record, verified.signer_keys[0]
        holder = self._holders[signer]
        self._check_not_revoked(holder, verified.digest)
        if record.issuer != holder.name:
            raise VerificationFailure("issuer", "密钥吊销书所载的签发单位与签名单位不符，不予采用。")
        self._check_revocation(record, self._line[signer])
        self._revocations[self._line[signer]] = record
        for revoked in record.revoked:
            self._holders[revoked.key].honoured = frozenset(revoked.honoured)
        return verified

    def _check_revocation(self, record: Revocation, line: bytes) -> None:
        """Sorted, of the signer's own children, and a superset of the signer's last one."""
        keys = [revoked.key for revoked in record.revoked]
        lists = [keys, *(revoked.honoured for revoked in record.revoked)]
        if any(sorted(set(listed)) != list(listed) for listed in lists):  # type: ignore[type-var]  # bytes, or digests
            raise VerificationFailure("order", "密钥吊销书的各项未排序或有重复，不予采用。")
        for key in keys:
            holder = self._holders.get(key)
            parents = {grant.parent for grant in holder.grants} if holder else set()
            if line not in {self._line[parent] for parent in parents if parent is not None}:
                raise VerificationFailure("scope", "密钥吊销书所列的密钥不是签发单位授权的，不予采用。")
        now = {revoked.key: set(revoked.honoured) for revoked in record.revoked}
        last = self._revocations.get(line)
        for revoked in last.revoked if last else ():
            if not set(revoked.honoured) <= now.get(revoked.key, set()) or revoked.key not in now:
                raise VerificationFailure(
                    "superset", "密钥吊销书比已登记的那一份少了内容：已吊销的不得撤回，不予采用。"
                )

    def _one_known(self, claim: Claim[Any]) -> Expected:
        claimed = {signature.keyid for signature in claim.envelope.signatures}
        known = {self._by_id[key_id] for key_id in claimed & self._by_id.keys()}
        if not known:
            raise VerificationFailure("root", "未验证：签发单位的密钥既未登记，也未经上级授权，不予采用。")
        return Expected({public: self._holders[public].name for public in known}, 1)

    def _hold(self, public: bytes, name: str, line: bytes) -> None:
        self._holders.setdefault(public, _Holder(name))
        self._by_id[fingerprint(public)] = public
        self._line[public] = line


def trust_kind(data: bytes) -> Kind[Any]:
    """Which of the three documents `data` claims to be.

    Raises:
        Unreadable: none of them.
    """
    envelope = decode(data, Envelope, "签名文件", max(kind.cap for kind in TRUST_KINDS))
    for kind in TRUST_KINDS:
        if envelope.payload_type == kind.official:
            return kind
    raise Unreadable("这不是密钥授权书、密钥更换书或密钥吊销书：请核对是否选错文件。")
