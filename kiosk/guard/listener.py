"""pynput's X11 listener with an honest grab. Import it late: `import pynput` raises ImportError with no display."""

from __future__ import annotations

import contextlib
from socket import SHUT_RDWR
from threading import Event, Lock, Thread
from typing import Any

from pynput import keyboard
from Xlib import X

from kiosk.guard.keys import allowed_x11
from kiosk.guard.states import Feed, GuardState

_ORDERLY_S = 0.1
"""The thread ends within a round trip, or its connections are cut."""
_WINDOWS_DEEP = 32
"""No window lies deeper in the tree; a bound, so that no odd server holds us."""


class GrabbingListener(keyboard.Listener):  # type: ignore[misc] # pynput has no types
    """pynput's listener, honest about its grab and without a memory; it overrides hooks of pynput >=1.8.2,<2."""

    def __init__(self, feed: Feed, window: int) -> None:
        """Prepare the listener; `start` takes the keyboard.

        Args:
            feed: is handed every allowed key.
            window: the X window of our own terminal; only while it has the focus is anything taken.
        """
        super().__init__(suppress=True)
        self.outcome = GuardState.UNAVAILABLE
        """What the start came to, once `decided` is set."""
        self.decided = Event()
        self._feed = feed
        self._window = window
        self._reading = Lock()

    def run(self) -> None:
        """As pynput's, but an end by exception is an end: the kiosk's hook would take it for its own crash."""
        try:
            super().run()
        except Exception:  # noqa: BLE001 - see above; it may hold a key
            if self.outcome is GuardState.LOCKED:
                self.outcome = GuardState.LOST
        finally:
            self.decided.set()

    def _initialize(self, display: Any) -> None:  # noqa: ANN401 - as pynput's
        for connection in (display, self._display_record):
            # Xlib's own prints on our screen; pynput takes away what `set_error_handler` sets
            connection.display.default_error_handler = lambda *_: None
        super()._initialize(display)

    def _suppress_start(self, display: Any) -> None:  # noqa: ANN401 - as pynput's
        self.outcome = _may_take(display, self._window) or self._asked(display)
        if self.outcome is not GuardState.LOCKED:
            raise self.StopException  # never listen to a keyboard that is not ours
        self.decided.set()

    def _asked(self, display: Any) -> GuardState:  # noqa: ANN401 - Xlib has no types
        return GuardState.LOCKED if self._grab(display) else GuardState.REFUSED

    def _grab(self, display: Any) -> bool:  # noqa: ANN401 - as above
        root = display.screen().root
        answer = root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        return bool(answer == X.GrabSuccess)

    def grab_again(self) -> bool:
        """Whether the server grants the same client the same request; drops what was delivered meanwhile."""
        granted = self._grab(self._display_stop)
        self._forget_delivered()
        return granted

    def _handle_message(self, display: Any, event: Any, *_: object) -> None:  # noqa: ANN401 - as pynput's
        with contextlib.suppress(Exception):  # pynput would keep it, key and all
            self._forget_delivered()
            if event.type == X.KeyPress:
                plain, shifted = (display.keycode_to_keysym(event.detail, index) for index in (0, 1))
                if (key := allowed_x11(plain, shifted, event.state)) is not None:
                    self._feed(key)

    def _forget_delivered(self) -> None:
        with self._reading:  # two readers: the second would wait for an event that the first has taken
            for _ in range(self._display_stop.pending_events()):
                event = self._display_stop.next_event()
                if event.type == X.MappingNotify:
                    self._display_stop.refresh_keyboard_mapping(event)

    def let_go(self) -> None:
        """End the grab, the recording and both connections, in whatever state they are."""
        self._running = False
        with contextlib.suppress(Exception):
            self._display_stop.ungrab_keyboard(X.CurrentTime)
            self._display_stop.record_disable_context(self._context)
            self._display_stop.flush()
        self._end(_ORDERLY_S)
        for name in ("_display_stop", "_display_record"):
            with contextlib.suppress(Exception):
                socket = getattr(self, name).display.socket
                socket.shutdown(SHUT_RDWR)  # wakes the thread, which a mere close leaves recording
                self._end(_ORDERLY_S)
                socket.close()

    def _end(self, patience_s: float) -> None:
        Thread.join(self, patience_s)  # pynput's own join raises what the thread died of


def _may_take(display: Any, window: int) -> GuardState | None:  # noqa: ANN401 - Xlib has no types
    """Why the keyboard is not ours to take, or None: only while our own terminal's window has the focus."""
    if display.has_extension("XWAYLAND"):
        return GuardState.WAYLAND
    return None if _is_in_front(display, window) else GuardState.NOT_IN_FRONT


def _is_in_front(display: Any, window: int) -> bool:  # noqa: ANN401 - as above
    focus = display.get_input_focus().focus
    if isinstance(focus, int):  # None, or PointerRoot: without a window manager keys go where the pointer is
        return bool(focus) and window in _under_pointer(display)
    for _ in range(_WINDOWS_DEEP):
        if focus.id == window:
            return True
        if not (focus := focus.query_tree().parent):
            break
    return False


def _under_pointer(display: Any) -> set[int]:  # noqa: ANN401 - as above
    found, here = set(), display.screen().root
    for _ in range(_WINDOWS_DEEP):
        if not (here := here.query_pointer().child):
            break
        found.add(here.id)
    return found
