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

_PATIENCE_S = 2.0
"""A desktop service that does not answer within this is as good as not there."""
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


def x_outputs(environment: Mapping[str, str]) -> int | None:
    """Connected outputs of the X server on this machine; None without one, or where it does not tell."""
    name = environment.get("DISPLAY", "")
    if not name.startswith((":", "unix:")):
        return None
    try:
        from Xlib import display, error  # noqa: PLC0415  needed under X alone
    except ImportError:
        return None
    try:
        connection = display.Display(name)
    except (error.DisplayError, error.XError, OSError):
        return None
    try:
        resources = connection.screen().root.xrandr_get_screen_resources_current()
        infos = [connection.xrandr_get_output_info(output, 0) for output in resources.outputs]
        return len([info for info in infos if info.connection == _CONNECTED])
    except (error.XError, error.ConnectionClosedError, AttributeError, OSError):  # AttributeError: no RandR
        return None
    finally:
        with suppress(error.ConnectionClosedError, OSError):
            connection.close()


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
