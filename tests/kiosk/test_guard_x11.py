"""The input guard on a real X display, with a stock window manager whose shortcuts all work, and real key events."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sample_apps import APPS
from x_session import COMBINATIONS, KIOSK, Screen, Window, display, needs_x, wait_until

from kiosk.guard import GuardState, InputGuard, x11
from kiosk.guard.states import Feed, NotLocked
from kiosk.guard.watch import _LOOK_S, Hold
from kiosk.timings import Timings

pytestmark = [pytest.mark.x11, needs_x]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    with display(tmp_path) as opened:
        opened.window_manager()
        yield opened


def other_window(screen: Screen, name: str = "other") -> str:
    """An xterm with nothing of ours in it; its window."""
    screen.start("xterm", "-T", name, "-e", "sleep", "1000")
    wait_until(lambda: bool(screen.named(name)), name)
    wait_until(lambda: screen.active() == screen.named(name), f"{name} in front")
    return screen.named(name)


# The kiosk in an xterm ------------------------------------------------------------------------------------------------


def test_no_combination_leaves_the_kiosk_and_a_vote_goes_through_the_guard(screen: Screen) -> None:
    assert len(COMBINATIONS) == 27
    other_window(screen)
    stock = Window(screen, [sys.executable, str(APPS / "stock.py")], "stock")
    stock.wait_for("START")
    ways = ["alt+Tab", "super+d", "ctrl+alt+Right"]
    assert len([keys for keys in ways if leaves(screen, stock, keys, slowly=True)]) > 1, (  # openbox may be too slow
        "the same hands leave a stock app"
    )

    kiosk = Window(screen, [*KIOSK, "demo", "--guard"], "kiosk")
    kiosk.wait_for("键盘已锁定")
    assert [keys for keys in COMBINATIONS if leaves(screen, kiosk, keys)] == []
    locked = kiosk.text()
    assert "键盘已锁定" in locked
    assert "*" not in locked, "no combination has typed a digit"
    vote(screen, kiosk)
    kiosk.wait_for("已投 1 / 应参加 6")


def leaves(screen: Screen, window: Window, keys: str, *, slowly: bool = False) -> bool:
    """Whether these keys take the window from the front, open another one or end it; it is put back in front."""
    before = screen.state()
    # as slow as a hand: openbox looks at Alt+Tab after its own grab, when a faster Alt is up already
    screen.press(keys, delay_ms=40 if slowly else 10)
    time.sleep(0.4 if slowly else 0.05)
    here = window.running() and screen.state() == before
    if not here and window.running():
        screen.xdotool("set_desktop", "0")
        screen.xdotool("windowactivate", window.id)
        wait_until(lambda: not window.running() or screen.active() == window.id, "the window in front again")
    return not here


def vote(screen: Screen, kiosk: Window) -> None:
    found = re.search(r"演练用开启口令：(\d+)", kiosk.text())
    assert found
    for keys, wanted in (
        ([*found[1], "Return"], "其他人员请远离投票区域"),
        (["KP_Enter"], "不选请按3"),
        (["KP_End"], "按 Enter 投票后不能更改"),
        (["Return"], "已投入票箱"),
    ):
        time.sleep(0.6)  # the gate
        screen.press(*keys)
        kiosk.wait_for(wanted)


def test_a_refused_grab_and_a_killed_listener_show_on_the_screen_and_heal(screen: Screen) -> None:
    from Xlib import X  # noqa: PLC0415 - python-xlib asks for a display only when one is opened
    from Xlib.display import Display  # noqa: PLC0415  only where it is needed

    first = Display(screen.name)
    assert first.screen().root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime) == X.GrabSuccess
    kiosk = Window(screen, [*KIOSK, "demo", "--guard"], "kiosk")
    kiosk.wait_for("键盘未锁定：另有程序占用键盘")
    assert "键盘已锁定" not in kiosk.everything()
    first.ungrab_keyboard(X.CurrentTime)
    first.sync()
    first.close()
    kiosk.wait_for("键盘已锁定")

    assert "锁定中断" not in kiosk.everything()
    assert kill_clients_of(screen.name, "-m", "kiosk") > 0
    wait_until(lambda: "锁定中断" in kiosk.everything(), "the loss on the screen")
    kiosk.wait_for("键盘已锁定")
    screen.press("1", "2")
    wait_until(lambda: "开启口令：**" in kiosk.text(), "two digits through the new listener")
    assert kiosk.running()


def kill_clients_of(name: str, *words: str) -> int:
    """XKillClient on every connection of the processes with these words in their command line; how many there were."""
    import Xlib.ext.res as resources  # noqa: PLC0415 - as above
    from Xlib.display import Display  # noqa: PLC0415 - as above

    connection = Display(name)
    answer = connection.res_query_client_ids([{"client": 0, "mask": resources.LocalClientPIDMask}])
    clients = [(entry.spec.client, entry.value[0]) for entry in answer.ids if entry.value]
    connection.close()
    chosen = [base for base, pid in clients if "\0".join(words) in Path(f"/proc/{pid}/cmdline").read_text()]
    for base in chosen:
        for number in range(4):  # KillClient wants something that the client has made: its record context
            killer = Display(name)
            with contextlib.suppress(Exception):  # Xlib stumbles over the answer that there is no such thing
                killer.create_resource_object("window", base + number).kill_client()
                killer.sync()
            killer.display.socket.close()
    return len(chosen)


# The guard in this process --------------------------------------------------------------------------------------------


@pytest.fixture
def own_window(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> str:
    """A window that stands for our terminal, in front; the environment as xterm sets it."""
    window = other_window(screen, "ours")
    monkeypatch.setenv("DISPLAY", screen.name)
    monkeypatch.setenv("WINDOWID", window)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    return window


@contextlib.contextmanager
def held(feed: Feed) -> Iterator[x11.X11Hold]:
    hold = x11.take(feed, os.environ)
    try:
        yield hold
    finally:
        hold.release()


def test_the_keyboard_is_taken_only_while_our_window_is_in_front(screen: Screen, own_window: str) -> None:
    other_window(screen)
    with pytest.raises(NotLocked) as refusal:
        x11.take(lambda _: None, os.environ)
    assert refusal.value.state is GuardState.NOT_IN_FRONT
    screen.xdotool("windowactivate", "--sync", own_window)
    keys: list[str] = []
    with held(keys.append) as hold:
        assert hold.is_held()
        screen.press("1", "q", "ctrl+1", "KP_5", "KP_Begin", "shift+2", "Return", "BackSpace", "Escape", "F1")
        wait_until(lambda: "escape" in keys, "the keys")
    assert keys == ["1", "5", "5", "enter", "backspace", "escape"]


def test_nothing_of_a_key_stays_in_the_listener_or_goes_to_a_log(
    screen: Screen, own_window: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own_window
    lines: list[str] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(record.getMessage()))
    logging.getLogger().addHandler(handler)
    try:
        kept = pending_of_stock(screen)
        assert kept > 0, "pynput's own listener keeps what its grab delivers"
        assert lines, "and logs a callback's exception"
        lines.clear()

        failing: list[str] = []

        def fail(key: str) -> None:
            failing.append(key)
            raise ValueError(key)

        with held(fail) as hold:
            screen.press("1", "2", "3", "4", "5", "6")
            wait_until(lambda: len(failing) == 6, "the keys")
            assert hold.is_held()
            assert hold._listener._display_stop.pending_events() == 0  # noqa: SLF001 - where they would lie
            assert hold._listener._queue.empty()  # noqa: SLF001 - where pynput keeps exceptions
        assert lines == []
    finally:
        logging.getLogger().removeHandler(handler)


def pending_of_stock(screen: Screen) -> int:
    """Press keys before pynput's own suppressing listener, the last of which its callback fails on."""
    from pynput import keyboard  # noqa: PLC0415 - needs a display

    logging.getLogger("pynput").setLevel(logging.NOTSET)
    seen: list[object] = []

    def pressed(key: object) -> None:
        seen.append(key)
        if len(seen) == 3:
            raise ValueError(key)

    class Stock(keyboard.Listener):  # type: ignore[misc] # pynput has no types
        def run(self) -> None:
            with contextlib.suppress(Exception):
                super().run()

        def _suppress_stop(self, _: object) -> None:
            self.kept = self._display_stop.pending_events()

    listener = Stock(on_press=pressed, suppress=True)
    listener.start()
    listener.wait()
    time.sleep(0.2)
    screen.press("1", "2", "3")
    threading.Thread.join(listener, 30)
    return int(listener.kept)


