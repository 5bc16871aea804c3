"""The input guard without a keyboard: what passes, what the state says, and what Windows would be asked."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kiosk_walk import MemoryBooth, run, walking

from kiosk import environment
from kiosk.app import KioskApp
from kiosk.fittings import Fittings
from kiosk.guard import GuardState, InputGuard, windows, x11
from kiosk.guard.keys import CONTROL, MOD1, MOD4, SHIFT, allowed_x11, passes_on_windows
from kiosk.guard.states import NotLocked
from kiosk.timings import Timings

KP_5_UNLOCKED = 65437


def test_only_digits_enter_backspace_and_escape_have_a_name() -> None:
    names = {name for keysym in range(0x10000) if (name := allowed_x11(keysym, 0, 0))}
    assert names == {*"0123456789", "enter", "backspace", "escape"}


def test_the_keypad_gives_digits_with_and_without_numlock() -> None:
    assert allowed_x11(KP_5_UNLOCKED, 0xFFB5, 0) == "5"
    assert allowed_x11(KP_5_UNLOCKED, 0, 0) == "5"
    assert [allowed_x11(0, 0xFFB0 + digit, 0) for digit in range(10)] == list("0123456789")
    assert allowed_x11(0xFF50, 0, 0) is None, "Home beside the keypad is no 7"


@pytest.mark.parametrize("modifier", [CONTROL, MOD1, MOD4])
def test_a_digit_with_a_modifier_is_a_shortcut_and_does_not_pass(modifier: int) -> None:
    assert allowed_x11(ord("1"), 0, 0) == "1"
    assert allowed_x11(ord("1"), 0, modifier) is None
    assert allowed_x11(0xFF1B, 0, modifier) is None


def test_shift_means_what_the_layout_says() -> None:
    assert allowed_x11(ord("1"), ord("!"), SHIFT) is None
    assert allowed_x11(ord("&"), ord("1"), SHIFT) == "1", "a French row of digits"


class FakeHold:
    def __init__(self) -> None:
        self.alive = True
        self.released = 0

    def is_held(self) -> bool:
        return self.alive

    def release(self) -> None:
        self.released += 1


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def test_a_loss_is_seen_and_the_keyboard_is_taken_again() -> None:
    holds: list[FakeHold] = []

    def take(_: Callable[[str], None]) -> FakeHold:
        holds.append(FakeHold())
        return holds[-1]

    guard = InputGuard(take, look_s=0.01)
    assert not guard.state.is_locked, "nothing is claimed before the keyboard was taken"
    guard.start(lambda _: None)
    eventually(lambda: guard.state.is_locked)
    holds[0].alive = False
    eventually(lambda: guard.state is GuardState.LOST)
    eventually(lambda: guard.state.is_locked and len(holds) == 2)
    assert holds[0].released == 1
    guard.stop()
    assert holds[1].released == 1
    assert not guard.state.is_locked


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (NotLocked(GuardState.REFUSED), GuardState.REFUSED),
        (RuntimeError("whatever"), GuardState.UNAVAILABLE),
    ],
)
def test_a_keyboard_that_cannot_be_taken_says_why(failure: Exception, said: GuardState) -> None:
    def take(_: Callable[[str], None]) -> FakeHold:
        raise failure

    guard = InputGuard(take, look_s=0.01)
    guard.start(lambda _: None)
    eventually(lambda: guard.state is said)
    guard.stop()


def test_a_guard_that_stopped_looking_claims_nothing() -> None:
    now = 0.0
    guard = InputGuard(lambda _: FakeHold(), look_s=3600, clock=lambda: now)
    guard.start(lambda _: None)
    eventually(lambda: guard.state.is_locked)
    now = 30.0
    assert guard.state is GuardState.LOST


def test_only_one_state_says_locked_and_all_others_what_to_do() -> None:
    assert [state for state in GuardState if "已锁定" in state.value] == [GuardState.LOCKED]
    assert all("键盘未锁定：" in state.value for state in GuardState if not state.is_locked)
    assert all(state.retry_s <= 0.25 for state in (GuardState.LOST, GuardState.REFUSED, GuardState.NOT_IN_FRONT))


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"DISPLAY": ":0", "WINDOWID": "1", "WAYLAND_DISPLAY": "wayland-0"}, GuardState.WAYLAND),
        ({"DISPLAY": ":0", "WINDOWID": "1", "XDG_SESSION_TYPE": "wayland"}, GuardState.WAYLAND),
        ({"WINDOWID": "1"}, GuardState.NO_DISPLAY),
        ({"DISPLAY": ":0"}, GuardState.NO_WINDOW),
        ({"DISPLAY": ":0", "WINDOWID": "x"}, GuardState.NO_WINDOW),
    ],
)
def test_where_no_keyboard_is_ours_nothing_of_pynput_is_imported(variables: dict[str, str], said: GuardState) -> None:
    before = set(sys.modules)
    with pytest.raises(NotLocked) as refusal:
        x11.take(lambda _: None, variables)
    assert refusal.value.state is said
    assert not {name for name in set(sys.modules) - before if name.startswith(("pynput", "Xlib"))}


def test_pynputs_own_switches_are_taken_out_of_the_environment() -> None:
    variables = {"PYNPUT_BACKEND": "dummy", "PYNPUT_BACKEND_KEYBOARD": "dummy", "HOME": "/"}
    environment.scrub(variables)
    assert not [name for name in variables if name.startswith("PYNPUT")]


def test_the_locked_screen_has_the_line_in_a_row_that_was_free(tmp_path: Path) -> None:
    del tmp_path
    states = [GuardState.REFUSED, GuardState.LOCKED]
    guard = InputGuard(lambda _: FakeHold())

    async def steps() -> None:
        async with walking() as bare:
            without = bare.text().splitlines()
        async with walking() as walk:
            hall = walk.app._hall  # noqa: SLF001 - the port that the app fills
            object.__setattr__(hall, "guard_line", lambda: states[0].value)
            refused = (await walk.see("键盘未锁定")).splitlines()
            states.pop(0)
            locked = (await walk.see("键盘已锁定")).splitlines()
            ballot = await walk.to_ballot()
        assert "键盘" not in ballot
        changed = [(a, b, c) for a, b, c in zip(without, refused, locked, strict=True) if not a == b == c]
        assert [a for a, _, _ in changed] == [""], "one row, empty without a guard; nothing else moves"

    run(steps())
    guard.stop()


def test_the_app_starts_and_stops_the_guard() -> None:
    hold = FakeHold()
    guard = InputGuard(lambda _: hold, look_s=0.01)

    async def steps() -> None:
        fittings = Fittings(guard=guard)
        app = KioskApp(MemoryBooth(), timings=Timings(tick_s=0.01), clock=time.monotonic, fittings=fittings)
        async with app.run_test() as pilot:
            for _ in range(500):
                if guard.state.is_locked:
                    break
                await pilot.pause(0.01)
            assert guard.state.is_locked
        assert hold.released == 1

    run(steps())


# Windows, with pynput's listener and the system replaced: what would be passed on and what suppressed -----------------


class Suppressed(Exception):
    pass


class FakeListener:
    """pynput's Listener as far as the guard uses it; `hooked`: Windows still calls the filter."""

    made: FakeListener | None = None

    def __init__(self, *, win32_event_filter: Callable[[int, Any], bool]) -> None:
        self.filter = win32_event_filter
        self.hooked = True
        self.running = False
        FakeListener.made = self

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def is_alive(self) -> bool:
        return self.running

    def suppress_event(self) -> None:
        raise Suppressed


