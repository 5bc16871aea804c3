"""The one screen that Textual has: one board, on which the kiosk's screens take turns.

A screen of Textual's own costs some 15 ms (styles, mounting, three tasks, a whole repaint); taking turns costs the
changed lines. What was shown is dropped with the turn: no widget, cache or timer holds on to it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual._time import get_time
from textual.widget import Widget

from kiosk.hardened import HardenedScreen
from kiosk.screens.board import Board, Row
from kiosk.theme import theme_of

if TYPE_CHECKING:
    from kiosk.screens.base import KioskScreen


class Stage(HardenedScreen):
    """Shows the topmost of its screens; hands it the keys and the ticks of the clock.

    Every turn shuts the gate: no key typed before a screen stood there reaches it.
    """

    DEFAULT_CSS = "Stage { background: #000000; color: #ffffff; }"

    def __init__(self, first: KioskScreen, tick_s: float) -> None:
        """Show `first` from the start; `tick_s` seconds lie between two looks at the clock."""
        super().__init__()
        self._screens = [first]
        self._tick_s = tick_s
        self._board = Board(self._draw, theme_of(rehearsal=first.hall.booth.heading.rehearsal))
        self._collects = False
        first.enter(self)

    @property
    def shown(self) -> KioskScreen:
        """The screen that people see."""
        return self._screens[-1]

    def compose(self) -> Iterator[Widget]:
        """One widget: the board."""
        yield self._board

    def on_mount(self) -> None:
        """Look at the clock from now on."""
        self.set_interval(self._tick_s, self._tick)

    def on_unmount(self) -> None:
        """Drop what was shown."""
        for screen in self._screens:
            screen.forget()
        self._board.forget()

    def turn(self, screen: KioskScreen) -> None:
        """Replace the screen that is shown."""
        self._drop()
        self.cover(screen)

    def cover(self, screen: KioskScreen) -> None:
        """Lay `screen` above the one that is shown, which keeps its state and takes neither key nor tick."""
        self._screens.append(screen)
        screen.enter(self)
        self.settle()

    def uncover(self) -> None:
        """Take the topmost screen away."""
        self._drop()
        self.shown.uncovered()
        self.settle()

    def pressed(self, key: str, character: str | None) -> None:
        """A key for the screen that is shown."""
        self.shown.pressed(key, character)

    def settle(self) -> None:
        """Shut the gate until what is drawn now has stood for a moment; paint it at once where that can be done."""
        drawing = self._gate.shut()
        if self._board.redraw():
            self._gate.painted(drawing, get_time())
        else:
            self.call_after_refresh(lambda: self._gate.painted(drawing, get_time()))

    def redraw(self) -> None:
        """Paint what has changed on the screen that is shown."""
        self._board.redraw()

    def _draw(self, width: int, height: int) -> list[Row]:
        return self.shown.rows(width, height)

    def _drop(self) -> None:
        gone = self._screens.pop()
        gone.forget()
        self._collects = self._collects or gone.HELD_A_CHOICE

    def _tick(self) -> None:
        if self._collects:
            # A traceback or a closure may have tied the screen into a ring, which Python keeps until its collector
            # comes by. Not in the turn itself: the collector would hold up the thread that writes to the terminal.
            self._collects = False
            gc.collect()
        self.shown.tick()
