"""工作进度督查 (四、工作督查 1): done and expected by 战线 and organisation from the roll-ups, the unfinished by name.

Done is an accepted valid result; 未经签名验证 ones are counted apart, and not at all while two people dispute them.
What is done after the deadline is late: the deadline's own day is in time (“应于4月1日前”, 4月1日 itself included).

Expected is the ledger, and besides it every branch outside of it that has an end here or that an organisation below
lists in its last bundle (`listings`); so expected = done + 未经签名验证 + the unfinished that are named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from canvass.grant_schema import grants
from canvass.ledger import LedgerBranch, below, ledger_branches
from canvass.ledger_schema import branches, lines, organisations
from canvass.listings import Listing, by_branch, outsiders, without_ends
from canvass.publicity_schema import DISPUTED_PAPER
from canvass.registry import Registry
from canvass.rollup_schema import State
from canvass.rollups import DONE, RERUN, Sums, by_line, expectation
from canvass.schema import LAST_PAPER, OUTCOMES, STANDINGS, EndKind, Standing, ends, papers, standings
from canvass.units import units
from rounds.bundles import RoundState
from rounds.errors import RuleRefusal
from rounds.rules import Outcome

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Stand:
    """How far one 战线 or one organisation is; all numbers are branches."""

    name: str
    expected: int
    done: int
    again: int
    """需重新测评."""
    unsigned: int
    """未经签名验证, not among `done`."""
    late: int = 0
    """Of `done`, after the deadline."""


@dataclass(frozen=True)
class Missing:
    """A branch without a valid result, how far it is, and whom to ring up."""

    branch: LedgerBranch
    state: str
    reported: Listing | None = None
    """The listing of an organisation below that says so, where nothing here says as much."""
    in_ledger: bool = True


@dataclass(frozen=True)
class Added:
    """What one branch adds to the roll-ups and the ledger."""

    branch: LedgerBranch
    expected: int
    again: int


def added_by_branch(registry: Registry, listed: Sequence[Listing], year: int, path: str | None) -> list[Added]:
    """What branches outside of the ledger add, and those that are listed as void and have nothing here.

    Raises:
        Unreadable: the registry failed.
    """
    outside = [Added(one.branch, 1, 0) for one in outsiders(registry, listed, year=year, path=path)]
    alone = without_ends(registry, listed, year=year)
    void = (one.branch for one in by_branch(alone, _LISTED_RANK).values() if one.round.state is RoundState.VOID)
    return outside + [Added(one, 0, 1) for one in void if path is None or one.path.startswith(path)]


def stand_by_line(
    registry: Registry, *, year: int, deadline: date, path: str | None = None, listed: Sequence[Listing] = ()
) -> list[Stand]:
    """Per 战线, by name; `listed`: `listings` of that year.

    Raises:
        RuleRefusal: there is no ledger, so nobody knows how many branches are expected.
        Unreadable: the registry failed.
    """
    wanted = expectation(registry, path=path)
    if not wanted:
        raise RuleRefusal("没有台账，不知道应完成多少个团支部：请先用 ledger import 导入台账。")
    held = by_line(registry, year=year, path=path)
    late = _late(registry, year, deadline, path)
    more: dict[str, list[Added]] = defaultdict(list)
    for one in added_by_branch(registry, listed, year, path):
        more[one.branch.line].append(one)
    names = sorted(wanted.keys() | held.keys() | more.keys())
    return [
        _stand(name, wanted[name].branches if name in wanted else 0, held.get(name, {}), more[name], late.get(name, 0))
        for name in names
    ]


def stand_by_organisation(
    registry: Registry, *, year: int, path: str | None = None, listed: Sequence[Listing] = ()
) -> list[Stand]:
    """Per organisation directly below `path`, and what hangs on that itself (`canvass.units`).

    Raises:
        Unreadable: the registry failed.
    """
    more = added_by_branch(registry, listed, year, path)
    stands = []
    for unit in units(registry, year=year, path=path):
        added = [each for each in more if unit.holds(each.branch.path)]
        if unit.sums or unit.expected or added:
            stands.append(_stand(unit.name, unit.expected, unit.sums, added))
    return stands


def _stand(name: str, expected: int, held: Mapping[State, Sums], more: Iterable[Added], late: int = 0) -> Stand:
    done, again = (_branches(held, states) for states in (DONE, RERUN))
    unsigned = _branches(held, (State.UNSIGNED,))
    added = list(more)
    expected += sum(one.expected for one in added)
    return Stand(name, expected, done, again + sum(one.again for one in added), unsigned, late)


def _branches(held: Mapping[State, Sums], states: Iterable[State]) -> int:
    return sum(held[state].branches for state in states if state in held)


def _late(registry: Registry, year: int, deadline: date, path: str | None) -> dict[str, int]:
    """Branches per 战线 whose valid result was counted after the deadline, on the hall's own calendar."""
    query = (
        select(lines.c.name, func.count(ends.c.branch.distinct()))
        .join_from(ends, branches)
        .join(organisations, organisations.c.id == branches.c.organisation)
        .join(lines, lines.c.id == organisations.c.line)
        .outerjoin(standings, standings.c.end_id == ends.c.id)
        .where(*is_late(year, deadline))
        .group_by(lines.c.name)
    )
    with registry.reading() as connection:
        rows = connection.execute(query if path is None else query.where(below(path)))
        return {row[0]: row[1] for row in rows}


