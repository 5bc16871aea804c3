"""The keyboard under X11: pynput's listener, with the reply to its grab looked at.

pynput asks for the grab, ignores the answer and then runs open. Here the answer decides; every look repeats the request
on the same connection (the server answers Success only to the one who holds the grab), which also heals one that was
broken from outside. What the grab delivers to its own connection is read and dropped: stock pynput leaves it there, a
list of keys that grows in the memory.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kiosk.guard.states import Feed, GuardState, NotLocked

_PATIENCE_S = 3.0
"""For a connection and a grab; a server that takes longer has not given us the keyboard."""


class X11Hold:
    """A running listener whose grab was granted."""

    def __init__(self, listener: Any) -> None:  # noqa: ANN401 - pynput has no types
        """`listener`: a `GrabbingListener`, grab granted."""
        self._listener = listener

    def is_held(self) -> bool:
        """Ask the server once more for what we hold."""
        try:
            return bool(self._listener.is_alive() and self._listener.grab_again())
        except Exception:  # noqa: BLE001 - a connection that fails, however it does, holds nothing
            return False

    def release(self) -> None:
        """Give the keyboard back now: `stop()` alone keeps it until the next key."""
        self._listener.let_go()


def take(feed: Feed, environment: Mapping[str, str]) -> X11Hold:
    """Take the keyboard of the display that our own terminal window is on.

    Args:
        feed: is handed every allowed key.
        environment: DISPLAY, WINDOWID (set by xterm) and what betrays Wayland.

    Raises:
        NotLocked: nothing was taken; its state says why.
    """
    window = _own_window(environment)
    try:
        listener = _listener(feed, window)
    except Exception as error:  # pynput raises ImportError without a display, Xlib several others
        raise NotLocked(_why_unavailable()) from error
    listener.start()
    listener.decided.wait(_PATIENCE_S)
    if (outcome := listener.outcome) is not GuardState.LOCKED:
        listener.let_go()
        raise NotLocked(_why_unavailable() if outcome is GuardState.UNAVAILABLE else outcome)
    return X11Hold(listener)


def _listener(feed: Feed, window: int) -> Any:  # noqa: ANN401 - pynput has no types
    # its logger writes a callback's exception with the frames that hold the key
    logging.getLogger("pynput").setLevel(logging.CRITICAL + 1)
    from kiosk.guard.listener import GrabbingListener  # noqa: PLC0415 - importing pynput needs a display

    return GrabbingListener(feed, window)


def _own_window(environment: Mapping[str, str]) -> int:
    if environment.get("WAYLAND_DISPLAY") or environment.get("XDG_SESSION_TYPE") == "wayland":
        raise NotLocked(GuardState.WAYLAND)
    if not environment.get("DISPLAY"):
        raise NotLocked(GuardState.NO_DISPLAY)
    window = environment.get("WINDOWID", "")
    if not (window.isascii() and window.isdigit() and int(window)):
        raise NotLocked(GuardState.NO_WINDOW)
    return int(window)


def _why_unavailable() -> GuardState:
    """No display that answers, or no pynput."""
    try:
        from Xlib.display import Display  # noqa: PLC0415 - late, as pynput

        Display().close()
    except ImportError:
        return GuardState.UNAVAILABLE
    except Exception:  # noqa: BLE001 - Xlib has no common base for what a dead display raises
        return GuardState.NO_DISPLAY
    return GuardState.UNAVAILABLE
