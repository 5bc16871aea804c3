"""交叉组织实施: the plan of who supervises whom, drawn from the ledger's branches and written back to it.

What is written is the supervising branch's name as 指导监督人; who comes from it on the day stands in the zero report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from canvass.ledger import LedgerBranch, ledger_branches, ledger_organisations
from canvass.ledger_schema import branches
from canvass.registry import Registry
from canvass.supervising import plan_by_grade, plan_cycle
from rounds.encoding import MAX_NAME
from rounds.errors import BadInput, RuleRefusal

_LISTED = 5


@dataclass(frozen=True)
class Assigned:
    """One branch with the one that supervises it; None: the upper organisation sends somebody."""

    branch: LedgerBranch
    supervisor: LedgerBranch | None


def plan_supervision(
    registry: Registry, seed: str, *, organisation: str | None = None, by_grade: bool = False
) -> list[Assigned]:
    """The plan for the branches below `organisation` (its code), or for all, by organisation and code.

    Raises:
        RuleRefusal: no such organisation, or by grade without every branch's grade in the ledger.
        BadInput: too few branches or grades, an empty seed.
        Unreadable: the registry failed.
    """
    path = None if organisation is None else _path(registry, organisation)
    listed = {one.code: one for one in ledger_branches(registry, path=path)}
    drawn = plan_by_grade(_grades(list(listed.values())), seed) if by_grade else plan_cycle(listed, seed)
    supervisors = {one.supervised: one.supervisor for one in drawn}
    return [Assigned(one, listed.get(supervisors[code] or "")) for code, one in listed.items()]


def write_supervision(registry: Registry, plan: Sequence[Assigned]) -> None:
    """Write the plan to the ledger, all of it or nothing.

    A branch to which the upper organisation sends somebody keeps the person that stands there, but not the branch
    that an earlier plan had put there.

    Raises:
        RuleRefusal: the ledger was changed meanwhile.
        Unreadable: the registry failed.
    """
    names = _names(plan)
    rows = [
        {"one": one.branch.id, "by": names[one.supervisor.code] if one.supervisor else ""}
        for one in plan
        if one.supervisor or one.branch.supervisor in names.values()
    ]
    with registry.writing() as connection:
        _check_unchanged(connection, plan)
        changed = update(branches).where(branches.c.id == bindparam("one")).values(supervisor=bindparam("by"))
        if rows:
            connection.execute(changed, rows)


def _names(plan: Sequence[Assigned]) -> dict[str, str]:
    """Branch code → the name to write: with the code where two branches are called alike."""
    count = Counter(one.branch.name for one in plan)
    both = ((one.branch, f"{one.branch.name}（{one.branch.code}）") for one in plan)
    return {
        branch.code: branch.name if count[branch.name] == 1 else name if len(name) <= MAX_NAME else branch.code
        for branch, name in both
    }


def _check_unchanged(connection: Connection, plan: Sequence[Assigned]) -> None:
    """Whether the branches still are what the plan was drawn from, read under the writers' lock."""
    query = select(branches.c.id, branches.c.code, branches.c.name).where(branches.c.known)
    held = {row.id: (row.code, row.name) for row in connection.execute(query)}
    if any(held.get(one.branch.id) != (one.branch.code, one.branch.name) for one in plan):
        raise RuleRefusal("台账刚刚被另一个程序改动，没有写入：请重新排定。")


def _path(registry: Registry, code: str) -> str:
    found = [one.path for one in ledger_organisations(registry) if one.code == code]
    if not found:
        raise RuleRefusal(f"台账中没有代码为“{code}”的团组织：请核对代码，或先用 ledger import 导入台账。")
    return found[0]


def _grades(listed: Sequence[LedgerBranch]) -> Mapping[str, int]:
    """Branch code → grade, a larger number being the higher one; the year of entry counts backwards.

    Raises:
        RuleRefusal: a branch has none in the ledger.
        BadInput: some have a grade and some a year of entry: nobody could say which is higher.
    """
    without = [one.code for one in listed if not one.grade]
    if without:
        more = "等" if len(without) > _LISTED else ""
        raise RuleRefusal(
            f"台账中有{len(without)}个团支部没有填写年级（{'、'.join(without[:_LISTED])}{more}）："
            "请填写“年级”栏后重新导入台账，或改用单循环。"
        )
    by_entry = {one.grade.endswith("级") for one in listed}
    if len(by_entry) > 1:
        raise BadInput("台账中的年级写法不一（有的是年级，有的是入学年份），无从比较高低：请统一后重新导入台账。")
    return {one.code: -int(one.grade[:-1]) if one.grade.endswith("级") else int(one.grade) for one in listed}
