"""A 票箱U盘 that is lost for good: the round still ends, signed by two, and can be authorised again; nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from box_factory import CLOSED, FIVE_BALLOTS, SUPERVISOR, MadeBox, make_box, memory_folder, roots

from ballots_store.closing import stored_end
from ballots_store.errors import TokenAway
from ballots_store.status import round_status
from ballots_store.voiding import VoidRequest, void_round
from rounds.chain import read_void_report
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.sharing import Holder


@pytest.fixture
def made() -> Iterator[MadeBox]:
    with memory_folder() as folder:
        (folder / "stick").mkdir()
        yield make_box(folder / "home", members=6, token=folder / "stick").vote(FIVE_BALLOTS)


def lost(made: MadeBox, *holders: Holder, codes: dict[Holder, str] | None = None) -> bytes:
    request = VoidRequest(made.round_id, codes or made.codes(*holders), "票箱U盘遗失", token_lost=True)
    return void_round(made.home, request, token=made.token, now=CLOSED)


def lose(made: MadeBox) -> Path:
    """Take the stick away; where it went."""
    assert made.token is not None
    return Path(shutil.move(made.token, made.token.with_name("found later")))


def test_the_round_ends_with_the_figures_of_the_screen_and_says_so(made: MadeBox) -> None:
    lose(made)
    for verb in (made.start, made.close, made.void):  # the control: without the word nothing works, and nothing changes
        with pytest.raises(TokenAway):
            verb()
    report = lost(made)
    record = read_void_report(report, roots()).end.record
    assert (record.unread, record.collected, record.issued) == (True, 5, 5)
    assert record.conduct.starts == 1
    assert stored_end(made.home, made.round_id, token=made.token) == report
    assert round_status(made.home, made.round_id).state == "void"


def test_the_stick_found_later_opens_nothing_any_more(made: MadeBox) -> None:
    """Its key still opens the sealed state, which knows nothing of the end beside it."""
    stick = lose(made)
    lost(made)
    assert made.token is not None
    stick.rename(made.token)
    for verb in (made.start, made.close, made.void):
        with pytest.raises(RuleRefusal, match="已经结束"):
            verb()


def test_a_stick_that_is_there_is_not_lost(made: MadeBox) -> None:
    with pytest.raises(RuleRefusal, match="去掉 --token-lost"):
        lost(made)
    made.start().close()


def test_a_round_without_a_stick_has_none_to_lose() -> None:
    with memory_folder() as folder:
        made = make_box(folder / "home", members=6).vote(FIVE_BALLOTS)
        with pytest.raises(RuleRefusal, match="未使用票箱U盘"):
            lost(made)
        made.start().close()


def test_it_takes_two_holders_with_the_right_codes(made: MadeBox) -> None:
    stick = lose(made)
    with pytest.raises(RuleRefusal):
        lost(made, SUPERVISOR)
    with pytest.raises(VerificationFailure):
        lost(made, codes=dict.fromkeys(made.codes(), "不对的口令口令"))
    assert stored_end(made.home, made.round_id, token=made.token) is None
    assert made.token is not None
    stick.rename(made.token)
    made.start().close()
