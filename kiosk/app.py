"""The voting kiosk: which screen follows which, and the one call to the box on each way.

No rule of voting is decided here. Everything the box does is waited for in the loop itself: while it works no key,
no tick and no second call can come between, and what was typed meanwhile is dropped by the gate of the next screen.
An exception of the box other than WrongPin, BoxFull, WindowClosed and TokenAway ends the app with nothing acknowledged.
TokenAway covers the screen until the 票箱U盘 is back and the box has completed what was interrupted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual import events

from kiosk import texts
from kiosk.booth import Booth, BoxFull, TokenAway, WindowClosed
from kiosk.caller import Caller
from kiosk.fittings import Fittings
from kiosk.hardened import HardenedApp
from kiosk.keypad import ENTER
from kiosk.screens.base import Hall, KioskScreen
from kiosk.screens.checks import ChecksScreen
from kiosk.screens.locked import LockedScreen, MemberScreen
from kiosk.screens.stage import Stage
from kiosk.screens.supervisor import (
    CancelScreen,
    EndScreen,
    HelpedScreen,
    MenuPinScreen,
    MenuScreen,
    NotCastScreen,
    PausedScreen,
    StoppedScreen,
)
from kiosk.screens.token import TokenScreen
from kiosk.screens.voter import AsideScreen, BallotScreen, ReviewScreen, ThanksScreen
from kiosk.suspension import Suspension
from kiosk.timings import Timings
from rounds.choices import Choice


class KioskApp(HardenedApp):
    """The kiosk of one round; it ends with status 0 only after the voting was ended and the figures were seen."""

    def __init__(
        self,
        booth: Booth,
        *,
        timings: Timings,
        clock: Callable[[], float],
        fittings: Fittings | None = None,
    ) -> None:
        """Prepare the kiosk.

        Args:
            booth: the box, already opened by two officers.
            timings: every waiting time.
            clock: the monotonic clock, in seconds.
            fittings: what there is beside the box.
        """
        super().__init__(settled_after_s=timings.settled_s)
        self._booth = booth
        self._fittings = fitted = fittings or Fittings()
        self._caller = Caller(booth, clock, here=lambda: fitted.keypad is not None and fitted.keypad.is_here)
        self._suspension = Suspension(fitted.slept, clock)
        self._stood_still = False
        keypad_line = self._caller.line if fitted.keypad else str
        self._hall = Hall(booth, timings, clock, self, fitted.hint, self._guard_line, keypad_line, fitted.caption)
        self._stage = Stage(LockedScreen(self._hall), timings.tick_s)

    def get_default_screen(self) -> Stage:
        """The kiosk starts locked."""
        return self._stage

    @property
    def shown(self) -> KioskScreen:
        """The screen that people see."""
        return self._stage.shown

    def on_mount(self) -> None:
        """Take the keyboard, where there is a guard, and listen to the keypad."""
        if self._fittings.guard is not None:
            self._fittings.guard.start(self.feed)
        self.set_interval(self._hall.timings.beat_s, self._beat)
        if self._fittings.keypad is not None:
            loop = asyncio.get_running_loop()
            # through the app's own queue: only there screens can be replaced
            self._fittings.keypad.listen(
                loop, lambda key: self.call_later(self.called, key), lambda: self.call_later(self._keypad_changed)
            )
            self.set_interval(self._hall.timings.keypad_check_s, self._fittings.keypad.look_again)

    def on_unmount(self) -> None:
        """Give the keyboard back with the screen."""
        if self._fittings.guard is not None:
            self._fittings.guard.stop()

    def _guard_line(self) -> str:
        return "" if self._fittings.guard is None else self._fittings.guard.state.value

    async def on_event(self, event: events.Event) -> None:
        """No key counts for a session that was open while the machine slept."""
        if isinstance(event, events.Key) and self._suspension.looked():
            self.give_up()
        else:
            await super().on_event(event)

    def take_terminal_again(self) -> None:
        """As `HardenedApp`; a session that was open while the process stood still is over."""
        if self._suspension.continued():
            self._soon(lambda: self.call_later(self.give_up))
        super().take_terminal_again()

    def _beat(self) -> None:
        if self._suspension.beat():
            self.give_up()

    def give_up(self) -> None:
        """End what was open while the machine stood still: not cast. With the stick out, as soon as it is back."""
        if isinstance(self.shown, TokenScreen):
            self._stood_still = True
        else:
            self.shown.give_up()
            self.shown.show()

    # The supervisor's keypad --------------------------------------------------------------------------------------

    def called(self, key: str) -> None:
        """One key of the keypad: the PIN that arms it, then Enter for the next member; a roster's number too."""
        screen = self.shown
        if isinstance(screen, LockedScreen):
            self._call_from(screen, key)
        elif self._caller.armed and isinstance(screen, MemberScreen):
            self.post_message(events.Key(key, key if key.isdigit() else None))
        elif self._caller.armed and isinstance(screen, NotCastScreen) and key == ENTER:
            self.lock()

    def _call_from(self, screen: LockedScreen, key: str) -> None:
        try:
            next_one = self._caller.pressed(key)
        except TokenAway as away:
            self.hold(away, lambda _completed: None)
            return
        if next_one:
            screen.called()
        else:
            screen.show()

    def _keypad_changed(self) -> None:
        """Unplugged or plugged in again: whoever holds it now types the PIN."""
        self._caller.disarm()
        self.shown.show()

    # The supervisor's way -----------------------------------------------------------------------------------------

    def lock(self, *, after_cast: bool = False, full: bool = False, refusal: str = "") -> None:
        """The locked screen; `full`: the box refused a further unlock; `refusal`: why it refused this one."""
        self._go(LockedScreen(self._hall, after_cast=after_cast, full=full, refusal=refusal))

    def opened(self) -> None:
        """With a roster the member is chosen first."""
        if self._booth.heading.roster:
            if (refusal := self._fittings.room()) is not None:
                self.lock(refusal=refusal)
                return
            self._go(MemberScreen(self._hall))
        else:
            self.unlock(None)

    def unlock(self, member: int | None) -> None:
        """Issue one ballot; the hall hears it.

        The room is looked at after the PIN (only the supervisor learns what is wrong, and types it again when that is
        gone) and before the box does anything: no ballot is issued, no slip is used up, nothing is written.
        """
        if (refusal := self._fittings.room()) is not None:
            self.lock(refusal=refusal)
            return
        try:
            self._booth.unlock(member)
        except BoxFull:
            self.lock(full=True)
        except WindowClosed as closed:
            self.lock(refusal=str(closed))
        except TokenAway as away:
            self.hold(away, lambda completed: self._unlocked() if completed else self.lock())
        else:
            self._unlocked()

    def _unlocked(self) -> None:
        self.bell()
        self.stand_aside()

    def hold(self, away: TokenAway, back: Callable[[bool], None]) -> None:
        """Cover the screen while the 票箱U盘 is out; then uncover it and go `back`."""
        self._stage.cover(TokenScreen(self._hall, away, lambda completed: self._uncover(back, completed)))

    def _uncover(self, back: Callable[[bool], None], completed: bool) -> None:
        self._stage.uncover()
        back(completed)
        if self._stood_still:
            self._stood_still = False
            self.give_up()

    def ask_for_menu(self) -> None:
        """Ask for the PIN that opens the menu."""
        self._go(MenuPinScreen(self._hall))

    def menu(self, message: str = "") -> None:
        """The supervisor's menu."""
        self._go(MenuScreen(self._hall, message))

    def checks(self) -> None:
        """Look at the laptop and the hall again."""
        self._go(ChecksScreen(self._hall, self._fittings.checks()))

    def pause(self) -> None:
        """Hold the voting; afterwards the keypad asks for the PIN again."""
        self._caller.disarm()
        self._go(PausedScreen(self._hall))

    def ask_helped(self) -> None:
        """Ask whether to count a helped voter."""
        self._go(HelpedScreen(self._hall))

    def helped(self) -> None:
        """Count a helped voter."""
        self._do(self._booth.note_helped, lambda: self.menu(texts.HELPED_DONE))

    def ask_end(self) -> None:
        """Ask whether the voting ends."""
        self._go(EndScreen(self._hall))

    def end(self) -> None:
        """End the voting and show what is to be written down."""
        self._caller.disarm()
        self._do(self._booth.stop, lambda: self._go(StoppedScreen(self._hall, self._booth.stopped())))

    def leave(self) -> None:
        """Leave with status 0."""
        self.exit(0)

    # The voter's way ----------------------------------------------------------------------------------------------

    def stand_aside(self) -> None:
        """The voter's first screen."""
        self._go(AsideScreen(self._hall))

    def mark(self) -> None:
        """The ballot, nothing marked."""
        self._go(BallotScreen(self._hall))

    def review(self, choice: Choice) -> None:
        """The choice once more."""
        self._go(ReviewScreen(self._hall, choice))

    def cast(self, choice: Choice) -> None:
        """Put the ballot in; only when that is durable does anything say so."""
        self._do(lambda: self._booth.cast(choice), self._cast)

    def _cast(self) -> None:
        self.bell()
        self._go(ThanksScreen(self._hall))

    def cancel(self) -> None:
        """Ask for the PIN that ends the session."""
        self._go(CancelScreen(self._hall))

    def void(self) -> None:
        """End the session without a ballot."""
        self._do(self._booth.void_session, lambda: self._go(NotCastScreen(self._hall)))

    def _do(self, change: Callable[[], object], then: Callable[[], None]) -> None:
        """Let the box make a change and go on once it is durable, with the stick in or back in."""
        try:
            change()
        except TokenAway as away:
            self.hold(away, lambda _completed: then())
        else:
            then()

    def _go(self, screen: KioskScreen) -> None:
        self._stage.turn(screen)
