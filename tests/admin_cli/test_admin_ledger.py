"""`ledger`, and `authorize --branch`: what goes in comes out again, as Excel and WPS would open it."""

from __future__ import annotations

import csv
import io

import pytest
from admin_script import Admin
from ledger_books import BRANCHES, ORGANISATIONS, write_book
from openpyxl import load_workbook

from ballots_store.trust import enrolled
from rounds.chain import read_authorisation


@pytest.fixture
def listed(admin: Admin) -> Admin:
    ran = admin.run("ledger", "import", write_book(admin.path("ledger.xlsx")))
    assert ran.code == 0, ran.err
    return admin


def test_the_template_is_taken_in_again_empty(admin: Admin) -> None:
    out = admin.path("t.xlsx")
    assert admin.run("ledger", "template", "--out", out).code == 0
    ran = admin.run("ledger", "import", out, "--json")
    assert (ran.code, ran.json["changes"], ran.json["imported"]) == (0, [], True)
    assert admin.run("ledger", "template", "--out", out).code != 0  # it stands there already


@pytest.mark.parametrize("names", [["all.xlsx"], ["团组织.csv", "团支部.csv"]])
def test_what_is_exported_is_what_was_imported(listed: Admin, names: list[str]) -> None:
    files = [listed.path(name) for name in names]
    for file in files:
        table = ("--table", file.stem) if file.suffix == ".csv" else ()
        assert listed.run("ledger", "export", "--out", file, *table).code == 0
    again = listed.run("ledger", "import", *files, "--json")
    assert (again.code, again.json["changes"]) == (0, [])
    elsewhere = {"BEIKAOBEI_HOME": str(listed.path("other"))}
    assert listed.run("ledger", "import", *files, **elsewhere).code == 0
    here, there = (listed.run("ledger", "list", "--json", **where).json for where in ({}, elsewhere))
    assert here == there


def test_bad_rows_are_lines_on_stderr_and_exit_1(admin: Admin) -> None:
    bad = [*BRANCHES, ("X", "", "5001", "某人", "", "", "", "是", "")]
    ran = admin.run("ledger", "import", write_book(admin.path("ledger.xlsx"), ORGANISATIONS, bad), "--json")
    assert ran.code == 1
    assert "团支部表第5行：“团支部名称”未填写；“登记注册团员数”未填写" in ran.err
    assert "没有导入任何一行" in ran.error
    assert ran.json["imported"] is False
    assert admin.run("ledger", "list", "--json").json["branches"] == []


def test_text_that_looks_like_a_formula_stays_text(admin: Admin) -> None:
    names = ["=1+1", "+86", "-甲", "@乙"]
    rows = [(f"B{at}", name, "50", "某人", "", "", 20, "是", "") for at, name in enumerate(names)]
    listed = admin.path("branches.csv")
    text = io.StringIO(newline="")
    csv.writer(text).writerows(
        [
            (
                "团支部代码",
                "团支部名称",
                "所属团组织代码",
                "团支部书记",
                "单位及职务",
                "任职时间",
                "登记注册团员数",
                "挂靠确认",
                "指导监督人",
            ),
            *rows,
        ]
    )
    listed.write_text(text.getvalue(), encoding="utf-8-sig")
    book = write_book(admin.path("ledger.xlsx"), ORGANISATIONS, [])
    assert admin.run("ledger", "import", book, listed).code == 0
    assert admin.run("ledger", "export", "--out", admin.path("out.xlsx")).code == 0
    cells = [row[1] for row in load_workbook(admin.path("out.xlsx"))["团支部"].iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(name, "s") for name in names]
    assert admin.run("ledger", "export", "--out", admin.path("out.csv")).code == 0
    data = admin.path("out.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    exported = [row[1] for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))][1:]
    assert exported == [f"'{name}" for name in names]
    again = admin.run("ledger", "import", admin.path("out.csv"), "--json")
    assert (again.code, again.json["changes"]) == (0, [])


def test_authorize_takes_everything_from_the_ledger(listed: Admin) -> None:
    listed.run("keys", "new", "--name", "共青团某某大学委员会", "--out", listed.path("org.key"))
    given = ("authorize", "--org-key", listed.path("org.key"), "--year", 2016, "--out", listed.path("r.auth"))
    ran = listed.run(*given, "--branch", "TM-01", "--json")
    assert (ran.code, ran.json["registered"]) == (0, 6)
    signed = read_authorisation(listed.path("r.auth").read_bytes(), enrolled(listed.home)).record
    assert (signed.branch.code, signed.branch.name) == ("TM-01", "土木2015级一班团支部")
    assert (signed.assessed.name, signed.assessed.since, signed.assessed.post) == ("张晓明", "2015年9月", "学生")
    assert (signed.supervisor, signed.registered) == ("李督导", 6)
    listed.path("r.auth").unlink()
    assert "TM-99" in listed.run(*given, "--branch", "TM-99").error
    assert "挂靠尚未确认" in listed.run(*given, "--branch", "FZ-01").error
    assert "--members" in listed.run(*given, "--branch", "TM-01", "--members", 7).error
    assert not listed.path("r.auth").exists()
