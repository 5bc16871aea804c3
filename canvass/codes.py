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


_PAPER = "-paper-"


def paper_round_id(year: int, code: str) -> str:
    """What a round without signatures is called, of which nobody has authorised an id: 2016-paper-TM-02."""
    return f"{year:04}{_PAPER}{code}"


def paper_round_parts(named: str) -> tuple[int, str] | None:
    """The year and the branch's code in such a name; None where it is none."""
    year, found, code = named.partition(_PAPER)
    whole = len(year) == _YEAR and year.isascii() and year.isdecimal()
    return (int(year), code) if found and code and whole else None


_YEAR = 4
