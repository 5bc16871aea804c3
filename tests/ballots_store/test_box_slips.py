"""投票凭条: each opens one session, once; nothing else does; made once, and never without their paper."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from box_factory import (
    CLOSED,
    OPENED,
    PIN,
    STATIONED,
    VOTING,
    MadeBox,
    cast_by_slip,
    kept,
    make_box,
    roots,
)

from ballots_store import admission
from ballots_store.box import BallotBox
from ballots_store.errors import LeftoverMissing
from ballots_store.held import START_SECRET, HeldBox
from ballots_store.session import MiscopiedSlip, WindowClosed, WrongPin, WrongSlip
from ballots_store.state import SlipBook
from rounds.chain import read_result, read_void_report
from rounds.choices import Choice
from rounds.errors import BadInput, RoundError, RuleRefusal
from rounds.slips import draw_numbers, is_slip_number

SATISFIED = Choice.SATISFIED


@pytest.fixture
def stationed(scratch: Path) -> MadeBox:
    return make_box(scratch / "home", token=scratch / "stick", **STATIONED)


def wrong_number(slips: tuple[str, ...]) -> bytes:
    """A number that a guesser would type: its check digit is right."""
    (number,) = draw_numbers(1, secrets.token_bytes)
    return wrong_number(slips) if number in slips else number.encode()


def test_a_slip_opens_one_session_once(stationed: MadeBox) -> None:
    slips = stationed.slips()
    box = stationed.start()
    cast_by_slip(box, slips[2], SATISFIED)
    with pytest.raises(WrongSlip):
        box.admit(slips[2].encode(), 0.0)
    with pytest.raises(RuleRefusal):
        box.unlock(None)
    box.close()
    box = stationed.start()  # nor after a restart
    with pytest.raises(WrongSlip):
        box.admit(slips[2].encode(), 0.0)
    cast_by_slip(box, slips[0], SATISFIED)  # the control: another one does
    assert (box.figures().issued, box.figures().collected) == (2, 2)
    box.close()


def test_one_slip_is_one_attempt(stationed: MadeBox) -> None:
    slips = stationed.slips()
    box = stationed.start()
    box.admit(slips[0].encode(), 0.0)
    box.unlock(None)
    box.admit(slips[1].encode(), 0.0)  # typed while a session is open: no second one
    with pytest.raises(RuleRefusal):
        box.unlock(None)
    box.cast(SATISFIED)
    with pytest.raises(RuleRefusal):
        box.unlock(None)
    box.admit(slips[1].encode(), 0.0)
    with pytest.raises(WrongSlip):
        box.admit(wrong_number(slips), 0.0)  # a wrong one after a right one takes that back
    with pytest.raises(RuleRefusal):
        box.unlock(None)
    assert box.figures().issued == 1
    box.close()


@pytest.mark.parametrize("ends", ["void", "power", "restart"])
def test_a_session_without_a_ballot_gives_its_slip_back(stationed: MadeBox, ends: str) -> None:
    slips = stationed.slips()
    box = stationed.start()
    box.admit(slips[0].encode(), 0.0)
    box.unlock(None)
    if ends == "void":
        box.void_session()
    else:
        box.close()
        box = stationed.start()
    cast_by_slip(box, slips[0], SATISFIED)
    box.close()
    assert stationed.close(leftover=4, reason="人数不足").end.collected == 1


def test_ten_thousand_wrong_slips_open_none(stationed: MadeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits as long as the counter says; the control is a box that takes any number with a right check digit."""
    slips = stationed.slips()
    box, now = stationed.start(), 0.0
    monkeypatch.setattr(BallotBox, "_commit", lambda box, change: setattr(box, "_state", change.state))  # no disk
    for _ in range(10_000):
        now += box.slip_wait_s(now)
        with pytest.raises(WrongSlip):
            box.admit(wrong_number(slips), now)
        with pytest.raises(RuleRefusal):
            box.unlock(None)
    assert now > 9_000 * 60  # a week of standing at the machine
    assert box.figures().issued == 0
    monkeypatch.setattr(admission, "slip_entry", lambda *_anything: box._state.slips.unused[0])  # noqa: SLF001  the fault is planted inside
    box.admit(wrong_number(slips), now + 60)
    box.close()


