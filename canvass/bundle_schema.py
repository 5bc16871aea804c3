"""The tables of bundles (报送包): what this organisation has handed up, and what was taken from those below it.

Both are append-only chains by sender; `sender` is the fingerprint of its organisation's first key, which rotation does
not change. Manifests are kept packed (zlib) as they were signed: the next bundle is held against them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from canvass.schema import digest_column, metadata

bundles_sent = Table(
    "bundles_sent",
    metadata,
    Column("id", Integer, primary_key=True),
    digest_column("sender"),
    Column("sequence", Integer, CheckConstraint("sequence >= 1", name="sequence"), nullable=False),
    digest_column("digest"),
    Column("manifest", LargeBinary, nullable=False),
    Column("trust_after", Integer, nullable=False),
    Column("trust_until", Integer, nullable=False),
    Column("made", BigInteger, nullable=False),
    UniqueConstraint("sender", "sequence", name="bundles_sent_chain"),
)
"""`trust_after`, `trust_until`: the trust documents in it are those with ids above the one, up to the other."""

bundled_ends = Table(
    "bundled_ends",
    metadata,
    Column("bundle", ForeignKey("bundles_sent.id"), primary_key=True, autoincrement=False),
    Column("end_id", ForeignKey("ends.id"), primary_key=True, autoincrement=False),
)
"""Which ends each bundle carried, in the order of their ids: so it can be written again byte for byte."""

bundles_received = Table(
    "bundles_received",
    metadata,
    Column("id", Integer, primary_key=True),
    digest_column("sender"),
    Column("sequence", Integer, CheckConstraint("sequence >= 1", name="sequence"), nullable=False),
    digest_column("digest"),
    Column("manifest", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("imported", BigInteger, nullable=False),
    UniqueConstraint("sender", "sequence", name="bundles_received_chain"),
)
"""Recorded once every document of it has its fate; `scopes`: the paths below which the sender could speak for branches
then, a space between (`listings`)."""

APPEND_ONLY = (bundles_sent, bundled_ends, bundles_received)
