"""What a kiosk has beside its box: looks at the room, a lock on the keyboard, a keypad; each of them may be absent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk.checks.model import Finding
from kiosk.guard import InputGuard
from kiosk.keypad import Keypad
from kiosk.suspension import slept_s


def _nothing_against_it() -> None:
    return None


@dataclass(frozen=True)
class Fittings:
    """Everything absent, unless it is given."""

    hint: str = ""
    """A line for the locked screen, e.g. the PIN of a demonstration."""
    caption: Callable[[], str] = str
    """Asked for a line on every screen whenever one is drawn."""
    room: Callable[[], str | None] = _nothing_against_it
    """The cheap look before every unlock: why nobody may be let in just now, or None."""
    checks: Callable[[], Sequence[Finding]] = tuple
    """The long look of the supervisor's menu."""
    guard: InputGuard | None = None
    """Takes the keyboard while the app runs, and feeds it; None: the keys come through the terminal alone."""
    keypad: Keypad | None = None
    """The supervisor's own, grabbed."""
    slept: Callable[[], float] = slept_s
    """Seconds that the machine has slept so far."""
