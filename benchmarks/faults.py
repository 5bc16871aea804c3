"""The fault campaign (tests/faults) in full: what, how many, lost, doubled, wrongly accepted, controls caught."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faults.shim import build, cannot_preload, preloaded

import benchmarks

TITLE = "faults: kills, power cuts, I/O errors, full disks, crash states, bit flips; each beside its control"
PARTS = ("kills", "cuts", "states", "io", "full", "flips", "slips", "processes", "clocks")
Facts = dict[str, Any]


def campaign(parts: tuple[str, ...] = PARTS, *, quick: bool = False) -> Iterator[Facts]:
    """The rows of the campaign as they come; one with `skipped` where this machine can't be made to fail.

    Raises:
        subprocess.CalledProcessError: the campaign itself broke.
    """
    reason = cannot_preload()
    if reason:
        yield {"topic": "all", "what": "every fault", "tried": 0, "skipped": reason}
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = preloaded(build(Path(folder)))
        command = [sys.executable, "-m", "faults.campaign", *parts, *(["--quick"] if quick else [])]
        # The command is this interpreter on a module of this repository.
        with subprocess.Popen(command, cwd=benchmarks.ROOT, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603  see above
            for line in process.stdout or ():
                yield json.loads(line)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


COLUMNS = ("what", "tried", "lost", "doubled", "wrongly_accepted", "tracebacks")


def table_line(facts: Facts) -> str:
    """One row for a person."""
    if facts["skipped"]:
        return f"{facts['what']}: skipped, {facts['skipped']}"
    counts = " ".join(f"{name.replace('_', ' ')} {facts[name]}" for name in COLUMNS[1:])
    control = f"control ({facts['control']}): caught {facts['control_caught']} of {facts['control_tried']}"
    return f"{facts['what']}: {counts}; {control}; {facts['topic_seconds']} s{facts['note']}"


def holds(facts: Facts) -> bool:
    """Nothing lost, doubled or wrongly taken, and the control caught."""
    if facts["skipped"]:
        return True
    return not any(facts[name] for name in COLUMNS[2:]) and facts["control_caught"] > 0
