"""Changed lines straight to the terminal: what a compositor adds is for widgets that overlap, and a board has none."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from textual._compositor import CompositorUpdate
from textual.strip import Strip


class Lines(CompositorUpdate):
    """Whole lines of a screen, by their number from the top, as one write."""

    def __init__(self, lines: Mapping[int, Strip]) -> None:
        """`lines` are as wide as the screen."""
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The same as Rich would draw it."""
        del console, options
        for y, strip in self._lines.items():
            yield Control.move_to(0, y)
            yield from strip

    def render_segments(self, console: Console) -> str:
        """Each line at its place (ECMA-48 CUP counts from 1)."""
        return "".join(f"\x1b[{y + 1};1H{strip.render(console)}" for y, strip in self._lines.items())
