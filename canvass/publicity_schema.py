"""The tables of what the upper organisation does with a counted result: 确认, 公示, and what follows from 不满意.

Twice: for ends, and for entries without signatures (`papers`), so that no query mixes the two by accident.
Append-only like the results: a step that was taken is never rewritten; what it led to is a function of all of them.
Days are proleptic ordinals (`date.toordinal`), calendar days of the organisation; times are seconds since 1970.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    select,
)

from canvass.schema import MAX_LINE, digest_column, metadata, papers
from rounds.publicity import Step

STEP_CODES = {Step.CONFIRM: 1, Step.POST: 2, Step.OBJECT: 3, Step.SETTLE: 4, Step.WITHDRAW: 5}
STEPS = {code: step for step, code in STEP_CODES.items()}


def _owner(name: str, of: str) -> Column[Any]:
    return Column(name, ForeignKey(of), nullable=False)


def _steps(name: str, owner: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        owner,
        Column("step", SmallInteger, CheckConstraint("step BETWEEN 1 AND 5", name="step"), nullable=False),
        Column("day", Integer, nullable=False),
        Column("first_day", Integer),
        Column("last_day", Integer),
        Column("working_days", Boolean, nullable=False),
        Column("channels", String(MAX_LINE), nullable=False),
        Column("note", String(MAX_LINE), nullable=False),
        Column("recorded", BigInteger, nullable=False),
        CheckConstraint("(step = 2) = (first_day IS NOT NULL) AND (step = 2) = (last_day IS NOT NULL)", name="period"),
        CheckConstraint("first_day IS NULL OR (first_day > day AND last_day >= first_day)", name="order"),
        Index(f"{name}_{owner.name.removesuffix('_id')}", owner.name),
    )


def _follow_ups(name: str, owner: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        owner,
        Column("kind", SmallInteger, CheckConstraint("kind BETWEEN 1 AND 4", name="kind"), nullable=False),
        Column("day", Integer, nullable=False),
        Column("note", String(MAX_LINE), nullable=False),
        Column("recorded", BigInteger, nullable=False),
        Index(f"{name}_{owner.name.removesuffix('_id')}", owner.name),
    )


publicity_steps = _steps("publicity_steps", _owner("end_id", "ends.id"))
paper_steps = _steps("paper_steps", _owner("paper_id", "papers.id"))
"""`channels`: where it was posted, separated by 、; `note`: what an objection says, or how it was settled."""

follow_ups = _follow_ups("follow_ups", _owner("end_id", "ends.id"))
paper_follow_ups = _follow_ups("paper_follow_ups", _owner("paper_id", "papers.id"))
"""What was done after a 不满意, as people reported it; `kind`: `canvass.followups.FollowUp`."""

paper_disputes = Table(
    "paper_disputes",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner("paper_id", "papers.id"),
    Column("settled", Boolean, nullable=False),
    digest_column("file"),
    Column("registered", Integer, nullable=False),
    Column("collected", Integer, nullable=False),
    Column("satisfied", Integer),
    Column("invalid", Integer),
    Column("recorded", BigInteger, nullable=False),
    Index("paper_disputes_paper", "paper_id"),
)
"""What somebody else entered for a round that is in already, with other figures; or (`settled`) that two people's
tables agreed with what is in. The last row of an entry is what holds; `file`: SHA-256 of the (first) table."""

_said, _said_later = paper_disputes.alias("said"), paper_disputes.alias("said_later")
DISPUTED_PAPER = (
    select(_said.c.id)
    .where(_said.c.paper_id == papers.c.id, _said.c.settled.is_(False))
    .where(
        ~select(_said_later.c.id)
        .where(_said_later.c.paper_id == _said.c.paper_id, _said_later.c.id > _said.c.id)
        .correlate(_said)
        .exists()
    )
    .correlate(papers)
    .exists()
)
"""Of `papers`: somebody has entered other figures, and nobody has settled which are right."""

APPEND_ONLY = (publicity_steps, paper_steps, follow_ups, paper_follow_ups, paper_disputes)