def test_wrong_slips_wait_by_a_counter_of_their_own_across_restarts(scratch: Path) -> None:
    made = make_box(scratch / "home")
    slips = made.slips()
    box = made.start()
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongSlip) as wrong:
            box.admit(wrong_number(slips), 0.0)
        assert wrong.value.tries_left == left
    assert (box.slip_wait_s(0.0), box.wait_s(0.0)) == (15.0, 0.0)
    with pytest.raises(WrongSlip):
        box.admit(slips[0].encode(), 14.9)  # a right one, too early: not counted
    made.cast(box, SATISFIED)  # the supervisor's PIN is not kept waiting
    for _ in range(5):
        with pytest.raises(WrongPin):
            box.admit(b"000000", 0.0)
    assert box.wait_s(0.0) == 15.0
    box.close()
    box = made.start()
    assert (box.slip_wait_s(100.0), box.wait_s(100.0)) == (15.0, 15.0)
    cast_by_slip(box, slips[0], SATISFIED, 115.0)  # nor are the slips by wrong PINs
    assert box.slip_wait_s(115.0) == 0.0
    box.close()
    end = made.close(present=6, leftover=0, reason="人数不足").end
    assert end.slips
    assert (end.slips.wrong, end.conduct.wrong_codes) == (5, 5)


def test_a_miscopied_number_is_told_apart_and_not_counted(stationed: MadeBox) -> None:
    slips = stationed.slips()
    box = stationed.start()
    digit = "1" if slips[0][4] == "0" else "0"
    for typed in (slips[0][:4] + digit + slips[0][5:], slips[0][:9], "", PIN, "0" * 12):
        with pytest.raises(MiscopiedSlip):
            box.admit(typed.encode(), 0.0)
    assert box.slip_wait_s(0.0) == 0.0
    assert box._state.wrong_slips == 0  # noqa: SLF001  the fault is planted inside
    box.close()


def test_the_slips_of_another_round_open_none(scratch: Path) -> None:
    boxes = [make_box(scratch / str(number) / "home", **STATIONED) for number in range(2)]
    numbers = [made.slips() for made in boxes]
    for made, other in zip(boxes, reversed(numbers), strict=True):
        box, now = made.start(), 0.0
        for slip in other:
            now += box.slip_wait_s(now)
            with pytest.raises(WrongSlip):
                box.admit(slip.encode(), now)
        box.close()
    book = SlipBook(key=bytes(32), unused=(admission.slip_entry(bytes(32), b"one round", b"0000005724"),))
    door = admission.Door()
    assert door.try_slip(b"0000005724", book, b"one round")  # the control
    assert not door.try_slip(b"0000005724", book, b"another round")  # even under the same key and number


def test_in_a_stationed_round_the_pin_alone_opens_no_session(stationed: MadeBox) -> None:
    stationed.slips()
    box = stationed.start()
    with pytest.raises(MiscopiedSlip):
        box.admit(PIN.encode(), 0.0)
    box.check_pin(PIN.encode(), 0.0)  # as for the menu
    with pytest.raises(RuleRefusal, match="投票凭条"):
        box.unlock(None)
    box.close()


@pytest.mark.parametrize("like_a_slip", [True, False])
def test_a_pin_of_ten_digits_still_opens(scratch: Path, monkeypatch: pytest.MonkeyPatch, *, like_a_slip: bool) -> None:
    pins = (f"739182640{digit}" for digit in range(10))
    pin = next(pin for pin in pins if is_slip_number(pin.encode()) is like_a_slip)
    monkeypatch.setattr("box_factory.PIN", pin)
    made = make_box(scratch / "home")
    slips = made.slips()
    box = made.start()
    box.admit(pin.encode(), 0.0)
    box.unlock(None)
    box.cast(SATISFIED)
    cast_by_slip(box, slips[0], SATISFIED)
    box.close()


def test_gathered_a_miscopied_slip_may_be_a_guess_and_is_counted_with_the_slips(scratch: Path) -> None:
    made = make_box(scratch / "home")
    slips = made.slips()
    box = made.start()
    typed = slips[0][:9] + str((int(slips[0][9]) + 1) % 10)
    for _ in range(5):
        with pytest.raises(WrongSlip):
            box.admit(typed.encode(), 0.0)
    assert (box.slip_wait_s(0.0), box.wait_s(0.0)) == (15.0, 0.0)
    box.close()


def test_without_slips_a_number_is_a_wrong_pin(scratch: Path) -> None:
    made = make_box(scratch / "home")
    box = made.start()
    with pytest.raises(WrongPin):
        box.admit(b"0000005724", 0.0)
    box.close()


def test_outside_the_window_a_slip_opens_nothing_and_stays_good(stationed: MadeBox) -> None:
    slips = stationed.slips()
    clock = [OPENED]  # sealed a quarter of an hour before the window, as slips are handed out first
    box = stationed.start(clock=lambda: clock[0])
    for now in (OPENED, OPENED + timedelta(days=3)):
        clock[0] = now
        box.admit(slips[0].encode(), 0.0)
        with pytest.raises(WindowClosed):
            box.unlock(None)
    clock[0] = VOTING
    cast_by_slip(box, slips[0], SATISFIED)
    box.close()


def test_a_stationed_round_does_not_start_without_slips(stationed: MadeBox) -> None:
    with pytest.raises(RuleRefusal, match="slips"):
        stationed.start()
    stationed.slips()
    stationed.start().close()


