"""A paper round held again after 无效, an entry that two people put right: the last attempt counts, all are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest
from canvass_desk import Desk
from rounds_factory import NOW
from sqlalchemy import insert, select
from test_canvass_paper import FIRST, FZ, SECOND, enter, listed, paper

from canvass.branch_years import BranchYears
from canvass.followups import FollowUp, follow_up_lists, record_follow_up
from canvass.grants import waiting
from canvass.paper import PaperImport, import_paper, read_paper
from canvass.paper_attempts import is_another_time, may_follow
from canvass.paper_entries import paper_entries
from canvass.paper_rounds import paper_rounds, rounds_named
from canvass.progress import missing, stand_by_line
from canvass.publicity import posted_periods, record_step
from canvass.publicity_schema import paper_steps
from canvass.rollup_schema import State
from canvass.rollups import totals
from canvass.sampling import sample_branches
from canvass.schema import papers
from canvass.steps import Posting
from rounds.errors import RuleRefusal, Unreadable
from rounds.publicity import Period, Publicity, Step
from rounds.rules import Outcome

__all__ = ["listed"]  # a fixture

DAY = date(2017, 4, 2)
POSTING = Posting(DAY, Period(date(2017, 4, 3), date(2017, 4, 5)), ("公告栏",))
NAME, HIGH = "2016-paper-TM-02", "2016-paper-FZ-01"
INVALID = SECOND | {"测评时间": "2017年4月1日"}
AGAIN = INVALID | {
    "参与测评人数": 30,
    "满意票数": 25,
    "不满意票数": 4,
    "无效票数": 1,
    "测评时间": "2017年4月8日",
}
FAILED = FIRST | {"满意票数": 12, "不满意票数": 13, "无效票数": 2}
BELOW = FIRST | {"参与测评人数": 19, "满意票数": "", "不满意票数": "", "无效票数": ""}


def by(person: str, row: dict[str, Any]) -> dict[str, Any]:
    """The same row in another file: nobody compares what the 备注 says."""
    return row | {"备注": person}


def correct(desk: Desk, *rows: dict[str, Any]) -> PaperImport:
    """What two people enter, each for himself."""
    return enter(desk, *rows, second=[by("乙", row) for row in rows])


def attempts(desk: Desk) -> list[tuple[int, int]]:
    with desk.registry.reading() as connection:
        rows = connection.execute(select(papers.c.branch, papers.c.attempt).order_by(papers.c.id))
        return [(row.branch, row.attempt) for row in rows]


def counted(desk: Desk) -> dict[State, tuple[int, int]]:
    """Branches and rounds in the roll-ups."""
    sums = totals(desk.registry, year=2016)
    return {state: (one.branches, one.rounds) for state, one in sums.items() if one.rounds or one.branches}


def steps_taken(desk: Desk, *steps: Step) -> None:
    for step in steps:
        posting = POSTING if step is Step.POST else None
        record_step(desk.registry, rounds_named(desk.registry, [NAME]), step, DAY, now=NOW, posting=posting)


def test_a_round_that_was_held_again_follows_the_invalid_one(listed: Desk) -> None:
    enter(listed, INVALID)
    done = enter(listed, AGAIN)
    assert (done.entered, done.rerun, done.replaced, done.duplicates, done.problems) == (1, 1, 0, 0, ())
    (entry,) = paper_entries(listed.registry)
    assert (entry.attempt, entry.round_id, entry.satisfied, entry.held) == (2, HIGH, 25, "2017年4月8日")
    (one,) = paper_rounds(listed.registry, only=[HIGH])
    assert (one.attempt, one.figures.outcome) == (2, Outcome.SATISFIED)
    assert [attempt for _, attempt in attempts(listed)] == [1, 2]  # the first stays for the record
    listed.rolled_up()


def test_it_may_be_invalid_again_with_the_same_figures(listed: Desk) -> None:
    enter(listed, INVALID)
    assert enter(listed, INVALID | {"测评时间": "2017年4月5日"}).rerun == 1
    assert enter(listed, AGAIN).rerun == 1
    assert [attempt for _, attempt in attempts(listed)] == [1, 2, 3]
    assert counted(listed) == {State.UNSIGNED: (1, 1)}
    listed.rolled_up()


@pytest.mark.parametrize(
    "held",
    ["2017年3月31日", "2016年4月8日", "2017年4月1日", "2017-04-01", "2017年4月1日上午", "4月1日", "2017年4月", ""],
)
def test_other_figures_of_the_same_time_or_of_an_earlier_one_are_a_dispute(listed: Desk, held: str) -> None:
    enter(listed, INVALID)
    done = enter(listed, AGAIN | {"测评时间": held})
    assert (done.entered, done.disputed) == (0, 1)
    assert "请写明其后的测评时间" in done.problems[0].reason
    assert [entry.outcome for entry in paper_entries(listed.registry)] == [Outcome.INVALID]
    assert enter(listed, AGAIN).rerun == 1  # the control


def test_an_invalid_round_of_which_nobody_said_when_may_be_the_same(listed: Desk) -> None:
    enter(listed, SECOND)
    assert enter(listed, AGAIN).disputed == 1
    assert correct(listed, AGAIN).replaced == 1
    assert paper_rounds(listed.registry, only=[HIGH])[0].checked


def test_after_a_valid_round_another_time_is_no_rerun(listed: Desk) -> None:
    enter(listed, AGAIN)
    assert enter(listed, INVALID).disputed == 1


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("2017年4月1日", "2017/4/8", True),
        ("4月1日", "2017年4月8日", True),
        ("2017年4月1日9时", "2017年4月1日15时", True),
        ("２０１７年４月１日", "2017年4月1日", False),
        ("四月一日", "四月八日", False),
        ("", "", False),
    ],
)
def test_what_is_another_time(one: str, other: str, differ: bool) -> None:
    assert (is_another_time(one, other), is_another_time(other, one)) == (differ, differ)


@pytest.mark.parametrize(
    ("before", "after", "follows"),
    [
        ("2017年4月1日", "2017年4月8日", True),
        ("2017年4月8日", "2017年4月1日", False),
        ("2017年12月31日", "2018-01-02", True),
        ("2017年4月1日15时", "2017年4月1日9时", True),
        ("2017年4月8日", "4月1日", True),
        ("4月8日", "4月1日", True),
        ("2017年4月8日", "2017年4月", False),
    ],
)
def test_what_may_follow(before: str, after: str, follows: bool) -> None:
    """Within a day, and without a year, nobody can say which was first."""
    assert may_follow(before, after) is follows


def test_a_cell_that_holds_a_date_says_the_day(listed: Desk) -> None:
    enter(listed, SECOND | {"测评时间": datetime(2017, 4, 1)}, FIRST | {"任职时间": datetime(2015, 9, 1)})  # noqa: DTZ001  as spreadsheets have it
    assert {(one.held, one.since) for one in paper_entries(listed.registry)} == {
        ("2017年4月1日", ""),
        ("2017年4月1日", "2015年9月"),
    }
    assert enter(listed, AGAIN | {"测评时间": datetime(2017, 4, 8)}).rerun == 1  # noqa: DTZ001  see above


def test_the_table_of_the_invalid_round_says_nothing_against_the_next(listed: Desk) -> None:
    """Neither its own file nor another one's row of the same round: it is in, as an earlier attempt."""
    first = read_paper(paper(listed.folder / "first.xlsx", INVALID))
    import_paper(listed.registry, first, year=2016, now=NOW)
    enter(listed, AGAIN)
    before = listed.dump()
    assert import_paper(listed.registry, first, year=2016, now=NOW).duplicates == 1
    assert enter(listed, by("丙", INVALID)).duplicates == 1
    assert correct(listed, by("丁", INVALID | {"测评时间": "2017-4-1"})).duplicates == 1
    assert listed.dump() == before
    assert enter(listed, by("丙", AGAIN | {"满意票数": 26, "不满意票数": 3})).disputed == 1  # the control


