"""A whole round through `guide` in a real terminal, by digits and Enter alone (names aside), killed in the middle.

Nine questions, 3 members, 2 ballots: the guide is killed with SIGKILL while the second member stands before the ballot;
the kiosk must go with it, and the guide, started again, must lead on from there.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import termios
import time
from pathlib import Path

import pytest
from hall import SUPERVISOR_CODE, TELLER_CODE, Hall, end_voting, press_when, stand, start_voting, unlock, vote
from terminal import Terminal

SUPERVISOR, TELLER, KEY = "97531864", "20161123", "86420975"
PIN = "270415"
TOO_EARLY = "13572468"
NAMES = ("共青团演示大学委员会", "二年级一班", "张三", "李四", "王五")

GUIDE = '"$0" -m admin_cli guide'
STARTER = """"$0" -c 'import subprocess, sys; subprocess.run([sys.executable, "-m", "kiosk"])'"""

pytestmark = pytest.mark.pty


class Clerk:
    """Somebody at the guide: reads what is asked, types digits, Enter, and the names."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.typed: list[str] = []
        self._read = 0

    def answer(self, asked: str, typed: str = "") -> None:
        """Wait until `asked` has come since the last answer and the cursor stands behind a prompt; then type."""
        self.terminal.wait_until(lambda: self._asks(asked), f"the question {asked!r}")
        self.typed.append(typed)
        self._read = len(self.terminal.raw)
        self.terminal.press(f"{typed}\r")

    def say_yes_until(self, asked: str) -> None:
        """Answer 是 to whatever the checks of this machine leave to people."""
        while True:
            self.terminal.wait_until(lambda: self._asks("0　返回"), "a question")
            if self._asks(asked):
                return
            self.answer("1　是", "1")

    def number_of(self, option: str) -> str:
        """The digit before an option."""
        self.terminal.wait_for(f"　{option}")
        found = re.search(rf"([0-9])　{option}", self.terminal.text())
        assert found, self.terminal.text()
        return found[1]

    def _asks(self, asked: str) -> bool:
        new = self.terminal.raw[self._read :].decode(errors="replace")
        return asked in new and "\n" in new and self.terminal.asks("：")


def shell(hall: Hall, *commands: str) -> Terminal:
    """A shell that runs `commands` one after another, as it does for a person: it outlives a command that is killed."""
    return Terminal(
        ["sh", "-c", "\n".join(commands), sys.executable],
        env={"BEIKAOBEI_HOME": str(hall.home)},
        rows=40,
        columns=80,
        cwd=hall.folder,
    )


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1].startswith("Z")
    except OSError:
        return True


def wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while not gone(pid):
        assert time.monotonic() < deadline, "the kiosk outlived its guide"
        time.sleep(0.05)


def authorise(clerk: Clerk) -> None:
    clerk.answer("没有批复文件", "2")
    clerk.answer("1/9", NAMES[0])
    clerk.answer("2/9", NAMES[1])
    clerk.answer("3/9", NAMES[2])
    clerk.answer("4/9")
    clerk.answer("5/9", "201509")
    clerk.answer("6/9", "３")
    clerk.answer("7/9")
    clerk.answer("8/9", NAMES[3])
    clerk.answer("9/9")
    clerk.answer("以上无误，签发批复")
    clerk.answer("请设定密钥口令", KEY)
    clerk.answer("请再输入一次密钥口令", KEY)
    clerk.answer("应急信封　二年级一班")


def seal(clerk: Clerk) -> None:
    clerk.answer("是这一次测评吗？")
    clerk.answer("密钥放在哪里？", clerk.number_of("不用U盘"))
    clerk.say_yes_until("电脑的时间")
    clerk.answer("电脑的时间", "1")
    clerk.answer("投影、电视、屏幕共享", "1")
    clerk.answer("有摄像头拍得到", "1")
    clerk.answer("这台电脑是谁的", "1")
    clerk.answer("计票人姓名", NAMES[4])
    for name, code in (("指导监督人员口令", SUPERVISOR), ("计票人口令", TELLER), ("开启口令", PIN)):
        clerk.answer(f"请设定{name}", code)
        clerk.answer(f"请再输入一次{name}", code)
    clerk.answer("票箱为空，现在封箱，开始投票。")
    clerk.answer("团支部书记基本履职要求")


def start_kiosk(clerk: Clerk, supervisor: str = SUPERVISOR, teller: str = TELLER) -> None:
    clerk.answer("现在：")
    stand(clerk.terminal, 0.2)
    clerk.terminal.press(TOO_EARLY)  # before the kiosk asks: its prompt drops it, and nobody may read it meanwhile
    start_voting(clerk.terminal, supervisor=supervisor, teller=teller)


def kill_starter(terminal: Terminal) -> int:
    """SIGKILL for the kiosk's parent alone; the kiosk's pid."""
    (starter,) = children_of(terminal.pid)
    (kiosk,) = children_of(starter)
    os.kill(starter, signal.SIGKILL)
    return kiosk