def test_slips_are_made_once_before_the_first_unlock(scratch: Path) -> None:
    made = make_box(scratch / "home")
    assert len(made.slips(4)) == 4
    before = kept(made)
    with pytest.raises(RuleRefusal, match="已经制作过"):
        made.slips(out=scratch / "again.docx")
    assert kept(made) == before
    assert not (scratch / "again.docx").exists()
    late = make_box(scratch / "late" / "home")
    late.vote([SATISFIED])
    with pytest.raises(RuleRefusal, match="已开始投票"):
        late.slips()
    assert not (scratch / "late" / "slips.docx").exists()
    listed = make_box(scratch / "listed" / "home", with_roster=True)
    with pytest.raises(RuleRefusal, match="花名册"):
        listed.slips()


@pytest.mark.parametrize("count", [0, 6, 7])
def test_there_are_as_many_slips_as_voters_at_most(scratch: Path, count: int) -> None:
    made = make_box(scratch / "home", secretary_votes=False)
    with pytest.raises(BadInput, match="1至5张"):
        made.slips(count)
    assert len(made.slips()) == 5


def test_the_account_of_a_stationed_round(stationed: MadeBox) -> None:
    slips = stationed.slips()
    box = stationed.start()
    for number in slips[:4]:
        cast_by_slip(box, number, SATISFIED)
    box.admit(slips[4].encode(), 0.0)
    box.unlock(None)
    box.void_session()
    box.close()
    before = kept(stationed)
    for leftover, refusal in ((None, LeftoverMissing), (7, BadInput), (3, RuleRefusal)):
        with pytest.raises(refusal):
            stationed.close(leftover=leftover)
        assert kept(stationed) == before
    closed = stationed.close(leftover=1)
    assert (closed.end.issued, closed.end.collected) == (5, 4)  # five slips handed out, one not come back
    assert closed.end.slips
    assert (closed.end.slips.made, closed.end.slips.leftover) == (6, 1)


def test_the_account_of_a_gathered_round_with_slips(scratch: Path) -> None:
    made = make_box(scratch / "home")
    slips = made.slips(3)
    box = made.start()
    for number in slips[:2]:
        cast_by_slip(box, number, SATISFIED)
    for _ in range(3):
        made.cast(box, SATISFIED)
    made.unlock(box)
    box.void_session()
    box.close()
    with pytest.raises(RuleRefusal, match="重新清点"):  # two were used, one was handed out
        made.close(leftover=2)
    closed = made.close(leftover=1)
    assert (closed.end.issued, closed.end.collected) == (6, 5)  # sessions unlocked


def test_a_round_without_slips_speaks_of_none(scratch: Path) -> None:
    made = make_box(scratch / "home").vote([SATISFIED] * 5)
    with pytest.raises(BadInput, match="没有制作"):
        made.close(leftover=1)
    assert b'"slips"' not in made.close().result


def test_a_stationed_round_made_void(stationed: MadeBox) -> None:
    stationed.slips(5)
    report = read_void_report(stationed.void(), roots()).end.record
    assert (report.issued, report.collected) == (5, 0)


def test_nothing_of_the_slips_is_left_after_the_close(stationed: MadeBox) -> None:
    slips = stationed.slips()
    box = stationed.start()
    for number in slips[:4]:
        cast_by_slip(box, number, SATISFIED)
    entries, key = box._state.slips.unused, box._state.slips.key  # noqa: SLF001  the fault is planted inside
    assert len(entries) == 2  # the control: until then they are there
    box.close()
    closed = stationed.close(leftover=2)
    assert read_result(closed.result, roots()).end.record.collected == 4
    ended = state_of(stationed)
    assert (ended.unused, ended.key, ended.paper, ended.made) == ((), bytes(32), bytes(32), 6)
    assert not any(piece in data for piece in (*entries, key) for data in stationed.files().values())


def state_of(made: MadeBox) -> SlipBook:
    """Read as a recount does."""
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        holders = held.open_holders(made.codes(), CLOSED)
        return held.recover(held.join_secret(START_SECRET, holders)).slips


def refused(verb: Callable[[], object]) -> None:
    with pytest.raises(RoundError):
        verb()


def test_the_keypad_needs_the_pin_once_and_stands_for_it(scratch: Path) -> None:
    made = make_box(scratch / "home")
    box = made.start()
    refused(box.call_next)
    refused(box.arm)
    with pytest.raises(WrongPin):
        box.check_pin(b"000000", 0.0)
    refused(box.arm)
    box.check_pin(PIN.encode(), 0.0)
    box.arm()
    refused(lambda: box.unlock(None))  # arming is no unlock
    for _ in range(2):
        box.call_next()
        box.unlock(None)
        refused(lambda: box.unlock(None))
        box.cast(SATISFIED)
    refused(lambda: box.unlock(None))  # one Enter, one session
    box.disarm()
    refused(box.call_next)
    assert box.figures().issued == 2
    box.close()
