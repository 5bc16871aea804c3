"""One session after another: who may vote and when, the lockout, the window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from box_factory import (
    CHINA,
    FIVE_BALLOTS,
    OPENED,
    PIN,
    MadeBox,
    make_box,
    make_issued,
    make_request,
    open_box,
)

from ballots_store.box import BallotBox
from ballots_store.errors import BoxStopped
from ballots_store.session import BoxFull, WindowClosed, WrongPin
from rounds.choices import Choice
from rounds.errors import RuleRefusal

SATISFIED = Choice.SATISFIED


def test_a_marked_member_does_not_vote_twice(listed: MadeBox) -> None:
    box = listed.start()
    listed.cast(box, SATISFIED, 4)
    assert box.unmarked() == (0, 1, 2, 3, 5)
    for member in (4, 6, -1, 10**6):
        box.check_pin(PIN.encode(), 0.0)
        with pytest.raises(RuleRefusal, match="已投票或不在名册中"):
            box.unlock(member)
    box.check_pin(PIN.encode(), 0.0)
    with pytest.raises(RuleRefusal, match="选定团员"):
        box.unlock(None)
    assert box.figures().issued == 1
    box.close()
    box = listed.start()  # the marks outlive the process
    assert box.unmarked() == (0, 1, 2, 3, 5)
    box.close()


def test_an_interrupted_or_voided_session_marks_nobody(listed: MadeBox) -> None:
    box = listed.start()
    listed.unlock(box, 2)
    box.void_session()
    listed.unlock(box, 3)
    box.close()
    box = listed.start()
    assert box.unmarked() == (0, 1, 2, 3, 4, 5)
    assert (box.figures().issued, box.figures().collected) == (2, 0)
    assert box.restart_note is not None
    assert "未投" in box.restart_note
    box.close()


def test_without_a_roster_nobody_is_named(made: MadeBox) -> None:
    box = made.start()
    box.check_pin(PIN.encode(), 0.0)
    with pytest.raises(RuleRefusal, match="选定团员"):
        box.unlock(0)
    with pytest.raises(RuleRefusal, match="开启口令"):  # a refused attempt used the PIN up
        box.unlock(None)
    box.check_pin(PIN.encode(), 0.0)
    box.unlock(None)
    box.close()


@pytest.mark.parametrize(("secretary_votes", "expected"), [(True, 3), (False, 2)])
def test_nobody_votes_once_everybody_has(scratch: Path, expected: int, *, secretary_votes: bool) -> None:
    made = make_box(scratch / "home", members=3, secretary_votes=secretary_votes)
    box = made.start()
    assert (box.heading.registered, box.heading.expected, box.heading.quorum_needed) == (3, expected, 2)
    for _ in range(expected):
        made.cast(box, SATISFIED)
    box.check_pin(PIN.encode(), 0.0)
    with pytest.raises(BoxFull):
        box.unlock(None)
    assert (box.figures().issued, box.figures().collected) == (expected, expected)
    box.close()
    assert made.close(present=expected).end.collected == expected


def test_every_unlock_takes_a_pin_of_its_own(made: MadeBox) -> None:
    box = made.start()
    with pytest.raises(RuleRefusal, match="开启口令"):
        box.unlock(None)
    made.cast(box, SATISFIED)
    with pytest.raises(RuleRefusal, match="开启口令"):
        box.unlock(None)
    made.unlock(box)
    box.void_session()
    with pytest.raises(RuleRefusal, match="开启口令"):
        box.unlock(None)
    assert (box.figures().issued, box.figures().collected) == (2, 1)
    box.close()


def refused(*verbs: Callable[[], object]) -> None:
    for verb in verbs:
        with pytest.raises(RuleRefusal):
            verb()


def test_verbs_out_of_turn(made: MadeBox) -> None:
    box = made.start()
    refused(partial(box.cast, SATISFIED), box.void_session)
    made.unlock(box)
    box.check_pin(PIN.encode(), 0.0)
    refused(partial(box.unlock, None), box.stop)
    box.cast(SATISFIED)
    refused(partial(box.cast, SATISFIED), box.void_session)
    assert (box.figures().issued, box.figures().collected) == (1, 1)
    box.stop()
    box.check_pin(PIN.encode(), 0.0)
    refused(partial(box.unlock, None), partial(box.cast, SATISFIED), box.stop)
    box.close()
    box.close()
    with pytest.raises(BoxStopped):
        box.stop()


WAITS = ((1, 4, 0.0), (2, 3, 0.0), (3, 2, 0.0), (4, 1, 0.0), (5, 0, 15.0), (6, 0, 30.0), (7, 0, 60.0), (8, 0, 60.0))
"""(wrong in a row, tries left, seconds to wait): KIOSK.md's table."""


