"""How this machine is asked: commands, the X server, the terminal, the process's own limits."""

from __future__ import annotations

import ctypes
import locale
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_PATIENCE_S = 1.0
"""A desktop service that does not answer within this is as good as not there."""
_SOCKETS = Path("/tmp/.X11-unix")  # noqa: S108  where X servers listen
_CONNECTED = 0
"""RandR's RR_Connected."""
_PR_GET_DUMPABLE = 3
"""linux/prctl.h."""


def command(words: Sequence[str]) -> str | None:
    """The stdout of a command; None where it is not installed, fails or does not come back."""
    found = shutil.which(words[0])
    if found is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603  fixed words of this package, no shell
            [found, *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


class XOutputs:
    """Outputs of the X server on this machine that are connected or drawn on.

    The connection is kept: making one takes tens of milliseconds, asking an open one less than one, and it is asked
    before every unlock.
    """

    def __init__(self) -> None:
        """Connect at the first question."""
        self._connection: Any = None
        self._name = ""

    def __call__(self, environment: Mapping[str, str]) -> int | None:
        """How many there are; None without an X server on this machine, or where it does not tell."""
        name = environment.get("DISPLAY", "")
        socket = _SOCKETS / f"X{name.rpartition(':')[2].partition('.')[0]}"
        if not name.startswith((":", "unix:")) or not socket.exists():  # python-xlib would go on to try TCP
            return None
        try:
            from Xlib import error  # noqa: PLC0415  needed under X alone
        except ImportError:
            return None
        try:
            return self._count(name)
        except (error.DisplayError, error.XError, error.ConnectionClosedError, AttributeError, OSError):
            self.close()  # AttributeError: a server without RandR; the others: it went away
            return None

    def close(self) -> None:
        """Let the connection go; the next question makes another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # python-xlib's own errors, of a server that may be gone
                connection.close()
            connection.display.socket.close()  # which it leaves open where the server went away

    def __del__(self) -> None:
        """No descriptor outlives the last look."""
        self.close()

    def _count(self, name: str) -> int:
        if self._connection is None or self._name != name:
            self.close()
            from Xlib import display  # noqa: PLC0415  as above

            self._connection, self._name = display.Display(name), name
        resources = self._connection.screen().root.xrandr_get_screen_resources_current()
        infos = [self._connection.xrandr_get_output_info(output, 0) for output in resources.outputs]
        # drawn on counts too: some drivers notice a plug only when they probe, which takes longer than an unlock may
        return len([info for info in infos if info.crtc or info.connection == _CONNECTED])


def terminal_size() -> tuple[int, int] | None:
    """Columns and rows of the terminal, also where stdout is a pipe (the guide reads JSON); None without one."""
    for descriptor in (1, 0, 2):
        with suppress(OSError):
            return _size(descriptor)
    with suppress(OSError), Path("/dev/tty").open("rb", buffering=0) as terminal:
        return _size(terminal.fileno())
    return None


def _size(descriptor: int) -> tuple[int, int]:
    found = os.get_terminal_size(descriptor)
    return found.columns, found.lines


def encoding() -> str:
    """How this process writes characters."""
    return locale.getpreferredencoding(do_setlocale=False)


def core_dumps_off() -> bool | None:
    """Whether no crash of this process can reach a disk (`kiosk.environment` sees to it); None where it can't tell."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415  there is no such module on Windows

    limited = resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    if sys.platform != "linux":
        return limited
    try:
        return limited and ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
    except (OSError, AttributeError):
        return limited