class Counted:
    """A hold that counts the looks at it."""

    def __init__(self, hold: x11.X11Hold) -> None:
        self.hold = hold
        self.looks = 0

    def is_held(self) -> bool:
        self.looks += 1
        return self.hold.is_held()

    def release(self) -> None:
        self.hold.release()


@pytest.mark.parametrize("end", ["recording", "grab"])
def test_a_killed_listener_is_noticed_at_the_next_look_and_replaced(screen: Screen, own_window: str, end: str) -> None:
    assert own_window
    holds: list[Counted] = []
    fed: list[str] = []

    def take(feed: Feed) -> Hold:
        holds.append(Counted(x11.take(feed, os.environ)))
        return holds[-1]

    guard = InputGuard(take)
    guard.start(fed.append)
    wait_until(lambda: guard.state.is_locked, "the lock")
    listener = holds[0].hold._listener  # noqa: SLF001 - to be killed
    socket = {"recording": "_display_record", "grab": "_display_stop"}[end]
    looks_before = holds[0].looks
    getattr(listener, socket).display.socket.shutdown(2)
    states = watched(lambda: guard.state, until=lambda: len(holds) == 2 and guard.state.is_locked)
    assert GuardState.LOST in states
    wait_until(lambda: not listener.is_alive(), "the end of the old one, which would go on recording")
    looks = holds[0].looks - looks_before
    assert looks <= 2, "the look under way when it was killed, and the next"
    assert looks * _LOOK_S + Timings().tick_s <= 0.5, "with the screen's own tick"
    screen.press("7")
    wait_until(lambda: fed == ["7"], "a key through the new listener")
    guard.stop()
    assert free(screen), "given back at once, not with the next key"


def watched(state: Callable[[], GuardState], *, until: Callable[[], bool]) -> set[GuardState]:
    states: set[GuardState] = set()

    def done() -> bool:
        states.add(state())
        return until()

    wait_until(done, "the new listener")
    return states


def free(screen: Screen) -> bool:
    """Whether somebody else may have the keyboard now."""
    from Xlib import X  # noqa: PLC0415 - needs a display
    from Xlib.display import Display  # noqa: PLC0415  only where it is needed

    connection = Display(screen.name)
    answer = connection.screen().root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
    connection.close()
    return bool(answer == X.GrabSuccess)
