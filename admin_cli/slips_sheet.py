"""投票凭条 on paper: a Word file of A4 pages, the slips in a grid with cut lines, in the order they were drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import cast

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.run import Run

from ballots_store.slip_making import SlipSheet
from rounds.slips import grouped

COLUMNS = 3
ROWS_PER_PAGE = 7
_PAGE = Cm(21), Cm(29.7)
_MARGIN = Cm(1.2)
_SLIP = Cm(6.2), Cm(3.85)
_SMALL, _LARGE = Pt(8), Pt(16)
_TEXT_FONT = "宋体"
_DIGITS_FONT = "Courier New"
ONCE = "一次有效，与选择无关"


def slips_document(sheet: SlipSheet) -> bytes:
    """The `.docx` of a round's slips, as bytes: nothing of it is written here."""
    document = docx.Document()
    _set_up(document)
    rows = -(-len(sheet.numbers) // COLUMNS)
    table = document.add_table(rows=rows, cols=COLUMNS)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _draw_cut_lines(table)
    for at, row in enumerate(table.rows):
        row.height, row.height_rule = _SLIP[1], WD_ROW_HEIGHT_RULE.EXACTLY
        _fill(row.cells, sheet, sheet.numbers[at * COLUMNS : (at + 1) * COLUMNS])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def window_line(opens: str, closes: str) -> str:
    """投票时间 as the slip says it, empty without a window."""
    if not opens or not closes:
        return ""
    return f"{_moment(opens)}至{_moment(closes)}投票"


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text)
    return f"{at.month}月{at.day}日{at.hour:02d}:{at.minute:02d}"


def _set_up(document: Document) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = _PAGE
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    document.core_properties.author = "背靠背"
    document.core_properties.title = "投票凭条"
    document.core_properties.comments = ""
    normal = cast("ParagraphStyle", document.styles["Normal"])
    normal.paragraph_format.space_after = Pt(0)
    _set_font(normal, _TEXT_FONT, _SMALL)
    language = OxmlElement("w:lang")
    for name in ("val", "eastAsia"):  # without it punctuation is set as in Taiwan where the font allows both
        language.set(qn(f"w:{name}"), "zh-CN")
    normal.element.get_or_add_rPr().append(language)


def _fill(cells: Sequence[_Cell], sheet: SlipSheet, numbers: Sequence[str]) -> None:
    for cell, number in zip(cells, numbers, strict=False):  # the last row may be short
        cell.width = _SLIP[0]
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        lines = (
            f"（演练）{sheet.title}" if sheet.rehearsal else sheet.title,
            "投票凭条号",
            grouped(number),
            ONCE,
            f"箱号：{sheet.box_words}",
            window_line(sheet.opens, sheet.closes),
        )
        _write(cell, [line for line in lines if line], large=grouped(number))


def _write(cell: _Cell, lines: Sequence[str], *, large: str) -> None:
    for at, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if at == 0 else cell.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = paragraph.add_run(line)
        if line == large:
            run.bold = True
            _set_font(run, _DIGITS_FONT, _LARGE)


def _set_font(styled: ParagraphStyle | Run, name: str, size: Length) -> None:
    """Word takes the font of Chinese characters from w:eastAsia, which python-docx has no name for."""
    styled.font.name, styled.font.size = name, size
    properties = styled.element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), _TEXT_FONT)


def _draw_cut_lines(table: Table) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "dashed"), ("sz", "4"), ("space", "0"), ("color", "808080")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)  # noqa: SLF001  python-docx has no borders of its own
