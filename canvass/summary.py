"""The registry → 附件4《已完成团支部书记“背靠背”满意度测评工作情况汇总表》, with totals and both averages.

A row is a branch whose result is accepted and valid. Apart from the rows, and in no sum: rounds in conflict, revisions
that wait for a person, void rounds, and rounds below quorum (the latter two 需重新测评 until a further attempt is in).
Shares are exact fractions; percent is for print (`rounds.rules.percent`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, Select, select

from canvass.ledger_schema import branches, lines, organisations
from canvass.registry import Registry
from canvass.schema import (
    OUTCOMES,
    STANDINGS,
    EndKind,
    Standing,
    ends,
    issuers,
    reasons,
    revisions,
    round_id,
    standings,
    words,
)
from rounds.results import OUTCOME_NAMES
from rounds.rules import Outcome, percent

COLUMNS = (
    "序号",
    "战线",
    "上级团组织",
    "团支部名称",
    "团支部书记姓名",
    "任职时间",
    "团员总数",
    "参与测评人数",
    "参与率",
    "满意票数",
    "不满意票数",
    "无效票数",
    "满意度",
    "测评结果",
    "测评方式",
    "测评时间",
    "指导监督人",
    "公示起止时间",
    "备注",
)
"""RULES.md 5; the form itself was not attached to the notice."""

METHOD_NAMES = {"gathered": "集中“背靠背”投票", "stationed": "定点“背靠背”投票"}
WEIGHTED_FORMULA = "各团支部满意票数之和÷各团支部实际参与测评人数之和"
UNWEIGHTED_FORMULA = "各团支部满意度之和÷团支部个数"
Cells = tuple[str | int, ...]


@dataclass(frozen=True)
class SummaryRow:
    """One branch: the columns of 附件4. `line` (战线) and `publicity` (公示起止时间) are empty while unknown."""

    number: int
    round_id: str
    year: int
    line: str
    issuer: str
    branch: str
    secretary: str
    since: str
    registered: int
    collected: int
    satisfied: int
    unsatisfied: int
    invalid: int
    outcome: Outcome
    method: str
    held: str
    supervisor: str
    publicity: str
    remark: str

    @property
    def turnout(self) -> Fraction:
        """参与率 = 参与测评人数 ÷ 团员总数."""
        return Fraction(self.collected, self.registered)

    @property
    def rate(self) -> Fraction:
        """满意度 = 满意票数 ÷ 参与测评人数."""
        return Fraction(self.satisfied, self.collected)

    def cells(self) -> Cells:
        """The values under `COLUMNS`."""
        return (
            self.number,
            self.line,
            self.issuer,
            self.branch,
            self.secretary,
            self.since,
            self.registered,
            self.collected,
            _percent(self.turnout),
            self.satisfied,
            self.unsatisfied,
            self.invalid,
            _percent(self.rate),
            OUTCOME_NAMES[self.outcome],
            METHOD_NAMES[self.method],
            self.held,
            self.supervisor,
            self.publicity,
            self.remark,
        )


@dataclass(frozen=True)
class Totals:
    """合计 of the rows; every number is a plain sum."""

    branches: int
    registered: int
    collected: int
    satisfied: int
    unsatisfied: int
    invalid: int
    satisfied_branches: int
    unsatisfied_branches: int

    def cells(self) -> Cells:
        """The values under `COLUMNS`."""
        turnout = Fraction(self.collected, self.registered) if self.registered else None
        rate = Fraction(self.satisfied, self.collected) if self.collected else None
        verdicts = f"满意{self.satisfied_branches}个，不满意{self.unsatisfied_branches}个"
        counts = (self.satisfied, self.unsatisfied, self.invalid)
        head = ("合计", "", "", f"{self.branches}个团支部", "", "", self.registered, self.collected)
        return (*head, _percent(turnout), *counts, _percent(rate), verdicts, "", "", "", "", "")


@dataclass(frozen=True)
class Average:
    """One average of 满意度 with the formula it follows; `value` is None without rows."""

    name: str
    formula: str
    value: Fraction | None

    @property
    def value_percent(self) -> str | None:
        """In percent to two decimals, '96.28'; for print only."""
        return None if self.value is None else percent(self.value)


@dataclass(frozen=True)
class Unsummed:
    """An end that is in no sum. `note` says why; `rerun` whether 重新测评 is still to come."""

    round_id: str
    digest: str
    issuer: str
    branch: str
    secretary: str
    attempt: int
    note: str
    rerun: bool


@dataclass(frozen=True)
class Summary:
    """附件4 with what stands beside it."""

    rows: tuple[SummaryRow, ...]
    totals: Totals
    averages: tuple[Average, ...]
    """Weighted by ballots, then unweighted; reports may add others."""
    conflicts: tuple[Unsummed, ...]
    waiting: tuple[Unsummed, ...]
    voids: tuple[Unsummed, ...]
    invalid: tuple[Unsummed, ...]


def summarise(registry: Registry, *, year: int | None = None) -> Summary:
    """The summary of all rounds, or of those of one assessed year.

    Raises:
        Unreadable: the registry failed.
    """
    with registry.reading() as connection:
        found = connection.execute(_query(year)).all()
    context = _Context(found)
    listed: dict[str, list[Row[Any]]] = defaultdict(list)
    for end in found:
        listed[_place(end)].append(end)
    rows = tuple(_row(number, end, context) for number, end in enumerate(listed["rows"], 1))
    return Summary(
        rows=rows,
        totals=total(rows),
        averages=(_weighted(rows), _unweighted(rows)),
        conflicts=tuple(_unsummed(end, end.standing_reason, rerun=False) for end in listed["conflicts"]),
        waiting=tuple(_unsummed(end, end.standing_reason, rerun=False) for end in listed["waiting"]),
        voids=tuple(_ended(end, "已作废", context) for end in listed["voids"]),
        invalid=tuple(_ended(end, "参与人数未达团员总数三分之二", context) for end in listed["invalid"]),
    )


def total(rows: Iterable[SummaryRow]) -> Totals:
    """合计 of any rows: of all, or of one 战线."""
    listed = list(rows)
    outcomes = Counter(row.outcome for row in listed)
    return Totals(
        branches=len(listed),
        registered=sum(row.registered for row in listed),
        collected=sum(row.collected for row in listed),
        satisfied=sum(row.satisfied for row in listed),
        unsatisfied=sum(row.unsatisfied for row in listed),
        invalid=sum(row.invalid for row in listed),
        satisfied_branches=outcomes[Outcome.SATISFIED],
        unsatisfied_branches=outcomes[Outcome.UNSATISFIED],
    )


_SECRETARY, _SINCE, _SUPERVISOR = (words.alias(name) for name in ("secretaries", "sinces", "supervisors"))


def _query(year: int | None) -> Select[Any]:
    wanted = (
        select(
            ends,
            branches.c.code.label("branch_code"),
            branches.c.name.label("branch_name"),
            lines.c.name.label("line"),
            _SECRETARY.c.word.label("secretary_name"),
            _SINCE.c.word.label("since_text"),
            _SUPERVISOR.c.word.label("supervisor_name"),
            issuers.c.name.label("issuer_name"),
            standings.c.standing,
            standings.c.reason.label("standing_reason"),
            reasons.c.reason,
            revisions.c.supersedes,
        )
        .join_from(ends, branches)
        .join(organisations, organisations.c.id == branches.c.organisation)
        .join(lines, lines.c.id == organisations.c.line)
        .join(issuers, issuers.c.id == ends.c.issuer)
        .join(_SECRETARY, _SECRETARY.c.id == ends.c.secretary)
        .join(_SINCE, _SINCE.c.id == ends.c.since)
        .join(_SUPERVISOR, _SUPERVISOR.c.id == ends.c.supervisor)
        .outerjoin(standings, standings.c.end_id == ends.c.id)
        .outerjoin(reasons, reasons.c.end_id == ends.c.id)
        .outerjoin(revisions, revisions.c.end_id == ends.c.id)
        .order_by(issuers.c.name, branches.c.code, branches.c.name, ends.c.round, ends.c.digest)
    )
    return wanted if year is None else wanted.where(ends.c.year == year)


def _standing(end: Row[Any]) -> Standing:
    return Standing.ACCEPTED if end.standing is None else STANDINGS[end.standing]


def _place(end: Row[Any]) -> str:
    """Which list of the summary an end belongs to."""
    standing = _standing(end)
    if standing is not Standing.ACCEPTED:
        return _APART[standing]
    if end.kind == EndKind.VOID:
        return "voids"
    return "invalid" if OUTCOMES[end.outcome] is Outcome.INVALID else "rows"


_APART = {Standing.CONFLICT: "conflicts", Standing.WAITING: "waiting", Standing.REPLACED: "replaced"}


class _Context:
    """What a remark on one end needs to know of the others."""

    def __init__(self, found: Sequence[Row[Any]]) -> None:
        self.followed = {end.previous for end in found}
        self.contested = {end.id for end in found if _standing(end) is Standing.CONFLICT}
        self.revised = {bytes(end.supersedes) for end in found if _standing(end) is Standing.WAITING}
        self.years = {end.year for end in found}
        self.branches = Counter(_branch(end) for end in found if _place(end) == "rows")


def _branch(end: Row[Any]) -> tuple[str, int, str, str]:
    return end.issuer_name, end.year, end.branch_code or end.branch_name, end.secretary_name


def _row(number: int, end: Row[Any], context: _Context) -> SummaryRow:
    return SummaryRow(
        number=number,
        round_id=round_id(end.year, end.round),
        year=end.year,
        line=end.line,
        issuer=end.issuer_name,
        branch=end.branch_name,
        secretary=end.secretary_name,
        since=end.since_text,
        registered=end.registered,
        collected=end.collected,
        satisfied=end.satisfied,
        unsatisfied=end.collected - end.invalid - end.satisfied,
        invalid=end.invalid,
        outcome=OUTCOMES[end.outcome],
        method="stationed" if end.stationed else "gathered",
        held=_held(end),
        supervisor=end.supervisor_name,
        publicity="",
        remark="；".join((*_remarks(end, context), *_time_remarks(end))),
    )


def _remarks(end: Row[Any], context: _Context) -> list[str]:
    remarks = {
        f"{end.year}年度": len(context.years) > 1,
        f"第{end.attempt}次测评": end.attempt > 1,
        "书记本人不参加投票": not end.secretary_votes,
        "启用应急码：是": end.emergency_used,
        "有更正件待确认": bytes(end.digest) in context.revised,
        "上一次测评的结束文件有冲突，须核实": end.previous in context.contested,
        "同一团支部本年度另有测评结果，须核实": context.branches[_branch(end)] > 1,
    }
    return [remark for remark, holds in remarks.items() if holds]


def _time_remarks(end: Row[Any]) -> list[str]:
    """What is odd about the times a file bears; a laptop's clock may be wrong, so none of it rejects a result."""
    remarks = {
        "所载封箱时间早于批复时间": end.opened < end.authorised,
        "所载计票时间早于封箱时间": end.closed < end.opened,
        "所载时间晚于导入时间": max(end.authorised, end.opened, end.closed) > end.imported,
    }
    return [remark for remark, holds in remarks.items() if holds]


