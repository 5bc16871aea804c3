"""`beikaobei-kiosk check`: the object for scripts, the table at 80 columns, the questions; real machine and planted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from planted_laptop import Laptop
from rich.cells import cell_len
from terminal import ROOT, Terminal

from ballots_store.home import Home
from kiosk.checks.command import asked, check, table, verdict
from kiosk.checks.model import Finding, Level
from kiosk.checks.report import as_json, losing, remarks, run_checks
from kiosk.layout import NO_START
from rounds.documents import ZeroReport

LEVELS = {"ok", "warn", "refuse", "ask"}
FIELDS = {"name", "level", "seen", "remedy", "if_no"}


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


def script(home: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BEIKAOBEI")}
    environment |= {"PYTHONPATH": str(ROOT), "LC_ALL": "C"}
    return subprocess.run(
        [sys.executable, "-m", "kiosk", "check", "--json", "--home", str(home), *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_the_object_for_scripts_on_this_machine(tmp_path: Path) -> None:
    done = script(tmp_path / "home")
    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (int(answer["refused"]), b"")
    assert all(set(row) == FIELDS and row["level"] in LEVELS for row in answer["findings"])
    assert all(row["remedy"] for row in answer["findings"] if row["level"] != "ok")
    assert len({row["name"] for row in answer["findings"]}) >= 16
    assert not (tmp_path / "home").exists()  # looking makes nothing


def test_a_stick_that_is_not_there_refuses(tmp_path: Path) -> None:
    done = script(tmp_path / "home", "--token", str(tmp_path / "gone"))
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["refused"]) == (1, True)
    assert answer["opening_refused"] == []  # of that the opening speaks by itself, with its own exit code


def test_a_check_needs_no_textual() -> None:
    program = "import sys, kiosk.__main__, kiosk.checks.command; sys.exit('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_a_good_laptop_passes_and_a_second_display_does_not(laptop: Laptop, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(Home(laptop.home), None, None, for_script=True, around=laptop.around()) == 0
    assert json.loads(capsys.readouterr().out)["refused"] is False
    laptop.display("DP-2")
    assert check(Home(laptop.home), None, None, for_script=True, around=laptop.around()) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["opening_refused"][0].startswith("显示器：连接了2台显示器")
    assert any("连接了2台显示器" in line for line in answer["remarks"])


def test_remarks_fit_the_zero_report(laptop: Laptop) -> None:
    laptop.process(9, "dingtalk")
    findings = run_checks(laptop.around(), laptop.home, None)
    lines = remarks([*findings, *(Finding(f"第{n}行", Level.WARN, "长" * 300) for n in range(60))])
    assert len(lines) == 40
    assert max(map(len, lines)) == 200
    assert "共享与远程程序：正在运行：钉钉。" in lines
    assert not any("汉字显示" in line for line in lines)  # the terminal of the moment
    assert "readiness" in ZeroReport.__struct_fields__


def test_a_terminal_too_small_for_now_forbids_no_opening(laptop: Laptop) -> None:
    findings = run_checks(laptop.around(terminal_size=lambda: (20, 5)), laptop.home, None)
    assert json.loads(as_json(findings))["refused"] is True
    assert losing(findings) == []


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_can_be_read_out(laptop: Laptop, width: int) -> None:
    laptop.display("DP-2")
    laptop.process(9, "fcitx")
    findings = run_checks(laptop.around(), laptop.home, None)
    lines = table(findings, width)
    assert max(map(cell_len, lines)) <= width
    cells = [line.rsplit("|", 2)[1].strip() for line in lines if line.startswith("|") and "---" not in line]
    assert not [cell for cell in cells if cell[:1] in NO_START]
    told = "".join(cells)
    assert all(finding.seen in told and finding.remedy in told for finding in findings)


def test_the_hall_is_asked_and_its_no_counts(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    findings = run_checks(laptop.around(), laptop.home, None)
    questions = [finding.name for finding in findings if finding.level is Level.ASK]
    assert "摄像头" in questions

    monkeypatch.setattr("kiosk.prompts.choose", lambda _question, _answers: "1")
    settled = asked(findings, 80)
    assert not [finding for finding in settled if finding.level is Level.ASK]
    assert verdict(settled).startswith("可以开始")
    monkeypatch.setattr("kiosk.prompts.choose", lambda _question, _answers: "2")
    refused = asked(findings, 80)
    assert verdict(refused).startswith("不能开始：请先处理摄像头")


@pytest.mark.pty
def test_check_in_a_terminal_by_digits(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "kiosk", "check", "--home", str(tmp_path / "home")]
    prompt = "1是 2不是："
    with Terminal(words, rows=60) as terminal:

        def ended() -> bool:
            return "可以开始" in terminal.text()

        def taken(given: int) -> Callable[[], bool]:
            return lambda: terminal.text().count(f"{prompt}1") == given

        for given in range(1, 12):
            terminal.wait_until(lambda: terminal.text().rstrip().endswith(prompt) or ended(), "a question")
            if ended():
                break
            terminal.press("1\r")
            terminal.wait_until(taken(given), "the answer taken")
        assert terminal.exit_status() == 0
        assert terminal.text().count(prompt) >= 2  # the cameras and the glyphs, wherever this runs
