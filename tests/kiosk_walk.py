"""Walks the kiosk's screens under Textual's Pilot with a box in memory and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from kiosk.app import KioskApp
from kiosk.booth import (
    BoxFull,
    Figures,
    Heading,
    MiscopiedSlip,
    Stopped,
    TokenAway,
    WindowClosed,
    WrongPin,
    WrongSlip,
)
from kiosk.checks.model import Finding
from kiosk.fittings import Fittings
from kiosk.keypad import Keypad
from kiosk.timings import Timings
from rounds.choices import Choice
from rounds.errors import RuleRefusal
from rounds.slips import SLIP_DIGITS, is_slip_number

PIN = "135790"
TITLE = "第三团支部书记张三2016年度满意度测评"
DUTIES = (
    "（1）是否坚决执行党的基本路线和各项方针政策；（2）是否通过“支部上网行动”等方式密切联系团员青年；"
    "（3）是否认真开展各类主题团日活动，并通过抢票方式实现团的活动开放共享；（4）是否带领团支部全体团员注册成为"
    "志愿者并参与志愿服务活动；（5）是否做好团员发展以及教育、管理和服务工作。"
)
SEAL_WORDS = "山海云天 春秋明月 东西南北 上下左右"
SIZES = [(80, 24), (120, 33), (240, 67)]
KEYS = {"⏎": "enter", "⎋": "escape", "⌫": "backspace"}


def heading(
    *,
    title: str = TITLE,
    expected: int = 6,
    quorum_needed: int = 4,
    rehearsal: bool = False,
    key_on_same_disk: bool = False,
    roster: tuple[str, ...] = (),
    **more: Any,
) -> Heading:
    """A heading whose other texts are those of a small branch."""
    return Heading(
        title=title,
        assessed=(("姓名", "张三"), ("任职时间", "2015年9月"), ("单位及职务", "第三团支部书记")),
        duties=DUTIES,
        box_words="山海云天",
        registered=expected,
        expected=expected,
        quorum_needed=quorum_needed,
        rehearsal=rehearsal,
        key_on_same_disk=key_on_same_disk,
        roster=roster,
        **more,
    )


class MemoryBooth:
    """A `kiosk.booth.Booth` that writes down what it is asked for."""

    def __init__(self, shown: Heading | None = None) -> None:
        self.shown = shown or heading()
        self.calls: list[object] = []
        self.issued = 0
        self.collected = 0
        self.marked: set[int] = set()
        self.member: int | None = None
        self.failures = 0
        self.waits_until = 0.0
        self.armed = False
        self.slips: set[str] = set()
        self.slip = ""
        self.slip_failures = 0
        self.slips_wait_until = 0.0
        self.refuses = False
        self.window_closed = ""
        self.breaks_on_cast: Exception | None = None
        self.at_cast: Callable[[], None] = lambda: None
        self.away = ""
        """What is wrong with the stick; empty while it is in."""
        self.interrupted: Callable[[], None] | None = None

    @property
    def heading(self) -> Heading:
        return self.shown

    def figures(self) -> Figures:
        return Figures(self.issued, self.collected)

    def unmarked(self) -> tuple[int, ...]:
        return tuple(position for position in range(len(self.shown.roster)) if position not in self.marked)

    def wait_s(self, now: float) -> float:
        return max(0.0, self.waits_until - now)

    def check_pin(self, pin: bytes | bytearray, now: float) -> None:
        if bytes(pin) == PIN.encode():
            self.failures = 0
            return
        self.failures += 1
        if self.failures >= 5:
            self.waits_until = now + 15
        raise WrongPin(max(0, 5 - self.failures), self.wait_s(now))

    def slip_wait_s(self, now: float) -> float:
        return max(0.0, self.slips_wait_until - now)

    def admit(self, typed: bytes | bytearray, now: float) -> None:
        if self.shown.stationed and not is_slip_number(typed):
            raise MiscopiedSlip
        if self.shown.slips and len(typed) == SLIP_DIGITS:
            self.check_slip(bytes(typed).decode(), now)
        else:
            self.check_pin(typed, now)

    def check_slip(self, number: str, now: float) -> None:
        if self.slip_wait_s(now):
            raise WrongSlip(0, self.slip_wait_s(now), tried=False)
        if number not in self.slips:
            self.slip_failures += 1
            self.slips_wait_until = now + 15 if self.slip_failures >= 5 else 0.0
            raise WrongSlip(max(0, 5 - self.slip_failures), self.slip_wait_s(now))
        self.slip = number

    def arm(self) -> None:
        self.armed = True

    def call_next(self) -> None:
        if not self.armed:
            raise RuleRefusal("小键盘未启用")

    def disarm(self) -> None:
        self.armed = False

    def unlock(self, member: int | None) -> None:
        if self.refuses:
            raise BoxFull
        if self.window_closed:
            raise WindowClosed(self.window_closed)
        self.calls.append(("unlock", member))
        self.issued += 1
        self.member = member

    def cast(self, choice: Choice) -> None:
        self.at_cast()
        if self.breaks_on_cast is not None:
            raise self.breaks_on_cast
        self.calls.append(("cast", choice))
        self.collected += 1
        self.slips.discard(self.slip)
        if self.member is not None:
            self.marked.add(self.member)

    def void_session(self) -> None:
        self.calls.append("void")

    def note_helped(self) -> None:
        self.calls.append("helped")

    def stop(self) -> Stopped:
        self.calls.append("stop")
        return Stopped(self.collected, SEAL_WORDS)

    def stopped(self) -> Stopped:
        return Stopped(self.collected, SEAL_WORDS)

    def check_token(self) -> None:
        if self.away:
            raise TokenAway(f"{self.away}。", self.away)

    def resume(self) -> bool:
        self.check_token()
        interrupted, self.interrupted = self.interrupted, None
        if interrupted is not None:
            interrupted()
        return interrupted is not None

    def close(self) -> None:
        self.calls.append("close")


class HeardApp(KioskApp):
    """The kiosk, with its bell counted."""

    bells = 0

    def bell(self) -> None:
        self.bells += 1


class Walk:
    """One kiosk under a Pilot: press keys, move the clock, read the screen."""

    def __init__(self, booth: MemoryBooth, timings: Timings, keypad: Keypad | None = None) -> None:
        self.now = 1000.0
        self.slept = 0.0
        self.room: Callable[[], str | None] = lambda: None
        """May be replaced while the walk goes on, like the findings."""
        self.findings: Sequence[Finding] = ()
        self.booth = booth
        self.app = HeardApp(
            booth,
            timings=timings,
            clock=lambda: self.now,
            fittings=Fittings(keypad=keypad, slept=lambda: self.slept, room=self._look, checks=lambda: self.findings),
        )
        self.pilot: Pilot[int]

    def _look(self) -> str | None:
        return self.room()

    def strips(self) -> list[Strip]:
        """What the terminal would get for the whole screen."""
        width, height = self.app.size
        return [Strip(line).adjust_cell_length(width) for line in self._rendered()][:height]

    def _rendered(self) -> list[list[Any]]:
        compositor = self.app.screen._compositor  # noqa: SLF001 - the only place that knows the whole picture
        return [list(strip) for strip in compositor.render_strips()]

    def text(self) -> str:
        """The whole screen as text."""
        return "\n".join(strip.text.rstrip() for strip in self.strips())

    async def see(self, wanted: str) -> str:
        """Wait until `wanted` stands on the screen and the screen has settled; the text."""
        await self.until(lambda: wanted in self.text(), wanted)
        await self.pilot.pause(0.01)
        return self.text()

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        for _ in range(300):
            if condition():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"never came: {what}\n{self.text()}")

    async def press(self, keys: str) -> None:
        """Press keys one after the other: ⏎ ⎋ ⌫ and printable characters."""
        await self.pilot.pause(0.03)
        for key in keys:
            name = KEYS.get(key, key)
            self.app.post_message(events.Key(name, key if name == key else None))
            await self.pilot.pause(0.002)
        await self.pilot.pause(0.01)

    async def advance(self, seconds: float) -> None:
        """Move the clock and let the screens look at it."""
        self.now += seconds
        for _ in range(3):
            await self.pilot.pause(0.02)

    async def go(self, *steps: tuple[str, str]) -> str:
        """For each (keys, text): press, then see."""
        shown = ""
        for keys, wanted in steps:
            await self.press(keys)
            shown = await self.see(wanted)
        return shown

    async def to_aside(self) -> str:
        return await self.go((f"{PIN}⏎", "其他人员请远离投票区域"))

    async def to_ballot(self) -> str:
        await self.to_aside()
        return await self.go(("⏎", "不选请按3"))

    async def to_review(self, key: str = "2") -> str:
        await self.to_ballot()
        return await self.go((key, "按 Enter 投票后不能更改"))

    async def to_thanks(self, key: str = "2") -> str:
        await self.to_review(key)
        return await self.go(("⏎", "已投入票箱，请离开"))

    async def to_menu(self) -> str:
        return await self.go(("0⏎", "进入管理菜单，请指导监督人员"), (f"{PIN}⏎", "管理菜单\n"))


@asynccontextmanager
async def walking(
    booth: MemoryBooth | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    settled_s: float = 0.0,
    keypad: Keypad | None = None,
) -> AsyncIterator[Walk]:
    """A kiosk that has come up locked."""
    timings = Timings(settled_s=settled_s, tick_s=0.01, beat_s=0.01, keypad_check_s=0.01)
    walk = Walk(booth or MemoryBooth(), timings, keypad)
    async with walk.app.run_test(size=size) as pilot:
        walk.pilot = pilot
        await walk.see("有效线")
        yield walk


def run(walk: Coroutine[Any, Any, None]) -> None:
    """Run one walk to its end."""
    asyncio.run(walk)
