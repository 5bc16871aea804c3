"""The results that can be confirmed and posted: accepted, valid, signed, each with the steps taken on it so far.

Rounds without signatures are read by `canvass.paper_rounds`, as `CountedRound` too: the same duties, other tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from canvass.bulk import chunks
from canvass.ledger_schema import branches, lines, organisations
from canvass.packing import unpack
from canvass.registry import Registry
from canvass.schema import (
    OUTCOMES,
    STANDING_CODES,
    STANDINGS,
    EndKind,
    Standing,
    ends,
    envelopes,
    issuers,
    round_id,
    round_number,
    standings,
    words,
)
from canvass.steps import Posting, is_confirmed, last_note, last_posting, steps_of, taken
from rounds.documents import AUTHORISATION, RESULT
from rounds.encoding import decode
from rounds.envelope import Envelope, decode_payload
from rounds.errors import BadInput, RuleRefusal
from rounds.issuing import usual_title
from rounds.publicity import Publicity, StepTaken, publicity_on
from rounds.results import Figures
from rounds.rules import Outcome, decide


@dataclass(frozen=True)
class CountedRound:
    """An accepted valid result with what the upper organisation has done with it."""

    end_id: int
    """Of the end; of the entry in `papers` where it is not `signed`."""
    round_id: str
    year: int
    attempt: int
    line: str
    issuer: str
    code: str
    """The branch's, '' where it has none."""
    branch: str
    secretary: str
    supervisor: str
    administrator: str
    telephone: str
    figures: Figures
    held: str
    """2017年4月1日; from … 至 … where it lasted longer."""
    stationed: bool
    steps: tuple[StepTaken, ...]
    posting: Posting | None
    """The last one that was not withdrawn."""
    note: str
    """Of the last step that bears one: what an objection says, how it was settled."""
    signed: bool = True
    """False: entered from a table, 未经签名验证."""
    checked: bool = False
    """Not signed, and two people's tables agreed."""
    method: str = ""
    """Not signed: 测评方式 as it was entered."""

    def publicity(self, today: date) -> Publicity:
        """Where it stands on `today`."""
        return publicity_on(self.steps, today)


def counted_rounds(
    registry: Registry, *, year: int | None = None, only: Sequence[str] = (), contested: bool = False
) -> list[CountedRound]:
    """Accepted valid results, of one year or of all, or the rounds of `only` alone, by organisation and branch.

    `contested`: those too that were confirmed and came into conflict since, so that this can be taken back.

    Raises:
        BadInput: a round of `only` is not in the registry.
        RuleRefusal: one of `only` is in conflict, waits for a confirmation, was voided, or is 无效.
        Unreadable: the registry failed.
    """
    with registry.reading() as connection:
        return _counted(connection, year, only, contested=contested)


def title_of(registry: Registry, one: CountedRound) -> str:
    """The title that the round was authorised under, from the signed file itself; the usual one where none is."""
    if not one.signed:
        return usual_title(one.branch, one.year)
    with registry.reading() as connection:
        packed = connection.execute(select(envelopes.c.packed).where(envelopes.c.id == one.end_id)).scalar_one()
    data = unpack(packed)
    result = decode_payload(decode(data, Envelope, RESULT.title, RESULT.cap), RESULT)
    authorisation = decode(result.chain.authorisation.encode(), Envelope, AUTHORISATION.title, AUTHORISATION.cap)
    return decode_payload(authorisation, AUTHORISATION).title


_SECRETARY, _SUPERVISOR = (words.alias(name) for name in ("secretaries", "supervisors"))
_QUERY = (
    select(
        ends,
        branches.c.name.label("branch_name"),
        branches.c.code.label("branch_code"),
        organisations.c.administrator,
        organisations.c.telephone,
        lines.c.name.label("line"),
        issuers.c.name.label("issuer_name"),
        _SECRETARY.c.word.label("secretary_name"),
        _SUPERVISOR.c.word.label("supervisor_name"),
        standings.c.standing,
    )
    .join_from(ends, branches)
    .join(organisations, organisations.c.id == branches.c.organisation)
    .join(lines, lines.c.id == organisations.c.line)
    .join(issuers, issuers.c.id == ends.c.issuer)
    .join(_SECRETARY, _SECRETARY.c.id == ends.c.secretary)
    .join(_SUPERVISOR, _SUPERVISOR.c.id == ends.c.supervisor)
    .outerjoin(standings, standings.c.end_id == ends.c.id)
    .order_by(organisations.c.path, branches.c.code, branches.c.name, ends.c.round, ends.c.attempt)
)


def conflicting_rounds(registry: Registry, *, year: int | None = None) -> list[CountedRound]:
    """The results in conflict whose confirmation stands: each has to be withdrawn.

    Raises:
        Unreadable: the registry failed.
    """
    conflicts = select(standings.c.end_id).where(standings.c.standing == STANDING_CODES[Standing.CONFLICT])
    query = _QUERY.where(ends.c.id.in_(conflicts))
    with registry.reading() as connection:
        found = list(connection.execute(query if year is None else query.where(ends.c.year == year)))
        held = steps_of(connection, {row.id for row in found})
        return [_round(row, held[row.id]) for row in found if is_confirmed(held[row.id])]