def windows_hold() -> tuple[windows.WindowsHold, FakeListener]:
    def inject(key: int) -> None:
        assert FakeListener.made is not None
        if FakeListener.made.hooked:
            with pytest.raises(Suppressed):
                FakeListener.made.filter(0x101, SimpleNamespace(vkCode=key, flags=0))

    hold = windows.WindowsHold(FakeListener, inject)
    assert FakeListener.made is not None
    return hold, FakeListener.made


def test_on_windows_only_the_allowed_keys_pass_the_filter() -> None:
    _, listener = windows_hold()
    passed = set()
    for key in range(256):
        try:
            assert listener.filter(0x100, SimpleNamespace(vkCode=key, flags=0)) is False, "no callback hears of a key"
            passed.add(key)
        except Suppressed:
            pass
    assert passed == {0x08, 0x0D, 0x1B, 0x90, *range(0x30, 0x3A), *range(0x60, 0x6A)}
    assert not any(passes_on_windows(key, 0x20) for key in range(256)), "nothing with Alt"


def test_on_windows_a_hook_that_was_removed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "_PATIENCE_S", 0.01)
    hold, listener = windows_hold()
    assert windows.held(hold) is hold
    listener.hooked = False  # silently, as Windows does with a slow one; the listener says it runs
    assert listener.is_alive()
    assert not hold.is_held()
    with pytest.raises(NotLocked):
        windows.held(hold)
    assert not listener.running
