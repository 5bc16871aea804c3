"""An exception planted in any screen tells the hall nothing, ends with a status, and leads to both officers' codes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hall import press_when, unlock
from real_kiosk import rehearsed, run_kiosk, start
from sample_apps import APPS
from terminal import ROOT, Terminal

from kiosk.hardened import CRASH_NOTICE, CRASHED

pytestmark = pytest.mark.pty
SECRETS = (b"482915", b"code-of-the-supervisor", b"member-Zhao", b"UNSATISFIED", b"/home/box")
TRACES = (b"Traceback", b"RuntimeError", b"planted_screens", b"locals", str(ROOT).encode())


def shown_by(way: str) -> bytes:
    path = {"PYTHONPATH": ":".join(str(ROOT / folder) for folder in (".", "tests", "tests/kiosk"))}
    with Terminal([sys.executable, str(APPS / "planted_screens.py"), way], env=path) as terminal:
        terminal.wait_until(lambda: b"ALL ENDED" in terminal.raw, "the last screen's end", 120.0)
        return bytes(terminal.raw)


def test_no_screen_tells_what_it_knew_when_it_failed() -> None:
    raw = shown_by("hardened")
    ended = re.findall(rb"ENDED (\w+) (\w+) (-?\d+)", raw)
    screens = {name for name, _, _ in ended}
    assert len(screens) >= 14
    assert {b"BallotScreen", b"ReviewScreen", b"LockedScreen", b"MemberScreen", b"TokenScreen"} <= screens
    alone = {b"AnnouncementScreen", b"SheetScreen"}
    assert alone <= screens
    assert len(ended) == 3 * len(screens) - len(alone)  # where it draws, takes a key, looks at the clock (those do not)
    assert {int(status) for _, _, status in ended} == {CRASHED}
    assert raw.count(CRASH_NOTICE.encode()) == len(ended)
    assert [secret for secret in (*SECRETS, *TRACES) if secret in raw] == []


def test_stock_textual_prints_the_locals() -> None:
    """The control: the same exception in a stock app shows every secret to the hall."""
    raw = re.sub(rb"\x1b\[[0-9;]*m", b"", shown_by("stock"))
    assert [secret for secret in SECRETS if secret not in raw] == []
    assert b"RuntimeError" in raw


def test_after_a_crash_the_next_start_asks_for_both_codes(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    home = {"BEIKAOBEI_HOME": str(rehearsal.home.path)}
    with Terminal([sys.executable, str(APPS / "planted_kiosk.py"), "crash"], env=home) as terminal:
        start(terminal, rehearsal)
        unlock(terminal, rehearsal.pin)
        press_when(terminal, "我已独自一人，开始填写", "\r")
        press_when(terminal, "不选请按3", "q")
        assert terminal.exit_status() == CRASHED
        assert CRASH_NOTICE.encode() in terminal.raw
        assert not any(word in terminal.raw for word in (b"planted", b"Traceback", rehearsal.pin.encode()))
    with run_kiosk(rehearsal) as terminal:
        for prompt, code in (("指导监督人员口令", rehearsal.supervisor_code), ("计票人口令", rehearsal.teller_code)):
            terminal.answer(f"{prompt}（输入时不显示）：", code)
        terminal.wait_for("未投入票箱，计为未投")
