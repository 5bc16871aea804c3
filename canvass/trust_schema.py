"""What the registry keeps of trust: the signed documents by which keys come and go, and who has seen what when."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, Table, UniqueConstraint

from canvass.schema import digest_column, metadata

trust_documents = Table(
    "trust_documents",
    metadata,
    Column("id", Integer, primary_key=True),
    digest_column("digest"),
    Column("kind", SmallInteger, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("imported", BigInteger, nullable=False),
    UniqueConstraint("digest", name="trust_documents_digest"),
)
"""Delegations (1), rotations (2) and revocations (3), as they came."""

APPEND_ONLY = (trust_documents,)
