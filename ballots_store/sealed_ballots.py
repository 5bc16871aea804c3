"""The sealed ballots of a box: one piece of memory, sorted by their bytes, which are random."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BALLOT_SIZE = 49
"""HPKE: 32 bytes of encapsulated key, 1 of ballot, 16 of tag."""


@dataclass(frozen=True)
class SealedBallots:
    """In one piece, since every cast writes all of them anew."""

    packed: bytes = b""
    """As many times `BALLOT_SIZE` bytes as there are ballots."""

    @classmethod
    def of(cls, ballots: Iterable[bytes]) -> SealedBallots:
        """Those, in the order given."""
        return cls(b"".join(ballots))

    def inserted(self, sealed: bytes) -> SealedBallots:
        """With one more, among the others by its bytes: the box is shaken at every cast."""
        packed = self.packed
        starts = range(0, len(packed), BALLOT_SIZE)
        place = BALLOT_SIZE * bisect(starts, sealed, key=lambda start: packed[start : start + BALLOT_SIZE])
        view = memoryview(packed)  # a large box is copied once
        return SealedBallots(b"".join((view[:place], sealed, view[place:])))

    def __iter__(self) -> Iterator[bytes]:
        """One ballot after the other."""
        for start in range(0, len(self.packed), BALLOT_SIZE):
            yield self.packed[start : start + BALLOT_SIZE]

    def __len__(self) -> int:
        """How many."""
        return len(self.packed) // BALLOT_SIZE
