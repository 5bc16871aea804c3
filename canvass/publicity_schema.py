"""The tables of what the upper organisation does with a counted result: 确认, 公示, and what follows from 不满意.

Append-only like the results: a step that was taken is never rewritten; what it led to is a function of all of them.
Days are proleptic ordinals (`date.toordinal`), calendar days of the organisation; times are seconds since 1970.
"""

from __future__ import annotations

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
)

from canvass.schema import MAX_LINE, metadata
from rounds.publicity import Step

STEP_CODES = {Step.CONFIRM: 1, Step.POST: 2, Step.OBJECT: 3, Step.SETTLE: 4, Step.WITHDRAW: 5}
STEPS = {code: step for step, code in STEP_CODES.items()}

publicity_steps = Table(
    "publicity_steps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("end_id", ForeignKey("ends.id"), nullable=False),
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
    Index("publicity_steps_end", "end_id"),
)
"""`channels`: where it was posted, separated by 、; `note`: what an objection says, or how it was settled."""

follow_ups = Table(
    "follow_ups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("end_id", ForeignKey("ends.id"), nullable=False),
    Column("kind", SmallInteger, CheckConstraint("kind BETWEEN 1 AND 4", name="kind"), nullable=False),
    Column("day", Integer, nullable=False),
    Column("note", String(MAX_LINE), nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Index("follow_ups_end", "end_id"),
)
"""What was done after a 不满意, as people reported it; `kind`: `canvass.followups.FollowUp`."""

APPEND_ONLY = (publicity_steps, follow_ups)
