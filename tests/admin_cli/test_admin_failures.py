"""What is left after a failure: no output file, no half file, no traceback; and answers that go into broken pipes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from admin_script import COMMAND, REPOSITORY, Admin, subprocess_environment

import admin_cli.__main__ as entry
from admin_cli import registry
from admin_cli.exits import Exit, exit_for
from admin_cli.newfiles import NewFiles
from canvass.importing import FileFate, import_files
from rounds.errors import BadInput, RuleRefusal, Unreadable, UntrustedIssuer, VerificationFailure


def test_when_the_card_cannot_be_written_no_key_stays(admin: Admin) -> None:
    admin.path("new.pub").mkdir()
    ran = admin.run("keys", "new", "--name", "某团委", "--out", admin.path("new.key"))
    assert ran.code == 4
    assert ran.error
    assert admin.files() == {}


def test_when_the_home_cannot_be_written_neither_key_nor_card_stays(admin: Admin) -> None:
    admin.home.path.write_text("a file where the folder should be", encoding="utf-8")
    ran = admin.run("keys", "new", "--name", "某团委", "--out", admin.path("new.key"))
    assert ran.code == 4
    assert ran.error
    assert sorted(path.name for path in admin.folder.iterdir()) == ["home"]


def test_new_files_are_all_or_none(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with pytest.raises(Unreadable), NewFiles(first) as files:  # noqa: PT012  the second write is what fails
        files.write(first, b"1")
        files.write(first, b"again")
    assert list(tmp_path.iterdir()) == []
    with NewFiles(first, second) as files:
        files.write(first, b"1")
        files.write(second, b"2")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"first": b"1", "second": b"2"}


FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
from admin_cli.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(("limit", "code"), [(resource.RLIM_INFINITY, 0), (1000, 4)], ids=["room", "no room"])
def test_a_result_that_does_not_fit_the_disk_leaves_no_file(closed: Admin, limit: int, code: int) -> None:
    """Exporting again, with a limit on the size of files: a write that fails half-way."""
    words = ["close", "--present", "5", "--out", str(closed.path("again.result"))]
    before = closed.files()
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(limit), *words],
        env=subprocess_environment(closed),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == code, done.stderr.decode()
    if code:
        assert "再次执行同一命令" in done.stderr.decode()
        assert closed.files() == before
    else:
        assert closed.path("again.result").read_bytes() == closed.path("r.result").read_bytes()


class _StoppedAfterOne:
    """An importer that the clerk stops with Ctrl-C after its first file."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __call__(self, *args: Any, **kwargs: Any) -> Iterator[FileFate]:
        yield next(self._real(*args, **kwargs))
        raise KeyboardInterrupt


