"""What a count and a void end need, and what they change when they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from box_factory import FIVE_BALLOTS, OPENED, MadeBox, kept, roots

from ballots_store import closing, sealing
from ballots_store.closing import stored_end
from ballots_store.errors import BelowQuorum
from ballots_store.status import round_status
from ballots_store.voiding import VoidRequest, void_round
from rounds.chain import read_result, read_void_report
from rounds.choices import Choice
from rounds.errors import BadInput, RuleRefusal
from rounds.rules import Outcome

SATISFIED = Choice.SATISFIED


def test_five_of_six(made: MadeBox) -> None:
    box = made.start()
    for choice in FIVE_BALLOTS:
        made.cast(box, choice)
    stopped = box.stop()
    box.close()
    assert round_status(made.home, made.round_id).state == "stopped"
    closed = made.close()
    end = closed.end
    assert (end.registered, end.present, end.issued, end.collected) == (6, 5, 5, 5)
    assert (end.valid, end.invalid, end.satisfied, end.unsatisfied) == (4, 1, 3, 1)
    assert (end.rate, end.rate_percent, end.outcome) == ("3/5", "60.00", Outcome.SATISFIED)
    assert stopped.collected == 5
    assert stopped.seal_words == closed.seal_words
    assert end.conduct.stopped
    assert read_result(closed.result, roots()).end.record == end
    assert round_status(made.home, made.round_id).state == "closed"


def test_a_second_close_is_refused_and_the_first_end_is_kept(made: MadeBox) -> None:
    closed = made.vote(FIVE_BALLOTS).close()
    for again in (made.close, made.void):
        with pytest.raises(RuleRefusal, match="已经结束"):
            again()
    with pytest.raises(RuleRefusal, match="已经结束"):
        made.start()
    assert stored_end(made.home, made.round_id, token=made.token) == closed.result


def test_closing_without_a_stop_says_so(made: MadeBox) -> None:
    assert not made.vote(FIVE_BALLOTS).close().end.conduct.stopped


def test_below_quorum_the_box_stays_open(made: MadeBox) -> None:
    made.vote(FIVE_BALLOTS[:3])
    before = kept(made)
    with pytest.raises(BelowQuorum) as refused:
        made.close(present=3)
    assert (refused.value.collected, refused.value.missing) == (3, 1)
    assert kept(made) == before
    assert stored_end(made.home, made.round_id, token=made.token) is None

    box = made.start()
    made.cast(box, FIVE_BALLOTS[3])
    box.stop()
    box.close()
    assert made.close(present=4).end.outcome is Outcome.SATISFIED


def opened_ballots(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every ballot that somebody opens from here on."""
    opened: list[bytes] = []
    true_open = sealing.open_ballots

    def watched(sealed: Sequence[bytes], round_secret: bytes, bound_to: bytes) -> Iterator[Choice]:
        opened.extend(sealed)
        return true_open(sealed, round_secret, bound_to)

    monkeypatch.setattr(closing, "open_ballots", watched)
    return opened


def test_ended_below_quorum_no_ballot_is_opened(made: MadeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = opened_ballots(monkeypatch)
    end = made.vote(FIVE_BALLOTS[:3]).close(present=4, reason="多名团员外出实习").end
    assert end.outcome is Outcome.INVALID
    assert end.below_quorum_reason == "多名团员外出实习"
    assert [end.valid, end.invalid, end.satisfied, end.unsatisfied, end.rate, end.rate_percent] == [None] * 6
    assert (end.issued, end.collected, end.priorities) == (3, 3, ())
    assert opened == []


def test_the_watch_sees_ballots_opened(made: MadeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control; and with the quorum met a reason is dropped."""
    opened = opened_ballots(monkeypatch)
    assert made.vote(FIVE_BALLOTS).close(reason="多余的原因").end.below_quorum_reason == ""
    assert len(opened) == 5


@pytest.mark.parametrize("present", [4, 0, -1, 7, 10**9])
def test_figures_that_contradict_each_other(made: MadeBox, present: int) -> None:
    """P > 实到, 实到 > N: refused, nothing opened, nothing changed."""
    made.vote(FIVE_BALLOTS)
    before = kept(made)
    with pytest.raises(RuleRefusal, match="实到"):
        made.close(present=present)
    assert kept(made) == before
    assert made.close(present=5).end.collected == 5


@pytest.mark.parametrize("reason", ["换\n行", "一" * 201, "\x1b[2J", "\u202e反"])
def test_a_reason_that_is_no_plain_line(made: MadeBox, reason: str) -> None:
    before = kept(made)
    with pytest.raises(BadInput):
        made.close(present=0, reason=reason)
    with pytest.raises(BadInput):
        made.void(reason)
    assert kept(made) == before


def test_void_opens_nothing_and_is_signed(made: MadeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = opened_ballots(monkeypatch)
    report = made.vote(FIVE_BALLOTS).void("会场停电，无法继续。")
    end = read_void_report(report, roots()).end
    assert (end.record.collected, end.record.issued, end.record.reason) == (5, 5, "会场停电，无法继续。")
    assert end.signers == ("supervisor", "teller")
    assert opened == []
    assert stored_end(made.home, made.round_id, token=made.token) == report
    assert round_status(made.home, made.round_id).state == "void"
    for verb in (made.start, made.close, made.void):
        with pytest.raises(RuleRefusal):
            verb()


@pytest.mark.parametrize("present", [-1, 10**7, 10**30])
def test_void_refuses_a_count_that_is_none(made: MadeBox, present: int) -> None:
    before = kept(made)
    with pytest.raises(BadInput, match="实到"):
        void_round(made.home, VoidRequest(made.round_id, made.codes(), "停电", present), now=OPENED)
    assert kept(made) == before
    assert void_round(made.home, VoidRequest(made.round_id, made.codes(), "停电", 0), now=OPENED)


@pytest.mark.parametrize("blank_reason", ["", "   "])
def test_void_needs_a_reason(made: MadeBox, blank_reason: str) -> None:
    with pytest.raises(BadInput):
        made.void(blank_reason)
    made.start().close()
