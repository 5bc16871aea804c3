"""确认 → 公示 in the registry: what may be confirmed, all or none, never rewritten; and what follows a 不满意."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from canvass_desk import Desk
from rounds_factory import NOW, make_round, payload_digest
from sqlalchemy import delete, update

from canvass.confirming import confirm_revision
from canvass.counted import CountedRound, counted_rounds, title_of
from canvass.followups import FollowUp, follow_up_lists, record_follow_up
from canvass.publicity import posted_periods, record_step
from canvass.publicity_schema import follow_ups, publicity_steps
from canvass.registry import open_registry
from canvass.steps import Posting
from rounds.errors import BadInput, RuleRefusal, Unreadable
from rounds.publicity import Period, Publicity, Step

DAY = date(2017, 4, 2)
POSTING = Posting(DAY, Period(date(2017, 4, 3), date(2017, 4, 5)), ("公告栏", "团属网站"))


@pytest.fixture
def counted(desk: Desk) -> Desk:
    """Three results: 满意 at 90%, 满意 at 80%, 不满意; beside them a void round, one below quorum and a conflict."""
    for name, counts in (("甲", (9, 1, 0)), ("乙", (8, 1, 1)), ("丙", (5, 5, 0))):
        desk.take(make_round(branch_name=f"{name}团支部", registered=10).result(*counts))
    desk.take(make_round(branch_name="丁团支部", registered=10).void())
    desk.take(make_round(branch_name="戊团支部", registered=10).result(1, 0, 0))
    torn = make_round(branch_name="己团支部", registered=10)
    desk.take(torn.result(9, 0, 0))
    desk.take(torn.result(8, 0, 0))
    return desk


def by_name(desk: Desk) -> dict[str, CountedRound]:
    return {one.branch: one for one in counted_rounds(desk.registry)}


def test_only_what_counts_can_be_confirmed(counted: Desk) -> None:
    found = by_name(counted)
    assert set(found) == {"甲团支部", "乙团支部", "丙团支部"}
    assert {one.publicity(DAY) for one in found.values()} == {Publicity.COUNTED}
    assert (found["甲团支部"].held, found["甲团支部"].supervisor) == ("2017年4月1日", "李督导")
    summary = counted.summary()
    for end, line in ((summary.voids[0], "已作废"), (summary.invalid[0], "无效"), (summary.conflicts[0], "有冲突")):
        with pytest.raises(RuleRefusal, match=line):
            counted_rounds(counted.registry, only=[end.round_id])
    with pytest.raises(BadInput, match="没有测评"):
        counted_rounds(counted.registry, only=["2016-0000000000000000"])
    with pytest.raises(BadInput, match="不是测评编号"):
        counted_rounds(counted.registry, only=["甲团支部"])


def test_the_steps_are_kept_in_order_with_days_and_channels(counted: Desk) -> None:
    rounds = list(by_name(counted).values())
    record_step(counted.registry, rounds, Step.CONFIRM, DAY, now=NOW)
    record_step(counted.registry, rounds[:1], Step.POST, DAY, now=NOW, posting=POSTING)
    record_step(counted.registry, rounds[:1], Step.OBJECT, date(2017, 4, 4), now=NOW, note="来电反映签到人数不符。")
    found = by_name(counted)[rounds[0].branch]
    assert (found.publicity(date(2017, 4, 9)), found.posting) == (Publicity.DISPUTED, POSTING)
    assert found.note == "来电反映签到人数不符。"
    assert by_name(counted)[rounds[1].branch].publicity(DAY) is Publicity.CONFIRMED
    record_step(counted.registry, [found], Step.WITHDRAW, date(2017, 4, 7), now=NOW, note="须重新核对。")
    again = by_name(counted)[rounds[0].branch]
    assert (again.publicity(date(2017, 4, 9)), again.posting) == (Publicity.COUNTED, None)


def test_one_round_that_refuses_stops_all(counted: Desk) -> None:
    first, *rest = by_name(counted).values()
    record_step(counted.registry, [first], Step.CONFIRM, DAY, now=NOW)
    with pytest.raises(RuleRefusal, match=f"{first.branch}.*已确认，不能确认"):
        record_step(counted.registry, [*rest, first], Step.CONFIRM, DAY, now=NOW)
    assert [one.publicity(DAY) for one in by_name(counted).values()].count(Publicity.CONFIRMED) == 1


def taken(desk: Desk, step: Step, day: date = DAY, note: str = "") -> CountedRound:
    """The step on the only round, as `objection` takes it where it leads back."""
    posting = POSTING if step is Step.POST else None
    back = step in {Step.OBJECT, Step.WITHDRAW}
    (one,) = counted_rounds(desk.registry, only=[ROUND.round_id], contested=back)
    (after,) = record_step(desk.registry, [one], step, day, now=NOW, posting=posting, note=note)
    return after


ROUND = make_round(registered=10)
FIRST, OTHER = ROUND.result(9, 0, 0), ROUND.result(8, 0, 0)
LATER = date(2017, 4, 20)


@pytest.mark.parametrize("before", [(), (Step.POST,), (Step.POST, Step.OBJECT)])
@pytest.mark.parametrize("day", [date(2017, 4, 4), LATER])
def test_what_was_confirmed_or_posted_is_withdrawn_once_it_falls_into_conflict(
    desk: Desk, before: tuple[Step, ...], day: date
) -> None:
    desk.take(FIRST)
    for step in (Step.CONFIRM, *before):
        taken(desk, step)
    desk.take(OTHER)
    for step in (Step.CONFIRM, Step.POST, Step.SETTLE):
        with pytest.raises(RuleRefusal, match=r"有冲突.*objection --withdraw"):
            taken(desk, step)
    assert posted_periods(desk.registry) == {}
    after = taken(desk, Step.WITHDRAW, day, "另报来一份不同的。")
    assert (after.publicity(LATER), after.posting, after.note) == (
        Publicity.COUNTED,
        None,
        "另报来一份不同的。",
    )
    assert len(desk.dump()["publicity_steps"]) == len(before) + 2  # all of it stays for the record
    with pytest.raises(RuleRefusal, match="有冲突"):  # nothing is left to be taken back
        taken(desk, Step.WITHDRAW, day, "再次")


def test_a_conflict_of_what_nobody_confirmed_has_nothing_to_withdraw(desk: Desk) -> None:
    desk.take_in(desk.put("a.result", FIRST), desk.put("b.result", OTHER))
    with pytest.raises(RuleRefusal, match="有冲突"):
        taken(desk, Step.WITHDRAW)


def test_without_a_conflict_a_signed_result_stands_once_its_notice_is_over(desk: Desk) -> None:
    desk.take(FIRST)
    taken(desk, Step.CONFIRM)
    taken(desk, Step.POST)
    with pytest.raises(RuleRefusal, match="公示期满，不能撤回确认"):
        taken(desk, Step.WITHDRAW, LATER)
    desk.take(OTHER)
    assert taken(desk, Step.WITHDRAW, LATER).publicity(LATER) is Publicity.COUNTED  # the control


def test_an_objection_is_noted_in_a_conflict_too(desk: Desk) -> None:
    desk.take(FIRST)
    taken(desk, Step.CONFIRM)
    taken(desk, Step.POST)
    desk.take(OTHER)
    assert taken(desk, Step.OBJECT, date(2017, 4, 4), "来电").publicity(LATER) is Publicity.DISPUTED
    assert taken(desk, Step.WITHDRAW, LATER, "冲突").publicity(LATER) is Publicity.COUNTED


def test_a_confirmed_revision_was_never_posted_with_the_original(desk: Desk) -> None:
    desk.take(FIRST)
    taken(desk, Step.CONFIRM)
    taken(desk, Step.POST)
    assert posted_periods(desk.registry) == {ROUND.round_id: POSTING.period}
    revision = ROUND.result(8, 0, 0, supersedes=payload_digest(FIRST))
    desk.take(revision)
    assert posted_periods(desk.registry) == {ROUND.round_id: POSTING.period}  # it waits: the original still counts
    confirm_revision(desk.registry, payload_digest(revision), now=NOW)
    assert posted_periods(desk.registry) == {}
    assert [one.publicity(DAY) for one in counted_rounds(desk.registry)] == [Publicity.COUNTED]


@contextmanager
def another_clerk(desk: Desk) -> Iterator[Desk]:
    """A connection of its own to the same registry."""
    registry = open_registry(desk.url)
    try:
        yield Desk(desk.folder, registry, desk.url)
    finally:
        registry.dispose()


def test_of_two_clerks_the_one_who_confirms_what_has_fallen_into_conflict_is_refused(desk: Desk) -> None:
    desk.take(FIRST)
    (stale,) = counted_rounds(desk.registry)
    with another_clerk(desk) as other:
        other.take(OTHER)
    for step in (Step.CONFIRM, Step.POST):
        with pytest.raises(RuleRefusal, match=f"{ROUND.round_id}的结果有冲突"):
            record_step(desk.registry, [stale], step, DAY, now=NOW, posting=POSTING)
    assert desk.dump()["publicity_steps"] == []


def test_of_two_clerks_the_one_who_confirms_what_was_replaced_is_refused(desk: Desk) -> None:
    revision = ROUND.result(8, 0, 0, supersedes=payload_digest(FIRST))
    desk.take(FIRST)
    desk.take(revision)
    (stale,) = counted_rounds(desk.registry)
    with another_clerk(desk) as other:
        confirm_revision(other.registry, payload_digest(revision), now=NOW)
    for step in (Step.CONFIRM, Step.WITHDRAW):
        with pytest.raises(RuleRefusal, match="已由更正件取代"):
            record_step(desk.registry, [stale], step, DAY, now=NOW)
    (fresh,) = counted_rounds(desk.registry)
    record_step(desk.registry, [fresh], Step.CONFIRM, DAY, now=NOW)  # the control


def test_of_two_clerks_the_one_who_reports_on_a_conflict_is_refused(desk: Desk) -> None:
    failed = make_round(registered=10)
    desk.take(failed.result(4, 5, 0))
    (stale,) = counted_rounds(desk.registry)
    record_follow_up(desk.registry, stale, FollowUp.PARTY, DAY, now=NOW)  # the control
    with another_clerk(desk) as other:
        other.take(failed.result(5, 4, 0))
    with pytest.raises(RuleRefusal, match="有冲突"):
        record_follow_up(desk.registry, stale, FollowUp.LEAGUE, DAY, now=NOW)
    assert len(desk.dump()["follow_ups"]) == 1


@pytest.mark.parametrize("table", [publicity_steps, follow_ups])
def test_nothing_that_was_recorded_is_rewritten(counted: Desk, table: object) -> None:
    failed = by_name(counted)["丙团支部"]
    record_step(counted.registry, [failed], Step.CONFIRM, DAY, now=NOW)
    record_follow_up(counted.registry, failed, FollowUp.PARTY, DAY, now=NOW)
    before = counted.dump()
    for change in (update(table).values(day=1), delete(table)):  # type: ignore[arg-type]  # one of two tables
        with pytest.raises(Unreadable), counted.registry.writing() as connection:
            connection.execute(change)
    assert counted.dump() == before


def test_the_lists_at_90_and_80_and_what_follows_a_no(counted: Desk) -> None:
    lists = follow_up_lists(counted.registry, year=2016)
    assert [one.branch for one in lists.municipal] == ["甲团支部"]
    assert sorted(one.branch for one in lists.district) == ["乙团支部", "甲团支部"]
    (failed,) = lists.unsatisfied
    assert (failed.round.branch, failed.open) == ("丙团支部", tuple(FollowUp))
    record_follow_up(counted.registry, failed.round, FollowUp.LEAGUE, DAY, now=NOW, note="电话报告")
    (failed,) = follow_up_lists(counted.registry).unsatisfied
    assert failed.open == (FollowUp.PARTY, FollowUp.REMOVAL, FollowUp.ELECTION)
    assert (failed.done[FollowUp.LEAGUE].day, failed.done[FollowUp.LEAGUE].note) == (DAY, "电话报告")
    with pytest.raises(RuleRefusal, match="不是不满意"):
        record_follow_up(counted.registry, lists.municipal[0], FollowUp.PARTY, DAY, now=NOW)


def test_the_title_is_the_signed_one(desk: Desk) -> None:
    made = make_round(registered=10, title="土木一班团支部书记年度测评（2016）")
    desk.take(made.result(9, 0, 0))
    (one,) = counted_rounds(desk.registry)
    assert title_of(desk.registry, one) == "土木一班团支部书记年度测评（2016）"


def test_more_rounds_than_one_statement_takes(sqlite_desk: Desk) -> None:
    for number in range(3):
        sqlite_desk.take(make_round(branch_name=f"{number}团支部", registered=10).result(9, 0, 0))
    ids = [one.round_id for one in counted_rounds(sqlite_desk.registry)]
    found = counted_rounds(sqlite_desk.registry, only=[ids[0]] * 600 + ids[1:])
    assert {one.round_id for one in found} == set(ids)
