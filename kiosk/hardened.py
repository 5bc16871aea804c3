"""A Textual app that a voter cannot leave, stop, crash into a traceback or vote in blindly.

KIOSK.md, "What a stock Textual app lets a voter do, and what stops it"; every row is one override here, in
`kiosk.driver`, `kiosk.signals` or `kiosk.environment`, and one test with a stock app that falls.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from rich.console import RenderableType
from rich.text import Text
from textual import constants, events
from textual._time import get_time
from textual.app import App
from textual.driver import Driver
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from kiosk import environment, signals, tty
from kiosk.gate import Gate

if sys.platform == "win32":
    from kiosk.driver_windows import KioskDriver
else:
    from kiosk.driver import KioskDriver

CRASHED = 70
"""Exit status after anything that was not asked for (EX_SOFTWARE of sysexits.h)."""
REFUSED = 2
"""Exit status of a start that was refused."""
CRASH_NOTICE = "程序出现异常，已停止。已投入票箱的测评票不受影响，请由两名工作人员重新启动。"
TOO_SMALL = "窗口太小，请恢复全屏"

_STARTED_S = 1.0
"""By then the first screen stands; nobody has come up to it yet."""
_FULL_WIDTH_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_NAMED_KEYS = frozenset({"enter", "escape", "backspace", "tab"})


class Plain(Static, inherit_bindings=False):
    """Text that is drawn as it stands: `[red]`, `[/]` and `[@click=…]` in a title are three odd characters, no more."""

    ALLOW_SELECT = False

    def __init__(self, content: str | Text = "", **attributes: Any) -> None:  # noqa: ANN401 - Static's own id, classes, name
        """Draw `content`; `attributes` are `id`, `classes`, `name` of any widget."""
        super().__init__(content, markup=False, **attributes)


class HardenedScreen(Screen[None], inherit_bindings=False):
    """A screen that hears of a key in `pressed`, and only once the gate is open.

    Earlier keys are dropped: the gate opens `HardenedApp.settled_after_s` seconds after the screen was resumed *and*
    drawn. While the terminal is smaller than `SMALLEST` only 窗口太小 is drawn and no key gets through.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    ALLOW_SELECT = False
    ESCAPE_TO_MINIMIZE: ClassVar[bool | None] = False
    SMALLEST: ClassVar[tuple[int, int]] = (80, 24)
    """Columns and rows below which this screen refuses to work."""
    DEFAULT_CSS = """
    HardenedScreen { overflow: hidden; background: #000000; color: #ffffff; }
    HardenedScreen > .hardened--too-small { display: none; width: 100%; height: 100%; }
    HardenedScreen.-too-small > * { display: none; }
    HardenedScreen.-too-small > .hardened--too-small { display: block; }
    """

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Screen's own signature
        """As `textual.screen.Screen`."""
        super().__init__(name, id, classes)
        self._gate = Gate()

    def pressed(self, key: str, character: str | None) -> None:
        """Handle one key; override it.

        Args:
            key: `0`-`9`, `enter`, `escape`, `backspace`; for another printable character that character; otherwise a
                name such as `f1`, `up`, `tab`, `ctrl+q`, `alt+x` or `unknown`. Full-width and keypad digits and the
                keypad's Enter have become plain ones.
            character: the printable character, equal to `key`, or None.
        """

    def settle(self) -> None:
        """Shut the gate until what is drawn next has stood for `settled_after_s`.

        Call it after changing what a key means without changing the screen.
        """
        drawing = self._gate.shut()
        self.refresh()
        self.call_after_refresh(lambda: self._gate.painted(drawing, get_time()))

    @property
    def too_small(self) -> bool:
        """Whether the terminal is smaller than this screen needs."""
        width, height = self.app.size
        return width < self.SMALLEST[0] or height < self.SMALLEST[1]

    @property
    def is_ready(self) -> bool:
        """Whether a fresh key would be taken now."""
        app = cast("HardenedApp", self.app)
        return self._gate.is_open(get_time(), app.settled_after_s) and not self.too_small

    def deliver(self, event: events.Key) -> None:
        """Pass a key on to `pressed` if the gate admits it; `HardenedApp` calls this."""
        key, character = plain_key(event.key, event.character)
        app = cast("HardenedApp", self.app)
        if self._gate.admits(key, event.time, app.settled_after_s) and not self.too_small:
            self.pressed(key, character)

    def post_message(self, message: Message) -> bool:
        """Shut the gate in the very moment another screen is put above or taken away, not when that is noticed."""
        if isinstance(message, events.ScreenSuspend | events.ScreenResume):
            self._gate.shut()
        return super().post_message(message)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - textual's hook
        """No action by name: neither a binding nor a link in a text can do anything."""
        return False

    def _on_mount(self, event: events.Mount) -> None:  # noqa: ARG002 - textual's hook
        self.mount(Plain(TOO_SMALL, classes="hardened--too-small"))
        self.set_class(self.too_small, "-too-small")

    def _on_screen_resume(self, event: events.ScreenResume) -> None:  # noqa: ARG002 - textual's hook
        self.settle()

    def _screen_resized(self, size: Any) -> None:  # noqa: ANN401 - textual.geometry.Size, textual's hook
        if self.is_mounted and self.too_small != self.has_class("-too-small"):
            self.set_class(self.too_small, "-too-small")
            self.settle()  # what comes back into view must be seen before a key counts
        super()._screen_resized(size)
        # A storm of sizes may end with the one it began with: nothing is laid out anew, yet the terminal is empty.
        self.refresh(layout=True)


