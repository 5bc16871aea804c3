"""Keys from any thread to the app's loop, never more than a few at a time. All drivers and the input guard use it."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from textual import events

if TYPE_CHECKING:
    from textual.app import App

_MOST_WAITING = 64
"""Keys read but not yet handled; more are dropped, so that no flood fills the memory."""


class HandOver:
    """The one way of a key into the app."""

    def __init__(self, app: App[Any], loop: AbstractEventLoop) -> None:
        """`loop`: the one that `app` runs in."""
        self._app = app
        self._loop = loop
        self._waiting: deque[events.Key] = deque()
        self._lock = Lock()

    def offer(self, keys: Sequence[str]) -> None:
        """Take keys by the names that `KeyReader` gives them, from any thread, and return at once."""
        if not keys:
            return
        with self._lock:
            nobody_called = not self._waiting
            room = _MOST_WAITING - len(self._waiting)
            self._waiting.extend(events.Key(key, key if len(key) == 1 else None) for key in keys[:room])
        if nobody_called:
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            keys = tuple(self._waiting)
            self._waiting.clear()
        if self._app.message_queue_size <= _MOST_WAITING:
            for key in keys:
                self._app.post_message(key)
