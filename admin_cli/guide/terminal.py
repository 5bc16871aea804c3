"""The terminal of this process as `desk.Lines`: set right again when a program before us left it raw or silent."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

if sys.platform != "win32":
    import readline
    import termios

    readline.set_auto_history(False)  # imported for its editing: the kernel's own takes half a wide character back

_WIPE = "\x1b[H\x1b[2J\x1b[3J"
_LEAVE_FULL_SCREEN = "\x1b[?2004l\x1b[?7h\x1b[0m\x1b[?1049l\x1b[?25h"
"""Pastes unbracketed, lines wrapped, plain colours, the first screen, the cursor: what a killed kiosk leaves set."""


class TerminalLines:
    """Standard input and output."""

    def write(self, line: str) -> None:
        """One line."""
        click.echo(line)

    def read(self, prompt: str) -> str:
        """What is typed, with the line editing that the system offers."""
        return self._asked(prompt, hidden=False)

    def read_hidden(self, prompt: str) -> str:
        """What is typed, not shown."""
        return self._asked(prompt, hidden=True)

    def wipe(self) -> None:
        """Clear the screen and what can be scrolled back to."""
        click.echo(_WIPE, nl=False)

    def _asked(self, prompt: str, *, hidden: bool) -> str:
        while True:
            try:
                with _shown(hidden=hidden):
                    typed = click.prompt(prompt, prompt_suffix="", hide_input=hidden, default="", show_default=False)
                str(typed).encode()
            except UnicodeError:  # bytes of a foreign encoding: no name and no code
                click.echo("输入中有无法识别的字节，请重新输入。")
            else:
                return str(typed)


@contextlib.contextmanager
def led() -> Iterator[None]:
    """For a block: nothing that is typed is shown except at a visible prompt.

    A code typed before its prompt stands, or while the kiosk is starting, would otherwise be read on the screen.
    """
    set_right()
    _echo(on=False)
    try:
        yield
    finally:
        _echo(on=True)


def set_right(*, after_crash: bool = False) -> None:
    """Line editing on, nothing typed ahead, whatever a program before us left; `after_crash`: off the full screen."""
    if after_crash:
        click.echo(_LEAVE_FULL_SCREEN, nl=False)
    _change_modes(_sane, flush=True)


@contextlib.contextmanager
def _shown(*, hidden: bool) -> Iterator[None]:
    """Echo for a visible prompt."""
    if not hidden:
        _echo(on=True)
    try:
        yield
    finally:
        _echo(on=False)


def _echo(*, on: bool) -> None:
    _change_modes(lambda modes: _with_echo(modes, on=on))


if sys.platform == "win32":

    def _change_modes(change: Callable[[list[Any]], None], *, flush: bool = False) -> None:
        """Do nothing: a Windows console echoes only while a line is read."""

    def _sane(modes: list[Any]) -> None:
        """Never called."""

    def _with_echo(modes: list[Any], *, on: bool) -> None:
        """Never called."""

else:

    def _change_modes(change: Callable[[list[Any]], None], *, flush: bool = False) -> None:
        with contextlib.suppress(termios.error):  # the terminal has gone: the next prompt says so
            modes = termios.tcgetattr(0)
            change(modes)
            termios.tcsetattr(0, termios.TCSAFLUSH if flush else termios.TCSADRAIN, modes)

    def _sane(modes: list[Any]) -> None:
        modes[0] |= termios.ICRNL | termios.IXON
        modes[1] |= termios.OPOST | termios.ONLCR
        modes[3] |= termios.ECHOE | termios.ECHOK | termios.ICANON | termios.ISIG | termios.IEXTEN

    def _with_echo(modes: list[Any], *, on: bool) -> None:
        modes[3] = modes[3] | termios.ECHO if on else modes[3] & ~termios.ECHO
