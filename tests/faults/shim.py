"""shim.c from Python: built with the system's compiler, preloaded into a process of its own, armed in its children.

cannot_preload()                 why not, "" where it can be
preloaded(library)               the environment for a process that is to have it
arm(7, Fault(Act.KILL_BEFORE))   in a child: kill it at its 7th write, sync or change of a name
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
ROOT = SOURCE.parents[2]
WRITES, SYNCS, NAMES = 1, 2, 4
EVERY = WRITES | SYNCS | NAMES


class Act(IntEnum):
    """What happens at the call; the numbers are shim.c's."""

    COUNT = 0
    KILL_BEFORE = 1
    KILL_AFTER = 2
    TORN_KILL = 3
    FAIL = 4
    SHORT = 5
    CUT_BEFORE = 6
    CUT_AFTER = 7


@dataclass(frozen=True)
class Fault:
    """One kind of fault; `forever`: at every call from the n-th on."""

    act: Act
    code: int = 0
    kinds: int = EVERY
    forever: bool = False

    @property
    def name(self) -> str:
        what = errno.errorcode[self.code] if self.act is Act.FAIL else self.act.name.lower().replace("_", " ")
        return what + (" for ever" if self.forever else "")


KILLS = (Fault(Act.KILL_BEFORE), Fault(Act.KILL_AFTER), Fault(Act.TORN_KILL, kinds=WRITES))


def compiler() -> str:
    return shutil.which("gcc") or shutil.which("cc") or ""


def cannot_preload() -> str:
    """Why no call can be failed here; "" when it can."""
    if sys.platform != "linux":
        return "not Linux: nothing is preloaded"
    return "" if compiler() else "neither gcc nor cc is installed: the shim cannot be built"


def build(folder: Path) -> Path:
    """Compile the shim into `folder`."""
    library = folder / "shim.so"
    command = [compiler(), "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


def preloaded(library: Path) -> dict[str, str]:
    """This environment with the shim in it; no byte code is written, since that would be counted."""
    path = os.pathsep.join(str(ROOT / part) for part in (".", "tests", "tests/ballots_store"))
    return os.environ | {"LD_PRELOAD": str(library), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _shim() -> ctypes.CDLL:
    library = ctypes.CDLL(None)
    if not hasattr(library, "shim_arm"):
        raise RuntimeError("started without the shim: use `python -m benchmarks faults`")
    return library


def arm(place: int, fault: Fault, cut_descriptor: int = -1) -> None:
    """From here on call number `place` (from 1) of the fault's kinds meets it."""
    shim = _shim()
    shim.shim_arm(place, int(fault.act), int(fault.forever), fault.code, fault.kinds, cut_descriptor)


def disarm() -> int:
    """Calls behave again; how many were counted."""
    shim = _shim()
    shim.shim_disarm()
    return int(shim.shim_seen())


def trace(descriptor: int) -> None:
    """Write every call down from here on; -1 ends it."""
    _shim().shim_trace(descriptor)


def mark(text: str) -> None:
    """A remark between two calls of the trace."""
    _shim().shim_mark(text.encode())


def swallow_syncs(*, on: bool) -> None:
    """The control, as eatmydata does it: syncs claim to have worked."""
    _shim().shim_swallow(int(on))
