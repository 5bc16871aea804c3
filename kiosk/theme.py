"""Every colour of every screen. Two of them carry the text: at least 10:1 between them, which a test computes.

Screens are drawn in the official colours; a rehearsal is drawn in its own, so that nobody takes it for the real thing.
All of them stand in the table of 256, and no terminal is sent more than those (`kiosk.environment`). A rehearsal's
ink has all of red and of green: between us and a terminal of few colours a multiplexer may make 16 of the 256, and GNU
screen makes red of amber, with 5:1. The first 16 colours are whatever their user likes, and only black and white are
far enough apart in all: a terminal known to have no more gets every screen white on black, and its bar alone tells a
rehearsal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rich.color import Color
from rich.style import Style


@dataclass(frozen=True)
class Theme:
    """The two colours of a screen."""

    ink: str
    """As #rrggbb."""
    paper: str
    """As #rrggbb."""
    by_attribute: bool = False
    """Whether reversed text is sent as the attribute, which a terminal without any colour still draws."""


OFFICIAL = Theme(ink="#ffffff", paper="#000000")
REHEARSAL = Theme(ink="#ffff5f", paper="#000000")
FEW_COLOURS = Theme(ink=OFFICIAL.ink, paper=OFFICIAL.paper, by_attribute=True)

PLAIN = Style(color=OFFICIAL.ink, bgcolor=OFFICIAL.paper)
STRONG = PLAIN + Style(bold=True)
REVERSED = Style(color=OFFICIAL.paper, bgcolor=OFFICIAL.ink)  # not bold: terminals draw bold black as grey
_BY_ATTRIBUTE = PLAIN + Style(reverse=True)


def theme_of(*, rehearsal: bool) -> Theme:
    """The colours of an official round or of a rehearsal."""
    return REHEARSAL if rehearsal else OFFICIAL


def shown_in(theme: Theme, colour_system: str | None) -> Theme:
    """What becomes of `theme` in a terminal; `colour_system` is rich's name for what it offers."""
    return FEW_COLOURS if colour_system == "standard" else theme


@cache
def dressed(style: Style, theme: Theme) -> Style:
    """`style`, drawn in the official colours, in those of `theme`."""
    if theme.by_attribute and style == REVERSED:
        return _BY_ATTRIBUTE
    return style + Style(color=_swapped(style.color, theme), bgcolor=_swapped(style.bgcolor, theme))


def _swapped(colour: Color | None, theme: Theme) -> Color | None:
    if colour is None:
        return None
    swaps = {OFFICIAL.ink: theme.ink, OFFICIAL.paper: theme.paper}
    return Color.parse(swaps.get(colour.get_truecolor().hex, colour.get_truecolor().hex))
