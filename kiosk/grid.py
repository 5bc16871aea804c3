"""Labelled figures as large as a page has room for, each with the same as ordinary text below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce

from rich.cells import cell_len
from rich.segment import Segment

from kiosk.giant import Hand, hands
from kiosk.layout import pad
from kiosk.screens.board import EMPTY, PLAIN, REVERSED, STRONG, Row, beside, filled, middle, row, row_width

_GAP = 6
"""Cells between two figures on one line."""
_MARGIN = 4
"""Cells of a line that stay free, both sides together."""
_INLINE_BAR = 20
"""Cells of the longest bar on a line of ordinary text."""


@dataclass(frozen=True)
class Shown:
    """One labelled figure."""

    label: str
    text: str
    """The figure with its unit, '31 张'."""
    figure: str
    """The figure alone, '31'."""
    share: Fraction | None = None
    """Of the whole, for a bar behind the ordinary text."""

    @property
    def spelled(self) -> str:
        """Label and figure as ordinary text."""
        return f"{self.label}　{self.text}"

    def big(self, detail: int) -> str:
        """What is written giant: figure, then label and figure, then the unit too."""
        return (self.figure, f"{self.label}{self.figure}", f"{self.label}{self.text}".replace(" ", ""))[detail]


def grid(shown: Sequence[Shown], width: int, height: int) -> list[Row]:
    """`shown` giant in at most `width` × `height` cells, with labels rather than larger; nothing where none fits."""
    cells = [replace(one, label=one.label.strip()) for one in shown]
    for detail in (2, 1, 0):
        for hand in hands():
            if rows := _laid_out(cells, hand, detail, width - _MARGIN, height):
                return [middle(line, width) for line in rows]
    return []


def table(shown: Sequence[Shown], width: int, height: int) -> list[Row]:
    """`shown` as ordinary text below each other, an empty row between them, values from one edge."""
    widest = max(cell_len(one.label) for one in shown)
    lines = [row(f"{pad(one.label, widest)}　{one.text}", STRONG) for one in shown]
    left = " " * ((width - max(map(row_width, lines))) // 2)
    spaced = [part for line in lines for part in ((*row(left, PLAIN), *line), EMPTY)]
    return spaced[:-1][:height]


def bar(share: Fraction, width: int) -> Row:
    """A bar of `share` of `width` cells; whatever is not nothing has at least one."""
    cells = round(share * width)
    return (Segment(" " * max(cells, 1 if share else 0), REVERSED),)


def _laid_out(cells: Sequence[Shown], hand: Hand, detail: int, width: int, height: int) -> list[Row]:
    """All cells on as few lines as they need, the same number on each but the last."""
    blocks = [_block(cell, hand, detail) for cell in cells]
    if not all(blocks):
        return []
    for lines in range(1, len(blocks) + 1):
        each = -(-len(blocks) // lines)
        parts = [_joined(blocks[at : at + each]) for at in range(0, len(blocks), each)]
        if len(parts) * (len(blocks[0]) + 1) - 1 > height:
            return []
        if max(row_width(part[0]) for part in parts) <= width:
            widest = max(row_width(part[0]) for part in parts)
            return [filled(middle(line, widest), widest) for part in parts for line in (*part, EMPTY)][:-1]
    return []


def _block(cell: Shown, hand: Hand, detail: int) -> list[Row]:
    """Giant writing above ordinary text, every row of one width; nothing where a character is missing."""
    written = hand.write(cell.big(detail))
    if not written:
        return []
    plain = row(cell.spelled, STRONG)
    if cell.share is not None:
        plain = filled((*plain, *row("　"), *bar(cell.share, _INLINE_BAR)), row_width(plain) + 2 + _INLINE_BAR)
    width = max(row_width(written[0]), row_width(plain))
    return [filled(middle(line, width), width) for line in (*written, plain)]


def _joined(blocks: Sequence[list[Row]]) -> list[Row]:
    return reduce(lambda left, right: beside(left, right, row_width(left[0]), _GAP), blocks)
