"""Bytes of a terminal → names of keys. Pure, and bounded: no input makes it fail, grow or stay deaf.

It takes the place of Textual's parser, which raises on one invalid UTF-8 byte, stays inside `ESC[200~` for ever and
raises on odd kitty codes (KIOSK.md, table). Terminal reports and pastes are dropped here, before anything reads them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

LONGEST_READ = 64
"""Bytes. No hand types more between two reads; what is longer is a paste or a flood and is dropped whole."""

_LONGEST_SEQUENCE = 32
_ESC = 0x1B
_STRING_OPENERS = b"]PX^_"  # OSC, DCS, SOS, PM, APC: a terminal's answers, never a key
_PLAIN = {
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\t": "tab",
    "\x00": "ctrl+@",
}
_KEYPAD = dict(zip("pqrstuvwxyM", [*"0123456789", "enter"], strict=True)) | dict(
    zip("jklmnoX", "*+,-./=", strict=True),
)
_LETTERS = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "Z": "shift+tab"} | {
    "P": "f1",
    "Q": "f2",
    "R": "f3",
    "S": "f4",
}
_FUNCTION_NUMBERS = (11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24)
_NUMBERED = {"1": "home", "2": "insert", "3": "delete", "4": "end", "5": "pageup", "6": "pagedown"} | {
    str(number): f"f{index}" for index, number in enumerate(_FUNCTION_NUMBERS, 1)
}
_KITTY = {13: "enter", 27: "escape", 127: "backspace", 57414: "enter"} | {57399 + n: str(n) for n in range(10)}
_KITTY_FORM = re.compile(r"(\d{1,5})(?:;1?(?::[12]?)?)?u")
"""Code, no modifier, pressed or repeated: what a terminal left in kitty's mode by a crashed program sends."""
_REPORT_FINALS = "Rcnytx$MmIO"


class KeyReader:
    """Turns what a terminal sends into key names; one reader for one terminal."""

    def __init__(self) -> None:
        """Start with nothing pending."""
        self._sequence = bytearray()
        self._decode = codecs.getincrementaldecoder("utf-8")("ignore").decode
        self._deaf = False
        self._mouse_bytes = 0

    def feed(self, data: bytes | memoryview) -> list[str]:
        """Return the keys in one read, in order; a read above `LONGEST_READ` bytes gives none.

        After a flood or the start of a paste nothing counts until the terminal has been quiet for a moment.
        """
        if len(data) > LONGEST_READ:
            self._deafen()
        return [] if self._deaf else [key for byte in data for key in self._take(byte)]

    def quiet(self) -> list[str]:
        """Tell the reader that nothing came for 0.1 s: a lone ESC was the key, an unfinished sequence was nothing."""
        lone = bytes(self._sequence) == b"\x1b"
        self._deafen()
        self._deaf = False
        return ["escape"] if lone else []

    def _deafen(self) -> None:
        self._sequence.clear()
        self._mouse_bytes = 0
        self._decode(b"", final=True)
        self._deaf = True

    def _take(self, byte: int) -> Iterator[str]:
        if self._deaf:
            return
        if self._mouse_bytes:
            self._mouse_bytes -= 1
        elif byte == _ESC:
            # ESC inside a sequence ends it unheard; a second ESC means that the first was the key
            if bytes(self._sequence) == b"\x1b":
                yield "escape"
            self._sequence[:] = b"\x1b"
        elif self._sequence:
            self._sequence.append(byte)
            yield from self._continue_sequence()
        else:
            yield from map(_name_of, self._decode(bytes([byte])))

    def _continue_sequence(self) -> Iterator[str]:
        opener, last = self._sequence[1], self._sequence[-1]
        if len(self._sequence) > _LONGEST_SEQUENCE:
            self._deafen()
        elif opener in _STRING_OPENERS:
            if last == ord("\a"):
                self._sequence.clear()
        elif opener == ord("O"):
            if len(self._sequence) > len("\x1bO"):
                yield from self._finish(_single_shift(chr(last)))
        elif opener != ord("["):
            yield from self._finish(f"alt+{chr(last)}" if chr(last).isprintable() else "unknown")
        elif len(self._sequence) > len("\x1b[") and 0x40 <= last <= 0x7E:  # noqa: PLR2004 - ECMA-48's final bytes
            yield from self._finish(self._control_sequence(self._sequence[2:].decode("latin-1")))

    def _finish(self, key: str | None) -> Iterator[str]:
        self._sequence.clear()
        if key is not None:
            yield key

    def _control_sequence(self, body: str) -> str | None:
        if body == "200~":
            self._deafen()  # a paste; its end may never come
            return None
        if body == "M":
            self._mouse_bytes = 3  # X10 mouse report: three raw bytes follow, possibly digits
            return None
        if (kitty := _KITTY_FORM.fullmatch(body)) is not None:
            return _kitty(int(kitty[1]))
        if body[-1] == "~":
            return _NUMBERED.get(body[:-1], "unknown")
        if len(body) == 1 and body in _LETTERS:
            return _LETTERS[body]
        return None if body[-1] in _REPORT_FINALS else "unknown"


def _name_of(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    if character < " ":
        return f"ctrl+{chr(ord(character) + 0x60)}"
    return character if character.isprintable() else "unknown"


def _single_shift(letter: str) -> str:
    return _KEYPAD.get(letter) or _LETTERS.get(letter, "unknown")


def _kitty(code: int) -> str:
    if ord(" ") <= code < ord("\x7f"):
        return chr(code)
    return _KITTY.get(code, "unknown")
