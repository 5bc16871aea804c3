"""A QR code as rows of cells, light modules white whatever the terminal's own colours are."""

from __future__ import annotations

from itertools import zip_longest

import segno
from rich.segment import Segment
from rich.style import Style

from kiosk.layout import ambiguous_is_wide
from kiosk.screens.board import Row

_COLOURS = ("#ffffff", "#000000")
"""Of a light and of a dark module."""
_BORDERS = (4, 3, 2, 1)
"""Modules of white around the code, the standard's four first; phones read fewer as well."""

Matrix = list[list[int]]
"""Rows of modules, 1 = dark."""


def fitting(text: str, width: int, height: int) -> list[Row]:
    """The largest drawing of `text` that fits into `width` × `height` cells; empty when none does.

    Whole cells come first: half blocks are two cells wide on some terminals.
    """
    code = segno.make(text, micro=False, error="l")
    for drawn in (_whole_cells,) if ambiguous_is_wide() else (_whole_cells, _half_blocks):
        for border in _BORDERS:
            rows = drawn([list(line) for line in code.matrix_iter(border=border)])
            if len(rows) <= height and sum(segment.cell_length for segment in rows[0]) <= width:
                return rows
    return []


def _whole_cells(matrix: Matrix) -> list[Row]:
    """Two spaces for a module."""
    return [tuple(Segment("  ", Style(bgcolor=_COLOURS[module])) for module in line) for line in matrix]


def _half_blocks(matrix: Matrix) -> list[Row]:
    """Two modules in a cell, one above the other; equal ones are a space, which shows no seam."""
    light = [0] * len(matrix[0])
    return [
        tuple(_cell(above, below) for above, below in zip(upper, lower, strict=True))
        for upper, lower in zip_longest(matrix[::2], matrix[1::2], fillvalue=light)
    ]


def _cell(above: int, below: int) -> Segment:
    # ▀ begins a line too low in common fonts; ▄ on the upper module's colour shows no seam
    style = Style(color=_COLOURS[below], bgcolor=_COLOURS[above])
    return Segment(" " if above == below else "▄", style)
