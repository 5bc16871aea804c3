"""附件4: its columns, its sums and both averages, against sums made another way."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from canvass_desk import Desk
from hypothesis import given
from hypothesis import strategies as st
from rounds_factory import CLOSED, NOW, OPENED, make_round

from canvass.importing import Fate
from canvass.summary import COLUMNS, SummaryRow, Totals, _unweighted, _weighted, summarise, total
from rounds.rules import Outcome, is_satisfied


def row(satisfied: int, collected: int, registered: int) -> SummaryRow:
    verdict = Outcome.SATISFIED if is_satisfied(collected, satisfied) else Outcome.UNSATISFIED
    return SummaryRow(
        number=1,
        round_id="2016-0123456789abcdef",
        year=2016,
        line="",
        issuer="团委",
        branch="团支部",
        secretary="张晓明",
        since="",
        registered=registered,
        collected=collected,
        satisfied=satisfied,
        unsatisfied=collected - satisfied,
        invalid=0,
        outcome=verdict,
        method="gathered",
        held="2017年4月1日",
        supervisor="李督导",
        publicity="",
        remark="",
    )


rows = st.lists(
    st.tuples(st.integers(1, 20_000), st.integers(0, 20_000), st.integers(0, 50)).map(
        lambda drawn: row(min(drawn[0], drawn[1]), drawn[0], drawn[0] + drawn[2])
    ),
    max_size=12,
)


@given(rows)
def test_both_averages_against_plain_fractions(listed: list[SummaryRow]) -> None:
    if not listed:
        assert _weighted(listed).value is None
        assert _unweighted(listed).value_percent is None
        return
    satisfied, collected = sum(one.satisfied for one in listed), sum(one.collected for one in listed)
    assert _weighted(listed).value == Fraction(satisfied, collected)
    rates = [Fraction(one.satisfied, one.collected) for one in listed]
    assert _unweighted(listed).value == sum(rates, Fraction(0)) / len(rates)


@given(rows, rows)
def test_totals_of_two_lists_add_up(left: list[SummaryRow], right: list[SummaryRow]) -> None:
    one, other, both = total(left), total(right), total([*left, *right])
    for name in Totals.__dataclass_fields__:
        assert getattr(one, name) + getattr(other, name) == getattr(both, name)


def test_the_two_averages_differ_where_branches_differ_in_size(desk: Desk) -> None:
    big = make_round(branch_name="大团支部", registered=10).result(10, 0)
    small = make_round(branch_name="小团支部", registered=2).result(1, 1)
    assert desk.fates(big, small) == [Fate.IMPORTED, Fate.IMPORTED]
    weighted, unweighted = desk.summary().averages
    assert (weighted.value, unweighted.value) == (Fraction(11, 12), Fraction(3, 4))
    assert (weighted.value_percent, unweighted.value_percent) == ("91.67", "75.00")
    assert "÷" in weighted.formula
    assert weighted.formula != unweighted.formula


def test_a_row_under_the_columns_of_the_form(desk: Desk) -> None:
    made = make_round(
        branch_name="土木工程学院2015级一班团支部",
        since="2015年9月",
        supervisor="赵监督",
        registered=10,
        secretary_votes=False,
    )
    desk.take(made.result(5, 2, 1, present=9, closed=CLOSED + timedelta(days=2)), now=NOW + timedelta(days=9))
    summary = desk.summary()
    assert dict(zip(COLUMNS, summary.rows[0].cells(), strict=True)) == {
        "序号": 1,
        "战线": "",
        "上级团组织": "共青团某某大学委员会",
        "团支部名称": "土木工程学院2015级一班团支部",
        "团支部书记姓名": "张晓明",
        "任职时间": "2015年9月",
        "团员总数": 10,
        "参与测评人数": 8,
        "参与率": "80.00%",
        "满意票数": 5,
        "不满意票数": 2,
        "无效票数": 1,
        "满意度": "62.50%",
        "测评结果": "满意",
        "测评方式": "集中“背靠背”投票",
        "测评时间": "2017年4月1日至2017年4月3日",
        "指导监督人": "赵监督",
        "公示起止时间": "",
        "备注": "书记本人不参加投票",
    }
    assert len(summary.totals.cells()) == len(COLUMNS)
    assert summary.totals.cells()[:4] == ("合计", "", "", "1个团支部")


def test_only_accepted_valid_results_are_summed(desk: Desk) -> None:
    conflict = make_round(branch_name="有冲突团支部")
    files = [
        make_round(branch_name="完成团支部").result(4, 2),
        make_round(branch_name="不满意团支部").result(3, 3),
        make_round(branch_name="作废团支部").void("登记注册团员数有变。", collected=4),
        make_round(branch_name="无效团支部").result(2, 1),
        conflict.result(6, 0),
        conflict.result(0, 6),
    ]
    desk.fates(*files)
    summary = desk.summary()
    assert sorted(row.branch for row in summary.rows) == ["不满意团支部", "完成团支部"]
    assert (summary.totals.satisfied_branches, summary.totals.unsatisfied_branches) == (1, 1)
    assert (summary.totals.registered, summary.totals.collected, summary.totals.satisfied) == (12, 12, 7)
    assert [entry.note for entry in summary.voids] == ["已作废，需重新测评。原因：登记注册团员数有变。"]
    assert [entry.branch for entry in summary.invalid] == ["无效团支部"]
    assert [entry.branch for entry in summary.conflicts] == ["有冲突团支部"] * 2


def test_an_empty_registry_has_an_empty_summary(desk: Desk) -> None:
    summary = desk.summary()
    assert summary.totals.cells()[3] == "0个团支部"
    assert [average.value for average in summary.averages] == [None, None]
    assert [*summary.rows, *summary.conflicts, *summary.waiting, *summary.voids, *summary.invalid] == []


def test_years_can_be_told_apart(desk: Desk) -> None:
    desk.fates(make_round(year=2016).result(4, 1), make_round(year=2015).result(5, 0))
    assert {row.remark for row in desk.summary().rows} == {"2015年度", "2016年度"}
    assert [(row.year, row.remark) for row in summarise(desk.registry, year=2015).rows] == [(2015, "")]


@pytest.mark.parametrize("hours", [-11, 0, 14])
def test_the_day_is_the_halls_own(desk: Desk, hours: int) -> None:
    """14:30 stays the first of April wherever the hall is, and whatever the clerk's own zone."""
    from datetime import timezone  # noqa: PLC0415  for this test alone

    hall = timezone(timedelta(hours=hours))
    made = make_round(opened=OPENED.replace(tzinfo=hall))
    desk.take(made.result(4, 1, closed=CLOSED.replace(tzinfo=hall)))
    assert [row.held for row in desk.summary().rows] == ["2017年4月1日"]
