"""Tables out: what was written is what is read back, and no text of anybody's becomes a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from admin_cli.papers import sheets
from admin_cli.papers.sheets import Annex4, Row, Table, annex4_workbook, percent_value, workbook
from admin_cli.papers.template import fill_template
from admin_cli.sheets import Sheet, csv_file
from canvass.summary import COLUMNS
from rounds.errors import BadInput, RuleRefusal, Unreadable

HOSTILE = ("=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "{=1+1}", "http://example.org", "=1", "12%x", "007")


def line(number: int, name: str, rate: str = "90.00%") -> Row:
    head = (number, "高校", "共青团某某大学委员会", name, "张晓明", "2015年9月", 45, 30, "66.67%")
    return Row((*head, 27, 3, 0, rate, "满意", "集中“背靠背”投票", "2017年4月1日", "李督导", "", ""))


def form(*rows: Row) -> Annex4:
    return Annex4(COLUMNS, rows, "共青团某某大学委员会", "王同志", "2017年4月2日")


def cells(data: bytes, sheet: int = 0) -> list[list[Any]]:
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[sheet].iter_rows()]


def formulas(data: bytes) -> list[Any]:
    return [cell.value for row in cells(data) for cell in row if cell.data_type == "f"]


def test_hostile_texts_stay_texts_in_every_workbook() -> None:
    listed = [line(number, name) for number, name in enumerate(HOSTILE, 1)]
    table = Table("未完成", ("团支部",), [Row((name,)) for name in HOSTILE])
    for data, column in ((annex4_workbook(form(*listed)), 3), (workbook([table]), 0), (_filled(*listed), 1)):
        assert formulas(data) == []
        read = [row[column].value for row in cells(data) if row[column].value in HOSTILE]
        assert tuple(read) == HOSTILE
        assert b"hyperlink" not in b"".join(_parts(data))


def test_without_our_settings_they_become_formulas() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for number, name in enumerate(HOSTILE):
            sheet.write(number, 0, name)
    assert formulas(stream.getvalue())
    assert b"hyperlink" in b"".join(_parts(stream.getvalue()))
    book = openpyxl.Workbook()
    book.active["A1"] = HOSTILE[0]
    stream = io.BytesIO()
    book.save(stream)
    assert formulas(stream.getvalue()) == [HOSTILE[0]]


def _parts(data: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_hostile_texts_stay_texts_in_csv() -> None:
    data = csv_file(Sheet("表", ("团支部", "人数"), [(name, -1) for name in HOSTILE]))
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1:]
    assert [row[0].removeprefix("'") for row in read] == list(HOSTILE)
    assert not [row for row in read if row[0][0] in "=+-@"]
    control = io.StringIO()
    csv.writer(control).writerows((name,) for name in HOSTILE)
    assert [row for row in control.getvalue().splitlines() if row.lstrip('"')[0] in "=+-@"]


def test_the_workbook_holds_every_row_and_shares_are_numbers() -> None:
    total = Row(("合计", *[""] * 11, "87.50%", *[""] * 6), is_sum=True)
    rows = [line(1, "一班团支部"), line(2, "二班团支部", "96.28%"), total]
    read = cells(annex4_workbook(form(*rows)))
    assert [cell.value for cell in read[3]] == list(COLUMNS)
    assert "填报单位（盖章）：共青团某某大学委员会" in read[2][0].value
    for found, row in zip(read[4:], rows, strict=True):
        for cell, written in zip(found, row.cells, strict=True):
            if isinstance(written, str) and written.endswith("%"):
                assert (f"{cell.value:.2%}", cell.number_format) == (written, "0.00%")
            else:
                assert ("" if cell.value is None else cell.value) == written
    assert read[-1][0].font.bold
    assert not read[4][0].font.bold


@settings(max_examples=300)
@given(st.integers(0, 100_00))
def test_a_share_shows_in_excel_as_it_was_printed(hundredths: int) -> None:
    printed = f"{hundredths // 100}.{hundredths % 100:02d}%"
    value = percent_value(printed)
    assert value is not None
    assert f"{value:.2%}" == printed


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 6)
    annex4_workbook(form(line(1, "甲"), line(2, "乙")))
    with pytest.raises(RuleRefusal, match="超过 Excel 工作表的上限"):
        annex4_workbook(form(line(1, "甲"), line(2, "乙"), line(3, "丙")))


def _template(
    *below: str, labels: tuple[str, ...] = ("序号", "团支部名称", "团支部书记\n姓名", "满意度", "备注")
) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "某市汇总表"
    sheet["A2"] = "填报单位（盖章）："
    sheet.append(list(labels))
    sheet["D4"].font = openpyxl.styles.Font(name="仿宋", size=14)
    for row in below:
        sheet.append([row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _filled(*rows: Row) -> bytes:
    return fill_template(_template(), form(*rows))


def test_a_template_gets_its_columns_in_its_own_order_and_look() -> None:
    read = cells(_filled(line(1, "一班团支部"), line(2, "二班团支部", "96.28%")))
    assert read[0][0].value == "某市汇总表"
    assert read[1][0].value == "填报单位（盖章）：共青团某某大学委员会"
    assert [[cell.value for cell in row] for row in read[3:]] == [
        [1, "一班团支部", "张晓明", 0.9, None],
        [2, "二班团支部", "张晓明", 0.9628, None],
    ]
    assert [(row[3].font.size, row[3].number_format) for row in read[3:]] == [(14, "0.00%")] * 2


def test_a_template_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadInput, match="第5行已有内容"):
        fill_template(_template("说明：此表一式两份"), form(line(1, "一班团支部"), line(2, "二班团支部")))
    with pytest.raises(BadInput, match="找不到表头"):
        fill_template(_template(labels=("编号", "支部", "姓名")), form(line(1, "一班团支部")))
    for broken in (b"", b"PK\x03\x04", b"not a workbook", _bomb(b"x")):
        with pytest.raises(Unreadable, match="xlsx"):
            fill_template(broken, form())


def test_a_template_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    with pytest.raises(Unreadable, match="过大"):
        fill_template(_bomb(bytes(65 * 1024 * 1024)), form())


def _bomb(inside: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", inside)
    return stream.getvalue()
