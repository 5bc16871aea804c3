"""A verified end made ready for the registry, outside of any transaction: all that a row needs, as plain values."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from canvass.codes import OUTCOME_CODES, EndKind, round_number
from canvass.packing import pack
from canvass.receiving import End
from canvass.standing import Claim
from rounds.documents import Authorisation, Result, VoidReport
from rounds.errors import VerificationFailure
from rounds.sharing import Holder

Value = bool | int | bytes | None


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


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """One verified end; `figures` are columns of `ends`, by name. Holds no document, so that many can wait."""

    size: int
    packed: bytes
    claim: Claim
    basis: Basis
    key_id: bytes
    """Of the key that signed the authorisation."""
    supervisor: str
    reason: str
    figures: dict[str, Value]

    @property
    def round(self) -> int:
        """`round_number` of its round."""
        return int(self.figures["round"] or 0)


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
    own = _result_columns(record) if isinstance(record, Result) else _void_columns(record)
    return Arrival(
        size=len(end.end.data),
        packed=pack(end),
        claim=claim,
        basis=_basis(basis),
        key_id=bytes.fromhex(end.authorisation.envelope.signatures[0].keyid),
        supervisor=next(o.name for o in end.zero_report.record.officers if o.role is Holder.SUPERVISOR),
        reason=record.below_quorum_reason if isinstance(record, Result) else record.reason,
        figures=own | _common_columns(end, basis),
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


def _common_columns(end: End, basis: Authorisation) -> dict[str, Value]:
    opened = datetime.fromisoformat(end.zero_report.record.opened)
    return {
        "round": round_number(basis.round_id),
        "digest": bytes.fromhex(end.end.digest),
        "year": basis.year,
        "attempt": basis.attempt,
        "registered": basis.registered,
        "issued": end.end.record.issued,
        "collected": end.end.record.collected,
        "secretary_votes": basis.secretary_votes,
        "stationed": basis.method == "stationed",
        "emergency_used": end.end.record.conduct.emergency_used,
        "authorised": _seconds(basis.issued),
        "opened": int(opened.timestamp()),
        "utc_offset": (opened.utcoffset() or timedelta()) // timedelta(minutes=1),
    }


def _result_columns(record: Result) -> dict[str, Value]:
    return {
        "kind": int(EndKind.RESULT),
        "present": record.present,
        "invalid": record.invalid,
        "satisfied": record.satisfied,
        "outcome": OUTCOME_CODES[record.outcome],
        "closed": _seconds(record.closed),
    }


def _void_columns(record: VoidReport) -> dict[str, Value]:
    return {
        "kind": int(EndKind.VOID),
        "present": None,
        "invalid": None,
        "satisfied": None,
        "outcome": None,
        "closed": _seconds(record.ended),
    }


def _seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())
