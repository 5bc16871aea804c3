"""What can be typed, pasted or sent: the hardened sample stands where the same screens on stock Textual fall."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import attacks
import pytest
from hall import stand
from sample_apps import APPS, answers, hardened, on_ballot, stock
from terminal import PATIENCE_S, Terminal, python

pytestmark = pytest.mark.pty

FELLS_STOCK = (
    "bad_utf8",
    "unclosed_paste",
    "big_paste",
    "raw_flood",
    "bad_kitty_codes",
    "unterminated_strings",
    "terminal_reports",
    "control_keys",
    "noise",
    "keyboard_signals",
)
"""Those of attacks.HARMLESS by which stock Textual ends, goes deaf or votes."""


@pytest.fixture(scope="module")
def ballot() -> Iterator[Terminal]:
    """One hardened app that has to live through all of this module's attacks."""
    with hardened() as terminal:
        yield on_ballot(terminal)


def stands(terminal: Terminal, timeout: float) -> bool:
    if not answers(terminal, timeout):
        return False
    with contextlib.suppress(AssertionError):
        terminal.wait_for("BALLOT", timeout)  # a terminal taken again is wiped a moment before it is drawn
    return "BALLOT" in terminal.text()


@pytest.mark.parametrize("name", FELLS_STOCK)
def test_an_attack_that_fells_stock_leaves_the_kiosk_on_its_screen(name: str, ballot: Terminal) -> None:
    attacks.HARMLESS[name](ballot)
    assert stands(ballot, 30)
    with stock() as control:
        on_ballot(control)
        with contextlib.suppress(OSError):  # it may fall before the attack is over
            attacks.HARMLESS[name](control)
        assert not stands(control, 1.5)


def test_odd_but_ordinary_input_changes_nothing(ballot: Terminal) -> None:
    """Here stock stands too; that the probe can tell is shown by the last line."""
    for name in sorted(set(attacks.HARMLESS) - set(FELLS_STOCK)):
        attacks.HARMLESS[name](ballot)
        assert stands(ballot, 30), name
    with stock() as control:
        on_ballot(control).press("1")
        control.wait_for("REVIEW")
        assert not stands(control, 1.5)


def test_typing_blindly_passes_one_screen_not_three() -> None:
    with hardened() as kiosk, stock() as control:
        for terminal in (kiosk, control):
            attacks.drum(on_ballot(terminal), "2" + "\r" * 60)  # longer than the gate is shut: a held key
        control.wait_for("THANKS")
        assert answers(kiosk)
        assert "REVIEW" in kiosk.text()


def test_a_burst_in_one_read_passes_one_screen_not_two() -> None:
    with hardened() as kiosk:
        on_ballot(kiosk).press("2" + "\r" * 40)
        kiosk.wait_gone("BALLOT")
        assert answers(kiosk)
        assert "REVIEW" in kiosk.text()


def test_keys_typed_while_the_program_was_busy_are_not_acted_on() -> None:
    with hardened() as kiosk, stock() as control:
        for terminal in (kiosk, control):
            on_ballot(terminal).press("β")
            attacks.drum(terminal, "\r" * 60)
            terminal.wait_gone("BALLOT")
        control.wait_for("THANKS")
        assert answers(kiosk)
        assert "REVIEW" in kiosk.text()


def test_a_flood_of_keys_takes_no_memory(ballot: Terminal) -> None:
    def growth(terminal: Terminal, count: int) -> int:
        before = _peak_memory(terminal)
        terminal.press(b"q" * count)
        assert answers(terminal, 60)
        return _peak_memory(terminal) - before

    withstood = growth(ballot, 1_000_000)
    with stock() as control:
        assert growth(on_ballot(control), 10_000) > withstood


def _peak_memory(terminal: Terminal) -> int:
    status = Path(f"/proc/{terminal.pid}/status")
    if not status.exists():
        pytest.skip("no /proc here to read a process's memory from")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize(("typed", "key"), [("１", "1"), ("\x1bOq", "1"), ("\n", "enter")])
