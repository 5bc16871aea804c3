"""Where things stand on every screen: title, banner, body, message, prompt, keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk import texts
from kiosk.hardened import HardenedScreen
from kiosk.layout import fit, wrap
from kiosk.screens.board import EMPTY, REVERSED, STRONG, Row, bar, centred_row

SMALLEST = HardenedScreen.SMALLEST
BODY_WIDTH = 100
"""Cells of a text column on a wide screen: longer lines read badly."""
_TITLE_ROWS = 2
_FOOT_ROWS = 5
"""An empty row, message, prompt, status, keys."""


@dataclass(frozen=True)
class Frame:
    """What one screen shows at one moment.

    `body(width, height)` draws the middle in at most that many cells; `message` is the one line that answers a key;
    `status` stands in a row that is always there.
    """

    title: str
    rehearsal: bool
    body: Callable[[int, int], Sequence[Row]]
    message: str = ""
    prompt: str = ""
    keys: str = ""
    status: str = ""

    def draw(self, width: int, height: int) -> list[Row]:
        """All rows for a screen of `width` × `height` cells; none where `HardenedScreen` says that it is too small."""
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return []
        head = self._head(width)
        room = height - len(head) - _FOOT_ROWS
        body = list(self.body(width, room))[:room]
        above = (room - len(body)) // 2
        middle = [*[EMPTY] * above, *body, *[EMPTY] * (room - above - len(body))]
        return [*head, *middle, *self._foot(width)]

    def _head(self, width: int) -> list[Row]:
        title = fit(wrap(self.title, width - 4), _TITLE_ROWS, width - 4)
        banner = bar(texts.REHEARSAL, width) if self.rehearsal else EMPTY
        return [*(centred_row(line, width, STRONG) for line in title), banner]

    def _foot(self, width: int) -> list[Row]:
        message = centred_row(f"  {self.message}  ", width, REVERSED) if self.message else EMPTY
        return [
            EMPTY,
            message,
            centred_row(self.prompt, width, STRONG),
            centred_row(self.status, width),
            centred_row(self.keys, width),
        ]


def column(text: str, width: int) -> list[str]:
    """`text` wrapped to the text column of a screen `width` cells wide."""
    return wrap(text, column_width(width))


def column_width(width: int) -> int:
    """Cells of the text column of a screen `width` cells wide."""
    return min(width - 4, BODY_WIDTH)
