"""`recount`, `destroy`, the copy on the stick that `close` makes, and where `open` refuses to put a box."""

from __future__ import annotations

import base64
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from admin_script import CHEAP_KDF, COMMAND, Admin, subprocess_environment
from terminal import Terminal

from admin_cli import opening
from ballots_store.medium import Survey
from ballots_store.opening import OpenRequest, open_round
from ballots_store.trust import enrolled


@pytest.fixture
def with_stick(admin: Admin) -> Admin:
    """A round of 6 on a stick, voted in and stopped."""
    admin.path("stick").mkdir()
    admin.make_organisation()
    admin.issue("r.auth", supervisor="李四")
    request = OpenRequest(
        authorisation=admin.path("r.auth").read_bytes(),
        activation_code=admin.codes["BEIKAOBEI_ACTIVATION"],
        teller_name="王五",
        supervisor_code=admin.codes["BEIKAOBEI_SUPERVISOR_CODE"],
        teller_code=admin.codes["BEIKAOBEI_TELLER_CODE"],
        pin=admin.codes["BEIKAOBEI_PIN"],
        token=admin.path("stick"),
    )
    open_round(admin.home, request, roots=enrolled(admin.home), now=datetime.now(UTC), kdf=CHEAP_KDF)
    admin.vote("满不满空满")
    return admin


def close(admin: Admin, out: str = "r.result", *more: object) -> dict[str, object]:
    ran = admin.run("close", "--present", 5, "--out", admin.path(out), "--json", *more)
    assert ran.code == 0, ran.err
    return ran.json


def test_close_leaves_the_frozen_box_on_the_stick(with_stick: Admin) -> None:
    said = close(with_stick)
    copy = Path(str(said["token_copy"]))
    assert copy.is_relative_to(with_stick.path("stick"))
    assert {"box.sqlite", "end.json"} <= {path.name for path in copy.iterdir()}
    assert (copy / "end.json").read_bytes() == with_stick.path("r.result").read_bytes()


def test_a_stick_that_cannot_take_the_copy_is_a_warning(with_stick: Admin) -> None:
    blocked = with_stick.path("stick") / "beikaobei"
    blocked.write_bytes(b"in the way")
    ran = with_stick.run("close", "--present", 5, "--out", with_stick.path("r.result"), "--json")
    assert ran.code == 0
    assert ran.json["token_copy"] is None
    assert "未能复制到票箱U盘" in ran.err
    assert with_stick.path("r.result").exists()
    blocked.unlink()
    assert close(with_stick, "again.result")["token_copy"]
    assert with_stick.path("again.result").read_bytes() == with_stick.path("r.result").read_bytes()


def test_close_without_a_stick_copies_nothing(voted: Admin) -> None:
    assert close(voted)["token_copy"] is None


def test_recount_on_another_machine(with_stick: Admin, tmp_path: Path) -> None:
    closed = close(with_stick)
    other = tmp_path / "another machine"
    shutil.copytree(with_stick.path("stick"), other)
    shutil.rmtree(with_stick.home.path)
    words = ("recount", "--home", other / "beikaobei", "--token", other)
    ran = with_stick.run(*words, "--json")
    assert ran.code == 0, ran.err
    said = ran.json
    for name in ("collected", "valid", "invalid", "satisfied", "unsatisfied", "outcome", "digest", "seal_words"):
        assert said[name] == closed[name]
    assert (said["agrees"], said["holders"], said["emergency_used"]) == (True, ["supervisor", "teller"], False)
    shown = with_stick.run(*words).out
    assert "复核与签名的结果一致" in shown
    assert "启用应急码" in shown


@pytest.mark.parametrize("missing", ["BEIKAOBEI_SUPERVISOR_CODE", "BEIKAOBEI_TELLER_CODE"])
def test_recount_with_the_emergency_holder_says_so(closed: Admin, missing: str) -> None:
    ran = closed.run("recount", "--emergency", "--json", **{missing: None})
    assert ran.code == 0, ran.err
    assert ran.json["emergency_used"] is True
    assert "emergency" in ran.json["holders"]
    shown = closed.run("recount", "--emergency", **{missing: None}).out
    assert any("启用应急码" in line and "是" in line for line in shown.splitlines())


def test_recount_refuses_before_the_count(voted: Admin) -> None:
    early = voted.run("recount")
    assert (early.code, "尚未计票" in early.error) == (1, True)


def test_recount_refuses_in_one_line(closed: Admin) -> None:
    wrong = closed.run("recount", BEIKAOBEI_TELLER_CODE="not-the-code")
    assert (wrong.code, "不正确" in wrong.error) == (3, True)
    (closed.home.folder(closed.home.pick(None)).path / "slots").unlink()
    gone = closed.run("recount")
    assert (gone.code, "找不到密钥文件" in gone.error) == (4, True)


