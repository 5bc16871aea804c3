"""What the process takes from outside before a screen exists: environment variables and core dumps.

Imports nothing of textual, because textual reads `TEXTUAL*` while it is being imported.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from collections.abc import Mapping, MutableMapping

_PREFIXES = ("TEXTUAL", "JUPYTER", "PYNPUT")  # PYNPUT_BACKEND=dummy: a guard that guards nothing
_NAMES = frozenset(
    {
        "COLUMNS",  # rich and shutil believe these before they ask the terminal: a layout drawn off the screen
        "LINES",
        "NO_COLOR",  # rich: a tint of every screen, and so of the photographs in a complaint
        "FORCE_COLOR",
        "TTY_COMPATIBLE",
        "TTY_INTERACTIVE",
        "ESCDELAY",  # textual: how long a lone Esc waits; a minute of it would disable the way out of a ballot
        "UNICODE_VERSION",  # rich: another table of character widths
        "PYTHONASYNCIODEBUG",  # asyncio prints slow callbacks with their arguments
        "PYTHONBREAKPOINT",
        "PYTHONINSPECT",  # a Python prompt after the kiosk has ended
    },
)
_COLOURS = "TEXTUAL_COLOR_SYSTEM"
_OF_256 = frozenset({"256color", "kitty", "direct"})
"""How the names of terminals end that have 256 colours."""
_MULTIPLEXERS = ("screen", "tmux")
_OF_24_BITS = frozenset({"truecolor", "24bit"})
"""What terminals say in COLORTERM that have all; they have the 256 too."""
_PR_SET_DUMPABLE = 4
"""linux/prctl.h."""
_M_PERTURB = -6
"""glibc's malloc.h."""
_FREED = 0xA5


def scrub(environment: MutableMapping[str, str]) -> None:
    """Delete every variable by which a shell could change the kiosk's screens or listen to its keys.

    Stock Textual logs each key for TEXTUAL_DEBUG and presses keys by itself for TEXTUAL_PRESS (KIOSK.md, table).
    How many colours the terminal is sent is settled here too, since textual reads that while it is being imported.

    Args:
        environment: usually `os.environ`; changed in place. Call it before textual is imported.
    """
    for name in list(environment):
        if name in _NAMES or name.startswith(_PREFIXES):
            del environment[name]
    environment["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    environment[_COLOURS] = _colours(environment)


def _colours(environment: Mapping[str, str]) -> str:
    """`256` or `standard`, which is 16: never 24 bits, although textual would take them for COLORTERM or TERM=dumb.

    COLORTERM speaks of the terminal around a multiplexer. GNU screen 4 reads the parts of a 24-bit colour as attributes
    and colours of their own: of ours it made magenta on white, of giant digits crumbs.
    """
    kind = environment.get("TERM", "").lower()
    many = kind.rpartition("-")[2] in _OF_256
    if not kind.startswith(_MULTIPLEXERS):
        many = many or environment.get("COLORTERM", "").lower() in _OF_24_BITS
    return "256" if many or sys.platform == "win32" else "standard"


def forbid_core_dumps() -> None:
    """Let no crash write this process's memory to a disk, and no other process of this user read it.

    RLIMIT_CORE is 0 wherever limits exist; on Linux PR_SET_DUMPABLE 0 also closes ptrace and core-pattern pipes
    (SECRECY.md, "Beside the box"). What a system refuses is left as it is: neither call is needed to vote.
    """
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - there is no such module on Windows

        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def overwrite_freed_memory() -> None:
    """Let the C library overwrite every larger block of memory that is freed: drawn screens, texts, buffers.

    glibc alone has this (M_PERTURB); elsewhere freed memory keeps what it held until it is used again. Python's own
    small objects (up to 512 bytes) do not pass through it: nothing secret is drawn in pieces of several characters.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_PERTURB, _FREED)


def put_off_collecting() -> None:
    """Let Python's collector wait: it takes a third of the time from the start to the first screen."""
    gc.disable()


def collect_once_for_all() -> None:
    """Collect now, and take what the start left out of every later round, which shorten from some 20 ms to 1.

    A full round in the middle of a voter's key would be the longest wait of the evening. Garbage goes first: what is
    set aside is never freed.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
