"""The rules of 渝青办〔2017〕4号 in exact integers; no float and no rounded text ever decides.

N = 登记注册团员 (registered), P = 实际参与测评人数 (ballots collected, blank ones included), Y = 满意票数.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from math import gcd

import msgspec

from rounds.errors import BadInput

MAX_COUNT = 9_999_999
"""Counts are below ten million: far above any branch, and no input can make the arithmetic heavy."""


class Outcome(StrEnum):
    """测评结果 (一、目标要求)."""

    SATISFIED = "satisfied"
    UNSATISFIED = "unsatisfied"
    INVALID = "invalid"


class Priority(StrEnum):
    """优先推荐对象 (三、结果运用 1); cumulative."""

    MUNICIPAL = "municipal"
    DISTRICT = "district"


class Decision(msgspec.Struct, frozen=True):
    """The outcome with everything that explains it; `satisfied` (Y) and the rate are None below quorum."""

    outcome: Outcome
    priorities: tuple[Priority, ...]
    collected: int
    satisfied: int | None
    quorum_met: bool
    quorum_needed: int
    satisfied_needed: int

    @property
    def rate(self) -> Fraction | None:
        """满意度: Y out of P."""
        return None if self.satisfied is None else Fraction(self.satisfied, self.collected)

    @property
    def rate_text(self) -> str | None:
        """满意度 in lowest terms, '3/5'; without a `Fraction`, which an import of millions would make for each."""
        if self.satisfied is None:
            return None
        common = gcd(self.satisfied, self.collected)
        return f"{self.satisfied // common}/{self.collected // common}"

    @property
    def rate_percent(self) -> str | None:
        """满意度 in percent to two decimals, '60.00'; for print only."""
        return None if self.satisfied is None else _percent(self.satisfied, self.collected)


def quorum_needed(registered: int) -> int:
    """Smallest P that makes a round of `registered` members valid (“三分之二及以上方为有效”)."""
    _check_count("团员总数", registered, lowest=1)
    return (2 * registered + 2) // 3


def quorum_met(registered: int, collected: int) -> bool:
    """Whether 3P >= 2N: exactly two thirds is valid."""
    _check_count("团员总数", registered, lowest=1)
    _check_count("参与测评人数", collected)
    return 3 * collected >= 2 * registered


def is_satisfied(collected: int, satisfied: int) -> bool:
    """Whether 2Y > P (“高于实际参与测评人数的50%时视为满意”): exactly half is 不满意."""
    return 2 * satisfied > collected


def satisfied_needed(collected: int) -> int:
    """The fewest 满意 ballots that P ballots need for 满意: 至少 P//2+1."""
    return collected // 2 + 1


def priorities(collected: int, satisfied: int) -> tuple[Priority, ...]:
    """Priorities earned: 10Y >= 9P 市级及以上, 5Y >= 4P 区县级 (三、结果运用 1)."""
    earned = []
    if 10 * satisfied >= 9 * collected:
        earned.append(Priority.MUNICIPAL)
    if 5 * satisfied >= 4 * collected:
        earned.append(Priority.DISTRICT)
    return tuple(earned)


def percent(rate: Fraction) -> str:
    """`rate` as percent with two decimals, halves rounded up, without the sign: Fraction(3, 5) → '60.00'."""
    return _percent(rate.numerator, rate.denominator)


def _percent(part: int, whole: int) -> str:
    hundredths = (20_000 * part + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def decide(registered: int, collected: int, satisfied: int | None) -> Decision:
    """Decide a round of N, P and Y.

    `satisfied` is ignored below quorum (the box stays unopened there) and required above it.

    Raises:
        BadInput: N = 0, P > N, Y > P, a negative count, or Y missing where the quorum is met.
    """
    _check_count("团员总数", registered, lowest=1)
    _check_count("参与测评人数", collected)
    if collected > registered:
        raise BadInput(f"参与测评人数{collected}多于团员总数{registered}：请核对两个人数。")
    quorum, needed = quorum_needed(registered), satisfied_needed(collected)
    if collected < quorum:
        return Decision(
            Outcome.INVALID,
            (),
            collected,
            None,
            quorum_met=False,
            quorum_needed=quorum,
            satisfied_needed=needed,
        )
    if satisfied is None:
        raise BadInput("缺少满意票数：参与人数已达三分之二，须有满意票数。")
    _check_count("满意票数", satisfied)
    if satisfied > collected:
        raise BadInput(f"满意票数{satisfied}多于参与测评人数{collected}：请核对两个数。")
    passed = is_satisfied(collected, satisfied)
    return Decision(
        Outcome.SATISFIED if passed else Outcome.UNSATISFIED,
        priorities(collected, satisfied),
        collected,
        satisfied,
        quorum_met=True,
        quorum_needed=quorum,
        satisfied_needed=needed,
    )


def _check_count(name: str, value: int, lowest: int = 0) -> None:
    if not lowest <= value <= MAX_COUNT:
        raise BadInput(f"{name}不在{lowest}至{MAX_COUNT}之间：请核对。")  # not repeated: it may have any length
