"""One import in a process of its own, so that its memory is nobody else's: `python -m benchmarks.canvass_import`.

Memory is the most that it has held itself at any moment, and what the processes that verify for it hold beside that: of
a page that several of them share (the interpreter, its libraries) each has its part (PSS).
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from canvass.importing import expand, import_files
from canvass.registry import open_registry

_SOME = 1_000
"""Files between two looks at the memory: each costs some milliseconds, which count as the import's."""
_NOW = datetime.fromisoformat("2017-04-02T09:00:00+08:00")


def _megabytes() -> float:
    """The most that this process has held so far, and what its children hold now, in MiB (Linux)."""
    own = _kibibytes(os.getpid(), "status", "VmHWM")
    return (own + sum(_kibibytes(child, "smaps_rollup", "Pss") for child in children(os.getpid()))) / 1024


def _kibibytes(process: int, name: str, field: str) -> int:
    lines = Path(f"/proc/{process}/{name}").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{field}:"))
    return int(line.split()[1])


def children(process: int) -> list[int]:
    """The processes that any thread of `process` has started."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _processor() -> float:
    """Seconds of processor that this process and its ended children have used."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main() -> None:
    """Import the folder, print what it took as one JSON line."""
    folder, database, roots = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    registry = open_registry(database)
    keys = {bytes.fromhex(key): name for key, name in roots.items()}
    fates: Counter[str] = Counter()
    early = most = 0.0
    began, used = time.perf_counter(), _processor()
    paths = expand([folder])
    for done, fate in enumerate(import_files(registry, paths, roots=keys, now=_NOW)):
        fates[fate.fate] += 1
        if done % _SOME == 0:
            most = max(most, _megabytes())
        if done <= len(paths) // 5:
            early = most
    found = {
        "seconds": time.perf_counter() - began,
        "cpu": _processor() - used,
        "early_mib": early,
        "most_mib": most,
        "fates": dict(fates),
    }
    registry.dispose()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
