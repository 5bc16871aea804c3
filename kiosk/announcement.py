"""The result on the screen of the hall, page by page (“测评结果当场公布”); nothing is read or decided here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.widget import Widget

from kiosk import texts
from kiosk.hardened import HardenedApp, HardenedScreen
from kiosk.layout import pad, wrap_groups
from kiosk.qr import fitting
from kiosk.screens.board import EMPTY, PLAIN, STRONG, Board, Row, beside, centred_row, middle, row, row_width
from kiosk.screens.frame import Frame, column
from rounds.results import OUTCOME_NAMES, PRIORITY_NAMES, Figures, reason_sentence, result_sentence

_WORDS_WIDTH = 36
"""Cells beside the QR code for 箱号 and fingerprint."""
_GAP = 3


@dataclass(frozen=True)
class Announcement:
    """One verified result as the hall sees it.

    Below quorum `figures` has None for whatever would need an open box; the pages then say that it stayed closed.
    """

    title: str
    figures: Figures
    box_words: str
    """箱号."""
    fingerprint_words: str
    """The first words of the result file's digest."""
    code: str
    """What the QR code holds: short (up to some 70 ASCII characters fit on 80 × 24)."""
    rehearsal: bool = False
    warning: str = ""
    """One line on every page, e.g. that the signing organisation is not enrolled (未验证)."""
    remarks: tuple[str, ...] = ()
    """Sentences below the reason: restarts, 启用应急码 and what else the result admits."""


class AnnouncementApp(HardenedApp):
    """Shows the pages until somebody leaves with Esc; then the status is 0."""

    def __init__(self, announcement: Announcement, *, settled_after_s: float = 0.4) -> None:
        """Show `announcement`; a page takes a key once it has stood for `settled_after_s` seconds."""
        super().__init__(settled_after_s=settled_after_s)
        self._announcement = announcement

    def get_default_screen(self) -> HardenedScreen:
        """The only screen."""
        return AnnouncementScreen(self._announcement)


class AnnouncementScreen(HardenedScreen):
    """One page at a time: Enter turns, after the last one comes the first again, Esc leaves."""

    DEFAULT_CSS = "AnnouncementScreen { background: #000000; color: #ffffff; }"

    def __init__(self, announcement: Announcement) -> None:
        """Start on the first page."""
        super().__init__()
        self._announcement = announcement
        self._pages = Pages(announcement)
        self._page = 0
        self._board = Board(lambda width, height: self._frame().draw(width, height))

    def compose(self) -> Iterator[Widget]:
        """One widget: the board."""
        yield self._board

    def pressed(self, key: str, character: str | None) -> None:
        """Enter or Esc; nothing else does anything."""
        del character
        if key == "enter":
            self._page = (self._page + 1) % len(self._pages.all)
            self._board.redraw()
        elif key == "escape":
            self.app.exit(0)

    def _frame(self) -> Frame:
        shown = self._announcement
        place = texts.page_of(self._page + 1, len(self._pages.all))
        body = self._pages.all[self._page]
        return Frame(shown.title, shown.rehearsal, body, shown.warning, place, texts.ANNOUNCE_KEYS)


class Pages:
    """The pages of one announcement; each draws itself in at most `width` × `height` cells."""

    def __init__(self, announcement: Announcement) -> None:
        """Prepare the pages of `announcement`."""
        self._shown = announcement
        self.all = (self.attendance, self.account, self.votes, self.outcome, self.box)

    def attendance(self, width: int, height: int) -> Sequence[Row]:
        """应到, 实到."""
        figures = self._shown.figures
        return _table(
            ((texts.REGISTERED, texts.persons(figures.registered)), (texts.PRESENT, texts.persons(figures.present))),
            width,
            height,
        )

    def account(self, width: int, height: int) -> Sequence[Row]:
        """发出, 收回, 有效, 无效."""
        figures = self._shown.figures
        counts = (figures.issued, figures.collected, figures.valid, figures.invalid)
        return _table(
            tuple((label, texts.sheets(count)) for label, count in zip(texts.ACCOUNT, counts, strict=True)),
            width,
            height,
        )

    def votes(self, width: int, height: int) -> Sequence[Row]:
        """满意, 不满意, 满意度; below quorum only that the box stayed closed."""
        figures = self._shown.figures
        if figures.rate_percent is None:
            return [centred_row(texts.BOX_CLOSED, width, STRONG)]
        values = (texts.votes(figures.satisfied), texts.votes(figures.unsatisfied), f"{figures.rate_percent}%")
        return _table(tuple(zip(texts.VOTES, values, strict=True)), width, height)

    def outcome(self, width: int, height: int) -> Sequence[Row]:
        """The outcome, then why, then the whole sentence and what the result admits."""
        figures = self._shown.figures
        priorities = (PRIORITY_NAMES[priority] for priority in figures.priorities)
        sentences = (reason_sentence(figures), *priorities, result_sentence(figures), *self._shown.remarks)
        headline = column(texts.outcome(OUTCOME_NAMES[figures.outcome]), width)
        lines = [line for sentence in sentences for line in column(sentence, width)]
        left = " " * ((width - max(map(row_width, map(row, lines)))) // 2)
        rows = [*(centred_row(line, width, STRONG) for line in headline), EMPTY, *(row(left + line) for line in lines)]
        return rows[:height]

    def box(self, width: int, height: int) -> Sequence[Row]:
        """箱号 and fingerprint in words, the code beside them where it fits."""
        words = [
            *(row(line, STRONG) for line in wrap_groups(texts.box(self._shown.box_words), _WORDS_WIDTH)),
            EMPTY,
            *(row(line) for line in wrap_groups(texts.fingerprint(self._shown.fingerprint_words), _WORDS_WIDTH)),
        ]
        code = fitting(self._shown.code, width - 4 - _GAP - _WORDS_WIDTH, height)
        if not code:
            return [*(middle(line, width) for line in words), EMPTY, centred_row(texts.NO_ROOM_FOR_CODE, width)]
        blank = [EMPTY] * ((len(code) - len(words)) // 2)
        right = [*blank, *words, *[EMPTY] * len(code)][: len(code)]
        code_width = row_width(code[0])
        whole = code_width + _GAP + _WORDS_WIDTH
        left = " " * ((width - whole) // 2)
        return [(*row(left, PLAIN), *line) for line in beside(code, right, code_width, _GAP)]


def _table(rows: Sequence[tuple[str, str]], width: int, height: int) -> list[Row]:
    """Label and value below each other, an empty row between them, values from one edge."""
    widest = max(cell_len(label) for label, _ in rows)
    lines = [row(f"{pad(label, widest)}　{value}", STRONG) for label, value in rows]
    left = " " * ((width - max(map(row_width, lines))) // 2)
    spaced = [part for line in lines for part in ((*row(left, PLAIN), *line), EMPTY)]
    return spaced[:-1][:height]
