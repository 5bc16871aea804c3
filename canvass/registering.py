"""One verified end → its rows, in the caller's transaction; its round's standings judged anew."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Row, Table, insert, select, update

from canvass.receiving import End
from canvass.schema import EndKind, Standing, authorisations, ends, envelopes, issuers, standings
from canvass.standing import Claim, Judgement, judge
from rounds.documents import Authorisation, Result, VoidReport
from rounds.encoding import decode
from rounds.envelope import Envelope, Verified
from rounds.errors import RuleRefusal
from rounds.rules import Outcome
from rounds.sharing import Holder

_COMPRESSION = 6
Value = str | int | bytes | None


class Fate(StrEnum):
    """What became of one file."""

    IMPORTED = "imported"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"


class MissingPredecessor(RuleRefusal):
    """A repeated attempt whose predecessor's signed end is not in the registry (yet)."""

    def __init__(self, attempt: int) -> None:
        """`attempt`: the number of the attempt that cannot stand alone."""
        super().__init__(
            f"这是第{attempt}次测评，而批复所载的上一次测评的结束文件（无效结果或作废报告）尚未导入：请先导入该文件。"
        )
        self.attempt = attempt


def register(connection: Connection, end: End, now: datetime) -> tuple[Fate, str]:
    """Enter `end`; its fate, and the reason unless it was simply imported. `now` (aware) is recorded.

    Raises:
        MissingPredecessor, RuleRefusal: a repeated attempt that does not stand on a registered end; nothing is entered.
    """
    digest = bytes.fromhex(end.end.digest)
    if connection.scalar(select(ends.c.id).where(ends.c.digest == digest)) is not None:
        return Fate.DUPLICATE, "已导入过同一份文件，未重复计入。"
    _check_attempt(connection, end.authorisation.record)
    data = end.end.data
    deflated = zlib.compress(data, _COMPRESSION)
    connection.execute(insert(envelopes).values(digest=digest, size=len(data), deflated=deflated))
    connection.execute(insert(ends).values(_end_row(end, _authorisation_id(connection, end), now)))
    judgement = _judge_round(connection, end.authorisation.record.round_id)[digest]
    fate = Fate.IMPORTED if judgement.standing is Standing.ACCEPTED else Fate.CONFLICT
    return fate, judgement.reason


def _check_attempt(connection: Connection, record: Authorisation) -> None:
    """Attempt k stands on the registered end of attempt k - 1: 无效 or 作废 (DESIGN.md, Attempts)."""
    if record.attempt == 1:
        return
    previous = connection.execute(
        select(ends.c.kind, ends.c.outcome, authorisations, issuers.c.name.label("issuer_name"))
        .join_from(ends, authorisations)
        .join(issuers)
        .where(ends.c.digest == bytes.fromhex(record.previous_end))
    ).one_or_none()
    if previous is None:
        raise MissingPredecessor(record.attempt)
    if previous.kind == EndKind.RESULT and previous.outcome != Outcome.INVALID:
        raise RuleRefusal("批复所载的上一次测评结果有效，不能重新测评：请上级团组织核实批复。")
    if not _follows(record, previous):
        raise RuleRefusal("批复所载的上一次结束文件不属于同一团支部同一年度的上一次测评：请上级团组织核实批复。")


def _follows(record: Authorisation, previous: Row[tuple[object, ...]]) -> bool:
    """Same organisation, year and branch, one attempt later; a branch's code, where both have one, decides."""
    here = (record.attempt - 1, record.year, record.issuer)
    if here != (previous.attempt, previous.year, previous.issuer_name):
        return False
    if record.branch.code and previous.branch_code:
        return bool(record.branch.code == previous.branch_code)
    return bool(record.branch.name == previous.branch_name)


def _authorisation_id(connection: Connection, end: End) -> int:
    digest = bytes.fromhex(end.authorisation.digest)
    known: int | None = connection.scalar(select(authorisations.c.id).where(authorisations.c.digest == digest))
    if known is not None:
        return known
    row = _authorisation_row(end.authorisation, _issuer_id(connection, end.authorisation))
    return _insert(connection, authorisations, row)


