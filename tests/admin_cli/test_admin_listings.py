"""`progress` as the level above calls it, with what the bundles from below list and has not come in."""

from __future__ import annotations

import pytest
from admin_script import Admin
from openpyxl import load_workbook
from paper_samples import text
from test_canvass_bundles import CHILD, PARENT, Upward, forged, of_child, upward

from canvass.grants import record_grants
from canvass.ledger import branch
from rounds.bundles import BundledRound, RoundState

__all__ = ["upward"]  # a fixture

WORDS = ("progress", "--deadline", "2017-04-01", "--year", 2016)


@pytest.fixture
def handed(upward: Upward) -> Upward:
    """Above: a ledger of three; from below: TM-01 authorised and not in, TM-02 done."""
    upward.authorise(of_child())
    upward.child.take(of_child("TM-02", 30).result(29, 1), roots=PARENT.roots | CHILD.roots)
    upward.take(upward.hand_up())
    return upward


def test_the_unfinished_name_who_listed_them(admin: Admin, handed: Upward) -> None:
    out, table = admin.path("通报.docx"), admin.path("进度.xlsx")
    where = ("--registry", handed.parent.url)
    ran = admin.run(*WORDS, *where, "--out", out, "--table", table, "--json")
    assert ran.code == 0, ran.err
    found = {one["code"]: one for one in ran.json["unfinished"]}
    assert set(found) == {"TM-01", "FZ-01"}
    told = {name: found["TM-01"][name] for name in ("state", "reported_by", "sequence", "in_ledger")}
    assert told == {"state": "已批复，未报送", "reported_by": CHILD.key.name, "sequence": 1, "in_ledger": True}
    assert found["TM-01"]["round_id"].startswith("2016-")
    assert (found["FZ-01"]["reported_by"], found["FZ-01"]["sequence"], found["FZ-01"]["round_id"]) == (None,) * 3
    assert (ran.json["total"]["expected"], ran.json["total"]["done"]) == (3, 1)
    basis = f"“{CHILD.key.name}”第1次报送包"
    assert f"已批复，未报送（据{basis}）" in text(out.read_bytes())
    rows = [[cell.value for cell in row] for row in load_workbook(table)["未完成"].iter_rows()]
    assert [row[7] for row in rows if "TM-01" in row] == [basis]
    assert f"其中1个据{basis}所列。" in admin.run(*WORDS, *where).out


def test_what_came_in_since_is_not_named_twice(admin: Admin, handed: Upward) -> None:
    before = admin.run(*WORDS, "--registry", handed.parent.url, "--json").json["unfinished"]
    assert [one["code"] for one in before] == ["TM-01", "FZ-01"]
    made = of_child()
    record_grants(handed.child.registry, [(branch(handed.child.registry, "TM-01").id, made.authorisation)])
    handed.child.take(made.result(5, 1), roots=PARENT.roots | CHILD.roots)
    handed.take(handed.hand_up())
    ran = admin.run(*WORDS, "--registry", handed.parent.url, "--json")
    assert [one["code"] for one in ran.json["unfinished"]] == ["FZ-01"]
    assert (ran.json["total"]["expected"], ran.json["total"]["done"]) == (3, 2)
    assert "所列" not in admin.run(*WORDS, "--registry", handed.parent.url).out


def test_a_name_from_below_becomes_no_formula(admin: Admin, upward: Upward) -> None:
    """What a child lists is the child's own text, and stands in the parent's workbook and letter as text."""
    hostile = "=cmd|'/c calc'!A1"
    upward.authorise(of_child())
    path = upward.hand_up()
    listing = BundledRound(
        attempt=1,
        branch_code="=1+1",
        branch_name=hostile,
        end="",
        round_id="2016-00000000000000aa",
        state=RoundState.MISSING,
    )
    upward.take(upward.parent.put("x.bundle", forged(path, CHILD.key, rounds=(listing,))))
    table = admin.path("进度.xlsx")
    ran = admin.run(*WORDS, "--registry", upward.parent.url, "--table", table, "--json")
    assert ran.code == 0, ran.err
    cells = [cell for row in load_workbook(table)["未完成"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value in {hostile, "=1+1"}} == {"s"}
    assert sum(cell.value == hostile for cell in cells) == 1  # the control: it is there
