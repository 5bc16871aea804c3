"""The same screens as hardened_sample.py on stock Textual: the control that every attack must bring down."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable

from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Static

SECRET = "PIN-" + "4711-choice"


class Step(Screen[None]):
    words = ""
    keys: dict[str, type[Step] | None] = {}  # noqa: RUF012 - read only

    def compose(self) -> ComposeResult:
        yield Static(self.words, id="words", markup=False)
        yield Static("", id="last", markup=False)

    def on_key(self, event: events.Key) -> None:
        self.query_one("#last", Static).update(f"last key <{event.key}> {event.character!r}")
        if event.key in FAILURES:
            FAILURES[event.key](self)
        elif event.key in self.keys:
            following = self.keys[event.key]
            if following is None:
                self.app.exit(0)
            else:
                self.app.switch_screen(following())


class Thanks(Step):
    words = "THANKS cast"


class Review(Step):
    words = "REVIEW enter casts"
    keys = {"enter": Thanks}  # noqa: RUF012  never changed


class Ballot(Step):
    words = "BALLOT 1 2 3"
    keys = {"1": Review, "2": Review, "3": Review, "9": None}  # noqa: RUF012  never changed


class Start(Step):
    words = "START enter goes on"
    keys = {"enter": Ballot, "9": None}  # noqa: RUF012  never changed


def fail(screen: Step) -> None:
    pin = SECRET
    raise RuntimeError(pin + str(screen))


def fail_later(screen: Step) -> None:
    screen.set_timer(0.01, lambda: fail(screen))


def fail_in_worker(screen: Step) -> None:
    screen.run_worker(lambda: fail(screen), thread=True)


def fail_in_task(screen: Step) -> None:
    async def task() -> None:
        fail(screen)

    screen.tasks = [asyncio.get_running_loop().create_task(task())]  # type: ignore[attr-defined] # dropped at once


def fail_in_thread(screen: Step) -> None:
    threading.Thread(target=fail, args=[screen]).start()


def fail_in_next_screen(screen: Step) -> None:
    class Broken(Step):
        def compose(self) -> ComposeResult:
            fail(screen)
            yield Static("")

    screen.app.push_screen(Broken())


def leave_by_system_exit(_: Step) -> None:
    raise SystemExit(0)


def leave_without_status(screen: Step) -> None:
    screen.app.exit()


def busy(screen: Step) -> None:
    time.sleep(1)
    screen.app.switch_screen(Review())


def copy(screen: Step) -> None:
    screen.app.copy_to_clipboard(SECRET)


def markup(screen: Step) -> None:
    screen.mount(Static("title [/nonsense]"))


FAILURES: dict[str, Callable[[Step], None]] = {
    "α": fail,
    "τ": fail_later,
    "ω": fail_in_worker,
    "η": fail_in_task,
    "δ": fail_in_thread,
    "ν": fail_in_next_screen,
    "σ": leave_by_system_exit,
    "ξ": leave_without_status,
    "β": busy,
    "κ": copy,
    "μ": markup,
}


class Stock(App[int]):
    def on_mount(self) -> None:
        self.push_screen(Start())


if __name__ == "__main__":
    app = Stock()
    app.run()
    print(f"ended {app.return_code}")  # noqa: T201 - read by the test
    sys.exit(app.return_code)
