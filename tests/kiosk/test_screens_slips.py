"""Slips at the locked screen: gathered beside the PIN, stationed alone; what ends a session over a suspension."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from kiosk_walk import PIN, MemoryBooth, Walk, heading, run, walking

from kiosk.screens.locked import LockedScreen
from kiosk.suspension import Suspension, slept_s
from rounds.choices import Choice
from rounds.slips import draw_numbers

SLIPS = draw_numbers(3, secrets.token_bytes)
NONE = "0000005724" if "0000005724" not in SLIPS else "0000000000"
WINDOW: dict[str, Any] = {"opens": "2017-04-01T09:00:00+08:00", "closes": "2017-04-03T18:00:00+08:00"}
SLIP_WRONG = "投票凭条号不正确或已使用，还可以再试 4 次"
EITHER_WRONG = "开启口令或投票凭条号不正确，还可以再试 4 次"


def with_slips(*, stationed: bool) -> MemoryBooth:
    shown = heading(slips=True, method="stationed", **WINDOW) if stationed else heading(slips=True)
    booth = MemoryBooth(shown)
    booth.slips = set(SLIPS)
    return booth


def test_a_stationed_round_by_slips_alone() -> None:
    async def tour() -> None:
        async with walking(with_slips(stationed=True)) as walk:
            shown = await walk.see("请输入投票凭条号")
            assert "投票时间：04月01日09:00至04月03日18:00" in shown
            assert "请下一位团员" not in shown
            await walk.go((f"{PIN}⏎", "投票凭条号为10位数字"), (f"{NONE}⏎", SLIP_WRONG))
            assert walk.booth.issued == 0
            await walk.go(
                (f"{SLIPS[0]}⏎", "其他人员请远离投票区域"),
                ("⏎", "不选请按3"),
                ("1", "按 Enter 投票后不能更改"),
                ("⏎", "已投入票箱，请离开"),
            )
            assert walk.app.bells == 2  # the same beep at unlock and cast
            await walk.advance(1.5)
            await walk.see("请稍候，暂不接受输入")
            await walk.press(SLIPS[1])  # the pause takes no slip either
            await walk.advance(3)
            await walk.see("投票凭条号：\n")
            await walk.go((f"{SLIPS[0]}⏎", "投票凭条号不正确或已使用"))

    run(tour())


@pytest.mark.parametrize("typed", [PIN, SLIPS[0]], ids=["pin", "slip"])  # a number of its own in every process
def test_gathered_the_one_prompt_takes_pin_and_slip(typed: str) -> None:
    async def tour() -> None:
        async with walking(with_slips(stationed=False)) as walk:
            await walk.see("开启口令或投票凭条号：\n")
            answers = [await walk.go((f"{wrong}⏎", EITHER_WRONG)) for wrong in (NONE, "000000")]
            assert answers[0] == answers[1]  # nothing shown tells which it was
            await walk.go((f"{typed}⏎", "其他人员请远离投票区域"))
            assert walk.booth.calls == [("unlock", None)]

    run(tour())


def test_a_prankster_with_wrong_slips_does_not_keep_the_pin_waiting() -> None:
    async def tour() -> None:
        async with walking(with_slips(stationed=False)) as walk:
            for _ in range(5):
                await walk.go((f"{NONE}⏎", "不正确"))
            await walk.see("开启口令或投票凭条号不正确，请等待 15 秒")
            shown = await walk.go((f"{SLIPS[0]}⏎", "  请等待 15 秒"))
            assert "不正确" not in shown  # too early: nobody looked
            assert walk.booth.issued == 0
            await walk.go((f"{PIN}⏎", "其他人员请远离投票区域"))

    run(tour())


def test_a_pranksters_wait_does_not_keep_the_supervisor_of_a_stationed_kiosk_from_the_menu() -> None:
    async def tour() -> None:
        async with walking(with_slips(stationed=True)) as walk:
            for _ in range(5):
                await walk.go((f"{NONE}⏎", "不正确"))
            await walk.see("请等待 15 秒")
            shown = await walk.go((f"{SLIPS[0]}⏎", "  请等待 15 秒"))
            assert "不正确" not in shown
            assert walk.booth.issued == 0
            await walk.go(("0⏎", "进入管理菜单"), (f"{PIN}⏎", "管理菜单\n"), ("0", "请输入投票凭条号"))
            await walk.advance(15)
            await walk.go((f"{SLIPS[0]}⏎", "其他人员请远离投票区域"))

    run(tour())


def test_the_menu_of_a_stationed_round_takes_the_pin() -> None:
    async def tour() -> None:
        async with walking(with_slips(stationed=True)) as walk:
            await walk.go(("0⏎", "进入管理菜单"), (f"{PIN}⏎", "管理菜单\n"))

    run(tour())


def test_left_alone_a_stationed_kiosk_locks_again_and_the_slip_is_good() -> None:
    async def tour() -> None:
        async with walking(with_slips(stationed=True)) as walk:
            await walk.go((f"{SLIPS[0]}⏎", "其他人员请远离投票区域"))
            await walk.advance(90)
            await walk.see("投票凭条未使用，仍可再次使用")
            await walk.advance(10)
            await walk.see("请输入投票凭条号")
            await walk.go((f"{SLIPS[0]}⏎", "其他人员请远离投票区域"))
            assert walk.booth.calls == [("unlock", None), "void", ("unlock", None)]

    run(tour())


def test_gathered_the_supervisor_locks_after_a_session_without_a_ballot() -> None:
    async def tour() -> None:
        async with walking(with_slips(stationed=False)) as walk:
            await walk.go((f"{SLIPS[0]}⏎", "其他人员请远离投票区域"))
            await walk.advance(90)
            await walk.see("投票凭条未使用，仍可再次使用")
            await walk.advance(600)
            await walk.see("本次未投票")

    run(tour())


def test_a_stationed_kiosk_rests_and_its_lines_move() -> None:
    async def tour() -> None:
        async with walking(with_slips(stationed=True)) as walk:
            await walk.press(SLIPS[0][:4])
            seen = set()
            await walk.advance(120)
            await walk.see("按任意键开始")
            for _ in range(5):
                shown = await walk.see("定点投票")
                seen.add(next(number for number, line in enumerate(shown.split("\n")) if "定点投票" in line))
                assert "已投" not in shown
                await walk.advance(20)
            assert len(seen) == 5
            await walk.press(SLIPS[0][0])  # the key that wakes it is no digit, and nothing of before is left
            await walk.see("投票凭条号：\n")
            await walk.go((f"{SLIPS[0]}⏎", "其他人员请远离投票区域"))

    run(tour())


def test_a_gathered_kiosk_does_not_rest() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.advance(3600)
            await walk.see("请下一位团员上前")

    run(tour())


async def sleep(walk: Walk, seconds: float) -> None:
    """The machine sleeps: the monotonic clock stands still."""
    walk.slept += seconds
    for _ in range(5):
        await walk.pilot.pause(0.02)


@pytest.mark.parametrize("screen", ["aside", "ballot", "review", "cancel"])
def test_a_session_over_a_suspension_is_not_cast(screen: str) -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_aside()
            if screen != "aside":
                await walk.go(("⏎", "不选请按3"))
            if screen == "review":
                await walk.go(("2", "按 Enter 投票后不能更改"))
            if screen == "cancel":
                await walk.go(("⎋", "填写已中止"))
            await sleep(walk, 0.1)  # the control: no sleep at all
            assert "本次未投票" not in walk.text()
            await sleep(walk, 30)
            await walk.see("本次未投票")
            assert walk.booth.calls == [("unlock", None), "void"]

    run(tour())


def test_a_key_that_arrives_before_the_suspension_was_noticed_casts_nothing() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_review()
            walk.slept += 30
            await walk.press("⏎")
            await walk.see("本次未投票")
            assert ("cast", Choice.UNSATISFIED) not in walk.booth.calls

    run(tour())


def test_over_a_suspension_the_locked_screen_drops_what_was_typed_and_the_menu_locks() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.press(PIN)
            await sleep(walk, 30)
            await walk.see("开启口令：\n")
            assert isinstance(walk.app.shown, LockedScreen)
            await walk.to_menu()
            await sleep(walk, 30)
            await walk.see("请下一位团员上前")

    run(tour())


def test_with_the_stick_out_the_session_ends_once_it_is_back() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.press(PIN)
            walk.booth.away = "未检测到票箱U盘"
            await walk.advance(1.0)
            await walk.see("票箱U盘已拔出")
            await sleep(walk, 30)
            await walk.see("票箱U盘已拔出")
            walk.booth.away = ""
            await walk.advance(1.0)
            await walk.see("开启口令：\n")

    run(tour())


def test_a_process_that_stood_still_misses_its_beats() -> None:
    now = [100.0]
    watched = Suspension(lambda: 0.0, lambda: now[0])
    now[0] += 1
    assert not watched.beat()
    now[0] += 1
    assert not watched.continued()  # stopped for a moment only
    now[0] += 5
    assert watched.continued()
    assert not watched.continued()


def test_this_machine_tells_how_long_it_slept() -> None:
    first, second = slept_s(), slept_s()
    assert first >= 0.0
    assert abs(second - first) < 0.5


def test_a_stopped_and_continued_kiosk_ends_the_session() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_review()
            walk.app._suspension._beat -= 60  # noqa: SLF001  as after a minute in SIGSTOP
            walk.app.take_terminal_again()
            await walk.see("本次未投票")

    run(tour())
