"""The supervisor's own keypad (`--keypad VENDOR:PRODUCT`): its keys reach the kiosk and nobody else.

evdev is imported late and exists on Linux alone. The device is grabbed, so what is typed on it never gets to the
terminal, to a voter's screen or to another program. Digits, Enter and Esc are told on, one at a time; no key is kept.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from rounds.errors import BadInput

# linux/input-event-codes.h; evdev's own names are the same on every machine, and need no device to be known.
_EV_KEY = 1
_PRESSED = 1  # 0 is a release, 2 the key repeat: no action by key repeat
_DIGITS = {code: str(digit) for digit, code in enumerate((11, *range(2, 11)))}
_KEYPAD_DIGITS = dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True))
ENTER, ESCAPE = "enter", "escape"
_KEYS = {**_DIGITS, **_KEYPAD_DIGITS, 28: ENTER, 96: ENTER, 1: ESCAPE}
_KEYPAD_ENTER = 96
_KEYPAD_ONE = 79
_ID = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})", re.ASCII)


class Event(Protocol):
    """What a key event says: evdev's `InputEvent`."""

    type: int
    code: int
    value: int


class Device(Protocol):
    """What this module needs of a device: evdev's `InputDevice`, already grabbed."""

    def fileno(self) -> int:
        """What the loop waits for."""

    def read(self) -> Iterable[Event]:
        """The events that wait; OSError once the device is gone."""

    def close(self) -> None:
        """Let it go."""


Find = Callable[[], Sequence[Device]]


def finder(name: str) -> Find:
    """What finds and grabs the keypad `name` (as lsusb prints it: 1a2c:2124).

    Raises:
        BadInput: no such name, or a system without evdev.
    """
    matched = _ID.fullmatch(name)
    if matched is None:
        raise BadInput("--keypad 须为 厂商:产品 编号，形如 1a2c:2124（用 lsusb 查看）。")
    if sys.platform != "linux":
        raise BadInput("--keypad 只能在 Linux 上使用：请不用此项，在本机输入开启口令。")
    try:
        import evdev  # noqa: F401, PLC0415  late: there are systems without it, and most rounds have no keypad
    except ImportError:
        raise BadInput("本机没有 evdev，不能使用 --keypad：请不用此项，在本机输入开启口令。") from None
    vendor, product = (int(part, 16) for part in matched.groups())
    return lambda: _grabbed(vendor, product)


def _grabbed(vendor: int, product: int) -> Sequence[Device]:
    """Every device of that name that has a keypad's keys: some announce themselves twice; none may stay open to others.

    Raises:
        OSError: another program has grabbed it.
    """
    import evdev  # noqa: PLC0415  as above

    found = []
    try:
        for path in evdev.list_devices():
            with suppress(OSError):  # unplugged between the listing and now
                device = evdev.InputDevice(path)
                if (device.info.vendor, device.info.product) == (vendor, product) and _is_keypad(device.capabilities()):
                    found.append(device)
                else:
                    device.close()
        for device in found:
            device.grab()
    except BaseException:
        for device in found:
            device.close()
        raise
    return found


def _is_keypad(capabilities: Mapping[int, Sequence[int]]) -> bool:
    keys = capabilities.get(_EV_KEY, ())
    return _KEYPAD_ENTER in keys or _KEYPAD_ONE in keys


class Keypad:
    """The grabbed keypad, or the place where it was: unplugged, it is looked for again."""

    def __init__(self, find: Find) -> None:
        """Find it now; `find` grabs.

        Raises:
            BadInput: it is not there, may not be read, or belongs to another program.
        """
        self._find = find
        try:
            self._devices = list(find())
        except OSError:
            raise BadInput("小键盘已被其他程序占用：请关闭该程序，或换一个小键盘。") from None
        if not self._devices:
            raise BadInput("没有找到该小键盘，或没有读取 /dev/input 的权限：请插好后用 lsusb 核对编号。")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard: Callable[[str], object] = lambda _key: None
        self._changed: Callable[[], object] = lambda: None

    @property
    def is_here(self) -> bool:
        """Whether it is plugged in."""
        return bool(self._devices)

    def listen(
        self, loop: asyncio.AbstractEventLoop, heard: Callable[[str], object], changed: Callable[[], object]
    ) -> None:
        """Call `heard` for each key and `changed` when the keypad goes or comes; what was typed before is dropped."""
        self._loop, self._heard, self._changed = loop, heard, changed
        self._watch()

    def look_again(self) -> None:
        """Take it back once it is plugged in again."""
        if self._devices or self._loop is None:
            return
        with suppress(OSError):
            self._devices = list(self._find())
        if self._devices:
            self._watch()
            self._changed()

    def close(self) -> None:
        """Let it go; the system's other programs get its keys again."""
        devices, self._devices = self._devices, []
        for device in devices:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(device.fileno())
            with suppress(OSError):  # closing one that is unplugged already
                device.close()

    def _watch(self) -> None:
        for device in self._devices:
            with suppress(OSError):  # nothing waits there, or it is gone: the loop tells
                while list(device.read()):  # it gives a few dozen at a time
                    pass
            if self._loop is not None:
                self._loop.add_reader(device.fileno(), self._readable, device)

    def _readable(self, device: Device) -> None:
        try:
            keys = decoded(device.read())
        except BlockingIOError:
            return
        except OSError:
            self.close()
            self._changed()
            return
        for key in keys:
            self._heard(key)


def decoded(events: Iterable[Event]) -> list[str]:
    """The keys pressed in `events`: `0`-`9`, `enter`, `escape`; all others are nobody's business."""
    return [
        _KEYS[event.code]
        for event in events
        if event.type == _EV_KEY and event.value == _PRESSED and event.code in _KEYS
    ]
