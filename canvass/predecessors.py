"""Attempts are chained: attempt k stands on the registered end of attempt k - 1, 无效 or 作废 (DESIGN.md, Attempts)."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from canvass.arrivals import Arrival
from canvass.directory import KnownBranch
from canvass.schema import OUTCOME_CODES, EndKind, ends, issuers
from rounds.errors import RuleRefusal
from rounds.rules import Outcome


class MissingPredecessor(RuleRefusal):
    """A repeated attempt whose predecessor's signed end is not in the registry (yet)."""

    def __init__(self, attempt: int) -> None:
        """`attempt`: the number of the attempt that cannot stand alone."""
        super().__init__(
            f"这是第{attempt}次测评，而批复所载的上一次测评的结束文件（无效结果或作废报告）尚未导入：请先导入该文件。"
        )
        self.attempt = attempt


class _Previous(msgspec.Struct, frozen=True, gc=False):
    id: int
    valid: bool
    """Whether it is a result that counts, so that nothing may follow it."""
    attempt: int
    year: int
    issuer: str
    branch: int


class Predecessors:
    """The ends that further attempts of one batch may stand on: the registry's, and those of the batch itself."""

    def __init__(self, connection: Connection) -> None:
        """Nothing of the batch is in yet."""
        self._connection = connection
        self._of_batch: dict[bytes, _Previous] = {}

    def add(self, number: int, arrival: Arrival, branch: KnownBranch) -> None:
        """An end that the batch has entered as `number`."""
        basis = arrival.basis
        valid = _is_valid(arrival.figures.kind, arrival.figures.outcome)
        made = _Previous(number, valid, basis.attempt, basis.year, basis.issuer, branch.id)
        self._of_batch[arrival.claim.digest] = made

    def of(self, arrival: Arrival, branch: KnownBranch) -> int | None:
        """The id of the end that `arrival` follows; None for a first attempt.

        Raises:
            MissingPredecessor: it is not in (yet).
            RuleRefusal: it is none that this attempt could follow.
        """
        basis = arrival.basis
        if basis.attempt == 1:
            return None
        digest = bytes.fromhex(basis.previous_end)
        previous = self._of_batch.get(digest) or self._read(digest, branch)
        if previous is None:
            raise MissingPredecessor(basis.attempt)
        if previous.valid:
            raise RuleRefusal("批复所载的上一次测评结果有效，不能重新测评：请上级团组织核实批复。")
        here = (basis.attempt - 1, basis.year, basis.issuer, branch.id)
        if here != (previous.attempt, previous.year, previous.issuer, previous.branch):
            raise RuleRefusal("批复所载的上一次结束文件不属于同一团支部同一年度的上一次测评：请上级团组织核实批复。")
        return previous.id

    def _read(self, digest: bytes, branch: KnownBranch) -> _Previous | None:
        """Of the same branch first, which has an index; the whole table only to tell a wrong end from a missing one."""
        query = (
            select(ends, issuers.c.name.label("issuer_name")).join_from(ends, issuers).where(ends.c.digest == digest)
        )
        row = self._connection.execute(query.where(ends.c.branch == branch.id)).first()
        row = row or self._connection.execute(query).first()
        if row is None:
            return None
        valid = _is_valid(row.kind, row.outcome)
        return _Previous(row.id, valid, row.attempt, row.year, row.issuer_name, row.branch)


def _is_valid(kind: object, outcome: object) -> bool:
    return kind == EndKind.RESULT and outcome != OUTCOME_CODES[Outcome.INVALID]
