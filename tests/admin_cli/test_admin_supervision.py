"""`supervise-plan`, `sample`, `findings`, `account` as a clerk calls them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from admin_script import Admin
from docx import Document
from docx.oxml.ns import qn
from ledger_books import BRANCHES, ORGANISATIONS, write_book
from openpyxl import load_workbook
from rounds_factory import make_round, organisation

SEED = "20170405双色球"


def branches(count: int, grade: str = "") -> list[tuple[Any, ...]]:
    places = ("5001", "5002")
    return [
        (f"B-{n:02}", f"第{n}团支部", places[n % 2], f"书记{n}", "", "", 10, "是", "", grade and f"{2015 - n % 3}级")
        for n in range(count)
    ]


def listed(admin: Admin, rows: list[tuple[Any, ...]]) -> Admin:
    ran = admin.run("ledger", "import", write_book(admin.path("台账.xlsx"), ORGANISATIONS, rows))
    assert ran.code == 0, ran.err
    return admin


@pytest.fixture
def counted(admin: Admin) -> Admin:
    """A ledger of ten branches, eight with a result: five at 5002, three at 5001."""
    listed(admin, branches(10))
    card = admin.path("root.pub")
    card.write_bytes(organisation().card)
    assert admin.run("trust", "add", card, "--yes").code == 0
    incoming = admin.path("incoming")
    incoming.mkdir()
    for n in range(9):
        code = f"B-{n:02}"
        made = make_round(branch_code=code, branch_name=f"第{n}团支部", registered=10)
        if n != 4:
            (incoming / f"{code}.result").write_bytes(made.result(9, 1) if n else made.result(4, 6))
        else:
            (incoming / f"{code}.void").write_bytes(made.void())
    assert admin.run("import", incoming).code == 0
    return admin


def test_one_cycle_is_written_to_the_ledger(admin: Admin) -> None:
    listed(admin, branches(24))
    out = admin.path("交叉.xlsx")
    ran = admin.run("supervise-plan", "--seed", SEED, "--out", out, "--json")
    assert ran.code == 0, ran.err
    plan = {one["supervised"]: one["supervisor"] for one in ran.json["plan"]}
    assert ran.json["demanded"] is True
    at, seen = "B-00", []
    while at not in seen:
        seen.append(at)
        at = plan[at]
    assert len(seen) == 24  # one cycle through all: none supervises itself, no two each other
    assert all(plan[plan[code]] != code != plan[code] for code in plan)
    order = sorted(plan, key=lambda code: hashlib.sha256(f"{SEED}\n{code}".encode()).hexdigest())
    assert plan[order[1]] == order[0]
    held = {one["code"]: one["supervisor"] for one in admin.run("ledger", "list", "--json").json["branches"]}
    assert held == {code: f"第{int(above[2:])}团支部" for code, above in plan.items()}
    sheet = load_workbook(out).active
    assert sheet is not None
    assert sheet.max_row == 24 + 3
    again = admin.run("supervise-plan", "--seed", SEED, "--json", "--dry-run").json["plan"]
    assert again == ran.json["plan"]


def test_a_dry_run_writes_nothing_and_few_branches_are_told_the_rule(admin: Admin) -> None:
    listed(admin, branches(5))
    before = admin.run("ledger", "list", "--json").json
    ran = admin.run("supervise-plan", "--seed", SEED, "--dry-run")
    assert ran.code == 0
    assert "超过20个" in ran.out
    assert "尚未写入" in ran.out
    assert admin.run("ledger", "list", "--json").json == before
    assert admin.run("supervise-plan", "--seed", SEED).code == 0
    assert admin.run("ledger", "list", "--json").json != before  # the control


def test_grades_supervise_the_next_lower_one(admin: Admin) -> None:
    listed(admin, branches(12, "级"))
    ran = admin.run("supervise-plan", "--seed", SEED, "--by-grade", "--json")
    assert ran.code == 0, ran.err
    year = {row[0]: int(row[9][:4]) for row in branches(12, "级")}
    for one in ran.json["plan"]:
        above = one["supervisor"]
        assert (above is None) == (year[one["supervised"]] == 2013)
        assert above is None or year[above] == year[one["supervised"]] - 1


@pytest.mark.parametrize(
    ("rows", "words", "code", "why"),
    [
        (branches(2), (), 2, "3个团支部"),
        (branches(4), ("--by-grade",), 1, "没有填写年级"),
        (branches(4), ("--organisation", "77"), 1, "没有代码为“77”"),
        (branches(4), ("--out", "plan.docx"), 2, ".xlsx"),
        ([(*row[:9], "3") for row in branches(4)], ("--by-grade",), 2, "只有一个年级"),
        ([(*row[:9], "3" if n else "2015级") for n, row in enumerate(branches(4))], ("--by-grade",), 2, "写法不一"),
    ],
)
def test_a_plan_that_cannot_be_is_one_line(
    admin: Admin, rows: list[tuple[Any, ...]], words: tuple[str, ...], code: int, why: str
) -> None:
    listed(admin, rows)
    before = admin.run("ledger", "list", "--json").json
    ran = admin.run("supervise-plan", "--seed", SEED, *words)
    assert ran.code == code
    assert why in ran.error
    assert admin.run("ledger", "list", "--json").json == before


def test_branches_called_alike_are_told_apart(admin: Admin) -> None:
    listed(admin, [(f"B-{n}", "一班团支部", f"500{1 + n % 2}", "某", "", "", 9, "是", "", "") for n in range(2)])
    listed(admin, [("B-3", "二班团支部", "5001", "某", "", "", 9, "是", "", "")])
    assert admin.run("supervise-plan", "--seed", SEED).code == 0
    held = {one["supervisor"] for one in admin.run("ledger", "list", "--json").json["branches"]}
    assert held == {"一班团支部（B-0）", "一班团支部（B-1）", "二班团支部"}


def test_a_ledger_without_the_column_keeps_the_grades(admin: Admin) -> None:
    listed(admin, branches(3, "级"))
    columns = ("团支部代码", "团支部名称", "所属团组织代码", "团支部书记", "单位及职务", "任职时间", "登记注册团员数")
    shorter = write_book(
        admin.path("旧.xlsx"),
        ORGANISATIONS,
        [row[:9] for row in branches(3)],
        branch_columns=(*columns, "挂靠确认", "指导监督人"),
    )
    assert admin.run("ledger", "import", shorter).code == 0
    grades = [one["grade"] for one in admin.run("ledger", "list", "--json").json["branches"]]
    assert sorted(grades) == ["2013级", "2014级", "2015级"]
    bad = write_book(admin.path("坏.xlsx"), ORGANISATIONS, [(*BRANCHES[0], "三年级")])
    refused = admin.run("ledger", "import", bad)
    assert (refused.code, "年级" in refused.err) == (1, True)


def test_the_sample_is_drawn_by_line_and_again_the_same(counted: Admin) -> None:
    out, calls = counted.path("名单.xlsx"), counted.path("回访.docx")
    words = ("sample", "--seed", SEED, "--year", 2016, "--json", "--rate")
    ran = counted.run(*words, "40%", "--out", out, "--call-sheet", calls)
    assert ran.code == 0, ran.err
    found = ran.json
    assert [(one["line"], one["size"], len(one["drawn"])) for one in found["strata"]] == [
        ("中学", 4, 2),
        ("高校", 4, 2),
    ]
    assert found["rate"] == "2/5"
    assert "SHA-256" in found["method"]
    for one in found["strata"]:
        codes = [f"B-{n:02}" for n in range(9) if n != 4 and (n % 2 == 1) == (one["line"] == "中学")]
        order = sorted(codes, key=lambda code: hashlib.sha256(f"{SEED}\n{code}".encode()).hexdigest())
        assert one["drawn"] == order[:2]
    assert counted.run(*words, "2/5").json["branches"] == found["branches"]
    assert counted.run("sample", "--seed", "另一个种子", "--rate", "2/5", "--json").json["seed"] != SEED
    assert [sheet.max_row for sheet in load_workbook(out).worksheets] == [4 + 3, 2 + 3]
    text = "".join(node.text or "" for node in Document(str(calls)).element.iter(qn("w:t")))
    assert text.count("测评程序电话回访记录") == 4
    assert "满意票" not in text


def test_a_rate_that_is_none_is_refused(counted: Admin) -> None:
    for rate in ("0", "-0.1", "1.1", "101%", "x", "1/0", "1e-3", "9" * 5000):
        ran = counted.run("sample", "--seed", SEED, "--rate", rate)
        assert ran.code == 2
        assert "10%" in ran.error
    assert counted.run("sample", "--seed", SEED, "--rate", "1").code == 0  # the control


def test_a_sample_of_nothing_leaves_no_file(admin: Admin) -> None:
    out = admin.path("名单.xlsx")
    assert "没有可抽查" in admin.run("sample", "--seed", SEED, "--rate", "0.1", "--out", out).error
    assert not out.exists()
    assert not admin.home.registry_path.exists()


def test_findings_are_recorded_and_enter_the_account(counted: Admin) -> None:
    said = ("findings", "--branch", "B-01", "--year", 2016, "--way", "call", "--date", "2017-04-10")
    assert counted.run(*said, "--in-order", "no", "--note", "=未当场公布结果").code == 0
    assert counted.run(*said, "--in-order", "yes", "--note", "已补公布").code == 0
    found = counted.run("findings", "--year", 2016, "--json").json
    assert ([one["in_order"] for one in found["findings"]], found["amiss"]) == ([False, True], 1)
    assert counted.run(*said, "--note", "缺").code == 2
    assert counted.run("findings", "--way", "call").code == 2
    assert counted.run("findings", "--branch", "X", *said[3:], "--in-order", "no", "--note", "无").code == 1
    out = counted.path("年终账.xlsx")
    ran = counted.run("account", "--year", 2016, "--deadline", "2017-04-01", "--out", out, "--json")
    assert ran.code == 0, ran.err
    first, second = ran.json["units"]
    names = ("code", "expected", "done", "satisfied", "unsatisfied", "again", "late", "rounds", "findings", "amiss")
    assert [first[name] for name in names] == ["5001", 5, 4, 3, 1, 1, 0, 5, 0, 0]
    assert [second[name] for name in names] == ["5002", 5, 4, 4, 0, 0, 0, 4, 2, 1]
    late = counted.run("account", "--year", 2016, "--deadline", "2017-03-31", "--json").json["units"]
    assert [one["late"] for one in late] == [4, 4]
    accounts, listed_findings = load_workbook(out).worksheets
    assert [cell.value for cell in accounts[accounts.max_row]][:3] == ["合计", 10, 8]
    assert (listed_findings["H2"].value, listed_findings["H2"].data_type) == ("=未当场公布结果", "s")


def test_the_files_are_what_they_say(counted: Admin) -> None:
    out = counted.path("名单.xlsx")
    assert counted.run("sample", "--seed", "=1+1", "--rate", "1", "--out", out).code == 0
    with zipfile.ZipFile(io.BytesIO(Path(out).read_bytes())) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")
