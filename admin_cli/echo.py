"""Whether the terminal shows what is typed.

A hidden prompt hides only while it stands: a code typed a moment early, or while the last one is being worked on,
would be read on the screen. So nothing is shown from a command's first hidden prompt to its end, except at a visible
prompt.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

if sys.platform != "win32":
    import termios

Modes = list[Any]
"""What termios gives and takes."""


def hide_to_the_end() -> None:
    """Show nothing more while the current command runs, except where something is `shown`."""
    click.get_current_context().find_root().with_resource(_echo(on=False))


@contextlib.contextmanager
def shown() -> Iterator[None]:
    """Show what is typed during a block; what was typed before it, unseen, is dropped: nobody could put it right."""
    with _echo(on=True):
        yield


@contextlib.contextmanager
def _echo(*, on: bool) -> Iterator[None]:
    before = change_modes(lambda modes: set_echo(modes, on=on), flush=on and not _is_shown())
    try:
        yield
    finally:
        change_modes(lambda modes: set_echo(modes, on=_has_echo(before)))


if sys.platform == "win32":

    def change_modes(change: Callable[[Modes], None], *, flush: bool = False) -> Modes:
        """Do nothing: a Windows console echoes only while a line is read."""
        del change, flush
        return []

    def _has_echo(modes: Modes) -> bool:
        """Nothing was changed."""
        return not modes

    def _is_shown() -> bool:
        """While a line is read."""
        return True

    def set_echo(modes: Modes, *, on: bool) -> None:
        """Never called."""

else:

    def change_modes(change: Callable[[Modes], None], *, flush: bool = False) -> Modes:
        """Change the terminal's modes; returns those before. `flush`: what was typed ahead is dropped."""
        if _in_background():  # sent there by Ctrl+Z and bg: it would be stopped for touching the terminal
            return []
        try:
            before = termios.tcgetattr(0)
            modes = [*before]
            change(modes)
            termios.tcsetattr(0, termios.TCSAFLUSH if flush else termios.TCSADRAIN, modes)
        except termios.error:  # the terminal has gone: the next prompt says so
            return []
        return before

    def _in_background() -> bool:
        try:
            return os.tcgetpgrp(0) != os.getpgrp()
        except OSError:  # not our controlling terminal: there is no job control to be in the background of
            return False

    def _is_shown() -> bool:
        return _has_echo(change_modes(lambda _modes: None))

    def _has_echo(modes: Modes) -> bool:
        return not modes or bool(modes[3] & termios.ECHO)

    def set_echo(modes: Modes, *, on: bool) -> None:
        """What is typed is shown, or not, with `modes`."""
        modes[3] = modes[3] | termios.ECHO if on else modes[3] & ~termios.ECHO
