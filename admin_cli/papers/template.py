"""附件4 into a unit's own .xlsx: the level above may prescribe its form, and the form wins.

The template's head row is found by its labels; columns stand where the template has them. Nothing that the template
already says is written over.
"""

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl

from admin_cli.papers.sheets import Annex4, percent_value
from rounds.errors import BadInput, Unreadable

CAP = 16 * 1024 * 1024
"""Bytes of a template; a form of a few kilobytes is what is meant."""
_MAX_INFLATED = 64 * 1024 * 1024
_NO_WORKBOOK = "模板不是可以读取的 .xlsx 文件：请用 Excel 或 WPS 另存为 .xlsx 后再试。"
_KEY = "团支部名称"
_SEARCHED = (40, 80)
"""Rows and columns that are searched for the head."""
_FEWEST = 4
"""Labels that make a row the head."""


def fill_template(template: bytes, form: Annex4) -> bytes:
    """`template` with the rows of `form` under its head.

    Raises:
        Unreadable: no .xlsx, or one that unpacks to more than 64 MiB.
        BadInput: no row with the labels of 附件4, or text in the way of the rows.
    """
    book = _load(template)
    sheet = book.active
    head, places = _find_head(sheet, form.columns)
    rows = list(form.rows)
    _check_room(sheet, head, len(rows))
    _fill_top(sheet, head, form)
    styles = {at: copy.copy(sheet.cell(head + 1, at)._style) for at in places}  # noqa: SLF001  openpyxl has no call to copy a style whole
    for number, row in enumerate(rows, head + 1):
        for at, column in places.items():
            cell = sheet.cell(number, at)
            cell._style = copy.copy(styles[at])  # noqa: SLF001  see above
            _put(cell, row.cells[column])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _load(template: bytes) -> Any:  # noqa: ANN401  openpyxl ships no types
    if _inflated(template) > _MAX_INFLATED:
        raise Unreadable("模板展开后过大：请核对是否选错文件。")
    try:
        book = openpyxl.load_workbook(io.BytesIO(template))
    except Exception:  # noqa: BLE001  openpyxl raises whatever its XML parser meets; all of it means one thing
        raise Unreadable(_NO_WORKBOOK) from None
    if book.active is None or not hasattr(book.active, "cell"):
        raise Unreadable("模板中没有工作表：请核对是否选错文件。")
    return book


def _inflated(template: bytes) -> int:
    """How many bytes the archive says that it unpacks to.

    Raises:
        Unreadable: it is no archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise Unreadable(_NO_WORKBOOK) from None


def _find_head(sheet: Any, columns: Sequence[str]) -> tuple[int, dict[int, int]]:  # noqa: ANN401  openpyxl ships no types
    """The head's row number, and for each column of the sheet (from 1) the column of 附件4 that stands there."""
    known = {name: at for at, name in enumerate(columns)}
    rows, width = min(sheet.max_row, _SEARCHED[0]), min(sheet.max_column, _SEARCHED[1])
    for number in range(1, rows + 1):
        labels = {at: _label(sheet.cell(number, at).value) for at in range(1, width + 1)}
        places = {at: known[label] for at, label in labels.items() if label in known}
        if len(places) >= _FEWEST and known[_KEY] in places.values():
            return number, places
    raise BadInput(f"模板中找不到表头：须有一行写明“{_KEY}”等栏目，栏目名与附件4一致。")


def _label(value: object) -> str:
    return "".join(value.split()) if isinstance(value, str) else ""


def _check_room(sheet: Any, head: int, count: int) -> None:  # noqa: ANN401  openpyxl ships no types
    for row in sheet.iter_rows(min_row=head + 1, max_row=min(head + count, sheet.max_row)):
        if any(cell.value is not None for cell in row):
            raise BadInput(f"模板第{row[0].row}行已有内容，放不下{count}行：请把表头以下清空，说明文字移到表头以上。")


def _fill_top(sheet: Any, head: int, form: Annex4) -> None:  # noqa: ANN401  openpyxl ships no types
    """填报单位, 填报人, 填报时间, where the template asks for them in a cell of their own."""
    wanted = {"填报单位": form.unit, "填报人": form.clerk, "填报时间": form.day}
    for row in sheet.iter_rows(min_row=1, max_row=max(head - 1, 1)):
        for cell in row:
            text = cell.value if isinstance(cell.value, str) else ""
            name = next((name for name in wanted if text.strip().startswith(name)), "")
            if name and text.rstrip().endswith(("：", ":")):
                _put(cell, f"{text.rstrip()}{wanted[name]}")


def _put(cell: Any, value: str | int) -> None:  # noqa: ANN401  openpyxl ships no types
    """A number, a percentage, or text: openpyxl would take "=…" for a formula, so the type is set after the value."""
    share = percent_value(value) if isinstance(value, str) else None
    if share is not None:
        cell.value, cell.number_format = share, "0.00%"
        return
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
