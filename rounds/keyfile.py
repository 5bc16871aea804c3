"""Private keys under a passphrase or code: Argon2id (RFC 9106), then AES-256-GCM-SIV (RFC 8452) over the secret.

The header (everything but the sealed bytes) is associated data, so no byte of the file can change. PKCS#8 is not used:
its "best available" encryption is PBKDF2 with 2,048 rounds.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from rounds.encoding import Key, Name, Record, decode, encode
from rounds.errors import VerificationFailure

MAX_SIZE = 4096
_SALT_SIZE = 16
_NONCE_SIZE = 12
ENTROPY_SIZE = _SALT_SIZE + _NONCE_SIZE
"""Random bytes that sealing one key takes."""


class KdfParameters(Record, frozen=True, kw_only=True):
    """Argon2id's cost; bounded so that a planted file can neither weaken it nor eat the machine."""

    lanes: Annotated[int, msgspec.Meta(ge=1, le=16)]
    memory_kib: Annotated[int, msgspec.Meta(ge=8 * 1024, le=1024 * 1024)]
    passes: Annotated[int, msgspec.Meta(ge=1, le=32)]


STANDARD_KDF = KdfParameters(lanes=4, memory_kib=64 * 1024, passes=3)
"""RFC 9106, section 4, second recommended option."""

PRINTED_KDF = KdfParameters(lanes=1, memory_kib=19 * 1024, passes=2)
"""For printed codes by the hundred (`kit`): 75 random bits are beyond guessing at any cost of a guess.
The standard cost is for what people choose."""


class KeyFile(Record, frozen=True, kw_only=True):
    """One sealed secret with its public signing key."""

    format: Literal["beikaobei-key-v1"]
    kdf: KdfParameters
    name: Name
    nonce: Annotated[bytes, msgspec.Meta(min_length=_NONCE_SIZE, max_length=_NONCE_SIZE)]
    public: Key
    salt: Annotated[bytes, msgspec.Meta(min_length=_SALT_SIZE, max_length=_SALT_SIZE)]
    sealed: Annotated[bytes, msgspec.Meta(min_length=32 + 16, max_length=64 + 16)]


def seal_key(
    secret: bytes, *, public: bytes, name: str, code: str, entropy: bytes, kdf: KdfParameters = STANDARD_KDF
) -> bytes:
    """The key file of `secret` (32 or 64 bytes) under `code`. `entropy`: `ENTROPY_SIZE` random bytes.

    Raises:
        ValueError: the wrong amount of entropy.
    """
    if len(entropy) != ENTROPY_SIZE:
        raise ValueError("sealing a key takes 28 random bytes")
    salt, nonce = entropy[:_SALT_SIZE], entropy[_SALT_SIZE:]
    blank = KeyFile(
        format="beikaobei-key-v1",
        kdf=kdf,
        name=name,
        nonce=nonce,
        public=public,
        salt=salt,
        sealed=bytes(len(secret) + 16),
    )
    sealed = _cipher(blank, code).encrypt(nonce, secret, _header(blank))
    return encode(msgspec.structs.replace(blank, sealed=sealed))


def read_key_file(data: bytes) -> KeyFile:
    """Parse a key file without opening it.

    Raises:
        Unreadable: not a key file.
    """
    return decode(data, KeyFile, "密钥文件", MAX_SIZE)


def open_key(data: bytes, code: str, what: str) -> bytes:
    """The secret of a key file; `what` names the code to the user, such as 启用码.

    Raises:
        Unreadable: not a key file.
        VerificationFailure: a wrong code or an altered file; the two can't be told apart.
    """
    file = read_key_file(data)
    try:
        return _cipher(file, code).decrypt(file.nonce, file.sealed, _header(file))
    except InvalidTag:
        raise VerificationFailure("code", f"{what}不正确，或密钥文件被改动：请重新输入。") from None


def derive(code: bytes | bytearray, salt: bytes, kdf: KdfParameters) -> bytes:
    """32 bytes of Argon2id over `code`."""
    argon = Argon2id(salt=salt, length=32, iterations=kdf.passes, lanes=kdf.lanes, memory_cost=kdf.memory_kib)
    return argon.derive(bytes(code))


def _cipher(file: KeyFile, code: str) -> AESGCMSIV:
    spelled = code.encode(errors="surrogatepass")  # bytes that are no UTF-8, typed or in the environment: a wrong code
    return AESGCMSIV(derive(spelled, file.salt, file.kdf))


def _header(file: KeyFile) -> bytes:
    """The associated data: the file with its sealed bytes zeroed, so that the header has one spelling too."""
    return encode(msgspec.structs.replace(file, sealed=bytes(len(file.sealed))))
