"""A result's verdict is never believed: each figure is recomputed, though truly signed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from round_builder import build

from rounds.chain import read_result
from rounds.documents import Result
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.results import OUTCOME_NAMES, PRIORITY_NAMES, figures, figures_of, reason_sentence, result_sentence
from rounds.rules import Outcome, Priority, decide
from rounds.tally import Account, Tally

altered = msgspec.structs.replace
BUILT = build()
GOOD = BUILT.result(Tally(15, 10, 5), present=30, issued=30, collected=30)
CLEAR = BUILT.result(Tally(28, 1, 1), present=30, issued=30, collected=30)
SHORT = BUILT.result(None, present=19, issued=19, collected=19)


def read_again(record: Result) -> Result:
    return read_result(BUILT.sign_end(record), BUILT.roots).end.record


def check_of(attempt: Callable[[], object]) -> str:
    with pytest.raises(VerificationFailure) as caught:
        attempt()
    return caught.value.check


@pytest.mark.parametrize("record", [GOOD, CLEAR, SHORT])
def test_true_results_are_read(record: Result) -> None:
    assert read_again(record) == record


COUNTS = ("registered", "present", "issued", "collected", "valid", "invalid", "satisfied", "unsatisfied")
# With everybody present and every session cast, all but one step of the eight figures contradicts another figure.
LEGITIMATE = {("issued", 1)}


@pytest.mark.parametrize("step", [-1, 1])
@pytest.mark.parametrize("figure", COUNTS)
@pytest.mark.parametrize("record", [GOOD, CLEAR], ids=["unsatisfied", "satisfied"])
def test_every_figure_off_by_one(record: Result, figure: str, step: int) -> None:
    attempt = altered(record, **{figure: getattr(record, figure) + step})
    if (figure, step) in LEGITIMATE:
        assert read_again(attempt).issued == 31
        return
    assert check_of(lambda: read_again(attempt)) in {"account", "outcome"}


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": Outcome.SATISFIED},
        {"outcome": Outcome.INVALID},
        {"priorities": (Priority.DISTRICT,)},
        {"rate": "16/30"},
        {"rate": "15/30"},  # not in lowest terms: another spelling of the same rate
        {"rate": None},
        {"rate_percent": "50.01"},
        {"rate_percent": "50.0"},
        {"rate_percent": None},
        {"satisfied": None},
        {"unsatisfied": None},
        {"invalid": None},
        {"valid": None},
        {"satisfied": None, "unsatisfied": None, "invalid": None},
        {"satisfied": 16, "unsatisfied": 9},
        {"satisfied": 16, "invalid": 4},
        {"below_quorum_reason": "多数团员外出实习"},
    ],
)
def test_another_verdict_than_the_figures(change: dict[str, Any]) -> None:
    assert check_of(lambda: read_again(altered(GOOD, **change))) in {"account", "outcome", "reason"}


@pytest.mark.parametrize(
    "priorities", [(), (Priority.DISTRICT,), (Priority.MUNICIPAL,), (Priority.DISTRICT, Priority.MUNICIPAL)]
)
def test_other_priorities_than_earned(priorities: tuple[Priority, ...]) -> None:
    assert CLEAR.priorities == (Priority.MUNICIPAL, Priority.DISTRICT)
    assert check_of(lambda: read_again(altered(CLEAR, priorities=priorities))) == "outcome"


@pytest.mark.parametrize(
    "change",
    [
        {"satisfied": 10},
        {"satisfied": 0},
        {"satisfied": 10, "unsatisfied": 9, "invalid": 0, "valid": 19},
        {"satisfied": 10, "unsatisfied": 9, "invalid": 0},
        {"valid": 19},
        {"invalid": 0},
        {"rate": "10/19"},
        {"rate_percent": "52.63"},
        {"outcome": Outcome.UNSATISFIED},
        {"outcome": Outcome.SATISFIED},
        {"priorities": (Priority.DISTRICT,)},
        {"below_quorum_reason": ""},
    ],
)
def test_below_quorum_no_count_of_either_choice_may_exist(change: dict[str, Any]) -> None:
    """附件 2: the box stays shut; a file that knows more than the hall is refused."""
    assert check_of(lambda: read_again(altered(SHORT, **change))) in {"account", "outcome", "reason"}


def test_present_and_issued_below_what_was_collected() -> None:
    record = BUILT.result(Tally(20, 5, 0), present=26, issued=27, collected=25)
    assert read_again(record) == record
    for change in ({"present": 24}, {"issued": 24}, {"present": 31}):
        assert check_of(lambda change=change: read_again(altered(record, **change))) == "account"  # type: ignore[misc]  # bound here


def test_a_secretary_who_does_not_vote_stays_in_the_total() -> None:
    basis = altered(BUILT.basis(), secretary_votes=False)
    assert (basis.registered, basis.expected) == (30, 29)
    shown = figures(Account(30, basis.expected, 29, 20, 20), Tally(20, 0, 0))
    assert shown.outcome is Outcome.SATISFIED  # 20 of 30, not of 29
    with pytest.raises(RuleRefusal, match="应参加29人"):
        figures(Account(30, basis.expected, 30, 30, 30), Tally(30, 0, 0))


def test_a_box_with_another_number_of_ballots_than_its_count() -> None:
    account = Account(30, 30, 30, 30, 30)
    figures(account, Tally(30, 0, 0))
    for tally in (Tally(29, 0, 0), Tally(30, 1, 0)):
        with pytest.raises(RuleRefusal, match="两者不符"):
            figures(account, tally)


@st.composite
def counted(draw: st.DrawFn, members: st.SearchStrategy[int]) -> tuple[Account, Tally]:
    registered = draw(members)
    collected = draw(st.integers(0, registered))
    satisfied = draw(st.integers(0, collected))
    unsatisfied = draw(st.integers(0, collected - satisfied))
    account = Account(
        registered,
        registered,
        draw(st.integers(collected, registered)),
        collected + draw(st.integers(0, 5)),
        collected,
    )
    return account, Tally(satisfied, unsatisfied, collected - satisfied - unsatisfied)


@given(counted(st.integers(1, 200)))
def test_figures_follow_from_the_rules(held: tuple[Account, Tally]) -> None:
    account, tally = held
    shown = figures(account, tally)
    decision = decide(account.registered, account.collected, tally.satisfied)
    assert (shown.outcome, shown.priorities, shown.rate_percent) == (
        decision.outcome,
        decision.priorities,
        decision.rate_percent,
    )
    if decision.quorum_met:
        assert (shown.valid or 0) + (shown.invalid or 0) == shown.collected
        assert shown.rate is not None
        assert Fraction(shown.rate) == decision.rate
    else:
        counts = (shown.satisfied, shown.unsatisfied, shown.valid, shown.invalid, shown.rate, shown.rate_percent)
        assert counts == (None,) * 6


IN_THIRTY = counted(st.just(30))


@given(IN_THIRTY, IN_THIRTY)
def test_only_the_verdict_that_follows_is_accepted(one: tuple[Account, Tally], other: tuple[Account, Tally]) -> None:
    """The counts of one round with the verdict of another: accepted exactly when the verdict is their own too."""
    mine, theirs = figures(*one), figures(*other)
    fields = {name: getattr(mine, name) for name in COUNTS} | {
        name: getattr(theirs, name) for name in ("rate", "rate_percent", "outcome", "priorities")
    }
    reason = "人数不足" if mine.outcome is Outcome.INVALID else ""
    record = altered(GOOD, below_quorum_reason=reason, **fields)
    if (mine.rate, mine.outcome) == (theirs.rate, theirs.outcome):
        assert figures_of(read_again(record)) == mine
    else:
        assert check_of(lambda: read_again(record)) == "outcome"


def test_sentences_below_quorum_say_nothing_of_the_choices() -> None:
    shown = figures_of(SHORT)
    assert result_sentence(shown) == (
        "本次测评应参加团员30名，实际参与19名；发出测评票19张，收回19张；"
        "本次测评无效（参与人数未达团员总数三分之二），票箱未开启。"
    )
    assert reason_sentence(shown) == "参与测评人数须达团员总数30名的三分之二及以上（至少20名），实际19名，还差1名。"
    for sentence in (result_sentence(shown), reason_sentence(shown)):
        assert "满意" not in sentence


def test_sentences_of_a_counted_round() -> None:
    shown = figures_of(GOOD)
    assert result_sentence(shown) == (
        "本次测评应参加团员30名，实际参与30名；发出测评票30张，收回30张，其中有效25张，无效5张；"
        "满意15票，不满意10票，满意度50.00%，测评结果：不满意。"
    )
    assert result_sentence(shown, expected=29).startswith("本次测评应参加团员29名，实际参与30名；")
    assert reason_sentence(shown) == (
        "满意15票，不满意10票，无效5票。满意票数须高于实际参与测评人数30人的50%（至少16票），测评结果：不满意。"
    )


def test_every_outcome_and_priority_has_a_name() -> None:
    assert set(OUTCOME_NAMES) == set(Outcome)
    assert set(PRIORITY_NAMES) == set(Priority)
