"""The registry's tables and the invariants that they hold by themselves; the same on SQLite and PostgreSQL.

    envelopes              every signed end as it came, packed and compressed; apart, so that the rest stays slim
    ends                   one row a result or void report, integers and one digest: what reports need and nothing more
    revisions, reasons     what only few ends have: the digest that they revise; why they ended without a result
    standings              the ends that do not count (conflict, waiting, or replaced by a confirmed revision)
    confirmations          which revisions a person has confirmed
    words, issuers         texts and signers, each once
    papers                 rounds without signatures (未经签名验证): on paper, or from 暖青汇; apart from the ends
    ledger                 lines, organisations, branches: `ledger_schema`
    roll-ups               sums per organisation: `rollup_schema`

`ends` and what hangs on it are append-only: triggers refuse UPDATE and DELETE whoever asks. CHECKs state the notice's
arithmetic once more (三分之二, 50%), so that no bug above can store a figure that contradicts itself.

Times are seconds since 1970 (UTC), digests 32 bytes. What is a word to people is a small integer here: 4.3 million
branches have to fit in one file. An end's id is its envelope's; ids are given under the writers' lock.
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
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    select,
)

from canvass.codes import (
    OUTCOME_CODES,
    OUTCOMES,
    STANDING_CODES,
    STANDINGS,
    EndKind,
    Standing,
    round_id,
    round_number,
)
from rounds.documents import MAX_MEMBERS
from rounds.encoding import MAX_NAME

__all__ = [  # the codes of what the columns hold are asked for here
    "OUTCOMES",
    "OUTCOME_CODES",
    "STANDINGS",
    "STANDING_CODES",
    "EndKind",
    "Standing",
    "round_id",
    "round_number",
]

FORMAT = "beikaobei-registry-v5"

MAX_LINE = 200


metadata = MetaData(naming_convention={"ck": "%(table_name)s_%(constraint_name)s"})


def digest_column(name: str, *, null: bool = False) -> Column[bytes]:
    """A SHA-256."""
    check = CheckConstraint(f"{name} IS NULL OR length({name}) = 32", name=f"{name}_size")
    return Column(name, LargeBinary(32), check, nullable=null)


formats = Table(
    "registry",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="singleton"), primary_key=True),
    Column("format", String(40), nullable=False),
)
"""One row: whose database this is."""

words = Table(
    "words",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("word", String(MAX_LINE), nullable=False),
    UniqueConstraint("word", name="words_word"),
)
"""Names of people, dates as texts: each once, since a supervisor has many branches."""

issuers = Table(
    "issuers",
    metadata,
    Column("id", Integer, primary_key=True),
    digest_column("key_id"),
    Column("name", String(MAX_NAME), nullable=False),
    UniqueConstraint("key_id", "name", name="issuers_key_name"),
)
"""`key_id`: fingerprint of the key that signed the authorisation; `name`: as the authorisation spells it."""

envelopes = Table(
    "envelopes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, CheckConstraint("size > 0", name="size"), nullable=False),
    Column("packed", LargeBinary, nullable=False),
)
"""`packed`: see `packing`; unpacked it is the file, `size` bytes."""

_VALID = "collected - invalid"
_NO_COUNTS = "satisfied IS NULL AND invalid IS NULL"
_ARITHMETIC = {
    "kind": "kind IN (0, 1)",
    "outcome": "(kind = 1) = (outcome IS NULL) AND (outcome IS NULL OR outcome IN (0, 1, 2))",
    "figures": "kind = 1 OR (collected BETWEEN 0 AND registered AND issued >= collected)",
    "present": "(kind = 1 OR present IS NOT NULL) AND (kind = 1 OR present BETWEEN collected AND registered)",
    "quorum": "kind = 1 OR (outcome = 2) = (3 * collected < 2 * registered)",
    "no_counts": f"(kind = 0 AND outcome <> 2) OR ({_NO_COUNTS})",
    "counts": "kind = 1 OR outcome = 2 OR (satisfied IS NOT NULL AND invalid IS NOT NULL AND satisfied >= 0"
    f" AND invalid BETWEEN 0 AND collected AND satisfied <= {_VALID})",
    "verdict": "outcome IS NULL OR outcome = 2 OR (outcome = 1) = (2 * satisfied > collected)",
    "attempt": "attempt BETWEEN 1 AND 99",
    "chained": "(attempt > 1) = (previous IS NOT NULL)",
    "registered": f"registered BETWEEN 1 AND {MAX_MEMBERS}",
}

ends = Table(
    "ends",
    metadata,
    Column("id", ForeignKey("envelopes.id"), primary_key=True, autoincrement=False),
    Column("round", BigInteger, nullable=False),
    Column("ordinal", SmallInteger, CheckConstraint("ordinal >= 0", name="ordinal"), nullable=False),
    digest_column("digest"),
    Column("kind", SmallInteger, nullable=False),
    Column("branch", ForeignKey("branches.id"), nullable=False),
    Column("issuer", ForeignKey("issuers.id"), nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("previous", ForeignKey("ends.id")),
    Column("registered", Integer, nullable=False),
    Column("present", Integer),
    Column("issued", Integer, nullable=False),
    Column("collected", Integer, nullable=False),
    Column("invalid", Integer),
    Column("satisfied", Integer),
    Column("outcome", SmallInteger),
    Column("secretary", ForeignKey("words.id"), nullable=False),
    Column("since", ForeignKey("words.id"), nullable=False),
    Column("supervisor", ForeignKey("words.id"), nullable=False),
    Column("secretary_votes", Boolean, nullable=False),
    Column("stationed", Boolean, nullable=False),
    Column("emergency_used", Boolean, nullable=False),
    Column("authorised", BigInteger, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("closed", BigInteger, nullable=False),
    Column("utc_offset", SmallInteger, nullable=False),
    Column("imported", BigInteger, nullable=False),
    *(CheckConstraint(rule, name=name) for name, rule in _ARITHMETIC.items()),
    UniqueConstraint("round", "ordinal", name="ends_round_ordinal"),
    Index("ends_branch", "branch"),
)
"""`round`: `round_number` of the round's id, whose four digits are `year`; `ordinal`: how many ends of the round were
in before this one, so that whoever might write beside the lock is refused; `digest`: SHA-256 of the payload;
`previous`: the end that this attempt follows; `utc_offset`: minutes east, of the opening; counts are ballots:
valid = collected - invalid, unsatisfied = valid - satisfied."""

revisions = Table(
    "revisions",
    metadata,
    Column("end_id", ForeignKey("ends.id"), primary_key=True, autoincrement=False),
    digest_column("supersedes"),
)
"""The ends that revise another one."""

reasons = Table(
    "reasons",
    metadata,
    Column("end_id", ForeignKey("ends.id"), primary_key=True, autoincrement=False),
    Column("reason", String(MAX_LINE), nullable=False),
)
"""Why it was voided, or ended below quorum."""

confirmations = Table(
    "confirmations",
    metadata,
    Column("end_id", ForeignKey("ends.id"), primary_key=True, autoincrement=False),
    Column("confirmed", BigInteger, nullable=False),
)
"""The revisions that a person of the upper organisation has confirmed; append-only like what they confirm."""

standings = Table(
    "standings",
    metadata,
    Column("end_id", ForeignKey("ends.id"), primary_key=True, autoincrement=False),
    Column("standing", SmallInteger, CheckConstraint("standing IN (1, 2, 3)", name="standing"), nullable=False),
    Column("reason", String(MAX_LINE), nullable=False),
)
"""The ends that do not count, and why, in one line for the clerk; an end without a row is accepted."""

papers = Table(
    "papers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("branch", ForeignKey("branches.id"), nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("attempt", SmallInteger, CheckConstraint("attempt >= 1", name="attempt"), nullable=False),
    Column("secretary", ForeignKey("words.id"), nullable=False),
    Column("since", ForeignKey("words.id"), nullable=False),
    Column("method", ForeignKey("words.id"), nullable=False),
    Column("held", ForeignKey("words.id"), nullable=False),
    Column("supervisor", ForeignKey("words.id"), nullable=False),
    Column("registered", Integer, nullable=False),
    Column("collected", Integer, nullable=False),
    Column("invalid", Integer),
    Column("satisfied", Integer),
    Column("outcome", SmallInteger, nullable=False),
    Column("remark", String(MAX_LINE), nullable=False),
    digest_column("file"),
    digest_column("checked", null=True),
    Column("imported", BigInteger, nullable=False),
    CheckConstraint("collected BETWEEN 0 AND registered AND registered >= 1", name="figures"),
    CheckConstraint("(outcome = 2) = (3 * collected < 2 * registered)", name="quorum"),
    CheckConstraint("(outcome = 2) = (satisfied IS NULL) AND (outcome = 2) = (invalid IS NULL)", name="no_counts"),
    CheckConstraint("outcome = 2 OR (outcome = 1) = (2 * satisfied > collected)", name="verdict"),
    UniqueConstraint("branch", "year", "attempt", name="papers_branch_year_attempt"),
)
"""`attempt`: 1, or one more than the entry that it follows: a round that was held again after 无效, or an entry that
two people's tables put right; `file`: SHA-256 of the table that it came in; `checked`: of the second person's table,
where one was compared."""

_later_papers = papers.alias("later_papers")
LAST_PAPER = ~(
    select(_later_papers.c.id)
    .where(_later_papers.c.branch == papers.c.branch, _later_papers.c.year == papers.c.year)
    .where(_later_papers.c.attempt > papers.c.attempt)
    .correlate(papers)
    .exists()
)
"""Of `papers`: the last attempt of its branch and year. It alone counts; the earlier ones stay for the record."""

APPEND_ONLY = (envelopes, words, issuers, ends, revisions, reasons, confirmations, papers)
