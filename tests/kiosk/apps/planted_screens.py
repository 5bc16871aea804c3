"""Every screen of the kiosk in turn, each with an exception planted whose locals and text hold every secret.

    planted_screens.py hardened | stock

A new screen is found by its class; one that needs something unknown to `_NEEDS` ends this program with its name.
After each screen a line `ENDED name place status`; `stock` shows one screen of a stock app with the same exception.
"""

from __future__ import annotations

import inspect
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import cast

from every_screen import announcement
from kiosk_walk import MemoryBooth, heading
from textual.app import App, RenderResult
from textual.widget import Widget

from ballots_store.session import Stopped
from kiosk.announcement import AnnouncementApp, AnnouncementScreen
from kiosk.app import KioskApp
from kiosk.booth import TokenAway
from kiosk.hardened import HardenedApp, HardenedScreen, run_hardened
from kiosk.screens.base import KioskScreen
from kiosk.screens.sheet import SheetApp, SheetScreen
from kiosk.timings import Timings
from rounds.choices import Choice

PIN, CODE, NAME, CHOICE, PATH = "482915", "code-of-the-supervisor", "member-Zhao", "UNSATISFIED-vote", "/home/box/slots"
PLACES = {"drawing": "body", "key": "typed", "clock": "passed"}
_NEEDS = {
    "choice": Choice.UNSATISFIED,
    "stopped": Stopped(3, "山海云天"),
    "away": TokenAway("未检测到票箱U盘。", "未检测到票箱U盘"),
    "back": lambda _completed: None,
}


def fails(*_: object) -> object:
    """The planted fault."""
    pin, code, name, choice, path = PIN, CODE, NAME, CHOICE, PATH
    raise RuntimeError(f"{pin} {code} {name} {choice} {path}")


def screens(base: type[KioskScreen] = KioskScreen) -> Iterator[type[KioskScreen]]:
    """Every class that can be shown: those that nobody derives from."""
    for found in base.__subclasses__():
        yield from screens(found)
        if not found.__subclasses__():
            yield found


def build(kind: type[KioskScreen], app: KioskApp) -> KioskScreen:
    """One screen of that class."""
    wanted = inspect.signature(kind).parameters.values()
    needs = {p.name: _NEEDS[p.name] for p in wanted if p.name != "hall" and p.default is p.empty}
    return kind(app.shown.hall, **needs)


class Planted(KioskApp):
    """The kiosk that comes up with one screen."""

    def __init__(self, kind: type[KioskScreen], place: str) -> None:
        booth = MemoryBooth(heading(roster=("甲", "乙")))
        super().__init__(booth, timings=Timings(settled_s=0.0, tick_s=0.02), clock=time.monotonic)
        self._kind, self._place = kind, place

    def on_mount(self) -> None:
        """Once the kiosk stands, the screen under test."""
        self.set_timer(0.05, self._plant)

    def _plant(self) -> None:
        setattr(self._kind, PLACES[self._place], fails)
        self._stage.turn(build(self._kind, self))
        self.set_timer(0.05, lambda: self.shown.pressed("1", "1"))


class PlantedAnnouncement(AnnouncementApp):
    """The announcement; a key comes by itself."""

    def on_mount(self) -> None:
        """Once it stands."""
        self.set_timer(0.1, lambda: cast("HardenedScreen", self.screen).pressed("1", "1"))


class PlantedSheet(SheetApp):
    """A sheet of the scripted rehearsal, likewise."""

    def on_mount(self) -> None:
        """Once it stands."""
        self.set_timer(0.1, lambda: cast("HardenedScreen", self.screen).pressed("1", "1"))


def alone(place: str, name: str) -> HardenedApp:
    """One of the two screens that have an app of their own, with its fault planted."""
    if name == "AnnouncementScreen":
        setattr(AnnouncementScreen, {"drawing": "rows", "key": "pressed"}[place], fails)
        return PlantedAnnouncement(announcement())
    setattr(SheetScreen, {"drawing": "_body", "key": "pressed"}[place], fails)
    return PlantedSheet("演练", ["一", "二"], "三", stands_s=30.0)


class Stock(App[None]):
    """The control."""

    class Fails(Widget):
        """Draws nothing."""

        def render(self) -> RenderResult:
            """The same fault."""
            return str(fails())

    def compose(self) -> Iterator[Widget]:
        """One widget."""
        yield self.Fails()


def in_child(name: str, run: Callable[[], int | None]) -> None:
    """Run one app in a process of its own, with the imports done."""
    if not (child := os.fork()):
        os._exit(run() or 0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.stdout.write(f"\r\nENDED {name} {status}\r\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "stock":
        in_child("Stock", lambda: Stock().run())
    else:
        for screen in sorted(screens(), key=lambda kind: kind.__name__):
            for place in PLACES:
                in_child(f"{screen.__name__} {place}", lambda s=screen, p=place: run_hardened(Planted(s, p)))  # type: ignore[misc] # bound now
        for name in ("AnnouncementScreen", "SheetScreen"):
            for place in ("drawing", "key"):
                in_child(f"{name} {place}", lambda n=name, p=place: run_hardened(alone(p, n)))  # type: ignore[misc] # as above
    sys.stdout.write("\r\nALL ENDED\r\n")
    sys.stdout.flush()
