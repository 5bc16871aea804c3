"""Supervision in the registry, on both back ends: the plan in the ledger, findings, the year-end account."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from canvass_desk import Desk
from ledger_books import BRANCHES, ORGANISATIONS, write_book
from rounds_factory import NOW, make_round
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from canvass.accounting import unit_accounts
from canvass.findings import Way, record_finding, recorded_findings
from canvass.ledger import branch, import_ledger, ledger_branches
from canvass.ledger_rows import HEADING
from canvass.ledger_schema import branches
from canvass.progress import stand_by_line, stand_by_organisation
from canvass.sampling import sample_branches
from canvass.supervision import plan_supervision, write_supervision
from canvass.supervision_schema import findings
from canvass.tables import read_tables
from rounds.errors import RuleRefusal


@pytest.fixture
def listed(desk: Desk) -> Desk:
    import_ledger(desk.registry, read_tables(write_book(desk.folder / "ledger.xlsx"), HEADING))
    return desk


def supervisors(desk: Desk) -> dict[str, str]:
    return {one.code: one.supervisor for one in ledger_branches(desk.registry)}


def test_a_plan_is_written_whole_or_not_at_all(listed: Desk) -> None:
    before = supervisors(listed)
    plan = plan_supervision(listed.registry, "种子")
    with listed.registry.writing() as connection:
        connection.execute(update(branches).where(branches.c.code == "FZ-01").values(name="高二二班团支部"))
    with pytest.raises(RuleRefusal, match="改动"):
        write_supervision(listed.registry, plan)
    assert supervisors(listed) == before
    again = plan_supervision(listed.registry, "种子")
    write_supervision(listed.registry, again)
    assert supervisors(listed) == {one.branch.code: one.supervisor.name for one in again if one.supervisor}


def test_a_person_whom_the_upper_organisation_sends_stays(listed: Desk) -> None:
    grades = {"TM-01": "3", "TM-02": "2", "FZ-01": "2"}
    with listed.registry.writing() as connection:
        for code, grade in grades.items():
            connection.execute(update(branches).where(branches.c.code == code).values(grade=grade))
    write_supervision(listed.registry, plan_supervision(listed.registry, "种子", by_grade=True))
    assert supervisors(listed)["TM-01"] == "李督导"
    write_supervision(listed.registry, plan_supervision(listed.registry, "种子"))
    assert supervisors(listed)["TM-01"] != "李督导"
    write_supervision(listed.registry, plan_supervision(listed.registry, "种子", by_grade=True))
    assert supervisors(listed) == dict.fromkeys(grades, branch(listed.registry, "TM-01").name) | {"TM-01": ""}


def test_findings_are_never_written_over(listed: Desk) -> None:
    given = (listed.registry, "TM-01", 2016, Way.CALL, date(2017, 4, 10))
    record_finding(*given, in_order=False, note="未当场公布", now=NOW)
    for change in (delete(findings), update(findings).values(in_order=1)):
        with listed.registry.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(change)
    record_finding(*given, in_order=True, note="已补公布", now=NOW)
    found = recorded_findings(listed.registry, year=2016, path="/50/5001/")
    assert [(one.in_order, one.note, one.day) for one in found] == [
        (False, "未当场公布", date(2017, 4, 10)),
        (True, "已补公布", date(2017, 4, 10)),
    ]
    assert recorded_findings(listed.registry, path="/50/5002/") == []
    with pytest.raises(RuleRefusal, match="没有代码"):
        record_finding(listed.registry, "TM-09", *given[2:], in_order=True, note="无", now=NOW)


def test_the_account_counts_each_branch_once(listed: Desk) -> None:
    done = make_round(branch_code="TM-01", registered=6)
    again = make_round(branch_code="FZ-01", registered=40)
    contested = make_round(branch_code="TM-02", registered=30)
    listed.fates(done.result(5, 1), again.void(), contested.result(20, 10), contested.result(10, 20))
    first, second = unit_accounts(listed.registry, year=2016, deadline=date(2017, 3, 31))
    assert (first.expected, first.done, first.satisfied, first.contested, first.late) == (2, 1, 1, 1, 1)
    assert (second.expected, second.done, second.again, second.late) == (1, 0, 1, 0)
    (in_time, _) = unit_accounts(listed.registry, year=2016, deadline=date(2017, 4, 1))
    assert in_time.late == 0  # the deadline's own day
    assert unit_accounts(listed.registry, year=2015, deadline=date(2016, 4, 1))[0].done == 0


def test_only_what_counts_is_drawn(listed: Desk) -> None:
    done = make_round(branch_code="TM-01", registered=6)
    contested = make_round(branch_code="TM-02", registered=30)
    nameless = make_round(branch_name="校友团支部")
    listed.fates(done.result(5, 1), contested.result(20, 10), contested.result(10, 20), nameless.result(5, 1))
    drawn = sample_branches(listed.registry, Fraction(1), "种子", year=2016)
    assert {one.key for one in drawn.branches} == {"TM-01", "共青团某某大学委员会 校友团支部"}
    with pytest.raises(RuleRefusal, match="没有可抽查"):
        sample_branches(listed.registry, Fraction(1), "种子", year=2015)


def test_what_hangs_on_no_organisation_below_has_a_row_of_its_own(desk: Desk) -> None:
    """A branch directly under the top one: the rows add up to the whole, in the account as in the progress."""
    direct = ("JG-01", "机关团支部", "50", "孙七", "", "", 12, "是", "")
    book = write_book(desk.folder / "ledger.xlsx", ORGANISATIONS, [*BRANCHES, direct])
    import_ledger(desk.registry, read_tables(book, HEADING))
    desk.take(make_round(branch_code="TM-01", registered=6).result(5, 1))
    desk.take(make_round(branch_code="JG-01", registered=12).result(9, 1))
    record_finding(desk.registry, "JG-01", 2016, Way.CALL, date(2017, 4, 10), in_order=False, note="无", now=NOW)
    until = date(2017, 3, 31)
    accounts = unit_accounts(desk.registry, year=2016, deadline=until)
    own = accounts[-1]
    assert (own.name, own.path) == ("共青团某某大学委员会（直属）", "/50/")
    assert (own.expected, own.done, own.satisfied, own.late, own.findings, own.amiss) == (1, 1, 1, 1, 1, 1)
    lines = stand_by_line(desk.registry, year=2016, deadline=until)
    stands = stand_by_organisation(desk.registry, year=2016)
    for rows in (accounts, lines, stands):
        assert sum(row.expected for row in rows) == 4
        assert sum(row.done for row in rows) == 2
    (below,) = unit_accounts(desk.registry, year=2016, deadline=until, path="/50/5001/")
    assert (below.name, below.expected, below.done) == ("土木工程学院团委（直属）", 2, 1)