def _issuer_id(connection: Connection, authorisation: Verified[Authorisation]) -> int:
    """The key's fingerprint is its signature's key id: the reader has checked that the two are one."""
    envelope = decode(authorisation.data, Envelope, "批复文件", len(authorisation.data))
    row: dict[str, Value] = {
        "key_id": bytes.fromhex(envelope.signatures[0].keyid),
        "name": authorisation.record.issuer,
    }
    known: int | None = connection.scalar(select(issuers.c.id).filter_by(**row))
    return _insert(connection, issuers, row) if known is None else known


def _insert(connection: Connection, table: Table, row: dict[str, Value]) -> int:
    made: int = connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    return made


def _authorisation_row(authorisation: Verified[Authorisation], issuer: int) -> dict[str, Value]:
    record = authorisation.record
    return {
        "digest": bytes.fromhex(authorisation.digest),
        "round_id": record.round_id,
        "issuer": issuer,
        "attempt": record.attempt,
        "previous_end": bytes.fromhex(record.previous_end) or None,
        "year": record.year,
        "branch_code": record.branch.code,
        "branch_name": record.branch.name,
        "secretary": record.assessed.name,
        "since": record.assessed.since,
        "registered": record.registered,
        "secretary_votes": record.secretary_votes,
        "method": record.method,
        "issued": _seconds(record.issued),
    }


def _end_row(end: End, authorisation: int, now: datetime) -> dict[str, Value]:
    record, opened = end.end.record, end.zero_report.record.opened
    own = _result_columns(record) if isinstance(record, Result) else _void_columns(record)
    return own | {
        "round_id": end.authorisation.record.round_id,
        "digest": bytes.fromhex(end.end.digest),
        "authorisation": authorisation,
        "zero_report": bytes.fromhex(end.zero_report.digest),
        "registered": end.authorisation.record.registered,
        "issued": record.issued,
        "collected": record.collected,
        "supervisor": next(o.name for o in end.zero_report.record.officers if o.role is Holder.SUPERVISOR),
        "emergency_used": record.conduct.emergency_used,
        "opened": _seconds(opened),
        "utc_offset": _utc_offset(opened),
        "imported": int(now.timestamp()),
    }


def _result_columns(record: Result) -> dict[str, Value]:
    return {
        "kind": EndKind.RESULT,
        "supersedes": bytes.fromhex(record.supersedes) or None,
        "present": record.present,
        "valid": record.valid,
        "invalid": record.invalid,
        "satisfied": record.satisfied,
        "unsatisfied": record.unsatisfied,
        "outcome": record.outcome,
        "reason": record.below_quorum_reason,
        "closed": _seconds(record.closed),
    }


def _void_columns(record: VoidReport) -> dict[str, Value]:
    return {"kind": EndKind.VOID, "reason": record.reason, "closed": _seconds(record.ended)}


def _seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())


def _utc_offset(stamp: str) -> int:
    return (datetime.fromisoformat(stamp).utcoffset() or timedelta()) // timedelta(minutes=1)


def _judge_round(connection: Connection, round_id: str) -> dict[bytes, Judgement]:
    """Judge every end of a round and record what changed."""
    rows = connection.execute(
        select(ends.c.id, ends.c.digest, authorisations.c.digest.label("basis"), ends.c.zero_report, ends.c.supersedes)
        .join_from(ends, authorisations)
        .where(ends.c.round_id == round_id)
    ).all()
    judged = judge(Claim(row.digest, row.basis, row.zero_report, row.supersedes) for row in rows)
    for row in rows:
        _record(connection, row.id, judged[row.digest])
    return judged


def _record(connection: Connection, end_id: int, judgement: Judgement) -> None:
    values = {"standing": judgement.standing, "reason": judgement.reason}
    changed = connection.execute(update(standings).where(standings.c.end_id == end_id).values(values))
    if not changed.rowcount:
        connection.execute(insert(standings).values(end_id=end_id, **values))
