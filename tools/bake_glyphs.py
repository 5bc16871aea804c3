"""Bakes the kiosk's giant glyphs from Noto Sans CJK SC Bold (OFL 1.1, kiosk/glyphs/OFL.txt).

    python tools/bake_glyphs.py [NotoSansCJK-Bold.ttc]

Run at development time only: it needs Pillow, which the product does not depend on. The same font and the same FreeType
give the same bytes; baked with Debian's fonts-noto-cjk 1:20220127 and Pillow 13.0.0 (FreeType 2.14.3).
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
FACE = 2
"""Noto Sans CJK SC in the collection."""
GLYPHS = Path(__file__).parents[1] / "kiosk" / "glyphs"
SIZES = (16, 24, 32, 48)
NAME_SIZE = 24
_ASCENT = 0.88
"""Of the em box, which every Chinese character fills: Noto's own `vhea` and the ideographic baseline."""
_OVERSAMPLED = 8
_COVERED = 0.46
"""Share of a pixel that must be ink; lower fills the gaps of 满 at 16 px, higher tears its strokes."""

SCREEN = (
    "0123456789%./:+-：，"
    "满意不作选择空白票度"  # the ballot and its outcome
    "测评结果有效无次本参与人数未达团员总三分之二"
    "应到实发出收回张名已投加还差线至少率"  # counts
    "请离开入箱暂停束止中填写位上前下一靠近远区域其他独自"  # what the hall is told
    "演练管理菜单进锁定核对继续恢复插盘拔超时登记协助"
    "对象姓团支部书年月日公布告市县级优秀先推荐重新"
    "凭条号输口令等待秒钟键按返确认正好的是否可以了第共页封码启开通过合格"
)
"""What the kiosk itself says in giant glyphs, at every size."""


def names() -> str:
    """Every Chinese character of GB 2312 (6,763), in its order."""
    rows = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return "".join(code.decode("gb2312", "ignore") for code in rows)


def bitmap(font: ImageFont.FreeTypeFont, character: str, size: int) -> tuple[int, bytes]:
    """Width in pixels, and `size` rows of whole bytes, the most significant bit on the left."""
    width = round(font.getlength(character) / _OVERSAMPLED)
    large = Image.new("L", (width * _OVERSAMPLED, size * _OVERSAMPLED))
    baseline = round(size * _ASCENT) * _OVERSAMPLED
    ImageDraw.Draw(large).text((0, baseline), character, fill=255, font=font, anchor="ls")
    grey = large.resize((width, size), Image.Resampling.BOX)
    return width, grey.point(lambda ink: 255 * (ink > 255 * _COVERED)).convert("1").tobytes()


def bake(path: Path, characters: str, size: int) -> bytes:
    """One file of `kiosk.glyphs`: see `kiosk/glyphs/__init__.py` for the format."""
    from kiosk.glyphs import packed  # noqa: PLC0415  the tree is put on the path first

    font = ImageFont.truetype(str(path), size * _OVERSAMPLED, index=FACE, layout_engine=ImageFont.Layout.BASIC)
    return packed(size, {one: bitmap(font, one, size) for one in sorted(set(characters))})


def files(path: Path) -> dict[str, bytes]:
    """Every file of the package by name."""
    screens = {f"screen{size}.bin": bake(path, SCREEN, size) for size in SIZES}
    return {**screens, f"names{NAME_SIZE}.bin": bake(path, names(), NAME_SIZE)}


def main() -> None:
    """Write the files and say how large they are."""
    font = Path(sys.argv[1]) if len(sys.argv) > 1 else FONT
    for name, data in files(font).items():
        (GLYPHS / name).write_bytes(data)
        sys.stdout.write(f"{name}  {len(data)} bytes\n")


if __name__ == "__main__":
    sys.path.insert(0, str(GLYPHS.parents[1]))
    main()
