"""The 票箱U盘 pulled out under every screen: the kiosk says so, takes no key, and goes on where it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kiosk_walk import PIN, SIZES, MemoryBooth, Walk, run, walking

from kiosk.booth import Stopped, TokenAway
from rounds.choices import Choice

ASKED = "票箱U盘已拔出，请指导监督人员插回原U盘，投票暂停"
OUT = "未检测到票箱U盘"


class PulledBooth(MemoryBooth):
    """A box whose next change is caught by the stick: `resume` completes it, as the real one does."""

    def catch(self, change: Callable[[], object]) -> None:
        if self.away:
            self.interrupted = lambda: (change(), None)[1]
            raise TokenAway(f"{self.away}。", self.away)
        change()

    def unlock(self, member: int | None) -> None:
        self.catch(lambda: super(PulledBooth, self).unlock(member))

    def cast(self, choice: Choice) -> None:
        self.catch(lambda: super(PulledBooth, self).cast(choice))

    def void_session(self) -> None:
        self.catch(super().void_session)

    def note_helped(self) -> None:
        self.catch(super().note_helped)

    def stop(self) -> Stopped:
        self.catch(super().stop)
        return self.stopped()

    def check_pin(self, pin: bytes | bytearray, now: float) -> None:
        """A right PIN writes nothing."""
        if self.away and bytes(pin) != PIN.encode():
            self.catch(self.count_failure)
        super().check_pin(pin, now)

    def count_failure(self) -> None:
        self.failures += 1


async def put_back(walk: Walk) -> None:
    walk.booth.away = ""
    await walk.advance(1.0)


@pytest.mark.parametrize("size", SIZES)
def test_on_the_locked_screen_it_is_noticed_by_itself(size: tuple[int, int]) -> None:
    async def tour() -> None:
        async with walking(PulledBooth(), size=size) as walk:
            await walk.press("13")
            walk.booth.away = OUT
            await walk.advance(1.0)
            shown = await walk.see(ASKED)
            assert OUT in shown
            await walk.press(f"{PIN}⏎0⏎⎋123⏎")
            assert walk.booth.calls == []
            walk.booth.away = "插入的是另一次测评的票箱U盘"
            await walk.advance(1.0)
            await walk.see("插入的是另一次测评的票箱U盘")
            await put_back(walk)
            shown = await walk.see("请下一位团员上前")
            assert "开启口令：\n" in shown  # what was typed before is gone
            await walk.to_thanks()

    run(tour())


def test_a_cast_is_thanked_for_only_when_the_stick_is_back() -> None:
    async def tour() -> None:
        async with walking(PulledBooth()) as walk:
            shown = await walk.to_review("2")
            bells = walk.app.bells
            walk.booth.away = OUT
            shown = await walk.go(("⏎", ASKED))
            assert "已投入票箱" not in shown
            assert "不满意" not in shown  # nothing of the choice
            assert walk.app.bells == bells
            for _ in range(20):  # nobody is sent away for not pressing a key
                await walk.advance(10.0)
            assert ASKED in walk.text()
            assert walk.booth.calls == [("unlock", None)]
            await put_back(walk)
            await walk.see("已投入票箱，请离开")
            assert walk.app.bells == bells + 1
            assert walk.booth.calls == [("unlock", None), ("cast", Choice.UNSATISFIED)]
            await walk.advance(1.5)
            await walk.see("已投 1 / 应参加 6")
            await walk.advance(3.0)
            await walk.to_thanks("1")

    run(tour())


def test_a_stick_that_is_out_at_the_unlock_leads_back_to_locked() -> None:
    """The real box looks before it issues anything: nothing was under way, so nobody is let in when it is back."""

    class LooksFirst(PulledBooth):
        def unlock(self, member: int | None) -> None:
            self.check_token()
            super().unlock(member)

    async def tour() -> None:
        async with walking(LooksFirst()) as walk:
            await walk.press(PIN)
            walk.booth.away = OUT
            await walk.go(("⏎", ASKED))
            await put_back(walk)
            await walk.see("请下一位团员上前")
            assert walk.booth.calls == []

    run(tour())


def test_an_unlock_that_was_caught_goes_on_to_the_voter() -> None:
    async def tour() -> None:
        async with walking(PulledBooth()) as walk:
            await walk.press(PIN)
            walk.booth.away = OUT
            await walk.go(("⏎", ASKED))
            await put_back(walk)
            await walk.see("其他人员请远离投票区域")
            assert (walk.booth.calls, walk.app.bells) == ([("unlock", None)], 1)

    run(tour())


def test_a_wrong_pin_is_counted_and_said_when_the_stick_is_back() -> None:
    async def tour() -> None:
        async with walking(PulledBooth()) as walk:
            await walk.to_aside()
            await walk.go(("⎋", "结束本次填写"))
            walk.booth.away = OUT
            await walk.go(("000000⏎", ASKED))
            await walk.advance(300)  # the prompt below begins to wait anew: nobody could press a key meanwhile
            await put_back(walk)
            shown = await walk.see("结束本次填写")
            assert "开启口令不正确" in shown
            assert walk.booth.failures == 1
            await walk.go((f"{PIN}⏎", "本次未投票"))

    run(tour())


def test_cancel_helped_and_end_go_on_where_they_were() -> None:
    async def interrupted(walk: Walk, keys: str, then: str) -> None:
        walk.booth.away = OUT
        await walk.go((keys, ASKED))
        await put_back(walk)
        await walk.see(then)

    async def tour() -> None:
        async with walking(PulledBooth()) as walk:
            await walk.to_aside()
            await walk.go(("⎋", "结束本次填写"))
            await interrupted(walk, f"{PIN}⏎", "本次未投票")
            await walk.go((f"{PIN}⏎", "请下一位团员上前"))
            await walk.to_menu()
            await walk.go(("2", "登记一名"))
            await interrupted(walk, "1", "已登记一名")
            await walk.go(("3", "结束投票？"))
            await interrupted(walk, "2", "投票已结束")
            assert walk.booth.calls == [("unlock", None), "void", "helped", "stop"]
            await walk.press("⏎")
            await walk.until(lambda: walk.app.status == 0, "the end")

    run(tour())
