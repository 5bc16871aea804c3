"""The upper organisation's registry: import beside the signatures it needs, memory, size, reports, several processes.

By default 50,000 results with real keys are made, imported in one run by a process of its own, and reported on;
`--quick` makes 2,000. `--full` adds a registry of 4.3 million, imported in parts whose files are made before it, with
keys of their own, and removed behind it: an hour and 12 GB.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from rounds_factory import ROOTS, organisation

from benchmarks import canvass_processes
from benchmarks.ceilings import Ceilings, beside, signatures
from benchmarks.generating import Generator, lay_ledger
from benchmarks.measuring import Measurement, seconds
from canvass import rollups
from canvass.importing import THREADS
from canvass.registry import open_registry

TITLE = "registry: import, memory, size, reports, several processes at once"
RESULTS, QUICK, COUNTRY = 50_000, 2_000, 4_300_000
SIGNATURES = 6
"""Two on the result, three on the zero report, one on the authorisation."""
_SAMPLE = 3_000
AIM = 0.85
MEMORY_MIB = 150
SLIM_BYTES = 1_000_000_000
REPORT_SECONDS = 0.1
IMPORT_SECONDS = 15
"""For 50,000 files."""
COUNTRY_SECONDS = 20 * 60
"""For 4.3 million."""
NOW = datetime.fromisoformat("2017-04-02T09:00:00+08:00")
_PART = 100_000
"""Files of the 4.3 million that lie on the disk at once."""


def run(*, quick: bool = False, full: bool = False) -> list[Measurement]:
    """Every row of the registry."""
    with tempfile.TemporaryDirectory(prefix="beikaobei-canvass-") as name:
        rows = _import(Path(name), QUICK if quick else RESULTS)
        rows += canvass_processes.run(Path(name) / "processes", quick=quick)
        return rows + (_country(Path(name)) if full else [])


def _import(folder: Path, count: int) -> list[Measurement]:
    database, incoming = folder / "registry.db", folder / "incoming"
    roots = _make(incoming, 0, count)
    registry = open_registry(database)
    lay_ledger(registry, count, organisation().key.name)
    registry.dispose()
    found, ceilings = _imported(incoming, database, roots)
    if found["fates"] != {"imported": count}:
        raise AssertionError(f"not everything was imported: {found['fates']}")
    return [
        *_rates(count, found, ceilings),
        Measurement("memory of the import", "the bound", found["most_mib"], MEMORY_MIB, "MiB", 1.0),
        Measurement(
            "memory at the end", "after a fifth of the files", found["most_mib"], found["early_mib"], "MiB", 1.25
        ),
        *_reports(database),
    ]


def _imported(incoming: Path, database: Path, roots: dict[str, str]) -> tuple[dict[str, Any], Ceilings]:
    """One import by a process of its own: what it found, its seconds without the time that it stood still."""
    needed = signatures(incoming, roots, _SAMPLE)
    importer = _importer(incoming, database, roots)
    ceilings = beside(importer, needed)
    found: dict[str, Any] = json.loads(importer.communicate()[0])
    found["seconds"] -= ceilings.still
    return found, ceilings


def _importer(incoming: Path, database: Path, roots: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.canvass_import", str(incoming), str(database), json.dumps(roots)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own module


def _rates(count: int, found: dict[str, Any], ceilings: Ceilings) -> list[Measurement]:
    """The import beside what it cannot be faster than, by either library; and its time against the bounds."""
    taken = found["seconds"]
    rate = count / taken
    raw = f"their {SIGNATURES} raw Ed25519 verifications a result on {THREADS} threads, by"
    openssl, sodium = f"{raw} cryptography (OpenSSL)", f"{raw} PyNaCl (libsodium), with which it verifies"
    what, note = "import of signed files", f"{count} files in {taken:.1f} s, load {os.getloadavg()[0]:.1f}"
    one, two = ceilings.cryptography, ceilings.libsodium
    used = found["cpu"] / count * 1e6
    whole = "at this rate; with as many rows in the tables only --full imports"
    return [
        Measurement(what, openssl, rate, one.rate, "results/s", AIM, at_least=True, note=note),
        Measurement(what, sodium, rate, two.rate, "results/s"),
        Measurement("processor of the import", openssl, used, one.microseconds, "µs a result"),
        Measurement("processor of the import", sodium, used, two.microseconds, "µs a result"),
        Measurement(f"import of {count} files", "the bound", taken, IMPORT_SECONDS * count / RESULTS, "s", 1.0),
        Measurement("import of 4.3 million files", "the bound", COUNTRY / rate, COUNTRY_SECONDS, "s", 1.0, note=whole),
    ]


def _make(incoming: Path, first: int, end: int) -> dict[str, str]:
    """Files of the results `first` to `end`, made by two processes; the keys that authorised them."""
    incoming.mkdir()
    middle = (first + end) // 2
    with ProcessPoolExecutor(2) as pool:
        parts = pool.map(_make_some, [incoming] * 2, [first, middle], [middle, end])
        return {key: name for part in parts for key, name in part.items()}


def _make_some(incoming: Path, first: int, end: int) -> dict[str, str]:
    generator = Generator(first)
    for number in range(first, end):
        (incoming / f"{number:06}.result").write_bytes(generator.result(number))
    return {key.hex(): name for key, name in ROOTS.items()}


def _reports(database: Path) -> list[Measurement]:
    """Every kind of report that reads roll-ups, the slowest of three; and the size of a row."""
    registry = open_registry(database)
    reports = {
        "totals": lambda: rollups.totals(registry, year=2016),
        "by line": lambda: rollups.by_line(registry, year=2016),
        "by child": lambda: rollups.by_child(registry, year=2016, path=rollups.roots(registry)[0].path),
        "expected": lambda: rollups.expectation(registry),
    }
    slowest = {name: max(seconds(report) for _ in range(3)) for name, report in reports.items()}
    registry.dispose()
    name = max(slowest, key=slowest.__getitem__)
    slim, fat, count = _sizes(database)
    return [
        Measurement(f"slowest report ({name})", "the bound", slowest[name], REPORT_SECONDS, "s", 1.0),
        Measurement(
            "slim tables, for 4.3 million results",
            "the bound",
            slim / count * COUNTRY / 1e6,
            SLIM_BYTES / 1e6,
            "MB",
            1.0,
            note=f"{slim / count:.0f} bytes a result with its indexes; its envelope {fat / count:.0f} in its own table",
        ),
    ]


_SLIM = ("ends", "sqlite_autoindex_ends_1", "ends_branch", "standings", "revisions", "reasons")


def _sizes(database: Path) -> tuple[int, int, int]:
    """Bytes of the slim tables with their indexes, bytes of the envelopes, number of ends."""
    with closing(sqlite3.connect(database)) as connection:
        sizes = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
        (count,) = connection.execute("SELECT count(*) FROM ends").fetchone()
    slim = sum(size for name, size in sizes.items() if name in _SLIM or "words" in name)
    return slim, sizes["envelopes"], count


def _country(folder: Path) -> list[Measurement]:
    """4.3 million results in one registry: files with keys of their own, verified and entered as any import does."""
    database = folder / "country.db"
    registry = open_registry(database)
    lay_ledger(registry, COUNTRY, organisation().key.name)
    registry.dispose()
    parts = [_part(folder / "part", database, first) for first in range(0, COUNTRY, _PART)]
    taken, used, imported = (sum(part[name] for part in parts) for name in ("seconds", "cpu", "imported"))
    if imported != COUNTRY:
        raise AssertionError(f"not everything was imported: {imported}")
    first, last = (_PART / parts[at]["seconds"] for at in (0, -2))
    note = f"{used / COUNTRY * 1e6:.0f} µs of processor a result; {first:.0f} results/s at first, {last:.0f} at last"
    whole = Measurement("import of 4.3 million files", "the bound", taken, COUNTRY_SECONDS, "s", 1.0, note=note)
    most = Measurement("memory of it", "the bound", max(part["most_mib"] for part in parts), MEMORY_MIB, "MiB", 1.0)
    return [whole, most, *_reports(database)]


def _part(incoming: Path, database: Path, first: int) -> dict[str, Any]:
    """What one import of the next files took; making them and removing them is not counted."""
    roots = _make(incoming, first, min(first + _PART, COUNTRY))
    os.sync()
    found: dict[str, Any] = json.loads(_importer(incoming, database, roots).communicate()[0])
    shutil.rmtree(incoming)
    rate = _PART / found["seconds"]  # said at once: an hour's run that is stopped leaves what it had
    sys.stderr.write(f"{first + _PART} of {COUNTRY}: {rate:.0f} results/s, {found['cpu'] / _PART * 1e6:.0f} µs each\n")
    return found | {"imported": found["fates"].get("imported", 0)}
