"""The pure parts: which bytes are which key, and when a key counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser

from kiosk.gate import Gate
from kiosk.hardened import plain_key
from kiosk.keystrokes import LONGEST_READ, KeyReader

KEYS = {
    b"2": ["2"],
    b"2\r": ["2", "enter"],
    b"\n": ["enter"],
    b"\x7f\x08\t": ["backspace", "backspace", "tab"],
    "是".encode(): ["是"],
    b"\x1bOp\x1bOy\x1bOM": ["0", "9", "enter"],
    b"\x1b[50u\x1b[57400u\x1b[13u\x1b[27u": ["2", "1", "enter", "escape"],
    b"\x1b[50;1:3u\x1b[50;5u": ["unknown", "unknown"],
    b"\x1b[A\x1b[5~\x1b[15~\x1bOP": ["up", "pageup", "f5", "f1"],
    b"\x11\x10\x03\x1a": ["ctrl+q", "ctrl+p", "ctrl+c", "ctrl+z"],
    b"\x1b2": ["alt+2"],
    b"\x1b\x1b[A": ["escape", "up"],
    b"\xff2": ["2"],
    b"\xe6\xbb2": ["2"],
    b"\x1b[200~2\r\x1b[201~": [],
    b"\x1b]52;c;2\x072": ["2"],
    b"\x1b]52;c;2": [],
    b"\x1b[M 22": [],
    b"\x1b[<0;2;2M\x1b[?2048;1$y\x1b[48;1;1;1;1t\x1b[2;2R\x1b[I": [],
    b"2" * (LONGEST_READ + 1): [],
    b"2" * LONGEST_READ: ["2"] * LONGEST_READ,
}


@pytest.mark.parametrize("data", KEYS)
def test_keys(data: bytes) -> None:
    assert KeyReader().feed(data) == KEYS[data]


@pytest.mark.parametrize("data", [data for data in KEYS if len(data) <= LONGEST_READ])
def test_keys_arriving_byte_by_byte(data: bytes) -> None:
    reader = KeyReader()
    assert [key for byte in data for key in reader.feed(bytes([byte]))] == KEYS[data]


def test_a_lone_escape_is_a_key_once_it_stayed_alone() -> None:
    reader = KeyReader()
    assert reader.feed(b"\x1b") == []
    assert reader.quiet() == ["escape"]
    assert reader.quiet() == []


def test_after_a_flood_nothing_counts_until_it_is_quiet() -> None:
    reader = KeyReader()
    assert reader.feed(b"1" * 4096) == []
    assert reader.feed(b"1\r") == []
    assert reader.quiet() == []
    assert reader.feed(b"1\r") == ["1", "enter"]


@given(st.lists(st.binary(max_size=80)))
def test_no_input_makes_the_reader_fail_or_stay_deaf(reads: list[bytes]) -> None:
    reader = KeyReader()
    for data in reads:
        assert len(reader.feed(data)) <= 2 * LONGEST_READ
    reader.quiet()
    assert reader.feed(b"2") == ["2"]


def test_stocks_parser_fails_or_stays_deaf_on_the_same_input() -> None:
    def keys(data: str) -> list[str]:
        return [str(getattr(event, "key", "")) for event in XTermParser().feed(data)]

    assert keys("2") == ["2"]
    assert keys("\x1b[200~" + "2" * 9) == []
    with pytest.raises((ValueError, OverflowError)):
        keys("\x1b[99999999u")


def opened(settled_after_s: float = 0.4) -> Gate:
    gate = Gate()
    gate.painted(gate.shut(), 10.0)
    assert not gate.admits("x", 10.0 + settled_after_s / 2, settled_after_s)
    return gate


def test_a_gate_opens_after_the_paint_and_the_wait() -> None:
    gate = Gate()
    assert not gate.admits("1", 100.0, 0.0)
    gate = opened()
    assert not gate.admits("1", 10.39, 0.4)
    assert gate.admits("1", 10.6, 0.4)


def test_an_outdated_drawing_opens_nothing() -> None:
    gate = Gate()
    first = gate.shut()
    second = gate.shut()
    gate.painted(first, 10.0)
    assert not gate.admits("1", 20.0, 0.4)
    gate.painted(second, 20.0)
    assert gate.admits("1", 20.5, 0.4)


def test_a_held_key_never_gets_through_but_a_released_one_does() -> None:
    gate = opened()
    times = [10.0 + step * 0.04 for step in range(50)]
    assert not any(gate.admits("enter", at, 0.4) for at in times)
    assert gate.admits("enter", times[-1] + 0.3, 0.4)
    control = Gate()  # the same key first pressed when the gate was open already
    control.painted(control.shut(), 10.0)
    assert control.admits("enter", 10.5, 0.4)


def test_digits_typed_fast_all_count() -> None:
    gate = opened()
    assert all(gate.admits("1", 11.0 + step * 0.001, 0.4) for step in range(8))


@pytest.mark.parametrize(
    ("key", "character", "plain"),
    [
        ("２", "２", ("2", "2")),
        ("enter", "\r", ("enter", None)),
        ("exclamation_mark", "!", ("!", "!")),
        ("ctrl+q", "\x11", ("ctrl+q", None)),
        ("f1", None, ("f1", None)),
        ("space", " ", (" ", " ")),
    ],
)
def test_key_names(key: str, character: str | None, plain: tuple[str, str | None]) -> None:
    assert plain_key(key, character) == plain
