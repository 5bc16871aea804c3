"""The product's own kiosk in a terminal, and the 票箱U盘 pulled out under it and put back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from box_factory import PIN, SUPERVISOR_CODE, TELLER_CODE, MadeBox, make_box
from hall import fill_in, press_when, stand, start_voting, unlock, vote
from terminal import Terminal

from ballots_store.box import BallotBox

ASKED = "票箱U盘已拔出，请指导监督人员插回原U盘，投票暂停"

pytestmark = pytest.mark.pty


def kiosk(made: MadeBox) -> Terminal:
    return Terminal([sys.executable, "-m", "kiosk"], env={"BEIKAOBEI_HOME": str(made.home.path)}, cwd=made.home.path)


def test_pulled_while_locked_and_while_a_ballot_is_cast(tmp_path: Path) -> None:
    stick, out = tmp_path / "stick", tmp_path / "out"
    made = make_box(tmp_path / "home", token=stick, opens="", closes="")
    with kiosk(made) as terminal:
        start_voting(terminal, supervisor=SUPERVISOR_CODE, teller=TELLER_CODE)
        vote(terminal, 1, PIN)
        terminal.wait_for("请下一位团员上前")
        stick.rename(out)
        terminal.wait_for(ASKED)
        terminal.press(f"{PIN}\r0\r")
        stick.mkdir()
        (stick / "beikaobei-0123456789abcdef.slots").write_bytes(bytes(12288))
        terminal.wait_for("插入的是另一次测评的票箱U盘")
        (stick / "beikaobei-0123456789abcdef.slots").unlink()
        stick.rmdir()
        out.rename(stick)
        terminal.wait_gone(ASKED)
        terminal.wait_for("已投 1 / 应参加 6")

        unlock(terminal, PIN)
        fill_in(terminal, 2)
        stick.rename(out)
        seen = len(terminal.raw)
        press_when(terminal, "按 Enter 投票后不能更改", "\r")
        terminal.wait_for(ASKED)
        stand(terminal, 2.0)
        assert "已投入票箱，请离开".encode() not in terminal.raw[seen:]  # not before it is durable
        out.rename(stick)
        terminal.wait_for("已投入票箱，请离开")
        terminal.wait_for("已投 2 / 应参加 6")
        vote(terminal, 1, PIN)
        terminal.wait_for("已投 3 / 应参加 6")
    end = made.close(present=3, reason="择日重新测评").end
    assert (end.issued, end.collected) == (3, 3)


def test_a_kiosk_killed_while_it_waits(tmp_path: Path) -> None:
    stick, out = tmp_path / "stick", tmp_path / "out"
    made = make_box(tmp_path / "home", token=stick, opens="", closes="")
    with kiosk(made) as terminal:
        start_voting(terminal, supervisor=SUPERVISOR_CODE, teller=TELLER_CODE)
        unlock(terminal, PIN)
        fill_in(terminal, 1)
        stick.rename(out)
        press_when(terminal, "按 Enter 投票后不能更改", "\r")
        terminal.wait_for(ASKED)
    out.rename(stick)
    box: BallotBox = made.start()
    assert (box.figures().issued, box.figures().collected) == (1, 0)  # never thanked for, and not in
    box.close()
