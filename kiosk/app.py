"""The voting kiosk: which screen follows which, and the one call to the box on each way.

No rule of voting is decided here. Everything the box does is waited for in the loop itself: while it works no key,
no tick and no second call can come between, and what was typed meanwhile is dropped by the gate of the next screen.
An exception of the box other than WrongPin, BoxFull, WindowClosed and TokenAway ends the app with nothing acknowledged.
TokenAway covers the screen until the 票箱U盘 is back and the box has completed what was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk import texts
from kiosk.booth import Booth, BoxFull, TokenAway, WindowClosed
from kiosk.hardened import HardenedApp
from kiosk.screens.base import Hall, KioskScreen
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
        caption: Callable[[], str] = str,
    ) -> None:
        """Prepare the kiosk.

        Args:
            booth: the box, already opened by two officers.
            timings: every waiting time.
            clock: the monotonic clock, in seconds.
            hint: a line for the locked screen, e.g. the PIN of a demonstration.
            caption: asked for a line on every screen whenever one is drawn.
        """
        super().__init__(settled_after_s=timings.settled_s)
        self._booth = booth
        self._hall = Hall(booth, timings, clock, self, hint, caption)
        self._stage = Stage(LockedScreen(self._hall), timings.tick_s)

    def get_default_screen(self) -> Stage:
        """The kiosk starts locked."""
        return self._stage

    @property
    def shown(self) -> KioskScreen:
        """The screen that people see."""
        return self._stage.shown

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
        self._stage.cover(TokenScreen(self._hall, away, lambda completed: self._uncover(back, completed)))

    def _uncover(self, back: Callable[[bool], None], completed: bool) -> None:
        self._stage.uncover()
        back(completed)

    def ask_for_menu(self) -> None:
        """Ask for the PIN that opens the menu."""
        self._go(MenuPinScreen(self._hall))

    def menu(self, message: str = "") -> None:
        """The supervisor's menu."""
        self._go(MenuScreen(self._hall, message))

    def pause(self) -> None:
        """Hold the voting."""
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
