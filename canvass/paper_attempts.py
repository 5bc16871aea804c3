"""What one row of a filled 附件4 is to the attempts that are in for its branch and year: new, known, another, at odds.

An entry is never written over; what may follow it is one more attempt, and the last one is what counts (`LAST_PAPER`).
Two things lead to one: the round was 无效 and was held again, or two people's tables agree on other figures. The second
is refused while the upper organisation's confirmation of the entry stands: what was confirmed is taken back first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from canvass.codes import paper_round_id
from canvass.paper_rows import PaperRow
from canvass.schema import OUTCOME_CODES, papers, words
from canvass.steps import steps_of, taken
from rounds.publicity import PUBLICITY_NAMES, Publicity, publicity_on
from rounds.rules import Outcome


class RowFate(StrEnum):
    """What becomes of a row, as far as the attempts that are in decide it."""

    NEW = "new"
    RERUN = "rerun"
    """The last attempt was 无效; this is the round that was held again."""
    REPLACES = "replaces"
    """Two people's tables put the last attempt right."""
    KNOWN = "known"
    """The last attempt says the same."""
    EARLIER = "earlier"
    """It was entered, and a later attempt has followed it: it says nothing new, nor that the later one is wrong."""
    DIFFERS = "differs"
    """One person's table has other figures than the last attempt."""


_TEXTS = {name: words.alias(f"attempt_{name}") for name in ("secretary", "since", "method", "held", "supervisor")}
_ATTEMPTS: Select[Any] = select(papers, *(table.c.word.label(f"{name}_word") for name, table in _TEXTS.items()))
for _name, _table in _TEXTS.items():
    _ATTEMPTS = _ATTEMPTS.join(_table, _table.c.id == papers.c[_name])
_ATTEMPTS = _ATTEMPTS.order_by(papers.c.attempt)


def attempts_of(connection: Connection, branch: int, year: int) -> list[Row[Any]]:
    """Every attempt that is in, the last one last: the only reader that wants the earlier ones too."""
    query = _ATTEMPTS.where(papers.c.branch == branch, papers.c.year == year)
    return list(connection.execute(query))


def fate_of(row: PaperRow, attempts: Sequence[Row[Any]], digests: Collection[bytes], *, agreed: bool) -> RowFate:
    """What becomes of `row`, which came in the tables of these digests; `agreed`: two people's tables have it so."""
    if not attempts:
        return RowFate.NEW
    *earlier, last = attempts
    if any(_is_of(one, row, last, digests) for one in earlier):
        return RowFate.EARLIER
    if _is_invalid(last) and may_follow(last.held_word, row.held):
        return RowFate.RERUN
    if figures_of(last) == row.figures:
        return RowFate.REPLACES if agreed and _reads_otherwise(last, row) else RowFate.KNOWN
    return RowFate.REPLACES if agreed else RowFate.DIFFERS


def figures_of(attempt: Row[Any]) -> tuple[object, ...]:
    """As `PaperRow.figures`."""
    return (attempt.registered, attempt.collected, attempt.satisfied, attempt.invalid)


def _is_of(earlier: Row[Any], row: PaperRow, last: Row[Any], digests: Collection[bytes]) -> bool:
    """Whether the row is an earlier attempt once more: its very table, or the 无效 round before the one that counts."""
    if earlier.file in digests or earlier.checked in digests:
        return True
    same = figures_of(earlier) == row.figures and _numbers(earlier.held_word) == _numbers(row.held)
    return same and _is_invalid(earlier) and is_another_time(last.held_word, row.held)


def _is_invalid(attempt: Row[Any]) -> bool:
    return bool(attempt.outcome == OUTCOME_CODES[Outcome.INVALID])


def is_another_time(one: str, other: str) -> bool:
    """Whether both say when, and not the same: 2017-04-01 is 2017年4月1日, and so, perhaps, is 2017年4月."""
    shorter, longer = sorted((_numbers(one), _numbers(other)), key=len)
    return shorter not in {longer[: len(shorter)], longer[-len(shorter) :]}  # no number at all begins any time


def may_follow(before: str, after: str) -> bool:
    """Whether `after` is another time, and not an earlier day where both name one with its year."""
    days = [_numbers(text)[:_DATE] for text in (before, after)]
    dated = all(len(day) == _DATE and day[0] >= _FIRST_YEAR for day in days)
    return is_another_time(before, after) and not (dated and days[1] < days[0])


_DATE = 3
_FIRST_YEAR = 1900


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)))


def _reads_otherwise(last: Row[Any], row: PaperRow) -> bool:
    """Whether a text is another one: a time only if its numbers are, and what the row leaves empty never."""
    for name in _TEXTS:
        held, said = str(getattr(last, f"{name}_word")), str(getattr(row, name))
        as_time = name in {"since", "held"} and bool(_numbers(said))
        if said and (_numbers(said) != _numbers(held) if as_time else said != held):
            return True
    return False


_FIRST_WITHDRAW = "：更正录入前，请先{}用 objection {} --withdraw 写明原因撤回"


def in_the_way(connection: Connection, attempt: Row[Any], code: str, today: date) -> str:
    """Why the attempt cannot be put right as it stands, and what to do first; '' where nothing is in the way."""
    steps = steps_of(connection, {attempt.id}, signed=False)[attempt.id]
    stands = publicity_on(map(taken, steps), today)
    if stands is Publicity.COUNTED:
        return ""
    down = "" if stands is Publicity.CONFIRMED else "撤下公示，并"
    return PUBLICITY_NAMES[stands] + _FIRST_WITHDRAW.format(down, paper_round_id(attempt.year, code))


def at_odds(last: Row[Any]) -> str:
    """What one person's other figures are told."""
    said = "这个团支部本年度已录入过另一份未经签名的结果，两份数字不同：请核实，未作改动"
    if _is_invalid(last):
        said += "；已录入的一份为无效，如系其后重新测评，请写明其后的测评时间（年月日）"
    return said
