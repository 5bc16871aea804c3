"""The locked kiosk between two voters, and the supervisor's choice of a member from the roster."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from kiosk import texts
from kiosk.booth import TokenAway
from kiosk.entry import Entry
from kiosk.giant import largest
from kiosk.layout import cut, pad
from kiosk.screens.base import Hall, KioskScreen
from kiosk.screens.board import EMPTY, STRONG, Row, centred_row, middle, row
from kiosk.screens.pin import PinScreen, edited


class LockedScreen(PinScreen):
    """Counts, 有效线 and 箱号, never a partial result; the PIN opens the kiosk for one voter."""

    KEY_LINE = texts.LOCKED_KEYS
    idles = False

    def __init__(self, hall: Hall, *, after_cast: bool = False, full: bool = False, refusal: str = "") -> None:
        """`after_cast`: take nothing for a while; `full`: no further voters; `refusal`: why nothing was unlocked."""
        super().__init__(hall)
        self._figures = hall.booth.figures()
        self._full = full or self._figures.collected >= hall.booth.heading.expected
        self._refusal = refusal
        self._next_look = hall.clock()
        self._paused_until = hall.clock() + (hall.timings.pause_after_cast_s if after_cast else 0.0)

    def body(self, width: int, height: int) -> Sequence[Row]:
        """The counts in the middle, giant where there is room, the call for the next member below them.

        Every row has its place whatever the counts are, so nothing moves from one voter to the next.
        """
        heading = self.hall.booth.heading
        top = [centred_row(texts.box(heading.box_words), width)]
        widest = cell_len(texts.cast_of(heading.expected, heading.expected))
        counts = [
            centred_row(pad(texts.cast_of(self._figures.collected, heading.expected), widest), width, STRONG),
            centred_row(texts.quorum_line(heading.quorum_needed), width),
        ]
        call = [centred_row(line, width, STRONG) for line in self._call()]
        notes = [centred_row(line, width) for line in self._notes()]
        plain = len([*top, *counts, *call, *notes])
        big = self._counts(width, height - plain - 1)
        gap = [EMPTY] if height >= plain + len(big) + 4 else []
        return [*top, *gap, *big, *gap, *counts, *gap, *call, EMPTY, *notes]

    def _counts(self, width: int, height: int) -> list[Row]:
        """已投 N / 应参加 M, the first figure on the places of the second."""
        expected = str(self.hall.booth.heading.expected)
        collected = str(self._figures.collected).rjust(len(expected))
        written = largest((texts.cast_big(collected, expected), f"{collected}/{expected}"), width - 4, height)
        return [middle(line, width) for line in written]

    def _notes(self) -> tuple[str, ...]:
        """Lines below the call, each always on its row: what the supervisor should know."""
        return (texts.SAME_DISK if self.hall.booth.heading.key_on_same_disk else "", self.hall.hint)

    def prompt(self) -> str:
        """Nothing can be typed during the pause after a cast."""
        return texts.PAUSE if self._is_paused else super().prompt()

    def typed(self, key: str, character: str | None) -> None:
        """Take nothing during the pause, so that nobody slips in a second vote unseen."""
        if not self._is_paused:
            super().typed(key, character)

    def passed(self, since_key_s: float) -> None:
        """See that the 票箱U盘 is in, before a voter comes up."""
        if self.hall.clock() >= self._next_look and not self._checking:
            self._next_look = self.hall.clock() + self.hall.timings.token_check_s
            try:
                self.hall.booth.check_token()
            except TokenAway as away:
                self.forget()
                self.hall.flow.hold(away, lambda _completed: None)
                return
        super().passed(since_key_s)

    def accepted(self) -> None:
        """On to the voter, or say again that everybody has voted."""
        if self._full:
            self.hall.flow.lock(full=True)
        else:
            self.hall.flow.opened()

    def back(self) -> None:
        """`0` Enter on the locked screen asks for the menu."""
        self.hall.flow.ask_for_menu()

    @property
    def _is_paused(self) -> bool:
        return self.hall.clock() < self._paused_until

    def _call(self) -> tuple[str, str]:
        return (texts.ALL_VOTED, texts.ALL_VOTED_THEN) if self._full else (texts.NEXT_MEMBER, self._refusal)


class MemberScreen(KioskScreen):
    """The members who have not voted, by number; the supervisor types one before the member comes up."""

    KEY_LINE = texts.MEMBER_KEYS

    def __init__(self, hall: Hall) -> None:
        """Ask the box who has not voted yet."""
        super().__init__(hall)
        self._members = hall.booth.unmarked()
        self._entry = Entry()
        self._page = 0

    def body(self, width: int, height: int) -> Sequence[Row]:
        """As many columns as fit, filled downwards, so that a member keeps the place while nobody votes."""
        cells = [self._label(position) for position in self._members]
        column = min(max(map(cell_len, cells), default=1) + 3, width - 4)
        columns, rows = max(1, (width - 4) // column), max(1, height - 3)
        pages = max(1, -(-len(cells) // (columns * rows)))
        self._page %= pages
        shown = cells[self._page * columns * rows :][: columns * rows]
        lines = ["".join(pad(cut(cell, column - 1), column) for cell in shown[y::rows]) for y in range(rows)]
        heading = centred_row(texts.CHOOSE_MEMBER, width, STRONG)
        place = texts.page_of(self._page + 1, pages) if pages > 1 else ""
        return [heading, EMPTY, *(row("  " + line) for line in lines), centred_row(place, width)]

    def prompt(self) -> str:
        """The number, which is no secret."""
        return texts.MEMBER_PROMPT + self._entry.shown()

    def forget(self) -> None:
        """Drop the number."""
        self._entry.clear()

    def expired(self) -> None:
        """The PIN was typed and nobody chose: a stranger must not."""
        self.hall.flow.lock()

    def typed(self, key: str, character: str | None) -> None:
        """Digits and Enter; Enter alone turns the page."""
        self.message = ""
        if key != "enter":
            self.message = edited(self._entry, key, character)
        elif len(self._entry):
            self._entered()
        else:
            self._page += 1

    def _entered(self) -> None:
        number = self._entry.number()
        self._entry.clear()
        if number == 0:
            self.hall.flow.lock()
        elif number - 1 in self._members:
            self.hall.flow.unlock(number - 1)
        else:
            self.message = texts.NO_SUCH_MEMBER

    def _label(self, position: int) -> str:
        return f"{position + 1:>4}　{self.hall.booth.heading.roster[position]}"
