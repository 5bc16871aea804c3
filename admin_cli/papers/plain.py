"""Tables as .csv that Excel opens right: UTF-8 with a BOM, CRLF, and no cell that Excel would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_STARTERS = ("=", "+", "-", "@", "\t", "\r")
"""What makes Excel take a cell of a .csv for a formula; a .csv can't say of a cell that it is text."""


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """The table's bytes. A text that looks like a formula gets an apostrophe before it, as Excel itself marks text."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def _inert(cell: str | int) -> str | int:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_STARTERS) else cell
