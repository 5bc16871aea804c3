"""The one place that knows python-docx: a sheet of A4 that is written from top to bottom.

Every run names its East Asian font (w:eastAsia) beside the Latin one: without it Word and WPS fall back to whatever
the machine has for Chinese text, and the page breaks move. Sizes follow GB/T 9704-2012: titles 22 pt, text 16 pt.
"""

from __future__ import annotations

import copy
import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor

A4 = (Mm(210), Mm(297))
_PROPERTY_LENGTH = 255
"""Characters that a document property may have."""


@dataclass(frozen=True)
class Font:
    """How one role of text is set: fonts by name, size in points."""

    chinese: str
    size: float
    bold: bool = False
    latin: str = "Times New Roman"


class Role(Enum):
    """What a piece of text is, as GB/T 9704-2012 tells titles from headings from text."""

    TITLE = Font("宋体", 22, bold=True)
    SUBTITLE = Font("楷体", 16)
    HEADING = Font("黑体", 16)
    TEXT = Font("仿宋", 16)
    CELL = Font("仿宋", 12)
    HEAD_CELL = Font("黑体", 12)
    SMALL = Font("仿宋", 10.5)
    CODE = Font("黑体", 26, bold=True, latin="Consolas")
    PAGE = Font("宋体", 14)


LEFT, CENTER, RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT


