"""The ledger: bad rows named one by one and nothing taken in; what is updated; what earlier results bring over."""

from __future__ import annotations

import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from canvass_desk import Desk
from ledger_books import BRANCHES, ORGANISATIONS, book, write_book
from rounds_factory import make_round, organisation

from canvass.importing import Fate
from canvass.ledger import LedgerImport, branch, import_ledger, ledger_branches, ledger_organisations
from canvass.ledger_rows import HEADING
from canvass.rollup_schema import State
from canvass.rollups import by_child, by_line, children, expectation, roots, totals
from canvass.tables import read_tables
from rounds.errors import RuleRefusal, Unreadable

GOOD = ("X", "某团支部", "5001", "某人", "", "", 20, "是", "")


def take_in(desk: Desk, *tables: Any, dry_run: bool = False, **more: Any) -> LedgerImport:
    path = write_book(desk.folder / "ledger.xlsx", *tables, **more)
    return import_ledger(desk.registry, read_tables(path, HEADING), dry_run=dry_run)


def changed(**cells: Any) -> tuple[Any, ...]:
    places = ("code", "name", "organisation", "secretary", "post", "since", "members", "affiliated", "supervisor")
    return tuple(cells.get(place, value) for place, value in zip(places, GOOD, strict=True))


BAD_ORGANISATIONS = [
    (("", "无代码", "50", "", "", ""), "“团组织代码”未填写"),
    (("A/1", "斜线", "50", "", "", ""), "只能用字母、数字、汉字"),
    (("@1", "记号", "50", "", "", ""), "只能用字母、数字、汉字"),
    (("A" * 31, "长代码", "50", "", "", ""), "超过30个字符"),
    (("A1", "", "50", "", "", ""), "“团组织名称”未填写"),
    (("A2", "名" * 61, "50", "", "", ""), "超过60个字符"),
    (("A3", "看不\u200b见", "50", "", "", ""), "看不见的字符"),
    (("A4", "自己", "A4", "", "", ""), "上级团组织不能是自己"),
    (("A5", "错上级", "9/9", "", "", ""), "“上级团组织代码”只能用"),
    (("A6", "管理员太长", "50", "人" * 61, "", ""), "“管理员”超过60"),
    (("A7", "电话", "50", "", "请打电话", ""), "不像电话号码"),
    (("A8", "战线太长", "50", "", "", "线" * 61), "“战线”超过60"),
    (("A9", "=1+1", "50", "", "", ""), "“团组织名称”是公式"),
    (("5001", "又一个", "50", "", "", ""), "与第3行重复"),
]
BAD_BRANCHES = [
    (changed(code=""), "“团支部代码”未填写"),
    (changed(code="X 1"), "只能用字母、数字、汉字"),
    (changed(code="TM-01"), "与第2行重复"),
    (changed(code="B1", name=""), "“团支部名称”未填写"),
    (changed(code="B2", name="名" * 61), "超过60个字符"),
    (changed(code="B3", name="两\n行"), "看不见的字符或换行"),
    (changed(code="B4", name="土木2015级一班团支部"), "团支部名称“5001的土木2015级一班团支部”与第2行重复"),
    (changed(code="B5", name="五", organisation=""), "“所属团组织代码”未填写"),
    (changed(code="B6", name="六", secretary=""), "“团支部书记”未填写"),
    (changed(code="B7", name="七", secretary="#REF!"), "“团支部书记”是错误值#REF!"),
    (changed(code="B8", name="八", post="职" * 201), "超过200个字符"),
    (changed(code="B9", name="九", since="去年"), "须写成“2015年9月”"),
    (changed(code="C1", name="十", members=""), "“登记注册团员数”未填写"),
    (changed(code="C2", name="十一", members="三十"), "须为整数"),
    (changed(code="C3", name="十二", members=-3), "须为整数"),
    (changed(code="C4", name="十三", members=30.5), "须为整数"),
    (changed(code="C5", name="十四", members=0), "须在1至20000之间"),
    (changed(code="C6", name="十五", members=20001), "须在1至20000之间"),
    (changed(code="C7", name="十六", members="9" * 5000), "须在1至20000之间"),
    (changed(code="C8", name="十七", affiliated="差不多"), "只能填“是”或“否”"),
    (changed(code="C9", name="十八", supervisor="某人"), "不能是被测评的团支部书记本人"),
    (changed(code="D1", name="十九", supervisor="人" * 61), "“指导监督人”超过60"),
    ((*changed(code="D2", name="二十"), "", "多出来的"), "表格之外还有内容"),
]
TREE = [
    (("E1", "无上级", "没有的", "", "", ""), "“没有的”在台账中没有"),
    (("E2", "圈一", "E3", "", "", ""), "绕成了圈"),
    (("E3", "圈二", "E2", "", "", ""), "绕成了圈"),
]


