"""The whole campaign, or one part of it, as JSON on stdout; runs in a process that the shim was preloaded into.

python -m faults.campaign [--quick] [NAME…]
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence

from derivations import remember_derivations
from faults import clocks, crash_states, flips, full_disks, io_errors, kills, power_cuts, slip_scenes, two_processes
from faults.tallying import Row

TOPICS: dict[str, Callable[..., list[Row]]] = {
    "kills": kills.run,
    "io": io_errors.run,
    "full": full_disks.run,
    "cuts": power_cuts.run,
    "states": crash_states.run,
    "flips": flips.run,
    "slips": slip_scenes.run,
    "processes": two_processes.run,
    "clocks": clocks.run,
}


def main(arguments: Sequence[str]) -> int:
    quick = "--quick" in arguments
    names = [name for name in arguments if name != "--quick"] or list(TOPICS)
    remember_derivations()
    warnings.filterwarnings("ignore", "[^，]*，但未能记入测评日志")  # many a fault hits the log, which changes no end
    for name in names:
        began = time.monotonic()
        rows = TOPICS[name](quick=quick)
        seconds = time.monotonic() - began
        for row in rows:
            facts = {"topic": name, **row.facts(), "topic_seconds": round(seconds, 1)}
            sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
