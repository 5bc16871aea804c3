"""At least 10:1 in what is sent, whatever the terminal offers; `test_theme` has the colours that are meant."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from every_screen import every_picture
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from sent_colours import PALETTES, Pen, drawn, least_contrast, of_eight, palette, seen
from terminal import Terminal
from test_theme import LEAST, contrast
from textual.strip import Strip

from kiosk.environment import scrub
from kiosk.screens.board import PLAIN, REVERSED, STRONG, Row, painted
from kiosk.theme import OFFICIAL, REHEARSAL, Theme, shown_in

SIZE = (80, 24)
OLD = Theme(ink="#ffd75f", paper="#000000")
"""A rehearsal's theme as it was sent to every terminal."""
LINES: list[Row] = [(Segment("演练", style),) for style in (PLAIN, STRONG, REVERSED)]


def sent(rows: list[Row], system: str) -> set[Pen]:
    """The pens of what textual's own renderer sends in one colour system."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system=system, _environ={})  # type: ignore[arg-type]  # a name
    shown = (Strip(map(fresh, row)).render(console) for row in rows)
    return {pen for text in shown for character, pen in drawn(text) if character.strip()}


def fresh(segment: Segment) -> Segment:
    """The same with a style that was never drawn: rich's styles keep what they were sent as, in whichever system."""
    style = segment.style or Style()
    again = Style(color=style.color, bgcolor=style.bgcolor, bold=style.bold, reverse=style.reverse)
    return Segment(segment.text, again)


def dressed(rows: list[Row], theme: Theme) -> list[Row]:
    return [painted(row, SIZE[0], theme) for row in rows]


@pytest.mark.parametrize("rehearsal", [False, True])
@pytest.mark.parametrize("system", ["standard", "256", "truecolor"])
def test_every_screen_can_be_read_in_every_colour_system(system: str, rehearsal: bool) -> None:
    pictures = every_picture(SIZE, rehearsal=rehearsal, colour_system=system)
    styles = {segment.style for _, rows in pictures for row in rows for segment in row if segment.text.strip()}
    assert len(styles) > 2
    pens = sent([(Segment("演", style),) for style in styles], system)
    for terminal in PALETTES:
        assert least_contrast(pens, palette(terminal)) >= LEAST, terminal


def test_the_old_colours_fall_where_there_are_16() -> None:
    assert least_contrast(sent(dressed(LINES, OLD), "standard"), palette("Solarized")) < 4
    assert least_contrast(sent(dressed(LINES, OLD), "256"), palette("Solarized")) >= LEAST
    blue = Theme(ink="#ffffaf", paper="#00005f")  # the first colours of a rehearsal: docs/adr/0014
    assert least_contrast(sent(dressed(LINES, blue), "standard"), palette("xterm")) < LEAST
    assert least_contrast(sent([(Segment("无色"),)], "standard"), palette("xterm")) < LEAST


@pytest.mark.parametrize("name", PALETTES)
def test_where_there_are_eight_no_two_of_them_are_farther_apart(name: str) -> None:
    eight = palette(name)[:8]
    farthest = max(contrast(one, other) for one in eight for other in eight)
    shown = sent(dressed(LINES, shown_in(REHEARSAL, "standard")), "standard")
    assert least_contrast(map(of_eight, shown), eight) == farthest
    old = sent(dressed(LINES, OLD), "standard")
    assert least_contrast(map(of_eight, old), eight) < farthest


def test_on_the_pcs_eight_the_old_ink_was_brown() -> None:
    old = sent(dressed(LINES, OLD), "standard")
    assert least_contrast(map(of_eight, old), palette("VGA")) < 5


def test_where_a_multiplexer_makes_16_of_256_a_rehearsal_can_be_read() -> None:
    """GNU screen 4.9, looked at in xterm: 16 is black, 231 white, 226 to 230 bright yellow, 221 red."""
    made = {16: 0, 231: 15, 221: 9, **dict.fromkeys(range(226, 231), 11)}

    def handed_on(theme: Theme) -> list[Pen]:
        pens = sent(dressed(LINES, theme), "256")
        return [replace(pen, ink=made[int(pen.ink or 0)], ground=made[int(pen.ground or 0)]) for pen in pens]

    for terminal in ("xterm", "VGA", "Tango", "Campbell"):
        assert least_contrast(handed_on(OFFICIAL), palette(terminal)) >= LEAST
        assert least_contrast(handed_on(REHEARSAL), palette(terminal)) >= LEAST
        assert least_contrast(handed_on(OLD), palette(terminal)) < LEAST  # the control: black and red


