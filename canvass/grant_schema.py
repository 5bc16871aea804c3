"""The table of what was authorised from the ledger: without it nobody knew which branch still waits for its 批复."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, Table, UniqueConstraint

from canvass.schema import digest_column, metadata

grants = Table(
    "grants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("round", BigInteger, nullable=False),
    digest_column("digest"),
    Column("branch", ForeignKey("branches.id"), nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("issued", BigInteger, nullable=False),
    UniqueConstraint("digest", name="grants_digest"),
    Index("grants_branch", "branch", "year"),
)
"""One row a signed authorisation; `round`: `round_number` of its id, `digest`: SHA-256 of its payload."""

APPEND_ONLY = (grants,)
