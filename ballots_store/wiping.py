"""Codes that libraries leave in this process's memory: what can be overwritten is overwritten."""

from __future__ import annotations

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from rounds.keyfile import STANDARD_KDF

_SALT_SIZE = 16
_HASH_SIZE = 32


def overwrite_derived(code_size: int) -> None:
    """Overwrite the copy of a code of `code_size` bytes that the last key derivation left behind.

    OpenSSL hands a code to Argon2id in a block of parameters that it frees without clearing it (found by a scan of the
    kiosk's memory, tests/secrecy). The next derivation over as many bytes is given the same block: this one is over
    zeros, with the least memory that the function allows, some 20 microseconds.
    """
    for lanes in {1, STANDARD_KDF.lanes}:
        least = 8 * lanes  # RFC 9106, 3.1: eight blocks of 1 KiB a lane
        argon = Argon2id(salt=bytes(_SALT_SIZE), length=_HASH_SIZE, iterations=1, lanes=lanes, memory_cost=least)
        argon.derive(bytes(code_size))
