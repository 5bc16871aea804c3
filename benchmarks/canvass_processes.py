"""Several processes import one folder at once, one is killed: the rows are those of a single run, on either back end.

Rows are compared by what they say, not by their ids (`Desk.facts`): the files byte for byte, the roll-ups, the number
of rows in every table. The control counts what differs where the killed process is left alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from canvass_desk import POSTGRESQL, Desk, go, kill, new_desk, output, postgresql_address

from benchmarks.generating import Generator
from benchmarks.measuring import Measurement

FILES, QUICK = 2_000, 200
_BATCH = 50
Facts = Counter[Any]
"""Every file that is kept, every row of the roll-ups, how many rows each table has."""


def run(folder: Path, *, quick: bool = False) -> list[Measurement]:
    """Two processes, one killed; four that all end; on SQLite, and where a server is named on PostgreSQL."""
    count = QUICK if quick else FILES
    generator = Generator()
    files = {f"{number:05}.result": generator.result(number) for number in range(count)}
    single = _facts(folder / "single", "", files, Desk.take_in)
    rows = _rows(folder / "sqlite", "SQLite", "", files, single)
    if POSTGRESQL not in os.environ:
        return rows
    return rows + _rows(folder / "postgresql", "PostgreSQL", os.environ[POSTGRESQL], files, single)


def _rows(folder: Path, where: str, server: str, files: dict[str, bytes], single: Facts) -> list[Measurement]:
    def differing(name: str, work: Callable[[Desk], object]) -> int:
        found = _facts(folder / name, server, files, work)
        return ((single - found) + (found - single)).total()

    control = differing("alone", lambda desk: _killed(desk, len(files)))
    floor, note = "what differs where the killed one is left alone", f"{len(files)} files"
    return [
        Measurement(f"{where}: {what}, rows unlike a single run's", floor, found, control, "rows", 0, note=note)
        for what, found in (
            ("two importing processes, one killed", differing("two", lambda desk: _one_killed(desk, len(files)))),
            ("four importing processes", differing("four", lambda desk: _four(desk, len(files)))),
        )
    ]


def _killed(desk: Desk, count: int) -> None:
    """An import that is killed after half of its files."""
    victim = desk.importer(_BATCH)
    go(victim, count // 2)
    for _ in range(count // 2):
        output(victim).readline()
    kill(victim)


def _one_killed(desk: Desk, count: int) -> None:
    victim, survivor = desk.importer(_BATCH), desk.importer(_BATCH)
    go(victim, count // 2)
    go(survivor, count)
    for _ in range(count // 4):
        output(victim).readline()
    kill(victim)
    survivor.communicate()


def _four(desk: Desk, count: int) -> None:
    importers = [desk.importer(_BATCH) for _ in range(4)]
    for importer in importers:
        go(importer, count)
    for importer in importers:
        importer.communicate()


def _facts(folder: Path, server: str, files: dict[str, bytes], work: Callable[[Desk], object]) -> Facts:
    with _desk(folder, server) as desk:
        for name, data in files.items():
            desk.put(name, data)
        work(desk)
        _, kept, counts, rolled_up = desk.facts()
        return Counter(kept) + Counter(rolled_up) + Counter(counts)


@contextmanager
def _desk(folder: Path, server: str) -> Iterator[Desk]:
    if not server:
        with new_desk(folder) as desk:
            yield desk
        return
    with postgresql_address() as address, new_desk(folder, address) as desk:
        yield desk
