"""The result on the screen of the hall, page by page (“测评结果当场公布”); nothing is read or decided here."""

from __future__ import annotations

from collections.abc import Iterator

from textual.widget import Widget

from kiosk import texts
from kiosk.hardened import HardenedApp, HardenedScreen
from kiosk.pages import Announcement, Pages
from kiosk.screens.board import Board, Row
from kiosk.screens.frame import Frame
from kiosk.theme import theme_of


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

    def __init__(self, announcement: Announcement) -> None:
        """Start on the first page."""
        super().__init__()
        self._announcement = announcement
        self._pages = Pages(announcement)
        self._page = 0
        self._board = Board(self.rows, theme_of(rehearsal=announcement.rehearsal))

    def compose(self) -> Iterator[Widget]:
        """One widget: the board."""
        yield self._board

    def pressed(self, key: str, character: str | None) -> None:
        """Enter or Esc; nothing else does anything."""
        del character
        if key == "enter":
            self.turn()
            self._board.redraw()
        elif key == "escape":
            self.app.exit(0)

    def turn(self) -> None:
        """Go to the next page, from the last one to the first."""
        self._page = (self._page + 1) % len(self._pages.all)

    def rows(self, width: int, height: int) -> list[Row]:
        """The whole screen as it stands now, in rows of at most `width` cells."""
        shown = self._announcement
        place = texts.page_of(self._page + 1, len(self._pages.all))
        body = self._pages.all[self._page]
        frame = Frame(shown.title, shown.rehearsal, body, shown.warning, place, texts.ANNOUNCE_KEYS, dense=True)
        return frame.draw(width, height)
