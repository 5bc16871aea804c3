"""The roll-ups' tables: what every report adds up, kept in the transaction of whatever changes it.

One row an organisation × 战线 × year × state, for the organisation itself and for every one above it: a national report
reads a handful of rows, whatever lies below.
"""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import BigInteger, Column, ForeignKey, SmallInteger, Table

from canvass.schema import metadata


class State(IntEnum):
    """What has become of one round."""

    SATISFIED = 1
    UNSATISFIED = 2
    INVALID = 3
    """Below quorum, and no further attempt is in (需重新测评)."""
    VOID = 4
    """作废, and no further attempt is in (需重新测评)."""
    CONFLICT = 5
    WAITING = 6
    """A revision that nobody has confirmed."""
    REPLACED = 7
    """A confirmed revision stands in its place."""
    FOLLOWED = 8
    """无效 or 作废, and a further attempt is in."""
    UNSIGNED = 9
    """On paper or from 暖青汇, valid: 未经签名验证, shown apart."""
    UNSIGNED_INVALID = 10
    """The same, below quorum (需重新测评): no more done than a signed one."""
    UNSIGNED_DISPUTED = 11
    """The same, entered by two people with figures that differ: neither done nor 需重新测评 until that is settled."""


RATE_UNIT = 10**12
"""满意度 in the roll-ups: this many parts of one, rounded once a branch. 4.3 million of them fit in 63 bits and their
mean is right to 10⁻¹², far below the two decimals that are printed; verdicts are never taken from it."""

COUNTS = (
    "rounds",
    "branches",
    "registered",
    "issued",
    "collected",
    "invalid",
    "satisfied",
    "unsatisfied",
    "municipal",
    "district",
    "rate_units",
)
"""The sums of one row, in this order; the meaning of each stands at `canvass.rollups.Sums`."""

rollups = Table(
    "rollups",
    metadata,
    Column("organisation", ForeignKey("organisations.id"), primary_key=True, autoincrement=False),
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("line", ForeignKey("lines.id"), primary_key=True, autoincrement=False),
    Column("state", SmallInteger, primary_key=True, autoincrement=False),
    *(Column(name, BigInteger, nullable=False) for name in COUNTS),
    sqlite_with_rowid=False,
)

expected = Table(
    "expected",
    metadata,
    Column("organisation", ForeignKey("organisations.id"), primary_key=True, autoincrement=False),
    Column("line", ForeignKey("lines.id"), primary_key=True, autoincrement=False),
    Column("branches", BigInteger, nullable=False),
    Column("registered", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What the ledger expects: its branches and their registered members."""