@pytest.mark.parametrize("theme", [OFFICIAL, REHEARSAL])
def test_the_colours_are_the_same_with_256_as_with_all(theme: Theme) -> None:
    def shown(theme: Theme, system: str) -> set[tuple[str, str]]:
        return {seen(pen, palette("xterm")) for pen in sent(dressed(LINES, theme), system)}

    assert shown(theme, "256") == shown(theme, "truecolor")
    elsewhere = Theme(ink="#fadc64", paper="#000000")  # the control: not in the table
    assert shown(elsewhere, "256").isdisjoint(shown(elsewhere, "truecolor"))


def test_a_terminal_without_colours_still_draws_what_is_reversed() -> None:
    rows = dressed(LINES, shown_in(REHEARSAL, "standard"))
    assert {pen.reverse for pen in sent(rows, "standard")} == {False, True}
    assert {pen.reverse for pen in sent(dressed(LINES, OLD), "standard")} == {False}


@pytest.mark.parametrize(
    ("variables", "system"),
    [
        ({"TERM": "screen"}, "standard"),
        ({"TERM": "xterm-16color"}, "standard"),
        ({"TERM": "linux"}, "standard"),
        ({"TERM": "vt100"}, "standard"),
        ({"TERM": "dumb"}, "standard"),
        ({}, "standard"),
        ({"TERM": "xterm", "COLORTERM": "rxvt"}, "standard"),
        ({"TERM": "screen.xterm-256color"}, "256"),
        ({"TERM": "xterm-kitty"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "alacritty", "COLORTERM": "truecolor", "TEXTUAL_COLOR_SYSTEM": "truecolor"}, "256"),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, "standard"),
    ],
)
def test_how_many_colours_a_terminal_is_sent(variables: dict[str, str], system: str) -> None:
    environment = dict(variables)
    scrub(environment)
    assert environment["TEXTUAL_COLOR_SYSTEM"] == system


@contextlib.contextmanager
def demos(*kinds: dict[str, str]) -> Iterator[list[Terminal]]:
    """A rehearsal in a terminal of each kind, started at the same time."""
    with contextlib.ExitStack() as stack:
        command = [sys.executable, "-m", "kiosk", "demo"]
        yield [stack.enter_context(Terminal(command, env={"COLORTERM": "", **kind})) for kind in kinds]


@pytest.mark.pty
def test_a_rehearsal_can_be_read_in_terminals_of_few_and_of_many_colours() -> None:
    with demos({"TERM": "dumb"}, {"TERM": "xterm", "COLORTERM": "truecolor"}) as terminals:
        for terminal, system in zip(terminals, ("standard", "256"), strict=True):
            terminal.wait_for("演练用开启口令")
            whole, _, _ = terminal.raw.rpartition(b"\x1b[0m")  # what has come by now may end within a sequence
            shown = whole.decode().partition("\x1b[?1049h")[2]
            pens = {pen for character, pen in drawn(shown) if character.strip()}
            assert min(least_contrast(pens, palette(name)) for name in PALETTES) >= LEAST
            inks = {seen(pen, palette("xterm")) for pen in pens}
            assert inks == pairs(system)
            assert "\x1b[38;2;" not in shown


def pairs(system: str) -> set[tuple[str, str]]:
    theme = shown_in(REHEARSAL, system)
    return {(theme.ink, theme.paper), (theme.paper, theme.ink)}


def test_the_formula_reads_pens_as_terminals_do() -> None:
    (_, plain), (_, turned), (_, own) = drawn("\x1b[1;97;40m甲\x1b[7;97;40m乙\x1b[0m丙")
    assert seen(plain, palette("xterm")) == ("#ffffff", "#000000")
    assert seen(turned, palette("xterm")) == ("#000000", "#ffffff")
    assert contrast(*seen(own, palette("xterm"))) < LEAST
