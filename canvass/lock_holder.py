"""Which program keeps a SQLite registry locked against readers, as Linux tells it; nothing is opened or locked here.

A writer that has only begun holds up nobody who reads (sqlite.org/lockingv3.html: RESERVED). One that is writing its
pages out does, for as long as that takes, and SQLite waits for it without a word.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_PENDING = 0x40000000
"""The byte that SQLite locks before pages change; RESERVED is the next, which readers do not mind."""
_SHARED = _PENDING + 2
_LOCKS = Path("/proc/locks")


def holder_of(database: Path) -> str:
    """The program that keeps readers of `database` waiting, by name and number; '' where none is known to."""
    try:
        found = database.stat()
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return ""  # no such file, or no Linux: SQLite waits all the same
    file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    holders = (fields[4] for fields in map(str.split, lines) if _keeps_out(fields, file))
    return next(map(_named, holders), "")


def _keeps_out(fields: list[str], file: str) -> bool:
    """Of one line: `1: POSIX ADVISORY WRITE 4670 fe:00:2277705 1073741824 1073742335`; one that waits has a ->."""
    if fields[1] != "POSIX" or fields[3] != "WRITE" or fields[5] != file:
        return False
    first, last = int(fields[6]), _SHARED if fields[7] == "EOF" else int(fields[7])
    return any(first <= byte <= last for byte in (_PENDING, _SHARED))


def _named(number: str) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return f"{Path('/proc', number, 'comm').read_text(encoding='utf-8').strip()}，进程号{number}"
    return f"进程号{number}"
