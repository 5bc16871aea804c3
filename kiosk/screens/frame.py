"""Where things stand on every screen: title, banner, body, message, prompt, keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk import texts
from kiosk.giant import largest
from kiosk.hardened import HardenedScreen
from kiosk.layout import fit, wrap
from kiosk.screens.board import EMPTY, REVERSED, STRONG, Row, bar, centred_row, middle

SMALLEST = HardenedScreen.SMALLEST
BODY_WIDTH = 100
"""Cells of a text column on a wide screen: longer lines read badly."""
_TITLE_ROWS = 2
DENSE_BELOW = 30
"""Rows of a screen below which a dense frame leaves more of them to its body."""


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
    dense: bool = False
    """On a low screen one row for the title and two for the foot: giant writing needs the rest."""

    def draw(self, width: int, height: int) -> list[Row]:
        """All rows for a screen of `width` × `height` cells; none where `HardenedScreen` says that it is too small."""
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return []
        dense = self.dense and height < DENSE_BELOW
        head = self._head(width, 1 if dense else _TITLE_ROWS)
        foot = self._dense_foot(width) if dense else self._foot(width)
        room = height - len(head) - len(foot)
        body = list(self.body(width, room))[:room]
        above = (room - len(body)) // 2
        return [*head, *[EMPTY] * above, *body, *[EMPTY] * (room - above - len(body)), *foot]

    def _head(self, width: int, rows: int) -> list[Row]:
        title = fit(wrap(self.title, width - 4), rows, width - 4)
        banner = bar(texts.REHEARSAL, width) if self.rehearsal else EMPTY
        return [*(centred_row(line, width, STRONG) for line in title), banner]

    def _message(self, width: int) -> Row:
        return centred_row(f"  {self.message}  ", width, REVERSED) if self.message else EMPTY

    def _dense_foot(self, width: int) -> list[Row]:
        keys = f"{self.prompt}　{self.keys}" if self.prompt else self.keys
        return [self._message(width), centred_row(keys, width)]

    def _foot(self, width: int) -> list[Row]:
        return [
            EMPTY,
            self._message(width),
            centred_row(self.prompt, width, STRONG),
            centred_row(self.status, width),
            centred_row(self.keys, width),
        ]


def headline(text: str, width: int, height: int, *shorter: str) -> list[Row]:
    """`text` giant where it or one of `shorter` fits into `width` × `height` cells, and below as ordinary text."""
    plain = centred_row(text, width, STRONG)
    big = largest((text.replace(" ", ""), *shorter), width - 4, height - 2)
    return [*(middle(line, width) for line in big), EMPTY, plain] if big else [plain]


def column(text: str, width: int) -> list[str]:
    """`text` wrapped to the text column of a screen `width` cells wide."""
    return wrap(text, column_width(width))


def column_width(width: int) -> int:
    """Cells of the text column of a screen `width` cells wide."""
    return min(width - 4, BODY_WIDTH)