class Sheet:
    """A document in the making; `data` ends it."""

    def __init__(self, title: str, *, landscape: bool = False, tight: bool = False, numbered: bool = False) -> None:
        """`title`: the document's property; `tight`: narrow margins for forms; `numbered`: — 1 — at the foot."""
        self._document = empty_document()
        self._properties(title)
        self._page(landscape=landscape, tight=tight)
        if numbered:
            self._number_pages()

    def title(self, *lines: str) -> None:
        """The paper's title, centred, then half a line of air."""
        for line in lines:
            self._paragraph(line, Role.TITLE, CENTER, lines=32)
        self.space(8)

    def subtitle(self, line: str) -> None:
        """A line under the title: a number, （样表）."""
        self._paragraph(line, Role.SUBTITLE, CENTER)

    def heading(self, line: str) -> None:
        """A heading of the first level, as in 一、目标要求."""
        made = self._paragraph(line, Role.HEADING, LEFT, indent=2)
        made.paragraph_format.keep_with_next = True

    def text(self, line: str, *, indent: int = 2) -> None:
        """A paragraph of text, its first line indented by `indent` characters."""
        self._paragraph(line, Role.TEXT, WD_ALIGN_PARAGRAPH.JUSTIFY, indent=indent)

    def note(self, line: str) -> None:
        """Small print: 备注, remarks for who handles the paper."""
        self._paragraph(line, Role.SMALL, LEFT, lines=16)

    def right(self, *lines: str) -> None:
        """The end of a letter, 落款 and date, against the right margin."""
        for line in lines:
            made = self._paragraph(line, Role.TEXT, RIGHT)
            made.paragraph_format.right_indent = Pt(32)
            made.paragraph_format.keep_with_next = line != lines[-1]

    def code(self, line: str) -> None:
        """A printed code or words to compare: large, in a framed line of its own."""
        made = self._paragraph(line, Role.CODE, CENTER, lines=40)
        _frame(made)

    def space(self, points: float) -> None:
        """So much air."""
        made = self._document.add_paragraph()
        made.paragraph_format.line_spacing = Pt(points)
        made.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY

    def new_page(self) -> None:
        """What follows begins a page."""
        add_run(self._document.add_paragraph(), "", Role.TEXT).add_break(WD_BREAK.PAGE)

    def signatures(self, *labels: str) -> None:
        """A line to sign on for each of `labels`, and the date by hand."""
        longest = max(map(len, labels))
        for label in labels:
            padded = label + "　" * (longest - len(label))
            self._paragraph(f"{padded}（签名）：________________　　　　年　　月　　日", Role.TEXT, LEFT, lines=32)

    def seal(self, organisation: str, day: str) -> None:
        """落款 with room for the seal over it; the text before it goes with it, so that it never stands alone."""
        for paragraph in self._document.paragraphs[-2:]:
            paragraph.paragraph_format.keep_with_next = paragraph.paragraph_format.keep_together = True
        self.space(14)
        self._document.paragraphs[-1].paragraph_format.keep_with_next = True
        self.right(f"{organisation}（盖章）", day)

    def table(
        self,
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        head: bool = True,
        height: float = 0,
        role: Role = Role.CELL,
        centred: bool = True,
    ) -> Any:  # noqa: ANN401  python-docx's table, whose class has no public name
        """A ruled table; `widths` in mm, `height` of a row in mm (0: as the text needs), `head`: the first row repeats.

        The table comes back for merging cells.
        """
        made = self._document.add_table(rows=0, cols=len(widths), style="Table Grid")
        made.alignment = WD_TABLE_ALIGNMENT.CENTER
        made.autofit = False
        for column, width in zip(made.columns, widths, strict=True):
            column.width = Mm(width)
        if head:
            _append_rows(made, rows[:1], widths, _RowForm(Role.HEAD_CELL, CENTER, height, repeat=True))
        form = _RowForm(role, CENTER if centred else LEFT, height)
        _append_rows(made, rows[1 if head else 0 :], widths, form)
        return made

    def data(self) -> bytes:
        """The .docx file."""
        stream = io.BytesIO()
        self._document.save(stream)
        return stream.getvalue()

    def _paragraph(
        self,
        text: str,
        role: Role,
        alignment: WD_ALIGN_PARAGRAPH,
        *,
        indent: int = 0,
        lines: float = 26,
    ) -> Any:  # noqa: ANN401  python-docx's paragraph
        made = self._document.add_paragraph()
        made.alignment = alignment
        layout = made.paragraph_format
        layout.space_before = layout.space_after = Pt(0)
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.AT_LEAST, Pt(lines)
        layout.first_line_indent = Pt(indent * role.value.size)
        add_run(made, text, role)
        return made

    def _properties(self, title: str) -> None:
        """The library's own name must not stand in an official paper's properties."""
        properties = self._document.core_properties
        properties.title = title[:_PROPERTY_LENGTH]
        properties.author = properties.comments = properties.keywords = ""

    def _page(self, *, landscape: bool, tight: bool) -> None:
        """A4; margins of GB/T 9704-2012 (37, 26, 35, 28 mm), or 20 mm for forms."""
        section = self._document.sections[0]
        section.page_width, section.page_height = A4[::-1] if landscape else A4
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        margins: tuple[Length, ...] = (Mm(20),) * 4 if tight else (Mm(37), Mm(26), Mm(35), Mm(28))
        section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = margins

    def _number_pages(self) -> None:
        """— 1 — at the foot, as a field that Word counts."""
        foot = self._document.sections[0].footer.paragraphs[0]
        foot.alignment = CENTER
        add_run(foot, "— ", Role.PAGE)
        run = add_run(foot, "", Role.PAGE)
        for kind in ("begin", "", "end"):
            run._r.append(_field(kind))  # noqa: SLF001  python-docx has no call for fields
        add_run(foot, " —", Role.PAGE)


_STYLES = {"Normal", "Default Paragraph Font", "Normal Table", "No List", "Table Grid", "Footer", "Header"}


_UNUSED_PARTS = {"stylesWithEffects", "customXml", "numbering", "thumbnail", "webSettings"}


def empty_document() -> Any:  # noqa: ANN401  python-docx's document
    """A document to fill, with the few styles that this house uses."""
    return docx.Document(io.BytesIO(_base()))


