"""The rows of a filled 附件4, each held against what follows from its own figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from canvass.schema import MAX_LINE
from canvass.tables import Cell, DateCell, FilledTable, Odd, TableRow
from rounds.documents import MAX_MEMBERS
from rounds.encoding import MAX_NAME, is_plain
from rounds.results import OUTCOME_NAMES
from rounds.rules import Outcome, decide, percent, quorum_needed

NAME = "团支部名称"
ORGANISATION = "上级团组织"
_TOTAL = "合计"
_NEEDED = (ORGANISATION, NAME, "团支部书记姓名", "团员总数", "参与测评人数", "满意票数", "不满意票数", "无效票数")


def _column(name: str) -> dict[str, str]:
    return {"column": name}


@dataclass(frozen=True)
class PaperRow:
    """One round as the table states it; counts are None below quorum. The columns are those that people compare."""

    number: int
    organisation: str
    name: str
    secretary: str = field(metadata=_column("团支部书记姓名"))
    since: str = field(metadata=_column("任职时间"))
    registered: int = field(metadata=_column("团员总数"))
    collected: int = field(metadata=_column("参与测评人数"))
    satisfied: int | None = field(metadata=_column("满意票数"))
    unsatisfied: int | None = field(metadata=_column("不满意票数"))
    invalid: int | None = field(metadata=_column("无效票数"))
    outcome: Outcome
    method: str = field(metadata=_column("测评方式"))
    held: str = field(metadata=_column("测评时间"))
    supervisor: str = field(metadata=_column("指导监督人"))
    remark: str

    @property
    def branch(self) -> tuple[str, str]:
        """Which branch it speaks of."""
        return self.organisation, self.name

    @property
    def figures(self) -> tuple[object, ...]:
        """What must agree for two entries to be one."""
        return (self.registered, self.collected, self.satisfied, self.invalid)

    @property
    def words(self) -> tuple[str, ...]:
        """The texts that the registry keeps once each."""
        return (self.secretary, self.since, self.method, self.held, self.supervisor)


@dataclass(frozen=True)
class PaperProblem:
    """One bad row; number 0 speaks of the whole table."""

    number: int
    reason: str

    def __str__(self) -> str:
        """The line for the clerk."""
        return f"第{self.number}行：{self.reason}。" if self.number else f"{self.reason}。"


class _Bad(Exception):
    """Why a row cannot be taken."""


def read_rows(tables: Iterable[FilledTable]) -> tuple[list[PaperRow], list[PaperProblem]]:
    """The rows of every table, 合计 rows left out, and everything that is wrong with them."""
    rows: list[PaperRow] = []
    problems: list[PaperProblem] = []
    seen: dict[tuple[str, str], int] = {}
    for table in tables:
        missing = [column for column in _NEEDED if column not in table.headings]
        if missing:
            problems.append(PaperProblem(0, f"附件4缺少“{'”“'.join(missing)}”列：请用汇总表的格式填写"))
            continue
        for found in table.rows:
            if _is_total(found):
                continue
            try:
                rows.append(_read(found))
            except _Bad as bad:
                problems.append(PaperProblem(found.number, str(bad)))
    for row in rows:
        if row.branch in seen:
            problems.append(PaperProblem(row.number, f"与第{seen[row.branch]}行是同一个团支部"))
        seen.setdefault(row.branch, row.number)
    if not rows and not problems:
        problems.append(PaperProblem(0, f"没有找到表头“{NAME}”或表中没有内容：请核对是否选错文件"))
    return rows, problems


def _is_total(row: TableRow) -> bool:
    return any(isinstance(row.cells.get(name), str) and _TOTAL in str(row.cells[name]) for name in ("序号", "战线"))


def _read(row: TableRow) -> PaperRow:
    """One row's values.

    Raises:
        _Bad: a cell cannot be taken, or the figures contradict each other.
    """
    registered, collected = _count(row, "团员总数", 1), _count(row, "参与测评人数", 0)
    if collected > registered:
        raise _Bad(f"参与测评人数{collected}多于团员总数{registered}")
    satisfied, unsatisfied, invalid, outcome = _counts(row, registered, collected)
    _check_stated(row, registered, collected, satisfied, outcome)
    return PaperRow(
        number=row.number,
        organisation=_text(row, ORGANISATION, MAX_NAME, needed=True),
        name=_text(row, NAME, MAX_NAME, needed=True),
        secretary=_text(row, "团支部书记姓名", MAX_NAME, needed=True),
        since=_text(row, "任职时间", MAX_NAME),
        registered=registered,
        collected=collected,
        satisfied=satisfied,
        unsatisfied=unsatisfied,
        invalid=invalid,
        outcome=outcome,
        method=_text(row, "测评方式", MAX_NAME),
        held=_day(row, "测评时间"),
        supervisor=_text(row, "指导监督人", MAX_NAME),
        remark=_text(row, "备注", MAX_LINE),
    )


def _counts(row: TableRow, registered: int, collected: int) -> tuple[int | None, int | None, int | None, Outcome]:
    columns = ("满意票数", "不满意票数", "无效票数")
    if collected < quorum_needed(registered):
        if any(_text(row, column, MAX_NAME) for column in columns):
            raise _Bad("参与人数未达团员总数三分之二，测评无效：不得填写票数")
        return None, None, None, Outcome.INVALID
    satisfied, unsatisfied, invalid = (_count(row, column, 0) for column in columns)
    if satisfied + unsatisfied + invalid != collected:
        raise _Bad(f"满意、不满意、无效三项票数之和为{satisfied + unsatisfied + invalid}，参与测评人数为{collected}")
    return satisfied, unsatisfied, invalid, decide(registered, collected, satisfied).outcome


def _check_stated(row: TableRow, registered: int, collected: int, satisfied: int | None, outcome: Outcome) -> None:
    """What the table states besides must be what follows; an empty cell states nothing."""
    verdict = _text(row, "测评结果", MAX_LINE)
    names = {OUTCOME_NAMES[outcome], "无效"} if outcome is Outcome.INVALID else {OUTCOME_NAMES[outcome]}
    if verdict and verdict not in names:
        raise _Bad(f"测评结果填“{verdict}”，按所填票数应为“{OUTCOME_NAMES[outcome]}”")
    shares: dict[str, Callable[[], Fraction]] = {"参与率": lambda: Fraction(collected, registered)}
    if satisfied is not None:
        shares["满意度"] = lambda: Fraction(satisfied, collected)
    for column, share in shares.items():
        stated = _text(row, column, MAX_NAME)
        if stated and percent(share()) not in _readings(stated):
            raise _Bad(f"{column}填“{stated}”，按所填数字应为{percent(share())}%")


def _readings(stated: str) -> set[str]:
    """What a stated share may mean: 93.33% and 93.33 as printed, or 0.9333… as a spreadsheet keeps it."""
    if not _SHARE.fullmatch(stated):
        return set()
    value = Fraction(stated.removesuffix("%"))
    return {percent(value / 100)} if stated.endswith("%") else {percent(value / 100), percent(value)}


_SHARE = re.compile(r"\d{1,3}(\.\d{1,20})?%?", re.ASCII)


def _text(row: TableRow, column: str, longest: int, *, needed: bool = False) -> str:
    cell: Cell = row.cells.get(column, "")
    if isinstance(cell, Odd):
        raise _Bad(f"“{column}”是{cell.what}，须填写文字或数字本身")
    if not is_plain(cell) or len(cell) > longest:
        raise _Bad(f"“{column}”须为不超过{longest}个可见字符")
    if needed and not cell:
        raise _Bad(f"“{column}”未填写")
    return cell


def _day(row: TableRow, column: str) -> str:
    """A time as it is written; of a cell that holds a date the whole date: a round may be held again in its month."""
    cell = row.cells.get(column, "")
    if isinstance(cell, DateCell):
        return cell.day
    text = _text(row, column, MAX_NAME)
    if found := _WHOLE_DAY.match(text):
        try:
            date(*map(int, found.groups()))
        except ValueError:
            raise _Bad(f"{column}填“{text}”，没有这一天") from None
    return text


_WHOLE_DAY = re.compile(r"(\d{4}) ?[-./年] ?(\d{1,2}) ?[-./月] ?(\d{1,2})(?!\d)", re.ASCII)


def _count(row: TableRow, column: str, least: int) -> int:
    text = _text(row, column, MAX_NAME, needed=True)
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:9]) <= MAX_MEMBERS:
        raise _Bad(f"“{column}”须为{least}至{MAX_MEMBERS}之间的整数")
    return int(text)
