"""The supervisor's keypad: armed by the PIN, one Enter one voter; nobody else gets its keys; pulled out it is missed.

There is no /dev/uinput in a container: the device is a pipe that carries the kernel's `struct input_event`, and evdev's
own `InputEvent`; only grabbing and finding are asked of a double of `InputDevice`.
"""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from kiosk_walk import PIN, MemoryBooth, Walk, heading, run, walking

from kiosk.keypad import Event, Keypad, decoded, finder
from kiosk.screens.locked import LockedScreen
from kiosk.screens.supervisor import PausedScreen
from rounds.errors import BadInput

evdev = pytest.importorskip("evdev", reason="evdev has wheels for Linux alone")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="evdev is Linux's")

INPUT_EVENT = struct.Struct("@llHHi")
E = evdev.ecodes
KEYS = {**{str(n): E.ecodes[f"KEY_KP{n}"] for n in range(10)}, "⏎": E.KEY_KPENTER, "⎋": E.KEY_ESC}
ASKS, ARMED = "小键盘未启用", "小键盘已启用"


class PipeDevice:
    """A device at the other end of a pipe."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe2(os.O_NONBLOCK)
        self.closed = False

    def fileno(self) -> int:
        return self._out

    def read(self) -> Iterable[Event]:
        data = os.read(self._out, INPUT_EVENT.size * 64)
        if not data:
            raise OSError(errno.ENODEV, "No such device")
        return [evdev.InputEvent(*fields) for fields in INPUT_EVENT.iter_unpack(data)]

    def close(self) -> None:
        self.closed = True
        with suppress(OSError):
            os.close(self._out)

    def send(self, code: int, *values: int, kind: int = E.EV_KEY) -> None:
        for value in values:
            os.write(self._in, INPUT_EVENT.pack(0, 0, kind, code, value))
            os.write(self._in, INPUT_EVENT.pack(0, 0, E.EV_SYN, E.SYN_REPORT, 0))

    def type(self, keys: str) -> None:
        for key in keys:
            self.send(KEYS[key], 1, 0)

    def unplug(self) -> None:
        os.close(self._in)


class Port:
    """Where the keypad is plugged in, or is not."""

    def __init__(self) -> None:
        self.device: PipeDevice | None = PipeDevice()

    def find(self) -> list[PipeDevice]:
        return [self.device] if self.device is not None else []


async def type_on(walk: Walk, port: Port, keys: str) -> None:
    assert port.device is not None
    port.device.type(keys)
    for _ in range(4):
        await walk.pilot.pause(0.02)


async def armed(walk: Walk, port: Port) -> None:
    await walk.see(ASKS)
    await type_on(walk, port, f"{PIN}⏎")
    await walk.see(ARMED)
    assert walk.booth.issued == 0


def test_the_pin_once_then_enter_alone_calls_the_next() -> None:
    async def tour() -> None:
        port = Port()
        async with walking(keypad=Keypad(port.find)) as walk:
            await type_on(walk, port, "⏎")  # not armed: nothing
            await armed(walk, port)
            await type_on(walk, port, "⏎")
            await walk.see("其他人员请远离投票区域")
            assert (walk.booth.issued, walk.app.bells) == (1, 1)
            await type_on(walk, port, "⏎2⏎⎋0")  # no key of it reaches the voter's screens
            await walk.go(("⏎", "不选请按3"))
            await type_on(walk, port, "1⏎")
            await walk.go(("2", "按 Enter 投票后不能更改"))
            await type_on(walk, port, "⏎0")
            await walk.go(("⏎", "已投入票箱，请离开"))
            await type_on(walk, port, "⏎")
            await walk.advance(1.5)
            await walk.see("请稍候，暂不接受输入")
            await type_on(walk, port, "⏎⏎")  # the pause takes nothing, of the keypad neither
            await walk.see("请稍候，暂不接受输入")
            await walk.advance(3)
            await walk.see("请下一位团员上前")
            assert walk.booth.issued == 1
            await type_on(walk, port, "⏎")
            await walk.see("其他人员请远离投票区域")
            assert (walk.booth.issued, walk.app.bells) == (2, 3)

    run(tour())


def test_wrong_pins_on_the_keypad_count_as_anywhere() -> None:
    async def tour() -> None:
        port = Port()
        async with walking(keypad=Keypad(port.find)) as walk:
            await type_on(walk, port, "000")
            await walk.see("小键盘 开启口令：***\n")
            await type_on(walk, port, "⎋000000⏎")
            await walk.see("小键盘：开启口令不正确，还可以再试 4 次")
            for _ in range(4):
                await type_on(walk, port, "000000⏎")
            assert walk.booth.failures == 5
            await walk.see("小键盘：开启口令不正确，请等待 15 秒")
            await type_on(walk, port, "⏎")
            assert walk.booth.issued == 0
            assert not walk.booth.armed

    run(tour())


def test_a_held_key_a_release_and_other_keys_do_nothing() -> None:
    async def tour() -> None:
        port = Port()
        async with walking(keypad=Keypad(port.find)) as walk:
            await armed(walk, port)
            assert port.device is not None
            port.device.send(E.KEY_KPENTER, 2, 2, 2, 0)
            port.device.send(E.KEY_A, 1, 0)
            port.device.send(E.KEY_POWER, 1, 0)
            port.device.send(E.KEY_KPENTER, 1, kind=E.EV_REL)
            await type_on(walk, port, "5")
            await walk.see(ARMED)
            assert walk.booth.issued == 0

    run(tour())


def test_pulled_out_it_is_missed_and_plugged_in_it_asks_again() -> None:
    async def tour() -> None:
        port = Port()
        async with walking(keypad=Keypad(port.find)) as walk:
            await armed(walk, port)
            old, port.device = port.device, None
            assert old is not None
            old.unplug()
            await walk.see("小键盘已拔出")
            assert old.closed
            assert not walk.booth.armed
            port.device = PipeDevice()
            port.device.type(f"{PIN}⏎" * 20)  # before anybody listens: dropped, however much
            await walk.see(ASKS)
            await type_on(walk, port, "⏎")
            assert walk.booth.issued == 0
            await armed(walk, port)

    run(tour())


def test_a_pause_disarms() -> None:
    async def tour() -> None:
        port = Port()
        async with walking(keypad=Keypad(port.find)) as walk:
            await armed(walk, port)
            await walk.to_menu()
            await walk.press("1")
            await walk.see("投票暂停")
            await type_on(walk, port, "⏎")
            assert isinstance(walk.app.shown, PausedScreen)
            await walk.go((f"{PIN}⏎", ASKS))
            await type_on(walk, port, "⏎")
            assert isinstance(walk.app.shown, LockedScreen)

    run(tour())


def test_with_a_roster_the_member_is_chosen_on_the_keypad() -> None:
    async def tour() -> None:
        port = Port()
        async with walking(MemoryBooth(heading(roster=("甲", "乙", "丙"))), keypad=Keypad(port.find)) as walk:
            await armed(walk, port)
            await type_on(walk, port, "⏎")
            await walk.see("尚未投票的团员")
            await walk.pilot.pause(0.05)
            await type_on(walk, port, "2⏎")
            await walk.see("其他人员请远离投票区域")
            assert walk.booth.calls == [("unlock", 1)]

    run(tour())


def test_after_a_session_without_a_ballot_enter_locks() -> None:
    async def tour() -> None:
        port = Port()
        async with walking(keypad=Keypad(port.find)) as walk:
            await armed(walk, port)
            await type_on(walk, port, "⏎")
            await walk.see("其他人员请远离投票区域")
            await walk.advance(90)
            await walk.see("本次未投票")
            await type_on(walk, port, "⏎")
            await walk.see("请下一位团员上前")
            assert walk.booth.issued == 1

    run(tour())


def test_everybody_has_voted() -> None:
    async def tour() -> None:
        port = Port()
        async with walking(MemoryBooth(heading(expected=1, quorum_needed=1)), keypad=Keypad(port.find)) as walk:
            await armed(walk, port)
            walk.booth.refuses = True
            await type_on(walk, port, "⏎")
            await walk.see("应参加人员均已投票")
            assert walk.booth.issued == 0

    run(tour())


def test_decoding_keeps_digits_enter_and_escape() -> None:
    def pressed(code: int) -> Any:
        return evdev.InputEvent(0, 0, E.EV_KEY, code, 1)

    rows = [E.ecodes[f"KEY_{n}"] for n in range(10)]
    assert decoded(map(pressed, [*rows, E.KEY_ENTER, E.KEY_ESC])) == [*"0123456789", "enter", "escape"]
    assert decoded(map(pressed, map(KEYS.__getitem__, "0123456789⏎⎋"))) == [*"0123456789", "enter", "escape"]
    assert not decoded(pressed(code) for code in set(range(256)) - set(rows) - {*KEYS.values(), E.KEY_ENTER})


@pytest.mark.parametrize("name", ["", "1a2c", "1a2c:212", "1a2c:21245", "1a2c-2124", "１a2c:2124", "wxyz:2124"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="--keypad"):
        finder(name)


class FoundDevice:
    """A double of `evdev.InputDevice`."""

    made: list[FoundDevice] = []  # noqa: RUF012  what the test looks at
    busy = False

    def __init__(self, path: str) -> None:
        vendor, product, keypad = {"/a": (0x1A2C, 0x2124, 1), "/b": (0x1A2C, 0x2124, 0), "/c": (1, 2, 1)}[path]
        self.path, self.keypad = path, keypad
        self.info = SimpleNamespace(vendor=vendor, product=product)
        self.grabbed = self.closed = False
        self.made.append(self)

    def capabilities(self) -> dict[int, list[int]]:
        return {E.EV_KEY: [E.KEY_KP1, E.KEY_KPENTER]} if self.keypad else {E.EV_KEY: [E.KEY_MUTE]}

    def grab(self) -> None:
        if self.busy:
            raise OSError(errno.EBUSY, "busy")
        self.grabbed = True

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FoundDevice]]:
    monkeypatch.setattr(evdev, "list_devices", lambda: ["/a", "/b", "/c"])
    monkeypatch.setattr(evdev, "InputDevice", FoundDevice)
    monkeypatch.setattr(FoundDevice, "made", [])
    return iter([FoundDevice])


def test_the_named_keypad_alone_is_grabbed(devices: Iterator[type[FoundDevice]]) -> None:
    found = next(devices)
    keypad = Keypad(finder("1A2c:2124"))
    assert keypad.is_here
    assert [(device.grabbed, device.closed) for device in found.made] == [(True, False), (False, True), (False, True)]
    keypad.close()
    assert all(device.closed for device in found.made)


def test_one_that_another_program_has_is_refused(
    devices: Iterator[type[FoundDevice]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = next(devices)
    monkeypatch.setattr(found, "busy", True)
    with pytest.raises(BadInput, match="占用"):
        Keypad(finder("1a2c:2124"))
    assert all(device.closed for device in found.made)


def test_one_that_is_not_there_is_refused(devices: Iterator[type[FoundDevice]]) -> None:
    next(devices)
    with pytest.raises(BadInput, match="没有找到"):
        Keypad(finder("ffff:0001"))
