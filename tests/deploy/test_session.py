"""The voting session as it is deployed: its own scripts and configuration under a display of the test's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from real_kiosk import rehearsed
from terminal import ROOT
from x_session import COMBINATIONS, Copy, Screen, display, needs_x, wait_until

from ballots_store.rehearsal import Rehearsal
from kiosk.environment import scrub

DEPLOY = ROOT / "deploy"
LINUX = DEPLOY / "linux"
START = LINUX / "开始测评.sh"
OPENBOX = "{http://openbox.org/3.4/rc}"


def test_the_window_manager_has_no_shortcut_no_menu_and_one_desktop() -> None:
    ours = ET.parse(LINUX / "openbox" / "rc.xml").getroot()  # noqa: S314 - our own file
    assert list(ours.iter(f"{OPENBOX}keybind")) == []
    assert ours.findtext(f"{OPENBOX}desktops/{OPENBOX}number") == "1"
    actions = {action.get("name") for action in ours.iter(f"{OPENBOX}action")}
    assert actions == {"Focus", "Raise"}, "nothing else can be done with the mouse"


def test_the_terminals_bindings_are_off_word_for_word() -> None:
    omitted = "popup-menu,fullscreen,paging,select,shift-fonts,wheel-mouse,scroll-lock,reset"
    assert f"\nXTerm*omitTranslation: {omitted}\n" in (LINUX / "xterm.Xresources").read_text()


def test_the_terminal_says_how_many_colours_it_has() -> None:
    """Else the kiosk sends it sixteen, and a rehearsal is told by its banner alone (kiosk.environment)."""
    (line,) = [one for one in (LINUX / "xterm.Xresources").read_text().splitlines() if "termName" in one]
    given = {"TERM": line.split()[-1]}
    scrub(given)
    assert given["TEXTUAL_COLOR_SYSTEM"] == "256"
    scrub(plain := {"TERM": "xterm"})  # the control: as xterm calls itself
    assert plain["TEXTUAL_COLOR_SYSTEM"] == "standard"


def test_every_file_says_what_it_is_for() -> None:
    for path in (path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".md"):
        head = path.read_text(encoding="utf-8").splitlines()[:4]
        marks = ("# ", "! ", "<!-- ", "rem ", "// ")
        assert any(line.strip().startswith(marks) for line in head), path.name


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="not installed: shellcheck")
def test_the_scripts_are_clean() -> None:
    subprocess.run(["shellcheck", *sorted(map(str, LINUX.glob("*.sh")))], check=True)


# 开始测评.sh with commands that answer as told ------------------------------------------------------------------------


def told(folder: Path, *, exits: list[int], states: list[str]) -> Path:
    """A folder with the two commands: the kiosk's exit statuses in turn, the round's states in turn."""
    commands = folder / "bin"
    commands.mkdir()
    for name, answers, answer in (
        ("beikaobei-kiosk", exits, 'echo "started $*" >> "{log}"; exit {value}'),
        ("beikaobei-admin", [json.dumps({"state": state}) for state in states], "echo '{value}'"),
    ):
        lines = [f"    {n}) {answer.format(log=folder / 'log', value=value)} ;;" for n, value in enumerate(answers)]
        counter = folder / f"{name}.count"
        counter.write_text("0")
        script = f'#!/bin/sh\nn=$(cat "{counter}")\necho $((n + 1)) > "{counter}"\ncase $n in\n' + "\n".join(lines)
        (commands / name).write_text(f"{script}\n    *) exit 99 ;;\nesac\n")
        (commands / name).chmod(0o755)
    return commands


def start(folder: Path, commands: Path, *words: str, typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(START), *words],
        input=typed,
        env={**os.environ, "BEIKAOBEI_BIN": str(commands), "BEIKAOBEI_SESSION": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_exit_status_of_zero_is_not_believed_and_the_kiosk_starts_again(tmp_path: Path) -> None:
    commands = told(tmp_path, exits=[0, 70, 0], states=["opened", "opened", "stopped"])
    done = start(tmp_path, commands, "2026-01", "--token", "stick", typed="\n")
    assert done.returncode == 0
    assert (tmp_path / "log").read_text().splitlines() == ["started 2026-01 --token stick"] * 3
    assert done.stdout.count("正在重新启动") == 2
    assert done.stdout.count("投票已结束") == 1
    assert (tmp_path / "ended").exists(), "only now does the session end"


def test_a_refusal_stays_to_be_read(tmp_path: Path) -> None:
    commands = told(tmp_path, exits=[3, 0], states=["opened", "closed"])
    done = start(tmp_path, commands, typed="\n\n")
    assert done.stdout.count("按 Enter 重新启动") == 1
    assert done.returncode == 0


# The whole session ----------------------------------------------------------------------------------------------------


def wrapped(folder: Path, copy: Copy, *words: str) -> Path:
    """The product's commands, with what the kiosk draws copied."""
    commands = folder / "session-bin"
    commands.mkdir()
    installed = Path(sys.executable).parent
    (commands / "beikaobei-admin").symlink_to(installed / "beikaobei-admin")
    recorded = copy.recorded(str(installed / "beikaobei-kiosk"), *words)
    inner = recorded.pop(-2)
    kiosk = commands / "beikaobei-kiosk"
    kiosk.write_text(f"#!/bin/sh\nexec {' '.join(recorded[:-1])} '{inner}' --append {copy.path}\n")
    kiosk.chmod(0o755)
    return commands