@functools.cache
def _base() -> bytes:
    """An empty document with the styles and parts that are used here and no others.

    The library's own has 160 styles, twice, and a picture: to read and write them took most of the time of a paper, and
    a clerk prints two hundred kits.
    """
    document = docx.Document()
    root = document.styles.element
    for child in list(root):
        if child.tag == qn("w:latentStyles") or (child.tag == qn("w:style") and child.name_val not in _STYLES):
            root.remove(child)
    for relations in (document.part.rels, document.part.package.rels):
        for name, relation in list(relations.items()):
            if relation.reltype.rpartition("/")[2] in _UNUSED_PARTS:
                del relations[name]
    style = document.styles["Normal"]
    _set_fonts(style.font, style.element.get_or_add_rPr(), Role.TEXT.value)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def add_run(paragraph: Any, text: str, role: Role) -> Any:  # noqa: ANN401  python-docx's paragraph and run
    """`text` at the end of `paragraph`, set as its role says, in Latin and East Asian fonts."""
    run = paragraph.add_run(text)
    run._r.insert(0, copy.deepcopy(_run_properties(role)))  # noqa: SLF001  one copy: ten calls a run took half the time
    return run


@functools.cache
def _run_properties(role: Role) -> Any:  # noqa: ANN401  an XML element
    run = docx.Document().add_paragraph().add_run()
    properties = run._r.get_or_add_rPr()  # noqa: SLF001  w:eastAsia has no call of its own
    _set_fonts(run.font, properties, role.value)
    return properties


def _set_fonts(font: Any, properties: Any, chosen: Font) -> None:  # noqa: ANN401  python-docx's font and its XML
    font.name = chosen.latin
    font.size = Pt(chosen.size)
    font.bold = chosen.bold
    font.color.rgb = RGBColor(0, 0, 0)
    fonts = properties.get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), chosen.chinese)
    fonts.set(qn("w:hint"), "eastAsia")  # “” and … exist in both scripts: they are Chinese here


@dataclass(frozen=True)
class _RowForm:
    """How the rows of one table look; `height` in mm, 0 as the text needs."""

    role: Role
    alignment: WD_ALIGN_PARAGRAPH
    height: float
    repeat: bool = False


def _append_rows(table: Any, rows: Sequence[Sequence[str]], widths: Sequence[float], form: _RowForm) -> None:  # noqa: ANN401  python-docx's table
    """One row is built, the others are its copies with other texts: a 签到表 may have thousands."""
    built = _prototype(table, widths, form)
    for row in rows:
        line = copy.deepcopy(built)
        for cell, text in zip(line.tc_lst, row, strict=True):
            cell.p_lst[0].r_lst[0].text = text
        table._tbl.append(line)  # noqa: SLF001  python-docx has no call to add a copied row
    table._tbl.remove(built)  # noqa: SLF001  nor to remove one


def _prototype(table: Any, widths: Sequence[float], form: _RowForm) -> Any:  # noqa: ANN401  python-docx's table, an XML row
    """A row that is never torn by a page's end; a head stands on every page."""
    row = table.add_row()
    if form.height:
        row.height, row.height_rule = Mm(form.height), WD_ROW_HEIGHT_RULE.AT_LEAST
    layout = row._tr.get_or_add_trPr()  # noqa: SLF001  neither property has a call of its own
    for name in ("w:cantSplit", *(("w:tblHeader",) if form.repeat else ())):
        layout.append(OxmlElement(name))
    for cell, width in zip(row.cells, widths, strict=True):
        cell.width = Mm(width)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.alignment = form.alignment
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
        add_run(paragraph, "", form.role)
    return row._tr  # noqa: SLF001  what is copied


def _frame(paragraph: Any) -> None:  # noqa: ANN401  python-docx's paragraph
    borders = OxmlElement("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "8"), ("space", "6"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(  # noqa: SLF001  frames have no call of their own
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _field(kind: str) -> Any:  # noqa: ANN401  an XML element
    """A piece of the PAGE field: its begin, its instruction (''), its end."""
    element = OxmlElement("w:fldChar" if kind else "w:instrText")
    if kind:
        element.set(qn("w:fldCharType"), kind)
    else:
        element.text = "PAGE"
    return element
