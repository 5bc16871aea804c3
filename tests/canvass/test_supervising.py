"""The draws: rules hold for every seed, and somebody else draws the same."""

from __future__ import annotations

import hashlib
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canvass.supervising import METHOD, draw_sample, plan_by_grade, plan_cycle
from rounds.errors import BadInput

CODES = st.lists(st.text("0123456789ABC", min_size=1, max_size=6), unique=True, min_size=3, max_size=60)
SEEDS = st.text(min_size=1, max_size=20).filter(str.strip)


@given(CODES, SEEDS)
def test_one_cycle_through_all_without_pairs(codes: list[str], seed: str) -> None:
    plan = {each.supervisor: each.supervised for each in plan_cycle(codes, seed)}
    at, seen = codes[0], []
    while at not in seen:
        seen.append(at)
        at = plan[at]
    assert sorted(seen) == sorted(codes)
    assert all(plan[there] != here and there != here for here, there in plan.items())


def test_two_branches_never_supervise_each_other() -> None:
    with pytest.raises(BadInput, match="至少须有3个"):
        plan_cycle(["1", "2"], "种子")
    assert len(plan_cycle(["1", "2", "3"], "种子")) == 3


@given(st.dictionaries(st.text("0123456789", min_size=1), st.integers(2010, 2017), min_size=2), SEEDS)
def test_higher_grades_supervise_lower_ones_evenly(grades: dict[str, int], seed: str) -> None:
    if len(set(grades.values())) < 2:
        with pytest.raises(BadInput, match="一个年级"):
            plan_by_grade(grades, seed)
        return
    plan = plan_by_grade(grades, seed)
    assert sorted(each.supervised for each in plan) == sorted(grades)
    for each in plan:
        assert (each.supervisor is None) == (grades[each.supervised] == max(grades.values()))
        assert each.supervisor is None or grades[each.supervisor] > grades[each.supervised]
    load = Counter(each.supervisor for each in plan if each.supervisor)
    for grade in set(grades.values()):
        loads = [load[code] for code, of in grades.items() if of == grade]
        assert max(loads) - min(loads) <= 1


def test_a_sample_can_be_drawn_again_with_sha256sum() -> None:
    branches = [(f"{line}{number:03}", line) for line in ("高校", "中学") for number in range(50)]
    strata = draw_sample(branches, Fraction(1, 10), "2017年4月10日")
    assert [(each.line, each.size, len(each.drawn)) for each in strata] == [("中学", 50, 5), ("高校", 50, 5)]
    for each in strata:
        mine = sorted(
            (code for code, line in branches if line == each.line),
            key=lambda code: hashlib.sha256("2017年4月10日".encode() + b"\n" + code.encode()).hexdigest(),
        )
        assert list(each.drawn) == mine[:5]
    assert strata == draw_sample(branches[::-1], Fraction(1, 10), "2017年4月10日")
    assert strata != draw_sample(branches, Fraction(1, 10), "2017年4月11日")
    assert "SHA-256" in METHOD


def test_every_line_is_visited_however_small() -> None:
    strata = draw_sample([("1", "区县"), ("2", "高校"), ("3", "高校")], Fraction(1, 100), "s")
    assert [len(each.drawn) for each in strata] == [1, 1]


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1, 2), Fraction(3, 2)])
def test_a_rate_that_is_none_is_refused(rate: Fraction) -> None:
    with pytest.raises(BadInput, match="抽查比例"):
        draw_sample([("1", "高校")], rate, "s")


@pytest.mark.parametrize("seed", ["", " "])
def test_an_empty_seed_is_refused(seed: str) -> None:
    with pytest.raises(BadInput, match="种子"):
        plan_cycle(["1", "2", "3"], seed)
    with pytest.raises(BadInput, match="重复"):
        plan_cycle(["1", "1", "3"], "种子")
