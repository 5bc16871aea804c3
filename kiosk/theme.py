"""Every colour of every screen. Two of them carry the text: at least 10:1 between them, which a test computes.

Screens are drawn in the official colours; a rehearsal is drawn in its own, so that nobody takes it for the real thing.
Its ink is in the 256-colour table and comes out bright yellow in the oldest, of 16: readable and its own everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rich.color import Color
from rich.style import Style


@dataclass(frozen=True)
class Theme:
    """The two colours of a screen, as #rrggbb."""

    ink: str
    paper: str


OFFICIAL = Theme(ink="#ffffff", paper="#000000")
REHEARSAL = Theme(ink="#ffd75f", paper="#000000")

PLAIN = Style(color=OFFICIAL.ink, bgcolor=OFFICIAL.paper)
STRONG = PLAIN + Style(bold=True)
REVERSED = Style(color=OFFICIAL.paper, bgcolor=OFFICIAL.ink)  # not bold: terminals draw bold black as grey


def theme_of(*, rehearsal: bool) -> Theme:
    """The colours of an official round or of a rehearsal."""
    return REHEARSAL if rehearsal else OFFICIAL


@cache
def dressed(style: Style, theme: Theme) -> Style:
    """`style`, drawn in the official colours, in those of `theme`."""
    return style + Style(color=_swapped(style.color, theme), bgcolor=_swapped(style.bgcolor, theme))


def _swapped(colour: Color | None, theme: Theme) -> Color | None:
    if colour is None:
        return None
    swaps = {OFFICIAL.ink: theme.ink, OFFICIAL.paper: theme.paper}
    return Color.parse(swaps.get(colour.get_truecolor().hex, colour.get_truecolor().hex))
