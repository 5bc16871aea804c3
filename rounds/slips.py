"""投票凭条: ten digits on a piece of paper that open one session, once, and are tied to nobody.

Nine digits are random, the tenth is Damm's check digit (H. M. Damm, 2004): any one wrong digit and any two neighbours
exchanged are found. The scheme is public, so whoever guesses computes the tenth digit himself: a number that fails the
check could never open anything, tells nothing about those that could, and need not count as a guess.
"""

from __future__ import annotations

from collections.abc import Callable

SLIP_DIGITS = 10
_RANDOM_DIGITS = SLIP_DIGITS - 1
_NUMBERS = 10**_RANDOM_DIGITS
_FAIR = 4 * _NUMBERS
"""The largest multiple of `_NUMBERS` that four bytes can hold: beyond it a number would come up more often."""
_ZERO = ord("0")
_GROUPS = (3, 6)

# Damm's quasigroup of order ten: row the interim digit, column the next one.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def is_slip_number(typed: bytes | bytearray) -> bool:
    """Whether `typed` is ten ASCII digits whose check digit is right; it need not be a slip of any round."""
    digits = all(_ZERO <= digit <= _ZERO + 9 for digit in typed)  # digit by digit: no copy of the number is left behind
    return len(typed) == SLIP_DIGITS and digits and _interim(typed) == 0


def draw_numbers(count: int, draw: Callable[[int], bytes]) -> tuple[str, ...]:
    """`count` different slip numbers in the order drawn; `draw` gives random bytes.

    Raises:
        ValueError: more than there could be.
    """
    if not 0 <= count <= _NUMBERS // 2:
        raise ValueError("no such number of slips")
    found: dict[str, None] = {}
    while len(found) < count:
        value = int.from_bytes(draw(4))
        if value < _FAIR:
            found.setdefault(_with_check(str(value % _NUMBERS).zfill(_RANDOM_DIGITS)))
    return tuple(found)


def grouped(number: str) -> str:
    """The number as it is printed: 123 456 7890."""
    first, second = _GROUPS
    return f"{number[:first]} {number[first:second]} {number[second:]}"


def _with_check(digits: str) -> str:
    return f"{digits}{_interim(digits.encode())}"


def _interim(digits: bytes | bytearray) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][digit - _ZERO]
    return interim
