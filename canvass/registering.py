"""A batch of verified ends → their rows, in the caller's transaction: standings judged anew, roll-ups kept.

(1) which are in already            (2) attempts stand on a registered end
(3) the branch, in the issuer's scope; what differs from the ledger is remarked
(4) the standings of every round that is touched       (5) the rows       (6) the roll-ups of every branch touched
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import astuple
from sqlalchemy import Connection, select

from canvass.arrivals import Arrival, Columns
from canvass.branch_years import BranchYears
from canvass.bulk import insert_many
from canvass.directory import Branches, Directory, KnownBranch, next_id
from canvass.held import HeldRounds
from canvass.ledger_schema import branches
from canvass.predecessors import MissingPredecessor, Predecessors
from canvass.schema import Standing, ends, envelopes, reasons, revisions
from canvass.standing import Judgement
from rounds.errors import RoundError, VerificationFailure
from rounds.trust import EVERYTHING, Trust


class Fate(StrEnum):
    """What became of one file."""

    IMPORTED = "imported"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """One arrival's fate with its reason; `attempt` is set where it may be taken in once its predecessor is."""

    fate: Fate
    reason: str
    attempt: int = 0


_IMPORTED = Outcome(Fate.IMPORTED, "")
_DUPLICATE = Outcome(Fate.DUPLICATE, "已导入过同一份文件，未重复计入。")
_OUTSIDE = "该团支部不在报送单位的授权范围内，不予采用：请由其上级团组织报送。"
_UNKNOWN = "台账中没有这个团支部：已导入，请核对台账或批复所载的团支部代码。"


def register(
    connection: Connection,
    arrivals: Sequence[Arrival],
    now: datetime,
    directory: Directory,
    trust: Trust,
    within: tuple[str, ...] = (EVERYTHING,),
) -> list[Outcome]:
    """Enter a batch; the fate of each, in order. `now` (aware) is recorded; `trust` says whose signature counts.

    `within`: the paths for which whoever handed the arrivals up may speak; what lies outside is refused.
    An arrival that is refused enters nothing and does not hold up the others. `directory` must `forget` when the
    caller's transaction is rolled back.
    """
    batch = _Batch(connection, arrivals, directory, trust, within)
    taken = [batch.take(arrival) for arrival in arrivals]
    judged = batch.write(now)
    return [_judged(outcome, judged.get(a.claim.digest)) for a, outcome in zip(arrivals, taken, strict=True)]


def _judged(outcome: Outcome, judgement: Judgement | None) -> Outcome:
    """What the standing makes of one that was entered."""
    if outcome.fate is not Fate.IMPORTED or judgement is None or judgement.standing is Standing.ACCEPTED:
        return outcome
    return Outcome(Fate.CONFLICT, judgement.reason)


class _New(msgspec.Struct, frozen=True, gc=False):
    """One arrival that goes in: its id, its ordinal in the round, its branch, the end that it follows."""

    number: int
    ordinal: int
    arrival: Arrival
    branch: KnownBranch
    previous: int | None


