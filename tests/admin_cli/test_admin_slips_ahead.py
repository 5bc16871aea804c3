"""Slips printed with the 批复, through the commands: `kit`, `authorize --slips` here, `open --slips` there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from admin_script import Admin
from ledger_books import write_book
from paper_samples import slip_numbers, text

from admin_cli.papers.kit import AUTHORISATION_NAME, SLIPS_NAME, SLIPS_PAPER, WITH_CODES

ORGANISATION = ("50", "某市团委", "", "王同志", "023-1234", "高校")
BRANCH = ("B1", "土木1班团支部", "50", "书记1", "支部委员会书记", "2015年9月", 5, "是", "李督导")
NAMES = ("--teller", "王五")


@pytest.fixture
def office(admin: Admin) -> Admin:
    admin.make_organisation()
    ran = admin.run("ledger", "import", write_book(admin.path("ledger.xlsx"), [ORGANISATION], [BRANCH]))
    assert ran.code == 0, ran.err
    return admin


def window() -> tuple[str, ...]:
    begins = datetime.now(UTC) - timedelta(minutes=5)
    return "--opens", begins.isoformat(), "--closes", (begins + timedelta(days=2)).isoformat()


def make_kit(admin: Admin, *more: object) -> Path:
    """The branch's folder; its 启用码 is in the environment of later commands."""
    words = ("kit", "--all-pending", "--org-key", admin.path("org.key"), "--year", 2016, "--out", admin.path("out"))
    ran = admin.run(*words, *more, "--json")
    assert ran.code == 0, ran.err
    (written,) = ran.json["written"]
    place = Path(written["path"])
    codes = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", text((place / WITH_CODES[0]).read_bytes()))
    admin.codes["BEIKAOBEI_ACTIVATION"] = codes[0]
    return place


def open_words(place: Path, *more: object) -> tuple[object, ...]:
    return ("open", place / AUTHORISATION_NAME, "--slips", place / SLIPS_NAME, *NAMES, *more)


# From kit to the count ------------------------------------------------------------------------------------------------


def test_a_stationed_round_from_the_kit_to_the_count(office: Admin) -> None:
    place = make_kit(office, "--method", "stationed", *window())
    numbers = slip_numbers((place / SLIPS_PAPER).read_bytes())
    assert len(set(numbers)) == 5
    sealed = office.run(*open_words(place, "--json"))
    assert (sealed.code, sealed.json["slips"]) == (0, 5)
    again = office.run("slips", "--out", office.path("again.docx"))
    assert (again.code, "已经制作过" in again.error, office.path("again.docx").exists()) == (1, True, False)
    office.vote_by_slips(numbers[:4])
    words = ("close", "--present", 5, "--out", office.path("r.result"), "--json")
    assert office.run(*words).code == 2  # the leftovers have to be counted
    closed = office.run(*words, "--leftover", 1)
    assert closed.json["slips"] == {"made": 5, "leftover": 1, "wrong": 0}
    assert (closed.json["issued"], closed.json["collected"], closed.json["outcome"]) == (4, 4, "satisfied")
    assert office.run("import", office.path("r.result"), "--json").json["imported"] == 1
    assert office.run("verify", office.path("r.result")).code == 0


def test_a_gathered_round_may_leave_its_slips_out(office: Admin) -> None:
    place = make_kit(office)
    ran = office.run("open", place / AUTHORISATION_NAME, *NAMES, "--json")
    assert (ran.code, ran.json["slips"]) == (0, 0)
    made = office.run("slips", "--out", office.path("slips.docx"), "--json")  # none is in the box
    assert (made.code, made.json["count"]) == (0, 5)


def test_what_is_said_to_people(office: Admin) -> None:
    words = ("kit", "--all-pending", "--org-key", office.path("org.key"), "--year", 2016, "--out", office.path("out"))
    ran = office.run(*words)
    assert "立即删除文件" in ran.err
    (place,) = office.path("out").iterdir()
    letter = text((place / WITH_CODES[0]).read_bytes())
    office.codes["BEIKAOBEI_ACTIVATION"] = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", letter)[0]
    said = office.run(*open_words(place)).out.replace("\n", "")
    assert "5张，随批复印制" in said
    assert "删除凭条的 .slips 文件" in said
    assert "投票凭条.slips" in text((place / "3测评当天操作.docx").read_bytes())


