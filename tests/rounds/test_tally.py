"""Counting is blind to the order of the ballots, and the account must add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.choices import Choice
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.tally import Account, Tally, check_account, count, decode_ballot, encode_ballot

CHOICES = st.lists(st.sampled_from(list(Choice)), max_size=60)


@given(CHOICES, st.randoms())
def test_the_tally_is_free_of_order(choices: list[Choice], source: object) -> None:
    shuffled = sorted(choices, key=lambda _: source.random())  # type: ignore[attr-defined]  # hypothesis's Random
    assert count(shuffled) == count(choices) == count(reversed(choices))


@given(CHOICES)
def test_the_tally_counts_every_ballot_once(choices: list[Choice]) -> None:
    tally = count(choices)
    assert tally.satisfied == choices.count(Choice.SATISFIED)
    assert tally.unsatisfied == choices.count(Choice.UNSATISFIED)
    assert tally.blank == choices.count(Choice.BLANK)
    assert tally.collected == len(choices) == tally.valid + tally.blank


def test_every_choice_has_a_plaintext_of_one_size_and_comes_back() -> None:
    assert {len(encode_ballot(choice)) for choice in Choice} == {1}
    assert [decode_ballot(encode_ballot(choice)) for choice in Choice] == list(Choice)


def test_every_other_plaintext_is_refused() -> None:
    ballots = {encode_ballot(choice) for choice in Choice}
    first_bytes = [bytes([value]) for value in range(256)]
    lengths = [b"", encode_ballot(Choice.BLANK) + b"\0", encode_ballot(Choice.SATISFIED) * 2, bytes(16)]
    strange = [*(set(first_bytes) - ballots), *lengths]
    assert len(strange) == 253 + 4
    for plaintext in strange:
        with pytest.raises(VerificationFailure) as caught:
            decode_ballot(plaintext)
        assert caught.value.check == "ballots"


GOOD = Account(registered=30, expected=29, present=28, issued=28, collected=27)


@pytest.mark.parametrize(
    ("account", "named"),
    [
        (Account(30, 30, 26, 27, 27), "收回27张，实到26人"),  # P > 实到
        (Account(30, 29, 30, 30, 30), "应参加29人"),  # P > 应参加: the secretary's ballot too many
        (Account(30, 30, 31, 30, 30), "实到31人多于登记注册团员30名"),
        (Account(30, 30, 30, 26, 27), "发出26张"),  # 收回 > 发出
    ],
)
def test_an_account_that_does_not_add_up_is_refused(account: Account, named: str) -> None:
    check_account(GOOD)
    with pytest.raises(RuleRefusal, match=named):
        check_account(account)


def test_sessions_without_a_ballot_are_counted() -> None:
    assert GOOD.not_cast == 1
    check_account(Account(30, 30, 30, 40, 30))  # 发出 may exceed the members: a timed-out voter is unlocked again


@given(*[st.integers(0, 40)] * 5)
def test_an_accepted_account_holds_every_inequality(
    registered: int, expected: int, present: int, issued: int, collected: int
) -> None:
    account = Account(registered, expected, present, issued, collected)
    holds = collected <= min(present, expected, issued) and present <= registered
    try:
        check_account(account)
    except RuleRefusal:
        assert not holds
    else:
        assert holds
        assert account.not_cast >= 0


def test_a_tally_names_its_figures() -> None:
    tally = Tally(satisfied=15, unsatisfied=10, blank=5)
    assert (tally.collected, tally.valid) == (30, 25)
