"""What the screens may ask of the ballot box: the port between kiosk and ballots_store.

The screens see no key, no file and no other voter's ballot. `ballots_store.box.BallotBox` fits this port; so does
any other box with the same verbs. Every method that changes something returns only after the change is durable, and
raises otherwise: a screen that got no exception may say what it says. Where the 票箱U盘 is out, whatever would change
something raises TokenAway: nothing may be said then until `resume` has returned.
"""

from __future__ import annotations

from typing import Protocol

from ballots_store.errors import TokenAway
from ballots_store.session import (
    BoxFull,
    Figures,
    Heading,
    MiscopiedSlip,
    Stopped,
    WindowClosed,
    WrongPin,
    WrongSlip,
)
from rounds.choices import Choice

__all__ = [
    "Booth",
    "BoxFull",
    "Figures",
    "Heading",
    "MiscopiedSlip",
    "Stopped",
    "TokenAway",
    "WindowClosed",
    "WrongPin",
    "WrongSlip",
]


class Booth(Protocol):
    """The ballot box as the screens see it, between a start by two officers and the end of voting."""

    @property
    def heading(self) -> Heading:
        """The fixed texts of the round."""

    def figures(self) -> Figures:
        """The counts of the locked screen."""

    def unmarked(self) -> tuple[int, ...]:
        """Positions in `heading.roster` that have not voted yet."""

    def wait_s(self, now: float) -> float:
        """Seconds from the monotonic instant `now` until a PIN may be tried; 0.0 when it may."""

    def check_pin(self, pin: bytes | bytearray, now: float) -> None:
        """Check the supervisor's 开启口令 at the monotonic instant `now`; raise WrongPin."""

    def slip_wait_s(self, now: float) -> float:
        """The same for a 投票凭条号: it has a counter of its own."""

    def admit(self, typed: bytes | bytearray, now: float) -> None:
        """Check what was typed on the locked screen, PIN or slip; raise WrongPin, WrongSlip or MiscopiedSlip."""

    def arm(self) -> None:
        """After a checked PIN: `call_next` stands for it until `disarm` (the supervisor's keypad)."""

    def call_next(self) -> None:
        """The armed keypad stands for one checked PIN."""

    def disarm(self) -> None:
        """The keypad needs the PIN again."""

    def unlock(self, member: int | None) -> None:
        """Issue one ballot, for the member at that position of the roster (None without one).

        Raises:
            BoxFull, WindowClosed: nothing was issued; the locked screen says why.
        """

    def cast(self, choice: Choice) -> None:
        """Put the ballot in. Returns only when it is durable: only then may 已投入票箱 be shown."""

    def void_session(self) -> None:
        """End the unlocked session without a ballot (未投)."""

    def note_helped(self) -> None:
        """Count one voter who took a helper."""

    def stop(self) -> Stopped:
        """End the voting; nothing can be unlocked or cast afterwards."""

    def stopped(self) -> Stopped:
        """What `stop` returned, once the box is stopped."""

    def check_token(self) -> None:
        """See that the 票箱U盘 is in; cheap; raise TokenAway."""

    def resume(self) -> bool:
        """Go on after TokenAway, completing what was interrupted: True where something was. Raise TokenAway again."""

    def close(self) -> None:
        """Let the box go (locks, keys in memory); an open session counts as 未投 at the next start."""