def test_full_width_and_keypad_keys_are_plain_ones(typed: str, key: str) -> None:
    with hardened() as kiosk, stock() as control:
        for terminal in (kiosk, control):
            terminal.wait_for("START")
            assert answers(terminal)
            terminal.press(typed)
        if key == "enter":
            kiosk.wait_for("BALLOT")
        else:
            kiosk.wait_for(f"last key <{key}> '{key}'")
        assert answers(control)
        assert f"<{key}>" not in control.text()
        assert "BALLOT" not in control.text()


def test_palette_quit_copy_title_mouse_and_reports_are_never_asked_for() -> None:
    with hardened() as kiosk, stock() as control:
        for terminal in (kiosk, control):
            on_ballot(terminal).press(b"\x10")
        control.wait_for("Search for commands")
        assert answers(kiosk)
        assert "Search" not in kiosk.text()
        control.press(b"\x1b")
        control.wait_gone("Search for commands")
        for terminal in (kiosk, control):
            terminal.press("κ")
            assert answers(terminal)
        for sequence in (b"\x1b]52;", b"\x1b[?1000h", b"\x1b[?1004h", b"\x1b[?2026$p"):
            assert sequence in control.raw
            assert sequence not in kiosk.raw
        assert b"\x1b]" not in kiosk.raw  # no title, no clipboard, no pointer shape


def test_brackets_in_a_title_are_brackets() -> None:
    with hardened() as kiosk, stock() as control:
        on_ballot(kiosk).press("1")
        kiosk.wait_for("REVIEW")
        assert answers(kiosk)
        kiosk.press("\r")
        kiosk.wait_for("THANKS cast [@click=app.exit(0)]and[/] [/nonsense] gone")
        on_ballot(control).press("μ")
        assert control.exit_status() == 1
        assert b"MarkupError" in control.raw


def test_a_window_too_small_shows_a_notice_and_takes_no_key(ballot: Terminal) -> None:
    notice = "窗口太小，请恢复全屏"
    with stock() as control:
        for terminal in (ballot, on_ballot(control)):
            terminal.resize(10, 40)
        ballot.wait_for(notice)
        for terminal in (ballot, control):
            terminal.press("1")
        control.wait_until(lambda: b"REVIEW" in control.raw, "REVIEW")
    ballot.resize(24, 80)
    ballot.wait_gone(notice)
    assert stands(ballot, 30)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (23, 80), (24, 79), (90, 300)])
def test_it_may_start_at_any_size(rows: int, columns: int) -> None:
    with hardened(rows=rows, columns=columns) as kiosk:
        fits = columns >= 80 and rows >= 24
        kiosk.wait_until(lambda: (b"START" in kiosk.raw) == fits and b"\x1b[?2004h" in kiosk.raw, "a first paint")
        kiosk.resize(24, 80)
        on_ballot(kiosk)


def test_a_list_widget_would_end_in_a_tiny_window() -> None:
    """Why HardenedScreen asks for Plain text: the control for every size sweep."""
    with python(APPS / "stock_list.py", rows=1, columns=1) as control:
        deadline = time.monotonic() + PATIENCE_S
        while control.running():
            assert time.monotonic() < deadline
            with contextlib.suppress(OSError):  # it falls while we type
                control.press(b"\x1b[6~\x1b[5~\x1b[F\x1b[H")
            stand(control, 0.2)  # paced: a flood would keep it busy instead
        assert control.exit_status() == 1


def test_the_keyboard_can_neither_freeze_nor_kill(ballot: Terminal) -> None:
    for key in (b"\x13", b"\x1c", b"\x1a", b"\x03", b"\x11"):
        ballot.press(key)
        assert stands(ballot, 30)
    with Terminal(["cat"]) as control:
        control.press("a\r")
        control.wait_for("a\na")
        control.press(b"\x1c")
        assert control.exit_status() == -signal.SIGQUIT
