"""Canonical JSON: one value has one spelling, and whatever is read must be spelled so.

Fields stand in alphabetical order, UTF-8, no spaces, integers and strings only: what msgspec writes is then equal to
RFC 8785. Reading decodes into a type and compares the re-encoded bytes, which ends duplicate keys, NaN, BOMs, other
escapes and the spare bits of a base64 tail at once.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache, partial
from operator import attrgetter
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import msgspec

from rounds.errors import Unreadable

T = TypeVar("T", bound=msgspec.Struct)

Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
OptionalDigest = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
OptionalLine = Annotated[str, msgspec.Meta(max_length=200)]
Paragraph = Annotated[str, msgspec.Meta(max_length=1000)]
MAX_NAME = 60
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME)]
OptionalName = Annotated[str, msgspec.Meta(max_length=MAX_NAME)]
_STAMP = r"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}"
Time = Annotated[str, msgspec.Meta(pattern=rf"\A{_STAMP}\Z")]
"""ISO 8601 to the second with offset, from the year 2000 on: 2017-04-01T14:30:00+08:00."""
OptionalTime = Annotated[str, msgspec.Meta(pattern=rf"\A({_STAMP})?\Z")]

_A_STAMP = re.compile(_STAMP)
_STAMP_LENGTH = 25
_WIDE_SPACE = "\u3000"
"""The one space besides the plain one that forms are set with; str.isprintable knows only the plain one."""
# Characters of a visible category that draw nothing: Unicode's Default_Ignorable_Code_Point and the blank of Braille.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}

_ASCII = bytes(range(0x80))
_VISIBLE = bytes(range(0x20, 0x7F))
"""What isprintable says of ASCII. Taking these bytes away asks a long text (an envelope within one) in a quarter of the
time; in UTF-8 no such byte is a part of another character."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything that is written as canonical JSON; its strings hold plain visible text only."""

    def __post_init__(self) -> None:
        """Refuse text that looks like other text (control characters, outer spaces) and a 30 February.

        Raises:
            ValueError: msgspec reports it as a validation error when decoding.
        """
        for value in _text_reader(type(self))(self):
            if value and not (_is_fit_here(value) if type(value) is str else _are_fit_here(value)):
                names = [name for name in _text_fields(type(self)) if getattr(self, name) is value]
                raise ValueError(f"text not fit in {names[0]}")


def _text_fields(kind: type) -> tuple[str, ...]:
    """The fields of a record that hold text, alone or in a tuple."""
    hints = get_type_hints(kind)
    return tuple(name for name, hint in hints.items() if str in {hint, *get_args(hint)})


@cache
def _text_reader(kind: type) -> Callable[[Record], tuple[Any, ...]]:
    """What gives all the texts of a record in one call."""
    names = _text_fields(kind)
    read = attrgetter(*names) if names else lambda _: ()
    return read if len(names) != 1 else lambda record: (read(record),)


def _is_fit_here(text: str) -> bool:
    """`is_fit`, with the shortest way for what a result is full of: digests and codes, and what stood elsewhere too."""
    if text.isascii() and text.isalnum():
        return True
    return _is_fit_again(text) if len(text) <= _SHORT else is_fit(text)


def _are_fit_here(texts: tuple[str, ...]) -> bool:
    return _are_fit_again(texts) if len(texts) <= _FEW else all(map(is_fit, texts))


def is_fit(text: str) -> bool:
    """Whether a record may hold `text`: plain, and a real moment where it is spelled as one.

    A 30 February would pass here and then fail wherever somebody reads it.
    """
    if text.isascii():  # most of it; the same answer as below, without the work
        visible = text.isprintable() if len(text) <= _SHORT else not text.encode().translate(None, _VISIBLE)
        if not visible or (" " in text and text.strip(" ") != text):
            return False
    elif not is_plain(text):
        return False
    if len(text) == _STAMP_LENGTH and _A_STAMP.fullmatch(text):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            return False
    return True


def is_plain(text: str) -> bool:
    """Whether `text` is NFC, without outer spaces, without invisible characters and spaces that pass for others."""
    shown = text.replace(_WIDE_SPACE, "") if _WIDE_SPACE in text else text
    visible = shown.isprintable() and _BLANK.isdisjoint(text.encode().translate(None, _ASCII).decode())
    return visible and text == text.strip() and unicodedata.is_normalized("NFC", text)


_SHORT = 200
_is_fit_again = lru_cache(1_000)(is_fit)
"""The same answer, remembered: title, instruction and names are the same in many authorisations, times within one."""
_are_fit_again = lru_cache(16)(lambda texts: all(map(is_fit, texts)))
"""The same for a tuple of them: the duties are the same in nearly every authorisation; few, for each may be long."""
_FEW = 40
"""Texts of one tuple: a revocation may list more, and none of those comes a second time."""


def plain(typed: str) -> str:
    """`typed` in the normal form that records demand, as far as that loses nothing (NFC, outer spaces off)."""
    return unicodedata.normalize("NFC", typed).strip()


_encode = msgspec.json.Encoder(order="sorted").encode
_decoder = cache(partial(msgspec.json.Decoder, strict=True))
"""One a kind of record."""


def encode(record: msgspec.Struct) -> bytes:
    """The one spelling of `record`."""
    return _encode(record)


def decode(data: bytes, kind: type[T], what: str, cap: int) -> T:
    """Read the one spelling of a `kind`; `what` names it to the user, `cap` bounds it in bytes.

    Raises:
        Unreadable: too large, not of that type, or spelled otherwise.
    """
    if len(data) > cap:
        raise Unreadable(f"{what}过大（超过{cap}字节），不予读取：请核对是否选错文件。")
    try:
        record: T = _decoder(kind).decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Unreadable(f"{what}无法识别：文件损坏、被改动，或不是{what}。") from None
    if encode(record) != data:
        raise Unreadable(f"{what}格式不规范：文件被改动，不予采用。")
    return record


def digest(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


def stamp(moment: datetime) -> str:
    """`moment` (aware) as a `Time`.

    Raises:
        ValueError: a naive moment.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset")
    return moment.isoformat(timespec="seconds")