def _held(end: Row[Any]) -> str:
    """测评时间 on the hall's own calendar, 2017年4月1日; first and last day where they differ."""
    hall = timezone(timedelta(minutes=end.utc_offset))
    moments = (datetime.fromtimestamp(seconds, hall) for seconds in (end.opened, end.closed))
    return "至".join(dict.fromkeys(f"{moment.year}年{moment.month}月{moment.day}日" for moment in moments))


def _ended(end: Row[Any], why: str, context: _Context) -> Unsummed:
    rerun = end.id not in context.followed
    after = "需重新测评" if rerun else "已重新测评"
    return _unsummed(end, f"{why}，{after}。原因：{end.reason}", rerun=rerun)


def _unsummed(end: Row[Any], note: str, *, rerun: bool) -> Unsummed:
    return Unsummed(
        round_id=round_id(end.year, end.round),
        digest=bytes(end.digest).hex(),
        issuer=end.issuer_name,
        branch=end.branch_name,
        secretary=end.secretary_name,
        attempt=end.attempt,
        note=note,
        rerun=rerun,
    )


def _weighted(rows: Sequence[SummaryRow]) -> Average:
    collected = sum(row.collected for row in rows)
    value = Fraction(sum(row.satisfied for row in rows), collected) if collected else None
    return Average("按票数加权的平均满意度", WEIGHTED_FORMULA, value)


def _unweighted(rows: Sequence[SummaryRow]) -> Average:
    """Rows are added up by denominator first: fifty thousand fractions have a few hundred different ones."""
    numerators: Counter[int] = Counter()
    for row in rows:
        numerators[row.collected] += row.satisfied
    value = sum((Fraction(above, below * len(rows)) for below, above in numerators.items()), Fraction(0))
    return Average("各团支部平均满意度", UNWEIGHTED_FORMULA, value if rows else None)


def _percent(share: Fraction | None) -> str:
    return "" if share is None else f"{percent(share)}%"
