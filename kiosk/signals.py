"""Signals and uncaught exceptions while the app runs.

| signal | answer |
|---|---|
| INT, QUIT, TSTP, TTIN, TTOU, USR1, USR2, PIPE | ignored |
| TERM | the app ends, the terminal is restored, status 143 |
| HUP | the terminal is dead: not a byte more is written to it; `on_hangup` is called, status 129 |
| CONT | somebody stopped and continued the process: the terminal is taken again and redrawn |
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Protocol

from kiosk import tty

_IGNORED = ("SIGINT", "SIGQUIT", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGUSR1", "SIGUSR2", "SIGPIPE")
HANGUP = 1
"""SIGHUP's number, which Windows has no name for; also stands for a terminal that ended without a signal."""

Handler = Callable[[int, FrameType | None], object]


class Endable(Protocol):
    """What this module needs of the app."""

    def end_by_signal(self, number: int) -> None:
        """End soon, with status 128 + number."""

    def hang_up(self) -> None:
        """End soon, and write nothing more to the terminal."""

    def take_terminal_again(self) -> None:
        """Set the terminal's modes anew and redraw."""

    def crash(self) -> None:
        """End soon, as after an exception."""


@contextlib.contextmanager
def guarded(app: Endable, *, patience_s: float = 10.0) -> Iterator[None]:
    """Hold signals and exception hooks for `app`, and give them and the terminal's modes back at the end.

    Args:
        app: what is to end.
        patience_s: seconds an ordered end may take before it is enforced with status 142: a stuck disk, or a terminal
            that has stopped reading.
    """
    with tty.given_back() as restore, _quiet_hooks(app), _handlers(_answers(app, restore, patience_s)):
        yield


@contextlib.contextmanager
def _handlers(answers: dict[int, Handler | signal.Handlers]) -> Iterator[None]:
    previous = {number: signal.getsignal(number) for number in answers}
    for number, answer in answers.items():
        signal.signal(number, answer)
    try:
        yield
    finally:
        _set_deadline(0)
        for number, handler in previous.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _answers(
    app: Endable,
    restore: Callable[[], None],
    patience_s: float,
) -> dict[int, Handler | signal.Handlers]:
    def terminate(number: int, frame: FrameType | None) -> None:
        del frame
        _set_deadline(patience_s)
        app.end_by_signal(number)

    def hang_up(number: int, frame: FrameType | None) -> None:
        del number, frame
        _set_deadline(patience_s)
        app.hang_up()

    def enforce(number: int, frame: FrameType | None) -> None:
        # without the app's help; for the ballot box this is a power cut, which it withstands
        del frame
        restore()
        tty.leave_at_once()
        os._exit(128 + number)

    answers: dict[str, Handler | signal.Handlers] = dict.fromkeys(_IGNORED, signal.SIG_IGN)
    answers |= {"SIGTERM": terminate, "SIGHUP": hang_up, "SIGALRM": enforce}
    answers["SIGCONT"] = lambda *_: app.take_terminal_again()
    # Windows knows few of these names
    return {int(getattr(signal, name)): answer for name, answer in answers.items() if hasattr(signal, name)}


def _set_deadline(seconds: float) -> None:
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextlib.contextmanager
def _quiet_hooks(app: Endable) -> Iterator[None]:
    """Let no interpreter hook print an exception: its text may hold a code, a name or a choice."""
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    sys.excepthook = lambda *_: app.crash()
    sys.unraisablehook = lambda _: None
    threading.excepthook = lambda _: app.crash()
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