def count(clerk: Clerk) -> None:
    clerk.answer("签到表上的实到人数", "２")
    clerk.answer("开箱计票（输入两名工作人员的口令）")
    clerk.answer("指导监督人员口令", SUPERVISOR)
    clerk.answer("计票人口令", TELLER)


def finish(clerk: Clerk) -> None:
    clerk.terminal.wait_for("测评结果：满意")
    clerk.answer("公布结果（全屏")
    press_when(clerk.terminal, "应到", "\r")
    press_when(clerk.terminal, "收回", "\x1b")
    clerk.answer("接下来：")
    clerk.answer("写到哪里？", clerk.number_of("不写U盘"))
    clerk.answer("直接按 Enter 为4")
    clerk.answer("保留，公示期满再来清除")
    clerk.answer("直接按 Enter 为0")


def test_a_whole_round_with_a_kill_in_the_middle(tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    with shell(hall, GUIDE, GUIDE) as terminal:
        clerk = Clerk(terminal)
        authorise(clerk)
        seal(clerk)
        start_kiosk(clerk)
        vote(terminal, 1, PIN)
        unlock(terminal, PIN)
        press_when(terminal, "我已独自一人，开始填写", "\r")
        terminal.wait_for("不选请按3")
        wait_gone(kill_starter(terminal))
        clerk.answer("哪一次测评？")
        clerk.answer("已发出2张，收回1张")
        start_voting(terminal, supervisor=SUPERVISOR, teller=TELLER)
        terminal.wait_for("与停机前一致吗")
        terminal.press("1\r")
        terminal.wait_until(lambda: "2不一致：1" in terminal.raw.decode(errors="replace"), "the answer, shown")
        vote(terminal, 1, PIN)
        seal_words = end_voting(terminal, PIN)
        count(clerk)
        finish(clerk)
        assert terminal.exit_status() == 0
        shown, typed = bytes(terminal.raw), clerk.typed
    assert {answer for answer in typed if not answer.isdigit() and answer} == set(NAMES)
    assert not [code for code in (SUPERVISOR, TELLER, KEY, PIN, TOO_EARLY) if code.encode() in shown]
    assert b"Traceback" not in shown
    (result,) = (hall.home / "results").iterdir()
    figures = hall.ask("verify", result)["figures"]
    assert (figures["issued"], figures["collected"], figures["satisfied"], figures["unsatisfied"]) == (3, 2, 2, 0)
    assert figures["seal_words"] == seal_words
    assert hall.ask("import", result)["imported"] == 1
    assert json.loads(hall.admin("import", result, "--json").out)["duplicates"] == 1


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl+C", "Ctrl+D"])
def test_stopping_at_a_question_says_where_one_goes_on(tmp_path: Path, key: str) -> None:
    with shell(Hall(tmp_path), f"exec {GUIDE}") as terminal:
        clerk = Clerk(terminal)
        clerk.answer("没有批复文件", "２")
        for asked, typed in (("1/9", b"\xff\xfe\r"), ("输入中有无法识别的字节，请重新输入。", key)):
            terminal.wait_for(asked)
            terminal.wait_until(lambda: terminal.asks("："), "a prompt")
            terminal.press(typed)
        assert terminal.exit_status() == 130
        assert "再次运行 beikaobei-admin guide 即可从此处继续。" in terminal.text()
        assert terminal.modes()[3] & termios.ECHO
        assert b"Traceback" not in terminal.raw


def test_a_closed_window_ends_both_and_lets_the_box_go(tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    hall.open_round()
    with shell(hall, f"{GUIDE}; true") as terminal:
        clerk = Clerk(terminal)
        clerk.answer("哪一次测评？")
        start_kiosk(clerk, SUPERVISOR_CODE, TELLER_CODE)
        terminal.wait_for("请下一位团员上前")
        (guide,) = children_of(terminal.pid)
        (kiosk,) = children_of(guide)
        terminal.hang_up()
        wait_gone(guide)
        wait_gone(kiosk)
    assert hall.ask("status")["state"] == "opened"


def test_the_control_an_untied_kiosk_outlives_its_starter(tmp_path: Path) -> None:
    """Without the guide the kiosk survives its starter, and a code typed too early stands on the screen."""
    hall = Hall(tmp_path)
    hall.open_round()
    with shell(hall, f"{STARTER}; sleep 60") as terminal:
        stand(terminal, 0.1)
        terminal.press(TOO_EARLY)
        start_voting(terminal)
        assert TOO_EARLY.encode() in terminal.raw
        terminal.wait_for("请下一位团员上前")
        kiosk = kill_starter(terminal)
        stand(terminal, 1.0)
        try:
            assert not gone(kiosk)
        finally:
            os.kill(kiosk, signal.SIGTERM)
        wait_gone(kiosk)
