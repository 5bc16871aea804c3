"""The registry's tables and the invariants that they hold by themselves.

    envelopes        every signed end as it came, compressed, by its payload's digest
    issuers          who signed authorisations
    authorisations   what the organisation decided about a round, by digest
    ends             one row a result or void report: what reports need and nothing more
    standings        whether an end counts; the only table whose rows change

All but the last are append-only: triggers refuse UPDATE and DELETE whoever asks. CHECKs state the notice's arithmetic
once more (三分之二, 50%), so that no bug above can store a figure that contradicts itself.

Times are seconds since 1970 (UTC), digests 32 bytes.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from rounds.documents import MAX_MEMBERS
from rounds.encoding import MAX_NAME

FORMAT = "beikaobei-registry-v1"

_LINE = 200
_ROUND_ID = 21


class EndKind(StrEnum):
    """How a round ended."""

    RESULT = "result"
    VOID = "void"


class Standing(StrEnum):
    """Whether an end counts."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    """A revision (更正): it waits for a person's confirmation (待确认)."""
    CONFLICT = "conflict"


def _one_of(column: str, values: type[StrEnum] | tuple[str, ...]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def _digest(name: str, *more: ForeignKey, null: bool = False) -> Column[bytes]:
    check = CheckConstraint(f"{name} IS NULL OR length({name}) = 32", name=f"{name}_size")
    return Column(name, LargeBinary(32), check, *more, nullable=null)


metadata = MetaData(naming_convention={"ck": "%(table_name)s_%(constraint_name)s"})

formats = Table(
    "registry",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="singleton"), primary_key=True),
    Column("format", String(40), nullable=False),
)
"""One row: whose database this is."""

envelopes = Table(
    "envelopes",
    metadata,
    _digest("digest"),
    Column("size", Integer, CheckConstraint("size > 0", name="size"), nullable=False),
    Column("deflated", LargeBinary, nullable=False),
    UniqueConstraint("digest", name="envelopes_digest"),
)
"""`digest`: SHA-256 of the payload; `deflated`: zlib of the whole file, `size` bytes once inflated."""

issuers = Table(
    "issuers",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest("key_id"),
    Column("name", String(MAX_NAME), nullable=False),
    UniqueConstraint("key_id", "name", name="issuers_key_name"),
)
"""`key_id`: fingerprint of the root key that signed; `name`: as the authorisation spells it."""

authorisations = Table(
    "authorisations",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest("digest"),
    Column("round_id", String(_ROUND_ID), nullable=False),
    Column("issuer", ForeignKey("issuers.id"), nullable=False),
    Column("attempt", SmallInteger, CheckConstraint("attempt BETWEEN 1 AND 99", name="attempt"), nullable=False),
    _digest("previous_end", null=True),
    Column("year", SmallInteger, nullable=False),
    Column("branch_code", String(MAX_NAME), nullable=False),
    Column("branch_name", String(MAX_NAME), nullable=False),
    Column("secretary", String(MAX_NAME), nullable=False),
    Column("since", String(MAX_NAME), nullable=False),
    Column("registered", Integer, nullable=False),
    Column("secretary_votes", Boolean, nullable=False),
    Column("method", String(10), CheckConstraint("method IN ('gathered', 'stationed')", name="method"), nullable=False),
    Column("issued", BigInteger, nullable=False),
    CheckConstraint(f"registered BETWEEN 1 AND {MAX_MEMBERS}", name="registered"),
    CheckConstraint("(attempt > 1) = (previous_end IS NOT NULL)", name="chained"),
    UniqueConstraint("digest", name="authorisations_digest"),
    Index("authorisations_previous", "previous_end"),
)
_COUNTS = "satisfied + unsatisfied = valid AND valid + invalid = collected"
_NO_COUNTS = "satisfied IS NULL AND unsatisfied IS NULL AND valid IS NULL AND invalid IS NULL"
_ARITHMETIC = {
    "kind": _one_of("kind", EndKind),
    "outcome": "(kind = 'void') = (outcome IS NULL)",
    "outcome_name": "outcome IS NULL OR outcome IN ('satisfied', 'unsatisfied', 'invalid')",
    "figures": "kind = 'void' OR (collected BETWEEN 0 AND registered AND issued >= collected)",
    "present": "(kind = 'void') = (present IS NULL) AND (present IS NULL OR present BETWEEN collected AND registered)",
    "quorum": "kind = 'void' OR (outcome = 'invalid') = (3 * collected < 2 * registered)",
    "no_counts": f"(kind = 'result' AND outcome <> 'invalid') OR ({_NO_COUNTS})",
    "counts": f"kind = 'void' OR outcome = 'invalid' OR (satisfied >= 0 AND unsatisfied >= 0 AND invalid >= 0"
    f" AND satisfied IS NOT NULL AND unsatisfied IS NOT NULL AND invalid IS NOT NULL AND {_COUNTS})",
    "verdict": "outcome IS NULL OR outcome = 'invalid' OR (outcome = 'satisfied') = (2 * satisfied > collected)",
    "void_revises_nothing": "kind = 'result' OR supersedes IS NULL",
}

ends = Table(
    "ends",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("round_id", String(_ROUND_ID), nullable=False),
    _digest("digest", ForeignKey("envelopes.digest")),
    Column("kind", String(6), nullable=False),
    Column("authorisation", ForeignKey("authorisations.id"), nullable=False),
    _digest("zero_report"),
    _digest("supersedes", null=True),
    Column("registered", Integer, nullable=False),
    Column("present", Integer),
    Column("issued", Integer, nullable=False),
    Column("collected", Integer, nullable=False),
    Column("valid", Integer),
    Column("invalid", Integer),
    Column("satisfied", Integer),
    Column("unsatisfied", Integer),
    Column("outcome", String(11)),
    Column("supervisor", String(MAX_NAME), nullable=False),
    Column("emergency_used", Boolean, nullable=False),
    Column("reason", String(_LINE), nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("closed", BigInteger, nullable=False),
    Column("utc_offset", SmallInteger, nullable=False),
    Column("imported", BigInteger, nullable=False),
    *(CheckConstraint(rule, name=name) for name, rule in _ARITHMETIC.items()),
    UniqueConstraint("round_id", "digest", name="ends_round_digest"),
    Index("ends_digest", "digest"),
    Index("ends_authorisation", "authorisation"),
)
"""`utc_offset`: minutes east, of the opening; `reason`: why it was voided or ended below quorum; counts are ballots."""

standings = Table(
    "standings",
    metadata,
    Column("end_id", ForeignKey("ends.id"), primary_key=True),
    Column("standing", String(8), CheckConstraint(_one_of("standing", Standing), name="standing"), nullable=False),
    Column("reason", String(_LINE), nullable=False),
    Index("standings_standing", "standing"),
)
"""`reason`: one line for the clerk; empty where the end is accepted."""

APPEND_ONLY = (envelopes, issuers, authorisations, ends)
