"""What a shell can leave in the environment, and what a crash could leave on the disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sample_apps import APPS, answers, hardened, on_ballot, stock
from terminal import ROOT, Terminal, python

from kiosk.environment import scrub

HOSTILE = {"TEXTUAL_PRESS": "enter,2,enter", "COLUMNS": "20", "LINES": "5"}


def test_scrub_takes_what_textual_and_rich_listen_to_and_nothing_else() -> None:
    environment = dict.fromkeys(
        ("TEXTUAL", "TEXTUAL_LOG", "TEXTUAL_PRESS", "COLUMNS", "LINES", "NO_COLOR", "ESCDELAY", "JUPYTER_COLUMNS"),
        "x",
    )
    kept = {"PATH": "/bin", "LANG": "zh_CN.UTF-8", "TERM": "xterm", "HOME": "/", "BEIKAOBEI_HOME": "/b"}
    environment |= kept
    scrub(environment)
    assert environment == {**kept, "TEXTUAL_DISABLE_KITTY_KEY": "1", "TEXTUAL_COLOR_SYSTEM": "standard"}


@pytest.mark.pty
def test_no_variable_casts_a_vote() -> None:
    with hardened(env=HOSTILE) as kiosk, stock(env=HOSTILE) as control:
        control.wait_for("THANKS")
        kiosk.wait_for("START")
        assert answers(kiosk)
        assert "START" in kiosk.text()


@pytest.mark.pty
def test_no_variable_keeps_a_log_of_keys(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("kiosk", "control")}
    for folder in folders.values():
        folder.mkdir()

    def hostile(folder: Path) -> dict[str, str]:
        return {"TEXTUAL": "debug", "TEXTUAL_DEBUG": "1", "TEXTUAL_LOG": str(folder / "textual.log")}

    with (
        hardened(env=hostile(folders["kiosk"]), cwd=folders["kiosk"]) as kiosk,
        stock(env=hostile(folders["control"]), cwd=folders["control"]) as control,
    ):
        for terminal in (kiosk, control):
            on_ballot(terminal).press("2")
            terminal.wait_for("REVIEW")
    assert "Key(key='2'" in (folders["control"] / "keys.log").read_text(encoding="utf-8")
    assert "Key(key='2'" in (folders["control"] / "textual.log").read_text(encoding="utf-8")
    assert list(folders["kiosk"].iterdir()) == []


@pytest.mark.pty
def test_no_variable_puts_another_driver_in() -> None:
    hostile = {"TEXTUAL_DRIVER": "textual.drivers.no_such_driver:Driver", "TEXTUAL_ALLOW_SIGNALS": "1"}
    with hardened(env=hostile) as kiosk, stock(env=hostile) as control:
        assert control.exit_status() == 1
        on_ballot(kiosk).press(b"\x03\x1c")
        assert answers(kiosk)


@pytest.mark.pty
def test_an_entry_point_that_cleans_too_late_is_refused() -> None:
    script = APPS / "tainted.py"
    with python(script, env={"TEXTUAL_PRESS": "1"}) as kiosk, python(script) as control:
        assert kiosk.exit_status() == 2
        assert "环境变量" in kiosk.text()
        assert b"\x1b[?1049h" not in kiosk.raw
        control.wait_for("START")


@pytest.mark.pty
def test_it_does_not_start_under_an_interactive_interpreter() -> None:
    script = str(APPS / "hardened_sample.py")
    with Terminal([sys.executable, "-i", script]) as kiosk, Terminal([sys.executable, script]) as control:
        kiosk.wait_for("不能在 Python 交互方式下启动")
        control.wait_for("START")


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux about core dumps")
@pytest.mark.parametrize(("call", "limit", "dumpable"), [("forbid_core_dumps()", 0, 0), ("None", None, 1)])
def test_a_crash_leaves_no_core(call: str, limit: int | None, dumpable: int) -> None:
    program = (
        "import ctypes, resource; from kiosk.environment import forbid_core_dumps\n"
        "hard = resource.getrlimit(resource.RLIMIT_CORE)[1]; resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))\n"
        f"{call}\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0], hard, ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()
    assert int(shown[0]) == (int(shown[1]) if limit is None else limit)
    assert int(shown[2]) == dumpable
