"""`decide` against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from admin_script import Admin
from hypothesis import given, settings
from hypothesis import strategies as st

TABLE = {
    (6, 5, 3): ("satisfied", [], "60.00", True),
    (30, 30, 15): ("unsatisfied", [], "50.00", True),
    (101, 101, 51): ("satisfied", [], "50.50", True),
    (30, 30, 27): ("satisfied", ["municipal", "district"], "90.00", True),
    (249, 249, 224): ("satisfied", ["district"], "89.96", True),
    (3, 2, 2): ("satisfied", ["municipal", "district"], "100.00", True),
    (10, 6, 6): ("invalid", [], None, False),
    (4, 0, 0): ("invalid", [], None, False),
    (9_999_999, 9_999_999, 5_000_000): ("satisfied", [], "50.00", True),
}


def _decide(admin: Admin, registered: object, collected: object, satisfied: object) -> dict[str, Any]:
    words = ("--registered", registered, "--collected", collected, "--satisfied", satisfied)
    ran = admin.run("decide", *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    return ran.json


@pytest.mark.parametrize("counts", TABLE, ids=str)
def test_table(admin: Admin, counts: tuple[int, int, int]) -> None:
    found = _decide(admin, *counts)
    shown = (found["outcome"], found["priorities"], found["rate_percent"], found["quorum_met"])
    assert shown == TABLE[counts]


@given(counts=st.tuples(*(st.integers(0, 9_999_999) for _ in range(3))).map(lambda found: sorted(found, reverse=True)))
@settings(max_examples=60, deadline=None)
def test_agrees_with_fractions(counts: list[int]) -> None:
    registered, collected, satisfied = max(counts[0], 1), counts[1], counts[2]
    found = _decide(Admin(Path("nowhere")), registered, collected, satisfied)
    valid = Fraction(collected, registered) >= Fraction(2, 3)
    assert found["quorum_met"] is valid
    if not valid:
        assert (found["outcome"], found["rate"], found["rate_percent"]) == ("invalid", None, None)
        return
    rate = Fraction(satisfied, collected)
    assert Fraction(found["rate"]) == rate
    assert found["outcome"] == ("satisfied" if rate > Fraction(1, 2) else "unsatisfied")
    assert found["priorities"] == [
        name for name, least in (("municipal", Fraction(9, 10)), ("district", Fraction(4, 5))) if rate >= least
    ]
    needed = found["needed"]
    assert Fraction(needed, collected) > Fraction(1, 2) >= Fraction(needed - 1, collected)


def test_full_width_digits_are_digits(admin: Admin) -> None:
    assert _decide(admin, "６", "５", "３")["outcome"] == "satisfied"


def test_below_quorum_the_table_shows_no_count(admin: Admin) -> None:
    ran = admin.run("decide", "--registered", 10, "--collected", 6, "--satisfied", 6)
    assert "满意票数" not in ran.out
    assert "本次测评无效" in ran.out


@pytest.mark.parametrize(
    "counts",
    [
        (0, 0, 0),
        (5, 6, 1),
        (6, 5, 6),
        (10, 2, 3),
        (-6, 5, 3),
        (6, -5, 3),
        (6, 5, -3),
        ("六", 5, 3),
        (6, "5.0", 3),
        (6, "", 3),
        (6, 5, "1e3"),
        (6, 5, "0x3"),
        (10_000_000, 5, 3),
        ("9" * 5000, 5, 3),
        ("٦", 5, 3),
        ("1_0", 5, 3),
    ],
    ids=lambda counts: "-".join(map(str, counts))[:30],
)
def test_refused(admin: Admin, counts: tuple[object, ...]) -> None:
    ran = admin.run("decide", "--registered", counts[0], "--collected", counts[1], "--satisfied", counts[2])
    assert ran.code in {1, 2}
    assert ran.error
    assert ran.out == ""


def test_a_missing_count_of_satisfied_is_asked_for_only_above_quorum(admin: Admin) -> None:
    assert admin.run("decide", "--registered", 10, "--collected", 6).code == 0
    assert admin.run("decide", "--registered", 10, "--collected", 7).code == 2
