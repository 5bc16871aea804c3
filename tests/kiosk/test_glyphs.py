"""Baked glyphs: what the kiosk says big is there, what is not is never guessed, and a drawing is its bitmap."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from every_screen import SIZES, every_picture, is_ambiguous
from rich.cells import cell_len

import kiosk.glyphs
from kiosk import texts
from kiosk.giant import Hand, Pixel, hands, largest
from kiosk.glyphs import glyph
from kiosk.layout import assume
from kiosk.pages import OUTCOMES_BIG
from kiosk.screens.board import PLAIN, REVERSED, Row

HERE = Path(kiosk.glyphs.__file__).parent
BAKERY = Path(__file__).parents[2] / "tools" / "bake_glyphs.py"
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
NAMES = "".join(
    bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)
)
SAID = "".join(
    [
        *texts.LABELS.values(),
        *texts.VOTES,
        *texts.ACCOUNT,
        *texts.ATTENDANCE,
        *texts.THANKS_BIG,
        *texts.BOX_CLOSED_BIG,
        *(text for big in OUTCOMES_BIG.values() for text in big),
        texts.THANKS,
        texts.NOT_CAST,
        texts.PAUSED,
        texts.cast_big("01234", "56789"),
        "人张票%.",
    ]
)


@pytest.fixture
def wide() -> Iterator[None]:
    assume(ambiguous_wide=True)
    yield
    assume(ambiguous_wide=False)


@pytest.mark.parametrize("size", kiosk.glyphs.SIZES)
def test_all_that_the_kiosk_says_big_is_there(size: int) -> None:
    for character in SAID:
        found = glyph(character, size)
        assert found is not None, character
        width, rows = found
        assert len(rows) == size
        assert any(rows)
        assert all(row < 1 << width for row in rows)


def test_every_character_of_gb2312_is_there_and_none_is_another_ones() -> None:
    assert len(NAMES) == 6763
    seen: dict[object, str] = {}
    for character in NAMES:
        found = glyph(character, 24)
        assert found is not None
        assert any(found[1]), character
        assert seen.setdefault(found, character) == character  # a missing character would be the font's empty box


@pytest.mark.parametrize("text", ["张䶮", "阿依古丽·买买提", "Müller", "\U00030000", "龘"])
def test_a_missing_character_makes_ordinary_text(text: str) -> None:
    assert glyph(text[1:2] or text, 16) is None
    assert largest((text,), 10_000, 1_000) == ()
    assert largest((text, "满意"), 10_000, 1_000) == largest(("满意",), 10_000, 1_000) != ()
    assert glyph("满意", 16) is None


def test_a_name_is_drawn_at_the_size_that_has_it() -> None:
    assert len(largest(("欧阳芳",), 200, 60)) == 12
    assert len(largest(("张三",), 200, 60)) == 24


def pixels(rows: tuple[Row, ...], hand: Hand) -> list[list[int]]:
    """The drawing read back: 1 where a cell, or half of it, is ink."""
    lines: list[list[int]] = []
    for row in rows:
        drawn = [(character, segment.style) for segment in row for character in segment.text]
        ground = [int(style == REVERSED) for _, style in drawn]
        lower = [int(style == (PLAIN if character == "▄" else REVERSED)) for character, style in drawn]
        if hand.pixel is Pixel.HALF:
            lines += [ground, lower]
        else:
            lines.append(ground[:: hand.pixel.across])
    return lines


@pytest.mark.parametrize(("size", "pixel"), [*product(kiosk.glyphs.SIZES, Pixel)])
def test_a_drawing_is_its_bitmaps(size: int, pixel: Pixel) -> None:
    hand = Hand(size, pixel)
    rows = hand.write("不满意 5%")
    assert {sum(cell_len(segment.text) for segment in row) for row in rows} == {hand.width("不满意 5%")}
    assert len(rows) == hand.height
    found = [glyph(character, size) for character in "不满意05%"]
    bitmaps = [bitmap for bitmap in found if bitmap is not None]
    bitmaps[3] = (bitmaps[3][0], (0,) * size)  # a space is as wide as a digit
    expected = [[row[y] >> width - 1 - x & 1 for width, row in bitmaps for x in range(width)] for y in range(size)]
    assert pixels(rows, hand) == expected


def test_a_full_cell_is_a_space() -> None:
    drawn = "".join(segment.text for hand in hands() for row in hand.write("满意50%") for segment in row)
    assert set(drawn) == {" ", "▄"}


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_where_half_blocks_are_wide_nothing_of_doubtful_width_is_drawn(size: tuple[int, int]) -> None:
    for name, rows in every_picture(size):
        assert not [c for row in rows for segment in row for c in segment.text if is_ambiguous(c)], name
    assume(ambiguous_wide=False)
    shown = [segment.text for _, rows in every_picture(size) for row in rows for segment in row]
    assert any(is_ambiguous(character) for text in shown for character in text)  # the control


def test_the_bitmaps_are_small_and_their_licence_is_beside_them() -> None:
    sizes = {path.name: path.stat().st_size for path in HERE.glob("*.bin")}
    assert set(sizes) == {"names24.bin", *(f"screen{size}.bin" for size in kiosk.glyphs.SIZES)}
    assert sum(sizes.values()) < 320_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (HERE / "OFL.txt").read_text()


def test_baking_again_gives_the_same_bytes() -> None:
    pytest.importorskip("PIL", reason="baking needs Pillow, which is no dependency")
    if not FONT.exists():
        pytest.skip("baking needs Debian's fonts-noto-cjk")
    baked = runpy.run_path(str(BAKERY))["files"](FONT)
    assert baked == {path.name: path.read_bytes() for path in HERE.glob("*.bin")}
