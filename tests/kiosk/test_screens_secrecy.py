"""What must not happen on the screens: blind casts, choices that outlive their screen, votes for somebody who left."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from kiosk_walk import PIN, MemoryBooth, Walk, heading, run, walking
from textual import events

from kiosk.gate import Gate
from kiosk.hardened import CRASHED
from kiosk.screens.voter import ReviewScreen
from rounds.choices import Choice

VOTER_SCREENS = ["aside", "ballot", "review", "covered", "cancel"]


async def to(walk: Walk, screen: str) -> None:
    """Walk to one of the voter's screens."""
    if screen == "aside":
        await walk.to_aside()
    elif screen == "ballot":
        await walk.to_ballot()
    else:
        await walk.to_review()
    if screen == "covered":
        await walk.advance(15)
        await walk.see("内容已遮住")
    elif screen == "cancel":
        await walk.go(("⎋", "填写已中止"))


def choices_held() -> int:
    """How many review screens in memory still hold a choice."""
    screens: Iterator[ReviewScreen] = (found for found in gc.get_objects() if type(found) is ReviewScreen)
    return sum(any(isinstance(value, Choice) for value in vars(screen).values()) for screen in screens)


async def burst(walk: Walk, keys: list[str]) -> None:
    """Put keys into the queue as one read of the terminal would, without waiting in between."""
    for key in keys:
        walk.app.post_message(events.Key(key, key if len(key) == 1 else None))
    for _ in range(10):
        await walk.pilot.pause(0.02)