def test_every_bad_row_is_named_with_its_number_and_nothing_is_taken_in(desk: Desk) -> None:
    organisations = [*ORGANISATIONS, *(row for row, _ in BAD_ORGANISATIONS)]
    branches = [*BRANCHES, *(row for row, _ in BAD_BRANCHES), changed(code="D3", name="廿", organisation="没有的")]
    done = take_in(desk, organisations, branches)
    found = {(problem.table, problem.number): problem.reason for problem in done.problems}
    for table, bad in (("团组织", BAD_ORGANISATIONS), ("团支部", BAD_BRANCHES)):
        for number, (_, reason) in enumerate(bad, len(ORGANISATIONS) + 2):
            assert reason in found.pop((table, number)), (table, number)
    assert len(BAD_ORGANISATIONS) + len(BAD_BRANCHES) >= 30
    ((_, last),) = found.items()
    assert "“没有的”在台账中没有" in last
    assert not done.changes
    assert not ledger_organisations(desk.registry)
    assert not ledger_branches(desk.registry)
    good = take_in(desk)  # the control: without the bad rows, the same book is taken in
    assert not good.problems
    assert (len(ledger_organisations(desk.registry)), len(ledger_branches(desk.registry))) == (3, 3)


def test_what_keeps_the_organisations_from_being_a_tree_is_named(desk: Desk) -> None:
    done = take_in(desk, [*ORGANISATIONS, *(row for row, _ in TREE)])
    assert [problem.number for problem in done.problems] == [5, 6, 7]
    for problem, (_, reason) in zip(done.problems, TREE, strict=True):
        assert reason in problem.reason
    assert not ledger_organisations(desk.registry)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (("团组织代码", "团组织名称"), "缺少“上级团组织代码”列"),
        (("团组织代码", "团组织名称", "上级团组织代码", "管理员", "联系电话", "战线", "备注"), "不认识的列“备注”"),
        (("团组织代码", "团组织名称", "上级团组织代码", "管理员", "联系电话", "战线", "战线"), "出现两次"),
    ],
)
def test_a_table_with_other_columns_is_named_as_a_whole(desk: Desk, columns: tuple[str, ...], reason: str) -> None:
    done = take_in(desk, organisation_columns=columns)
    assert any(problem.number == 0 and reason in problem.reason for problem in done.problems)
    assert not ledger_branches(desk.registry)


def test_a_dry_run_says_what_would_change_and_changes_nothing(desk: Desk) -> None:
    done = take_in(desk, dry_run=True)
    assert len(done.changes) == 6
    assert not ledger_organisations(desk.registry)
    assert take_in(desk).changes == done.changes
    assert not take_in(desk).changes


def test_a_second_import_updates_by_code_and_says_what_changed(desk: Desk) -> None:
    take_in(desk)
    branches = [list(row) for row in BRANCHES]
    branches[0][3] = "陈新任"
    branches[1][2] = "5002"
    organisations = [list(row) for row in ORGANISATIONS]
    organisations[1][5] = "学院"
    done = take_in(desk, organisations, branches)
    assert [(c.code, c.field, c.old, c.new) for c in done.changes] == [
        ("5001", "战线", "", "学院"),
        ("TM-01", "团支部书记", "张晓明", "陈新任"),
        ("TM-02", "所属团组织代码", "5001", "5002"),
    ]
    assert branch(desk.registry, "TM-01").line == "学院"
    assert {line: e.branches for line, e in expectation(desk.registry).items()} == {"中学": 2, "学院": 1}


def test_paths_follow_the_tree_and_a_prefix_is_no_trick(desk: Desk) -> None:
    """/1/2/ holds what lies below it and not what lies below /1/20/; the control is the same text without its slash."""
    organisations = [
        ("1", "团委", "", "", "", ""),
        ("2", "甲", "1", "", "", ""),
        ("20", "乙", "1", "", "", ""),
        ("3", "丙", "2", "", "", ""),
    ]
    branches = [changed(code=f"B{org}", name=f"{org}支部", organisation=org) for org in ("2", "20", "3")]
    take_in(desk, organisations, branches)
    assert [found.code for found in ledger_branches(desk.registry, path="/1/2/")] == ["B2", "B3"]
    everything = ledger_branches(desk.registry)
    assert [found.code for found in everything if found.path.startswith("/1/2")] == ["B2", "B3", "B20"]


def test_an_unknown_branch_is_refused_by_its_code(desk: Desk) -> None:
    take_in(desk)
    assert branch(desk.registry, "TM-02").organisation == "土木工程学院团委"
    with pytest.raises(RuleRefusal, match="TM-99"):
        branch(desk.registry, "TM-99")


def test_what_a_result_and_the_ledger_do_not_agree_on_is_named(desk: Desk) -> None:
    take_in(desk)
    agreed = make_round(branch_code="TM-01", registered=6).result(5, 1)
    wrong_n = make_round(branch_code="TM-02", registered=6).result(5, 1)
    unknown = make_round(branch_code="TM-99", registered=6).result(5, 1)
    fates = [desk.take(data) for data in (agreed, wrong_n, unknown)]
    assert [fate.fate for fate in fates] == [Fate.IMPORTED] * 3
    assert fates[0].reason == ""
    assert "团员总数为6，台账为30" in fates[1].reason
    assert "台账中没有这个团支部" in fates[2].reason


