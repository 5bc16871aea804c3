"""The terminal of this process as `desk.Lines`: set right again when a program before us left it raw or silent."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import click

from admin_cli.echo import Modes, change_modes, set_echo, shown

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
        return self._asked(prompt, unseen=False)

    def read_hidden(self, prompt: str) -> str:
        """What is typed, not shown."""
        return self._asked(prompt, unseen=True)

    def wipe(self) -> None:
        """Clear the screen and what can be scrolled back to."""
        click.echo(_WIPE, nl=False)

    def _asked(self, prompt: str, *, unseen: bool) -> str:
        while True:
            try:
                with contextlib.nullcontext() if unseen else shown():
                    typed = click.prompt(prompt, prompt_suffix="", hide_input=unseen, default="", show_default=False)
                str(typed).encode()
            except UnicodeError:  # bytes of a foreign encoding: no name and no code
                click.echo("输入中有无法识别的字节，请重新输入。")
            else:
                return str(typed)


@contextlib.contextmanager
def led() -> Iterator[None]:
    """For a block: nothing that is typed is shown except at a visible prompt, nor while the kiosk is starting."""
    set_right()
    try:
        yield
    finally:
        change_modes(lambda modes: set_echo(modes, on=True))


def set_right(*, after_crash: bool = False) -> None:
    """Line editing on, no echo, nothing typed ahead, whatever was left; `after_crash`: off the full screen."""
    if after_crash:
        click.echo(_LEAVE_FULL_SCREEN, nl=False)
    change_modes(_sane, flush=True)


if sys.platform == "win32":

    def _sane(modes: Modes) -> None:
        """Never called."""

else:

    def _sane(modes: Modes) -> None:
        modes[0] |= termios.ICRNL | termios.IXON
        modes[1] |= termios.OPOST | termios.ONLCR
        modes[3] |= termios.ECHOE | termios.ECHOK | termios.ICANON | termios.ISIG | termios.IEXTEN
        set_echo(modes, on=False)
