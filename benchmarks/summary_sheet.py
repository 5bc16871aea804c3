"""附件4 of 50,000 branches as .xlsx beside XlsxWriter writing the same cells in constant memory."""

from __future__ import annotations

import io
from collections.abc import Iterator

import xlsxwriter

from admin_cli.papers.sheets import SAFE, Annex4, Row, annex4_workbook
from benchmarks.measuring import Measurement, in_turns
from canvass.summary import COLUMNS

TITLE = "summary: 附件4 of 50,000 branches, against XlsxWriter's own time"
BRANCHES = 50_000
TURNS = 3
AIM = 1.2


def _rows() -> Iterator[Row]:
    for number in range(1, BRANCHES + 1):
        head = (
            number,
            "高校",
            "共青团某某大学委员会",
            f"土木{number}班团支部",
            "张晓明",
            "2015年9月",
            45,
            30,
            "66.67%",
        )
        counts = (number % 30, 3, 0, "90.00%", "满意", "集中“背靠背”投票", "2017年4月1日", "李督导")
        yield Row((*head, *counts, "2017年4月3日至4月5日", ""))


def _plain() -> None:
    """The same cells as they come, ruled like ours (a ruled empty cell is a cell too): what the library alone takes."""
    with xlsxwriter.Workbook(io.BytesIO(), SAFE) as book:
        sheet = book.add_worksheet()
        ruled = book.add_format({"border": 1})
        for number, row in enumerate(_rows()):
            for at, cell in enumerate(row.cells):
                sheet.write(number, at, cell, ruled)


def run() -> list[Measurement]:
    """In turns; the form is written as the command writes it."""
    ours, floor = in_turns(TURNS, lambda: annex4_workbook(Annex4(COLUMNS, _rows())), _plain)
    return [Measurement("附件4, 50,000 rows", "XlsxWriter in constant memory", ours, floor, "s", AIM)]
