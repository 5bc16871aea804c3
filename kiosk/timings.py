"""How long the kiosk waits, everywhere it waits (KIOSK.md, "Screens and keys")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Every waiting time of the screens, in seconds on the monotonic clock."""

    settled_s: float = 0.4
    """After a screen came up, before it takes a key: type-ahead decides nothing."""
    thanks_s: float = 1.5
    """How long 已投入票箱，请离开 stands."""
    pause_after_cast_s: float = 3.0
    """How long the locked screen takes nothing after a cast, so that nobody slips in a second vote unseen."""
    cover_s: float = 15.0
    """Without a key on the review, before the choice is dropped and covered."""
    idle_alert_s: float = 60.0
    """Without a key on a screen, before the alert."""
    idle_answer_s: float = 30.0
    """After the alert, before the session ends without a ballot."""
    rest_s: float = 120.0
    """Without a key on the locked screen of a stationed round, before it rests: no line stands there for days."""
    rest_step_s: float = 20.0
    """How often the resting screen moves its lines."""
    not_cast_s: float = 10.0
    """How long a stationed kiosk shows that nothing was cast; nobody may be there to lock it."""
    keypad_check_s: float = 2.0
    """How often a keypad that is out is looked for."""
    beat_s: float = 1.0
    """How often the kiosk looks whether the machine slept."""
    token_check_s: float = 1.0
    """How often the locked screen looks whether the 票箱U盘 is in, and the waiting one whether it is back."""
    tick_s: float = 0.1
    """How often the screens look at the clock; no waiting time is kept more exactly."""
