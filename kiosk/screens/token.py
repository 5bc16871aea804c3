"""The voting is held because the 票箱U盘 is out; it goes on by itself when the stick is back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiosk import texts
from kiosk.booth import TokenAway
from kiosk.screens.base import Hall, KioskScreen
from kiosk.screens.board import EMPTY, Row, centred_row
from kiosk.screens.frame import column, headline


class TokenScreen(KioskScreen):
    """Asks for the stick and looks for it; takes no key, shows nothing of what was being done."""

    idles = False

    def __init__(self, hall: Hall, away: TokenAway, back: Callable[[bool], None]) -> None:
        """`back` leads on once the box knows its state, given whether a change was interrupted and completed."""
        super().__init__(hall)
        self._short = away.short
        self._back = back
        self._next_look = hall.clock() + hall.timings.token_check_s

    def body(self, width: int, height: int) -> Sequence[Row]:
        """What to do, what is wrong, and that nothing is lost."""
        notes = (texts.token_state(self._short), texts.STICK_WHY, texts.STICK_OPEN)
        lines = [line for note in notes for line in (*column(note, width), "")]
        head = headline(texts.STICK_AWAY, width, height - len(lines) - 1, texts.PAUSED)
        return [*head, EMPTY, *(centred_row(line, width) for line in lines)]

    def passed(self, since_key_s: float) -> None:
        """Look for the stick now and then."""
        del since_key_s
        if self.hall.clock() < self._next_look:
            return
        self._next_look = self.hall.clock() + self.hall.timings.token_check_s
        try:
            completed = self.hall.booth.resume()
        except TokenAway as away:
            self._short = away.short
            self.show()
        else:
            self._back(completed)
