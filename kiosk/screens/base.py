"""What every screen of the voting kiosk has in common: its place in the flow, one key at a time, the clock, idling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar, Protocol

from kiosk import texts
from kiosk.booth import Booth, TokenAway
from kiosk.screens.board import Row, bar
from kiosk.screens.frame import Frame
from kiosk.screens.stage import Stage
from kiosk.timings import Timings
from rounds.choices import Choice

_CAPTION_ROW = -2


class Flow(Protocol):
    """Where a screen may lead. Each call replaces the screen; a screen calls at most one of them, once."""

    def lock(self, *, after_cast: bool = False, full: bool = False, refusal: str = "") -> None:
        """The locked screen; `full`: the box refused a further unlock; `refusal`: why it refused this one."""

    def opened(self) -> None:
        """The PIN was right on the locked screen: on to the member (with a roster) or the unlock."""

    def unlock(self, member: int | None) -> None:
        """Issue one ballot and ask the others to stand aside."""

    def stand_aside(self) -> None:
        """The voter's first screen, also after a cancel that was taken back."""

    def mark(self) -> None:
        """The ballot, nothing marked."""

    def review(self, choice: Choice) -> None:
        """Show the choice once more before it is cast."""

    def cast(self, choice: Choice) -> None:
        """Put the ballot in and thank."""

    def hold(self, away: TokenAway, back: Callable[[bool], None]) -> None:
        """The 票箱U盘 is out: cover the screen until it is back, uncover it, then call `back` (see `Booth.resume`)."""

    def cancel(self) -> None:
        """Ask for the PIN that ends a session without a ballot."""

    def void(self) -> None:
        """End the session without a ballot."""

    def ask_for_menu(self) -> None:
        """Ask for the PIN that opens the supervisor's menu."""

    def menu(self, message: str = "") -> None:
        """The supervisor's menu."""

    def checks(self) -> None:
        """Look at the laptop and the hall again and show what was found."""

    def pause(self) -> None:
        """Hold the voting until the PIN is typed."""

    def ask_helped(self) -> None:
        """Ask whether to count a helped voter."""

    def helped(self) -> None:
        """Count a helped voter."""

    def ask_end(self) -> None:
        """Ask whether the voting ends."""

    def end(self) -> None:
        """End the voting and show what is to be written down."""

    def leave(self) -> None:
        """Leave the kiosk after the end of voting."""


@dataclass(frozen=True)
class Hall:
    """What every screen is given: the box, the waiting times, the monotonic clock (seconds) and the way on."""

    booth: Booth
    timings: Timings
    clock: Callable[[], float]
    flow: Flow
    hint: str = ""
    guard_line: Callable[[], str] = lambda: ""
    """What the input guard has, for the locked screen; empty where there is none."""
    keypad_line: Callable[[], str] = str
    """What the locked screen says of the supervisor's keypad; empty without one."""
    caption: Callable[[], str] = str
    """What stands in a bar above the last line, on every screen; nothing by default."""


