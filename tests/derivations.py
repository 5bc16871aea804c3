"""Codes derived once a process, where it is not the derivation that a test is about."""

from __future__ import annotations

import functools
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from rounds import keyfile


class Remembering:
    """Argon2id that gives the same bytes for the same code, salt and parameters without paying for them again."""

    def __init__(self, **parameters: Any) -> None:
        self._parameters = tuple(sorted(parameters.items()))

    def derive(self, code: bytes) -> bytes:
        return _derived(self._parameters, code)


def remember_derivations() -> None:
    """For the rest of this process, which may derive ten thousand times."""
    setattr(keyfile, "Argon2id", Remembering)  # noqa: B010  mypy forbids the plain assignment; the values are the same


@functools.lru_cache(maxsize=4096)
def _derived(parameters: tuple[tuple[str, Any], ...], code: bytes) -> bytes:
    return Argon2id(**dict(parameters)).derive(code)
