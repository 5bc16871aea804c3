"""`open` and the hall: what the kiosk's checks refuse, warn of and remark; and a check that does not answer."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from admin_script import Admin

from admin_cli import readiness
from admin_cli.readiness import Checked, environment, run_check

REFUSED = "显示器：连接了2台显示器，别人能看到选票。请断开投影和其他显示器。"


def found(monkeypatch: pytest.MonkeyPatch, answer: Checked | None) -> None:
    monkeypatch.setattr(readiness, "run_check", lambda _home, _token: answer)


def opened(admin: Admin, *more: object) -> tuple[int, str, list[str]]:
    """Exit code, stderr and the readiness lines of the zero report."""
    zero = admin.path("zero.json")
    ran = admin.run("open", admin.path("r.auth"), "--teller", "王五", "--zero-report", zero, *more)
    if not zero.exists():
        return ran.code, ran.err, []
    payload = json.loads(base64.b64decode(json.loads(zero.read_bytes())["payload"]))
    return ran.code, ran.err, payload["readiness"]


def issued(admin: Admin, *, rehearsal: bool = False) -> Admin:
    admin.make_organisation()
    admin.issue("r.auth", supervisor="李四", rehearsal=rehearsal)
    return admin


def test_a_second_display_refuses_an_official_opening(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, Checked(("显示器：连接了2台显示器。",), (REFUSED,), (REFUSED,)))
    code, err, _ = opened(issued(admin))
    assert (code, REFUSED in err) == (1, True)
    assert admin.home.rounds() == []
    found(monkeypatch, Checked((), (), ()))  # the control: the same opening with one display
    assert opened(admin)[0] == 0


def test_a_rehearsal_is_warned_and_remarked(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, Checked(("显示器：连接了2台显示器。",), (REFUSED,), (REFUSED,)))
    code, err, lines = opened(issued(admin, rehearsal=True), "--rehearsal")
    assert (code, f"注意：{REFUSED}" in err) == (0, True)
    assert "显示器：连接了2台显示器。" in lines


def test_a_check_that_does_not_answer_is_one_warning(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, None)
    code, err, lines = opened(issued(admin))
    assert (code, err.count("未能检查")) == (0, 1)
    assert lines[-1] == "本机和会场未能由程序检查。"


def test_nothing_is_said_twice() -> None:
    checked = ("数据文件夹：数据文件夹在固态介质上。", "票箱U盘：未使用。", "摄像头：须核对。")
    said = ("数据文件夹在固态介质上：请换。",)
    assert readiness.new_lines(checked, said, None) == ["摄像头：须核对。"]
    assert readiness.new_lines(checked, (), Path("stick")) == list(checked)


def test_the_real_child_answers_and_is_given_no_code(tmp_path: Path) -> None:
    answer = run_check(tmp_path / "home", None)
    assert answer is not None
    assert any(line.startswith("摄像头：") for line in answer.remarks)
    given = {"BEIKAOBEI_PIN": "1", "BEIKAOBEI_HOME": "h", "PYTHONPATH": "x", "LANG": "C.UTF-8"}
    child = environment(given)
    assert not [name for name in child if name.startswith("BEIKAOBEI")]
    assert child["LANG"] == "C.UTF-8"


def ended(stdout: bytes) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    return lambda words, **_: subprocess.CompletedProcess(words, 4, stdout, b"")


def late(*_: Any, **__: Any) -> subprocess.CompletedProcess[bytes]:
    raise subprocess.TimeoutExpired("kiosk", 1)


def missing(*_: Any, **__: Any) -> subprocess.CompletedProcess[bytes]:
    raise FileNotFoundError(sys.executable)


@pytest.mark.parametrize(
    "run", [ended(b""), ended(b"[]"), ended(b'{"remarks": []}'), ended(b"\xff"), late, missing], ids=range(6)
)
def test_no_failure_of_the_child_is_more_than_unchecked(run: Callable[..., Any], tmp_path: Path) -> None:
    assert run_check(tmp_path, None, run=run) is None
    whole = b'{"findings": [], "remarks": ["a"], "opening_refused": [], "warnings": []}'
    assert run_check(tmp_path, None, run=ended(whole)) == Checked(("a",), (), ())  # the control


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no folder in memory here")  # noqa: S108  Linux's name
def test_a_home_in_memory_is_refused_by_the_real_checks(admin: Admin, tmp_path_factory: pytest.TempPathFactory) -> None:
    import tempfile  # noqa: PLC0415  one test writes outside the test's own folder

    issued(admin)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        card = admin.path("org.pub")
        words = ("open", admin.path("r.auth"), "--teller", "王五", "--trust", card)
        ran = admin.run(*words, "--home", Path(memory) / "home")
        assert (ran.code, "在内存中（tmpfs）" in ran.error) == (1, True), ran.err
    assert admin.run(*words, "--home", tmp_path_factory.mktemp("disk") / "home").code == 0  # the control
