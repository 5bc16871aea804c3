"""年终账: what enters the year-end account of each unit: how far it came, how it ended, how late, what was found.

The notice says that findings enter the account and not how they are weighed (本通知未载，以上级规定为准): so there are
counts here and no marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from canvass.findings import Finding, recorded_findings
from canvass.ledger_schema import branches, organisations
from canvass.listings import listings
from canvass.progress import Added, added_by_branch, is_late
from canvass.registry import Registry
from canvass.rollup_schema import State
from canvass.rollups import DONE, RERUN
from canvass.schema import ends, standings
from canvass.units import Unit, units


@dataclass(frozen=True)
class UnitAccount:
    """One unit's year; all numbers are branches but `rounds` and the findings."""

    code: str
    name: str
    path: str
    expected: int
    """The ledger's, and those outside of it; `again` too is as `canvass.progress` counts."""
    done: int
    satisfied: int
    unsatisfied: int
    again: int
    """需重新测评 (无效 or 作废, nothing after it)."""
    contested: int
    """In conflict, waiting for a confirmation, or entered from paper with figures that two people dispute."""
    unsigned: int
    late: int
    rounds: int
    """Whatever came in, repeated attempts among them."""
    findings: int
    amiss: int
    """Findings that the procedure was not kept."""


def unit_accounts(registry: Registry, *, year: int, deadline: date, path: str | None = None) -> list[UnitAccount]:
    """Per organisation directly below `path`, and what hangs on that itself (`canvass.units`).

    Raises:
        Unreadable: the registry failed.
    """
    late = _late(registry, year, deadline)
    found = recorded_findings(registry, year=year, path=path)
    more = added_by_branch(registry, listings(registry, year=year), year, path)
    accounts = []
    for unit in units(registry, year=year, path=path):
        added = [each for each in more if unit.holds(each.branch.path)]
        own = [finding for finding in found if unit.holds(finding.path)]
        if unit.sums or unit.expected or added or own:
            accounts.append(_account(unit, added, late, own))
    return accounts


def _account(unit: Unit, added: Iterable[Added], late: Mapping[str, int], own: list[Finding]) -> UnitAccount:
    held = unit.sums

    def count(*states: State) -> int:
        return sum(held[state].branches for state in states if state in held)

    done, unsigned = count(*DONE), count(State.UNSIGNED)
    more = list(added)
    return UnitAccount(
        code=unit.code,
        name=unit.name,
        path=unit.path,
        expected=unit.expected + sum(each.expected for each in more),
        done=done,
        satisfied=count(State.SATISFIED),
        unsatisfied=count(State.UNSATISFIED),
        again=count(*RERUN) + sum(each.again for each in more),
        contested=count(State.CONFLICT, State.WAITING, State.UNSIGNED_DISPUTED),
        unsigned=unsigned,
        late=sum(number for where, number in late.items() if unit.holds(where)),
        rounds=sum(sums.rounds for sums in held.values()),
        findings=len(own),
        amiss=sum(not finding.in_order for finding in own),
    )


def _late(registry: Registry, year: int, deadline: date) -> dict[str, int]:
    """Branches that were late, by the path of their organisation."""
    query = (
        select(organisations.c.path, func.count(ends.c.branch.distinct()))
        .join_from(ends, branches)
        .join(organisations, organisations.c.id == branches.c.organisation)
        .outerjoin(standings, standings.c.end_id == ends.c.id)
        .where(*is_late(year, deadline))
        .group_by(organisations.c.path)
    )
    with registry.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}
