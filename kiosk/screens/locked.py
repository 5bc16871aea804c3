"""The locked kiosk between two voters, and the supervisor's choice of a member from the roster."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from rich.cells import cell_len

from kiosk import texts
from kiosk.booth import TokenAway, WrongPin, WrongSlip
from kiosk.entry import Entry
from kiosk.giant import largest
from kiosk.layout import cut, pad
from kiosk.screens.base import Hall, KioskScreen
from kiosk.screens.board import EMPTY, STRONG, Row, centred_row, middle, row
from kiosk.screens.pin import PinScreen, edited
from kiosk.screens.stationed import entry_words, resting


class LockedScreen(PinScreen):
    """Counts, 有效线 and 箱号, never a partial result; the PIN or a slip opens the kiosk for one voter."""

    idles = False

    def __init__(self, hall: Hall, *, after_cast: bool = False, full: bool = False, refusal: str = "") -> None:
        """`after_cast`: take nothing for a while; `full`: no further voters; `refusal`: why nothing was unlocked."""
        super().__init__(hall)
        self._figures = hall.booth.figures()
        self._full = full or self._figures.collected >= hall.booth.heading.expected
        self._refusal = refusal
        self._next_look = hall.clock()
        self._paused_until = hall.clock() + (hall.timings.pause_after_cast_s if after_cast else 0.0)
        self._words = entry_words(hall.booth.heading)
        self._rest: int | None = None
        """How many steps a stationed kiosk has rested, None while it does not."""

    def body(self, width: int, height: int) -> Sequence[Row]:
        """The counts in the middle, giant where there is room, the call for the next member below them.

        Every row has its place whatever the counts are, so nothing moves from one voter to the next.
        """
        if self._rest is not None:
            return resting(self.hall.booth.heading, self._rest, width, height)
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
        hint = self.hall.hint or self.hall.keypad_line() or self._words.window
        return (texts.SAME_DISK if self.hall.booth.heading.key_on_same_disk else "", hint)

    def status(self) -> str:
        """Whether the keyboard is locked; asked of the guard at every tick."""
        return self.hall.guard_line()

    def key_line(self) -> str:
        """What may be typed."""
        return "" if self._rest is not None else self._words.keys

    def prompt(self) -> str:
        """Nothing can be typed during the pause after a cast."""
        if self._rest is not None:
            return texts.REST_PROMPT
        if self._is_paused:
            return texts.PAUSE
        wait = self._wait_s() or self._slip_wait_s()
        return texts.please_wait(wait) if wait else self._words.prompt + self._entry.bullets()

    def typed(self, key: str, character: str | None) -> None:
        """Take nothing during the pause, so that nobody slips in a second vote unseen; any key ends the rest."""
        if self._rest is not None:
            self._rest = None
        elif not self._is_paused:
            super().typed(key, character)

    def check(self, typed: bytearray) -> None:
        """A slip where there are slips, else the PIN."""
        self.hall.booth.admit(typed, self.hall.clock())

    def checking(self) -> str:
        """Not which of the two it is."""
        return self._words.checking

    def wrong(self) -> str:
        """Nor here."""
        return self._words.wrong

    def refused(self, wrong: WrongPin | WrongSlip) -> str:
        """With slips the other counter may still take something, so the wait is told here."""
        if not self.hall.booth.heading.slips:
            return super().refused(wrong)
        if not wrong.tried:
            return texts.please_wait(ceil(wrong.wait_s))
        return texts.wrong_entry(self._words.wrong, wrong.tries_left, wrong.wait_s)

    def called(self) -> None:
        """The armed keypad calls the next member: what stood in the prompt is dropped."""
        if self.is_acting and not self._is_paused and not self._checking and not self.too_small:
            self.forget()
            self.hall.booth.call_next()
            self.accepted()

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
        self._look_to_rest(since_key_s)
        super().passed(since_key_s)

    def _look_to_rest(self, since_key_s: float) -> None:
        timings = self.hall.timings
        if not self.hall.booth.heading.stationed or since_key_s < timings.rest_s:
            return
        steps = int((since_key_s - timings.rest_s) / timings.rest_step_s)
        if steps != self._rest:
            self.forget()
            self._rest = steps
            self.show()

    def accepted(self) -> None:
        """On to the voter, or say again that everybody has voted."""
        if self._full:
            self.hall.flow.lock(full=True)
        else:
            self.hall.flow.opened()

    def back(self) -> None:
        """`0` Enter on the locked screen asks for the menu."""
        self.hall.flow.ask_for_menu()

    def _wait_s(self) -> int:
        """Nothing is taken while PIN and slips both have to wait.

        Stationed, a prankster's wait must not keep the supervisor from the menu: the box refuses slips by itself.
        """
        booth, now = self.hall.booth, self.hall.clock()
        if booth.heading.stationed:
            return 0
        wait = booth.wait_s(now)
        return ceil(min(wait, booth.slip_wait_s(now)) if booth.heading.slips else wait)

    def _slip_wait_s(self) -> int:
        """The wait that a stationed kiosk shows while nothing is being typed."""
        shown = self.hall.booth.heading.stationed and not len(self._entry)
        return ceil(self.hall.booth.slip_wait_s(self.hall.clock())) if shown else 0

    @property
    def _is_paused(self) -> bool:
        return self.hall.clock() < self._paused_until

    def _call(self) -> tuple[str, str]:
        return (texts.ALL_VOTED, texts.ALL_VOTED_THEN) if self._full else (self._words.call, self._refusal)


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
