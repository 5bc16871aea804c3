"""A code typed a moment early, while the last one is being worked on, is not readable on the screen.

A hidden prompt hides only while it stands. The control is such a prompt: Python's own, with work after it.
"""

from __future__ import annotations

import sys

import pytest
from hall import PASSPHRASE, SUPERVISOR_CODE, TELLER_CODE, Hall
from terminal import ROOT, Terminal

EARLY = "tooearly2016"
STOCK = "import getpass, time; getpass.getpass('密钥口令：'); time.sleep(1)"

pytestmark = pytest.mark.pty


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """An open round and the organisation's key, with the real key derivation: time to type in."""
    made = Hall(tmp_path_factory.mktemp("hall"))
    made.open_round()
    return made


def _admin(hall: Hall, *words: str) -> Terminal:
    environment = {"BEIKAOBEI_HOME": str(hall.home), "PYTHONPATH": str(ROOT)}
    return Terminal([sys.executable, "-m", "admin_cli", *words], env=environment, cwd=hall.folder)


def test_control_a_stock_prompt_hides_only_while_it_stands() -> None:
    with Terminal([sys.executable, "-c", STOCK]) as terminal:
        terminal.answer("密钥口令：", "anything")
        terminal.press(EARLY)
        assert terminal.exit_status() == 0
        assert EARLY.encode() in terminal.raw


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_a_command_shows_nothing_from_its_first_code_to_its_end(hall: Hall, *, right: bool) -> None:
    with _admin(hall, "verify", "org.key") as terminal:
        terminal.answer("密钥口令：", PASSPHRASE if right else "不对不对不对不对")
        terminal.press(EARLY)
        assert terminal.exit_status() == (0 if right else 3)
        assert EARLY.encode() not in terminal.raw


def test_an_answer_typed_before_its_question_is_dropped(hall: Hall) -> None:
    """Nobody saw it, so nobody could have put it right; it would stand in the signed result."""
    with _admin(hall, "close", "--present", "6", "--out", "r.result") as terminal:
        for prompt, code in (("指导监督人员口令：", SUPERVISOR_CODE), ("计票人口令：", TELLER_CODE)):
            terminal.answer(prompt, code)
        terminal.press("2\r")
        terminal.answer("1继续投票 2结束：", "1")
        assert terminal.exit_status() == 1


def test_control_a_stock_question_takes_what_was_typed_before_it() -> None:
    with Terminal([sys.executable, "-c", f"{STOCK}; print('taken', input('1 or 2:'))"]) as terminal:
        terminal.answer("密钥口令：", "anything")
        terminal.press("2\r")
        terminal.wait_for("taken 2")


def test_a_visible_question_after_a_code_is_visible(hall: Hall) -> None:
    words = ("close", "--present", "6", "--out", "r.result")
    with _admin(hall, *words) as terminal:
        for prompt, code in (("指导监督人员口令：", SUPERVISOR_CODE), ("计票人口令：", TELLER_CODE)):
            terminal.answer(prompt, code)
        for typed in ("seen", "1"):
            terminal.answer("1继续投票 2结束：", typed)
        assert "1继续投票 2结束：seen" in terminal.text()
        assert terminal.exit_status() == 1


def test_the_kiosk_shows_nothing_from_its_first_code_to_its_screen(hall: Hall) -> None:
    with hall.kiosk() as terminal:
        terminal.answer("指导监督人员口令（输入时不显示）：", SUPERVISOR_CODE)
        terminal.answer("计票人口令（输入时不显示）：", TELLER_CODE)
        terminal.press(EARLY)
        terminal.wait_for("请下一位团员上前")
        assert EARLY.encode() not in terminal.raw
