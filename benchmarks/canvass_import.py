"""One import in a process of its own, so that its memory is nobody else's: `python -m benchmarks.canvass_import`."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from canvass.importing import expand, import_files
from canvass.registry import open_registry

_NOW = datetime.fromisoformat("2017-04-02T09:00:00+08:00")


def _megabytes() -> float:
    """The most that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Import the folder, print what it took as one JSON line."""
    folder, database, roots = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    registry = open_registry(database)
    keys = {bytes.fromhex(key): name for key, name in roots.items()}
    paths = expand([folder])
    fates: Counter[str] = Counter()
    early, began, used = 0.0, time.perf_counter(), time.process_time()
    for done, fate in enumerate(import_files(registry, paths, roots=keys, now=_NOW)):
        fates[fate.fate] += 1
        if done == len(paths) // 5:
            early = _megabytes()
    found = {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - used,
        "early_mib": early,
        "most_mib": _megabytes(),
        "fates": dict(fates),
    }
    registry.dispose()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
