"""The one widget of every screen: rows of text on black, repainted only where they changed.

No markup can be written here (rows are segments, not strings to parse), nothing is laid out twice and nothing moves: a
row has its place. Rows are drawn in the official colours; the board dresses them in those of its theme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from kiosk.layout import clean, pad
from kiosk.screens.lines import Lines
from kiosk.theme import OFFICIAL, PLAIN, REVERSED, STRONG, Theme, dressed, shown_in

__all__ = ["EMPTY", "PLAIN", "REVERSED", "STRONG", "Board", "Row"]

Row = tuple[Segment, ...]
"""One line of the screen from the left; what is missing on the right is black."""

EMPTY: Row = ()


def row(text: str, style: Style = PLAIN) -> Row:
    """`text` from the left edge; controls in it are replaced."""
    return (Segment(clean(text).replace("\n", " "), style),)


def spelled(text: str) -> Row:
    """`text` from the left edge, a segment a character: no drawn piece of it is longer."""
    return tuple(Segment(character, PLAIN) for character in clean(text).replace("\n", " "))


def centred_row(text: str, width: int, style: Style = PLAIN) -> Row:
    """`text` in the middle of `width` cells; the style covers the text alone."""
    return middle(row(text, style), width)


def middle(content: Row, width: int) -> Row:
    """`content` in the middle of `width` cells."""
    return (Segment(" " * max(0, (width - row_width(content)) // 2), PLAIN), *content)


def bar(text: str, width: int) -> Row:
    """`text` in the middle of a full-width reversed bar."""
    left = max(0, (width - cell_len(text)) // 2)
    return (Segment(pad(" " * left + text, width), REVERSED),)


def row_width(content: Row) -> int:
    """The cells `content` takes."""
    return sum(segment.cell_length for segment in content)


def filled(content: Row, width: int) -> Row:
    """`content` with black up to exactly `width` cells."""
    return tuple(Strip(content).adjust_cell_length(width, PLAIN))


def painted(content: Row, width: int, theme: Theme) -> Row:
    """`content` over exactly `width` cells in the colours of `theme`, as the terminal gets it."""
    whole = filled(content, width)
    if theme is OFFICIAL:
        return whole
    return tuple(Segment(segment.text, dressed(segment.style or PLAIN, theme)) for segment in whole)


def panel(content: Sequence[Row], width: int, height: int) -> list[Row]:
    """A frame of `width` × `height` cells around `content` in its middle.

    The frame is reversed spaces: line-drawing characters are two cells wide on some terminals.
    """
    edge = (Segment(" " * width, REVERSED),)
    side = Segment("  ", REVERSED)
    above = max(0, (height - 2 - len(content)) // 2)
    inner = [*[EMPTY] * above, *content, *[EMPTY] * height][: height - 2]
    sides = [(side, *filled(middle(line, width - 4), width - 4), side) for line in inner]
    return [edge, *sides, edge]


def beside(left: Sequence[Row], right: Sequence[Row], left_width: int, gap: int) -> list[Row]:
    """Two blocks of equal height next to each other, `gap` cells apart."""
    space = Segment(" " * gap, PLAIN)
    return [(*filled(a, left_width), space, *b) for a, b in zip(left, right, strict=True)]


class Board(Widget, inherit_bindings=False):
    """Draws what `draw(width, height)` returns: the rows of the screen from the top."""

    DEFAULT_CSS = "Board { width: 100%; height: 100%; }"

    def __init__(self, draw: Callable[[int, int], Iterable[Row]], theme: Theme = OFFICIAL) -> None:
        """`draw` is asked again whenever `redraw` is called or the size has changed."""
        super().__init__()
        self._draw = draw
        self._theme = theme
        self._rows: list[Row] = []
        self._drawn_size = (-1, -1)

    def redraw(self) -> bool:
        """Ask for the rows again and write those that differ to the terminal, within this very call.

        False where Textual has to lay the screen out first: then everything is painted at the next refresh.
        """
        if not self._is_in_place():
            self.refresh()
            return False
        before = self._rows
        self._ask()
        pairs = enumerate(zip(before, self._rows, strict=True))
        if changed := {y: self._line(y) for y, (old, new) in pairs if old != new}:
            self.app._display(self.screen, Lines(changed))  # noqa: SLF001 - a refresh takes 3 messages and a timer
        return True

    def forget(self) -> None:
        """Drop the rows: what a screen showed does not outlive it."""
        self._rows = []
        self._drawn_size = (-1, -1)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the lines of `crop`, past Textual's cache: it would keep what was on a screen."""
        lines = (self.render_line(y) for y in range(crop.y, crop.bottom))
        return [line.crop(crop.x, crop.right) for line in lines]

    def render_line(self, y: int) -> Strip:
        """Draw line `y`; a changed size is noticed here, so that no frame is painted for another size."""
        if not self._drawn_is_current():
            self._drawn_size = (self.size.width, self.size.height)
            self._ask()
        return self._line(y)

    def _line(self, y: int) -> Strip:
        content = self._rows[y] if y < len(self._rows) else EMPTY
        theme = shown_in(self._theme, self.app.console.color_system)
        return Strip(painted(content, self._drawn_size[0], theme))

    def _ask(self) -> None:
        width, height = self._drawn_size
        rows = list(self._draw(width, height))[:height]
        self._rows = [*rows, *[EMPTY] * (height - len(rows))]

    def _is_in_place(self) -> bool:
        """Whether the rows stand in the terminal as they were drawn: nothing above them, no other size on its way."""
        attached = self.is_attached and self.app.screen is self.screen
        return attached and self._drawn_is_current() and self.size == self.app.size

    def _drawn_is_current(self) -> bool:
        return self._drawn_size == (self.size.width, self.size.height)
