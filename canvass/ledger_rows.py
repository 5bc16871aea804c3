"""The ledger's two tables as people fill them in: their columns, and what each row is held against.

Every bad row is named by its number with its reason; which rows are good matters only once none is bad.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from canvass.schema import MAX_LINE
from canvass.tables import Cell, FilledTable, Odd, TableRow
from rounds.documents import MAX_MEMBERS
from rounds.encoding import MAX_NAME, is_plain

ORGANISATION_COLUMNS = ("团组织代码", "团组织名称", "上级团组织代码", "管理员", "联系电话", "战线")
BRANCH_COLUMNS = (
    "团支部代码",
    "团支部名称",
    "所属团组织代码",
    "团支部书记",
    "单位及职务",
    "任职时间",
    "登记注册团员数",
    "挂靠确认",
    "指导监督人",
    "年级",
)
OPTIONAL_COLUMNS = frozenset({"年级"})
"""A table may lack them: then what the ledger has there stays."""
ORGANISATIONS_TITLE, BRANCHES_TITLE = "团组织", "团支部"
HEADING = "代码"
"""Both tables' heading rows have a cell that ends so."""
YES, NO = "是", "否"

_CODE = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff._-]*")
_TELEPHONE = re.compile(r"[0-9+()（）\-—转 、/]*")
_GRADE = re.compile(r"([1-9]|1\d|20)|(19|20)\d\d级")
_SINCE = re.compile(r"\d{4}年\d{1,2}月(\d{1,2}日)?")


@dataclass(frozen=True)
class OrganisationRow:
    """One organisation of the ledger; `parent` is a code, '' for a root."""

    number: int
    code: str
    name: str
    parent: str
    administrator: str
    telephone: str
    line: str


@dataclass(frozen=True)
class BranchRow:
    """One branch of the ledger; `organisation` is a code."""

    number: int
    code: str
    name: str
    organisation: str
    secretary: str
    post: str
    since: str
    registered: int
    affiliated: bool
    supervisor: str
    grade: str | None = None
    """None: the table has no such column."""


@dataclass(frozen=True)
class Problem:
    """One bad row; number 0 speaks of the whole table."""

    table: str
    number: int
    reason: str

    def __str__(self) -> str:
        """The line for the clerk."""
        return f"{self.table}表第{self.number}行：{self.reason}" if self.number else f"{self.table}表：{self.reason}"


R = TypeVar("R", OrganisationRow, BranchRow)


class _Bad(Exception):
    """Why a cell cannot be taken."""


class Reader:
    """Reads filled tables and collects everything that is wrong with them."""

    def __init__(self) -> None:
        """Nothing has been read."""
        self.organisations: list[OrganisationRow] = []
        self.branches: list[BranchRow] = []
        self.problems: list[Problem] = []

    def read(self, tables: Iterable[FilledTable]) -> None:
        """Take in every table that is one of the two, by its headings."""
        known = 0
        for table in tables:
            if ORGANISATION_COLUMNS[0] in table.headings:
                self._table(table, ORGANISATIONS_TITLE, ORGANISATION_COLUMNS, self._organisation)
            elif BRANCH_COLUMNS[0] in table.headings:
                self._table(table, BRANCHES_TITLE, BRANCH_COLUMNS, self._branch)
            else:
                continue
            known += 1
        if not known:
            wanted = f"“{ORGANISATION_COLUMNS[0]}”或“{BRANCH_COLUMNS[0]}”"
            self.problems.append(Problem("台账", 0, f"没有找到表头{wanted}：请用 ledger template 生成的模板填写。"))

    def check_repeated(self) -> None:
        """Codes stand once; so do a branch's names within its organisation."""
        self._once(ORGANISATIONS_TITLE, ORGANISATION_COLUMNS[0], ((r.number, r.code) for r in self.organisations))
        self._once(BRANCHES_TITLE, BRANCH_COLUMNS[0], ((r.number, r.code) for r in self.branches))
        names = ((row.number, f"{row.organisation}的{row.name}") for row in self.branches)
        self._once(BRANCHES_TITLE, "同一团组织下的团支部名称", names)

    def _once(self, title: str, what: str, rows: Iterable[tuple[int, str]]) -> None:
        first: dict[str, int] = {}
        for number, value in rows:
            if value in first:
                self.problems.append(Problem(title, number, f"{what}“{value}”与第{first[value]}行重复。"))
            first.setdefault(value, number)

    def _table(
        self, table: FilledTable, title: str, columns: tuple[str, ...], take: Callable[[TableRow], None]
    ) -> None:
        named = [heading for heading in table.headings if heading]
        wrong = [f"缺少“{column}”列" for column in columns if column not in {*named, *OPTIONAL_COLUMNS}]
        wrong += [f"不认识的列“{heading}”" for heading in named if heading not in columns]
        wrong += [f"“{heading}”列出现两次" for heading in dict.fromkeys(named) if named.count(heading) > 1]
        if wrong:
            self.problems.append(Problem(title, 0, f"{'，'.join(wrong)}：请用 ledger template 生成的模板填写。"))
            return
        for row in table.rows:
            if row.cells.get("", ""):
                self.problems.append(Problem(title, row.number, "表格之外还有内容：请删去多余的格。"))
                continue
            take(row)

    def _organisation(self, row: TableRow) -> None:
        cells = _Cells(row)
        made = OrganisationRow(
            number=row.number,
            code=cells.read("团组织代码", code),
            name=cells.read("团组织名称", name),
            parent=cells.read("上级团组织代码", optional(code)),
            administrator=cells.read("管理员", optional(name)),
            telephone=cells.read("联系电话", telephone),
            line=cells.read("战线", optional(name)),
        )
        if made.code and made.parent == made.code:
            cells.wrong.append("上级团组织不能是自己")
        self._keep(ORGANISATIONS_TITLE, cells, self.organisations, made)

    def _branch(self, row: TableRow) -> None:
        cells = _Cells(row)
        made = BranchRow(
            number=row.number,
            code=cells.read("团支部代码", code),
            name=cells.read("团支部名称", name),
            organisation=cells.read("所属团组织代码", code),
            secretary=cells.read("团支部书记", name),
            post=cells.read("单位及职务", line),
            since=cells.read("任职时间", since),
            registered=int(cells.read("登记注册团员数", members) or 0),
            affiliated=cells.read("挂靠确认", yes_or_no) == YES,
            supervisor=cells.read("指导监督人", optional(name)),
            grade=cells.read("年级", grade) if "年级" in row.cells else None,
        )
        if made.supervisor and made.supervisor == made.secretary:
            cells.wrong.append("指导监督人不能是被测评的团支部书记本人")
        self._keep(BRANCHES_TITLE, cells, self.branches, made)

    def _keep(self, title: str, cells: _Cells, kept: list[R], made: R) -> None:
        if cells.wrong:
            self.problems.append(Problem(title, cells.number, f"{'；'.join(cells.wrong)}。"))
        else:
            kept.append(made)