@pytest.mark.parametrize("stationed", [False, True])
def test_no_slips_where_none_are_wanted(office: Admin, *, stationed: bool) -> None:
    place = make_kit(office, "--no-slips", *(("--method", "stationed", *window()) if stationed else ()))
    assert {SLIPS_PAPER, SLIPS_NAME}.isdisjoint(path.name for path in place.iterdir())
    assert "投票凭条.slips" not in text((place / "3测评当天操作.docx").read_bytes())


def test_no_number_stands_anywhere_in_the_kit_but_on_its_paper(office: Admin) -> None:
    place = make_kit(office)
    numbers = slip_numbers((place / SLIPS_PAPER).read_bytes())
    for path in place.iterdir():
        data = path.read_bytes()
        said = text(data) if path.suffix == ".docx" else data.decode()
        found = [number for number in numbers if number in said.replace(" ", "")]
        assert (found == numbers) is (path.name == SLIPS_PAPER), path.name
        assert found == [] or path.name == SLIPS_PAPER


def test_a_stationed_kit_needs_a_window(office: Admin) -> None:
    words = ("kit", "--all-pending", "--org-key", office.path("org.key"), "--year", 2016, "--out", office.path("out"))
    ran = office.run(*words, "--method", "stationed")
    assert (ran.code, "须规定投票时间" in ran.error, office.path("out").exists()) == (2, True, False)


def test_a_window_that_is_over_is_said(office: Admin) -> None:
    words = ("kit", "--all-pending", "--org-key", office.path("org.key"), "--year", 2016, "--out", office.path("out"))
    past = ("--method", "stationed", "--opens", "2016-12-03T08:00:00+08:00", "--closes", "2016-12-04T08:00:00+08:00")
    ran = office.run(*words, *past)
    assert (ran.code, "投票时间已过" in ran.err) == (0, True)
    place = office.path("later")
    ran = office.run(*words[:-1], place, "--branch", "B1", *window())  # granted already: nothing is made again
    assert "投票时间已过" not in ran.err  # the control


# authorize --slips ----------------------------------------------------------------------------------------------------


def test_authorize_writes_both_files_beside_each_other(office: Admin) -> None:
    answer = office.authorise("--slips", office.path("凭条.docx"), "--supervisor", "李四")
    assert answer["slips"] == [str(office.path("凭条.docx")), str(office.path("凭条.slips"))]
    assert len(slip_numbers(office.path("凭条.docx").read_bytes())) == 6
    assert [office.path(name).stat().st_mode & 0o777 for name in ("凭条.docx", "凭条.slips")] == [0o600, 0o600]
    ran = office.run("open", office.path("r.auth"), "--slips", office.path("凭条.slips"), *NAMES, "--json")
    assert (ran.code, ran.json["slips"]) == (0, 6)


def authorize_words(admin: Admin, *more: object) -> tuple[object, ...]:
    words = ("authorize", "--org-key", admin.path("org.key"), "--branch-name", "一支部", "--secretary", "张三")
    return (*words, "--year", 2016, "--members", 2, "--out", admin.path("r.auth"), *more)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--slips", "{}/a.slips"), 2, "须写明凭条的 Word 文件"),
        (("--slips", "{}/a.txt"), 2, "须写明凭条的 Word 文件"),
        (("--slips", "{}/a.pdf"), 2, "须写明凭条的 Word 文件"),
        (("--slips", "{}/a.docx", "--letter", "{}/a.docx"), 2, "两个文件都叫"),
        (("--slips", "{}/standing.docx"), 4, "已存在，不予覆盖"),
        (("--slips", "{}/a.docx", "--roster", "{}/roster.txt"), 1, "使用花名册，不能使用投票凭条"),
        (("--slips", "{}/no/such/a.docx"), 4, "不存在"),
    ],
)
def test_authorize_refuses_and_leaves_nothing(office: Admin, more: tuple[str, ...], code: int, said: str) -> None:
    office.path("standing.slips").write_bytes(b"mine")
    office.path("roster.txt").write_text("甲\n乙\n", encoding="utf-8")
    before = office.files()
    ran = office.run(*authorize_words(office, *(word.format(office.folder) for word in more)))
    assert (ran.code, office.files()) == (code, before)
    assert said in ran.error
    assert office.run(*authorize_words(office, "--slips", office.path("a.docx"))).code == 0  # the control


