"""A real pseudo-terminal with a program in it: keys in, a screen out (pexpect + pyte).

`Terminal` reads everything that the program ever writes (`raw`), so that leak scans see it too.
"""

from __future__ import annotations

import contextlib
import os
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pexpect
import pyte

ROOT = Path(__file__).parents[1]
PATIENCE_S = 30.0
"""A wait fails after this; nothing is ever measured against it."""


class Terminal:
    """One program in one pseudo-terminal; use it as a context manager."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        rows: int = 24,
        columns: int = 80,
        cwd: Path | None = None,
    ) -> None:
        self.raw = bytearray()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._child: pexpect.spawn[bytes] = pexpect.spawn(
            argv[0],
            list(argv[1:]),
            env=_environment(env or {}),
            dimensions=(rows, columns),
            cwd=str(cwd or ROOT),
            timeout=PATIENCE_S,
        )
        self.modes_at_start = self.modes()  # at once: a program that was given time has changed them
        self._child.delaybeforesend = None
        self._child.delayafterclose = self._child.delayafterterminate = 0.01

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, ValueError, pexpect.ExceptionPexpect):
            self._child.close(force=True)

    @property
    def pid(self) -> int:
        assert self._child.pid is not None
        return self._child.pid

    def text(self) -> str:
        """The screen as lines; a wide character takes two cells, of which pyte leaves the second empty."""
        self.pump(0)
        return "\n".join(map(self._line, range(self._screen.lines)))

    def _line(self, number: int) -> str:
        row = self._screen.buffer[number]
        return "".join(row[column].data for column in range(self._screen.columns)).rstrip()

    def asks(self, prompt: str) -> bool:
        """Whether the cursor stands behind the prompt: answered, it still is on the screen."""
        self.pump(0)
        return self._line(self._screen.cursor.y).endswith(prompt)

    def pump(self, seconds: float = 0.05) -> bool:
        """Read what is there, or what comes within `seconds`; False once the program has closed the terminal."""
        alive, wait = True, seconds
        while alive:
            try:
                data = self._child.read_nonblocking(65536, wait)
            except pexpect.TIMEOUT:
                break
            except (pexpect.EOF, OSError, ValueError):
                alive = False
            else:
                self.raw += data
                self._stream.feed(data)
                wait = 0
        return alive

    def wait_until(self, condition: Callable[[], bool], what: str, timeout: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}; the screen:\n{self.text()}"
            if not self.pump():
                assert condition(), f"the program ended while waiting for {what}; the screen:\n{self.text()}"

    def wait_for(self, substring: str, timeout: float = PATIENCE_S) -> None:
        self.wait_until(lambda: substring in self.text(), repr(substring), timeout)

    def wait_gone(self, substring: str, timeout: float = PATIENCE_S) -> None:
        self.wait_until(lambda: substring not in self.text(), f"no {substring!r}", timeout)

    def press(self, keys: str | bytes) -> None:
        """Type; what the program writes meanwhile is read, so that neither side blocks on a full buffer."""
        data = keys.encode() if isinstance(keys, str) else keys
        for start in range(0, len(data), 1024):
            if not self._child.isalive():  # nobody reads any more: a full buffer would block us for ever
                return
            self._child.write(data[start : start + 1024])
            if len(data) > 1024:
                self.pump(0)

    def answer(self, prompt: str, typed: str) -> None:
        """Type when the cursor stands behind a prompt, and wait for the line's end.

        What was typed before a hidden prompt stands is thrown away, and one text may be asked for again.
        """
        self.wait_until(lambda: self.asks(prompt), prompt)
        before = len(self.raw)
        self.press(f"{typed}\r")
        self.wait_until(lambda: self._has_said_more(before), "the end of the line")

    def _has_said_more(self, before: int) -> bool:
        self.pump(0)
        return len(self.raw) > before

    def resize(self, rows: int, cols: int) -> None:
        self._screen.resize(rows, cols)
        self._child.setwinsize(rows, cols)

    def kill(self, sig: int) -> None:
        os.kill(self.pid, sig)

    def hang_up(self) -> None:
        """Close our end, as a terminal emulator does that is closed: SIGHUP for the program, and no terminal."""
        os.close(self._child.child_fd)
        self._child.child_fd = -1
        self._child.closed = True

    def running(self) -> bool:
        return bool(self._child.isalive())

    def exit_status(self, timeout: float = PATIENCE_S) -> int:
        """Wait for the end: the exit status, or minus the number of the signal that killed the program."""
        deadline = time.monotonic() + timeout
        while self._child.isalive():
            assert time.monotonic() < deadline, f"still running; the screen:\n{self.text()}"
            if self._child.closed or not self.pump():
                time.sleep(0.02)
        if not self._child.closed:
            self.pump()
        if self._child.signalstatus is not None:
            return -int(self._child.signalstatus)
        assert self._child.exitstatus is not None
        return int(self._child.exitstatus)

    def set_modes(self, modes: list[Any]) -> None:
        """Change the terminal's modes behind the program's back, as `stty` from another shell does."""
        termios.tcsetattr(self._child.child_fd, termios.TCSANOW, modes)

    def modes(self) -> list[Any]:
        """The terminal's termios attributes as they are now."""
        return termios.tcgetattr(self._child.child_fd)


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    # A test runner sets LINES and COLUMNS, which stock programs believe before they ask their terminal.
    foreign = ("TEXTUAL", "PYTEST", "LINES", "COLUMNS")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return {**inherited, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": path, **extra}


@contextlib.contextmanager
def python(script: Path, *arguments: str, **options: Any) -> Iterator[Terminal]:
    """Run one Python script with this interpreter in a terminal."""
    with Terminal([sys.executable, "-u", str(script), *arguments], **options) as terminal:
        yield terminal
