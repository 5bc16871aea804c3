"""A prompt for the supervisor's 开启口令: the same digits, waits and way back wherever it is asked."""

from __future__ import annotations

from math import ceil

from kiosk import texts
from kiosk.booth import MiscopiedSlip, TokenAway, WrongPin, WrongSlip
from kiosk.entry import Entry
from kiosk.screens.base import Hall, KioskScreen

DIGITS = frozenset("0123456789")


def edited(entry: Entry, key: str, character: str | None) -> str:
    """Put one key other than Enter into `entry`; the answer to show, empty when there is nothing to say."""
    if character is not None and character in DIGITS:
        return "" if entry.add(character) else texts.FULL
    if key == "backspace":
        entry.drop_last()
    elif key == "escape":
        entry.clear()
    else:
        return texts.DIGITS_ONLY
    return ""


class PinScreen(KioskScreen):
    """Takes digits and Enter; `0` Enter goes back, an empty Enter does nothing, a wait takes nothing at all."""

    KEY_LINE = texts.BACK_KEYS

    def __init__(self, hall: Hall) -> None:
        """Start with nothing typed."""
        super().__init__(hall)
        self._entry = Entry()
        self._checking = False

    def accepted(self) -> None:
        """The PIN was right."""
        raise NotImplementedError

    def back(self) -> None:
        """`0` Enter."""

    def check(self, typed: bytearray) -> None:
        """Ask the box; on a locked screen it may be a slip."""
        self.hall.booth.check_pin(typed, self.hall.clock())

    def checking(self) -> str:
        """Said while the box looks."""
        return texts.CHECKING

    def wrong(self) -> str:
        """What was wrong."""
        return texts.WRONG_PIN

    def refused(self, wrong: WrongPin | WrongSlip) -> str:
        """What a wrong entry answers."""
        return texts.wrong_pin(wrong.tries_left)

    def prompt(self) -> str:
        """The bullets, or how long to wait."""
        wait = self._wait_s()
        return texts.please_wait(wait) if wait else texts.PIN_PROMPT + self._entry.bullets()

    def forget(self) -> None:
        """Overwrite the digits."""
        self._entry.clear()

    def typed(self, key: str, character: str | None) -> None:
        """Take a key of the prompt; nothing while a PIN is being checked or a wait runs."""
        if self._checking:
            return
        if self._wait_s():
            self._entry.clear()
            return
        self.message = ""
        if key == "enter":
            self._entered()
        else:
            self.message = edited(self._entry, key, character)

    def _entered(self) -> None:
        if self._entry.is_zero:
            self._entry.clear()
            self.back()
        elif len(self._entry):
            # Argon2id holds the loop for some 0.2 s: say so first, check after that paint.
            self._checking = True
            self.message = self.checking()
            self.call_after_refresh(self._check)

    def _check(self) -> None:
        if not self.is_acting:
            return
        self._checking = False
        self.message = ""
        try:
            with self._entry.taken() as typed:
                self.check(typed)
        except (WrongPin, WrongSlip, MiscopiedSlip) as wrong:
            self.message = texts.SLIP_MISCOPIED if isinstance(wrong, MiscopiedSlip) else self.refused(wrong)
            self.settle()  # what was typed while the box was at work decides nothing
            self.show()
        except TokenAway as away:
            self.hall.flow.hold(away, self._back_here)
        else:
            self.accepted()

    def _back_here(self, completed: bool) -> None:
        """A right PIN writes nothing: where a change was completed, it was the count of a wrong one."""
        self.message = self.wrong() if completed else ""
        self.show()

    def _wait_s(self) -> int:
        return max(0, ceil(self.hall.booth.wait_s(self.hall.clock())))
