"""What a Windows console delivers → names of keys, with the protections of `kiosk.keystrokes`. Pure.

A console gives UTF-16 units one by one; Textual's own reader raises on half a pair, stays inside an unclosed paste for
ever and knows no bound.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk.keystrokes import KeyReader


@dataclass(frozen=True)
class Records:
    """What one read of the console gave: the units of the pressed keys, and the new size (columns, rows) if any."""

    units: str = ""
    size: tuple[int, int] | None = None


class ConsoleReader:
    """Turns a console's units into key names; one reader for one console."""

    def __init__(self) -> None:
        """Start with nothing pending."""
        self._reader = KeyReader()
        self._decode = codecs.getincrementaldecoder("utf-16-le")("ignore").decode

    def feed(self, units: str) -> list[str]:
        """The keys in one read; half a pair without its other half is nothing, a NUL is a modifier pressed alone."""
        text = self._decode(units.replace("\0", "").encode("utf-16-le", "surrogatepass"))
        return self._reader.feed(text.encode()) if text else []

    def quiet(self) -> list[str]:
        """Tell the reader that nothing came for 0.1 s."""
        self._decode(b"", final=True)
        return self._reader.quiet()


def listen(
    read: Callable[[], Records | None],
    ended: Callable[[], bool],
    offer: Callable[[Sequence[str]], None],
    resized: Callable[[int, int], None],
) -> None:
    """Read until `ended`.

    Args:
        read: waits at most 0.1 s; None when nothing came.
        ended: whether to stop.
        offer: takes the keys.
        resized: takes the new columns and rows.
    """
    reader = ConsoleReader()
    while not ended():
        records = read()
        if records is None:
            offer(reader.quiet())
            continue
        offer(reader.feed(records.units))
        if records.size is not None:
            resized(*records.size)
