"""The real kiosk after kill -9, and under the attacks that fell a stock app (the control is in tests/kiosk)."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attacks
import pytest
from box_factory import OPENED
from hall import end_voting, fill_in, press_when, stand, start_voting, unlock, vote
from real_kiosk import rehearsed, run_kiosk, start, voting
from terminal import Terminal

from ballots_store.closing import CloseRequest, close_round
from ballots_store.rehearsal import Rehearsal
from ballots_store.status import round_status
from rounds.sharing import Holder

pytestmark = pytest.mark.pty


@pytest.fixture(scope="module")
def on_ballot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Terminal, Rehearsal]]:
    """One kiosk on its ballot screen that has to live through all attacks of this module."""
    rehearsal = rehearsed(tmp_path_factory.mktemp("ballot"))
    with voting(rehearsal) as terminal:
        unlock(terminal, rehearsal.pin)
        press_when(terminal, "我已独自一人，开始填写", "\r")
        terminal.wait_for("不选请按3")
        yield terminal, rehearsal


@pytest.mark.parametrize("name", sorted(attacks.HARMLESS))
def test_the_ballot_screen_stands_and_answers(name: str, on_ballot: tuple[Terminal, Rehearsal]) -> None:
    terminal, _ = on_ballot
    attacks.HARMLESS[name](terminal)
    stand(terminal)
    if "所作选择已清除" in terminal.text():  # an Esc among the noise asks for the supervisor; the voter goes on
        press_when(terminal, "结束本次填写", "0\r")
        press_when(terminal, "我已独自一人，开始填写", "\r")
    terminal.wait_for("不选请按3")
    stand(terminal)
    terminal.press("9")
    terminal.wait_for("请按1或2")
    assert terminal.running()


def test_a_burst_stops_at_the_review(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with voting(rehearsal) as terminal:
        unlock(terminal, rehearsal.pin)
        press_when(terminal, "我已独自一人，开始填写", "\r")
        press_when(terminal, "不选请按3", "2\r\r\r")
        terminal.wait_for("按 Enter 投票后不能更改")
        stand(terminal, 1.5)
        assert "按 Enter 投票后不能更改" in terminal.text()
        assert "您的选择：不满意" in terminal.text()


def test_kill_right_after_the_acknowledgement(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with voting(rehearsal) as terminal:
        for choice in (1, 1, 2):
            vote(terminal, choice, rehearsal.pin)
        terminal.kill(signal.SIGKILL)
        assert terminal.exit_status() == -signal.SIGKILL
    with run_kiosk(rehearsal) as terminal:
        start(terminal, rehearsal)
        terminal.wait_for("已投 3 / 应参加 6")
        vote(terminal, 1, rehearsal.pin)
        end_voting(terminal, rehearsal.pin)
        assert terminal.exit_status() == 0
    codes = {Holder.SUPERVISOR: rehearsal.supervisor_code, Holder.TELLER: rehearsal.teller_code}
    end = close_round(rehearsal.home, CloseRequest(rehearsal.round_id, codes, 4), now=OPENED).end
    assert (end.collected, end.satisfied, end.unsatisfied, end.invalid) == (4, 3, 1, 0)


def test_kill_on_the_review_leaves_no_ballot(tmp_path: Path) -> None:
    """The control of the test above: what was not acknowledged is not in, and counts as 未投."""
    rehearsal = rehearsed(tmp_path)
    with voting(rehearsal) as terminal:
        unlock(terminal, rehearsal.pin)
        fill_in(terminal, 1)
        terminal.kill(signal.SIGKILL)
        assert terminal.exit_status() == -signal.SIGKILL
    with run_kiosk(rehearsal) as terminal:
        start(terminal, rehearsal)
        assert "未投入票箱，计为未投" in terminal.raw.decode()
        terminal.wait_for("已投 0 / 应参加 6")
    status = round_status(rehearsal.home, rehearsal.round_id)
    assert (status.issued, status.collected) == (1, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_ordered_end_lets_the_box_go(number: signal.Signals, tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with voting(rehearsal) as terminal:
        terminal.kill(number)
        assert terminal.exit_status() == 128 + number
    assert round_status(rehearsal.home, rehearsal.round_id).state == "opened"


def test_lockout_is_kept_across_a_restart(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with voting(rehearsal) as terminal:
        for left in (4, 3, 2, 1):
            press_when(terminal, "开启口令：", "000001\r")
            terminal.wait_for(f"还可以再试 {left} 次")
        press_when(terminal, "开启口令：", "000001\r")
        terminal.wait_for("请等待")
        terminal.kill(signal.SIGKILL)
        terminal.exit_status()
    with run_kiosk(rehearsal) as terminal:
        start(terminal, rehearsal)
        terminal.wait_for("请等待")
        terminal.press(f"{rehearsal.pin}\r")
        stand(terminal, 1.0)
        assert "我已独自一人" not in terminal.text()


def test_wrong_codes_are_asked_for_again_and_then_refused(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with run_kiosk(rehearsal) as terminal:
        for left in (2, 1, 0):
            start_voting(terminal, supervisor="不对不对不对不对", teller=rehearsal.teller_code)
            terminal.wait_for(f"还可再试{left}次" if left else "错误：指导监督人员口令不正确")
        assert terminal.exit_status() == 3
        assert rehearsal.teller_code not in terminal.raw.decode()
    assert round_status(rehearsal.home, rehearsal.round_id).issued == 0


def test_the_emergency_code_stands_in_for_one_officer(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with run_kiosk(rehearsal, "--emergency") as terminal:
        terminal.wait_for("在场的是 1指导监督人员 2计票人")
        terminal.press("2\r")
        for prompt, code in (("计票人口令", rehearsal.teller_code), ("应急码", rehearsal.emergency_code)):
            terminal.answer(f"{prompt}（输入时不显示）：", code)
        terminal.wait_for("请下一位团员上前")
        terminal.kill(signal.SIGTERM)
        assert terminal.exit_status() == 128 + signal.SIGTERM
    codes = {Holder.SUPERVISOR: rehearsal.supervisor_code, Holder.TELLER: rehearsal.teller_code}
    request = CloseRequest(rehearsal.round_id, codes, 0, "演练结束")
    assert close_round(rehearsal.home, request, now=OPENED).end.conduct.emergency_used


def test_a_count_that_officers_dispute_stops_the_kiosk(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with voting(rehearsal) as terminal:
        terminal.kill(signal.SIGTERM)
        terminal.exit_status()
    with run_kiosk(rehearsal) as terminal:
        start_voting(terminal, supervisor=rehearsal.supervisor_code, teller=rehearsal.teller_code)
        terminal.wait_for("已投0张，与停机前一致吗？1一致 2不一致")
        terminal.press("2\r")
        assert terminal.exit_status() == 1
    assert "Traceback" not in terminal.raw.decode()


def test_a_bad_byte_at_the_plain_prompt_is_no_traceback(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with run_kiosk(rehearsal) as terminal:
        terminal.wait_for("指导监督人员口令")
        terminal.press(b"\xff\xfe\r")
        stand(terminal, 1.0)
        terminal.press(b"\x03")
        assert terminal.exit_status() in {2, 3, 130}
        assert "Traceback" not in terminal.raw.decode(errors="replace")


def test_two_kiosks_on_one_box(tmp_path: Path) -> None:
    rehearsal = rehearsed(tmp_path)
    with voting(rehearsal) as first, run_kiosk(rehearsal) as second:
        start_voting(second, supervisor=rehearsal.supervisor_code, teller=rehearsal.teller_code)
        second.wait_for("票箱正在使用中")
        assert second.exit_status() == 1
        assert first.running()


@pytest.mark.parametrize("words", [["--home", "."], ["demo"]])
def test_no_terminal_no_start(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "须在终端中启动" in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_demo_shows_its_pin_and_counts_in_the_end() -> None:
    with Terminal([sys.executable, "-m", "kiosk", "demo"]) as terminal:
        terminal.wait_for("演练用开启口令：")
        found = re.search(r"演练用开启口令：([0-9]{6})", terminal.text())
        assert found
        vote(terminal, 1, found[1])
        terminal.wait_for("已投 1 / 应参加 6")
        end_voting(terminal, found[1])
        terminal.wait_for("实际1名，还差3名")
        assert terminal.exit_status() == 0
