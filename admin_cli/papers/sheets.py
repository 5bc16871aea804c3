"""Excel out: 附件4 and progress, through XlsxWriter in constant memory. Text is never taken for a formula or a link.

A name such as `=cmd|'/c calc'!A1` comes from somebody else's file; it is written as the text that it is.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter

from rounds.errors import RuleRefusal

Cells = tuple[str | int, ...]

ANNEX4_TITLE = "已完成团支部书记“背靠背”满意度测评工作情况汇总表"
SAFE = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
MAX_ROWS = 1_048_576
"""Rows of an Excel sheet."""

_WIDTHS = {
    "序号": 5,
    "备注": 18,
    "上级团组织": 17,
    "团支部名称": 18,
    "测评结果": 11,
    "测评方式": 11,
    "测评时间": 11,
    "公示起止时间": 14,
    "团支部": 24,
    "情况": 20,
    "联系人": 10,
    "电话": 16,
    "名称": 24,
    "算法": 60,
}
_WIDTH = 8.5
_ROW_HEIGHT = 28
"""Points."""
_TITLE_ROWS = 3


@dataclass(frozen=True)
class Row:
    """One line of a table; a sum (合计) is set in bold."""

    cells: Cells
    is_sum: bool = False


@dataclass(frozen=True)
class Annex4:
    """附件4 ready to be written: rows in order, the sums among them; `day` as text, 2017年4月2日."""

    columns: Sequence[str]
    rows: Iterable[Row]
    unit: str = ""
    clerk: str = ""
    day: str = ""


@dataclass(frozen=True)
class Table:
    """One sheet of a plain workbook."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Row]


def annex4_workbook(form: Annex4, apart: Iterable[Table] = ()) -> bytes:
    """附件4 as .xlsx: A4 landscape, one page wide, the head on every page; `apart` on sheets of their own.

    Raises:
        RuleRefusal: more rows than a sheet of Excel holds.
    """
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, SAFE) as book:
        sheet = book.add_worksheet("附件4")
        _page(sheet)
        formats = _Formats(book)
        last = len(form.columns) - 1
        sheet.merge_range(0, 0, 0, last, "附件4", formats.note)
        sheet.merge_range(1, 0, 1, last, ANNEX4_TITLE, formats.title)
        filled = f"填报单位（盖章）：{form.unit}　　填报人：{form.clerk}　　填报时间：{form.day}"
        sheet.merge_range(2, 0, 2, last, filled, formats.note)
        _write_table(sheet, formats, form.columns, form.rows, first=_TITLE_ROWS)
        sheet.freeze_panes(_TITLE_ROWS + 1, 0)
        sheet.repeat_rows(0, _TITLE_ROWS)
        for table in apart:
            _plain_sheet(book, formats, table)
    return stream.getvalue()


def workbook(tables: Iterable[Table]) -> bytes:
    """A workbook of plain tables, a sheet each.

    Raises:
        RuleRefusal: more rows than a sheet of Excel holds.
    """
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, SAFE) as book:
        formats = _Formats(book)
        for table in tables:
            _plain_sheet(book, formats, table)
    return stream.getvalue()


def _plain_sheet(book: Any, formats: _Formats, table: Table) -> None:  # noqa: ANN401  xlsxwriter ships no types
    sheet = book.add_worksheet(table.name)
    _page(sheet)
    _write_table(sheet, formats, table.columns, table.rows, first=0)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)


def percent_value(text: str) -> float | None:
    """'90.05%' as the number that Excel shows as 90.05%; None for any other text.

    The text was rounded from the exact fraction; its hundredths fit a float's fifteen digits with room to spare.
    """
    figure = text.removesuffix("%")
    if figure is text or not figure.replace(".", "", 1).isdecimal():
        return None
    return float(Decimal(figure).scaleb(-2))


class _Formats:
    def __init__(self, book: Any) -> None:  # noqa: ANN401  xlsxwriter ships no types
        plain = {"font_name": "仿宋", "font_size": 10, "valign": "vcenter"}
        ruled = plain | {"border": 1, "text_wrap": True}
        bold = ruled | {"bold": True}
        share = {"num_format": "0.00%"}
        self.note = book.add_format(plain | {"font_size": 12})
        self.title = book.add_format(plain | {"font_name": "黑体", "font_size": 18, "align": "center"})
        self.head = book.add_format(ruled | {"font_name": "黑体", "align": "center", "bg_color": "#EDEDED"})
        self.text = {False: book.add_format(ruled), True: book.add_format(bold)}
        self.share = {False: book.add_format(ruled | share), True: book.add_format(bold | share)}


def _page(sheet: Any) -> None:  # noqa: ANN401  xlsxwriter ships no types
    a4 = 9  # the number of the paper in the file format
    sheet.set_paper(a4)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)  # inches
    sheet.fit_to_pages(1, 0)
    sheet.set_default_row(_ROW_HEIGHT)  # two lines: programs differ in whether they fit a row to wrapped text
    sheet.set_footer("&C第&P页，共&N页")


def _write_table(sheet: Any, formats: _Formats, columns: Sequence[str], rows: Iterable[Row], *, first: int) -> None:  # noqa: ANN401  xlsxwriter ships no types
    for at, name in enumerate(columns):
        sheet.set_column(at, at, _WIDTHS.get(name, _WIDTH))
    for at, name in enumerate(columns):
        sheet.write_string(first, at, name, formats.head)
    for number, row in enumerate(rows, first + 1):
        if number >= MAX_ROWS:
            raise RuleRefusal(f"行数超过 Excel 工作表的上限{MAX_ROWS}行：请改用 .csv，或按年度、战线分开汇总。")
        text, share = formats.text[row.is_sum], formats.share[row.is_sum]
        for at, cell in enumerate(row.cells):
            if isinstance(cell, int):
                sheet.write_number(number, at, cell, text)
            elif cell.endswith("%") and (value := percent_value(cell)) is not None:
                sheet.write_number(number, at, value, share)
            else:
                sheet.write_string(number, at, cell, text)