class HardenedApp(App[int], inherit_bindings=False):
    """An app with no bindings, palette, mouse, selection, clipboard, links or traceback.

    End it with `exit(0)`; every other end gives another status (`run_hardened`).
    """

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT: ClassVar[bool] = False
    AUTO_FOCUS: ClassVar[str | None] = ""
    ESCAPE_TO_MINIMIZE: ClassVar[bool] = False
    ENABLE_SELECT_AUTO_SCROLL: ClassVar[bool] = False

    def __init__(self, *, settled_after_s: float = 0.4) -> None:
        """Prepare the app.

        Args:
            settled_after_s: seconds for which a screen must have stood before it takes a key.
        """
        environment.scrub(os.environ)
        super().__init__(driver_class=cast("type[Driver]", KioskDriver), watch_css=False)
        self.settled_after_s = settled_after_s
        self.animation_level = "none"
        self._disable_tooltips = True
        self._disable_notifications = True
        self._asked: int | None = None
        self._ended_by: int | None = None
        self._crashed = False
        self.when_hung_up: Callable[[], None] | None = None
        self.when_started: Callable[[], None] | None = None

    @property
    def status(self) -> int:
        """The exit status: what `exit` was given, 128 + signal number, or 70."""
        if self._crashed:
            return CRASHED
        if self._ended_by is not None:
            return 128 + self._ended_by
        return CRASHED if self._asked is None else self._asked

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End the app with `result` as exit status; `message` is not printed."""
        del message
        if self._asked is None:
            self._asked = result
        super().exit(result, return_code)

    def end_by_signal(self, number: int) -> None:
        """End the app as soon as its loop is free; safe from a signal handler and from another thread."""
        self._ended_by = number
        self._soon(super().exit)

    def hang_up(self) -> None:
        """End the app without another byte to its terminal, which is gone; safe as `end_by_signal` is."""
        if self._ended_by is None:
            self._ended_by = signals.HANGUP
            self._soon(self._persist_and_leave)
        if (driver := self._kiosk_driver) is not None:
            driver.abandon()

    def feed(self, key: str) -> None:
        """Take a key from the input guard as if the terminal had sent it, through the same gates; from any thread."""
        if (driver := self._kiosk_driver) is not None and driver.active:
            driver.offer([key])

    def take_terminal_again(self) -> None:
        """Set the terminal's modes anew and redraw: somebody stopped this process and continued it."""
        self._soon(self._take_terminal)

    def repaint(self) -> None:
        """Draw everything again: the terminal has lost what it showed; in the app's loop."""
        self.screen.refresh(layout=True)

    def crash(self) -> None:
        """End the app as after an exception; safe from another thread."""
        self._crashed = True
        self._soon(self._fatal_error)

    async def on_event(self, event: events.Event) -> None:
        """Hand a key to the current screen within this very message, so that keys never queue up behind a screen."""
        if isinstance(event, events.Key):
            if isinstance(self.screen, HardenedScreen):
                with self.screen._context():  # noqa: SLF001 - timers that `pressed` starts belong to the screen
                    self.screen.deliver(event)
        elif not isinstance(event, events.InputEvent | events.Paste | events.AppBlur):  # a grab blurs the window
            await super().on_event(event)

    async def run_action(self, action: Any, default_namespace: Any = None, namespaces: Any = None) -> bool:  # noqa: ANN401, ARG002 - textual's hook
        """No action by name (`[@click=…]`, bindings): always False."""
        return False

    def copy_to_clipboard(self, text: str) -> None:
        """Write nothing to the terminal's clipboard (OSC 52)."""

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Open nothing."""

    def panic(self, *renderables: RenderableType) -> None:
        """End without printing what Textual would have printed."""
        del renderables
        self._fatal_error()

    def _fatal_error(self) -> None:
        """Stock Textual renders a traceback with every local variable, the PIN and the choice among them."""
        self._crashed = True
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()

    def _set_pointer_shape(self, shape: str) -> None:
        """There is no mouse; write no OSC 22."""

    def _on_load(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._task_failed)
        if self.when_started is not None:
            loop.call_later(_STARTED_S, self.when_started)

    def _task_failed(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        del loop  # asyncio's own handler would print the exception
        if isinstance(error := context.get("exception"), Exception):
            self._handle_exception(error)

    @property
    def _kiosk_driver(self) -> KioskDriver | None:
        # None before the start, on Windows and under Textual's own test driver
        return self._driver if isinstance(self._driver, KioskDriver) else None

    def _take_terminal(self) -> None:
        if (driver := self._kiosk_driver) is not None and driver.active:
            driver.take_terminal()
            self.repaint()

    def _persist_and_leave(self) -> None:
        if self.when_hung_up is not None:
            self.when_hung_up()
        super().exit()

    def _soon(self, callback: Callable[[], object]) -> None:
        # no loop yet or no longer: `run_hardened` looks at `status` all the same
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback)


def plain_key(key: str, character: str | None) -> tuple[str, str | None]:
    """Return the key as `HardenedScreen.pressed` documents it, from Textual's name and character."""
    if key in _NAMED_KEYS:
        return key, None
    if character is not None and len(character) == 1 and character.isprintable():
        plain = character.translate(_FULL_WIDTH_DIGITS)
        return plain, plain
    return key, None