def is_late(year: int, deadline: date) -> tuple[ColumnElement[bool], ...]:
    """Of `ends` with their `standings`: an accepted valid result, counted after the deadline in the hall's own days."""
    day = (ends.c.closed + ends.c.utc_offset * 60) // _DAY
    counts = (ends.c.year == year, standings.c.end_id.is_(None), ends.c.outcome.in_(_VALID))
    return (*counts, day > deadline.toordinal() - _EPOCH)


_VALID = tuple(code for code, outcome in OUTCOMES.items() if outcome is not Outcome.INVALID)


def missing(registry: Registry, *, year: int, path: str | None = None, listed: Sequence[Listing] = ()) -> list[Missing]:
    """The branches below `path` that have no valid result of `year`, by organisation and code.

    Those of the ledger, and those outside of it that have an end here or are `listed` (`listings` of that year).

    Raises:
        Unreadable: the registry failed.
    """
    inside = [(one, (one.id, "", "")) for one in ledger_branches(registry, path=path)]
    outside = [(one.branch, one.key) for one in outsiders(registry, listed, year=year, path=path)]
    with registry.reading() as connection:
        states = _states(connection, year)
    said = by_branch(listed, _LISTED_RANK)
    found = [_missing(one, states.get(one.id), said.get(key), in_ledger=True) for one, key in inside]
    found += [_missing(one, states.get(one.id), said.get(key), in_ledger=False) for one, key in outside]
    left = [one for one in found if one.state not in _FINISHED]
    return sorted(left, key=lambda one: (one.branch.path, one.branch.code, one.branch.name))


def _missing(branch: LedgerBranch, own: str | None, said: Listing | None, *, in_ledger: bool) -> Missing:
    """What is known here, or what somebody below says where that is nearer to a result."""
    told = None if said is None else _LISTED[said.round.state]
    if said is None or told is None or own in _FINISHED or (own and _RANK.index(own) <= _RANK.index(told)):
        return Missing(branch, own or _NOT_AUTHORISED, None, in_ledger)
    return Missing(branch, told, said, in_ledger)


_DONE = "已完成"
_ON_PAPER = "已完成（未经签名验证）"
_NOT_AUTHORISED = "尚未批复"
_AUTHORISED = "已批复，未报送"
_CONTESTED = "结果有冲突，待核实"
_DISPUTED = "两份录入不一致，待核实"
_WAITING = "只有待确认的更正件"
_VOID = "已作废，需重新测评"
_INVALID = "无效，需重新测评"
_NOT_SEEN = "下级列为已报送，本登记库未收到"
_FINISHED = frozenset({_DONE, _ON_PAPER})
_RANK = (_DONE, _CONTESTED, _ON_PAPER, _DISPUTED, _WAITING, _NOT_SEEN, _AUTHORISED, _INVALID, _VOID)
"""Of several states the one nearest to a result is told: a branch authorised again no longer waits for its 批复. As the
roll-ups rank them: what is entered without signatures does not hide a conflict of signed results."""
_LISTED = {
    RoundState.CONFLICT: _CONTESTED,
    RoundState.ACCEPTED: _NOT_SEEN,
    RoundState.MISSING: _AUTHORISED,
    RoundState.VOID: _VOID,
}
"""What a manifest's word for a round means here, where no end of it has come."""
_LISTED_RANK = {state: _RANK.index(told) for state, told in _LISTED.items()}


def _states(connection: Connection, year: int) -> dict[int, str]:
    """The state of every branch that has one."""
    found: dict[int, set[str]] = defaultdict(set)
    rounds: dict[int, set[int]] = defaultdict(set)
    columns = (ends.c.branch, ends.c.round, ends.c.kind, ends.c.outcome)
    query = select(*columns, standings.c.standing).outerjoin_from(ends, standings).where(ends.c.year == year)
    for row in connection.execute(query):
        rounds[row.branch].add(row.round)
        found[row.branch].add(_state(row))
    for branch, number in connection.execute(select(grants.c.branch, grants.c.round).where(grants.c.year == year)):
        if number not in rounds[branch]:
            found[branch].add(_AUTHORISED)
    entered = select(papers.c.branch, papers.c.outcome, DISPUTED_PAPER.label("disputed"))
    for branch, outcome, disputed in connection.execute(entered.where(papers.c.year == year, LAST_PAPER)):
        found[branch].add(_DISPUTED if disputed else _ON_PAPER if outcome in _VALID else _INVALID)
    return {branch: min(states, key=_RANK.index) for branch, states in found.items()}


def _state(row: Any) -> str:  # noqa: ANN401  a row of ends with its standing
    if row.standing is not None:
        return _CONTESTED if STANDINGS[row.standing] is Standing.CONFLICT else _WAITING
    if row.kind == EndKind.VOID:
        return _VOID
    return _INVALID if OUTCOMES[row.outcome] is Outcome.INVALID else _DONE
