"""What is a word to people and a small integer to the registry: kinds, standings, outcomes, the number of a round.

Apart from `schema`, so that a process that only verifies files need not load a database.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from rounds.rules import Outcome


class EndKind(IntEnum):
    """How a round ended."""

    RESULT = 0
    VOID = 1


class Standing(StrEnum):
    """Whether an end counts."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    """A revision (更正): it waits for a person's confirmation (待确认)."""
    CONFLICT = "conflict"
    REPLACED = "replaced"
    """A person has confirmed a revision of it; it stays visible and is not summed."""


STANDING_CODES = {Standing.WAITING: 1, Standing.CONFLICT: 2, Standing.REPLACED: 3}
"""As `standings` stores them; an accepted end has no row there."""
STANDINGS = {code: standing for standing, code in STANDING_CODES.items()}

OUTCOME_CODES = {Outcome.UNSATISFIED: 0, Outcome.SATISFIED: 1, Outcome.INVALID: 2}
OUTCOMES = {code: outcome for outcome, code in OUTCOME_CODES.items()}

_SIGN = 1 << 63


def round_number(round_id: str) -> int:
    """The sixteen hex digits of a round's id as a signed 64-bit integer."""
    number = int(round_id.partition("-")[2], 16)
    return number - 2 * _SIGN if number >= _SIGN else number


def round_id(year: int, number: int) -> str:
    """A round's id from what a row holds."""
    return f"{year:04}-{number % (2 * _SIGN):016x}"
