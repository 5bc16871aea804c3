"""Bitmaps of Noto Sans CJK SC Bold (OFL 1.1, `OFL.txt`), read when they are first needed.

`screenSIZE.bin` holds what the kiosk itself says big, at 16, 24, 32 and 48 pixels; `names24.bin` the 6,763 characters
of GB 2312, for names. `tools/bake_glyphs.py` makes them. A file is MAGIC, then one zlib stream: size and count as
little-endian 16-bit numbers, count code points (16 bits), count widths in pixels (8 bits), then the bitmaps one after
the other, each `size` rows of whole bytes with the leftmost pixel in the highest bit.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from functools import cache
from itertools import accumulate
from pathlib import Path

SIZES = (48, 32, 24, 16)
"""Pixels of a Chinese character's side, the largest first."""
NAME_SIZES = (24,)
"""Sizes at which every character of GB 2312 is there."""
MAGIC = b"BKB-GLYPHS1\n"

_HEAD = struct.Struct("<HH")

Bitmap = tuple[int, tuple[int, ...]]
"""Width in pixels; each row as a number whose highest of `width` bits is the leftmost pixel."""


@cache
def glyph(character: str, size: int) -> Bitmap | None:
    """The bitmap of one character at one of `SIZES`; None where there is none, never another character's."""
    return _read(f"screen{size}.bin").get(character) or (_name(character) if size in NAME_SIZES else None)


def packed(size: int, glyphs: Mapping[str, tuple[int, bytes]]) -> bytes:
    """One file from width and rows (whole bytes) of each character; equal glyphs give equal bytes."""
    points = b"".join(struct.pack("<H", ord(character)) for character in glyphs)
    widths = bytes(width for width, _ in glyphs.values())
    body = _HEAD.pack(size, len(glyphs)) + points + widths + b"".join(rows for _, rows in glyphs.values())
    return MAGIC + zlib.compress(body, 9)


def _name(character: str) -> Bitmap | None:
    return _read("names24.bin").get(character)


@cache
def _read(name: str) -> _Font:
    return _Font((Path(__file__).parent / name).read_bytes())


class _Font:
    """One file, its bitmaps made when they are asked for."""

    def __init__(self, data: bytes) -> None:
        """Open the bytes of a file."""
        self._body = zlib.decompress(memoryview(data)[len(MAGIC) :])
        self._size, count = _HEAD.unpack_from(self._body)
        self._points = self._body[_HEAD.size :][: 2 * count].decode("utf-16-le")
        self._widths = self._body[_HEAD.size + 2 * count :][:count]
        bitmaps = _HEAD.size + 3 * count
        self._starts = list(accumulate((self._size * _row_bytes(width) for width in self._widths), initial=bitmaps))

    def get(self, character: str) -> Bitmap | None:
        """The bitmap of one character, None where it is not in this file."""
        place = self._points.find(character) if len(character) == 1 else -1
        if place < 0:
            return None
        width, length = self._widths[place], _row_bytes(self._widths[place])
        shift = 8 * length - width
        starts = range(self._starts[place], self._starts[place + 1], length)
        return width, tuple(int.from_bytes(self._body[start : start + length], "big") >> shift for start in starts)


def _row_bytes(width: int) -> int:
    return (width + 7) // 8
