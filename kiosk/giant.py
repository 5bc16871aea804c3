"""Large writing in a terminal: baked bitmaps drawn with cells.

A pixel is half a cell high (▄), or a whole cell where the terminal draws half-blocks two cells wide: there two cells
beside each other, or one where two do not fit. A cell that is all ink is a space on the ink's colour: `█` shows seams.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import groupby, product

from rich.segment import Segment

from kiosk import layout
from kiosk.glyphs import SIZES, Bitmap, glyph
from kiosk.screens.board import PLAIN, REVERSED, Row

BIGGEST = SIZES[0]


class Pixel(Enum):
    """What is drawn for one pixel: cells across, pixels on top of each other in one cell."""

    HALF = (1, 2)
    SQUARE = (2, 1)
    TALL = (1, 1)

    @property
    def across(self) -> int:
        """Cells beside each other."""
        return self.value[0]

    @property
    def stacked(self) -> int:
        """Pixels of one column in one cell."""
        return self.value[1]


@dataclass(frozen=True)
class Hand:
    """One way of writing: the side of a Chinese character in pixels, and what a pixel is."""

    size: int
    pixel: Pixel

    @property
    def height(self) -> int:
        """Rows of one line of writing."""
        return self.size // self.pixel.stacked

    def width(self, text: str) -> int | None:
        """Cells of `text`; None where one of its characters is missing at this size."""
        bitmaps = _bitmaps(text, self.size)
        return None if bitmaps is None else self.pixel.across * sum(width for width, _ in bitmaps)

    def fits(self, text: str, width: int, height: int) -> bool:
        """Whether `text` can be written in `width` × `height` cells."""
        if self.height > height:  # looked at first: the bitmaps of that size need not be read
            return False
        taken = self.width(text)
        return taken is not None and taken <= width

    def write(self, text: str) -> tuple[Row, ...]:
        """The rows of `text`, all of one width; nothing where a character is missing."""
        return _written(text, self)


def hands() -> Iterator[Hand]:
    """Every way in which this terminal can be written on, the largest writing first."""
    pixels = (Pixel.SQUARE, Pixel.TALL) if layout.ambiguous_is_wide() else (Pixel.HALF,)
    return (Hand(size, pixel) for size, pixel in product(SIZES, pixels))


def largest(texts: Iterable[str], width: int, height: int) -> tuple[Row, ...]:
    """The first of `texts` that can be written in `width` × `height` cells, as large as it can be; else nothing."""
    return next((hand.write(text) for text in texts for hand in hands() if hand.fits(text, width, height)), ())


def _bitmaps(text: str, size: int) -> list[Bitmap] | None:
    """A bitmap for each character; a space is as wide as a digit, so that figures of one width stay where they are."""
    found = [_blank(size) if character == " " else glyph(character, size) for character in text]
    present = [bitmap for bitmap in found if bitmap is not None]
    return present if len(present) == len(found) else None


def _blank(size: int) -> Bitmap | None:
    digit = glyph("0", size)
    return None if digit is None else (digit[0], (0,) * size)


@cache
def _written(text: str, hand: Hand) -> tuple[Row, ...]:
    bitmaps = _bitmaps(text, hand.size) or []
    lines = [[_bit(bitmap, y, x) for bitmap in bitmaps for x in range(bitmap[0])] for y in range(hand.size)]
    if hand.pixel is Pixel.HALF:
        return tuple(_halves(upper, lower) for upper, lower in zip(lines[::2], lines[1::2], strict=True))
    return tuple(_whole(line, hand.pixel.across) for line in lines)


def _bit(bitmap: Bitmap, y: int, x: int) -> int:
    width, rows = bitmap
    return rows[y] >> (width - 1 - x) & 1


# ▀ begins a line too low in common fonts: an upper half is a paper ▄ on ink, so that it meets the cell above it.
_CELLS = {(0, 0): (" ", PLAIN), (1, 0): ("▄", REVERSED), (0, 1): ("▄", PLAIN), (1, 1): (" ", REVERSED)}


def _halves(upper: Sequence[int], lower: Sequence[int]) -> Row:
    cells = (_CELLS[pair] for pair in zip(upper, lower, strict=True))
    runs = groupby(cells, key=lambda cell: cell[1])
    return tuple(Segment("".join(character for character, _ in run), style) for style, run in runs)


def _whole(line: Sequence[int], across: int) -> Row:
    return tuple(Segment(" " * across * len(list(run)), REVERSED if ink else PLAIN) for ink, run in groupby(line))
