"""A person of the upper organisation confirms a revision (更正): it then counts, what it replaces no longer does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from canvass.branch_years import BranchYears
from canvass.held import HeldRounds
from canvass.registry import Registry
from canvass.schema import STANDING_CODES, Standing, confirmations, ends, revisions, standings
from rounds.errors import RuleRefusal


def confirm_revision(registry: Registry, digest: str, *, now: datetime) -> None:
    """Confirm the waiting revision of that payload digest (hex); both files stay, standings and roll-ups change.

    Raises:
        RuleRefusal: there is no such revision, it does not wait, or what it names does not count.
        Unreadable: the registry failed; nothing was changed.
    """
    with registry.writing() as connection:
        end = _waiting(connection, digest)
        touched = BranchYears(connection, {(end.branch, end.year)})
        connection.execute(insert(confirmations).values(end_id=end.id, confirmed=int(now.timestamp())))
        rounds = HeldRounds(connection, {end.round})
        rounds.judge_again(end.round)
        rounds.write_standings(connection)
        touched.write_changes(connection)


def _waiting(connection: Connection, digest: str) -> Row[Any]:
    query: Select[Any] = select(ends.c.id, ends.c.round, ends.c.branch, ends.c.year, revisions.c.supersedes)
    query = query.join_from(ends, revisions).join(standings, standings.c.end_id == ends.c.id)
    query = query.where(ends.c.digest == bytes.fromhex(digest))
    end = connection.execute(query.where(standings.c.standing == STANDING_CODES[Standing.WAITING])).one_or_none()
    if end is None:
        raise RuleRefusal("没有这一份待确认的更正件：请核对文件摘要，冲突的测评须先核实。")
    replaced = select(standings.c.standing).join_from(ends, standings, isouter=True)
    found = connection.execute(replaced.where(ends.c.round == end.round, ends.c.digest == end.supersedes)).one_or_none()
    if found is None:
        raise RuleRefusal("被更正的原结果尚未导入：请先导入原结果，再确认更正件。")
    if found.standing is not None:
        raise RuleRefusal("被更正的那一份已不计入（已另有更正件确认）：请核实后由基层重新更正。")
    return end
