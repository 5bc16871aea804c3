"""Excel workbooks and .csv files written for people: text stays text, whatever character it begins with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import xlsxwriter

from canvass.tables import quoted

Value = str | int


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, its headings, its rows; `widths` in characters by column, `notes` above the headings."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Value]] = ()
    widths: Mapping[int, int] = field(default_factory=dict)
    notes: Sequence[str] = ()


_WIDTH = 16


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """An .xlsx of these sheets. No cell becomes a formula or a link (“formula injection”)."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        head = book.add_format({"bold": True, "bg_color": "#DDDDDD", "border": 1, "text_wrap": True})
        text = book.add_format({"num_format": "@"})
        for sheet in sheets:
            _write(book.add_worksheet(sheet.title), sheet, head, text)
    return buffer.getvalue()


def _write(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, head: object, text: object) -> None:
    for column in range(len(sheet.headings)):
        page.set_column(column, column, sheet.widths.get(column, _WIDTH), text)
    for number, note in enumerate(sheet.notes):
        page.write_string(number, 0, note)
    top = len(sheet.notes)
    for column, heading in enumerate(sheet.headings):
        page.write_string(top, column, heading, head)
    page.freeze_panes(top + 1, 0)
    for number, row in enumerate(sheet.rows, top + 1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                page.write_number(number, column, value)
            else:
                page.write_string(number, column, value, text)


def csv_file(sheet: Sheet) -> bytes:
    """A .csv of one sheet: UTF-8 with the mark by which Excel knows it; cells that look like formulas are quoted."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(sheet.headings)
    for row in sheet.rows:
        writer.writerow([quoted(value) if isinstance(value, str) else value for value in row])
    return buffer.getvalue().encode("utf-8-sig")
