"""A program that no signal can persuade to end by itself: `stuck.py SECONDS` gives the enforced end's delay."""

from __future__ import annotations

import sys
import termios
import time
import tty as raw_modes

from kiosk import signals


class Stuck:
    def end_by_signal(self, number: int) -> None:
        """Never."""

    def hang_up(self) -> None:
        """Never."""

    def take_terminal_again(self) -> None:
        """Never."""

    def crash(self) -> None:
        """Never."""


if __name__ == "__main__":
    with signals.guarded(Stuck(), patience_s=float(sys.argv[1])):
        raw_modes.setraw(0, termios.TCSANOW)
        print("RUNNING", flush=True)  # noqa: T201 - read by the test
        while True:
            time.sleep(1)
