"""Which branches wait for a 批复, who is done and who is missing: against a ledger, on either back end."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest
from canvass_desk import Desk
from ledger_books import BRANCHES, ORGANISATIONS, write_book
from rounds_factory import CHINA, CLOSED, MadeRound, make_round, organisation, payload_digest

from canvass.averages import mean_of_lines
from canvass.grants import record_grants, scope_of, waiting
from canvass.ledger import import_ledger
from canvass.ledger_rows import HEADING
from canvass.progress import Stand, missing, stand_by_line, stand_by_organisation
from canvass.tables import read_tables
from rounds.errors import RuleRefusal

DEADLINE = date(2017, 4, 1)


@pytest.fixture
def listed(desk: Desk) -> Desk:
    """A ledger of three branches: TM-01 (6 members) and TM-02 (30) of 高校, FZ-01 (40) of 中学."""
    assert import_ledger(desk.registry, read_tables(write_book(desk.folder / "ledger.xlsx"), HEADING)).problems == ()
    return desk


def made(code: str = "TM-01", **more: Any) -> MadeRound:
    name, registered, secretary = {row[0]: (row[1], row[6], row[3]) for row in BRANCHES}[code]
    return make_round(branch_code=code, branch_name=name, registered=registered, secretary=secretary, **more)


def codes(desk: Desk, **more: Any) -> dict[str, int]:
    return {one.branch.code: one.attempt for one in waiting(desk.registry, year=2016, **more)}


def grant(desk: Desk, one: MadeRound) -> None:
    (branch,) = [w.branch for w in waiting(desk.registry, year=2016) if w.branch.code == one.plan.branch_code]
    record_grants(desk.registry, [(branch.id, one.authorisation)])


def test_a_branch_waits_until_it_is_authorised_and_again_after_a_void_round(listed: Desk) -> None:
    assert codes(listed) == {"FZ-01": 1, "TM-01": 1, "TM-02": 1}
    assert codes(listed, path="/50/5001/") == {"TM-01": 1, "TM-02": 1}
    first = made()
    grant(listed, first)
    assert codes(listed, path="/50/5001/") == {"TM-02": 1}
    ended = first.void()
    listed.take(ended)
    assert codes(listed, path="/50/5001/") == {"TM-01": 2, "TM-02": 1}
    (again,) = [one for one in waiting(listed.registry, year=2016) if one.attempt == 2]
    assert again.previous_end == payload_digest(ended)
    second = first.next_attempt(again.previous_end)
    grant(listed, second)
    assert "TM-01" not in codes(listed)
    listed.take(second.result(4, 1, 0))
    assert "TM-01" not in codes(listed)
    assert "TM-01" in {one.branch.code for one in waiting(listed.registry, year=2017)}


def test_a_branch_in_dispute_gets_no_second_authorisation(listed: Desk) -> None:
    torn = made()
    listed.take(torn.result(4, 1, 0))
    listed.take(torn.result(3, 2, 0))
    assert "TM-01" not in codes(listed)


def test_an_authorisation_is_noted_once(listed: Desk) -> None:
    one = made()
    grant(listed, one)
    before = listed.dump()
    (branch,) = [row[0] for row in before["branches"] if "TM-01" in row]
    record_grants(listed.registry, [(branch, one.authorisation)])
    assert listed.dump() == before


def test_the_scope_of_a_key_is_its_organisation_in_the_ledger(listed: Desk) -> None:
    assert scope_of(listed.registry, organisation().key.name) == "/50/"
    with pytest.raises(RuleRefusal, match="台账中没有名为“别的团委”"):
        scope_of(listed.registry, "别的团委")


def test_done_again_and_missing(listed: Desk) -> None:
    listed.take(made().result(4, 1, 0))
    listed.take(made("TM-02").void())
    assert stand_by_line(listed.registry, year=2016, deadline=DEADLINE) == [
        Stand("中学", 1, 0, 0, 0, 0),
        Stand("高校", 2, 1, 1, 0, 0),
    ]
    names = [row[1] for row in ORGANISATIONS[1:]]
    assert {one.name: one.done for one in stand_by_organisation(listed.registry, year=2016)} == {
        names[0]: 1,
        names[1]: 0,
    }
    found = {one.branch.code: (one.state, one.branch.telephone) for one in missing(listed.registry, year=2016)}
    assert found == {"FZ-01": ("尚未批复", ""), "TM-02": ("已作废，需重新测评", "023-1")}
    grant(listed, made("FZ-01"))
    assert "已批复，未报送" in {one.state for one in missing(listed.registry, year=2016)}
    assert len(missing(listed.registry, year=2017)) == 3


@pytest.mark.parametrize(
    ("closed", "late"),
    [
        (datetime(2017, 4, 1, 23, 59, 59, tzinfo=CHINA), 0),
        (datetime(2017, 4, 2, 0, 0, 1, tzinfo=CHINA), 1),
        (CLOSED, 0),
    ],
)
def test_the_deadlines_own_day_is_in_time_on_the_halls_calendar(listed: Desk, closed: datetime, late: int) -> None:
    listed.take(made().result(4, 1, 0, closed=closed))
    stands = stand_by_line(listed.registry, year=2016, deadline=DEADLINE)
    assert [(one.done, one.late) for one in stands] == [(0, 0), (1, late)]


def test_a_result_in_conflict_is_not_done(listed: Desk) -> None:
    torn = made()
    listed.take(torn.result(4, 1, 0))
    listed.take(torn.result(3, 2, 0))
    assert [one.done for one in stand_by_line(listed.registry, year=2016, deadline=DEADLINE)] == [0, 0]
    states = {one.branch.code: one.state for one in missing(listed.registry, year=2016)}
    assert states["TM-01"] == "结果有冲突，待核实"


def test_without_a_ledger_nobody_knows_what_to_expect(desk: Desk) -> None:
    with pytest.raises(RuleRefusal, match="没有台账"):
        stand_by_line(desk.registry, year=2016, deadline=DEADLINE)


def test_each_line_counts_once_in_the_mean_of_lines(listed: Desk) -> None:
    listed.take(made().result(5, 0, 0))
    listed.take(made("TM-02").result(15, 15, 0))
    listed.take(made("FZ-01").result(40, 0, 0))
    rows = listed.summary().rows
    assert mean_of_lines(rows).value == (Fraction(3, 4) + 1) / 2
    assert mean_of_lines([]).value is None
