"""Public and private keys: Ed25519 to sign, X25519 to seal to; checked before anybody trusts them.

`cryptography` makes keys and signatures; libsodium verifies, everywhere (`verify_signature`; docs/adr/0021).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from rounds.errors import VerificationFailure

KEY_SIZE = 32
SIGNATURE_SIZE = 64
_FIELD = 2**255 - 19
_ORDER_EIGHT_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826

# The y coordinates of the eight points whose order divides 8 (RFC 8032 curve): ±1, 0 and two of order 8.
# With such a key a constant signature verifies for many or all messages. OpenSSL accepts it; libsodium refuses it, but
# that is its own decision and this is ours.
_SMALL_ORDER_Y = (0, 1, _FIELD - 1, _ORDER_EIGHT_Y, _FIELD - _ORDER_EIGHT_Y)

# Every unfit signing key as it is written, with either sign: those of small order, and the nineteen non-canonical y.
# An importer looks at ten keys a result, so this is one look into a set instead of arithmetic.
_UNFIT_SIGNING = frozenset(
    (y | sign << 255).to_bytes(KEY_SIZE, "little") for y in (*_SMALL_ORDER_Y, *range(_FIELD, 2**255)) for sign in (0, 1)
)

# The same for X25519, as u coordinates (RFC 7748, section 6.1: all of them give an all-zero shared secret).
_SMALL_ORDER_U = (
    0,
    1,
    _FIELD - 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)
_UNFIT_SEALING = frozenset(u.to_bytes(KEY_SIZE, "little") for u in (*_SMALL_ORDER_U, *range(_FIELD, 2**255)))
_TOP_BIT = 0x80
"""Of the last byte: a u coordinate that has it is larger than the field, so not canonical."""


@dataclass(frozen=True)
class SecretKeys:
    """One holder's private halves, in memory only."""

    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey

    @classmethod
    def from_bytes(cls, secret: bytes) -> SecretKeys:
        """Both keys from 64 bytes: the Ed25519 seed, then the X25519 scalar.

        Raises:
            ValueError: another length.
        """
        if len(secret) != 2 * KEY_SIZE:
            raise ValueError("a holder's secret has 64 bytes")
        return cls(
            Ed25519PrivateKey.from_private_bytes(secret[:KEY_SIZE]),
            X25519PrivateKey.from_private_bytes(secret[KEY_SIZE:]),
        )

    @property
    def signing_public(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""
        return self.signing.public_key().public_bytes_raw()

    @property
    def sealing_public(self) -> bytes:
        """The 32 bytes of the X25519 public key."""
        return self.sealing.public_key().public_bytes_raw()


def fingerprint(public: bytes) -> str:
    """A public key's id: SHA-256 of its 32 bytes, hex."""
    return hashlib.sha256(public).hexdigest()


def check_signing_key(public: bytes) -> None:
    """Refuse an Ed25519 public key that no honest key maker produces.

    Raises:
        VerificationFailure: wrong length, non-canonical, or of small order.
    """
    if len(public) != KEY_SIZE or public in _UNFIT_SIGNING:
        raise VerificationFailure("public key", "签名公钥不合格（低阶或格式不规范），拒绝采用。")


def check_sealing_key(public: bytes) -> None:
    """Refuse an X25519 public key of small order or in non-canonical form.

    Raises:
        VerificationFailure: the key is one of those.
    """
    if len(public) != KEY_SIZE or public[-1] >= _TOP_BIT or public in _UNFIT_SEALING:
        raise VerificationFailure("public key", "加密公钥不合格（低阶或格式不规范），拒绝采用。")


def check_distinct(publics: Iterable[bytes]) -> None:
    """Every key of one kind in a round is another one (“the same key twice”).

    Raises:
        VerificationFailure: two are equal.
    """
    listed = list(publics)
    if len(set(listed)) != len(listed):
        raise VerificationFailure("distinct keys", "同一把公钥出现两次：各持有人的密钥须各不相同。")


Check = Callable[[bytes, bytes, bytes], None]
"""Public key, signature, message: raises VerificationFailure where the signature does not hold (`verify_signature`)."""


def verify_signature(public: bytes, signature: bytes, message: bytes) -> None:
    """Check one Ed25519 signature over the exact bytes; the one place where this house verifies anything.

    Raises:
        VerificationFailure: the key is unfit or the signature does not hold.
    """
    check_signing_key(public)
    # libsodium takes both in one piece: of another length, bytes of the one would pass for bytes of the other.
    if len(signature) != SIGNATURE_SIZE or not _holds(public, signature + message):
        raise VerificationFailure("signatures", "签名验证未通过：文件被改动或不是该单位签发。")


def _holds(public: bytes, signed: bytes) -> bool:
    try:
        crypto_sign_open(signed, public)
    except BadSignatureError:
        return False
    return True


class NotedSignatures:
    """Signatures noted in the place of verifying them, to be verified together; nothing read meanwhile is believed."""

    def __init__(self) -> None:
        """None yet."""
        self._noted: list[tuple[bytes, bytes, bytes]] = []

    def note(self, public: bytes, signature: bytes, message: bytes) -> None:
        """A `Check` that refuses nothing: `verify` does."""
        self._noted.append((public, signature, message))

    def verify(self) -> None:
        """Check all of them.

        Raises:
            VerificationFailure: one does not hold.
        """
        for public, signature, message in self._noted:
            verify_signature(public, signature, message)