def test_two_people_put_an_entry_right(listed: Desk) -> None:
    enter(listed, FIRST)
    assert enter(listed, by("乙", FAILED)).disputed == 1
    done = correct(listed, FAILED)
    assert (done.entered, done.replaced, done.rerun, done.settled, done.problems) == (1, 1, 0, 1, ())
    (one,) = paper_rounds(listed.registry)
    assert (one.round_id, one.attempt, one.checked, one.figures.satisfied) == (NAME, 2, True, 12)
    assert [(entry.checked, entry.disputed) for entry in paper_entries(listed.registry)] == [(True, False)]
    steps_taken(listed, Step.CONFIRM)
    assert [attempt for _, attempt in attempts(listed)] == [1, 2]
    listed.rolled_up()


def test_two_tables_that_do_not_agree_put_nothing_right(listed: Desk) -> None:
    enter(listed, FIRST)
    before = listed.dump()
    assert enter(listed, FAILED, second=[FIRST | {"满意票数": 19, "不满意票数": 6}]).problems
    assert listed.dump() == before
    assert correct(listed, FAILED).replaced == 1  # the control


def test_the_table_that_was_put_right_says_nothing_new_but_another_persons_does(listed: Desk) -> None:
    wrong = read_paper(paper(listed.folder / "wrong.xlsx", FIRST))
    import_paper(listed.registry, wrong, year=2016, now=NOW)
    correct(listed, FAILED)
    before = listed.dump()
    assert import_paper(listed.registry, wrong, year=2016, now=NOW).duplicates == 1
    assert import_paper(listed.registry, wrong, year=2016, now=NOW, second=wrong).duplicates == 1
    assert listed.dump() == before
    assert enter(listed, by("丙", FIRST)).disputed == 1
    assert paper_rounds(listed.registry) == []
    assert correct(listed, by("丁", FIRST)).replaced == 1
    assert [entry.attempt for entry in paper_entries(listed.registry)] == [3]


