"""投票凭条 on paper: a Word file of A4 pages, the slips in a grid with cut lines, in the order they were drawn."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.run import Run

from admin_cli.papers.word import empty_document
from ballots_store.slip_making import SlipSheet
from rounds.slips import grouped

COLUMNS = 3
ROWS_PER_PAGE = 7
_PAGE = Cm(21), Cm(29.7)
_MARGIN = Cm(1.2)
_SLIP = Cm(6.2), Cm(3.85)
_SMALL, _LARGE = Pt(8), Pt(16)
_SMALL_LINE, _LARGE_LINE = Pt(11), Pt(24)
_NUMBER_LINE = 2
"""Which line of a slip is its number."""
_LONGEST_TITLE = 42
"""Two lines: the rows have one height, and the number must not fall below the cut line."""
_TEXT_FONT = "宋体"
_DIGITS_FONT = "Courier New"
ONCE = "一次有效，与选择无关"


def slips_document(sheet: SlipSheet) -> bytes:
    """The `.docx` of a round's slips, as bytes: nothing of it is written here."""
    document = empty_document()
    _set_up(document)
    table = document.add_table(rows=0, cols=COLUMNS)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column in table.columns:
        column.width = _SLIP[0]
    _draw_cut_lines(table)
    _append_rows(table, sheet)
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
    document.core_properties.author = ""
    document.core_properties.title = "投票凭条"
    document.core_properties.comments = ""
    normal = cast("ParagraphStyle", document.styles["Normal"])
    normal.paragraph_format.space_after = Pt(0)
    _set_font(normal, _TEXT_FONT, _SMALL)
    language = OxmlElement("w:lang")
    for name in ("val", "eastAsia"):  # without it punctuation is set as in Taiwan where the font allows both
        language.set(qn(f"w:{name}"), "zh-CN")
    normal.element.get_or_add_rPr().append(language)


def _append_rows(table: Table, sheet: SlipSheet) -> None:
    """One row is built, the others are its copies with other numbers: a clerk prints two hundred branches' slips."""
    built = _prototype(table, sheet)
    for first in range(0, len(sheet.numbers), COLUMNS):
        row = copy.deepcopy(built)
        for at, slip in enumerate(row.tc_lst, start=first):
            if at < len(sheet.numbers):
                slip.p_lst[_NUMBER_LINE].r_lst[0].text = grouped(sheet.numbers[at])
            else:  # the last row may be short
                _clear(slip)
        table._tbl.append(row)  # noqa: SLF001  python-docx has no call to add a copied row
    table._tbl.remove(built)  # noqa: SLF001  nor to remove one


def _prototype(table: Any, sheet: SlipSheet) -> Any:  # noqa: ANN401  python-docx's table, an XML row
    row = table.add_row()
    row.height, row.height_rule = _SLIP[1], WD_ROW_HEIGHT_RULE.EXACTLY
    whose = f"箱号：{sheet.box_words}" if sheet.box_words else f"测评编号：{sheet.round_id}"
    lines = (_title(sheet), "投票凭条号", "", ONCE, whose, window_line(sheet.opens, sheet.closes))
    for cell in row.cells:
        cell.width = _SLIP[0]
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        _write(cell, [line for at, line in enumerate(lines) if line or at == _NUMBER_LINE])
    return row._tr  # noqa: SLF001  what is copied


def _clear(slip: Any) -> None:  # noqa: ANN401  an XML cell
    """A place without a slip."""
    first, *rest = slip.p_lst
    for paragraph in rest:
        slip.remove(paragraph)
    for run in first.r_lst:
        first.remove(run)


def _title(sheet: SlipSheet) -> str:
    title = f"（演练）{sheet.title}" if sheet.rehearsal else sheet.title
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 2]}……"


def _write(cell: _Cell, lines: Sequence[str]) -> None:
    for at, line in enumerate(lines):
        large = at == _NUMBER_LINE
        paragraph = cell.paragraphs[0] if at == 0 else cell.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = _LARGE_LINE if large else _SMALL_LINE
        run = paragraph.add_run(line)
        run.bold = True if large else None
        _set_font(run, _DIGITS_FONT if large else _TEXT_FONT, _LARGE if large else _SMALL)


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
