"""Rounds that were held on paper, as a clerk takes them through 确认, 公示 and the reports: always marked."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest
from admin_script import Admin
from ledger_books import write_book
from openpyxl import load_workbook
from paper_samples import text
from rounds_factory import make_round, organisation
from test_canvass_paper import FIRST, SECOND, paper

MARK = "未经签名验证（纸质测评）"
NAME = "2016-paper-TM-02"
FAILED = FIRST | {"满意票数": 12, "不满意票数": 13, "无效票数": 2, "指导监督人": "李督导"}


@pytest.fixture
def desk(admin: Admin) -> Admin:
    """A ledger, a signed 满意 of TM-01, a 不满意 of TM-02 on paper that two people entered, an online 无效 of FZ-01."""
    assert admin.run("ledger", "import", write_book(admin.path("台账.xlsx"))).code == 0
    card = admin.path("root.pub")
    card.write_bytes(organisation().card)
    assert admin.run("trust", "add", card, "--yes").code == 0
    admin.path("a.result").write_bytes(make_round(branch_code="TM-01", registered=6).result(5, 1))
    assert admin.run("import", admin.path("a.result")).code == 0
    tables = [paper(admin.path(f"{n}.xlsx"), FAILED, FIRST | ONLINE) for n in range(2)]
    assert enter(admin, *tables).json["entered"] == 2
    return admin


ONLINE = {
    "上级团组织": "附属中学团委",
    "团支部名称": "高二一班团支部",
    "测评方式": "暖青汇",
    "团员总数": 40,
    "参与测评人数": 20,
    "满意票数": "",
    "不满意票数": "",
    "无效票数": "",
}


def enter(admin: Admin, first: Path, *second: Path) -> Any:
    more = [word for path in second for word in ("--second", path)]
    return admin.run("import", "--paper", first, *more, "--year", 2016, "--json")


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_a_copy_is_no_second_persons_table(admin: Admin, suffix: str) -> None:
    """Of text two people may well have typed the same bytes; a workbook says when it was saved, and by whom."""
    assert admin.run("ledger", "import", write_book(admin.path("台账.xlsx"))).code == 0
    first = paper(admin.path("first.xlsx"), FAILED)
    if suffix == "csv":
        first = as_text(first)
    copy = admin.path(f"copy.{suffix}")
    shutil.copyfile(first, copy)
    ran = enter(admin, first, copy)
    if suffix == "csv":
        assert ran.json["entered"] == 1
    else:
        assert ran.code == 2
        assert "是复制的文件" in ran.error


def as_text(book: Path) -> Path:
    """The table as .csv."""
    rows = load_workbook(book).active.values
    with book.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(["" if value is None else value for value in row] for row in rows)
    return book.with_suffix(".csv")


def test_all_never_takes_the_unsigned_along(desk: Admin) -> None:
    ran = desk.run("confirm", "--all", "--json")
    assert ran.code == 0, ran.err
    assert [(one["signed"], one["mark"]) for one in ran.json["rounds"]] == [(True, None)]
    assert "另有1个未经签名验证" in ran.err
    again = desk.run("confirm", "--all", "--paper", "--json")
    assert [(one["round_id"], one["signed"], one["mark"]) for one in again.json["rounds"]] == [(NAME, False, MARK)]
    assert desk.run("confirm", "--all").err == ""
    shown = desk.run("publish", "--all", "--paper", "--channel", "公告栏")
    assert f"{MARK}：土木2015级二班团支部（{NAME}）" in shown.out
    assert "不能确认" in desk.run("confirm", NAME).error
    assert desk.run("confirm", NAME, "--paper").code == 2


def test_the_papers_say_that_nobody_signed(desk: Admin) -> None:
    out = desk.path("公示.docx")
    assert "尚未确认" in desk.run("notice", NAME, "--out", out).error
    assert not out.exists()
    assert desk.run("confirm", "--all", "--paper", "--date", "2017-04-01").code == 0
    assert desk.run("notice", NAME, "--out", out).code == 0
    notice = text(out.read_bytes())
    assert f"结果的公示{MARK}" in notice
    assert f"以上数字按填报的汇总表录入，经两人分别录入、核对一致，{MARK}。" in notice
    assert "收回测评票27张" in notice
    assert "发出" not in notice  # nobody entered how many were handed out
    assert "以纸质方式进行" in notice
    signed = counted(desk)
    assert desk.run("confirm", signed).code == 0
    assert desk.run("notice", signed, "--out", desk.path("签名.docx")).code == 0
    assert "未经签名" not in (plain := text(desk.path("签名.docx").read_bytes()))
    assert "发出测评票6张" in plain
    assert desk.run("publish", NAME, "--date", "2017-04-02").code == 0
    assert desk.run("report", NAME, "--out", desk.path("报告")).code == 0
    reports = [text(path.read_bytes()) for path in sorted(desk.path("报告").iterdir())]
    assert len(reports) == 2
    for one in reports:
        assert f"结果为不满意的报告{MARK}" in one
        assert "发出" not in one
        assert "公示期为2017年4月3日至4月5日" in one
        assert "予以免职" in one


def counted(admin: Admin) -> str:
    (row,) = admin.run("summary", "--json").json["rows"]
    return str(row["round_id"])


def test_all_notices_of_paper_rounds_in_a_folder(desk: Admin) -> None:
    assert desk.run("confirm", "--all", "--paper").code == 0
    ran = desk.run("notice", "--all", "--out", desk.path("无"), "--json")
    assert (ran.json["files"], "未经签名验证" in ran.err) == ([], True)
    ran = desk.run("notice", "--all", "--paper", "--out", desk.path("公示"), "--json")
    assert [Path(path).name for path in ran.json["files"]] == [f"土木2015级二班团支部 {NAME}.docx"]


def test_an_objection_is_recorded_against_a_paper_round(desk: Admin) -> None:
    assert desk.run("confirm", NAME, "--date", "2017-04-02").code == 0
    assert desk.run("publish", NAME, "--date", "2017-04-02").code == 0
    ran = desk.run("objection", NAME, "--raise", "来电反映", "--date", "2017-04-04", "--json")
    assert (ran.json["rounds"][0]["publicity"], ran.json["rounds"][0]["mark"]) == ("disputed", MARK)
    ran = desk.run("objection", NAME, "--settle", "核实无误", "--date", "2017-04-05", "--json")
    assert ran.json["rounds"][0]["publicity"] == "ended"


def test_the_summary_names_them_apart_with_their_notice(desk: Admin) -> None:
    out = desk.path("附件4.xlsx")
    assert desk.run("confirm", NAME, "--date", "2017-04-02").code == 0
    assert desk.run("publish", NAME, "--date", "2017-04-02").code == 0
    found = desk.run("summary", "--json", "--out", out).json
    assert len(found["rows"]) == 1
    assert {one["round_id"]: one["publicity"] for one in found["unsigned"]} == {
        NAME: "2017年4月3日至4月5日",
        "2016-paper-FZ-01": "",
    }
    sheet = load_workbook(out)["未经签名验证"]
    heads, *rows = [[cell.value for cell in row] for row in sheet.iter_rows() if any(cell.value for cell in row)]
    while "公示起止时间" not in heads:
        heads, *rows = rows
    at = heads.index("公示起止时间")
    assert [row[at] for row in rows if "土木2015级二班团支部" in row] == ["2017年4月3日至4月5日"]


def test_follow_ups_of_paper_rounds_stand_apart(desk: Admin) -> None:
    assert desk.run("followups", "--round", NAME, "--done", "party", "--note", "口头报告").code == 0
    found = desk.run("followups", "--json").json
    assert found["unsatisfied"] == []
    (failed,) = found["unsigned"]["unsatisfied"]
    assert (failed["mark"], failed["steps"]["party"]["note"], failed["steps"]["league"]) == (MARK, "口头报告", None)
    assert "未经签名验证（纸质或暖青汇" in desk.run("followups").out
    signed = desk.run("followups", "--round", counted(desk), "--done", "party")
    assert "不是不满意" in signed.error


def test_what_two_people_disagree_about_is_said_and_not_confirmed(desk: Admin) -> None:
    other = paper(desk.path("other.xlsx"), FAILED | {"满意票数": 20, "不满意票数": 5})
    ran = enter(desk, other)
    assert (ran.code, ran.json["disputed"], ran.json["entered"]) == (1, 1, 0)
    assert "两人重新核对原件" in ran.err
    assert "数字不一致" in desk.run("confirm", NAME).error
    assert desk.run("confirm", "--all", "--paper", "--json").json["rounds"] == []
    assert [one["disputed"] for one in desk.run("summary", "--json").json["unsigned"]] == [True, False]
    assert enter(desk, desk.path("0.xlsx"), desk.path("1.xlsx")).json["settled"] == 1
    assert desk.run("confirm", NAME).code == 0


def test_two_people_put_an_entry_right_once_it_is_withdrawn(desk: Admin) -> None:
    """The whole way out: refused with what to do, done, entered; the figures of the first entry are on no paper."""
    assert desk.run("confirm", NAME, "--date", "2017-04-02").code == 0
    right = FAILED | {"满意票数": 20, "不满意票数": 5}
    tables = [paper(desk.path(f"right{n}.xlsx"), right | {"备注": n}) for n in ("甲", "乙")]
    refused = enter(desk, *tables)
    assert (refused.code, refused.json["replaced"], refused.json["disputed"]) == (1, 0, 1)
    assert f"请先用 objection {NAME} --withdraw 写明原因撤回" in refused.err
    assert "数字不一致" in desk.run("publish", NAME).error
    assert "数字不一致" in desk.run("objection", NAME, "--settle", "无误").error
    taken_back = desk.run("objection", NAME, "--withdraw", "录入有误", "--json")
    assert taken_back.json["rounds"][0]["publicity"] == "counted"
    done = enter(desk, *tables)
    assert done.code == 0, done.err
    assert {name: done.json[name] for name in ("entered", "replaced", "rerun", "settled")} == {
        "entered": 1,
        "replaced": 1,
        "rerun": 0,
        "settled": 1,
    }
    assert desk.run("confirm", NAME).code == 0
    assert desk.run("notice", NAME, "--out", desk.path("公示.docx")).code == 0
    assert "满意20票，不满意5票" in text(desk.path("公示.docx").read_bytes())
    (entry,) = [one for one in desk.run("summary", "--json").json["unsigned"] if one["round_id"] == NAME]
    assert (entry["attempt"], entry["satisfied"], entry["checked"], entry["disputed"]) == (2, 20, True, False)


@pytest.mark.parametrize("objected", [False, True])
def test_after_its_notice_is_over_an_entry_is_put_right_and_posted_anew(desk: Admin, objected: bool) -> None:
    assert desk.run("confirm", NAME, "--date", "2017-03-26").code == 0
    assert desk.run("publish", NAME, "--date", "2017-03-26").code == 0
    right = FAILED | {"满意票数": 20, "不满意票数": 5}
    tables = [paper(desk.path(f"right{n}.xlsx"), right | {"备注": str(n)}) for n in range(2)]
    told = enter(desk, *tables).err
    assert f"公示期满：更正录入前，请先撤下公示，并用 objection {NAME} --withdraw" in told
    assert "公示期满，不能登记异议" in desk.run("objection", NAME, "--raise", "来电").error
    if objected:
        assert desk.run("objection", NAME, "--raise", "来电", "--date", "2017-03-28").code == 0
    assert desk.run("objection", NAME, "--withdraw", "").code == 2  # a reason is demanded
    withdrawn = desk.run("objection", NAME, "--withdraw", "录入有误", "--date", "2017-04-10", "--json").json["rounds"]
    assert [(one["publicity"], one["posted"], one["note"]) for one in withdrawn] == [("counted", None, "录入有误")]
    assert enter(desk, *tables).json["replaced"] == 1
    assert desk.run("confirm", NAME, "--date", "2017-04-10").code == 0
    again = desk.run("publish", NAME, "--date", "2017-04-10", "--json").json["rounds"]
    assert [(one["first_day"], one["last_day"]) for one in again] == [("2017-04-11", "2017-04-13")]


def test_what_was_posted_and_is_contradicted_now_is_named_until_it_is_withdrawn(desk: Admin) -> None:
    torn = make_round(branch_code="TM-01", registered=6)
    for name, data in (("b", torn.result(5, 1)), ("c", torn.result(4, 2))):
        desk.path(f"{name}.result").write_bytes(data)
    assert desk.run("import", desk.path("b.result")).code == 0
    for named in (torn.round_id, NAME):
        assert desk.run("confirm", named, "--date", "2017-04-02").code == 0
        assert desk.run("publish", named, "--date", "2017-04-02").code == 0
    calm = desk.run("summary", "--json")
    assert (calm.json["contradicted"], calm.err) == ([], "")
    ran = desk.run("import", desk.path("c.result"))
    assert ran.code == 1
    assert f"1个已确认或公示的测评现有冲突、录入不一致或另有签名结果（{torn.round_id}）" in ran.err
    enter(desk, paper(desk.path("other.xlsx"), FAILED | {"满意票数": 20, "不满意票数": 5}))
    assert desk.run("summary", "--json").json["contradicted"] == [torn.round_id, NAME]
    for named in (torn.round_id, NAME):
        ran = desk.run("objection", named, "--withdraw", "数字不同", "--date", "2017-04-03", "--json")
        assert [one["publicity"] for one in ran.json["rounds"]] == ["counted"], ran.err
    assert desk.run("summary", "--json").json["contradicted"] == []
    assert desk.run("summary", "--json", "--year", 2015).json["contradicted"] == []


def test_a_round_on_paper_is_held_again(desk: Admin) -> None:
    again = FIRST | ONLINE | {"参与测评人数": 30, "满意票数": 25, "不满意票数": 5, "无效票数": 0}
    table = paper(desk.path("again.xlsx"), again | {"测评时间": "2017年4月8日"})
    ran = desk.run("import", "--paper", table, "--year", 2016)
    assert ran.code == 0, ran.err
    assert "已录入1个团支部" in ran.out
    assert "其中1个系无效后重新测评" in ran.out
    assert desk.run("confirm", "2016-paper-FZ-01").code == 0
    assert enter(desk, table).json["duplicates"] == 1


def test_an_online_round_says_so(desk: Admin) -> None:
    online = FIRST | ONLINE | {"参与测评人数": 30, "满意票数": 25, "不满意票数": 5, "无效票数": 0}
    bad = enter(desk, paper(desk.path("online.xlsx"), online))
    assert bad.json["disputed"] == 1  # FZ-01 is in below quorum
    fresh = Admin(desk.path("fresh"))
    fresh.folder.mkdir()
    assert fresh.run("ledger", "import", write_book(fresh.path("台账.xlsx"))).code == 0
    assert enter(fresh, paper(fresh.path("a.xlsx"), online, SECOND | {"团支部名称": "高二一班团支部"})).code == 1
    assert enter(fresh, paper(fresh.path("b.xlsx"), online)).json["entered"] == 1
    ran = fresh.run("confirm", "2016-paper-FZ-01", "--json")
    assert ran.json["rounds"][0]["mark"] == "未经签名验证（暖青汇）"


def test_a_sample_marks_what_was_on_paper(desk: Admin) -> None:
    out, calls = desk.path("名单.xlsx"), desk.path("回访单.docx")
    words = ("sample", "--seed", "20170405", "--rate", "1", "--out", out, "--call-sheet", calls)
    ran = desk.run(*words, "--json")
    assert ran.code == 0, ran.err
    assert {one["code"]: one["mark"] for one in ran.json["branches"]} == {"TM-01": None, "TM-02": MARK}
    rows = [[cell.value for cell in row] for row in load_workbook(out)["抽查名单"].iter_rows()]
    assert {row[3]: row[-1] or "" for row in rows if "TM-01" in row or "TM-02" in row} == {"TM-01": "", "TM-02": MARK}
    assert text(calls.read_bytes()).count(MARK) == 1


def test_a_summary_says_which_entry_a_signed_result_has_taken_the_place_of(desk: Admin) -> None:
    torn = make_round(branch_code="TM-02", registered=30)
    for data, said in ((torn.result(20, 10), "以其为准"), (torn.result(19, 11), "在冲突或待确认中")):
        desk.path("b.result").write_bytes(data)
        assert said not in desk.run("summary", "--json").out  # the control
        desk.run("import", desk.path("b.result"))
        out = desk.path(f"{said}.xlsx")
        ran = desk.run("summary", "--out", out, "--json")
        found = {one["round_id"]: one["beside"] for one in ran.json["unsigned"]}
        assert said in found.pop(NAME)
        assert found == {"2016-paper-FZ-01": None}
        rows = [[str(cell.value) for cell in row] for row in load_workbook(out)["未经签名验证"].iter_rows()]
        assert [said in "".join(row) for row in rows if "土木工程学院团委" in row] == [True]
        assert f"（{NAME}）：" in desk.run("summary").out


def test_all_on_paper_does_not_pass_over_a_dispute_in_silence(desk: Admin) -> None:
    assert "不一致" not in desk.run("confirm", "--all", "--paper").err  # the control
    differing = FAILED | {"满意票数": 13, "不满意票数": 12}
    assert enter(desk, paper(desk.path("other.xlsx"), differing)).json["disputed"] == 1
    for words in (("confirm",), ("publish", "--channel", "公告栏"), ("notice", "--out", desk.path("none"))):
        ran = desk.run(*words, "--all", "--paper")
        assert (ran.code, "另有1个两份录入的数字不一致" in ran.err) == (0, True)
    assert "不一致" not in desk.run("confirm", "--all").err
