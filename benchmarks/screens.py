"""The kiosk's first paint and its answer to a key, as a terminal sees them: bytes in, bytes out."""

from __future__ import annotations

import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import time
from fcntl import ioctl
from termios import TIOCSWINSZ
from types import TracebackType
from typing import Self

from box_factory import PIN

import benchmarks
from benchmarks.measuring import Measurement, percentile
from benchmarks.screen_apps import EMPTY, READY
from kiosk import texts

TITLE = "screens: first paint against an empty Textual app; key to paint against a one-line repaint"
STARTS, KEYS = 9, 150
PAINT_AIM, KEY_AIM, LONGEST_MS = 1.3, 2.0, 30.0
QUIET_S = 0.06
"""Before a key is pressed nothing has come for so long: a screen drops what was typed before it stood."""
PATIENCE_S = 30.0


class Screen:
    """A program in a terminal of 24 by 80, timed by what it writes."""

    def __init__(self, *words: str) -> None:
        """Start `python -m benchmarks.screen_apps` with `words`."""
        self.began = time.perf_counter()
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.chdir(benchmarks.ROOT)
            os.environ["TERM"] = "xterm-256color"
            os.execv(sys.executable, [sys.executable, "-m", "benchmarks.screen_apps", *words])  # noqa: S606  our own
        ioctl(self._terminal, TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the program."""
        os.kill(self._process, 9)
        os.waitpid(self._process, 0)
        os.close(self._terminal)

    def wait_for(self, text: str) -> float:
        """The instant at which `text` had been written."""
        seen, wanted, deadline = b"", text.encode(), time.perf_counter() + PATIENCE_S
        while not seen or wanted not in seen:
            if time.perf_counter() > deadline or not self._readable(1.0):
                if time.perf_counter() > deadline:
                    raise TimeoutError(text)
                continue
            seen = seen[-8192:] + os.read(self._terminal, 65536)
        return time.perf_counter()

    def press(self, keys: str, shown: str) -> float:
        """Seconds from the key until `shown` has been written; any answer where it is empty."""
        self.quieten()
        began = time.perf_counter()
        os.write(self._terminal, keys.encode())
        return self.wait_for(shown) - began

    def quieten(self) -> None:
        """Read until nothing comes."""
        while self._readable(QUIET_S):
            os.read(self._terminal, 65536)

    def _readable(self, seconds: float) -> bool:
        return bool(select.select([self._terminal], [], [], seconds)[0])


def _first_paints() -> tuple[float, float]:
    """Median seconds from start to the first screen; the kiosk's from when its box was open."""
    kiosk, empty = [], []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder, Screen("kiosk", folder) as screen:
            opened = screen.wait_for(READY)
            kiosk.append(screen.wait_for("请下一位团员上前") - opened)
        with Screen("empty") as screen:
            opened = screen.wait_for(READY)
            empty.append(screen.wait_for(EMPTY) - opened)
    return statistics.median(kiosk), statistics.median(empty)


def _keys() -> tuple[list[float], list[float]]:
    """Seconds from key to paint: on the ballot, and a digit of the 开启口令 on the locked screen."""
    ballot, lines = [], []
    with tempfile.TemporaryDirectory() as folder, Screen("kiosk", folder) as screen:
        screen.wait_for("请下一位团员上前")
        for _ in range(KEYS):
            lines.append(screen.press("7", ""))
            screen.press("\x7f", "")
        screen.press(f"{PIN}\r", texts.ALONE)
        screen.press("\r", texts.CHOOSE)
        for _ in range(KEYS):
            ballot.append(screen.press("1", texts.YOUR_CHOICE[0]))
            screen.press("0", texts.CHOOSE)
    return ballot, lines


def run() -> list[Measurement]:
    """First paint; key to paint, its median and its 99th percentile."""
    kiosk, empty = _first_paints()
    ballot, lines = _keys()
    return [
        Measurement("first paint of the kiosk", "an empty Textual app", kiosk * 1e3, empty * 1e3, "ms", PAINT_AIM),
        Measurement(
            "key → paint on the ballot",
            "a one-line repaint of the same app",
            statistics.median(ballot) * 1e3,
            statistics.median(lines) * 1e3,
            "ms",
            KEY_AIM,
            note=f"{KEYS} keys",
        ),
        Measurement(
            "key → paint on the ballot, 99th percentile",
            "30 ms",
            percentile(ballot, 0.99) * 1e3,
            LONGEST_MS,
            "ms",
            1.0,
            note=f"{KEYS} keys",
        ),
    ]