def test_a_valid_round_that_was_put_right_can_be_disputed_by_who_enters_it_so_again(listed: Desk) -> None:
    wrong = FIRST | {"测评时间": "2017年3月31日"}
    enter(listed, wrong)
    correct(listed, FAILED)
    assert enter(listed, by("丙", wrong)).disputed == 1


def test_a_name_on_a_confirmed_entry_is_refused_and_disputes_no_figures(listed: Desk) -> None:
    enter(listed, FIRST)
    steps_taken(listed, Step.CONFIRM)
    before = listed.dump()
    done = correct(listed, FIRST | {"团支部书记姓名": "王晓红"})
    assert (done.entered, done.disputed, "已确认" in done.problems[0].reason) == (0, 0, True)
    assert listed.dump() == before
    steps_taken(listed, Step.WITHDRAW)
    assert correct(listed, FIRST | {"团支部书记姓名": "王晓红"}).replaced == 1  # the control


def test_a_name_is_put_right_too_but_not_how_a_time_is_written(listed: Desk) -> None:
    enter(listed, FIRST)
    known = correct(listed, FIRST | {"测评时间": "2017-04-01", "测评方式": ""})
    assert (known.duplicates, known.replaced) == (1, 0)
    assert correct(listed, FIRST | {"团支部书记姓名": "王晓红"}).replaced == 1
    assert [one.secretary for one in paper_rounds(listed.registry)] == ["王晓红"]


OBJECTED = (Step.CONFIRM, Step.POST, Step.OBJECT)


@pytest.mark.parametrize(
    ("steps", "today", "told", "back"),
    [
        ((Step.CONFIRM,), NOW, "已确认.*objection 2016-paper-TM-02 --withdraw", (Step.WITHDRAW,)),
        (OBJECTED[:2], NOW, "公示中.*请先撤下公示.*--withdraw", (Step.WITHDRAW,)),
        (OBJECTED[:2], NOW, "公示中.*--withdraw", (Step.OBJECT, Step.WITHDRAW)),
        (OBJECTED, NOW, "异议处理中.*--withdraw", (Step.WITHDRAW,)),
        (OBJECTED[:2], NOW.replace(year=2018), "公示期满.*--withdraw", (Step.OBJECT, Step.WITHDRAW)),
    ],
)
def test_what_was_confirmed_is_taken_back_first(
    listed: Desk, steps: tuple[Step, ...], today: datetime, told: str, back: tuple[Step, ...]
) -> None:
    enter(listed, FIRST)
    steps_taken(listed, *steps)
    first, second = (read_paper(paper(listed.folder / f"{n}.xlsx", by(n, FAILED))) for n in ("甲", "乙"))

    def again() -> PaperImport:
        return import_paper(listed.registry, first, second=second, year=2016, now=today)

    refused = again()
    (problem,) = refused.problems
    assert (refused.entered, refused.disputed) == (0, 1)
    assert re.search(told, problem.reason)
    for step in back:  # although it is disputed now: nothing else leads out of it
        record_step(listed.registry, rounds_named(listed.registry, [NAME], contested=True), step, DAY, now=NOW)
    assert (again().replaced, posted_periods(listed.registry)) == (1, {})
    (one,) = paper_rounds(listed.registry)
    assert (one.steps, one.publicity(DAY), one.note) == ((), Publicity.COUNTED, "")
    listed.rolled_up()


def test_steps_of_an_earlier_attempt_never_count_for_the_later(listed: Desk) -> None:
    enter(listed, FIRST)
    (stale,) = paper_rounds(listed.registry)
    correct(listed, FAILED)
    with pytest.raises(RuleRefusal, match=f"{NAME}.*另有人重新录入"):
        record_step(listed.registry, [stale], Step.CONFIRM, DAY, now=NOW)
    steps_taken(listed, Step.CONFIRM, Step.POST)
    assert posted_periods(listed.registry) == {NAME: POSTING.period}
    later = Period(date(2017, 5, 3), date(2017, 5, 5))
    with listed.registry.writing() as connection:  # by hand: no command does it
        row = connection.execute(select(paper_steps).where(paper_steps.c.step == 2)).one()._asdict()
        days = {"first_day": later.first.toordinal(), "last_day": later.last.toordinal()}
        connection.execute(insert(paper_steps).values(row | {"id": 99, "paper_id": stale.end_id} | days))
    assert posted_periods(listed.registry) == {NAME: POSTING.period}


