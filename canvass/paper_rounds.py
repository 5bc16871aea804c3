"""确认 → 公示 of rounds without signatures (纸质测评, 暖青汇): a branch that voted on paper has the same duties.

They are `CountedRound`s that say of themselves that they are not `signed`; nobody gets them who has not asked for them
here. What stands in the way is named: 无效, a signed result beside it, or two people's tables that disagree.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select, tuple_

from canvass.bulk import chunks
from canvass.codes import paper_round_id, paper_round_parts
from canvass.counted import TAKE_BACK, CountedRound, conflicting_rounds, counted_figures, counted_rounds
from canvass.ledger_schema import branches, lines, organisations
from canvass.paper_disputes import agreed_ids, disputed_ids
from canvass.registry import Registry
from canvass.schema import LAST_PAPER, OUTCOME_CODES, STANDINGS, EndKind, Standing, ends, papers, standings, words
from canvass.steps import last_note, last_posting, steps_of, taken
from rounds.errors import BadInput, RuleRefusal
from rounds.publicity import Publicity
from rounds.rules import Outcome

STATIONED = "定点"
"""In 测评方式 as people fill it in."""
_SETTLED = "两人重新核对原件、分别录入（import --paper F --second G）一致后方可办理。" + TAKE_BACK
_DISPUTED = f"有两份录入的数字不一致，不予确认、不公示：{_SETTLED}"
_INVALID = "无效（参与人数未达团员总数三分之二），没有可公示的结果：请重新测评。"
_SIGNED = "已有签名的测评结果：以签名的结果为准，未经签名的不予确认、不公示。" + TAKE_BACK
_CONTESTED = "另有签名的测评结果在冲突或待确认中，不予确认、不公示：请先核实。" + TAKE_BACK
_FOLLOWED = "刚才另有人重新录入，数字可能已不同：请核对后再办理。"
_TOLD = {_SIGNED: "已有签名的测评结果，以其为准", _CONTESTED: "另有签名的测评结果在冲突或待确认中"}


@dataclass(frozen=True)
class _Beside:
    """What else is known of the entries' branches and years."""

    disputed: frozenset[int]
    """Entries."""
    signed: dict[tuple[int, int], str]
    """Branch and year → why the entry does not count."""

    def obstacle(self, row: Row[Any], *, contested: bool = False) -> str:
        """Why the entry is neither confirmed nor posted; '' where nothing stands in the way.

        `contested`: whoever takes a step back need not mind what contradicts the entry.
        """
        if row.outcome == OUTCOME_CODES[Outcome.INVALID]:
            return _INVALID
        if contested:
            return ""
        return _DISPUTED if row.id in self.disputed else self.signed.get((row.branch, row.year), "")


def paper_rounds(
    registry: Registry, *, year: int | None = None, only: Sequence[str] = (), contested: bool = False
) -> list[CountedRound]:
    """Valid entries without signatures, of one year or of all, or those of `only` alone (2016-paper-TM-02).

    `contested`: those too that tables or signed results contradict, so that a confirmation of one can be taken back.

    Raises:
        BadInput: one of `only` is not in the registry.
        RuleRefusal: one of `only` is 无效, disputed, or a signed result stands beside it.
        Unreadable: the registry failed.
    """
    with registry.reading() as connection:
        found = _named(connection, only) if only else _all(connection, year)
        beside = _beside(connection, found)
        for row in found if only else ():
            if obstacle := beside.obstacle(row, contested=contested):
                raise RuleRefusal(f"测评{paper_round_id(row.year, row.code)}{obstacle}")
        counted = [row for row in found if not beside.obstacle(row, contested=contested)]
        steps = steps_of(connection, {row.id for row in counted}, signed=False)
        agreed = agreed_ids(connection)
    return [_round(row, steps[row.id], checked=row.id in agreed) for row in counted]


def contradicted_rounds(registry: Registry, *, year: int | None = None) -> list[CountedRound]:
    """The rounds whose confirmation stands, though a conflict, a dispute or a signed result contradicts them.

    Raises:
        Unreadable: the registry failed.
    """
    undisputed = {one.end_id for one in paper_rounds(registry, year=year)}
    entered = [one for one in paper_rounds(registry, year=year, contested=True) if one.end_id not in undisputed]
    confirmed = [one for one in entered if one.publicity(date.max) is not Publicity.COUNTED]
    return conflicting_rounds(registry, year=year) + confirmed


def paper_obstacles(connection: Connection, wanted: Collection[int], *, contested: bool = False) -> dict[int, str]:
    """Why some entries, which could be confirmed and posted when they were read, no longer can; by their ids."""
    found: list[Row[Any]] = []
    for some in chunks(wanted):
        found += connection.execute(_QUERY.where(papers.c.id.in_(some))).all()
    beside = _beside(connection, found)
    now = {row.id: beside.obstacle(row, contested=contested) for row in found}
    return {number: now.get(number, _FOLLOWED) for number in wanted if now.get(number, _FOLLOWED)}


