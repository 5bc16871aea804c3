"""A second display stops the unlocking: no ballot is issued, the locked screen says why, and it goes on afterwards."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from box_factory import PIN, SUPERVISOR_CODE, TELLER_CODE, MadeBox, make_box
from hall import start_voting, unlock, vote
from kiosk_walk import PIN as WALK_PIN
from kiosk_walk import SIZES, HeardApp, MemoryBooth, Walk, heading, run, walking
from planted_laptop import Laptop
from sample_apps import APPS
from terminal import Terminal

from kiosk import texts
from kiosk.checks.model import Finding, Level
from kiosk.checks.report import run_checks
from kiosk.checks.room import room_refusal

REFUSED = texts.too_many_displays(2)


def hear(walk: Walk, laptop: Laptop) -> HeardApp:
    """The walk's app, in the planted hall."""
    walk.room = lambda: room_refusal(laptop.around())
    return walk.app


@pytest.mark.parametrize("roster", [(), ("甲", "乙")])
def test_a_second_display_stops_the_unlocking(tmp_path: Path, roster: tuple[str, ...]) -> None:
    laptop = Laptop(tmp_path)
    booth = MemoryBooth(heading(roster=roster))

    async def steps() -> None:
        async with walking(booth) as walk:
            app = hear(walk, laptop)
            laptop.display("HDMI-A-1")
            await walk.go((f"{WALK_PIN}⏎", REFUSED))
            assert (booth.calls, app.bells) == ([], 0)
            await walk.go((f"{WALK_PIN}⏎", REFUSED))  # and again, for as long as it is there
            laptop.display("HDMI-A-1", "disconnected")
            if roster:
                await walk.go((f"{WALK_PIN}⏎", "尚未投票的团员"))
                laptop.display("HDMI-A-1")
                await walk.go(("1⏎", REFUSED))  # plugged in while the member was being chosen
                assert booth.calls == []
                laptop.display("HDMI-A-1", "disconnected")
                await walk.go((f"{WALK_PIN}⏎", "尚未投票的团员"), ("1⏎", "其他人员请远离"))
            else:
                await walk.go((f"{WALK_PIN}⏎", "其他人员请远离"))
            assert (booth.calls, app.bells) == ([("unlock", 0 if roster else None)], 1)

    run(steps())


def test_with_one_display_the_same_steps_let_the_voter_in(tmp_path: Path) -> None:
    """The control: the same hall without the second display."""
    laptop = Laptop(tmp_path)
    booth = MemoryBooth()

    async def steps() -> None:
        async with walking(booth) as walk:
            hear(walk, laptop)
            await walk.go((f"{WALK_PIN}⏎", "其他人员请远离"))
            assert booth.calls == [("unlock", None)]

    run(steps())


@pytest.mark.parametrize("size", SIZES)
def test_the_menu_shows_every_finding_whole(size: tuple[int, int], tmp_path: Path) -> None:
    laptop = Laptop(tmp_path)
    laptop.display("DP-1")
    laptop.process(9, "fcitx")
    findings = run_checks(laptop.around(), laptop.home, None)

    async def steps() -> None:
        async with walking(MemoryBooth(), size=size) as walk:
            walk.findings = findings
            await walk.to_menu()
            seen = await walk.go(("4", "本机和会场检查"))
            while "按 Enter 翻页" in seen and "第 1 页" not in (following := await walk.go(("⏎", "本机和会场检查"))):
                if following in seen:
                    break  # all on one page
                seen += following
            shown = "".join(line.strip() for line in seen.splitlines())
            assert not [finding.name for finding in findings if finding.seen not in shown]

    run(steps())


def test_the_menu_shows_what_was_found_page_by_page() -> None:
    findings = [Finding(f"第{n}项", Level.OK, "正常的情况") for n in range(20)]
    findings.append(Finding("显示器", Level.REFUSE, "连接了2台显示器", "请断开。"))

    async def steps() -> None:
        async with walking(MemoryBooth()) as walk:
            walk.findings = findings
            await walk.to_menu()
            shown = await walk.go(("4", "本机和会场检查"))
            lines = [line.strip() for line in shown.splitlines() if "　" in line and "：" in line]
            assert lines[0] == "不符　显示器：连接了2台显示器。"  # the worst first
            assert "请断开。" in shown
            assert "第 1 页，共 2 页" in shown
            await walk.go(("⏎", "第 2 页，共 2 页"), ("⏎", "第 1 页，共 2 页"), ("7", texts.CHECKS_KEYS))
            await walk.go(("0", "4　检查"), ("0", "请下一位团员上前"))

    run(steps())


def kiosk(made: MadeBox, laptop: Laptop) -> Terminal:
    words = [str(APPS / "planted_room.py"), str(made.home.path), str(laptop.sys), str(laptop.proc)]
    return Terminal([sys.executable, "-u", *words], rows=30)


@pytest.mark.pty
def test_a_projector_plugged_in_during_the_voting(tmp_path: Path) -> None:
    made = make_box(tmp_path / "made", opens="", closes="")
    laptop = Laptop(tmp_path / "laptop")
    with kiosk(made, laptop) as terminal:
        start_voting(terminal, supervisor=SUPERVISOR_CODE, teller=TELLER_CODE)
        vote(terminal, 1, PIN)  # the control: one display
        terminal.wait_for("已投 1 / 应参加 6")
        laptop.display("HDMI-A-1")
        unlock(terminal, PIN)
        terminal.wait_for(REFUSED)
        laptop.display("HDMI-A-1", "disconnected")
        laptop.process(4711, "anydesk")
        unlock(terminal, PIN)
        terminal.wait_for("AnyDesk正在运行，未开启")
        (laptop.proc / "4711/comm").unlink()
        vote(terminal, 2, PIN)
        terminal.wait_for("已投 2 / 应参加 6")
    figures = made.start().figures()
    assert (figures.issued, figures.collected) == (2, 2)
    assert "anydesk" not in made.folder.log.read_text(encoding="utf-8").lower()


@pytest.mark.pty
def test_an_official_voting_does_not_start_beside_a_projector_and_a_rehearsal_does(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path / "laptop")
    laptop.display("HDMI-A-1")
    official = make_box(tmp_path / "official")
    with kiosk(official, laptop) as terminal:
        assert terminal.exit_status() == 1
        assert "错误：显示器：连接了2台显示器" in terminal.text()
        assert "口令" not in terminal.text()
    rehearsal = make_box(tmp_path / "rehearsal", rehearsal=True, opens="", closes="")
    with kiosk(rehearsal, laptop) as terminal:
        start_voting(terminal, supervisor=SUPERVISOR_CODE, teller=TELLER_CODE)
        assert "注意：显示器：连接了2台显示器".encode() in terminal.raw
        unlock(terminal, PIN)
        terminal.wait_for("其他人员请远离")
