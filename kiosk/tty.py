"""The terminal before and after the app: may it be used, how it was, and how to give it back."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

if sys.platform != "win32":
    import termios

ENTER = (
    "\x1b[?1049h\x1b[H\x1b[J"
    # a program that died here before may have left these on: mouse, focus, sized reports
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l\x1b[?2048l"
    "\x1b[?2004h"  # pastes come in brackets, so that they can be told from typing
    "\x1b[?25l\x1b[?7l"
)
"""Control sequences that make a terminal the kiosk's."""
LEAVE = (
    "\x1b[?2004l\x1b[?7h\x1b[0m"
    "\x1b[H\x1b[J"  # the last screen would stay readable in the alternate buffer
    "\x1b[?1049l\x1b[?25h"
)
"""Control sequences that give it back; to be sent once, since it wipes the screen."""


def refusal() -> str | None:
    """Return the reason, in one line, why this terminal cannot be used, or None.

    Stock Textual on a pipe takes 99% of a processor and never ends (KIOSK.md, table).
    """
    if not (_is_terminal(sys.__stdin__) and _is_terminal(sys.__stdout__)):
        return "须在终端中启动：标准输入和标准输出都不能改接到文件或管道。"
    return "须在前台启动，不能在后台运行。" if _in_background() else None


def _is_terminal(stream: object) -> bool:
    try:
        return os.isatty(stream.fileno())  # type: ignore[attr-defined] # a stream, or None under pythonw
    except (AttributeError, OSError, ValueError):
        return False


def say(line: str) -> None:
    """Print one line on stderr; nothing where there is no stderr any more."""
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - a command's last line


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte.

    Raises:
        OSError: the terminal is gone.
    """
    while data:
        data = data[os.write(descriptor, data) :]


if sys.platform == "win32":

    def _in_background() -> bool:
        return False

    @contextlib.contextmanager
    def echoing() -> Iterator[None]:
        """Do nothing: a Windows console echoes while a line is read."""
        yield

    @contextlib.contextmanager
    def unseen() -> Iterator[None]:
        """Do nothing: see `echoing`."""
        yield

    @contextlib.contextmanager
    def given_back() -> Iterator[Callable[[], None]]:
        """Do nothing: Textual's Windows driver restores the console's modes itself."""
        yield lambda: None

    def leave_at_once() -> None:
        """Do nothing: a Windows console does not stop reading."""

else:
    _found: list[list[Any]] = []
    """The terminal's modes before each block that is open now; the first are what the process found."""

    def _in_background() -> bool:
        try:
            return os.tcgetpgrp(0) != os.getpgrp()
        except OSError:  # not our controlling terminal: there is no job control to be in the background of
            return False

    @contextlib.contextmanager
    def echoing() -> Iterator[None]:
        """Show what is typed during a block: around it nothing is, for the codes' sake.

        What was typed before it, unseen, is dropped: nobody could have put it right.
        """
        with _echo(on=True, when=termios.TCSAFLUSH):
            yield

    @contextlib.contextmanager
    def unseen() -> Iterator[None]:
        """Show nothing of what is typed during a block.

        A hidden prompt hides only while it stands: a code typed a moment early would be read on the screen.
        """
        with _echo(on=False):
            yield

    @contextlib.contextmanager
    def _echo(*, on: bool, when: int = termios.TCSANOW) -> Iterator[None]:
        modes = termios.tcgetattr(0)
        changed = [*modes]
        changed[3] = modes[3] | termios.ECHO if on else modes[3] & ~termios.ECHO
        termios.tcsetattr(0, when, changed)  # not DRAIN: a terminal that has stopped reading never drains
        _found.append(modes)
        try:
            yield
        finally:
            _found.pop()
            with contextlib.suppress(termios.error):  # the terminal has gone: what ended the block tells more
                termios.tcsetattr(0, termios.TCSANOW, modes)

    @contextlib.contextmanager
    def given_back() -> Iterator[Callable[[], None]]:
        """Restore, on the way out, the terminal's modes as they were found; yields what restores them.

        Until the app has set its own, a 开启口令 typed too early is not shown.
        """
        modes = _found[0] if _found else termios.tcgetattr(0)

        def restore() -> None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, modes)

        os.set_blocking(1, True)  # a program before us may have left it non-blocking
        with contextlib.suppress(termios.error):
            termios.tcflow(1, termios.TCOON)  # output stopped by an earlier Ctrl+S
        try:
            with unseen():
                yield restore
        finally:
            restore()

    def leave_at_once() -> None:
        """Send `LEAVE` without waiting for a terminal that has stopped reading."""
        with contextlib.suppress(OSError):
            os.set_blocking(1, False)
            os.write(1, LEAVE.encode())
        with contextlib.suppress(OSError):
            os.set_blocking(1, True)
