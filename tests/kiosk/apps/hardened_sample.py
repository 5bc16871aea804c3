"""A small app on kiosk.hardened that stands in for the kiosk: start → ballot → review → thanks, and ways to fail.

It prints `ended <status>` on the plain terminal, so that a test can see that the terminal was given back.
"""

from __future__ import annotations

import os
import sys

from kiosk.environment import scrub

scrub(os.environ)

import asyncio  # noqa: E402 - textual reads the environment while it is imported
import signal  # noqa: E402  after the lines that must come first
import threading  # noqa: E402  after the lines that must come first
import time  # noqa: E402  after the lines that must come first
from collections.abc import Callable  # noqa: E402  after the lines that must come first
from pathlib import Path  # noqa: E402  after the lines that must come first

from textual.app import ComposeResult  # noqa: E402  after the lines that must come first

from kiosk.hardened import HardenedApp, HardenedScreen, Plain, run_hardened  # noqa: E402  after the lines that must come first

SECRET = "PIN-" + "4711-choice"


class Step(HardenedScreen):
    """One screen: a line of text, the keys it takes, and the last key it was given."""

    words = ""
    keys: dict[str, type[Step] | None] = {}  # noqa: RUF012 - read only

    def compose(self) -> ComposeResult:
        yield Plain(self.words, id="words")
        yield Plain("", id="last")

    def pressed(self, key: str, character: str | None) -> None:
        self.query_one("#last", Plain).update(f"last key <{key}> {character!r}")
        if key in FAILURES:
            FAILURES[key](self)
        elif key in self.keys:
            following = self.keys[key]
            if following is None:
                self.app.exit(0)
            else:
                self.app.switch_screen(following())


class Thanks(Step):
    words = "THANKS cast [@click=app.exit(0)]and[/] [/nonsense] gone"


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
    pin = SECRET
    screen.set_timer(0.01, lambda: fail(screen))
    del pin


def fail_in_worker(screen: Step) -> None:
    screen.run_worker(lambda: fail(screen), thread=True)


def fail_in_task(screen: Step) -> None:
    async def task() -> None:
        fail(screen)

    screen.tasks = [asyncio.get_running_loop().create_task(task())]  # type: ignore[attr-defined] # dropped below
    screen.set_timer(0.05, screen.tasks.clear)  # type: ignore[attr-defined] # asyncio reports it when it is collected


def fail_in_thread(screen: Step) -> None:
    threading.Thread(target=fail, args=[screen]).start()


def fail_in_next_screen(screen: Step) -> None:
    class Broken(Step):
        def compose(self) -> ComposeResult:
            fail(screen)
            yield Plain("")

    screen.app.push_screen(Broken())


def leave_by_system_exit(_: Step) -> None:
    raise SystemExit(0)


def leave_without_status(screen: Step) -> None:
    screen.app.exit()


def copy(screen: Step) -> None:
    screen.app.copy_to_clipboard(SECRET)
    screen.app.title = SECRET


def busy(screen: Step) -> None:
    time.sleep(1)
    screen.app.switch_screen(Review())


FAILURES: dict[str, Callable[[Step], None]] = {
    "α": fail,
    "τ": fail_later,
    "ω": fail_in_worker,
    "η": fail_in_task,
    "δ": fail_in_thread,
    "ν": fail_in_next_screen,
    "σ": leave_by_system_exit,
    "ξ": leave_without_status,
    "κ": copy,
    "β": busy,
}


class Sample(HardenedApp):
    def on_mount(self) -> None:
        self.push_screen(Start())


def hung_up() -> None:
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text("persisted", encoding="utf-8")


if __name__ == "__main__":
    status = run_hardened(Sample(), on_hangup=hung_up)
    if status != 128 + signal.SIGHUP:  # whose terminal is gone
        print(f"ended {status}")  # noqa: T201 - read by the test
    sys.exit(status)
