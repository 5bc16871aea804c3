"""The keyboard under Windows: pynput's filter suppresses every key that is not on the allow-list.

Allowed keys go on to the console as ever, so nothing is fed from here. Ctrl+Alt+Del and Win+L pass every hook; Assigned
Access is what stops them (deploy/windows). Windows removes a slow hook without a word, so the hook is asked: a look
injects an unassigned key and sees whether the filter met it. Written from the documentation; never run on Windows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from typing import Any

from kiosk.guard.keys import passes_on_windows
from kiosk.guard.states import Feed, GuardState, NotLocked

_PROBE = 0xE8
"""A virtual key that Windows leaves unassigned."""
_KEY_UP = 2
"""KEYEVENTF_KEYUP."""
_PATIENCE_S = 0.5
_TRIES = 3
"""pynput says that it is ready a moment before its hook is in."""


class WindowsHold:
    """A running hook."""

    def __init__(self, listener_class: Callable[..., Any], inject: Callable[[int], None]) -> None:
        """Start the hook.

        Args:
            listener_class: `pynput.keyboard.Listener`.
            inject: sends the release of one virtual key to the system.
        """
        self._inject = inject
        self._met = Event()
        self._listener = listener_class(win32_event_filter=self._filter)
        self._listener.start()

    def is_held(self) -> bool:
        """Send the unassigned key; True when our own hook met it."""
        self._met.clear()
        self._inject(_PROBE)
        return self._met.wait(_PATIENCE_S) and bool(self._listener.is_alive())

    def release(self) -> None:
        """Take the hook out."""
        self._listener.stop()

    def _filter(self, message: int, data: Any) -> bool:  # noqa: ANN401 - a ctypes structure
        """See one key: False keeps it from pynput's callbacks, `suppress_event` from everybody."""
        del message
        if data.vkCode == _PROBE:
            self._met.set()
        if not passes_on_windows(data.vkCode, data.flags):
            self._listener.suppress_event()
        return False


def take(feed: Feed) -> WindowsHold:
    """Install the hook.

    Args:
        feed: unused: the console goes on delivering the allowed keys.

    Raises:
        NotLocked: pynput is missing, or the hook does not meet the probe.
    """
    del feed
    try:
        import ctypes  # noqa: PLC0415 - late, as pynput

        from pynput.keyboard import Listener  # noqa: PLC0415 - never needed to vote
    except ImportError as error:
        raise NotLocked(GuardState.UNAVAILABLE) from error
    logging.getLogger("pynput").setLevel(logging.CRITICAL + 1)  # it would write a key with an exception
    send: Any = ctypes.windll.user32.keybd_event  # type: ignore[attr-defined,unused-ignore] # Windows only
    return held(WindowsHold(Listener, lambda key: send(key, 0, _KEY_UP, 0)))


def held(hold: WindowsHold) -> WindowsHold:
    """`hold`, once its hook has met the probe.

    Raises:
        NotLocked: it did not; the hook is out again.
    """
    if not any(hold.is_held() for _ in range(_TRIES)):
        hold.release()
        raise NotLocked(GuardState.REFUSED)
    return hold