def test_another_year_is_refused_where_one_year_was_asked_for(desk: Desk) -> None:
    path = desk.put("1.result", make_round(year=2015).result(5, 1))
    (refused,) = desk.take_in(path, year=2016)
    assert (refused.fate, "2015年度" in refused.reason) == (Fate.REJECTED, True)
    (taken,) = desk.take_in(path, year=2015)
    assert taken.fate is Fate.IMPORTED


def test_a_sister_organisation_cannot_authorise_a_round_of_this_branch(desk: Desk) -> None:
    """Both are in the ledger and enrolled here; the control is its own branch."""
    take_in(desk)
    sister = organisation("附属中学团委")
    stolen = make_round(branch_code="TM-01", by=sister).result(5, 1)
    own = make_round(branch_code="FZ-01", by=sister, registered=40).result(40, 0)
    refused = desk.take(stolen, roots=sister.roots)
    assert refused.fate is Fate.REJECTED
    assert "不是该团支部的上级团组织" in refused.reason
    assert desk.take(own, roots=sister.roots).fate is Fate.IMPORTED


def test_the_ledger_takes_over_what_results_began_before_it(desk: Desk) -> None:
    by_name = make_round(branch_name="高二一班团支部", registered=40).result(40, 0)
    by_code = make_round(branch_code="TM-01").result(3, 1, 1)
    desk.fates(by_name, by_code)
    (begun,) = roots(desk.registry)
    assert begun.path.startswith("/@")
    branches = [*BRANCHES[:2], ("FZ-01", "高二一班团支部", "50", "赵六", "", "", 40, "否", "")]
    take_in(desk, ORGANISATIONS, branches)
    assert [found.path for found in roots(desk.registry)] == ["/50/"]
    assert {
        found.code: set(by_child(desk.registry, path="/50/")[found.id])
        for found in children(desk.registry, "/50/")
        if found.id in by_child(desk.registry, path="/50/")
    } == {"5001": {State.SATISFIED}}
    assert totals(desk.registry)[State.SATISFIED].rounds == 2
    assert desk.summary().totals.branches == 2
    desk.rolled_up()


def test_roll_ups_per_line_and_organisation(desk: Desk) -> None:
    take_in(desk)
    first = make_round(branch_code="TM-01")
    desk.fates(
        first.result(5, 1),
        make_round(branch_code="TM-02", registered=30).result(10, 15, 5),
        make_round(branch_code="FZ-01", registered=40).void(),
    )
    per_line = by_line(desk.registry, year=2016)
    assert {line: sorted(state.name for state in states) for line, states in per_line.items()} == {
        "中学": ["VOID"],
        "高校": ["SATISFIED", "UNSATISFIED"],
    }
    satisfied = per_line["高校"][State.SATISFIED]
    assert (satisfied.branches, satisfied.collected, satisfied.district, satisfied.municipal) == (1, 6, 1, 0)
    assert {e.branches for e in expectation(desk.registry, path="/50/5001/").values()} == {2}
    assert totals(desk.registry, path="/50/5001/")[State.UNSATISFIED].satisfied == 10
    assert totals(desk.registry, year=2015) == {}
    desk.fates(first.result(6, 0))  # a conflict takes the branch out of the sums
    assert set(totals(desk.registry, path="/50/5001/")) >= {State.CONFLICT, State.UNSATISFIED}
    assert totals(desk.registry, path="/50/5001/")[State.SATISFIED].rounds == 0
    desk.rolled_up()


def test_a_workbook_that_claims_gigabytes_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    """Three megabytes of zipped zeros that say what they are: three gigabytes."""
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/workbook.xml", bytes(8 * 1024 * 1024))
    data = bytearray(bomb.read_bytes())
    small = (8 * 1024 * 1024).to_bytes(4, "little")
    claimed = data.replace(small, (3 * 1024**3).to_bytes(4, "little"))
    bomb.write_bytes(claimed)
    with pytest.raises(Unreadable, match="展开后过大"):
        read_tables(bomb, HEADING)
    good = tmp_path / "good.xlsx"
    good.write_bytes(book())
    assert len(read_tables(good, HEADING)) == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\xff", "团组织代码,团组织名称".encode("gb18030")])
def test_what_is_no_table_is_one_line(tmp_path: Path, content: bytes) -> None:
    for suffix in (".xlsx", ".csv"):
        path = tmp_path / f"t{suffix}"
        path.write_bytes(content)
        with pytest.raises(Unreadable, match="表格") if content or suffix == ".xlsx" else nullcontext():
            assert read_tables(path, HEADING) == []
