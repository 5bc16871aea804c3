"""Digits as they are typed: one fixed buffer, overwritten when it is cleared.

A widget for text holds a code in some ten strings that live on for screens afterwards (KIOSK.md); here the digits of
a code are never a `str`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

MAX_DIGITS = 12
"""The longest 开启口令 (DESIGN.md: 6-12 digits); a slip's number has 10."""

_ZERO = ord("0")


class Entry:
    """Up to `MAX_DIGITS` digits in a buffer that neither grows nor moves."""

    def __init__(self) -> None:
        """Start empty."""
        self._digits = bytearray(MAX_DIGITS)
        self._length = 0

    def __len__(self) -> int:
        """How many digits have been typed."""
        return self._length

    def __repr__(self) -> str:
        """Say nothing of the digits, not even how many: this may end in a report of a fault."""
        return "<Entry>"

    def add(self, character: str) -> bool:
        """Append one ASCII digit; False when the buffer is full.

        Raises:
            ValueError: `character` is not one of 0-9 (it is not named: it may be part of a code).
        """
        value = ord(character) - _ZERO if len(character) == 1 else -1
        if not 0 <= value <= 9:  # noqa: PLR2004 - the ten digits
            raise ValueError("not a digit")
        if self._length == MAX_DIGITS:
            return False
        self._digits[self._length] = _ZERO + value
        self._length += 1
        return True

    def drop_last(self) -> None:
        """Take the last digit back, if there is one."""
        if self._length:
            self._length -= 1
            self._digits[self._length] = 0

    def clear(self) -> None:
        """Overwrite every digit."""
        for position in range(MAX_DIGITS):
            self._digits[position] = 0
        self._length = 0

    @property
    def is_zero(self) -> bool:
        """Whether exactly `0` stands here: the way back from every prompt."""
        return self._length == 1 and self._digits[0] == _ZERO

    def number(self) -> int:
        """The digits as a number, for entries that are no secret; 0 when empty."""
        value = 0
        for position in range(self._length):
            value = value * 10 + self._digits[position] - _ZERO
        return value

    @contextmanager
    def taken(self) -> Iterator[bytearray]:
        """Lend the digits as ASCII bytes; afterwards loan and buffer are overwritten, whatever happened."""
        loan = bytearray(self._length)
        loan[:] = memoryview(self._digits)[: self._length]
        try:
            yield loan
        finally:
            for position in range(len(loan)):
                loan[position] = 0
            self.clear()

    def bullets(self) -> str:
        """One `*` for each digit: ASCII, because some terminals draw `•` two cells wide."""
        return "*" * self._length

    def shown(self) -> str:
        """The digits themselves, for entries that are no secret."""
        return str(self.number()).rjust(self._length, "0") if self._length else ""
