"""Ledgers as workbooks in memory, for tests: two sheets with the template's headings."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from canvass.ledger_rows import BRANCH_COLUMNS, ORGANISATION_COLUMNS

ORGANISATIONS: list[Sequence[Any]] = [
    ("50", "共青团某某大学委员会", "", "周管理", "023-12345678", "高校"),
    ("5001", "土木工程学院团委", "50", "吴管理", "023-1", ""),
    ("5002", "附属中学团委", "50", "郑管理", "", "中学"),
]
BRANCHES: list[Sequence[Any]] = [
    ("TM-01", "土木2015级一班团支部", "5001", "张晓明", "学生", "2015年9月", 6, "是", "李督导"),
    ("TM-02", "土木2015级二班团支部", "5001", "王小红", "学生", "2016年3月", 30, "是", ""),
    ("FZ-01", "高二一班团支部", "5002", "赵六", "", "", 40, "否", ""),
]


def book(
    organisations: Sequence[Sequence[Any]] = ORGANISATIONS, branches: Sequence[Sequence[Any]] = BRANCHES, **more: Any
) -> bytes:
    """An .xlsx; a heading can be given in place of the template's."""
    made = Workbook()
    first = made.active
    assert first is not None
    first.title = "团组织"
    first.append(more.get("organisation_columns", ORGANISATION_COLUMNS))
    for row in organisations:
        first.append(row)
    second = made.create_sheet("团支部")
    second.append(more.get("branch_columns", BRANCH_COLUMNS))
    for row in branches:
        second.append(row)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def write_book(path: Path, *tables: Sequence[Sequence[Any]], **more: Any) -> Path:
    path.write_bytes(book(*tables, **more))
    return path
