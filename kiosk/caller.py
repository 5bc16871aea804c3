"""What the supervisor's keypad does: the 开启口令 once, then Enter alone calls the next member (docs/adr/0013).

It calls only from the locked screen, and only while that takes anything at all. It needs the PIN again after it was
unplugged, after a pause and after every start.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk import texts
from kiosk.booth import Booth, TokenAway, WrongPin
from kiosk.entry import Entry
from kiosk.keypad import ENTER, ESCAPE


class Caller:
    """The keypad's state and its line on the locked screen."""

    def __init__(self, booth: Booth, clock: Callable[[], float], *, here: Callable[[], bool]) -> None:
        """`here` tells whether the keypad is plugged in; `clock`: the monotonic one, in seconds."""
        self._booth = booth
        self._clock = clock
        self._here = here
        self._entry = Entry()
        self._answer = ""
        self.armed = False

    def line(self) -> str:
        """What the locked screen says of the keypad."""
        if not self._here():
            return texts.KEYPAD_AWAY
        if self.armed:
            return texts.KEYPAD_ARMED
        typed = self._entry.bullets()
        return texts.keypad_typed(typed) if typed else self._answer or texts.KEYPAD_ASKS

    def disarm(self) -> None:
        """The PIN is needed again; what was typed is overwritten."""
        self._entry.clear()
        self._answer = ""
        self.armed = False
        self._booth.disarm()

    def pressed(self, key: str) -> bool:
        """Take one key on the locked screen; whether the next member is called.

        Raises:
            TokenAway: a wrong PIN could not be counted, for the stick is out.
        """
        if self.armed:
            return key == ENTER
        self._answer = ""
        if key == ESCAPE:
            self._entry.clear()
        elif key != ENTER:
            self._entry.add(key)
        elif len(self._entry):
            self._try_pin()
        return False

    def _try_pin(self) -> None:
        try:
            with self._entry.taken() as pin:
                self._booth.check_pin(pin, self._clock())
        except WrongPin as wrong:
            self._answer = texts.keypad_wrong(wrong.tries_left, wrong.wait_s)
        except TokenAway:
            self._answer = texts.KEYPAD_ASKS
            raise
        else:
            self._booth.arm()
            self.armed = True
