"""What is sealed to whom: ballots to the round key, shares to the holders, the state under K_n and A.

HPKE (RFC 9180) with X25519, HKDF-SHA-256 and ChaCha20-Poly1305 for what one party opens later; AES-256-GCM (NIST SP
800-38D) under HKDF(K_n ‖ A) for the state, which every cast seals anew: it takes a quarter of the time (docs/adr/0026).
Every use binds its purpose and the round, so nothing can be moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rounds.choices import Choice
from rounds.errors import VerificationFailure
from rounds.issuing import Draw
from rounds.tally import decode_ballot, encode_ballot

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
NONCE_SIZE = 12
"""96 random bits at the head of a sealed state: without them not even its key opens it."""
KEY_SIZE = 32
_TAG_SIZE = 16


def binding(authorisation_digest: str, zero_report_digest: str) -> bytes:
    """32 bytes that stand for this round on this box in every sealing."""
    joined = bytes.fromhex(authorisation_digest) + bytes.fromhex(zero_report_digest)
    return hashlib.sha256(b"beikaobei box v1" + joined).digest()


def seal_ballot(choice: Choice, round_key: bytes, bound_to: bytes) -> bytes:
    """49 bytes that only the round key's private half opens; the same work for every choice."""
    return _SUITE.encrypt(encode_ballot(choice), _public(round_key), info=b"ballot" + bound_to)


def open_ballots(sealed: Iterable[bytes], round_secret: bytes, bound_to: bytes) -> Iterator[Choice]:
    """The marks of sealed ballots, in their order; the private key is made once, which is a third of the count's time.

    Raises:
        VerificationFailure: one does not open; nothing may be counted then.
    """
    private = X25519PrivateKey.from_private_bytes(round_secret)
    info = b"ballot" + bound_to
    try:
        for ballot in sealed:
            yield decode_ballot(_SUITE.decrypt(ballot, private, info=info))
    except InvalidTag:
        raise VerificationFailure(
            "ballots", "票箱中有一张测评票打不开，停止计票：请保留票箱并报告上级团组织。"
        ) from None


def seal_share(share: bytes, purpose: bytes, holder_key: bytes, round_key: bytes) -> bytes:
    """One holder's share of a secret, for that holder alone.

    Bound to the round by its public key: the zero report, which the box binding stands on, comes after the shares.
    """
    public = X25519PublicKey.from_public_bytes(holder_key)
    return _SUITE.encrypt(share, public, info=purpose + round_key)


def open_share(sealed: bytes, purpose: bytes, holder_secret: X25519PrivateKey, round_key: bytes) -> bytes:
    """What `seal_share` sealed.

    Raises:
        VerificationFailure: it was altered or is another holder's.
    """
    try:
        return _SUITE.decrypt(sealed, holder_secret, info=purpose + round_key)
    except InvalidTag:
        raise VerificationFailure("shares", "票箱中的密钥分份打不开：文件损坏或被改动，请报告上级团组织。") from None


def seal_state(state: bytes, cipher: AESGCM, bound_to: bytes, draw: Draw) -> bytearray:
    """Nonce ‖ ciphertext of the state under a `state_cipher`, made in one place."""
    nonce = draw(NONCE_SIZE)
    sealed = bytearray(NONCE_SIZE + len(state) + _TAG_SIZE)
    sealed[:NONCE_SIZE] = nonce
    cipher.encrypt_into(nonce, state, bound_to, memoryview(sealed)[NONCE_SIZE:])
    return sealed


def open_state(sealed: bytes, slot_key: bytes, start_key: bytes, bound_to: bytes) -> bytes | None:
    """The state, or None where this key does not open it (see `HeldBox.recover`)."""
    try:
        cipher = state_cipher(slot_key, start_key, bound_to)
        return cipher.decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], bound_to)
    except (InvalidTag, ValueError):
        return None


@lru_cache(maxsize=1)
def _public(round_key: bytes) -> X25519PublicKey:
    """One round's key is used by every cast."""
    return X25519PublicKey.from_public_bytes(round_key)


def box_seal(round_key: bytes, ballots: Iterable[bytes]) -> bytes:
    """SHA-256(round key ‖ sorted sealed ballots); its first words are the 封箱码."""
    return hashlib.sha256(round_key + b"".join(sorted(ballots))).digest()


def state_cipher(slot_key: bytes, start_key: bytes, bound_to: bytes) -> AESGCM:
    """What seals and opens a state under K_n (`slot_key`) and A (`start_key`)."""
    derived = HKDF(SHA256(), KEY_SIZE, salt=bound_to, info=b"beikaobei state v2").derive(slot_key + start_key)
    return AESGCM(derived)
