"""Excel and CSV tables that people filled in → rows of text, each with the number that the person sees beside it.

What a cell cannot be taken for (a formula, an error such as #REF!) is kept as `Odd`, so that the row can be named.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from canvass.receiving import read_file
from rounds.encoding import plain
from rounds.errors import Unreadable

CAP = 64 * 1024 * 1024
"""Bytes of a table's file."""
_UNZIPPED = 512 * 1024 * 1024
"""Bytes that an .xlsx may say it holds: a small archive can claim to hold gigabytes."""
_MARKS = ("=", "+", "-", "@")
"""What makes a spreadsheet take text for a formula."""


@dataclass(frozen=True)
class Odd:
    """A cell that holds no plain value; `what` says what it holds."""

    what: str


class DateCell(str):
    """A cell that holds a date: as text its year and month, as 任职时间 is written; `day`: all of it."""

    __slots__ = ("day",)
    day: str


def _date_cell(value: date) -> DateCell:
    cell = DateCell(f"{value.year}年{value.month}月")
    cell.day = f"{cell}{value.day}日"
    return cell


Cell = str | Odd


@dataclass(frozen=True)
class TableRow:
    """One row: its number as the spreadsheet shows it, its cells by their heading; an empty cell is ''."""

    number: int
    cells: dict[str, Cell]


@dataclass(frozen=True)
class FilledTable:
    """One sheet, or one .csv: its headings, and the rows that are not empty."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[TableRow, ...]


def read_tables(path: Path, heading: str) -> list[FilledTable]:
    """The tables in an .xlsx or .csv file; each begins at the row in which some cell reads `heading` or ends so.

    Sheets without such a row are left out (notes, an empty sheet).

    Raises:
        Unreadable: it cannot be read, or is no such file.
    """
    data = read_file(path, CAP)
    sheets = _csv_sheets(data, path.stem) if path.suffix.lower() == ".csv" else _xlsx_sheets(data)
    return [table for title, rows in sheets for table in _table(title, rows, heading)]


def _table(title: str, rows: Iterable[tuple[int, list[Cell]]], heading: str) -> Iterator[FilledTable]:
    left = iter(rows)
    for _, cells in left:
        if any(isinstance(cell, str) and cell.endswith(heading) for cell in cells):
            headings = tuple(cell if isinstance(cell, str) else "" for cell in cells)
            filled = (TableRow(number, _named(headings, row)) for number, row in left if any(row))
            yield FilledTable(title, headings, tuple(filled))
            return


def _named(headings: tuple[str, ...], row: list[Cell]) -> dict[str, Cell]:
    """Cells by heading; those beyond the headings under an empty one, so that they can be complained about."""
    named: dict[str, Cell] = dict.fromkeys((heading for heading in headings if heading), "")
    for place, cell in enumerate(row):
        heading = headings[place] if place < len(headings) else ""
        if heading or cell:
            named[heading] = cell
    return named


def _csv_sheets(data: bytes, title: str) -> list[tuple[str, Iterable[tuple[int, list[Cell]]]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("表格不是 UTF-8 编码：请在 Excel 中另存为“CSV UTF-8”后再试。") from None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise Unreadable("表格不是有效的 CSV 文件：请核对，或改用 .xlsx。") from None
    listed: list[tuple[int, list[Cell]]] = [
        (number, [_unquoted(plain(cell)) for cell in row]) for number, row in enumerate(rows, 1)
    ]
    return [(title, listed)]


def _unquoted(text: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking the text for a formula (`quoted`)."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_MARKS) else text


def quoted(text: str) -> str:
    """`text` for a .csv that a spreadsheet opens: never a formula."""
    return f"'{text}" if text.startswith(_MARKS) else text


def _xlsx_sheets(data: bytes) -> Iterator[tuple[str, Iterable[tuple[int, list[Cell]]]]]:
    _check_archive(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        for sheet in book.worksheets:
            yield sheet.title, [(at, [_cell(cell) for cell in row]) for at, row in enumerate(sheet.iter_rows(), 1)]
    except Unreadable:
        raise
    except Exception:  # noqa: BLE001  openpyxl raises whatever its parsers meet in a damaged file
        raise Unreadable(
            "表格无法读取：文件损坏，或不是 .xlsx 表格。请用 Excel 或 WPS 打开后另存为 .xlsx 再试。"
        ) from None


def _check_archive(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise Unreadable("这不是 .xlsx 表格：请用 Excel 或 WPS 另存为 .xlsx，或用 UTF-8 的 .csv。") from None
    if size > _UNZIPPED:
        raise Unreadable("表格展开后过大，不予读取：请核对是否选错文件，或分成几个文件。")


def _cell(cell: Any) -> Cell:  # noqa: ANN401  openpyxl's cells have no types
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in {"f", "e"}:
        return Odd("公式" if cell.data_type == "f" else f"错误值{value}")
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime | date):
        return _date_cell(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return plain(str(value))