def _counted(connection: Connection, year: int | None, only: Sequence[str], *, contested: bool) -> list[CountedRound]:
    query = _QUERY if year is None else _QUERY.where(ends.c.year == year)
    if only:
        named = query.where(ends.c.round.in_(bindparam("some", expanding=True)))
        numbers = [_number(one) for one in only]
        found = [row for some in chunks(numbers) for row in connection.execute(named, {"some": some})]
    else:
        found = list(connection.execute(query))
    counted = [row for row in found if not _obstacle(row, contested=contested)]
    held = steps_of(connection, {row.id for row in counted})
    counted = [row for row in counted if not _obstacle(row) or is_confirmed(held[row.id])]
    _check_named(found, {row.id for row in counted}, only)
    return [_round(row, held[row.id]) for row in counted]


def in_conflict(connection: Connection, wanted: Collection[int]) -> set[int]:
    """Those of some ends that are in conflict."""
    standing = _standings(connection, wanted)
    return {number for number, one in standing.items() if one is Standing.CONFLICT}


def obstacles(connection: Connection, wanted: Collection[int], *, contested: bool = False) -> dict[int, str]:
    """Why some ends, which could be confirmed and posted when they were read, no longer can; by their ids."""
    standing = _standings(connection, wanted)
    return {
        number: _STANDING_LINES[one] for number, one in standing.items() if not (contested and one is Standing.CONFLICT)
    }


def _standings(connection: Connection, wanted: Collection[int]) -> dict[int, Standing]:
    found: dict[int, Standing] = {}
    query = select(standings.c.end_id, standings.c.standing)
    for some in chunks(wanted):
        rows = connection.execute(query.where(standings.c.end_id.in_(some)))
        found.update((row.end_id, STANDINGS[row.standing]) for row in rows)
    return found


def _number(named: str) -> int:
    try:
        return round_number(named)
    except ValueError:
        raise BadInput(f"“{named}”不是测评编号：应形如 2016-0123456789abcdef，纸质的形如 2016-paper-TM-02。") from None


def _check_named(found: Sequence[Row[Any]], taken_up: set[int], only: Sequence[str]) -> None:
    """Each round that was named is there, and one of its ends is among those taken up."""
    by_round: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in found:
        by_round[round_id(row.year, row.round)].append(row)
    for named in only:
        if named not in by_round:
            raise BadInput(f"登记库中没有测评{named}的结果：请核对编号，或先导入结果文件。")
        if not any(row.id in taken_up for row in by_round[named]):
            raise RuleRefusal(f"测评{named}{_obstacle(by_round[named][0])}")


TAKE_BACK = "已公示的，请撤下，并用 objection --withdraw 写明原因登记。"
_STANDING_LINES = {
    Standing.CONFLICT: f"的结果有冲突，不予确认、不公示：请先核实。{TAKE_BACK}",
    Standing.WAITING: "只有待确认的更正件：请先核实更正件。",
    Standing.REPLACED: "的结果已由更正件取代：请用更正后的结果。",
}


def _obstacle(row: Row[Any], *, contested: bool = False) -> str:
    """Why this end is neither confirmed nor posted; '' where nothing (`contested`: or a conflict) stands in the way."""
    if row.standing is not None and not (contested and STANDINGS[row.standing] is Standing.CONFLICT):
        return _STANDING_LINES[STANDINGS[row.standing]]
    if row.kind == EndKind.VOID:
        return "已作废，没有测评结果：请重新测评。"
    if OUTCOMES[row.outcome] is Outcome.INVALID:
        return "无效（参与人数未达团员总数三分之二），没有可公示的结果：请重新测评。"
    return ""


def _round(row: Row[Any], held: Sequence[Row[Any]]) -> CountedRound:
    return CountedRound(
        end_id=row.id,
        round_id=round_id(row.year, row.round),
        year=row.year,
        attempt=row.attempt,
        line=row.line,
        issuer=row.issuer_name,
        code=row.branch_code or "",
        branch=row.branch_name,
        secretary=row.secretary_name,
        supervisor=row.supervisor_name,
        administrator=row.administrator,
        telephone=row.telephone,
        figures=_figures(row),
        held=_held(row),
        stationed=row.stationed,
        steps=tuple(map(taken, held)),
        posting=last_posting(held),
        note=last_note(held),
    )


def _figures(row: Row[Any]) -> Figures:
    return counted_figures(row, present=row.present, issued=row.issued)


def counted_figures(row: Any, *, present: int, issued: int) -> Figures:  # noqa: ANN401  whatever bears the counts
    """What the stored counts of a valid round say, decided anew."""
    decision = decide(row.registered, row.collected, row.satisfied)
    return Figures(
        registered=row.registered,
        present=present,
        issued=issued,
        collected=row.collected,
        valid=row.collected - row.invalid,
        invalid=row.invalid,
        satisfied=row.satisfied,
        unsatisfied=row.collected - row.invalid - row.satisfied,
        rate=decision.rate_text,
        rate_percent=decision.rate_percent,
        outcome=decision.outcome,
        priorities=decision.priorities,
    )


def _held(row: Row[Any]) -> str:
    """The days on the hall's own calendar."""
    hall = timezone(timedelta(minutes=row.utc_offset))
    days = [datetime.fromtimestamp(seconds, hall) for seconds in (row.opened, row.closed)]
    return "至".join(dict.fromkeys(f"{day.year}年{day.month}月{day.day}日" for day in days))
