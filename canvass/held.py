"""The rounds that a batch touches, with every end that they have: what is a duplicate, and how each end now stands.

The ends' claims are read from the stored envelopes, and only where a round has more than one end: that is rare, and the
slim table need not hold what only a conflict asks for.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, delete, insert, select

from canvass.bulk import Among, chunks
from canvass.packing import bare_record
from canvass.schema import STANDING_CODES, Standing, confirmations, ends, envelopes, standings
from canvass.standing import Claim, Judgement, judge
from rounds.documents import Result


class _End(msgspec.Struct, gc=False):
    id: int
    digest: bytes
    claim: Claim | None
    """None until it is needed: then read from the envelope."""


_ENDS = Among(select(ends.c.round, ends.c.id, ends.c.digest), ends.c.round)


class HeldRounds:
    """The ends of some rounds, those of the batch among them."""

    def __init__(self, connection: Connection, rounds: set[int]) -> None:
        """Read the ends of `rounds` (`round_number`)."""
        self._ends: dict[int, dict[bytes, _End]] = defaultdict(dict)
        self._new: set[int] = set()
        for number, end_id, digest in _ENDS.rows(connection, rounds):
            self._ends[number][bytes(digest)] = _End(end_id, bytes(digest), None)

    def has(self, number: int, digest: bytes) -> bool:
        """Whether the round has that very end."""
        return digest in self._ends.get(number, ())

    def has_seen(self, connection: Connection, number: int, authorisation: bytes) -> bool:
        """Whether an end of that very authorisation is in."""
        found = self._ends.get(number)
        if found is None:
            return False
        claims = (end.claim or _read_claim(connection, end) for end in found.values())
        return any(claim.authorisation == authorisation for claim in claims)

    def add(self, number: int, end_id: int, claim: Claim) -> int:
        """An end of the batch; how many the round had before it."""
        ordinal = len(self._ends[number])
        self._ends[number][claim.digest] = _End(end_id, claim.digest, claim)
        self._new.add(number)
        return ordinal

    def judge_again(self, number: int) -> None:
        """A person has decided something about the round."""
        self._new.add(number)

    def write_standings(self, connection: Connection) -> dict[bytes, Judgement]:
        """Judge the rounds that got an end and record which do not count; the judgement of each of their ends."""
        judged: dict[bytes, Judgement] = {}
        rows, settled = [], []
        for number in self._new:
            found = self._ends[number]
            for digest, judgement in _judge(connection, list(found.values())).items():
                judged[digest] = judgement
                settled += [found[digest].id] if len(found) > 1 else []
                if judgement.standing is not Standing.ACCEPTED:
                    rows.append(_row(found[digest].id, judgement))
        for some in chunks(settled):  # a batch has few rounds with several ends, most have none
            connection.execute(delete(standings).where(standings.c.end_id.in_(some)))
        if rows:
            connection.execute(insert(standings), rows)
        return judged


def _row(end_id: int, judgement: Judgement) -> dict[str, int | str]:
    return {"end_id": end_id, "standing": STANDING_CODES[judgement.standing], "reason": judgement.reason}


def _judge(connection: Connection, found: list[_End]) -> dict[bytes, Judgement]:
    claims = [end.claim or _read_claim(connection, end) for end in found]
    if len(found) == 1:
        return judge(claims)
    several = confirmations.c.end_id.in_([end.id for end in found])
    confirmed = set(connection.scalars(select(confirmations.c.end_id).where(several)))
    return judge(claims, {end.digest for end in found if end.id in confirmed})


def _read_claim(connection: Connection, end: _End) -> Claim:
    packed = connection.execute(select(envelopes.c.packed).where(envelopes.c.id == end.id)).scalar_one()
    record = bare_record(packed)
    supersedes = bytes.fromhex(record.supersedes) or None if isinstance(record, Result) else None
    authorisation, zero_report = record.chain.authorisation_digest, record.chain.zero_report_digest
    return Claim(end.digest, bytes.fromhex(authorisation), bytes.fromhex(zero_report), supersedes)