class KioskScreen:
    """One screen: `typed` takes its keys, `body`, `prompt` and `key_line` say what it shows.

    It stands on the stage for its turn and acts only then: a key or a tick on its way to another does nothing.
    """

    KEY_LINE: ClassVar[str] = ""
    """The last line: what the keys do."""
    DENSE: ClassVar[bool] = False
    """Whether the body takes rows of title and foot on a low screen (`Frame.dense`)."""
    idles: ClassVar[bool] = True
    """Whether the screen alerts after a time without a key and then gives up."""
    HELD_A_CHOICE: ClassVar[bool] = False
    """Whether no part of the screen may outlive its turn, not even until Python's collector comes by."""

    def __init__(self, hall: Hall) -> None:
        """Start the screen's clocks now."""
        self.hall = hall
        self.message = ""
        self._stage: Stage | None = None
        self._last_key = hall.clock()
        self._alerted = False
        self._painted = ("", "", "")

    def __repr__(self) -> str:
        """The class alone: nothing of what was typed or chosen may end in a report of a fault."""
        return f"<{type(self).__name__}>"

    def enter(self, stage: Stage) -> None:
        """Stand on `stage` from now on."""
        self._stage = stage

    # What a screen says -------------------------------------------------------------------------------------------

    def body(self, width: int, height: int) -> Sequence[Row]:
        """The middle of the screen in at most `width` × `height` cells."""
        raise NotImplementedError

    def prompt(self) -> str:
        """The line where something is typed or the next key is named."""
        return ""

    def status(self) -> str:
        """A small line between prompt and keys, about the kiosk itself; its row is always there."""
        return ""

    def key_line(self) -> str:
        """The last line: what the keys do."""
        return self.KEY_LINE

    def typed(self, key: str, character: str | None) -> None:
        """Take one key; called only while the screen is current, settled, large enough and not alerting."""

    def passed(self, since_key_s: float) -> None:
        """Look at the clock: `since_key_s` seconds went by since the last key.

        A changed message or prompt is painted afterwards; for anything else, call `show`.
        """

    def expired(self) -> None:
        """Nobody answered the alert."""

    def forget(self) -> None:
        """Drop what was typed or chosen."""

    def uncovered(self) -> None:
        """Begin to wait anew: while the screen was covered nobody could press a key."""
        self._last_key = self.hall.clock()

    def give_up(self) -> None:
        """The machine stood still: whoever comes back to it may be somebody else."""
        self.forget()
        if self.idles:
            self.expired()

    # What all screens do ------------------------------------------------------------------------------------------

    @property
    def is_acting(self) -> bool:
        """Whether this screen is the one people see."""
        return self._stage is not None and self._stage.is_attached and self._stage.shown is self

    @property
    def too_small(self) -> bool:
        """Whether nothing can be read, because the terminal is too small."""
        return self._stage is None or self._stage.too_small

    def settle(self) -> None:
        """Shut the gate until what is drawn now has stood for a moment; for a key that changes its meaning."""
        if self._stage is not None and self.is_acting:
            self._stage.settle()

    def call_after_refresh(self, callback: Callable[[], None]) -> None:
        """Call back once what has been painted is on its way to the terminal."""
        if self._stage is not None:
            self._stage.call_after_refresh(callback)

    def pressed(self, key: str, character: str | None) -> None:
        """Hand a key to the screen, unless it was meant for another moment."""
        if not self.is_acting:
            return
        self._last_key = self.hall.clock()
        if self._alerted:
            # Any key answers the alert, so it must not also mark a ballot.
            self._alerted = False
            self.message = ""
        else:
            self.typed(key, character)
        self.show()

    def show(self) -> None:
        """Paint what has changed."""
        if self._stage is not None and self.is_acting:
            self._stage.redraw()

    def rows(self, width: int, height: int) -> list[Row]:
        """The whole screen as it stands now, in rows of at most `width` cells."""
        heading = self.hall.booth.heading
        self._painted = message, prompt, status = self.message, self.prompt(), self.status()
        frame = Frame(
            heading.title,
            heading.rehearsal,
            self.body,
            message=message,
            prompt=prompt,
            status=status,
            keys=self.key_line(),
            dense=self.DENSE,
        )
        rows = frame.draw(width, height)
        if rows and (caption := self.hall.caption()):
            rows[_CAPTION_ROW] = bar(caption, width)
        return rows

    def tick(self) -> None:
        """Look at the clock: idling first, then whatever the screen waits for."""
        since = self.hall.clock() - self._last_key
        if self.idles and self._idle(since):
            return
        self.passed(since)
        if self._painted != (self.message, self.prompt(), self.status()):
            self.show()

    def _idle(self, since_s: float) -> bool:
        """Alert in time; True when the screen was given up."""
        left = self.hall.timings.idle_alert_s + self.hall.timings.idle_answer_s - since_s
        if left <= 0:
            self.forget()
            self.expired()
            return True
        if left <= self.hall.timings.idle_answer_s:
            if not self._alerted:
                self._alerted = True
                self.forget()
            self.message = texts.idle_alert(ceil(left))
        return False