# open --slips refuses -------------------------------------------------------------------------------------------------


def _altered(office: Admin, place: Path) -> Path:
    data = bytearray((place / SLIPS_NAME).read_bytes())
    data[len(data) // 2] ^= 1
    office.path("altered.slips").write_bytes(data)
    return office.path("altered.slips")


def _foreign(office: Admin, _place: Path) -> Path:
    kept = dict(office.codes)
    office.authorise("--slips", office.path("foreign.docx"), "--supervisor", "李四", out="other.auth")
    office.codes.update(kept)
    return office.path("foreign.slips")


def _empty(office: Admin, _place: Path) -> Path:
    office.path("empty.slips").write_bytes(b"")
    return office.path("empty.slips")


REFUSED: dict[str, tuple[Any, int, str]] = {
    "altered": (_altered, 3, "损坏、被改动，或不是投票凭条文件"),
    "foreign": (_foreign, 3, "属于另一次批复"),
    "empty": (_empty, 3, "损坏、被改动，或不是投票凭条文件"),
    "the paper": (lambda _, place: place / SLIPS_PAPER, 3, "损坏、被改动，或不是投票凭条文件"),
    "the authorisation": (lambda _, place: place / AUTHORISATION_NAME, 3, "这不是投票凭条文件"),
    "missing": (lambda _, place: place / "none.slips", 4, "无法读取投票凭条文件"),
    "a folder": (lambda _, place: place, 4, "无法读取投票凭条文件"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_open_refuses_in_one_line_and_leaves_no_box(office: Admin, name: str) -> None:
    find, code, said = REFUSED[name]
    place = make_kit(office)
    file = find(office, place)
    words = ("open", place / AUTHORISATION_NAME, *NAMES)
    ran = office.run(*words, "--slips", file, BEIKAOBEI_ACTIVATION=None)  # refused before a code is asked for
    assert ran.code == code
    assert said in ran.error
    assert office.home.rounds() == []
    assert office.run(*words, "--slips", place / SLIPS_NAME).code == 0  # the control


def test_a_roster_is_refused_by_rule(office: Admin) -> None:
    office.path("roster.txt").write_text("甲\n乙\n", encoding="utf-8")
    place = make_kit(office)
    roster = ("--roster", office.path("roster.txt"))
    answer = office.run(*authorize_words(office, *roster, "--json")).json
    words = ("open", office.path("r.auth"), *roster, *NAMES, "--supervisor", "李四")
    codes = {"BEIKAOBEI_ACTIVATION": answer["activation_code"]}
    ran = office.run(*words, "--slips", place / SLIPS_NAME, **codes)
    assert (ran.code, "不能使用投票凭条" in ran.error) == (1, True)
    assert office.home.rounds() == []
    assert office.run(*words, **codes).code == 0  # the control


def test_a_wrong_code_opens_neither(office: Admin) -> None:
    place = make_kit(office)
    right = office.codes["BEIKAOBEI_ACTIVATION"]
    office.authorise("--supervisor", "李四")
    ran = office.run(*open_words(place))
    assert (ran.code, "启用码不正确" in ran.error, office.home.rounds()) == (3, True, [])
    assert office.run(*open_words(place), BEIKAOBEI_ACTIVATION=right).code == 0  # the control


def test_verify_and_import_name_the_file(office: Admin) -> None:
    place = make_kit(office)
    ran = office.run("verify", place / SLIPS_NAME)
    assert (ran.code, "封箱时由 open F.auth --slips F.slips 核验" in ran.error) == (2, True)
    taken = office.run("import", place / SLIPS_NAME, "--json")
    assert taken.code == 3
    assert "这是投票凭条文件" in taken.json["files"][0]["reason"]
