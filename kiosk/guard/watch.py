"""The thread that takes the keyboard, looks whether it still has it, and takes it again.

pynput's `running` stays True when X dies and a refused grab goes unnoticed there (KIOSK.md), so nothing that pynput
says of itself is believed: every look asks the system.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Protocol

from kiosk.guard.states import Feed, GuardState, NotLocked

_LOOK_S = 0.1
"""Between two looks; a loss stands on the screen at most this and one tick of the screen later."""
_STALE_S = 1.0
"""A look that takes longer than this (X stopped) no longer proves anything."""
_PATIENCE_S = 2.0


class Hold(Protocol):
    """A keyboard that was taken."""

    def is_held(self) -> bool:
        """Ask the system whether it is still ours."""

    def release(self) -> None:
        """Give it back at once; safe when it is lost already."""


Take = Callable[[Feed], Hold]
"""Takes the keyboard or raises NotLocked."""


class InputGuard:
    """Holds the keyboard from `start` to `stop`; its death or failure never stops the voting."""

    def __init__(self, take: Take, *, look_s: float = _LOOK_S, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare the guard.

        Args:
            take: how this system's keyboard is taken.
            look_s: seconds between two looks.
            clock: the monotonic clock, in seconds.
        """
        self._take = take
        self._look_s = look_s
        self._clock = clock
        self._state = GuardState.STARTING
        self._looked_at = clock()
        self._stopping = Event()
        self._thread: Thread | None = None

    @property
    def state(self) -> GuardState:
        """What may be claimed now: a guard that has stopped looking has lost the keyboard."""
        alive = self._thread is not None and self._thread.is_alive()
        fresh = self._clock() - self._looked_at < _STALE_S
        return self._state if not self._state.is_locked or (alive and fresh) else GuardState.LOST

    def start(self, feed: Feed) -> None:
        """Begin to take the keyboard; returns at once (importing pynput takes a moment).

        Args:
            feed: is handed every allowed key while the keyboard is held.
        """
        self._thread = Thread(target=self._watch, args=(feed,), name="kiosk-guard", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give the keyboard back and end the thread; where that hangs, the system gives it back when we exit."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)

    def _watch(self, feed: Feed) -> None:
        hold: Hold | None = None
        while not self._stopping.is_set():
            hold = self._looked(hold, feed)
            self._looked_at = self._clock()
            self._stopping.wait(self._look_s if hold is not None else self._state.retry_s)
        if hold is not None:
            hold.release()
        self._state = GuardState.STARTING

    def _looked(self, hold: Hold | None, feed: Feed) -> Hold | None:
        """One look: the hold that there is now."""
        try:
            if hold is None:
                hold = self._take(feed)
            elif not hold.is_held():
                raise NotLocked(GuardState.LOST)  # noqa: TRY301 - one place turns every failure into a state
        except NotLocked as refusal:
            self._state = refusal.state
        except Exception:  # noqa: BLE001 - voting goes on whatever became of the second layer; nothing is printed
            self._state = GuardState.UNAVAILABLE
        else:
            self._state = GuardState.LOCKED
            return hold
        if hold is not None:
            hold.release()
        return None


def input_guard() -> InputGuard:
    """The guard of this system; nothing is imported or taken yet."""
    if sys.platform == "win32":
        from kiosk.guard import windows  # noqa: PLC0415 - no such system calls elsewhere

        return InputGuard(windows.take)
    from kiosk.guard import x11  # noqa: PLC0415 - as above

    return InputGuard(lambda feed: x11.take(feed, os.environ))
