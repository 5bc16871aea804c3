"""Filled 附件4 tables of rounds without signatures: recomputed, compared, kept apart, never written over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from canvass_desk import Desk
from ledger_books import write_book
from openpyxl import Workbook
from rounds_factory import NOW, make_round

from canvass.grants import waiting
from canvass.importing import Fate
from canvass.ledger import import_ledger
from canvass.ledger_rows import HEADING
from canvass.paper import PaperImport, import_paper, read_paper
from canvass.paper_entries import paper_entries
from canvass.progress import missing, stand_by_line
from canvass.rollup_schema import State
from canvass.rollups import totals
from canvass.summary import COLUMNS
from canvass.tables import read_tables
from rounds.rules import Outcome

TM, FZ = "土木工程学院团委", "附属中学团委"
FIRST = {
    "上级团组织": TM,
    "团支部名称": "土木2015级二班团支部",
    "团支部书记姓名": "王小红",
    "团员总数": 30,
    "参与测评人数": 27,
    "满意票数": 20,
    "不满意票数": 5,
    "无效票数": 2,
    "测评方式": "纸质",
    "测评时间": "2017年4月1日",
}
SECOND = {
    "上级团组织": FZ,
    "团支部名称": "高二一班团支部",
    "团支部书记姓名": "赵六",
    "团员总数": 40,
    "参与测评人数": 20,
}


def paper(path: Path, *rows: dict[str, Any], heads: Sequence[str] = COLUMNS) -> Path:
    made = Workbook()
    made.properties.creator = path.stem  # as of two people: else both files saved in one second are the same bytes
    sheet = made.active
    assert sheet is not None
    sheet.append(["已完成团支部书记“背靠背”满意度测评工作情况汇总表"])
    sheet.append(["填报单位（盖章）", "", "填报人"])
    sheet.append(list(heads))
    for row in rows:
        sheet.append([row.get(head, "") for head in heads])
    sheet.append(["合计", "", "", f"{len(rows)}个团支部"])
    made.save(path)
    return path


@pytest.fixture
def listed(desk: Desk) -> Desk:
    import_ledger(desk.registry, read_tables(write_book(desk.folder / "ledger.xlsx"), HEADING))
    return desk


def enter(desk: Desk, *rows: dict[str, Any], second: Sequence[dict[str, Any]] | None = None) -> PaperImport:
    first = read_paper(paper(desk.folder / "first.xlsx", *rows))
    other = None if second is None else read_paper(paper(desk.folder / "second.xlsx", *second))
    return import_paper(desk.registry, first, year=2016, now=NOW, second=other)


def test_paper_rounds_are_entered_apart_from_signed_ones(listed: Desk) -> None:
    stated = {"参与率": "90.00%", "满意度": 20 / 27, "测评结果": "满意"}
    done = enter(listed, FIRST | stated, SECOND | {"测评结果": "无效"})
    assert (done.entered, done.problems) == (2, ())
    first, second = sorted(paper_entries(listed.registry), key=lambda entry: entry.registered)
    assert (first.outcome, first.unsatisfied, first.line, first.checked) == (Outcome.SATISFIED, 5, "高校", False)
    assert (second.outcome, second.satisfied) == (Outcome.INVALID, None)
    assert listed.summary().totals.branches == 0
    sums = totals(listed.registry, year=2016)
    assert {state: one.branches for state, one in sums.items()} == {State.UNSIGNED: 1, State.UNSIGNED_INVALID: 1}
    assert enter(listed, FIRST, SECOND).duplicates == 2
    listed.rolled_up()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"团员总数": ""}, "“团员总数”未填写"),
        ({"团员总数": "三十"}, "须为1至20000之间的整数"),
        ({"团员总数": 29}, "台账为30"),
        ({"参与测评人数": 31}, "多于团员总数"),
        ({"满意票数": 21}, "三项票数之和为28"),
        ({"满意票数": -1}, "须为0至20000"),
        ({"参与测评人数": 19}, "不得填写票数"),
        ({"测评结果": "不满意"}, "应为“满意”"),
        ({"满意度": "74.08%"}, "应为74.07%"),
        ({"参与率": "1e999999999"}, "应为90.00%"),
        ({"满意票数": "=20"}, "是公式"),
        ({"团支部名称": "没有的团支部"}, "台账中没有"),
        ({"上级团组织": FZ}, "台账中没有"),
        ({"团支部书记姓名": ""}, "未填写"),
        ({"测评时间": "2016-02-30"}, "测评时间填“2016-02-30”，没有这一天"),
        ({"测评时间": "2017年13月1日 14:30"}, "没有这一天"),
    ],
)
def test_a_row_that_contradicts_itself_or_the_ledger_is_named_and_nothing_is_entered(
    listed: Desk, change: dict[str, Any], reason: str
) -> None:
    done = enter(listed, SECOND, FIRST | change)
    assert [problem.number for problem in done.problems] == [5]
    assert reason in done.problems[0].reason
    assert not paper_entries(listed.registry)
    assert enter(listed, SECOND, FIRST).entered == 2  # the control


@pytest.mark.parametrize("written", ["2016年3月", "3月30日下午", "2016-02-29", "2017年3月30日 14:30", "见附件"])
def test_a_time_is_taken_as_it_is_written(listed: Desk, written: str) -> None:
    assert enter(listed, FIRST | {"测评时间": written}).entered == 1


def test_two_peoples_tables_must_agree_row_for_row(listed: Desk) -> None:
    done = enter(listed, FIRST, SECOND, second=[FIRST | {"满意票数": 21, "不满意票数": 4}])
    assert [str(problem) for problem in done.problems] == [
        "第4行：“土木2015级二班团支部”两份不一致：满意票数为20和21；不满意票数为5和4。",
        "第5行：“高二一班团支部”在第二份表中没有。",
    ]
    assert not paper_entries(listed.registry)
    assert enter(listed, FIRST, SECOND, second=[SECOND, FIRST]).entered == 2  # in any order
    assert [entry.checked for entry in paper_entries(listed.registry)] == [True, True]


def test_another_entry_is_never_written_over(listed: Desk) -> None:
    enter(listed, FIRST)
    done = enter(listed, FIRST | {"满意票数": 19, "不满意票数": 6})
    assert "两份数字不同" in done.problems[0].reason
    assert [entry.satisfied for entry in paper_entries(listed.registry)] == [20]


def test_what_a_branch_did_on_paper_is_what_progress_and_the_ledger_say(listed: Desk) -> None:
    """Valid: done, apart. Below quorum: again, on paper or by an authorisation. Neither in any average."""
    enter(listed, FIRST, SECOND)
    high, middle = stand_by_line(listed.registry, year=2016, deadline=NOW.date())[::-1]
    assert (high.expected, high.done, high.unsigned, high.again) == (2, 0, 1, 0)
    assert (middle.expected, middle.done, middle.unsigned, middle.again) == (1, 0, 0, 1)
    left = {one.branch.code: one.state for one in missing(listed.registry, year=2016)}
    assert left == {"FZ-01": "无效，需重新测评", "TM-01": "尚未批复"}
    assert {one.branch.code for one in waiting(listed.registry, year=2016)} == {"FZ-01", "TM-01"}
    assert [average.value for average in listed.summary().averages] == [None, None]
    torn = make_round(branch_code="TM-02", registered=30)
    assert listed.fates(torn.result(20, 5, 5), torn.result(19, 5, 5)) == [Fate.IMPORTED, Fate.CONFLICT]
    high = stand_by_line(listed.registry, year=2016, deadline=NOW.date())[1]
    assert (high.done, high.unsigned) == (0, 0)  # a conflict of signed results is not done because of a paper
    assert "有冲突" in {one.branch.code: one.state for one in missing(listed.registry, year=2016)}["TM-02"]
    listed.rolled_up()


def test_paper_does_not_stand_in_for_a_signed_result(listed: Desk) -> None:
    assert listed.take(make_round(branch_code="TM-02", registered=30).result(20, 5, 5)).fate is Fate.IMPORTED
    assert "已有签名的测评结果" in enter(listed, FIRST).problems[0].reason


def test_the_same_branch_twice_is_named(listed: Desk) -> None:
    assert "与第4行是同一个团支部" in enter(listed, FIRST, FIRST).problems[0].reason


def test_a_table_without_the_forms_columns_is_named(listed: Desk) -> None:
    path = paper(listed.folder / "other.xlsx", FIRST, heads=["团支部名称", "满意票数"])
    (problem,) = read_paper(path).problems
    assert (problem.number, "缺少" in problem.reason) == (0, True)
