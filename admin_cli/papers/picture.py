"""Progress per 战线 as a picture for a notice board: one drawing, .svg; the .png is that drawing, rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET

import resvg_py

from admin_cli.papers.circular import Share
from admin_cli.papers.dates import chinese_date
from rounds.errors import Unreadable

FAMILIES = "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', 'Source Han Sans SC', 'WenQuanYi Zen Hei', SimHei"
"""Chinese fonts by the names of Linux, Windows and macOS; a viewer takes the first that it has."""

_WIDTH = 1200
_ROW = 64
_TOP = 150
_BOTTOM = 70
_LABEL = 280
_BAR = 640
_BAR_AT = _LABEL + 20
_FIGURE_AT = _BAR_AT + _BAR + 20
_INK, _DONE, _OPEN, _PAPER = "#1a1a1a", "#b3001b", "#e4e0da", "#ffffff"


@dataclass(frozen=True)
class ProgressPicture:
    """What the picture shows: a bar a 战线, the sum last."""

    organisation: str
    day: date
    deadline: date
    shares: Sequence[Share]


def svg(picture: ProgressPicture) -> bytes:
    """The drawing."""
    height = _TOP + _ROW * len(picture.shares) + _BOTTOM
    size = {"width": str(_WIDTH), "height": str(height), "viewBox": f"0 0 {_WIDTH} {height}"}
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": FAMILIES, **size})
    ET.SubElement(root, "title").text = "团支部书记“背靠背”满意度测评工作进度"
    _box(root, 0, 0, _WIDTH, height, _PAPER)
    _text(root, _WIDTH / 2, 62, "团支部书记“背靠背”满意度测评工作进度", 36, "middle")
    days = f"截至{chinese_date(picture.day)}　完成时限：{chinese_date(picture.deadline)}"
    _text(root, _WIDTH / 2, 108, days, 22, "middle")
    for number, share in enumerate(picture.shares):
        _bar(root, share, _TOP + number * _ROW)
    _text(root, _WIDTH - 40, height - 26, picture.organisation, 22, "end")
    drawing: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return drawing


def png(picture: ProgressPicture, *, zoom: float = 2.0) -> bytes:
    """The drawing at `zoom` × 1200 pixels across.

    Raises:
        Unreadable: this machine has no Chinese font; the picture would come out without its words.
    """
    if not can_draw_chinese():
        raise Unreadable("本机没有中文字体，画不出 .png：请安装中文字体（如 Noto Sans CJK），或改用 .svg。")
    return render(svg(picture).decode(), zoom=zoom)


def render(drawing: str, *, zoom: float = 1.0, system_fonts: bool = True) -> bytes:
    """`drawing` (SVG text) as PNG bytes."""
    return bytes(resvg_py.svg_to_bytes(svg_string=drawing, zoom=zoom, skip_system_fonts=not system_fonts))


def can_draw_chinese(*, system_fonts: bool = True) -> bool:
    """Whether two Chinese characters come out differently: without a font both are left out, or drawn as one box."""
    one, other = (render(_sample(char), system_fonts=system_fonts) for char in "团书")
    return one != other


def _sample(char: str) -> str:
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "width": "40", "height": "40"})
    root.set("font-family", FAMILIES)
    _text(root, 4, 30, char, 24, "start")
    return ET.tostring(root, encoding="unicode")


def _bar(root: ET.Element, share: Share, top: float) -> None:
    """Name, track, what is done, and the figures in words beside it: colour alone tells nothing."""
    size = min(26.0, (_LABEL - 40) / max(len(share.name), 1))
    _text(root, _LABEL, top + 34, share.name, size, "end")
    _box(root, _BAR_AT, top + 8, _BAR, 36, _OPEN)
    if share.expected:
        _box(root, _BAR_AT, top + 8, _BAR * share.done / share.expected, 36, _DONE)
    _text(root, _FIGURE_AT, top + 34, f"{share.done}/{share.expected}　{share.percent}", 24, "start")


def _box(root: ET.Element, left: float, top: float, width: float, height: float, fill: str) -> None:
    places = {"x": left, "y": top, "width": width, "height": height}
    ET.SubElement(root, "rect", {name: f"{value:.2f}" for name, value in places.items()} | {"fill": fill})


def _text(root: ET.Element, left: float, base: float, text: str, size: float, anchor: str) -> None:
    look = {"x": f"{left:.2f}", "y": f"{base:.2f}", "font-size": f"{size:.1f}", "text-anchor": anchor, "fill": _INK}
    ET.SubElement(root, "text", look).text = text