def test_a_stopped_import_keeps_what_is_in(closed: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = [closed.path(f"{number}.result") for number in range(3)]
    for path in copies:
        path.write_bytes(closed.path("r.result").read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(registry, "import_files", _StoppedAfterOne(import_files))
        ran = closed.run("import", *copies, "--json")
    assert ran.code == 130
    assert "已中断" in ran.error
    assert "已处理1个文件" in ran.err
    assert ran.out == ""
    assert len(closed.run("summary", "--json").json["rows"]) == 1
    assert closed.run("import", *copies, "--json").json["duplicates"] == 3


def test_a_real_interrupt_of_a_real_import(closed: Admin) -> None:
    folder = closed.path("many")
    folder.mkdir()
    for number in range(3000):
        os.link(closed.path("r.result"), folder / f"{number:04}.result")
    words = [*COMMAND, "import", str(folder)]
    environment = subprocess_environment(closed)
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as importer:
        while not closed.home.registry_path.exists() and importer.poll() is None:
            pass
        while not closed.run("summary", "--json").json["rows"] and importer.poll() is None:
            pass
        importer.send_signal(signal.SIGINT)
        out, err = importer.communicate()
    assert importer.returncode == 130, err.decode()
    assert out == b""
    assert "已中断" in err.decode()
    assert "Traceback" not in err.decode()
    assert len(closed.run("summary", "--json").json["rows"]) == 1


def test_a_reader_that_has_gone_is_no_failure(closed: Admin) -> None:
    """`| head -0`: what the command did is done, and it says nothing about the pipe."""
    read, write = os.pipe()
    os.close(read)
    words = [*COMMAND, "close", "--present", "5", "--out", str(closed.path("again.result"))]
    done = subprocess.run(words, env=subprocess_environment(closed), stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.returncode == 0
    assert [line for line in done.stderr.decode().splitlines() if not line.startswith("注意：")] == []
    assert closed.path("again.result").exists()


def test_a_terminal_of_another_encoding_still_gets_an_answer(closed: Admin) -> None:
    environment = subprocess_environment(closed) | {"PYTHONIOENCODING": "latin-1"}
    words = [*COMMAND, "verify", str(closed.path("r.result"))]
    done = subprocess.run(words, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"60.00%" in done.stdout
    done = subprocess.run([*words, "--json"], env=environment, capture_output=True, check=False)
    assert json.loads(done.stdout.decode("utf-8"))["issuer"] == "某市团委"


def test_steering_characters_in_a_path_do_not_reach_the_terminal(admin: Admin) -> None:
    ran = admin.run("verify", admin.path("a\x1b]0;title\x07\nb\u202e"))
    assert ran.code == 4
    assert not set("\x1b\x07\u202e") & set(ran.error)


@pytest.mark.parametrize(
    "mistake", [RuntimeError("secret detail"), ZeroDivisionError(), RecursionError(), MemoryError()]
)
def test_a_defect_is_one_line_and_exit_4(admin: Admin, monkeypatch: pytest.MonkeyPatch, mistake: Exception) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise mistake

    monkeypatch.setattr(entry.cli, "invoke", fail)
    ran = admin.run("status")
    assert ran.code == 4
    assert f"程序内部错误（{type(mistake).__name__}）" in ran.error
    assert "secret detail" not in ran.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuleRefusal("x"), Exit.REFUSED),
        (BadInput("x"), Exit.USAGE),
        (VerificationFailure("signatures", "x"), Exit.UNVERIFIED),
        (UntrustedIssuer("x"), Exit.UNVERIFIED),
        (Unreadable("x"), Exit.STORAGE),
        (PermissionError(13, "x"), Exit.STORAGE),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
        (ValueError("x"), Exit.STORAGE),
    ],
)
def test_exit_codes(error: BaseException, code: Exit) -> None:
    assert exit_for(error) == code


def test_what_ctrl_c_leads_to_is_an_interruption() -> None:
    """Struck inside of `Condition.wait`, Ctrl-C comes out as “cannot release un-acquired lock”."""
    lock = threading.RLock()

    def struck() -> None:
        with lock:
            lock.release()
            raise KeyboardInterrupt

    with pytest.raises(RuntimeError) as raised:
        struck()
    assert (exit_for(raised.value), entry.message_for(raised.value)) == (Exit.INTERRUPTED, "已中断。")
    with pytest.raises(RuntimeError) as raised:  # the control
        lock.release()
    assert exit_for(raised.value) is Exit.STORAGE
    assert "程序内部错误" in entry.message_for(raised.value)


def test_system_errors_are_chinese() -> None:
    for number in (2, 13, 17, 20, 21, 28, 30):
        line = entry.message_for(OSError(number, os.strerror(number), "某处"))
        assert "某处" in line
        assert os.strerror(number) not in line
        assert "系统错误" not in line


def test_both_names_start_the_same_program(admin: Admin) -> None:
    script = Path(sys.executable).with_name("beikaobei-admin")
    answers = []
    for words in ([*COMMAND], [str(script)]):
        if words == [str(script)] and not script.exists():
            pytest.skip("beikaobei-admin is not installed beside this interpreter")
        done = subprocess.run(
            [*words, "--help"], env=subprocess_environment(admin), cwd=REPOSITORY, capture_output=True, check=True
        )
        answers.append(done.stdout)
    assert answers[0] == answers[1]


@pytest.mark.parametrize("command", [("close", "--present", "5"), ("void", "--reason", "会场停电")], ids=str)
def test_a_log_that_is_full_spoils_no_end(admin: Admin, command: tuple[str, ...]) -> None:
    round_id = admin.begin()
    admin.vote("满满满不空")
    log = admin.home.folder(round_id).log
    log.unlink()
    log.symlink_to("/dev/full")
    ran = admin.run(*command, "--out", admin.path("end"), "--json")
    assert ran.code == 0
    assert ran.json["round_id"] == round_id
    assert "未能记入测评日志：无法写入测评日志（磁盘已满）" in ran.err
    assert admin.run("verify", admin.path("end")).code == 0
