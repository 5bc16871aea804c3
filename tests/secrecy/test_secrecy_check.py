"""`secrecy-check`: it finds the order in every planted store, nothing in the box, and changes no byte."""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path

import pytest
from admin_script import Admin
from box_factory import CLOSED, FIVE_BALLOTS, SUPERVISOR, TELLER, MadeBox, make_box
from box_inside import killed_before_the_old_key_goes
from planted_stores import PLANTS, plant_clear, plant_counters, some_ballots
from secrecy_experiments import recovered

from ballots_store.destroying import DestroyRequest, destroy_round
from ballots_store.errors import BoxInUse
from ballots_store.examination import Report, examine_path, examine_round
from ballots_store.examination_pages import parse_leaf
from ballots_store.frozen import copy_to_token
from rounds.choices import Choice


def stands(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """Every file with its bytes and the time of its last change."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files if path.name != "lock"}


def found(report: Report, level: str = "recoverable") -> set[str]:
    return {finding.method for finding in report.findings if finding.level == level}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_order_is_found_and_the_store_left_alone(scratch: Path, name: str) -> None:
    plant, method, least = PLANTS[name]
    plant(scratch, some_ballots(40))
    image = scratch / "disk.img"
    before = stands(scratch)
    report = examine_path(image if image.exists() else scratch)
    assert stands(scratch) == before
    assert method in found(report)
    assert abs(recovered(scratch / "again", name)) >= least


def test_counters_and_choices_in_clear_are_found(scratch: Path) -> None:
    for name, plant, method in (("a", plant_counters, "旧版本"), ("b", plant_clear, "明文")):
        (scratch / name).mkdir()
        plant(scratch / name, some_ballots(20))
        assert method in found(examine_path(scratch / name))


def test_a_list_in_a_text_file_is_found(scratch: Path) -> None:
    make_box(scratch / "home").vote(FIVE_BALLOTS)
    assert not examine_path(scratch).recoverable
    note = scratch / "home" / "note.txt"
    note.write_text("".join(f"14:0{at} 不满意\n" for at in range(5)))
    assert {"明文", "日志"} <= found(examine_path(scratch))


def test_keys_that_were_not_erased_are_found(scratch: Path) -> None:
    made = make_box(scratch / "home").vote(FIVE_BALLOTS)
    data = made.slots.read_bytes()
    made.slots.write_bytes(data[:4200] + secrets.token_bytes(32) + data[4232:])
    assert found(examine_path(scratch)) == {"密钥槽"}
    made.slots.write_bytes(data)
    assert found(examine_path(scratch), "remnant") == set()


def test_a_kiosk_that_was_killed_between_its_two_writes_is_found(scratch: Path) -> None:
    """Until the next start both the state before and the state after have their keys."""
    made = make_box(scratch / "home")
    killed_before_the_old_key_goes(made)
    assert found(examine_path(scratch), "remnant") == {"密钥槽"}
    made.start().close()
    assert found(examine_path(scratch), "remnant") == set()


def test_what_is_written_once_a_round_is_no_trace_of_a_cast(scratch: Path) -> None:
    made = make_box(scratch / "home")
    made.slips(5)
    (scratch / "slips.docx").unlink()
    made.vote(FIVE_BALLOTS)
    made.folder.opening.write_text('{"box_id":"","token":""}')  # as a kill behind the last step of `open` leaves it
    assert found(examine_path(scratch)) | found(examine_path(scratch), "remnant") == set()
    with made.folder.log.open("a") as log:  # the control
        log.write('{"at":"2099-04-01T14:31:00+08:00","event":"cast"}\n')
    assert found(examine_path(scratch), "remnant") == {"日志"}


@pytest.mark.parametrize("with_roster", [False, True])
@pytest.mark.parametrize("with_stick", [False, True])
def test_the_box_gives_nothing_at_any_stage(scratch: Path, *, with_stick: bool, with_roster: bool) -> None:
    token = scratch / "stick" if with_stick else None
    made = make_box(scratch / "home", token=token, members=60, with_roster=with_roster)
    check_clean(made)
    made.vote([Choice(1 + turn % 3) for turn in range(45)])
    check_clean(made)
    made.close(present=45)
    copy_to_token(made.home, made.round_id)
    check_clean(made, files=12 if with_stick else 6)
    codes = made.codes(SUPERVISOR, TELLER)
    destroy_round(made.home, DestroyRequest(made.round_id, codes), now=CLOSED)
    check_clean(made, files=3)


def check_clean(made: MadeBox, *, files: int = 6) -> None:
    before = made.files()
    report = examine_round(made.home, made.round_id)
    assert found(report) == found(report, "remnant") == set(), report
    assert report.files >= files
    assert {path: data for path, data in made.files().items() if path.name != "lock"} == {
        path: data for path, data in before.items() if path.name != "lock"
    }


def test_a_box_in_use_is_refused(scratch: Path) -> None:
    made = make_box(scratch / "home")
    box = made.start()
    with pytest.raises(BoxInUse):
        examine_round(made.home, made.round_id)
    with pytest.raises(BoxInUse):
        examine_path(scratch)
    box.close()
    assert not examine_path(scratch).recoverable


def test_a_table_slipped_into_the_box_is_found(scratch: Path) -> None:
    made = make_box(scratch / "home").vote(FIVE_BALLOTS)
    store = sqlite3.connect(made.folder.box, isolation_level=None)
    store.execute("CREATE TABLE seen(mark TEXT)")
    store.executemany("INSERT INTO seen VALUES(?)", [("yes",), ("no",), ("no",), ("yes",), ("no",)])
    store.close()
    assert {"记录编号", "明文"} <= found(examine_round(made.home, made.round_id))


def test_random_and_damaged_bytes_are_examined_without_a_word_too_many(scratch: Path) -> None:
    box = make_box(scratch / "home").vote(FIVE_BALLOTS).folder.box.read_bytes()
    path = scratch / "odd"
    for data in (b"", b"SQLite format 3\0", box[:5000], secrets.token_bytes(300_000), box[:100] + os.urandom(16384)):
        path.write_bytes(data)
        examine_path(path)
    for at in range(100, len(box), 211):
        path.write_bytes(box[:at] + bytes([box[at] ^ 0xFF]) + box[at + 1 :])
        examine_path(path)
    assert all(parse_leaf(os.urandom(512)) is None for _ in range(2000))


def test_the_command_says_what_it_tried_and_what_it_found(admin: Admin, scratch: Path) -> None:
    plant_clear(scratch, some_ballots(20))
    ran = admin.run("secrecy-check", scratch)
    assert ran.code == 1
    assert "可还原" in ran.out
    assert "可排出20条记录的先后" in ran.out
    assert "Traceback" not in ran.out + ran.err
    ran = admin.run("secrecy-check", scratch, "--json")
    assert (ran.code, ran.json["recoverable"]) == (1, True)
    assert {row["ordered"] for row in ran.json["findings"]} == {0, 20}


def test_the_command_on_a_round(voted: Admin) -> None:
    ran = voted.run("secrecy-check", "--json")
    assert (ran.code, ran.json["recoverable"]) == (0, False), ran
    assert len(ran.json["findings"]) == 11
    shown = voted.run("secrecy-check")
    assert (shown.code, shown.err) == (0, "")
    assert "未能还原任何一票" in shown.out
    for word in ("编号", "页内位置", "空闲页", "预写日志", "密钥槽", "文件时间", "日志", "遗留文件"):
        assert word in shown.out


def test_the_command_names_what_is_missing(admin: Admin) -> None:
    assert admin.run("secrecy-check").code == 2
    assert admin.run("secrecy-check", "2016-0123456789abcdef").code == 2
    assert admin.run("secrecy-check", "nowhere.img").code == 2
