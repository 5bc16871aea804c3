"""What a terminal is asked before the app starts: every answer, none, a late one, and keys typed meanwhile."""

from __future__ import annotations

import os
import pty
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from terminal import Terminal

from kiosk.probe import TerminalFacts, probe

pytestmark = pytest.mark.pty


def after(columns: list[int]) -> bytes:
    return b"".join(b"\x1b[7;%dR" % column for column in columns)


@dataclass
class Emulator:
    """The other end of a pseudo-terminal: answers each question once, says nothing when it has no answer."""

    master: int
    slave: int
    answer: bytes = b""
    asked: bytes = b""
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stopped.is_set():
            if select.select([self.master], [], [], 0.01)[0]:
                self.asked += os.read(self.master, 256)
                if self.asked.endswith(b"\x1b[K") and self.answer:
                    os.write(self.master, self.answer)

    def ask(self, *, timeout_s: float = 5.0, term: str = "xterm-256color") -> TerminalFacts:
        return probe(source=self.slave, sink=self.slave, term=term, timeout_s=timeout_s)

    def waiting(self) -> bytes:
        """What a program would read now."""
        tty.setcbreak(self.slave, termios.TCSANOW)
        return os.read(self.slave, 256) if select.select([self.slave], [], [], 0.2)[0] else b""


@pytest.fixture
def emulator() -> Iterator[Callable[[bytes], Emulator]]:
    made: list[tuple[Emulator, threading.Thread]] = []

    def make(answer: bytes) -> Emulator:
        one = Emulator(*pty.openpty(), answer)
        thread = threading.Thread(target=one.run)
        thread.start()
        made.append((one, thread))
        return one

    yield make
    for one, thread in made:
        one.stopped.set()
        thread.join()
        os.close(one.master)
        os.close(one.slave)


ANSWERS = {
    "narrow": (after([3, 2]), TerminalFacts(ambiguous_wide=False, cjk_ok=True, answered=True)),
    "wide": (after([3, 3]), TerminalFacts(ambiguous_wide=True, cjk_ok=True, answered=True)),
    "three bytes as three": (after([4, 4]), TerminalFacts(ambiguous_wide=True, cjk_ok=False, answered=True)),
    "one cell": (after([2, 2]), TerminalFacts(ambiguous_wide=False, cjk_ok=False, answered=True)),
    "keys in between": (b"1" + after([3]) + b"\r" + after([3]), TerminalFacts(ambiguous_wide=True, answered=True)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer(name: str, emulator: Callable[[bytes], Emulator]) -> None:
    answer, facts = ANSWERS[name]
    terminal = emulator(answer)
    before = termios.tcgetattr(terminal.slave)
    assert terminal.ask() == facts
    assert termios.tcgetattr(terminal.slave) == before
    assert terminal.waiting() == b""


@pytest.mark.parametrize("answer", [b"", b"\x1b[7;3R", b"\x1b[0n\x1b[?62c", b"x" * 300, b"\x1b[;R\x1b[99999;99999R"])
def test_no_proper_answer_is_an_ordinary_terminal(answer: bytes, emulator: Callable[[bytes], Emulator]) -> None:
    terminal = emulator(answer)
    before = termios.tcgetattr(terminal.slave)
    assert terminal.ask(timeout_s=0.1) == TerminalFacts()
    assert terminal.asked
    assert termios.tcgetattr(terminal.slave) == before


@pytest.mark.parametrize("typed", [b"12345678\n", b"1234"])
def test_what_was_typed_before_stays(typed: bytes, emulator: Callable[[bytes], Emulator]) -> None:
    terminal = emulator(after([3, 3]))
    os.write(terminal.master, typed)
    assert terminal.ask() == TerminalFacts()
    assert terminal.waiting() == typed
    assert terminal.ask().ambiguous_wide  # the control: with nothing typed it is asked


@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_a_mute_terminal_is_not_asked(term: str, emulator: Callable[[bytes], Emulator]) -> None:
    terminal = emulator(after([3, 3]))
    assert terminal.ask(term=term) == TerminalFacts()
    assert terminal.asked == b""


def test_the_kernels_console_has_no_chinese(emulator: Callable[[bytes], Emulator]) -> None:
    assert not emulator(after([3, 2])).ask(term="linux").cjk_ok


def test_a_pipe_is_not_asked() -> None:
    source, sink = os.pipe()
    try:
        assert probe(source=source, sink=sink, term="xterm") == TerminalFacts()
    finally:
        os.close(source)
        os.close(sink)


def test_a_terminal_that_hangs_up_is_survived(emulator: Callable[[bytes], Emulator]) -> None:
    terminal = emulator(b"")
    terminal.stopped.set()
    master = os.dup(terminal.master)
    assert terminal.ask(timeout_s=0.05) == TerminalFacts()
    os.close(master)


@pytest.mark.parametrize(("answer", "shown"), [(after([4, 4]), "不能正确显示汉字"), (after([3, 2]), "本机还没有测评")])
def test_a_terminal_without_chinese_is_refused_before_any_code_is_asked_for(
    answer: bytes, shown: str, tmp_path: Path
) -> None:
    """The second terminal is the control: it gets as far as the missing round."""
    with Terminal([sys.executable, "-m", "kiosk", "--home", str(tmp_path)]) as terminal:
        terminal.wait_until(lambda: terminal.raw.count(b"\x1b[6n") == 2, "the question")
        terminal.press(answer)
        assert terminal.exit_status() != 0
    assert shown in terminal.raw.decode()
    assert "口令" not in terminal.raw.decode()
