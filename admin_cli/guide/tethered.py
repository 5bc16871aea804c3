"""Run another program in this process's place, tied to the life of the process that started it.

    python -m admin_cli.guide.tethered PARENT -m kiosk …        PARENT: the starter's process id

When the starter dies, by whatever signal, the kernel sends SIGTERM here, and the kiosk ends as it does on any SIGTERM:
terminal given back, box let go. The setting survives exec. Only Linux offers it; elsewhere the terminal that goes away
ends both.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""linux/prctl.h."""


def main(parent: int, words: list[str]) -> None:
    """Tie this process to `parent` and become `python words…`; returns only where the parent has gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before the tie was made
            return
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606  our own interpreter, no shell


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
