"""At least 10:1 between ink and paper wherever a cell is drawn (WCAG 2.2, relative luminance)."""

from __future__ import annotations

import re

import pytest
from every_screen import SIZES, every_picture
from rich.segment import Segment
from rich.style import Style

from kiosk.hardened import HardenedScreen
from kiosk.screens.board import Row
from kiosk.theme import OFFICIAL, REHEARSAL

LEAST = 10.0
UNKNOWN = ("#808080", "#7f7f7f")
"""Ink and ground where none is named: the terminal's own, which may be anything."""


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def pairs(rows: list[Row]) -> set[tuple[str, str]]:
    """Ink and ground of every cell that shows a character; a cell without either colour counts as unreadable."""
    found = set()
    for segment in (segment for row in rows for segment in row if segment.text.strip()):
        style = segment.style or Style()
        ink = style.color.get_truecolor().hex if style.color else UNKNOWN[0]
        found.add((ink, style.bgcolor.get_truecolor().hex if style.bgcolor else UNKNOWN[1]))
    return found


def too_faint(rows: list[Row]) -> set[tuple[str, str]]:
    """Pairs below 10:1; two modules of a code that are equal show no text."""
    return {pair for pair in pairs(rows) if pair[0] != pair[1] and contrast(*pair) < LEAST}


def test_the_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("rehearsal", [False, True])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_cell_of_every_screen_can_be_read(size: tuple[int, int], rehearsal: bool) -> None:
    for name, rows in every_picture(size, rehearsal=rehearsal):
        assert pairs(rows), name
        assert not too_faint(rows), name
    grey = Style(color="#9a9a9a", bgcolor=OFFICIAL.paper)
    assert too_faint([*rows, (Segment("浅灰", grey),)])  # the control
    assert too_faint([*rows, (Segment("无色"),)])


def test_the_notice_that_the_window_is_too_small_can_be_read() -> None:
    colours = re.findall(r"(?:background|color): (#[0-9a-f]{6})", HardenedScreen.DEFAULT_CSS)
    assert len(colours) == 2
    assert contrast(*colours) >= LEAST


def test_a_rehearsal_has_a_colour_of_its_own() -> None:
    assert REHEARSAL.ink != OFFICIAL.ink
    assert contrast(REHEARSAL.ink, REHEARSAL.paper) >= LEAST
    for size in SIZES:
        for (name, official), (_, rehearsal) in zip(
            every_picture(size), every_picture(size, rehearsal=True), strict=True
        ):
            assert not pairs(official) & pairs(rehearsal), name
            assert "演练　演练" in "".join(segment.text for row in rehearsal for segment in row), name