def wrong(box: BallotBox, now: float) -> tuple[int, float]:
    with pytest.raises(WrongPin) as refused:
        box.check_pin(b"000000", now)
    return refused.value.tries_left, refused.value.wait_s


def test_the_lockout_is_kept_across_restarts(made: MadeBox) -> None:
    """Each wrong PIN is tried by a kiosk of its own; each begins its wait anew."""
    for failures, left, wait in WAITS:
        box = made.start()
        waited = box.wait_s(100.0)
        assert waited == (WAITS[failures - 2][2] if failures > 1 else 0.0)
        if waited:
            with pytest.raises(WrongPin):  # the right one, too early: refused and not counted
                box.check_pin(PIN.encode(), 100.0 + waited - 0.01)
        assert wrong(box, 100.0 + waited) == (left, wait)
        assert box.wait_s(100.0 + waited + 1.0) == max(wait - 1.0, 0.0)
        box.close()
    box = made.start()
    assert box.wait_s(0.0) == 60.0
    box.check_pin(PIN.encode(), 60.0)
    box.unlock(None)
    box.cast(SATISFIED)
    assert box.wait_s(60.0) == 0.0
    assert wrong(box, 61.0) == (4, 0.0)  # a right one begins the row anew
    box.close()
    conduct = made.close(present=6, reason="人数不足").end.conduct
    assert conduct.wrong_codes == len(WAITS) + 1
    assert conduct.starts == len(WAITS) + 1


@pytest.mark.parametrize(
    "typed", [b"", b"482914", b"4829155", b"\xff\xfe", "４８２９１５".encode() + b"0", b"1" * 10_000]
)
def test_what_is_no_pin_is_wrong(made: MadeBox, typed: bytes) -> None:
    box = made.start()
    with pytest.raises(WrongPin):
        box.check_pin(typed, 0.0)
    box.check_pin(" ４８２９１５".encode(), 0.0)  # full width, as an input method may send it
    box.close()


OPENS, CLOSES = OPENED - timedelta(hours=1), OPENED + timedelta(hours=1)


def windowed(scratch: Path) -> MadeBox:
    return make_box(scratch / "home", opens=OPENS.isoformat(), closes=CLOSES.isoformat())


OUTSIDE = (
    datetime(1970, 1, 1, tzinfo=CHINA),
    OPENS - timedelta(seconds=1),
    CLOSES + timedelta(seconds=1),
    datetime(2199, 12, 31, tzinfo=CHINA),
)


@pytest.mark.parametrize("now", OUTSIDE)
def test_outside_the_window_nothing_is_unlocked(scratch: Path, now: datetime) -> None:
    made = windowed(scratch)
    clock = [OPENED]
    box = made.start(clock=lambda: clock[0])
    clock[0] = now
    box.check_pin(PIN.encode(), 0.0)
    with pytest.raises(WindowClosed, match="批复的"):
        box.unlock(None)
    assert box.figures().issued == 0
    clock[0] = CLOSES  # the control: the last moment is inside
    box.check_pin(PIN.encode(), 0.0)
    box.unlock(None)
    clock[0] = now  # a session begun inside may be cast outside
    box.cast(SATISFIED)
    assert box.figures().collected == 1
    box.close()


@pytest.mark.parametrize("now", OUTSIDE)
def test_outside_the_window_nothing_is_opened(scratch: Path, now: datetime) -> None:
    issued = make_issued(opens=OPENS.isoformat(), closes=CLOSES.isoformat())
    with pytest.raises(RuleRefusal, match=r"批复的|本机时间是1970年"):  # an empty clock battery has a line of its own
        open_box(scratch / "home", issued, make_request(issued), now=now)
    assert not (scratch / "home" / "rounds").exists()


def test_a_clock_that_jumps_does_not_stop_a_count(scratch: Path) -> None:
    made = windowed(scratch).vote(FIVE_BALLOTS)
    assert made.close(now=datetime(2199, 12, 31, tzinfo=CHINA)).end.collected == 5