@pytest.mark.parametrize("gated", [True, False])
def test_a_burst_ends_at_the_review(gated: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def tour() -> None:
        async with walking(settled_s=0.0) as walk:
            await walk.to_ballot()
            if not gated:  # the control: without the gate the same burst is a vote that nobody saw
                monkeypatch.setattr(Gate, "admits", lambda *_: True)
            await burst(walk, ["2", "enter", "enter", "enter"])
            cast = ("cast", Choice.UNSATISFIED) in walk.booth.calls
            assert cast is not gated
            assert walk.booth.calls.count(("cast", Choice.UNSATISFIED)) <= 1

    run(tour())


def test_keys_typed_before_a_screen_has_settled_are_dropped() -> None:
    async def tour() -> None:
        async with walking(settled_s=0.4) as walk:
            await walk.pilot.pause(0.45)
            await walk.to_aside()
            await walk.press("⏎")
            assert "其他人员请远离投票区域" in walk.text()
            await walk.pilot.pause(0.45)
            await walk.go(("⏎", "不选请按3"))  # the control: the same key, once the screen has stood

    run(tour())


def test_one_ballot_is_cast_once_however_often_enter_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_review()
            review = walk.app.shown
            monkeypatch.setattr(Gate, "admits", lambda *_: True)
            await burst(walk, ["enter"] * 5)
            assert isinstance(review, ReviewScreen)
            review.pressed("enter", None)
            assert walk.booth.calls.count(("cast", Choice.UNSATISFIED)) == 1

    run(tour())


@pytest.mark.parametrize("way", ["⎋", "0", "⏎", "cover", "idle"])
def test_the_choice_is_dropped_on_every_way_off_the_review(way: str) -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_review()
            assert choices_held() == 1  # the control: while it is shown it is held
            if way == "cover":
                await walk.advance(15)
                await walk.see("内容已遮住，按 Enter 重新填写")
            elif way == "idle":
                await walk.advance(90)
                await walk.see("本次未投票")
            else:
                await walk.press(way)
            await walk.pilot.pause(0.02)
            assert choices_held() == 0

    gc.collect()
    run(tour())


def test_a_covered_choice_cannot_be_cast() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_review()
            await walk.advance(14.9)
            await walk.see("您的选择：不满意")
            await walk.advance(0.1)
            shown = await walk.see("内容已遮住，按 Enter 重新填写")
            assert "您的选择" not in shown
            await walk.go(("0", "请按 Enter\n"), ("⏎", "不选请按3"))
            assert walk.booth.calls == [("unlock", None)]
            await walk.go(("1", "您的选择：满意"), ("⏎", "已投入票箱"))
            assert walk.booth.calls[-1] == ("cast", Choice.SATISFIED)

    run(tour())


def test_a_key_keeps_the_review_uncovered() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_review()
            for _ in range(3):
                await walk.advance(14)
                await walk.press("x")
            assert "您的选择：不满意" in walk.text()

    run(tour())


@pytest.mark.parametrize("screen", VOTER_SCREENS)
def test_a_voter_who_walks_off_has_not_voted(screen: str) -> None:
    async def tour() -> None:
        async with walking() as walk:
            await to(walk, screen)
            await walk.advance(60)
            await walk.see("请按任意键继续")
            await walk.advance(30)
            shown = await walk.see("本次未投票")
            assert "您的选择" not in shown
            assert walk.booth.calls == [("unlock", None), "void"]
            await walk.advance(1000)
            await walk.press("⏎0⏎⎋")
            await walk.see("本次未投票")
            await walk.go((f"{PIN}⏎", "请下一位团员上前"))
            assert walk.booth.calls == [("unlock", None), "void"]

    run(tour())


def test_the_key_that_answers_the_alert_does_nothing_else() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_ballot()
            await walk.advance(61)
            await walk.see("29 秒后自动退出")
            await walk.press("1")
            shown = await walk.see("不选请按3")
            assert "请按任意键继续" not in shown
            await walk.advance(59)
            assert "请按任意键继续" not in walk.text()
            await walk.go(("1", "您的选择：满意"))  # the control: the same key without the alert

    run(tour())


@pytest.mark.parametrize("screen", ["aside", "ballot", "review", "covered"])
def test_esc_clears_and_asks_for_the_pin(screen: str) -> None:
    async def tour() -> None:
        async with walking() as walk:
            await to(walk, screen)
            shown = await walk.go(("⎋", "填写已中止，所作选择已清除"))
            assert "您的选择" not in shown
            await walk.go(("⏎", "填写已中止"), ("0⏎", "其他人员请远离投票区域"), ("⎋", "填写已中止"))
            assert walk.booth.calls == [("unlock", None)]
            await walk.go((f"{PIN}⏎", "本次未投票"))
            assert walk.booth.calls == [("unlock", None), "void"]
            await walk.go((f"{PIN}⏎", "请下一位团员上前"))

    run(tour())


@pytest.mark.parametrize("keys", [f"{PIN}⏎", "0⏎"])
def test_what_the_supervisor_leaves_open_locks_itself(keys: str) -> None:
    async def tour() -> None:
        async with walking(MemoryBooth(heading(roster=("甲", "乙")))) as walk:
            await walk.press(keys)
            await walk.until(lambda: "请下一位团员上前" not in walk.text(), "another screen")
            await walk.advance(90)
            await walk.see("请下一位团员上前")
            assert walk.booth.calls == []

    run(tour())


def test_a_failure_of_the_box_acknowledges_nothing() -> None:
    seen: list[Walk] = []

    async def tour() -> None:
        booth = MemoryBooth()
        booth.breaks_on_cast = OSError(5, "Input/output error")
        async with walking(booth) as walk:
            seen.append(walk)
            await walk.to_review()
            await walk.press("⏎")
            for _ in range(20):
                assert "已投入票箱" not in walk.text()
                await walk.pilot.pause(0.01)

    with pytest.raises(OSError, match="Input/output"):
        run(tour())
    assert seen[0].app.status == CRASHED
    assert seen[0].app.bells == 1  # the unlock's


def test_nothing_is_acknowledged_while_the_box_is_at_work() -> None:
    found: list[tuple[type, int, int]] = []

    async def tour() -> None:
        async with walking() as walk:
            walk.booth.at_cast = lambda: found.append((type(walk.app.shown), walk.app.bells, choices_held()))
            await walk.to_thanks()
            assert walk.app.bells == 2  # the control: afterwards it is

    gc.collect()
    run(tour())
    assert found == [(ReviewScreen, 1, 0)]


def test_esc_drops_the_choice_in_the_same_moment() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_review()
            review = walk.app.shown
            assert isinstance(review, ReviewScreen)
            assert choices_held() == 1
            review.pressed("escape", None)
            assert choices_held() == 0
            await walk.see("填写已中止")

    gc.collect()
    run(tour())


def test_wrong_pins_are_counted_and_waited_for() -> None:
    async def tour() -> None:
        async with walking() as walk:
            for left in (4, 3, 2, 1):
                await walk.go(("111111⏎", f"还可以再试 {left} 次"))
            await walk.go(("111111⏎", "请等待 15 秒"))
            await walk.press(f"{PIN}⏎")
            await walk.advance(14)
            await walk.see("请等待 1 秒")
            await walk.press(f"{PIN}⏎0⏎")
            assert walk.booth.calls == []
            await walk.advance(1)
            await walk.see("开启口令：\n")
            await walk.to_aside()

    run(tour())


def test_the_pin_is_never_shown() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.press(PIN)
            shown = await walk.see("开启口令：******")
            assert PIN not in shown
            assert not any(digit in shown.split("开启口令：")[1].split("\n")[0] for digit in PIN)
            await walk.go(("⌫⌫", "开启口令：****\n"), ("⎋", "开启口令：\n"), ("1" * 13, "输入已满"))

    run(tour())


def test_an_empty_enter_does_nothing_in_any_pin_prompt() -> None:
    async def tour() -> None:
        async with walking() as walk:
            before = walk.text()
            await walk.press("⏎⏎⏎")
            assert walk.text() == before
            assert walk.booth.failures == 0
            await walk.go(("0⏎", "进入管理菜单"), ("⏎", "进入管理菜单"), ("0⏎", "请下一位团员上前"))
            assert walk.booth.failures == 0

    run(tour())
