"""What the terminal draws, asked of it once on the plain terminal: how wide ▀ is, and whether Chinese arrives at all.

A terminal set up for Chinese often draws characters of ambiguous width (▀ ▄ “ ” …) two cells wide, and a terminal whose
encoding is not UTF-8 draws three strange characters for one. Neither is to be found in any variable: only the cursor
knows (DSR 6, ECMA-48 8.3.35). A terminal that does not answer is taken for an ordinary one.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk import tty

if sys.platform != "win32":
    import termios

CJK_REFUSAL = (
    "这个终端不能正确显示汉字（编码不是UTF-8，或者是没有汉字的系统控制台）：请改用UTF-8编码的图形终端后再启动。"
)
"""Said instead of starting where `TerminalFacts.cjk_ok` is False."""

_QUESTION = b"\r\xe6\xbb\xa1\x1b[6n\r\xe2\x96\x80\x1b[6n\r\x1b[K"
"""满 from the left edge, where is the cursor; ▀ from the left edge, where is it; wipe the line."""
_ANSWER = re.compile(rb"\x1b\[\d{1,4};(\d{1,4})R")
_ANSWERS = 2
_AFTER_CJK = 3
"""The cursor's column behind one Chinese character of two cells."""
_AFTER_NARROW = 2
_LONGEST = 256
"""Bytes read at most while waiting."""
_MUTE = frozenset({"", "dumb", "unknown"})
_CONSOLE = "linux"
"""The kernel's own console has room for 512 characters and none of them is Chinese."""


@dataclass(frozen=True)
class TerminalFacts:
    """How the terminal draws."""

    ambiguous_wide: bool = False
    """Characters of ambiguous width take two cells: half-blocks cannot be used."""
    cjk_ok: bool = True
    """A Chinese character takes two cells; False also on the kernel's console."""
    answered: bool = False
    """The terminal was asked and has answered; otherwise the other two are what is usual."""


def probe(*, source: int = 0, sink: int = 1, term: str | None = None, timeout_s: float = 0.3) -> TerminalFacts:
    """Ask the terminal; call it on the plain terminal, at the start of a line, before anything is prompted for.

    Nothing typed is lost: where something has been typed already the terminal is not asked, since its answer would
    come behind that. Nothing is left behind either: the line is wiped and an answer is never shown.

    Args:
        source: descriptor the terminal's answer comes from.
        sink: descriptor of the same terminal to write to.
        term: its kind; `TERM` of the environment unless given.
        timeout_s: seconds to wait for the whole answer.
    """
    kind = os.environ.get("TERM", "") if term is None else term
    if kind == _CONSOLE:
        return TerminalFacts(cjk_ok=False)
    if sys.platform == "win32" or kind in _MUTE or not (os.isatty(source) and os.isatty(sink)):
        return TerminalFacts()
    with _unechoed(source) as ready:
        return _facts(_asked(source, sink, timeout_s)) if ready else TerminalFacts()


def _facts(answer: bytes) -> TerminalFacts:
    columns = [int(found) for found in _ANSWER.findall(answer)]
    if len(columns) != _ANSWERS:
        return TerminalFacts()
    cjk, block = columns
    return TerminalFacts(ambiguous_wide=block > _AFTER_NARROW, cjk_ok=cjk == _AFTER_CJK, answered=True)


def _asked(source: int, sink: int, timeout_s: float) -> bytes:
    """Write the question; what came back until both answers were in, the time was up or the terminal was gone."""
    answer, deadline = b"", time.monotonic() + timeout_s
    with contextlib.suppress(OSError):
        tty.write_all(sink, _QUESTION)
        while len(_ANSWER.findall(answer)) < _ANSWERS and len(answer) < _LONGEST:
            if not _waiting(source, max(0.0, deadline - time.monotonic())):
                break
            if not (read := os.read(source, 64)):
                break
            answer += read
    return answer


def _waiting(source: int, timeout_s: float) -> bool:
    return bool(select.select([source], [], [], timeout_s)[0])


if sys.platform == "win32":

    @contextlib.contextmanager
    def _unechoed(source: int) -> Iterator[bool]:
        """Never ready: a Windows console is not asked."""
        del source
        yield False

else:

    @contextlib.contextmanager
    def _unechoed(source: int) -> Iterator[bool]:
        """Let bytes through unseen, Ctrl+C still at work; False where some wait already or nothing can be set."""
        try:
            before = termios.tcgetattr(source)
            modes = termios.tcgetattr(source)
            modes[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON)
            modes[6][termios.VMIN], modes[6][termios.VTIME] = 0, 0
            termios.tcsetattr(source, termios.TCSANOW, modes)
        except termios.error:
            yield False
            return
        try:
            yield not _waiting(source, 0.0)
        finally:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(source, termios.TCSANOW, before)