def test_a_report_on_an_earlier_attempt_is_refused(listed: Desk) -> None:
    enter(listed, FAILED)
    (stale,) = paper_rounds(listed.registry)
    record_follow_up(listed.registry, stale, FollowUp.PARTY, DAY, now=NOW)
    correct(listed, FAILED | {"满意票数": 13, "不满意票数": 12})
    with pytest.raises(RuleRefusal, match="另有人重新录入"):
        record_follow_up(listed.registry, stale, FollowUp.LEAGUE, DAY, now=NOW)
    (failed,) = follow_up_lists(listed.registry, signed=False).unsatisfied
    assert (failed.round.figures.satisfied, failed.done) == (13, {})


def test_every_reader_sees_the_last_attempt_only(listed: Desk) -> None:
    """Valid first and 无效 after, and the other way round: whoever saw both would say something else."""
    enter(listed, FIRST, INVALID)
    correct(listed, BELOW)
    enter(listed, AGAIN)
    assert len(attempts(listed)) == 4
    assert counted(listed) == {State.UNSIGNED: (1, 1), State.UNSIGNED_INVALID: (1, 1)}
    middle, high = stand_by_line(listed.registry, year=2016, deadline=NOW.date())
    assert (middle.unsigned, middle.again, high.unsigned, high.again) == (1, 0, 0, 1)
    left = {one.branch.code: one.state for one in missing(listed.registry, year=2016)}
    assert left == {"TM-01": "尚未批复", "TM-02": "无效，需重新测评"}
    assert {one.branch.code for one in waiting(listed.registry, year=2016)} == {"TM-01", "TM-02"}
    assert [one.round_id for one in paper_rounds(listed.registry)] == [HIGH]
    assert {one.round_id: one.outcome for one in paper_entries(listed.registry)} == {
        NAME: Outcome.INVALID,
        HIGH: Outcome.SATISFIED,
    }
    drawn = sample_branches(listed.registry, Fraction(1), "20170405", year=2016)
    assert [one.key for one in drawn.branches] == ["FZ-01"]
    assert len(follow_up_lists(listed.registry, signed=False).district) == 1
    listed.rolled_up()


def test_an_attempt_is_there_once(listed: Desk) -> None:
    enter(listed, FIRST)
    with listed.registry.reading() as connection:
        row = connection.execute(select(papers)).one()._asdict()
    for attempt in (1, 0):
        with pytest.raises(Unreadable), listed.registry.writing() as connection:
            connection.execute(insert(papers).values(row | {"id": 7, "attempt": attempt}))
    with listed.registry.writing() as connection:  # the control
        connection.execute(insert(papers).values(row | {"id": 7, "attempt": 2}))


def test_of_two_clerks_at_once_one_enters_the_attempt(listed: Desk) -> None:
    enter(listed, INVALID)
    files = [read_paper(paper(listed.folder / f"{n}.xlsx", by(n, AGAIN))) for n in "甲乙丙丁"]
    with ThreadPoolExecutor(len(files)) as pool:
        done = list(pool.map(lambda file: import_paper(listed.registry, file, year=2016, now=NOW), files))
    assert sorted(one.rerun for one in done) == [0, 0, 0, 1]
    assert sum(one.duplicates for one in done) == 3
    assert [attempt for _, attempt in attempts(listed)] == [1, 2]
    listed.rolled_up()


@pytest.mark.parametrize("way", [lambda desk: enter(desk, AGAIN), lambda desk: correct(desk, AGAIN)])
def test_what_breaks_off_leaves_the_earlier_attempt(
    listed: Desk, way: Callable[[Desk], PaperImport], monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(listed, INVALID)
    before = listed.dump()

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(BranchYears, "write_changes", broken)
        with pytest.raises(KeyboardInterrupt):
            way(listed)
    assert listed.dump() == before
    assert way(listed).rerun == 1


def test_one_table_with_a_rerun_and_a_difference_enters_nothing(listed: Desk) -> None:
    enter(listed, FIRST, INVALID)
    done = enter(listed, FAILED, AGAIN)
    assert (done.entered, done.rerun, done.disputed) == (0, 0, 1)
    assert len(attempts(listed)) == 2
    mixed = correct(listed, FAILED, AGAIN)
    assert (mixed.entered, mixed.rerun, mixed.replaced, mixed.settled) == (2, 1, 1, 1)
    assert {entry.organisation for entry in paper_entries(listed.registry) if entry.attempt == 2} > {FZ}
    listed.rolled_up()
