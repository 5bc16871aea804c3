"""A verified end made ready for the registry, outside of any transaction: all that a row needs, as plain values."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from canvass.codes import OUTCOME_CODES, EndKind, round_number
from canvass.packing import pack
from canvass.receiving import End
from canvass.standing import Claim
from rounds.documents import Authorisation, Result
from rounds.errors import VerificationFailure

_RESULT, _VOID = int(EndKind.RESULT), int(EndKind.VOID)
_MINUTE = timedelta(minutes=1)


class Basis(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the registry asks of an authorisation."""

    attempt: int
    branch_code: str
    branch_name: str
    issued: str
    issuer: str
    previous_end: str
    registered: int
    secretary: str
    since: str
    year: int


class Columns(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an end says by itself, as the columns of `ends` that bear these names."""

    round: int
    digest: bytes
    kind: int
    year: int
    attempt: int
    registered: int
    present: int | None
    issued: int
    collected: int
    invalid: int | None
    satisfied: int | None
    outcome: int | None
    secretary_votes: bool
    stationed: bool
    emergency_used: bool
    authorised: int
    opened: int
    closed: int
    utc_offset: int


class Arrival(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One verified end. Holds no document, so that many can wait, and nothing that the garbage collector must visit."""

    size: int
    packed: bytes
    claim: Claim
    basis: Basis
    key_id: bytes
    """Of the key that signed the authorisation."""
    supervisor: str
    reason: str
    figures: Columns


def arrive(end: End) -> Arrival:
    """Make a verified end ready.

    Raises:
        VerificationFailure: the round's id and its year contradict each other (“wrong year”).
    """
    basis, record = end.authorisation.record, end.end.record
    check_year(basis)
    supersedes = bytes.fromhex(record.supersedes) or None if isinstance(record, Result) else None
    digests = (end.end.digest, end.authorisation.digest, end.zero_report.digest)
    digest, authorisation, zero_report = map(bytes.fromhex, digests)
    claim = Claim(digest, authorisation, zero_report, supersedes)
    return Arrival(
        size=len(end.end.data),
        packed=pack(end),
        claim=claim,
        basis=_basis(basis),
        key_id=bytes.fromhex(end.authorisation.envelope.signatures[0].keyid),
        supervisor=end.zero_report.record.officers[0].name,  # the chain holds: supervisor first
        reason=record.below_quorum_reason if isinstance(record, Result) else record.reason,
        figures=_columns(end, digest),
    )


def check_year(basis: Authorisation) -> None:
    """Hold a round's id against the year that it is for.

    Raises:
        VerificationFailure: they contradict each other (“wrong year”).
    """
    if basis.round_id[:4] != f"{basis.year:04}":
        raise VerificationFailure("year", "测评编号与测评年度不符，不予采用：请上级团组织核实批复。")


def _basis(record: Authorisation) -> Basis:
    return Basis(
        attempt=record.attempt,
        branch_code=record.branch.code,
        branch_name=record.branch.name,
        issued=record.issued,
        issuer=record.issuer,
        previous_end=record.previous_end,
        registered=record.registered,
        secretary=record.assessed.name,
        since=record.assessed.since,
        year=record.year,
    )


def _columns(end: End, digest: bytes) -> Columns:
    basis, record = end.authorisation.record, end.end.record
    opened = datetime.fromisoformat(end.zero_report.record.opened)
    result = record if isinstance(record, Result) else None
    return Columns(
        round=round_number(basis.round_id),
        digest=digest,
        kind=_RESULT if result else _VOID,
        year=basis.year,
        attempt=basis.attempt,
        registered=basis.registered,
        present=result.present if result else None,
        issued=record.issued,
        collected=record.collected,
        invalid=result.invalid if result else None,
        satisfied=result.satisfied if result else None,
        outcome=OUTCOME_CODES[result.outcome] if result else None,
        secretary_votes=basis.secretary_votes,
        stationed=basis.method == "stationed",
        emergency_used=record.conduct.emergency_used,
        authorised=_seconds(basis.issued),
        opened=int(opened.timestamp()),
        closed=_seconds(record.closed if isinstance(record, Result) else record.ended),
        utc_offset=(opened.utcoffset() or timedelta()) // _MINUTE,
    )


def _seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())
