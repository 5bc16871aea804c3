"""What a terminal makes of the colours it is sent: SGR sequences read back, and the palettes of common terminals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from test_theme import UNKNOWN, contrast

_SEQUENCE = re.compile(r"\x1b\[([?>]?[0-9;]*)([@-~])|\x1b[()].|\x1b[=>]|\x1b\][^\x1b\x07]*(?:\x07|\x1b\\)")
_STEPS = (0, 95, 135, 175, 215, 255)


def _hexed(*colours: tuple[int, int, int]) -> tuple[str, ...]:
    return tuple("#{:02x}{:02x}{:02x}".format(*colour) for colour in colours)


_CUBE = _hexed(*((red, green, blue) for red in _STEPS for green in _STEPS for blue in _STEPS))
_GREYS = _hexed(*((level, level, level) for level in range(8, 248, 10)))

PALETTES = {
    "xterm": (
        "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
        "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
    ),
    "VGA": (
        "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
        "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
    ),
    "Tango": (
        "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf "
        "555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec"
    ),
    "Campbell": (
        "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
        "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"
    ),
    "Solarized": (
        "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 "
        "002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3"
    ),
}
"""The 16 colours of xterm, the PC, GNOME, Windows, and a favourite of many; the bright ones in the second lines."""


def palette(name: str) -> tuple[str, ...]:
    """All 256 colours of a terminal that has those 16."""
    return (*(f"#{colour}" for colour in PALETTES[name].split()), *_CUBE, *_GREYS)


@dataclass(frozen=True)
class Pen:
    """How the next character is drawn: numbers of colours, or #rrggbb; None is the terminal's own."""

    ink: int | str | None = None
    ground: int | str | None = None
    bold: bool = False
    reverse: bool = False


def drawn(text: str) -> Iterator[tuple[str, Pen]]:
    """Every character that `text` draws, and how; what else it asks of a terminal is left out."""
    pen, at = Pen(), 0
    for found in _SEQUENCE.finditer(text):
        yield from ((character, pen) for character in text[at : found.start()])
        if found[2] == "m" and not found[1].startswith((">", "?")):
            pen = after(pen, [int(number or 0) for number in found[1].split(";")])
        at = found.end()
    yield from ((character, pen) for character in text[at:])


def after(pen: Pen, numbers: Sequence[int]) -> Pen:
    """The pen after one SGR sequence (ECMA-48 8.3.117, ISO 8613-6, aixterm); an unknown number fails the test."""
    if not numbers:
        return pen
    first, *rest = numbers
    if first in {38, 48}:
        kind, *values = rest
        taken = 1 if kind == 5 else 3
        colour = values[0] if kind == 5 else _hexed((values[0], values[1], values[2]))[0]
        changed = replace(pen, ink=colour) if first == 38 else replace(pen, ground=colour)
        return after(changed, values[taken:])
    return after(_plainly(pen, first), rest)


def _plainly(pen: Pen, number: int) -> Pen:
    if number == 0:
        return Pen()
    if number == 1:
        return replace(pen, bold=True)
    if number == 7:
        return replace(pen, reverse=True)
    for start, bright, part in ((30, 0, "ink"), (40, 0, "ground"), (90, 8, "ink"), (100, 8, "ground")):
        if start <= number < start + 8:
            return replace(pen, **{part: number - start + bright})  # type: ignore[arg-type]  # a field by its name
    raise AssertionError(number)


def seen(pen: Pen, colours: Sequence[str]) -> tuple[str, str]:
    """Ink and ground of a pen on a terminal with these colours that is itself grey on grey: what is not sent fails."""

    def shown(colour: int | str) -> str:
        return colours[colour] if isinstance(colour, int) else colour

    ink = UNKNOWN[0] if pen.ink is None else shown(pen.ink)
    ground = UNKNOWN[1] if pen.ground is None else shown(pen.ground)
    return (ground, ink) if pen.reverse else (ink, ground)


def least_contrast(pens: Iterable[Pen], colours: Sequence[str]) -> float:
    """The faintest of them; two modules of a code that are equal show no text."""
    pairs = {seen(pen, colours) for pen in pens}
    return min(contrast(*pair) for pair in pairs if pair[0] != pair[1])


def of_eight(pen: Pen) -> Pen:
    """The pen where there are eight colours only: a bright one comes out as its dark twin."""
    ink, ground = (part % 8 if isinstance(part, int) else part for part in (pen.ink, pen.ground))
    return replace(pen, ink=ink, ground=ground)
