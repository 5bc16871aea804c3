"""Any two of three holders open what is locked; one alone holds nothing (SECRECY.md, Locks).

A secret is split into three parts that XOR to it, two of them random. Each holder gets two parts, so any two
holders have all three, and the one part that a holder lacks is uniformly random to him.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from rounds.errors import RuleRefusal

_PARTS = 3


class Holder(StrEnum):
    """Who holds parts of a round's secrets."""

    SUPERVISOR = "supervisor"
    TELLER = "teller"
    EMERGENCY = "emergency"


HOLDER_NAMES = {Holder.SUPERVISOR: "指导监督人员", Holder.TELLER: "计票人", Holder.EMERGENCY: "应急"}

_HELD = {Holder.SUPERVISOR: (0, 1), Holder.TELLER: (1, 2), Holder.EMERGENCY: (2, 0)}


def split(secret: bytes, randomness: bytes) -> dict[Holder, bytes]:
    """Each holder's share: two parts, 2 × len(secret) bytes. `randomness`: 2 × len(secret) random bytes.

    Raises:
        ValueError: the wrong amount of randomness.
    """
    size = len(secret)
    if len(randomness) != 2 * size:
        raise ValueError("splitting takes twice the secret's length in random bytes")
    first, second = randomness[:size], randomness[size:]
    parts = (first, second, _xor(_xor(secret, first), second))
    return {holder: parts[one] + parts[other] for holder, (one, other) in _HELD.items()}


def join(shares: Mapping[Holder, bytes]) -> bytes:
    """The secret from the shares of two (or three) holders.

    Raises:
        RuleRefusal: fewer than two holders.
        ValueError: shares of unequal or odd length, or shares that contradict each other.
    """
    if len(shares) < 2:  # noqa: PLR2004  the threshold itself
        raise RuleRefusal("须有两名持有人的口令才能开启：请由两人分别输入。")
    size, odd = divmod(len(next(iter(shares.values()))), 2)
    if odd or any(len(share) != 2 * size for share in shares.values()):
        raise ValueError("shares of unequal length")
    parts: dict[int, bytes] = {}
    for holder, share in shares.items():
        for place, part in zip(_HELD[holder], (share[:size], share[size:]), strict=True):
            if parts.setdefault(place, part) != part:
                raise ValueError("shares contradict each other")
    return _xor(_xor(parts[0], parts[1]), parts[_PARTS - 1])


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
