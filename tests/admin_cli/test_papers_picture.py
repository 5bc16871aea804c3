"""The progress picture: the bars are as long as the shares, and without a Chinese font there is no half a picture."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree as ET

import pytest

from admin_cli.papers.circular import Share
from admin_cli.papers.picture import ProgressPicture, can_draw_chinese, png, svg
from rounds.errors import Unreadable

SHARES = (Share("区县", 30, 40), Share("高校", 12, 12), Share("<中学>&", 0, 3), Share("未定", 0, 0))
PICTURE = ProgressPicture("共青团某市委", date(2017, 4, 3), date(2017, 4, 1), SHARES)
_NS = "{http://www.w3.org/2000/svg}"


def test_the_bars_are_as_long_as_the_shares() -> None:
    root = ET.fromstring(svg(PICTURE))  # noqa: S314  our own drawing
    bars = [(box.get("fill"), float(box.get("width") or 0)) for box in root.iter(f"{_NS}rect")][1:]
    track = bars[0][1]
    assert [width for fill, width in bars if fill != bars[0][0]] == [track * 30 / 40, track, 0]
    said = [one.text for one in root.iter(f"{_NS}text")]
    for expected in ("区县", "<中学>&", "30/40　75.00%", "0/0　—", "截至2017年4月3日　完成时限：2017年4月1日"):
        assert expected in said


def test_the_png_is_drawn_with_chinese_or_not_at_all() -> None:
    if can_draw_chinese():
        data = png(PICTURE, zoom=1)
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        assert int.from_bytes(data[16:20]) == 1200
    else:
        with pytest.raises(Unreadable, match="没有中文字体"):
            png(PICTURE)


def test_a_machine_without_fonts_is_found() -> None:
    assert not can_draw_chinese(system_fonts=False)