def beside_signed(registry: Registry, *, year: int | None = None) -> dict[str, str]:
    """The entries that do not count since signed ends stand beside them, by their names, with what a reader is told.

    Raises:
        Unreadable: the registry failed.
    """
    with registry.reading() as connection:
        found = _all(connection, year)
        signed = _beside(connection, found).signed
    beside = {paper_round_id(row.year, row.code): signed.get((row.branch, row.year), "") for row in found}
    return {named: _TOLD[why] for named, why in beside.items() if why}


def rounds_named(registry: Registry, named: Sequence[str], *, contested: bool = False) -> list[CountedRound]:
    """The rounds of these names, signed or not; `contested`: see `counted_rounds` and `paper_rounds`.

    Raises:
        BadInput, RuleRefusal, Unreadable: see `counted_rounds` and `paper_rounds`.
    """
    unsigned = [one for one in named if paper_round_parts(one)]
    signed = [one for one in named if not paper_round_parts(one)]
    found = counted_rounds(registry, only=signed, contested=contested) if signed else []
    return found + (paper_rounds(registry, only=unsigned, contested=contested) if unsigned else [])


_WORDS = {name: words.alias(f"paper_{name}") for name in ("secretary", "held", "method", "supervisor")}
_QUERY: Select[Any] = (
    select(
        papers.c.id,
        papers.c.branch,
        papers.c.year,
        papers.c.attempt,
        papers.c.registered,
        papers.c.collected,
        papers.c.invalid,
        papers.c.satisfied,
        papers.c.outcome,
        branches.c.code,
        branches.c.name,
        organisations.c.name.label("organisation"),
        organisations.c.administrator,
        organisations.c.telephone,
        lines.c.name.label("line"),
        *(table.c.word.label(f"{name}_word") for name, table in _WORDS.items()),
    )
    .join_from(papers, branches)
    .join(organisations, organisations.c.id == branches.c.organisation)
    .join(lines, lines.c.id == organisations.c.line)
)
for _name, _table in _WORDS.items():
    _QUERY = _QUERY.join(_table, _table.c.id == papers.c[_name])
_QUERY = _QUERY.where(LAST_PAPER).order_by(organisations.c.path, branches.c.code, papers.c.year)


def _all(connection: Connection, year: int | None) -> list[Row[Any]]:
    return list(connection.execute(_QUERY if year is None else _QUERY.where(papers.c.year == year)))


def _named(connection: Connection, only: Sequence[str]) -> list[Row[Any]]:
    wanted = {named: paper_round_parts(named) for named in only}
    found: list[Row[Any]] = []
    for some in chunks({parts for parts in wanted.values() if parts}):
        found += connection.execute(_QUERY.where(tuple_(papers.c.year, branches.c.code).in_(some))).all()
    known = {(row.year, row.code) for row in found}
    for named, parts in wanted.items():
        if parts not in known:
            raise BadInput(f"登记库中没有测评{named}：请核对编号（见 summary --json），或先用 import --paper 录入。")
    return found


def _beside(connection: Connection, found: Collection[Row[Any]]) -> _Beside:
    signed: dict[tuple[int, int], str] = {}
    for some in chunks({row.branch for row in found}):
        for row in connection.execute(_SIGNED_ENDS.where(ends.c.branch.in_(some))):
            contested = row.standing is not None
            signed[row.branch, row.year] = _CONTESTED if contested else _SIGNED
    return _Beside(disputed_ids(connection), signed)


_SIGNED_ENDS: Select[Any] = (
    select(ends.c.branch, ends.c.year, standings.c.standing)
    .outerjoin_from(ends, standings)
    .where(
        or_(
            standings.c.standing.in_([code for code, one in STANDINGS.items() if one is not Standing.REPLACED]),
            standings.c.standing.is_(None)
            & (ends.c.kind == int(EndKind.RESULT))
            & (ends.c.outcome != OUTCOME_CODES[Outcome.INVALID]),
        )
    )
    .order_by(standings.c.standing.is_(None))
)
"""The ends that take the place of an entry; the accepted ones last, whose word holds."""


def _round(row: Row[Any], held: Sequence[Row[Any]], *, checked: bool) -> CountedRound:
    return CountedRound(
        end_id=row.id,
        round_id=paper_round_id(row.year, row.code),
        year=row.year,
        attempt=row.attempt,
        line=row.line,
        issuer=row.organisation,
        code=row.code,
        branch=row.name,
        secretary=row.secretary_word,
        supervisor=row.supervisor_word,
        administrator=row.administrator,
        telephone=row.telephone,
        figures=counted_figures(row, present=row.collected, issued=row.collected),
        held=row.held_word,
        stationed=STATIONED in row.method_word,
        steps=tuple(map(taken, held)),
        posting=last_posting(held),
        note=last_note(held),
        signed=False,
        checked=checked,
        method=row.method_word,
    )
