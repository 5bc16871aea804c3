"""The table of findings (督查情况): what a visit or a call found out about how a branch held its round.

Append-only: a finding that turned out wrong is answered by another one. Nothing here says who was asked or what anybody
voted; days are proleptic ordinals (`date.toordinal`).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, String, Table

from canvass.schema import MAX_LINE, metadata

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("branch", ForeignKey("branches.id"), nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("way", SmallInteger, CheckConstraint("way BETWEEN 1 AND 3", name="way"), nullable=False),
    Column("in_order", SmallInteger, CheckConstraint("in_order IN (0, 1)", name="in_order"), nullable=False),
    Column("day", Integer, nullable=False),
    Column("note", String(MAX_LINE), nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Index("findings_branch", "branch", "year"),
)
"""`way`: `canvass.findings.Way`; `in_order`: 1 where the procedure was found to have been kept."""

APPEND_ONLY = (findings,)