def officers_start(screen: Screen, copy: Copy, rehearsal: Rehearsal) -> None:
    for officer, code in (("指导监督人员", rehearsal.supervisor_code), ("计票人", rehearsal.teller_code)):
        drawn(copy, f"{officer}口令")
        time.sleep(0.3)  # what was typed before a prompt stands is thrown away
        screen.xdotool("type", code)
        screen.press("Return")
    drawn(copy, "请下一位团员上前")


def drawn(copy: Copy, wanted: str, times: int = 1) -> None:
    """Wait until something was drawn so many times; where on the screen does not matter here."""
    wait_until(lambda: copy.path.exists() and copy.everything().count(wanted) >= times, wanted)


@pytest.mark.x11
@needs_x
def test_nobody_leaves_the_session_and_the_kiosk_starts_again(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with display(tmp_path) as screen:
        leave_a_stock_session(screen)
        copy = Copy(tmp_path / "kiosk.typescript")
        commands = wrapped(tmp_path, copy, "--no-guard")
        home = {"BEIKAOBEI_HOME": str(rehearsal.home.path), "BEIKAOBEI_BIN": str(commands)}
        screen.inhabitants.append(copy.kill)
        screen.start(str(LINUX / "kiosk-session.sh"), env=home)
        officers_start(screen, copy, rehearsal)
        before = screen.state()
        active, desktop, windows = before
        assert (active, desktop, len(windows)) == (windows[0], "0", 1)
        geometry = screen.xdotool("getwindowgeometry", active)
        assert "Position: 0,0" in geometry
        assert "Geometry: 1024x768" in geometry
        for keys in COMBINATIONS:
            screen.press(keys)
            assert screen.state() == before, keys
        for button in ("1", "2", "3"):
            screen.xdotool("mousemove", "500", "400", "keydown", "ctrl", "click", button, "keyup", "ctrl")
            assert screen.state() == before, f"Ctrl+click {button}"
        prompts = copy.everything().count("指导监督人员口令")
        copy.kill()
        drawn(copy, "指导监督人员口令", prompts + 1)
        assert screen.state() == before, "both codes are asked for again, and nothing else is there"


def leave_a_stock_session(screen: Screen) -> None:
    """The control: the same keys and clicks in a stock session."""
    manager = screen.window_manager()
    xterm = screen.start("xterm", "-T", "stock", "-e", "sleep", "1000")
    wait_until(lambda: screen.active() == screen.named("stock") != "", "the stock terminal")
    before = screen.state()
    screen.press("super+d")
    wait_until(lambda: screen.state() != before, "the desktop instead of the terminal")
    for child in (xterm, manager):
        child.terminate()
        child.wait()
