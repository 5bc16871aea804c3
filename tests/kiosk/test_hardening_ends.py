"""How it ends: no traceback, no secret, a status that can be believed, and a terminal that works afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import time
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from sample_apps import APPS, answers, hardened, on_ballot, stock
from terminal import PATIENCE_S, ROOT, Terminal, python

from kiosk.hardened import CRASH_NOTICE

pytestmark = pytest.mark.pty

SECRET = b"4711-choice"
FAILURES = {"handler": "α", "timer": "τ", "worker": "ω", "next screen": "ν"}
UNSEEN_FAILURES = {"task": "η", "thread": "δ"}
ENDS = {"SystemExit(0)": "σ", "exit() without a status": "ξ"}


def stuck(patience_s: float) -> AbstractContextManager[Terminal]:
    return python(APPS / "stuck.py", str(patience_s))


def crashed_quietly(kiosk: Terminal) -> None:
    assert kiosk.exit_status() == 70
    assert bytes(kiosk.raw).decode().count(CRASH_NOTICE) == 1
    assert "ended 70" in kiosk.text()
    for trace in (SECRET, b"Traceback", b"hardened_sample.py", b"Error", b"pin ="):
        assert trace not in kiosk.raw


@pytest.mark.parametrize("where", FAILURES)
def test_an_exception_prints_one_line_and_nothing_of_itself(where: str) -> None:
    with hardened() as kiosk, stock() as control:
        for terminal in (kiosk, control):
            on_ballot(terminal).press(FAILURES[where])
        crashed_quietly(kiosk)
        control.exit_status()
        assert SECRET in control.raw


@pytest.mark.parametrize("where", UNSEEN_FAILURES)
def test_an_exception_that_stock_never_notices_ends_the_kiosk(where: str) -> None:
    with hardened() as kiosk, stock() as control:
        for terminal in (kiosk, control):
            on_ballot(terminal).press(UNSEEN_FAILURES[where])
        crashed_quietly(kiosk)
        assert answers(control)


@pytest.mark.parametrize("how", ENDS)
def test_an_end_that_nobody_asked_for_is_no_success(how: str) -> None:
    with hardened() as kiosk, stock() as control:
        for terminal in (kiosk, control):
            on_ballot(terminal).press(ENDS[how])
        crashed_quietly(kiosk)
        assert control.exit_status() == 0


def test_an_end_asked_for_is_0_and_leaves_no_picture_behind() -> None:
    with hardened() as kiosk, stock() as control:
        for terminal in (kiosk, control):
            on_ballot(terminal).press("9")
            assert terminal.exit_status() == 0
        assert "ended 0" in kiosk.text()
        # pyte has no alternate buffer, so what the program does not wipe stays: as `printf '\e[?47h'` would show it
        assert "last key" in control.text()
        assert "last key" not in kiosk.text()


def test_sigterm_ends_in_order_and_gives_the_terminal_back() -> None:
    with hardened() as kiosk, stock() as control:
        before = {terminal: terminal.modes_at_start for terminal in (kiosk, control)}
        for terminal in (kiosk, control):
            on_ballot(terminal).kill(signal.SIGTERM)
        assert kiosk.exit_status() == 128 + signal.SIGTERM
        assert control.exit_status() == -signal.SIGTERM
        assert kiosk.raw.count(b"\x1b[?1049l") == 1
        assert b"\x1b[?25h" in kiosk.raw
        assert b"\x1b[?1049l" not in control.raw
        assert kiosk.modes() == before[kiosk]
        assert control.modes() != before[control]
        assert CRASH_NOTICE.encode() not in kiosk.raw


def test_an_end_that_hangs_is_enforced() -> None:
    with stuck(0.2) as hurried, stuck(600) as control:
        before = hurried.modes_at_start
        for terminal in (hurried, control):
            terminal.wait_for("RUNNING")
            terminal.kill(signal.SIGTERM)
        assert hurried.exit_status() == 128 + signal.SIGALRM
        assert hurried.modes() == before
        assert control.running()


def test_a_terminal_that_is_gone_gets_no_more_bytes_and_the_state_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with hardened(str(kept)) as kiosk, stock() as control:
        for terminal in (kiosk, control):
            on_ballot(terminal).hang_up()
        assert kiosk.exit_status() == 128 + signal.SIGHUP
        assert kept.read_text(encoding="utf-8") == "persisted"
        assert fate(control) in {-signal.SIGHUP, None}


def fate(terminal: Terminal) -> int | None:
    """How a program ended after its terminal went; None: it lingers, which stock Textual does on a busy machine."""
    try:
        return terminal.exit_status(5)
    except AssertionError:
        return None


def test_sighup_alone_writes_nothing_more() -> None:
    with hardened() as kiosk:
        on_ballot(kiosk)
        kiosk.kill(signal.SIGHUP)
        assert kiosk.exit_status() == 128 + signal.SIGHUP
        assert b"\x1b[?1049l" not in kiosk.raw


def test_a_process_stopped_and_continued_takes_its_terminal_again() -> None:
    with hardened() as kiosk:
        cooked = kiosk.modes_at_start
        on_ballot(kiosk).kill(signal.SIGSTOP)
        raw = kiosk.modes()
        assert raw[3] & (termios.ECHO | termios.ICANON | termios.ISIG) == 0
        assert raw[0] & (termios.IXON | termios.ICRNL) == 0
        kiosk.set_modes(cooked)
        assert kiosk.modes() != raw
        kiosk.kill(signal.SIGCONT)
        kiosk.wait_until(lambda: kiosk.modes() == raw, "the modes of before")
        assert answers(kiosk)


def test_without_a_terminal_it_refuses_in_one_line() -> None:
    def start(name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, str(APPS / name)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        )

    with start("hardened_sample.py") as kiosk, start("stock.py") as control:
        _, complaint = kiosk.communicate(timeout=PATIENCE_S)
        assert kiosk.returncode == 2
        assert complaint.decode().count("\n") == 1
        assert "须在终端中启动" in complaint.decode()
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            assert control.poll() is None  # it waits for keys that cannot come
            time.sleep(0.05)
        control.kill()
        control.communicate()


def test_the_screens_are_not_copied_into_a_log(tmp_path: Path) -> None:
    logs = {name: tmp_path / name for name in ("hardened_sample.py", "stock.py")}
    for name, log in logs.items():
        log.touch()
        command = f'exec "{sys.executable}" "{APPS / name}" 2>"{log}"'
        with Terminal(["/bin/sh", "-c", command]) as terminal:
            terminal.wait_until(partial(_shown, terminal, log), "START on the screen or in the log")
    assert "START" in logs["stock.py"].read_text(encoding="utf-8")
    assert logs["hardened_sample.py"].read_text(encoding="utf-8") == ""


def _shown(terminal: Terminal, log: Path) -> bool:
    return "START" in terminal.text() + log.read_text(encoding="utf-8")
