"""A hall to hold rounds in: a home, officers with codes, and both commands as real processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terminal import ROOT, Terminal

PASSPHRASE = "蓝天白云青山绿水"
SUPERVISOR_CODE = "监督有方2016"
TELLER_CODE = "唱票无误2016"
PIN = "270415"
_PROMPT = "{}口令（输入时不显示）："


@dataclass
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


@dataclass
class Hall:
    """One laptop with its home and the working folder where files are exchanged."""

    folder: Path
    secrets: dict[str, str] = field(
        default_factory=lambda: {
            "BEIKAOBEI_ORG_PASSPHRASE": PASSPHRASE,
            "BEIKAOBEI_SUPERVISOR_CODE": SUPERVISOR_CODE,
            "BEIKAOBEI_TELLER_CODE": TELLER_CODE,
            "BEIKAOBEI_PIN": PIN,
        }
    )

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def path(self, name: str) -> Path:
        return self.folder / name

    def admin(self, *words: str | Path, **secrets: str) -> Answer:
        """Run `beikaobei-admin` with `words`; `secrets` override the hall's."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BEIKAOBEI")}
        environment |= {"BEIKAOBEI_HOME": str(self.home), "PYTHONPATH": str(ROOT)} | self.secrets | secrets
        done = subprocess.run(
            [sys.executable, "-m", "admin_cli", *map(str, words)],
            env=environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ask(self, *words: str | Path, **secrets: str) -> dict[str, Any]:
        """Run a command with --json that must succeed."""
        answer = self.admin(*words, "--json", **secrets)
        assert answer.code == 0, answer
        return answer.json

    def kiosk(self, *words: str | Path, rows: int = 24, columns: int = 80) -> Terminal:
        """Run `beikaobei-kiosk` in a terminal; it gets no secret from the environment."""
        return Terminal(
            [sys.executable, "-m", "kiosk", *map(str, words)],
            env={"BEIKAOBEI_HOME": str(self.home)},
            rows=rows,
            columns=columns,
            cwd=self.folder,
        )

    def open_round(self, *, members: int = 6) -> dict[str, Any]:
        """Steps 1 to 3 in one go: key, authorisation, empty box; what `open --json` said."""
        self.ask("keys", "new", "--name", "共青团演示大学委员会", "--out", "org.key")
        issued = self.authorise(members=members)
        return self.ask("open", "round.auth", "--teller", "王五", BEIKAOBEI_ACTIVATION=issued["activation_code"])

    def authorise(self, *options: str, members: int = 6, out: str = "round.auth") -> dict[str, Any]:
        return self.ask(
            *("authorize", "--org-key", "org.key", "--branch-name", "二年级一班", "--secretary", "张三"),
            *("--year", "2016", "--members", str(members), "--supervisor", "李四", "--out", out),
            *options,
        )


def start_voting(terminal: Terminal, *, supervisor: str = SUPERVISOR_CODE, teller: str = TELLER_CODE) -> None:
    """Type both officers' codes on the plain terminal."""
    for officer, code in (("指导监督人员", supervisor), ("计票人", teller)):
        terminal.answer(_PROMPT.format(officer), code)


def press_when(terminal: Terminal, shown: str, keys: str) -> None:
    """Wait for a screen, and for its gate to open, as a person does; then press."""
    terminal.wait_for(shown)
    stand(terminal)
    terminal.press(keys)


def stand(terminal: Terminal, seconds: float = 0.9) -> None:
    """Let a screen stand; its gate takes keys after 0.4 s."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        terminal.pump(left)


def unlock(terminal: Terminal, pin: str = PIN) -> None:
    """The supervisor's step, once the pause after a cast is over."""
    terminal.wait_for("请下一位团员上前，由指导监督人员开启")
    terminal.wait_gone("请稍候")
    stand(terminal)
    for _ in range(5):
        terminal.press(pin)
        stand(terminal, 0.3)
        if "*" * len(pin) in terminal.text():  # as a person looks: on a busy machine the gate may open late
            break
        terminal.press("\x1b")
        stand(terminal, 0.3)
    terminal.press("\r")


def fill_in(terminal: Terminal, choice: int) -> None:
    """The member's way from 其他人员请远离 to the review, without casting."""
    press_when(terminal, "我已独自一人，开始填写", "\r")
    press_when(terminal, "不选请按3", str(choice))
    terminal.wait_for("按 Enter 投票后不能更改")


def vote(terminal: Terminal, choice: int, pin: str = PIN) -> None:
    """One member, from the locked screen to 已投入票箱."""
    unlock(terminal, pin)
    fill_in(terminal, choice)
    press_when(terminal, "按 Enter 投票后不能更改", "\r")
    terminal.wait_for("已投入票箱，请离开")


def end_voting(terminal: Terminal, pin: str = PIN) -> str:
    """结束投票 by the supervisor's menu; the 封箱码."""
    terminal.wait_for("请下一位团员上前，由指导监督人员开启")
    terminal.wait_gone("请稍候")
    press_when(terminal, "开启口令", "0\r")
    press_when(terminal, "进入管理菜单，请指导监督人员", f"{pin}\r")
    press_when(terminal, "3　结束投票", "3")
    press_when(terminal, "结束后不能再投票", "2")
    terminal.wait_for("请指导监督人员和计票人记下")  # drawn last: before it, half of the old screen stands
    found = re.search(r"封箱码\s+(\S{4})", terminal.text())
    assert found, terminal.text()
    stand(terminal)
    terminal.press("\r")
    return found[1]