def test_destroy_and_what_is_said_afterwards(closed: Admin) -> None:
    round_id = closed.home.pick(None)
    before = closed.files()
    refused = closed.run("destroy")
    assert (refused.code, "--yes" in refused.error) == (2, True)
    wrong = closed.run("destroy", "--yes", BEIKAOBEI_TELLER_CODE="not-the-code")
    assert wrong.code == 3
    assert wrong.error
    assert closed.run("recount").code == 0  # nothing was destroyed so far
    ran = closed.run("destroy", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["round_id"], ran.json["state"], ran.json["end"]) == (round_id, "destroyed", "result")
    assert closed.files() == before
    for words in (("recount", round_id), ("close", round_id, "--present", 5, "--out", closed.path("x.result"))):
        said = closed.run(*words)
        assert (said.code, "已由两名工作人员销毁" in said.error) == (1, True)
    again = closed.run("destroy", round_id, "--yes")
    assert (again.code, "已经销毁" in again.error) == (1, True)
    assert not closed.path("x.result").exists()
    status = closed.run("status", round_id, "--json").json
    assert (status["state"], status["issued"], status["collected"]) == ("destroyed", None, None)
    shown = closed.run("status", round_id).out
    for text in ("已销毁", "销毁时间", "指导监督人员、计票人", "已完成"):
        assert text in shown
    assert closed.run("recount").code == 2  # no round is left to be meant
    opened = closed.run("open", closed.path("r.auth"), "--teller", "王五")
    assert (opened.code, "销毁" in opened.error) == (1, True)


@pytest.mark.pty
def test_destroy_asks_a_person(closed: Admin) -> None:
    for answer, code, said in (("1", 1, "未销毁，票箱未动"), ("2", 0, "票箱已销毁")):
        with Terminal([*COMMAND, "destroy"], env=subprocess_environment(closed), columns=120) as terminal:
            terminal.wait_for("1不销毁 2销毁")
            terminal.press(f"{answer}\r")
            terminal.wait_for(said)
            assert terminal.exit_status() == code


def test_destroy_refuses_a_round_that_has_not_ended(voted: Admin) -> None:
    ran = voted.run("destroy", "--yes")
    assert (ran.code, "尚未计票或作废" in ran.error) == (1, True)
    voted.run("void", "--reason", "停电", "--out", voted.path("r.void"))
    assert voted.run("destroy", "--yes", "--json").json["end"] == "void"


def test_destroy_by_the_emergency_holder(closed: Admin) -> None:
    ran = closed.run("destroy", "--yes", "--emergency", "--json", BEIKAOBEI_SUPERVISOR_CODE=None)
    assert ran.json["holders"] == ["emergency", "teller"]


def test_destroy_without_the_stick(with_stick: Admin) -> None:
    close(with_stick)
    with_stick.path("stick").rename(with_stick.path("lost"))
    ran = with_stick.run("destroy", "--yes")
    assert (ran.code, "--token-lost" in ran.error) == (4, True)
    assert with_stick.run("destroy", "--yes", "--token-lost", "--json").json["token_lost"] is True


def storage(admin: Admin, monkeypatch: pytest.MonkeyPatch, found: Survey) -> None:
    monkeypatch.setattr(opening, "survey", lambda _home, _token: found)
    admin.make_organisation()


def test_open_refuses_a_disk_that_keeps_old_keys(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    storage(admin, monkeypatch, Survey(("数据文件夹在btrfs文件系统上，请改用别处。",)))
    admin.issue("r.auth", supervisor="李四")
    ran = admin.run("open", admin.path("r.auth"), "--teller", "王五")
    assert (ran.code, "btrfs" in ran.error) == (1, True)
    assert admin.home.rounds() == []
    admin.issue("rehearsal.auth", supervisor="李四", rehearsal=True)
    ran = admin.run("open", admin.path("rehearsal.auth"), "--teller", "王五", "--rehearsal")
    assert (ran.code, "btrfs" in ran.err) == (0, True)  # a rehearsal is warned


def test_what_the_disk_is_stands_in_the_zero_report(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    storage(admin, monkeypatch, Survey((), ("数据文件夹在固态或闪存介质上。",)))
    admin.issue("r.auth", supervisor="李四")
    zero = admin.path("zero.json")
    ran = admin.run("open", admin.path("r.auth"), "--teller", "王五", "--zero-report", zero)
    assert ran.code == 0, ran.err
    assert "注意：数据文件夹在固态或闪存介质上。" in ran.err
    payload = base64.b64decode(json.loads(zero.read_bytes())["payload"])
    readiness = json.loads(payload)["readiness"]
    assert readiness[0] == "数据文件夹在固态或闪存介质上。"
    assert any(line.startswith("摄像头：") for line in readiness)  # what the kiosk's checks found follows
