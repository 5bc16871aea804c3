"""The type-ahead gate: which keys a screen may act on. Pure: times are arguments, in seconds of one monotonic clock."""

from __future__ import annotations

_REPEAT_S = 0.12
"""Keyboards repeat a held key every 0.03-0.1 s; nobody presses one key deliberately that fast twice."""


class Gate:
    """Shut until what is drawn has stood in front of the voter for a moment.

    `2⏎⏎⏎` in one burst would otherwise cast a ballot that nobody has seen (KIOSK.md, table). A key is judged by the
    moment it arrived, so keys typed while the program was busy are no better than keys typed blindly.
    """

    def __init__(self) -> None:
        """Start shut."""
        self._drawing = 0
        self._painted_at: float | None = None
        self._held: tuple[str, float] | None = None

    def shut(self) -> int:
        """Shut the gate; return the number of the drawing that may open it again."""
        self._drawing += 1
        self._painted_at = None
        return self._drawing

    def painted(self, drawing: int, now: float) -> None:
        """Note that a drawing is on the screen since `now`; an outdated drawing opens nothing."""
        if drawing == self._drawing:
            self._painted_at = now

    def is_open(self, now: float, settled_after_s: float) -> bool:
        """Whether a key that was not held down before would be admitted."""
        return self._painted_at is not None and now >= self._painted_at + settled_after_s

    def admits(self, key: str, arrived_at: float, settled_after_s: float) -> bool:
        """Whether a key that arrived then may be acted on.

        A key held down since before the gate opened stays shut out until it is released: no action by key repeat.
        """
        opens_at = None if self._painted_at is None else self._painted_at + settled_after_s
        early = opens_at is None or arrived_at < opens_at
        if early or self._is_repeat(key, arrived_at):
            self._held = (key, arrived_at)
            return False
        self._held = None
        return True

    def _is_repeat(self, key: str, arrived_at: float) -> bool:
        return self._held is not None and self._held[0] == key and arrived_at - self._held[1] < _REPEAT_S
