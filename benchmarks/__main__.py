"""`python -m benchmarks [NAME…] [--json F] [--list]`: every row with its floor, measured in the same run, as a ratio.

`faults`, `secrecy`, `storm`, `hall` and `canvass` take long and run only when named. Exit 0, or 1 when an aim is missed
or an attack succeeded.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measurement

TOPICS = ("screens", "cast", "unlock", "closing", "summary_sheet", "kit")
CAMPAIGNS = ("faults", "secrecy", "storm", "hall", "canvass")
Facts = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the topics that were named, or every quick one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="see --list; the quick ones by default")
    parser.add_argument("--json", type=Path, metavar="F", help="write everything that was found")
    parser.add_argument("--list", action="store_true", help="print the names and what they measure")
    parser.add_argument("--quick", action="store_true", help="a sample of the faults, the storm or the registry alone")
    parser.add_argument("--full", action="store_true", help="the registry with 4.3 million results too")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - {*TOPICS, *CAMPAIGNS}:
        parser.error(f"no such topic: {', '.join(sorted(unknown))}; see --list")
    if chosen.list:
        for name in (*TOPICS, *CAMPAIGNS):
            say(f"{name:13} {_title(name)}")
        return 0
    found: dict[str, list[Facts]] = {}
    good = True
    for name in chosen.names or TOPICS:
        found[name], holds = _run(name, quick=chosen.quick, full=chosen.full)
        good = good and holds
        if chosen.json:  # after each topic: a long run that is stopped leaves what it had
            chosen.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0 if good else 1


def _title(name: str) -> str:
    module = importlib.import_module(f"benchmarks.{name}")
    return str(getattr(module, "TITLE", (module.__doc__ or "").split("\n", 1)[0]))


def _run(name: str, *, quick: bool, full: bool) -> tuple[list[Facts], bool]:
    say(f"== {_title(name)}")
    if name == "faults":
        return _faults(quick=quick)
    module = importlib.import_module(f"benchmarks.{name}")
    if name == "storm":
        return _storm(module, quick=quick)
    if name == "secrecy":
        return _secrecy(module)
    rows: list[Measurement] = module.run(quick=quick, full=full) if name == "canvass" else module.run()
    for row in rows:
        say(line(row))
    return [row.facts() for row in rows], all(row.met is not False for row in rows)


def _faults(*, quick: bool) -> tuple[list[Facts], bool]:
    from benchmarks.faults import campaign, holds, table_line  # noqa: PLC0415  needs the tests' folders

    rows = []
    for facts in campaign(quick=quick):
        rows.append(facts)
        say(table_line(facts))
    return rows, all(holds(facts) for facts in rows)


def _storm(module: Any, *, quick: bool) -> tuple[list[Facts], bool]:  # noqa: ANN401  as below
    rows: list[Facts] = []
    for facts in module.campaign(quick=quick):
        rows.append(facts)
        say(module.table_line(facts))
    return rows, all(facts["holds"] for facts in rows)


def _secrecy(module: Any) -> tuple[list[Facts], bool]:  # noqa: ANN401  a module, whichever was imported
    rows = module.run()
    for row in rows:
        say("  ".join(row.cells))
    return [dict(zip(module.HEAD, row.cells, strict=True)) for row in rows], all(row.holds for row in rows)


def line(row: Measurement) -> str:
    """One measurement for a person."""
    aim = (
        "" if row.aim is None else f" (aim {'≥' if row.at_least else '≤'} {row.aim}: {'met' if row.met else 'MISSED'})"
    )
    note = f"; {row.note}" if row.note else ""
    figures = f"{row.value:.2f} against {row.floor_value:.2f} {row.unit}"
    return f"{row.what}: {row.ratio:.2f}× {row.floor}{aim}; {figures}{note}"


def say(text: str) -> None:
    """One line on stdout, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