class _Cells:
    """One row's cells on their way to values; what is wrong with any is collected, not only the first."""

    def __init__(self, row: TableRow) -> None:
        self.number = row.number
        self.wrong: list[str] = []
        self._cells = row.cells

    def read(self, column: str, check: Callable[[str], str]) -> str:
        """The checked text of a cell; '' where it cannot be taken."""
        try:
            return check(_text(self._cells[column]))
        except _Bad as bad:
            self.wrong.append(f"“{column}”{bad}")
            return ""


def _text(cell: Cell) -> str:
    if isinstance(cell, Odd):
        raise _Bad(f"是{cell.what}，须填写文字或数字本身")
    if not is_plain(cell):
        raise _Bad("含有看不见的字符或换行")
    return cell


def code(text: str) -> str:
    """A code: letters, digits, Chinese characters, and . _ - within; paths are made of them."""
    if not text:
        raise _Bad("未填写")
    if len(text) > _MAX_CODE:
        raise _Bad(f"超过{_MAX_CODE}个字符")
    if not _CODE.fullmatch(text):
        raise _Bad("只能用字母、数字、汉字和 . _ -，且以字母、数字或汉字开头")
    return text


_MAX_CODE = 30


def name(text: str) -> str:
    """Somebody's or something's name."""
    if not text:
        raise _Bad("未填写")
    if len(text) > MAX_NAME:
        raise _Bad(f"超过{MAX_NAME}个字符")
    return text


def line(text: str) -> str:
    """A line of text, perhaps empty."""
    if len(text) > MAX_LINE:
        raise _Bad(f"超过{MAX_LINE}个字符")
    return text


def telephone(text: str) -> str:
    """Digits and what stands between them, perhaps nothing."""
    if len(text) > MAX_NAME or not _TELEPHONE.fullmatch(text):
        raise _Bad("不像电话号码")
    return text


def since(text: str) -> str:
    """何年何月: 2015年9月, or nothing."""
    if text and not _SINCE.fullmatch(text):
        raise _Bad("须写成“2015年9月”的形式")
    return text


def grade(text: str) -> str:
    """A grade: 3 (the third year, more is higher) or 2015级 (of entry, earlier is higher), or nothing."""
    if text and not _GRADE.fullmatch(text):
        raise _Bad("须写成“3”（三年级）或“2015级”（入学年份）的形式")
    return text


def members(text: str) -> str:
    """A number of registered members."""
    if not text:
        raise _Bad("未填写")
    if not text.isascii() or not text.isdigit():
        raise _Bad("须为整数")
    if not 1 <= int(text[:9]) <= MAX_MEMBERS:
        raise _Bad(f"须在1至{MAX_MEMBERS}之间")
    return text


def yes_or_no(text: str) -> str:
    """是 or 否; nothing means 否."""
    if text not in {"", YES, NO}:
        raise _Bad(f"只能填“{YES}”或“{NO}”")
    return text


def optional(check: Callable[[str], str]) -> Callable[[str], str]:
    """`check`, where there is something to check."""
    return lambda text: check(text) if text else ""
