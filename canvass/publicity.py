"""确认 → 公示: the counted results of the registry with the steps taken on them, and taking one more.

Only an accepted result with a valid outcome is confirmed and posted: a conflict or a waiting revision has to be settled
first, and 无效 is no result to post. One transaction for all rounds of a command: all of them or none.

Rounds without signatures are read by `canvass.paper_rounds`, as `CountedRound` too: the same duties, other tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from canvass.bulk import chunks
from canvass.codes import paper_round_id
from canvass.ledger_schema import branches, lines, organisations
from canvass.packing import unpack
from canvass.publicity_schema import STEP_CODES, STEPS, paper_steps, publicity_steps
from canvass.registry import Registry
from canvass.schema import (
    LAST_PAPER,
    OUTCOMES,
    STANDINGS,
    EndKind,
    Standing,
    ends,
    envelopes,
    issuers,
    papers,
    round_id,
    round_number,
    standings,
    words,
)
from rounds.documents import AUTHORISATION, RESULT
from rounds.encoding import decode
from rounds.envelope import Envelope, decode_payload
from rounds.errors import BadInput, RuleRefusal
from rounds.issuing import usual_title
from rounds.publicity import Period, Publicity, Step, StepTaken, publicity_on, take_step
from rounds.results import Figures
from rounds.rules import Outcome, decide


@dataclass(frozen=True)
class Posting:
    """One 公示 as it is recorded: the day it goes up, its days, where."""

    posted: date
    period: Period
    channels: tuple[str, ...]
    working_days: bool = False


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


def counted_rounds(registry: Registry, *, year: int | None = None, only: Sequence[str] = ()) -> list[CountedRound]:
    """Accepted valid results, of one year or of all, or the rounds of `only` alone, by organisation and branch.

    Raises:
        BadInput: a round of `only` is not in the registry.
        RuleRefusal: one of `only` is in conflict, waits for a confirmation, was voided, or is 无效.
        Unreadable: the registry failed.
    """
    with registry.reading() as connection:
        return _counted(connection, year, only)


def record_step(
    registry: Registry,
    rounds: Iterable[CountedRound],
    step: Step,
    day: date,
    *,
    now: datetime,
    posting: Posting | None = None,
    note: str = "",
) -> None:
    """Take `step` on every one of `rounds`, or on none.

    The steps are read again under the writers' lock: of two clerks who confirm at once the second is refused.

    Raises:
        RuleRefusal: a round does not stand where the step begins, or is an entry that a later one has followed.
        Unreadable: the registry failed.
    """
    listed = list(rounds)
    with registry.writing() as connection:
        for signed, (table, owner) in _TABLES.items():
            some = [one for one in listed if one.signed is signed]
            check_last(connection, some)
            _check_step(steps_of(connection, {one.end_id for one in some}, signed=signed), some, step, day)
            rows = [_row(step, day, now, posting, note) | {owner.name: one.end_id} for one in some]
            if rows:
                connection.execute(insert(table), rows)


_TABLES = {True: (publicity_steps, publicity_steps.c.end_id), False: (paper_steps, paper_steps.c.paper_id)}
"""Where the steps of signed rounds stand, and of the others; with whose they are."""


def check_last(connection: Connection, rounds: Iterable[CountedRound]) -> None:
    """See, under the writers' lock, that nobody has entered a later attempt since these rounds were read.

    Raises:
        RuleRefusal: somebody has; what is recorded now would stand with figures that count no more.
    """
    entered = {one.end_id: one for one in rounds if not one.signed}
    last: set[int] = set()
    for some in chunks(entered):
        last.update(connection.scalars(select(papers.c.id).where(papers.c.id.in_(some), LAST_PAPER)))
    for number, one in entered.items():
        if number not in last:
            raise RuleRefusal(f"{one.branch}（{one.round_id}）：刚才另有人重新录入，数字可能已不同：请核对后再办理。")


def _check_step(held: dict[int, list[Row[Any]]], rounds: Iterable[CountedRound], step: Step, day: date) -> None:
    for one in rounds:
        try:
            take_step(map(taken, held[one.end_id]), step, day)
        except RuleRefusal as refusal:
            raise RuleRefusal(f"{one.branch}（{one.round_id}）：{refusal}") from None


def posted_periods(registry: Registry) -> dict[str, Period]:
    """The days of the 公示 of each round that has one, by the round's id; a withdrawn one is none.

    Raises:
        Unreadable: the registry failed.
    """
    signed = select(publicity_steps, ends.c.year, ends.c.round).join_from(publicity_steps, ends)
    unsigned = select(paper_steps, papers.c.year, branches.c.code).join_from(paper_steps, papers).join(branches)
    unsigned = unsigned.where(LAST_PAPER)
    with registry.reading() as connection:
        rows = connection.execute(signed.order_by(publicity_steps.c.id))
        found = _periods((round_id(row.year, row.round), row) for row in rows)
        rows = connection.execute(unsigned.order_by(paper_steps.c.id))
        return found | _periods((paper_round_id(row.year, row.code), row) for row in rows)


def _periods(named: Iterable[tuple[str, Row[Any]]]) -> dict[str, Period]:
    found: dict[str, Period] = {}
    for name, row in named:
        period = _period(row)
        if period is not None:
            found[name] = period
        elif STEPS[row.step] is Step.WITHDRAW:
            found.pop(name, None)
    return found


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


def _counted(connection: Connection, year: int | None, only: Sequence[str]) -> list[CountedRound]:
    query = _QUERY if year is None else _QUERY.where(ends.c.year == year)
    if only:
        named = query.where(ends.c.round.in_(bindparam("some", expanding=True)))
        numbers = [_number(one) for one in only]
        found = [row for some in chunks(numbers) for row in connection.execute(named, {"some": some})]
        _check_named(found, only)
    else:
        found = list(connection.execute(query))
    counted = [row for row in found if not _obstacle(row)]
    held = steps_of(connection, {row.id for row in counted})
    return [_round(row, held[row.id]) for row in counted]


def _number(named: str) -> int:
    try:
        return round_number(named)
    except ValueError:
        raise BadInput(f"“{named}”不是测评编号：应形如 2016-0123456789abcdef，纸质的形如 2016-paper-TM-02。") from None


def _check_named(found: Sequence[Row[Any]], only: Sequence[str]) -> None:
    """Each round that was named is there, and one of its ends counts."""
    by_round: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in found:
        by_round[round_id(row.year, row.round)].append(row)
    for named in only:
        if named not in by_round:
            raise BadInput(f"登记库中没有测评{named}的结果：请核对编号，或先导入结果文件。")
        obstacles = [_obstacle(row) for row in by_round[named]]
        if all(obstacles):
            raise RuleRefusal(f"测评{named}{obstacles[0]}")


_STANDING_LINES = {
    Standing.CONFLICT: "的结果有冲突，不予确认、不公示：请先核实。",
    Standing.WAITING: "只有待确认的更正件：请先核实更正件。",
    Standing.REPLACED: "的结果已由更正件取代：请用更正后的结果。",
}


def _obstacle(row: Row[Any]) -> str:
    """Why this end is neither confirmed nor posted; '' where nothing stands in the way."""
    if row.standing is not None:
        return _STANDING_LINES[STANDINGS[row.standing]]
    if row.kind == EndKind.VOID:
        return "已作废，没有测评结果：请重新测评。"
    if OUTCOMES[row.outcome] is Outcome.INVALID:
        return "无效（参与人数未达团员总数三分之二），没有可公示的结果：请重新测评。"
    return ""


def steps_of(connection: Connection, wanted: set[int], *, signed: bool = True) -> dict[int, list[Row[Any]]]:
    """The steps taken on some ends, or on some entries without signatures, in their order."""
    table, owner = _TABLES[signed]
    query = select(table, owner.label("owner")).where(owner.in_(bindparam("some", expanding=True)))
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for some in chunks(wanted):
        for row in connection.execute(query.order_by(table.c.id), {"some": some}):
            found[row.owner].append(row)
    return found


def taken(row: Row[Any]) -> StepTaken:
    """One row of them."""
    return StepTaken(STEPS[row.step], date.fromordinal(row.day), _period(row))


def _period(row: Row[Any]) -> Period | None:
    if row.first_day is None:
        return None
    return Period(date.fromordinal(row.first_day), date.fromordinal(row.last_day))


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


def last_note(held: Sequence[Row[Any]]) -> str:
    """What the last step that bears a note says."""
    return next((step.note for step in reversed(held) if step.note), "")


def last_posting(held: Sequence[Row[Any]]) -> Posting | None:
    """The last 公示 among those steps that was not withdrawn."""
    found: Posting | None = None
    for row in held:
        period = _period(row)
        if period is not None:
            channels = tuple(row.channels.split("、"))
            found = Posting(date.fromordinal(row.day), period, channels, row.working_days)
        elif STEPS[row.step] is Step.WITHDRAW:
            found = None
    return found


def _row(
    step: Step, day: date, now: datetime, posting: Posting | None, note: str
) -> dict[str, int | str | bool | None]:
    return {
        "step": STEP_CODES[step],
        "day": day.toordinal(),
        "first_day": posting.period.first.toordinal() if posting else None,
        "last_day": posting.period.last.toordinal() if posting else None,
        "working_days": posting.working_days if posting else False,
        "channels": "、".join(posting.channels) if posting else "",
        "note": note,
        "recorded": int(now.timestamp()),
    }
