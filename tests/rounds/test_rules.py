"""RULES.md 1 as worked tables, then the same rules against exact fractions."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.errors import BadInput
from rounds.rules import (
    MAX_COUNT,
    Outcome,
    Priority,
    decide,
    percent,
    priorities,
    quorum_met,
    quorum_needed,
    satisfied_needed,
)

MUNICIPAL_AND_DISTRICT = (Priority.MUNICIPAL, Priority.DISTRICT)
DISTRICT = (Priority.DISTRICT,)


@pytest.mark.parametrize(
    ("registered", "needed"),
    [
        (1, 1),
        (2, 2),
        (3, 2),
        (4, 3),
        (5, 4),
        (6, 4),
        (10, 7),
        (30, 20),
        (31, 21),
        (32, 22),
        (47, 32),
        (9_999_999, 6_666_666),
    ],
)
def test_quorum_is_two_thirds_and_exactly_two_thirds_is_enough(registered: int, needed: int) -> None:
    assert quorum_needed(registered) == needed
    assert quorum_met(registered, needed)
    assert not quorum_met(registered, needed - 1)
    assert decide(registered, needed, 0).outcome is Outcome.UNSATISFIED
    assert decide(registered, needed - 1, None).outcome is Outcome.INVALID


@pytest.mark.parametrize(
    ("registered", "collected", "satisfied", "outcome", "earned", "shown"),
    [
        (30, 30, 15, Outcome.UNSATISFIED, (), "50.00"),  # exactly half; 15/10/5 of RULES.md 1
        (30, 30, 16, Outcome.SATISFIED, (), "53.33"),
        (101, 101, 51, Outcome.SATISFIED, (), "50.50"),
        (101, 101, 50, Outcome.UNSATISFIED, (), "49.50"),
        (20_000, 19_999, 10_000, Outcome.SATISFIED, (), "50.00"),  # prints as half, is more than half
        (1, 1, 1, Outcome.SATISFIED, MUNICIPAL_AND_DISTRICT, "100.00"),
        (1, 1, 0, Outcome.UNSATISFIED, (), "0.00"),
        (30, 30, 27, Outcome.SATISFIED, MUNICIPAL_AND_DISTRICT, "90.00"),
        (30, 30, 26, Outcome.SATISFIED, DISTRICT, "86.67"),
        (249, 249, 224, Outcome.SATISFIED, DISTRICT, "89.96"),
        (249, 249, 225, Outcome.SATISFIED, MUNICIPAL_AND_DISTRICT, "90.36"),
        (100_000, 100_000, 89_999, Outcome.SATISFIED, DISTRICT, "90.00"),  # prints 90.00, is below it
        (30, 30, 24, Outcome.SATISFIED, DISTRICT, "80.00"),
        (30, 30, 23, Outcome.SATISFIED, (), "76.67"),
        (100_000, 100_000, 79_999, Outcome.SATISFIED, (), "80.00"),  # prints 80.00, is below it
        (30, 20, 11, Outcome.SATISFIED, (), "55.00"),  # of those who voted, not of all members
    ],
)
def test_verdict_and_priorities(
    registered: int, collected: int, satisfied: int, outcome: Outcome, earned: tuple[Priority, ...], shown: str
) -> None:
    decision = decide(registered, collected, satisfied)
    assert (decision.outcome, decision.priorities, decision.rate_percent) == (outcome, earned, shown)
    assert decision.rate == Fraction(satisfied, collected)


@pytest.mark.parametrize("collected", [0, 1, 19])
def test_below_quorum_nothing_about_the_choices_exists(collected: int) -> None:
    decision = decide(30, collected, collected)
    assert (decision.outcome, decision.priorities) == (Outcome.INVALID, ())
    assert decision.rate is None
    assert decision.rate_percent is None
    assert not decision.quorum_met
    assert decision.quorum_needed == 20


@pytest.mark.parametrize(
    ("registered", "collected", "satisfied", "named"),
    [
        (0, 0, 0, "团员总数"),
        (-1, 0, 0, "团员总数"),
        (30, 31, 1, "多于团员总数"),
        (30, -1, 0, "参与测评人数"),
        (30, 20, 21, "多于参与测评人数"),
        (30, 20, -1, "满意票数"),
        (30, 20, None, "缺少满意票数"),
        (MAX_COUNT + 1, 1, 1, "团员总数不在1至9999999之间"),
    ],
)
def test_what_cannot_be_is_refused_by_name(registered: int, collected: int, satisfied: int | None, named: str) -> None:
    with pytest.raises(BadInput, match=named):
        decide(registered, collected, satisfied)


def test_a_number_of_any_length_is_refused_as_a_number() -> None:
    """Python refuses to print more than 4,300 digits: a message that repeats the number would itself fail."""
    endless = 10**5000
    with pytest.raises(ValueError, match="4300 digits"):
        str(endless)
    for held in ((endless, 1, 1), (30, endless, 1), (30, 20, -endless)):
        with pytest.raises(BadInput, match="不在"):
            decide(*held)


@pytest.mark.parametrize(("collected", "needed"), [(0, 1), (1, 1), (2, 2), (3, 2), (30, 16), (31, 16), (101, 51)])
def test_at_least_this_many_for_satisfied(collected: int, needed: int) -> None:
    assert satisfied_needed(collected) == needed


@st.composite
def rounds_held(draw: st.DrawFn) -> tuple[int, int, int]:
    """N, P, Y with 0 <= Y <= P <= N."""
    registered = draw(st.integers(1, MAX_COUNT) | st.integers(1, 60))
    collected = draw(st.integers(0, registered))
    return registered, collected, draw(st.integers(0, collected))


@given(rounds_held())
def test_decisions_equal_the_exact_fractions(held: tuple[int, int, int]) -> None:
    registered, collected, satisfied = held
    decision = decide(registered, collected, satisfied)
    if Fraction(collected, registered) < Fraction(2, 3):
        assert decision.outcome is Outcome.INVALID
        return
    rate = Fraction(satisfied, collected)
    assert decision.outcome is (Outcome.SATISFIED if rate > Fraction(1, 2) else Outcome.UNSATISFIED)
    assert (Priority.MUNICIPAL in decision.priorities) == (rate >= Fraction(9, 10))
    assert (Priority.DISTRICT in decision.priorities) == (rate >= Fraction(4, 5))
    assert (satisfied >= decision.satisfied_needed) == (decision.outcome is Outcome.SATISFIED)


@given(st.integers(1, MAX_COUNT))
def test_the_quorum_is_the_smallest_that_is_two_thirds(registered: int) -> None:
    needed = quorum_needed(registered)
    assert Fraction(needed, registered) >= Fraction(2, 3) > Fraction(needed - 1, registered)


@given(st.integers(1, 5000), st.integers(0, 5000))
def test_priorities_are_cumulative(collected: int, satisfied: int) -> None:
    earned = priorities(collected, min(satisfied, collected))
    assert earned in {(), DISTRICT, MUNICIPAL_AND_DISTRICT}


@given(rounds_held().filter(lambda held: held[1] > 0))
def test_percent_is_rounded_as_decimal_rounds_it(held: tuple[int, int, int]) -> None:
    _, collected, satisfied = held
    exact = Decimal(100 * satisfied) / Decimal(collected)
    assert percent(Fraction(satisfied, collected)) == str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def test_control_floats_and_rounded_text_decide_otherwise() -> None:
    """Why the rules are integers: the two shortcuts give another answer on rows of the table above."""
    assert float(decide(100_000, 100_000, 89_999).rate_percent or "") >= 90
    assert Priority.MUNICIPAL not in decide(100_000, 100_000, 89_999).priorities
    assert round(Fraction(1, 800) * 100, 2) != Fraction(percent(Fraction(1, 800)))  # half to even: 0.12, not 0.13
