"""确认 → 公示 and the two reports for rounds without signatures: the same duties, apart, and never over a dispute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from canvass_desk import Desk
from rounds_factory import NOW, make_round
from sqlalchemy import delete, update
from test_canvass_paper import FIRST, SECOND, enter, listed
from test_canvass_publicity import another_clerk

from canvass.accounting import unit_accounts
from canvass.codes import paper_round_parts
from canvass.counted import CountedRound, counted_rounds, title_of
from canvass.followups import FollowUp, follow_up_lists, record_follow_up
from canvass.grants import waiting
from canvass.paper_entries import paper_entries
from canvass.paper_rounds import paper_rounds, rounds_named
from canvass.progress import missing, stand_by_line, stand_by_organisation
from canvass.publicity import posted_periods, record_step
from canvass.publicity_schema import paper_disputes, paper_follow_ups, paper_steps
from canvass.sampling import sample_branches
from canvass.steps import Posting
from rounds.errors import BadInput, RuleRefusal, Unreadable
from rounds.publicity import Period, Publicity, Step
from rounds.rules import Outcome

__all__ = ["listed"]  # a fixture

DAY = date(2017, 4, 2)
POSTING = Posting(DAY, Period(date(2017, 4, 3), date(2017, 4, 5)), ("公告栏",))
NAME = "2016-paper-TM-02"
FAILED = FIRST | {"满意票数": 12, "不满意票数": 13, "无效票数": 2}
BELOW = FIRST | {"参与测评人数": 19, "满意票数": "", "不满意票数": "", "无效票数": ""}


def confirmed(desk: Desk) -> list[str]:
    record_step(desk.registry, paper_rounds(desk.registry), Step.CONFIRM, DAY, now=NOW)
    return [one.round_id for one in paper_rounds(desk.registry) if one.publicity(DAY) is Publicity.CONFIRMED]


def test_a_paper_round_goes_through_all_steps_apart_from_the_signed_ones(listed: Desk) -> None:
    assert enter(listed, FIRST, SECOND, second=[FIRST, SECOND]).entered == 2
    listed.take(make_round(branch_code="TM-01", registered=6).result(5, 1))
    assert [one.code for one in counted_rounds(listed.registry)] == ["TM-01"]
    (one,) = paper_rounds(listed.registry, year=2016)
    assert (one.round_id, one.signed, one.checked, one.method) == (NAME, False, True, "纸质")
    assert (one.figures.satisfied, one.figures.rate_percent, one.held) == (20, "74.07", "2017年4月1日")
    assert title_of(listed.registry, one) == "土木2015级二班团支部书记2016年度满意度测评"
    assert paper_rounds(listed.registry, year=2015) == []
    signed = counted_rounds(listed.registry)[0].round_id
    both = rounds_named(listed.registry, [NAME, signed])
    record_step(listed.registry, both, Step.CONFIRM, DAY, now=NOW)
    record_step(listed.registry, paper_rounds(listed.registry), Step.POST, DAY, now=NOW, posting=POSTING)
    assert posted_periods(listed.registry) == {NAME: POSTING.period}
    (one,) = paper_rounds(listed.registry)
    assert (one.publicity(DAY), one.publicity(date(2017, 4, 6))) == (Publicity.POSTED, Publicity.ENDED)
    record_step(listed.registry, [one], Step.OBJECT, date(2017, 4, 4), now=NOW, note="来电反映计票不公开。")
    (one,) = rounds_named(listed.registry, [NAME])
    assert (one.publicity(date(2017, 4, 9)), one.note) == (Publicity.DISPUTED, "来电反映计票不公开。")
    record_step(listed.registry, [one], Step.WITHDRAW, date(2017, 4, 9), now=NOW, note="重新核对。")
    assert posted_periods(listed.registry) == {}
    assert counted_rounds(listed.registry)[0].publicity(DAY) is Publicity.CONFIRMED  # untouched by the other's steps


def test_all_or_none_of_signed_and_unsigned(listed: Desk) -> None:
    enter(listed, FIRST)
    listed.take(make_round(branch_code="TM-01", registered=6).result(5, 1))
    both = counted_rounds(listed.registry) + paper_rounds(listed.registry)
    record_step(listed.registry, both[1:], Step.CONFIRM, DAY, now=NOW)
    with pytest.raises(RuleRefusal, match=f"{NAME}.*已确认，不能确认"):
        record_step(listed.registry, both, Step.CONFIRM, DAY, now=NOW)
    assert counted_rounds(listed.registry)[0].steps == ()


def by_another_table(desk: Desk) -> None:
    done = enter(desk, FIRST | {"满意票数": 19, "不满意票数": 6})
    assert (done.entered, done.disputed, len(done.problems)) == (0, 1, 1)


def by_two_tables(desk: Desk) -> None:
    """Of a round that is confirmed: two people's word is kept too, though it cannot take the entry's place."""
    done = enter(desk, FAILED, second=[FAILED])
    assert (done.entered, done.disputed, len(done.problems)) == (0, 1, 1)


@pytest.mark.parametrize("again", [by_another_table, by_two_tables])
def test_what_two_people_disagree_about_cannot_be_confirmed_until_they_agree(
    listed: Desk, again: Callable[[Desk], None]
) -> None:
    enter(listed, FIRST)
    by_another_table(listed)
    assert confirmed(listed) == []
    with pytest.raises(RuleRefusal, match="两份录入的数字不一致"):
        paper_rounds(listed.registry, only=[NAME])
    assert [one.disputed for one in paper_entries(listed.registry)] == [True]
    assert enter(listed, FIRST).duplicates == 1  # one person again says nothing new
    assert confirmed(listed) == []
    assert enter(listed, FIRST, second=[FIRST]).settled == 1
    assert [one.disputed for one in paper_entries(listed.registry)] == [False]
    assert confirmed(listed) == [NAME]
    again(listed)
    assert paper_rounds(listed.registry) == []  # it can be disputed again, though it was confirmed


def done(desk: Desk) -> tuple[int, int, int, int, list[tuple[str, str]]]:
    """未经签名验证 and 需重新测评 in `progress`, 未经签名验证 and contested in `account`; the unfinished on paper."""
    stands = stand_by_line(desk.registry, year=2016, deadline=DAY)
    accounts = unit_accounts(desk.registry, year=2016, deadline=DAY)
    left = missing(desk.registry, year=2016)
    named = [(one.branch.code, one.state) for one in left if one.state != "尚未批复"]
    for stand in (*stands, *stand_by_organisation(desk.registry, year=2016)):
        assert (stand.done, stand.late) == (0, 0)
    assert sum(one.expected - one.unsigned for one in stands) == len(left)
    desk.rolled_up()
    sums = [(one.unsigned, one.again) for one in stands], [(one.unsigned, one.contested) for one in accounts]
    (unsigned, again), (counted, contested) = (tuple(map(sum, zip(*some, strict=True))) for some in sums)
    return unsigned, again, counted, contested, named


@pytest.mark.parametrize("entered", [FIRST, FAILED, BELOW])
def test_an_entry_that_two_people_dispute_is_not_done(listed: Desk, entered: dict[str, Any]) -> None:
    valid = int(entered is not BELOW)
    of_one = [] if valid else [("TM-02", "无效，需重新测评")]
    enter(listed, entered)
    assert done(listed) == (valid, 1 - valid, valid, 0, of_one)  # the control
    assert enter(listed, entered | {"参与测评人数": 28, "满意票数": 20, "不满意票数": 5, "无效票数": 3}).disputed == 1
    assert done(listed) == (0, 0, 0, 1, [("TM-02", "两份录入不一致，待核实")])
    assert "TM-02" not in {one.branch.code for one in waiting(listed.registry, year=2016)}
    assert enter(listed, entered, second=[entered]).settled == 1
    assert done(listed) == (valid, 1 - valid, valid, 0, of_one)


def test_a_dispute_that_is_settled_by_other_figures_is_done_and_a_signed_result_is_whatever_paper_says(
    listed: Desk,
) -> None:
    enter(listed, FIRST)
    by_another_table(listed)
    assert enter(listed, FAILED, second=[FAILED | {"备注": "乙"}]).replaced == 1
    assert done(listed) == (1, 0, 1, 0, [])
    by_another_table(listed)
    listed.take(make_round(branch_code="TM-02", registered=30).result(20, 5, 5))
    assert [one.branch.code for one in missing(listed.registry, year=2016)] == ["TM-01", "FZ-01"]
    listed.rolled_up()


def test_a_second_person_may_come_later(listed: Desk) -> None:
    enter(listed, FIRST)
    assert [one.checked for one in paper_rounds(listed.registry)] == [False]
    assert enter(listed, FIRST, second=[FIRST]).settled == 0
    assert [one.checked for one in paper_rounds(listed.registry)] == [True]
    before = listed.dump()
    enter(listed, FIRST, second=[FIRST])
    assert listed.dump() == before


def test_two_tables_that_disagree_when_entered_leave_nothing_to_confirm(listed: Desk) -> None:
    assert enter(listed, FIRST, second=[FIRST | {"满意票数": 21, "不满意票数": 4}]).problems
    with pytest.raises(BadInput, match="没有测评"):
        paper_rounds(listed.registry, only=[NAME])
    assert confirmed(listed) == []
    assert enter(listed, FIRST, second=[FIRST]).entered == 1
    assert confirmed(listed) == [NAME]  # the control


def test_a_table_that_is_wrong_otherwise_disputes_nothing(listed: Desk) -> None:
    enter(listed, FIRST)
    assert enter(listed, FAILED, SECOND | {"团员总数": 39}).disputed == 0
    assert confirmed(listed) == [NAME]


def test_a_signed_result_takes_the_place_of_the_paper(listed: Desk) -> None:
    enter(listed, FIRST)
    torn = make_round(branch_code="TM-02", registered=30)
    listed.take(torn.result(20, 5, 5))
    with pytest.raises(RuleRefusal, match="已有签名的测评结果"):
        paper_rounds(listed.registry, only=[NAME])
    assert confirmed(listed) == []
    listed.take(torn.result(19, 5, 5))
    with pytest.raises(RuleRefusal, match="在冲突或待确认中"):
        paper_rounds(listed.registry, only=[NAME])


@pytest.mark.parametrize("day", [date(2017, 4, 4), date(2017, 4, 20)])
@pytest.mark.parametrize("contested", [False, True])
def test_the_notice_of_paper_is_withdrawn_where_a_signed_result_or_a_conflict_takes_its_place(
    listed: Desk, day: date, contested: bool
) -> None:
    enter(listed, FIRST)
    assert confirmed(listed) == [NAME]
    record_step(listed.registry, paper_rounds(listed.registry), Step.POST, DAY, now=NOW, posting=POSTING)
    signed = make_round(branch_code="TM-02", registered=30)
    listed.take(signed.result(20, 5, 5))
    if contested:
        listed.take(signed.result(19, 5, 5))
    with pytest.raises(RuleRefusal, match=r"签名.*objection --withdraw"):
        rounds_named(listed.registry, [NAME])
    (one,) = rounds_named(listed.registry, [NAME], contested=True)
    (after,) = record_step(listed.registry, [one], Step.WITHDRAW, day, now=NOW, note="另有签名的")
    assert (after.publicity(day), after.note, posted_periods(listed.registry)) == (
        Publicity.COUNTED,
        "另有签名的",
        {},
    )


def refused(desk: Desk, stale: CountedRound, told: str) -> None:
    """Neither confirmed nor reported on, though it was read before."""
    with pytest.raises(RuleRefusal, match=f"{NAME}{told}"):
        record_step(desk.registry, [stale], Step.CONFIRM, DAY, now=NOW)
    with pytest.raises(RuleRefusal, match=f"{NAME}{told}"):
        record_follow_up(desk.registry, stale, FollowUp.PARTY, DAY, now=NOW)


def test_of_two_clerks_the_one_who_confirms_what_is_disputed_or_signed_since_is_refused(listed: Desk) -> None:
    enter(listed, FAILED)
    (stale,) = paper_rounds(listed.registry)
    with another_clerk(listed) as other:
        by_another_table(other)
        refused(listed, stale, "有两份录入的数字不一致")
        enter(other, FAILED, second=[FAILED])
        record_follow_up(listed.registry, stale, FollowUp.PARTY, DAY, now=NOW)  # the control
        other.take(make_round(branch_code="TM-02", registered=30).result(20, 5, 5))
        refused(listed, stale, "已有签名的测评结果")
    assert (listed.dump()["paper_steps"], len(listed.dump()["paper_follow_ups"])) == ([], 1)


def test_a_void_round_before_it_does_not_stand_in_the_way(listed: Desk) -> None:
    enter(listed, FIRST)
    listed.take(make_round(branch_code="TM-02", registered=30).void())
    assert confirmed(listed) == [NAME]


def test_below_quorum_there_is_nothing_to_post(listed: Desk) -> None:
    enter(listed, SECOND)
    with pytest.raises(RuleRefusal, match="参与人数未达"):
        paper_rounds(listed.registry, only=["2016-paper-FZ-01"])
    assert confirmed(listed) == []


def test_what_follows_a_no_on_paper_is_listed_apart(listed: Desk) -> None:
    enter(listed, FAILED)
    assert follow_up_lists(listed.registry).unsatisfied == ()
    (failed,) = follow_up_lists(listed.registry, signed=False).unsatisfied
    assert (failed.round.figures.outcome, failed.open) == (Outcome.UNSATISFIED, tuple(FollowUp))
    record_follow_up(listed.registry, failed.round, FollowUp.PARTY, DAY, now=NOW, note="口头")
    (failed,) = follow_up_lists(listed.registry, signed=False).unsatisfied
    assert failed.done[FollowUp.PARTY].note == "口头"
    assert listed.dump()["follow_ups"] == []


@pytest.mark.parametrize(
    "named", ["2016-paper-", "2016-paper-TM-99", "2017-paper-TM-02", "二〇一六-paper-TM-02", "-paper-"]
)
def test_a_name_that_is_none_is_said(listed: Desk, named: str) -> None:
    enter(listed, FIRST)
    with pytest.raises(BadInput, match="编号"):
        rounds_named(listed.registry, [named])
    assert rounds_named(listed.registry, [NAME])[0].code == "TM-02"


def test_a_mistyped_name_is_shown_both_forms(listed: Desk) -> None:
    with pytest.raises(BadInput, match=f"“2016-PAPER-TM-02”不是测评编号.*{NAME}"):
        rounds_named(listed.registry, ["2016-PAPER-TM-02"])


def test_codes_with_hyphens_are_codes() -> None:
    assert paper_round_parts("2016-paper-A-paper-1") == (2016, "A-paper-1")
    assert paper_round_parts("2016-0123456789abcdef") is None


@pytest.mark.parametrize("table", [paper_steps, paper_follow_ups, paper_disputes])
def test_nothing_that_was_recorded_is_rewritten(listed: Desk, table: object) -> None:
    enter(listed, FAILED)
    confirmed(listed)
    record_follow_up(listed.registry, paper_rounds(listed.registry)[0], FollowUp.PARTY, DAY, now=NOW)
    by_another_table(listed)
    before = listed.dump()
    assert before[table.name]  # type: ignore[attr-defined]  # one of three tables
    for change in (update(table).values(id=7), delete(table)):  # type: ignore[arg-type]  # see above
        with pytest.raises(Unreadable), listed.registry.writing() as connection:
            connection.execute(change)
    assert listed.dump() == before


def test_a_paper_round_may_be_drawn_for_a_visit_and_a_signed_one_takes_its_place(listed: Desk) -> None:
    assert enter(listed, FIRST, SECOND, second=[FIRST, SECOND]).entered == 2  # the second is 无效

    def drawn() -> set[tuple[str, bool]]:
        sample = sample_branches(listed.registry, Fraction(1), "20170405", year=2016)
        return {(one.key, one.round.signed) for one in sample.branches}

    assert drawn() == {("TM-02", False)}
    listed.take(make_round(branch_code="TM-01", registered=6).result(5, 1))
    assert drawn() == {("TM-01", True), ("TM-02", False)}
    listed.take(make_round(branch_code="TM-02", registered=6).result(5, 1))
    assert drawn() == {("TM-01", True), ("TM-02", True)}
    with pytest.raises(RuleRefusal):
        sample_branches(listed.registry, Fraction(1), "20170405", year=2015)