class _Batch:
    """One batch on its way in; `take` each, then `write` once."""

    def __init__(
        self,
        connection: Connection,
        arrivals: Sequence[Arrival],
        directory: Directory,
        trust: Trust,
        within: tuple[str, ...],
    ) -> None:
        self._connection = connection
        self._within = within
        self._trust = trust
        self._directory = directory
        self._held = HeldRounds(connection, {arrival.figures.round for arrival in arrivals})
        self._branches = Branches(connection, arrivals)
        self._predecessors = Predecessors(connection)
        self._next = next_id(connection, envelopes)
        self._words = directory.words(connection, {word for arrival in arrivals for word in _words(arrival)})
        self._new: list[_New] = []
        self._listed = _has_ledger(connection)

    def take(self, arrival: Arrival) -> Outcome:
        """Steps 1 to 3."""
        if self._held.has(arrival.figures.round, arrival.claim.digest):
            return _DUPLICATE
        try:
            branch = self._branches.of(arrival, self._scopes(arrival))
            check_within(branch, self._within)
            previous = self._predecessors.of(arrival, branch)
        except RoundError as error:
            self._branches.take_back()
            return Outcome(Fate.REJECTED, str(error), error.attempt if isinstance(error, MissingPredecessor) else 0)
        number = self._next + len(self._new)
        ordinal = self._held.add(arrival.figures.round, number, arrival.claim)
        self._new.append(_New(number, ordinal, arrival, branch, previous))
        self._predecessors.add(number, arrival, branch)
        remark = _remark(arrival, branch) if self._listed else ""
        return Outcome(Fate.IMPORTED, remark) if remark else _IMPORTED

    def _scopes(self, arrival: Arrival) -> tuple[str, ...]:
        """Where the signer of the authorisation may authorise.

        Raises:
            VerificationFailure: its delegation is not valid then, or it was revoked before the authorisation was seen.
        """
        digest = arrival.claim.authorisation
        seen = self._held.has_seen(self._connection, arrival.figures.round, digest)
        return self._trust.check(arrival.key_id.hex(), digest.hex(), arrival.basis.issued, seen=seen)

    def write(self, now: datetime) -> Mapping[bytes, Judgement]:
        """Steps 4 to 6; the standing of every end that was entered."""
        if not self._new:
            return {}
        places = {new.branch.id: (new.branch.organisation, new.branch.line) for new in self._new}
        years = {(new.branch.id, new.arrival.figures.year) for new in self._new}
        touched = BranchYears(self._connection, years, places)
        self._write_rows(now)
        judged = self._held.write_standings(self._connection)
        touched.write_changes(self._connection)
        return judged

    def _write_rows(self, now: datetime) -> None:
        imported = int(now.timestamp())
        rows = [self._row(new, imported) for new in self._new]
        arrived = [(new.number, new.arrival) for new in self._new]
        packed = [(number, one.size, one.packed) for number, one in arrived]
        said = [(number, one.reason) for number, one in arrived if one.reason]
        revised = [(number, one.claim.supersedes) for number, one in arrived if one.claim.supersedes]
        insert_many(self._connection, envelopes, ("id", "size", "packed"), packed)
        insert_many(self._connection, ends, _COLUMNS, rows)
        insert_many(self._connection, reasons, ("end_id", "reason"), said)
        insert_many(self._connection, revisions, ("end_id", "supersedes"), revised)

    def _row(self, new: _New, imported: int) -> tuple[Any, ...]:
        """In the order of `_COLUMNS`."""
        arrival, basis = new.arrival, new.arrival.basis
        return (
            new.number,
            new.ordinal,
            new.branch.id,
            self._directory.issuer(self._connection, arrival.key_id, basis.issuer),
            new.previous,
            self._words[basis.secretary],
            self._words[basis.since],
            self._words[arrival.supervisor],
            imported,
            *astuple(arrival.figures),
        )


_COLUMNS = (
    "id",
    "ordinal",
    "branch",
    "issuer",
    "previous",
    "secretary",
    "since",
    "supervisor",
    "imported",
    *Columns.__struct_fields__,
)


def check_within(branch: KnownBranch, within: tuple[str, ...]) -> None:
    """See that whoever handed up what speaks of `branch` may speak for it.

    Raises:
        VerificationFailure: it lies outside of the paths `within`.
    """
    if not branch.path.startswith(within):
        raise VerificationFailure("scope", _OUTSIDE)


def _words(arrival: Arrival) -> tuple[str, str, str]:
    return arrival.basis.secretary, arrival.basis.since, arrival.supervisor


def _has_ledger(connection: Connection) -> bool:
    return connection.scalar(select(branches.c.id).where(branches.c.known).limit(1)) is not None


def _remark(arrival: Arrival, branch: KnownBranch) -> str:
    """What differs from the ledger: N was frozen when the round was authorised, so a person decides which is right."""
    if not branch.known:
        return _UNKNOWN
    here = arrival.basis.registered
    if branch.registered is not None and branch.registered != here:
        return f"批复所载团员总数为{here}，台账为{branch.registered}：已按批复导入，请核实。"
    return ""
