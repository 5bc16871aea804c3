"""A sheet to read before or after a demonstration: rows of text, Enter or its time goes on, Esc leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.widget import Widget

from kiosk.hardened import HardenedApp, HardenedScreen
from kiosk.screens.board import EMPTY, STRONG, Board, Row, centred_row
from kiosk.screens.frame import Frame, column
from kiosk.theme import theme_of


class SheetApp(HardenedApp):
    """Shows one sheet; afterwards `went_on` says whether it was Esc that ended it."""

    went_on = True

    def __init__(self, title: str, lines: Sequence[str], keys: str, *, stands_s: float) -> None:
        """Show `lines`, the first one strong, under the 演练 banner; go on by itself after `stands_s` seconds."""
        super().__init__()
        self._screen = SheetScreen(title, lines, keys)
        self._stands_s = stands_s

    def get_default_screen(self) -> HardenedScreen:
        """The only screen."""
        return self._screen

    def on_mount(self) -> None:
        """Nobody need press anything."""
        self.set_timer(self._stands_s, lambda: self.exit(0))

    def leave(self) -> None:
        """End here."""
        self.went_on = False
        self.exit(0)


class SheetScreen(HardenedScreen):
    """The rows on a board."""

    DEFAULT_CSS = "SheetScreen { background: #000000; color: #ffffff; }"

    def __init__(self, title: str, lines: Sequence[str], keys: str) -> None:
        """As `SheetApp`."""
        super().__init__()
        self._frame = Frame(title, rehearsal=True, body=self._body, keys=keys)
        self._lines = lines

    def compose(self) -> Iterator[Widget]:
        """One widget: the board."""
        yield Board(self._frame.draw, theme_of(rehearsal=True))

    def pressed(self, key: str, character: str | None) -> None:
        """Enter goes on, Esc leaves."""
        del character
        if key == "enter":
            self.app.exit(0)
        elif key == "escape" and isinstance(self.app, SheetApp):
            self.app.leave()

    def _body(self, width: int, height: int) -> list[Row]:
        first, *others = self._lines
        rows = [centred_row(first, width, STRONG), EMPTY]
        rows += [centred_row(part, width) for line in others for part in column(line, width)]
        return rows[:height]
