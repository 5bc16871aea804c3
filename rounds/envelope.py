"""DSSE v1.0.2 envelopes with Ed25519, read in numbered steps; nothing in a payload is believed before step 4.

    (1) size cap  (2) envelope decoded strictly  (3) payloadType
    (4) signatures over the exact bytes, counting distinct keys, never key ids
    (5) payload decoded typed, unknown fields and out-of-range numbers refused
    (6) re-encoded, byte-equal or refused

Where the expected keys travel inside the payload (a card, a zero report, a result), step 4 reads them from it through
the same strict decoder and takes nothing else from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rounds.encoding import Digest, decode, digest, encode
from rounds.errors import VerificationFailure
from rounds.keys import Check, fingerprint, verify_signature

T = TypeVar("T", bound=msgspec.Struct)

_MAX_SIGNATURES = 8


class _Outer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No `Record`: outside of the payload stands no free text, but hex, base64 and a type that must be one of a few."""


class Signature(_Outer, frozen=True, kw_only=True):
    """One signature; `keyid` is the SHA-256 of the public key, checked but never relied on."""

    keyid: Digest
    sig: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]


class Envelope(_Outer, frozen=True, kw_only=True):
    """A DSSE envelope: payload bytes (base64), their type, signatures over both."""

    payload: bytes
    payload_type: str = msgspec.field(name="payloadType")
    signatures: Annotated[list[Signature], msgspec.Meta(min_length=1, max_length=_MAX_SIGNATURES)]


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One kind of document: how it is called, typed and bounded."""

    title: str
    record: type[T]
    official: str
    """payloadType of the official document."""
    rehearsal: str
    """payloadType of the rehearsal's; empty where a rehearsal has none of its own."""
    cap: int
    """Largest envelope, in bytes."""

    def payload_type(self, *, rehearsal: bool) -> str:
        """The payloadType to write."""
        return self.rehearsal if rehearsal else self.official


class Expected(msgspec.Struct, frozen=True):
    """Who may sign: public key → the signer's name; at least `threshold` distinct ones must have."""

    keys: Mapping[bytes, str]
    threshold: int


class Claim(Generic[T]):
    """A document before step 4: what it says of itself, decoded strictly, to find the keys that must have signed it."""

    def __init__(self, envelope: Envelope, kind: Kind[T]) -> None:
        """`envelope`: decoded, of `kind` by its payloadType; nothing of it is verified."""
        self.envelope = envelope
        self._kind = kind
        self._record: T | None = None

    @property
    def record(self) -> T:
        """Steps 5 and 6, taken once, whoever asks first (`cached_property` takes a lock each time before Python 3.12).

        Raises:
            Unreadable: see `decode_payload`.
        """
        if self._record is None:
            self._record = decode_payload(self.envelope, self._kind)
        return self._record


class Verified(msgspec.Struct, Generic[T], frozen=True):
    """A document whose envelope held.

    `digest` is the SHA-256 of the payload; `signers` and `signer_keys` say who signed, in the same order.
    """

    record: T
    digest: str
    signers: tuple[str, ...]
    signer_keys: tuple[bytes, ...]
    rehearsal: bool
    data: bytes
    envelope: Envelope
    """`data`, decoded."""


def authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """DSSE's PAE: the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(record: msgspec.Struct, payload_type: str, keys: Sequence[Ed25519PrivateKey]) -> bytes:
    """The envelope of `record` signed by each of `keys`, in that order."""
    payload = encode(record)
    message = authentication_encoding(payload_type, payload)
    signatures = [
        Signature(keyid=fingerprint(key.public_key().public_bytes_raw()), sig=key.sign(message)) for key in keys
    ]
    return encode(Envelope(payload=payload, payload_type=payload_type, signatures=signatures))


def read(
    data: bytes, kind: Kind[T], expected: Callable[[Claim[T]], Expected], check: Check = verify_signature
) -> Verified[T]:
    """Read and verify one document; `expected` names the keys that may have signed it.

    `check`: what step 4 does with a signature; with `NotedSignatures.note` the document is verified once these are.

    Raises:
        Unreadable: steps 1, 2, 5 or 6.
        VerificationFailure: steps 3 or 4.
    """
    envelope = decode(data, Envelope, kind.title, kind.cap)  # (1) (2), and (6) for the envelope itself
    if not envelope.payload_type or envelope.payload_type not in (kind.official, kind.rehearsal):  # (3)
        raise VerificationFailure("payloadType", f"这不是{kind.title}：请核对是否选错文件。")
    claim = Claim(envelope, kind)
    signed = verify_signatures(envelope, expected(claim), kind.title, check)  # (4)
    record = claim.record  # (5) (6)
    rehearsal = envelope.payload_type == kind.rehearsal
    return Verified(record, digest(envelope.payload), tuple(signed.values()), tuple(signed), rehearsal, data, envelope)


def decode_payload(envelope: Envelope, kind: Kind[T]) -> T:
    """Steps 5 and 6 for the payload.

    Raises:
        Unreadable: not of that kind, or spelled otherwise.
    """
    return decode(envelope.payload, kind.record, kind.title, kind.cap)


def verify_signatures(
    envelope: Envelope, expected: Expected, title: str, check: Check = verify_signature
) -> dict[bytes, str]:
    """Step 4: every signature present holds, by distinct expected keys, enough of them; key → name in order.

    Raises:
        VerificationFailure: one does not, or too few are there.
    """
    message = authentication_encoding(envelope.payload_type, envelope.payload)
    by_id = {fingerprint(public): public for public in expected.keys}
    signed: dict[bytes, str] = {}
    for signature in envelope.signatures:
        public = by_id.get(signature.keyid)
        if public is None:
            raise VerificationFailure("signatures", f"{title}上有不应有的签名：文件被改动或不是该单位签发。")
        check(public, signature.sig, message)
        if public in signed:
            raise VerificationFailure("signatures", f"{title}上同一密钥签名两次，只能计一次，不予采用。")
        signed[public] = expected.keys[public]
    if len(signed) < expected.threshold:
        raise VerificationFailure(
            "signatures", f"{title}须有{expected.threshold}人签名，实有{len(signed)}人：不予采用。"
        )
    return signed
