"""Every screen as it stood when somebody looked at it, at three sizes; after looking again: `--snapshot-update`."""

from __future__ import annotations

import pytest
from every_screen import SCREENS, SIZES, announcement, cells, dressed, hall, pages
from syrupy.assertion import SnapshotAssertion

from kiosk import texts
from kiosk.layout import NO_START
from kiosk.screens.board import PLAIN, Row, centred_row
from kiosk.screens.locked import LockedScreen
from kiosk.theme import OFFICIAL, REHEARSAL

_REVERSED_AS = {" ": "█", "▄": "▀"}
"""How reversed cells are written down: a picture that can be read, and compared line by line."""


def written(rows: list[Row]) -> str:
    """One line for each row: the marks of its styles (b bold, r reversed), then what it shows."""
    lines = []
    for row in cells(rows):
        inks = {style.color.get_truecolor().hex for _, style in row if style is not None and style.color is not None}
        shown = "".join(
            _REVERSED_AS.get(character, character) if is_reversed(style) else character for character, style in row
        )
        bold = any(style is not None and style.bold for _, style in row)
        marks = ("b" if bold else " ") + ("r" if any(is_reversed(style) for _, style in row) else " ")
        assert inks <= {OFFICIAL.ink, OFFICIAL.paper, REHEARSAL.ink, REHEARSAL.paper}
        lines.append(f"{marks}|{shown.rstrip()}")
    return "\n".join(lines)


def is_reversed(style: object) -> bool:
    ground = getattr(style, "bgcolor", None)
    return ground is not None and ground.get_truecolor().hex in {OFFICIAL.ink, REHEARSAL.ink}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert written(dressed(SCREENS[name](hall()).rows(*size), size[0], OFFICIAL)) == snapshot


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("invalid", [False, True], ids=["valid", "invalid"])
def test_announcement(invalid: bool, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    shown = [written(dressed(page.rows(*size), size[0], OFFICIAL)) for page in pages(announcement(invalid=invalid))]
    assert "\n".join(shown) == snapshot


def test_rehearsal(snapshot: SnapshotAssertion) -> None:
    assert written(dressed(SCREENS["ballot"](hall(rehearsal=True)).rows(80, 24), 80, REHEARSAL)) == snapshot


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_moves_on_the_locked_screen(size: tuple[int, int]) -> None:
    shown = [cells(dressed(LockedScreen(hall(collected=count)).rows(*size), size[0], OFFICIAL)) for count in (9, 10)]
    beside = [y for y, (nine, ten) in enumerate(zip(*shown, strict=True)) if nine != ten]
    moved = [cells([centred_row(texts.cast_of(count, 45), 80)]) for count in (9, 10)]
    assert moved[0][0].index(("已", PLAIN)) != moved[1][0].index(("已", PLAIN))  # the control: centred anew, it moves
    for picture in shown:
        lines = ["".join(character for character, _ in line) for line in picture]
        plain = next(y for y, line in enumerate(lines) if "已投" in line)
        assert lines[plain].index("已投") == lines[beside[-1]].index("已投")
        assert beside[-1] == plain
    figures = beside[:-1]
    assert figures == list(range(figures[0], figures[0] + len(figures)))
    slashes = [[line[size[0] // 2 :] for line in picture[figures[0] : plain]] for picture in shown]
    assert slashes[0] == slashes[1]  # from the stroke on, nothing differs


def starts_badly(rows: list[Row]) -> bool:
    lines = ["".join(segment.text for segment in row).strip() for row in rows]
    return any(line and line[0] in NO_START for line in lines)


@pytest.mark.parametrize("size", [*SIZES, (97, 29), (131, 41)], ids=str)
def test_no_line_starts_with_closing_punctuation(size: tuple[int, int]) -> None:
    for name, made in SCREENS.items():
        assert not starts_badly(made(hall()).rows(*size)), name
    for page in pages(announcement()):
        assert not starts_badly(page.rows(*size))
    line = "".join(segment.text for segment in SCREENS["aside"](hall()).rows(*size)[-1])
    assert starts_badly([*SCREENS["aside"](hall()).rows(*size), _row("。" + line)])  # the control


def _row(text: str) -> Row:
    from rich.segment import Segment  # noqa: PLC0415  only the control draws by hand

    return (Segment(text),)
