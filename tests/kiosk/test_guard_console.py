"""The Windows console's input with a console that the test plays: nothing of it raises, grows or goes deaf."""

from __future__ import annotations

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from kiosk.console_keys import ConsoleReader, Records, listen


def played(*reads: Records | None) -> tuple[list[str], list[tuple[int, int]]]:
    keys: list[str] = []
    sizes: list[tuple[int, int]] = []
    waiting = list(reads)
    listen(lambda: waiting.pop(0), lambda: not waiting, keys.extend, lambda *size: sizes.append(size))
    return keys, sizes


def test_keys_and_sizes_come_through() -> None:
    keys, sizes = played(Records("1"), Records("\r", (120, 40)), Records("\x1b"), None)
    assert keys == ["1", "enter", "escape"]
    assert sizes == [(120, 40)]


def test_textuals_own_console_reading_falls_to_both() -> None:
    with pytest.raises(UnicodeDecodeError):
        "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16")  # as textual.drivers.win32 does it
    parser = XTermParser()
    deaf = [*parser.feed("\x1b[200~1\r\r"), *parser.tick(), *parser.feed("2\r")]
    assert not [event for event in deaf if isinstance(event, Key)]


def test_half_a_pair_is_nothing_and_a_whole_one_may_come_in_two_reads() -> None:
    reader = ConsoleReader()
    assert reader.feed("\ud83d") == []
    assert reader.feed("\ude00") == ["\U0001f600"]
    assert reader.feed("\udc00") == []
    assert reader.feed("\ud800") + reader.feed("2") == ["2"]
    assert reader.feed("\ud800") + reader.quiet() + reader.feed("1") == ["1"]


def test_an_unclosed_paste_is_over_when_the_console_is_quiet() -> None:
    keys, _ = played(Records("\x1b[200~1\r\r"), Records("1\r"), None, Records("2"))
    assert keys == ["2"]


def test_a_flood_is_dropped_whole() -> None:
    keys, _ = played(Records("1\r" * 500), None, Records("3"))
    assert keys == ["3"]


def test_a_modifier_alone_is_no_key() -> None:
    assert ConsoleReader().feed("\0\0") == []