def run_hardened(
    app: HardenedApp,
    *,
    crash_notice: str = CRASH_NOTICE,
    on_hangup: Callable[[], None] | None = None,
) -> int:
    """Run the app on the terminal and give the terminal back, whatever happens.

    Args:
        app: not yet started.
        crash_notice: the one line printed on stderr when the app ended without being asked to.
        on_hangup: called once, in the app's loop, when the terminal is gone (SIGHUP, end of input): persist there.

    Returns:
        The exit status: 0 only after `app.exit(0)`; 70 after an exception, 128 + n after signal n, 2 when the start was
        refused. Textual's own status is 0 after several kinds of failure and is not consulted.
    """
    if (refusal := _refusal()) is not None:
        tty.say(refusal)
        return REFUSED
    environment.forbid_core_dumps()
    environment.overwrite_freed_memory()
    app.when_hung_up = on_hangup
    app.when_started = environment.collect_once_for_all
    environment.put_off_collecting()
    with signals.guarded(app):
        try:
            app.run(mouse=False)
        except BaseException:  # noqa: BLE001 - the last frame: nothing may print what an exception holds
            app.crash()
            tty.leave_at_once()
    if app.status == CRASHED:
        tty.say(crash_notice)
    return app.status


def _refusal() -> str | None:
    if sys.flags.inspect or sys.flags.interactive:
        return "不能在 Python 交互方式下启动，请直接运行程序。"
    if any(
        (
            constants.DEBUG,
            constants.DRIVER,
            constants.LOG_FILE,
            constants.PRESS,
            constants.SCREENSHOT_DELAY >= 0,
        )
    ):
        return "环境变量 TEXTUAL* 会记录或代按按键，请清除后重新启动。"
    return tty.refusal()
