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
from kiosk.hardened import HardenedApp, HardenedScreen
from kiosk.keypad import ENTER, Keypad
from kiosk.screens.base import Hall, KioskScreen
from kiosk.screens.locked import LockedScreen, MemberScreen
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
from kiosk.suspension import Suspension, slept_s
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
        hint: str = "",
        keypad: Keypad | None = None,
        slept: Callable[[], float] = slept_s,
    ) -> None:
        """Prepare the kiosk.

        Args:
            booth: the box, already opened by two officers.
            timings: every waiting time.
            clock: the monotonic clock, in seconds.
            hint: a line for the locked screen, e.g. the PIN of a demonstration.
            keypad: the supervisor's own, grabbed.
            slept: seconds that the machine has slept so far.
        """
        super().__init__(settled_after_s=timings.settled_s)
        self._booth = booth
        self._keypad = keypad
        self._caller = Caller(booth, clock, here=lambda: keypad is not None and keypad.is_here)
        self._hall = Hall(booth, timings, clock, self, hint, self._caller.line if keypad else str)
        self._suspension = Suspension(slept, clock)
        self._stood_still = False

    def get_default_screen(self) -> HardenedScreen:
        """An empty screen under all others: Textual cannot replace the first one."""
        return HardenedScreen()

    def on_mount(self) -> None:
        """The kiosk starts locked."""
        self.push_screen(LockedScreen(self._hall))
        self.set_interval(self._hall.timings.beat_s, self._beat)
        if self._keypad is not None:
            loop = asyncio.get_running_loop()
            # through the app's own queue: only there screens can be replaced
            self._keypad.listen(
                loop, lambda key: self.call_later(self.called, key), lambda: self.call_later(self._keypad_changed)
            )
            self.set_interval(self._hall.timings.keypad_check_s, self._keypad.look_again)

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
        if isinstance(self.screen, TokenScreen):
            self._stood_still = True
        elif isinstance(self.screen, KioskScreen):
            self.screen.give_up()
            if isinstance(self.screen, KioskScreen):
                self.screen.show()

    # The supervisor's keypad --------------------------------------------------------------------------------------

    def called(self, key: str) -> None:
        """One key of the keypad: the PIN that arms it, then Enter for the next member; a roster's number too."""
        screen = self.screen
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
        if isinstance(self.screen, KioskScreen):
            self.screen.show()

    # The supervisor's way -----------------------------------------------------------------------------------------

    def lock(self, *, after_cast: bool = False, full: bool = False, refusal: str = "") -> None:
        """The locked screen; `full`: the box refused a further unlock; `refusal`: why it refused this one."""
        self._go(LockedScreen(self._hall, after_cast=after_cast, full=full, refusal=refusal))

    def opened(self) -> None:
        """With a roster the member is chosen first."""
        if self._booth.heading.roster:
            self._go(MemberScreen(self._hall))
        else:
            self.unlock(None)

    def unlock(self, member: int | None) -> None:
        """Issue one ballot; the hall hears it."""
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
        self.push_screen(TokenScreen(self._hall, away, lambda completed: self._uncover(back, completed)))

    def _uncover(self, back: Callable[[bool], None], completed: bool) -> None:
        self.pop_screen()
        if isinstance(self.screen, KioskScreen):
            self.screen.uncovered()
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
        self.switch_screen(screen)
