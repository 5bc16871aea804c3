"""summary, progress, confirm → publish → 公示, report, followups: a term of an upper organisation."""

from __future__ import annotations

import io
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from admin_script import Admin
from ledger_books import write_book
from paper_samples import text
from rounds_factory import make_round, organisation

from ballots_store.trust import enrol

ISSUER = "共青团某某大学委员会"
ORGANISATIONS = [
    ("50", ISSUER, "", "周管理", "023-1", "高校"),
    ("5001", "附属中学团委", "50", "郑管理", "023-2", "中学"),
]
COUNTS = {"A1": (9, 1, 0), "A2": (8, 1, 1), "A3": (5, 5, 0), "M1": (10, 0, 0)}
"""甲 at 90%, 乙 at 80%, 丙 不满意 (50%), a 中学 at 100%; A4 void, A5 below quorum, M2 nothing yet."""


def branch(code: str) -> tuple[Any, ...]:
    where = "5001" if code.startswith("M") else "50"
    return (code, f"{code}班团支部", where, f"书记{code}", "", "2015年9月", 10, "是", "李督导")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a ledger of seven branches and the six ends that came in."""
    admin = Admin(tmp_path_factory.mktemp("office"))
    codes = [*COUNTS, "A4", "A5", "M2"]
    book = write_book(admin.path("ledger.xlsx"), ORGANISATIONS, [branch(code) for code in codes])
    assert admin.run("ledger", "import", book).code == 0
    enrol(admin.home, organisation().card)
    incoming = admin.path("in")
    incoming.mkdir()

    def made(code: str) -> Any:
        return make_round(branch_name=f"{code}班团支部", branch_code=code, registered=10, secretary=f"书记{code}")

    for code, counts in COUNTS.items():
        (incoming / f"{code}.result").write_bytes(made(code).result(*counts))
    (incoming / "A4.void").write_bytes(made("A4").void())
    (incoming / "A5.result").write_bytes(made("A5").result(1, 0, 0))
    ran = admin.run("import", incoming, "--json")
    assert (ran.code, ran.json["imported"]) == (0, 6), ran.err
    return admin.folder


@pytest.fixture
def office(imported: Path, tmp_path: Path) -> Admin:
    shutil.copytree(imported, tmp_path / "office")
    return Admin(tmp_path / "office")


@pytest.fixture
def ids(office: Admin) -> dict[str, str]:
    found = office.run("summary", "--json").json
    return {row["branch"].removesuffix("班团支部"): row["round_id"] for row in found["rows"]}


def book_rows(path: Path, sheet: int = 0) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    return [[cell.value for cell in row] for row in book.worksheets[sheet].iter_rows()]


def test_the_summary_file_holds_the_registry_row_for_row(office: Admin) -> None:
    out, listed = office.path("附件4.xlsx"), office.path("附件4.csv")
    ran = office.run("summary", "--out", out, "--csv", listed, "--unit", ISSUER, "--clerk", "王同志", "--json")
    assert ran.code == 0, ran.err
    rows = book_rows(out)[4:]
    answer = {row["branch"]: row for row in ran.json["rows"]}
    branches = [row for row in rows if isinstance(row[0], int)]
    assert [row[0] for row in branches] == [1, 2, 3, 4]
    for row in branches:
        held = answer[row[3]]
        assert row[1:5] == [held["line"], held["issuer"], held["branch"], held["secretary"]]
        assert row[6:8] == [held["registered"], held["collected"]]
        assert row[9:12] == [held["satisfied"], held["unsatisfied"], held["invalid"]]
    sums = {row[0]: row for row in rows if not isinstance(row[0], int)}
    assert list(sums) == ["中学合计", "高校合计", "总计"]
    assert (sums["总计"][6], sums["总计"][9], f"{sums['总计'][12]:.2%}") == (40, 32, "80.00%")
    assert (sums["高校合计"][3], sums["高校合计"][13]) == ("3个团支部", "满意2个，不满意1个")
    assert len(listed.read_text(encoding="utf-8-sig").splitlines()) == 1 + len(rows)
    means = {row[0]: row[2] for row in book_rows(out, 1)[1:]}
    assert [f"{value:.2%}" for value in means.values()] == ["80.00%", "80.00%", "86.67%"]
    assert {name: sums["branches"] for name, sums in ran.json["lines"].items()} == {"中学": 1, "高校": 3}
    assert [one["formula"] for one in ran.json["averages"]] == [row[1] for row in book_rows(out, 1)[1:]]


def test_the_summary_goes_into_a_units_template(office: Admin) -> None:
    book = openpyxl.Workbook()
    book.active.append(["序号", "团支部名称", "满意度", "测评结果", "备注"])
    book.save(office.path("t.xlsx"))
    out = office.path("out.xlsx")
    assert office.run("summary", "--out", out, "--template", office.path("t.xlsx")).code == 0
    assert len(book_rows(out)) == 1 + 4 + 3
    before = office.files()
    refusals = (("--template", office.path("t.xlsx")), ("--out", out), ("--out", office.path("a.xls")))
    for words, code in zip(refusals, (2, 4, 2), strict=True):
        ran = office.run("summary", *words)
        assert (ran.code, office.files()) == (code, before), ran.err


def test_progress_counts_names_and_blames_nobody_in_time(office: Admin) -> None:
    files = [office.path(name) for name in ("通报.docx", "进度.xlsx", "进度.svg")]
    options = zip(("--out", "--table", "--picture"), files, strict=True)
    ran = office.run("progress", "--deadline", "2017-04-01", *(word for pair in options for word in pair), "--json")
    assert ran.code == 0, ran.err
    total = ran.json["total"]
    assert (total["expected"], total["done"], total["again"], total["late"]) == (7, 4, 2, 0)
    assert {line["name"]: (line["done"], line["expected"]) for line in ran.json["lines"]} == {
        "中学": (1, 2),
        "高校": (3, 5),
    }
    states = {one["code"]: one["state"] for one in ran.json["unfinished"]}
    assert states == {"A4": "已作废，需重新测评", "A5": "无效，需重新测评", "M2": "尚未批复"}
    assert {one["telephone"] for one in ran.json["unfinished"]} == {"023-1", "023-2"}
    said = text(files[0].read_bytes())
    for expected in ("应完成7个团支部，已完成4个，完成率57.14%", "M2班团支部", "郑管理", ISSUER):
        assert expected in said
    assert [len(book_rows(files[1], sheet)) for sheet in range(3)] == [4, 3, 4]
    rows = book_rows(files[1], 1)[1:]
    assert [(row[0], row[1]) for row in rows] == [("附属中学团委", 2), ("共青团某某大学委员会（直属）", 5)]  # 7 in all
    assert "4/7" in files[2].read_text(encoding="utf-8")
    late = office.run("progress", "--deadline", "2017-03-31", "--json").json
    assert (late["total"]["done"], late["total"]["late"]) == (4, 4)


@pytest.mark.parametrize("verb", ["confirm", "publish", "objection"])
def test_nothing_was_done_tomorrow(office: Admin, ids: dict[str, str], verb: str) -> None:
    """Every later step would have to wait for a year that was mistyped."""
    more = {"confirm": (), "publish": ("--channel", "公告栏"), "objection": ("--raise", "来电")}[verb]
    ran = office.run(verb, ids["A1"], *more, "--date", "2099-01-01")
    assert ran.code == 2
    assert "晚于今天" in ran.error


def test_a_folder_with_nothing_to_import_says_what_would_be(admin: Admin) -> None:
    folder = admin.path("mail")
    folder.mkdir()
    (folder / "r.txt").write_text("x", encoding="utf-8")
    ran = admin.run("import", folder, "--json")
    assert (ran.code, ran.json["files"]) == (0, [])
    assert "文件夹中只取 .result、.void、.bundle" in ran.err


def test_progress_without_a_ledger_says_what_to_do(admin: Admin) -> None:
    ran = admin.run("progress", "--deadline", "2017-04-01", "--out", admin.path("x.docx"))
    assert (ran.code, admin.files()) == (1, {})
    assert "请先用 ledger import 导入台账" in ran.error


def test_from_counted_to_the_end_of_the_notice(office: Admin, ids: dict[str, str]) -> None:
    out = office.path("公示.docx")
    refused = office.run("notice", ids["A1"], "--out", out)
    assert (refused.code, out.exists()) == (1, False)
    assert "尚未确认" in refused.error
    assert states(office.run("confirm", ids["A1"], "--date", "2017-04-02", "--json")) == {"A1": "confirmed"}
    assert set(states(office.run("confirm", "--all", "--json"))) == {"A2", "A3", "M1"}
    posted = date.today() - timedelta(days=1)  # noqa: DTZ011  the organisation's calendar, as the command reads it
    line = ("publish", ids["A1"], "--date", posted, "--channel", "公告栏", "--channel", "暖青汇 APP")
    ran = office.run(*line, "--json")
    assert ran.json["rounds"][0]["last_day"] == (posted + timedelta(days=3)).isoformat()
    assert states(ran) == {"A1": "posted"}
    assert office.run("notice", ids["A1"], "--out", out, "--telephone", "023-99").code == 0
    said = text(out.read_bytes())
    for expected in ("公示渠道：公告栏、暖青汇 APP。", "023-99", "满意9票，不满意1票，无效0票。", "A1班团支部"):
        assert expected in said
    assert states(office.run("objection", ids["A1"], "--raise", "来电反映人数不符", "--json")) == {"A1": "disputed"}
    assert states(office.run("objection", ids["A1"], "--settle", "经核实人数无误", "--json")) == {"A1": "posted"}
    again = office.run(*line)
    assert again.code == 1
    assert "公示中，不能公示" in again.error
    summary = office.run("summary", "--json").json
    (row,) = [row for row in summary["rows"] if row["round_id"] == ids["A1"]]
    assert row["publicity"].endswith("日")


def states(ran: Any) -> dict[str, str]:
    assert ran.code == 0, ran.err
    return {one["branch"].removesuffix("班团支部"): one["publicity"] for one in ran.json["rounds"]}


def test_all_notices_at_once_and_a_term_that_has_passed(office: Admin) -> None:
    assert office.run("confirm", "--all").code == 0
    out = office.path("公示文件")
    assert len(office.run("notice", "--all", "--out", out, "--json").json["files"]) == 4
    assert len(list(out.iterdir())) == 4
    assert office.run("notice", "--all", "--out", out).code == 4
    long_ago = office.run("publish", "--all", "--date", date.today(), "--json")  # noqa: DTZ011  see above
    assert set(states(long_ago).values()) == {"posted"}


def test_reports_follow_from_a_no_alone(office: Admin, ids: dict[str, str]) -> None:
    out = office.path("报告")
    refused = office.run("report", ids["A1"], "--out", out)
    assert (refused.code, out.exists()) == (1, False)
    ran = office.run("report", ids["A3"], "--out", out, "--party", "中共某某大学委员会", "--json")
    assert ran.code == 0, ran.err
    papers = [text(Path(name).read_bytes()) for name in ran.json["files"]]
    assert [said.split("（")[0].endswith("中共某某大学委员会") or "________" in said for said in papers] == [True, True]
    assert all("应按照组织程序和有关规定予以免职，并重新推选" in said for said in papers)
    assert office.run("report", ids["A3"], "--out", out).code == 4


def test_followups_list_and_record(office: Admin, ids: dict[str, str]) -> None:
    found = office.run("followups", "--json").json
    listed = {name: sorted(one["branch"] for one in found[name]) for name in ("municipal", "district")}
    assert listed["municipal"] == ["A1班团支部", "M1班团支部"]
    assert listed["district"] == ["A1班团支部", "A2班团支部", "M1班团支部"]
    (failed,) = found["unsatisfied"]
    assert (failed["round_id"], set(failed["steps"].values())) == (ids["A3"], {None})
    line = ("followups", "--round", ids["A3"], "--done", "party", "--date", "2017-04-06", "--note", "团发〔2017〕3号")
    steps = office.run(*line, "--json").json["unsatisfied"][0]["steps"]
    assert steps["party"] == {"date": "2017-04-06", "note": "团发〔2017〕3号"}
    shown = office.run("followups").out
    assert "应按照组织程序和有关规定予以免职" in shown
    assert "免职须由有权的组织按程序决定" in shown


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("confirm", 2, "二者选一"),
        ("confirm x --all", 2, "二者选一"),
        ("confirm 2016-0000000000000000", 2, "没有测评"),
        ("confirm nonsense", 2, "不是测评编号"),
        ("confirm --revision zz", 2, "64位十六进制"),
        (f"confirm --revision {'0' * 64}", 1, "没有这一份待确认的更正件"),
        ("publish {A1}", 1, "已计票，不能公示"),
        ("publish {A1} --channel 甲、乙", 2, "不含顿号"),
        ("publish {A1} --holiday 2017-04-03", 2, "须与 --working-days 同用"),
        ("objection {A1} --raise 甲 --settle 乙", 2, "一次办理一步"),
        ("objection {A1} --raise 甲", 1, "已计票，不能登记异议"),
        ("notice --all --out f.docx {A1}", 2, "二者选一"),
        ("followups --round {A1}", 2, "须同时写明"),
        ("followups --round {A1} --done party", 1, "不是不满意"),
        ("followups --round {A1} --done dismissed", 2, "只能是"),
        ("progress --deadline 1.4.2017", 2, "须为日期"),
        ("progress --deadline 2017-04-01 --path 50", 2, "须以斜线开头和结尾"),
        ("progress --deadline 2017-04-01 --picture p.gif", 2, "须以 .svg 或 .png 结尾"),
    ],
)
def test_refusals_change_nothing(office: Admin, ids: dict[str, str], line: str, code: int, said: str) -> None:
    before = office.files(), office.run("followups", "--json").json
    ran = office.run(*line.format(**ids).split())
    assert ran.code == code, ran.err
    assert said in ran.error
    assert (office.files(), office.run("followups", "--json").json) == before


@pytest.fixture(autouse=True)
def _no_files_left_in_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
