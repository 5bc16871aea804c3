"""`kit --all-pending`: a folder a branch, whole or not at all; what was given out is not given out again."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from admin_script import COMMAND, Admin, subprocess_environment
from ledger_books import write_book
from paper_samples import text

from admin_cli import folders as folders_module
from admin_cli.folders import folder_name
from admin_cli.papers.kit import AUTHORISATION_NAME, CARD_NAME, WITH_CODES

ORGANISATION = ("50", "某市团委", "", "王同志", "023-1234", "高校")
BRANCHES = tuple(
    (f"B{at}", f"土木{at}班团支部", "50", f"书记{at}", "支部委员会书记", "2015年9月", 10 + at, "是", "李督导")
    for at in range(1, 4)
)
PAPERS = 10


@pytest.fixture
def office(admin: Admin) -> Admin:
    admin.make_organisation()
    _list(admin, *BRANCHES)
    return admin


def _list(admin: Admin, *branches: tuple[object, ...]) -> None:
    book = admin.path("ledger.xlsx")
    book.unlink(missing_ok=True)
    ran = admin.run("ledger", "import", write_book(book, [ORGANISATION], list(branches)))
    assert ran.code == 0, ran.err


def words(admin: Admin, *more: object) -> tuple[object, ...]:
    return ("kit", "--org-key", admin.path("org.key"), "--year", 2016, "--out", admin.path("out"), *more)


def folders(admin: Admin) -> list[str]:
    place = admin.path("out")
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


def test_every_branch_gets_its_folder_and_none_gets_a_second(office: Admin) -> None:
    ran = office.run(*words(office, "--all-pending", "--json"))
    assert ran.code == 0, ran.err
    assert [one["branch"] for one in ran.json["written"]] == ["B1", "B2", "B3"]
    assert folders(office) == ["B1 土木1班团支部", "B2 土木2班团支部", "B3 土木3班团支部"]
    for name in folders(office):
        place = office.path("out") / name
        assert len(list(place.iterdir())) == PAPERS
        checked = office.run("verify", place / AUTHORISATION_NAME, "--trust", place / CARD_NAME, "--json")
        assert checked.code == 0, checked.err
        assert name.split()[1] in text((place / WITH_CODES[0]).read_bytes())
        assert place.stat().st_mode & 0o777 == 0o700
    assert "打印后立即删除" in ran.err
    before = office.files()
    again = office.run(*words(office, "--all-pending", "--json"))
    assert (again.code, again.json["written"], office.files()) == (0, [], before)


def test_the_codes_open_the_authorisation_beside_them(office: Admin) -> None:
    assert office.run(*words(office, "--branch", "B2")).code == 0
    (name,) = folders(office)
    place = office.path("out") / name
    letter = text((place / WITH_CODES[0]).read_bytes())
    office.codes["BEIKAOBEI_ACTIVATION"] = _codes(letter)[0]
    assert office.run("open", place / AUTHORISATION_NAME, "--teller", "王五", "--json").json["members"] == 12


def _codes(said: str) -> list[str]:

    return re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", said)


def test_what_cannot_be_authorised_is_named_and_the_rest_is_made(office: Admin) -> None:
    open_affiliation = ("B1", "土木1班团支部", "50", "书记1", "", "", 11, "否", "")
    _list(office, open_affiliation)
    ran = office.run(*words(office, "--all-pending", "--json"))
    assert ran.code == 0, ran.err
    assert [one["branch"] for one in ran.json["written"]] == ["B2", "B3"]
    assert ran.json["refused"] == [{"branch": "B1", "reason": "团员挂靠尚未确认"}]


def test_a_run_that_was_cut_off_goes_on_where_it_was(office: Admin) -> None:
    line = [*COMMAND, *map(str, words(office, "--all-pending"))]
    running = subprocess.Popen(line, env=subprocess_environment(office), stderr=subprocess.PIPE, text=True)
    while running.poll() is None and not any(name.startswith("B") for name in folders(office)):
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate()
    done = [name for name in folders(office) if not name.startswith(".")]
    assert running.returncode in {0, 130}, said  # 0: it was faster than the signal
    assert folders(office) == done
    assert {len(list((office.path("out") / name).iterdir())) for name in done} == {PAPERS}
    before = _contents(office)
    ran = office.run(*words(office, "--all-pending", "--json"))
    assert ran.code == 0, ran.err
    assert len(folders(office)) == len(BRANCHES)
    assert before.items() <= _contents(office).items()


def _contents(admin: Admin) -> dict[str, bytes]:
    return {name: data for name, data in admin.files().items() if name.startswith("out/")}


def test_a_folder_that_the_registry_does_not_know_of_is_taken_in(office: Admin) -> None:
    assert office.run(*words(office, "--branch", "B1")).code == 0
    half = office.path("out") / ".B2 土木2班团支部.未完成"
    half.mkdir()
    (half / WITH_CODES[0]).write_bytes(b"left by a power cut")
    (office.home.registry_path).unlink()
    _list(office, *BRANCHES)
    before = _contents(office)
    ran = office.run(*words(office, "--all-pending", "--json"))
    assert (ran.code, ran.json["resumed"]) == (0, 1)
    assert [one["branch"] for one in ran.json["written"]] == ["B2", "B3"]
    assert not half.exists()
    del before[f"out/{half.name}/{WITH_CODES[0]}"]
    assert before.items() <= _contents(office).items()


def test_a_strange_folder_stops_everything(office: Admin) -> None:
    place = office.path("out") / "B2 土木2班团支部"
    place.mkdir(parents=True)
    ran = office.run(*words(office, "--all-pending"))
    assert ran.code == 1
    assert "不是该团支部本次测评的材料" in ran.error
    assert folders(office) == [place.name]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ((), 2, "二者选一"),
        (("--all-pending", "--branch", "B1"), 2, "二者选一"),
        (("--branch", "B9"), 1, "B9不在待批复之列"),
        (("--all-pending", "--opens", "2017-04-02T08:00+08:00", "--closes", "2017-04-01T08:00+08:00"), 1, "开始时间"),
    ],
)
def test_refusals_leave_nothing(office: Admin, more: tuple[str, ...], code: int, said: str) -> None:
    ran = office.run(*words(office, *more))
    assert ran.code == code
    assert said in ran.error
    assert not office.path("out").exists()


def test_authorize_and_kit_refuse_a_reversed_window_alike(office: Admin) -> None:
    window = ("--opens", "2017-04-02T08:00+08:00", "--closes", "2017-04-01T08:00+08:00")
    line = ("authorize", "--org-key", office.path("org.key"), "--branch", "B1", "--year", 2016)
    one = office.run(*line, *window, "--out", office.path("b1.auth"))
    every = office.run(*words(office, "--all-pending", *window))
    assert (one.code, every.code, one.error) == (1, 1, every.error)


WINDOW = ("--opens", "2027-04-01T08:00+08:00", "--closes", "2027-04-02T08:00+08:00")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--place", "操场"), "地点"),
        (("--no-slips",), "投票凭条"),
        (WINDOW, "开始时间.*结束时间"),
        ((*WINDOW, "--method", "stationed"), "开始时间.*方式"),
    ],
)
def test_a_folder_that_was_made_with_other_options_is_not_taken_over(
    office: Admin, more: tuple[str, ...], told: str
) -> None:
    assert office.run(*words(office, "--branch", "B1")).code == 0
    office.home.registry_path.unlink()  # cut off before it was noted
    _list(office, *BRANCHES)
    before = office.files()
    ran = office.run(*words(office, "--branch", "B1", *more))
    assert ran.code == 1
    assert re.search(f"{told}.*与本次的不同：请按原来的选项", ran.error)
    assert office.files() == before
    assert office.run(*words(office, "--branch", "B1", "--json")).json["resumed"] == 1  # the control


def test_a_folder_of_which_the_ledger_says_otherwise_now_is_not_taken_over(office: Admin) -> None:
    assert office.run(*words(office, "--branch", "B1")).code == 0
    office.home.registry_path.unlink()
    _list(office, (*BRANCHES[0][:6], 31, *BRANCHES[0][7:]))
    assert "登记注册团员数与本次的不同" in office.run(*words(office, "--branch", "B1")).error


def test_a_full_disk_is_named_with_the_folder_and_leaves_nothing(
    office: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(folders_module, "write_synced", full)
        ran = office.run(*words(office, "--branch", "B1"))
    assert ran.code == 4
    assert f"“{office.path('out')}/B1 土木1班团支部”（磁盘已满）" in ran.error
    assert not office.path("out").exists()
    assert office.run(*words(office, "--branch", "B1")).code == 0  # the control


def test_a_key_of_another_organisation_authorises_nothing(office: Admin) -> None:
    other = ("51", "另一团委", "", "", "", "")
    book = write_book(office.path("other.xlsx"), [other], [])
    assert office.run("ledger", "import", book, BEIKAOBEI_HOME=str(office.path("elsewhere"))).code == 0
    ran = office.run(*words(office, "--all-pending"), BEIKAOBEI_HOME=str(office.path("elsewhere")))
    assert ran.code == 1
    assert "台账中没有名为“某市团委”的团组织" in ran.error


def test_authorize_counts_as_given_out(office: Admin) -> None:
    line = ("authorize", "--org-key", office.path("org.key"), "--branch", "B1", "--year", 2016)
    assert office.run(*line, "--out", office.path("b1.auth")).code == 0
    ran = office.run(*words(office, "--all-pending", "--json"))
    assert [one["branch"] for one in ran.json["written"]] == ["B2", "B3"]


def test_a_second_first_attempt_is_warned_of(office: Admin) -> None:
    """Who has lost the 批复 needs another one; the results of both would contradict each other."""
    line = ("authorize", "--org-key", office.path("org.key"), "--year", 2016, "--branch")
    for branch, out, told in (("B1", "b1.auth", False), ("B1", "again.auth", True), ("B2", "b2.auth", False)):
        ran = office.run(*line, branch, "--out", office.path(out))
        assert ran.code == 0
        assert ("这一年度已批复过或已有结果" in ran.err) is told


def test_after_a_void_round_another_first_attempt_is_refused(office: Admin) -> None:
    line = ("authorize", "--org-key", office.path("org.key"), "--branch", "B1", "--year", 2016, "--out")
    issued = office.run(*line, office.path("b1.auth"), "--json").json
    code = {"BEIKAOBEI_ACTIVATION": issued["activation_code"]}
    assert office.run("open", office.path("b1.auth"), "--teller", "王五", **code).code == 0
    end = office.path("b1.void")
    assert office.run("void", "--reason", "团员人数有误", "--out", end).code == 0
    assert office.run("import", end).code == 0
    ran = office.run(*line, office.path("b1-2.auth"))
    assert ran.code == 1
    assert "“土木1班团支部”上一次测评无效或已作废：请用 --previous" in ran.error
    assert not office.path("b1-2.auth").exists()
    assert office.run(*line, office.path("b1-2.auth"), "--previous", end, "--json").json["attempt"] == 2


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("B1 一班", "B1 一班"),
        ("a/b\\c:d", "a_b_c_d"),
        ("..", "_"),
        ("x.", "x"),
        ("长" * 60, "长" * 40),
        ("a\nb", "a_b"),
    ],
)
def test_folder_names_fit_every_system(named: str, expected: str, tmp_path: Path) -> None:
    assert folder_name(named) == expected
    (tmp_path / folder_name(named)).mkdir()
