"""The clerk's desk of an upper organisation: a folder of incoming files beside a registry, for tests of the canvass."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from rounds_factory import NOW, ROOTS
from sqlalchemy import NullPool, create_engine, make_url, or_, select

from canvass.branch_years import rebuild
from canvass.importing import FEW, Fate, FileFate, expand, import_files
from canvass.ledger_schema import lines, organisations
from canvass.packing import unpack
from canvass.registry import Registry, open_registry
from canvass.rollup_schema import rollups
from canvass.schema import envelopes, metadata
from canvass.summary import Summary, summarise

_IMPORTER = """
import sys
from datetime import datetime
from pathlib import Path
from canvass.importing import expand, import_files
from canvass.registry import open_registry
url, folder, key, name, now, batch, few = sys.argv[1:]
registry = open_registry(url)
print("ready", flush=True)
sys.stdin.readline()
roots = {bytes.fromhex(key): name}
fates = import_files(
    registry, expand([Path(folder)]), roots=roots, now=datetime.fromisoformat(now), batch=int(batch), few=int(few)
)
for fate in fates:
    print(fate.fate, Path(fate.path).name, flush=True)
    sys.stdin.readline()
registry.dispose()
"""

Dump = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Desk:
    """`folder / incoming` receives files, `registry` takes them in."""

    folder: Path
    registry: Registry
    url: str

    @property
    def incoming(self) -> Path:
        return self.folder / "incoming"

    @property
    def database(self) -> Path:
        return self.folder / "registry.db"

    def put(self, name: str, data: bytes) -> Path:
        """Lay a file on the desk."""
        path = self.incoming / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def take_in(
        self, *paths: Path, roots: dict[bytes, str] = ROOTS, now: datetime = NOW, **more: Any
    ) -> list[FileFate]:
        """Import these paths, or everything that lies on the desk."""
        return list(import_files(self.registry, expand(paths or [self.incoming]), roots=roots, now=now, **more))

    def take(self, data: bytes, **more: Any) -> FileFate:
        """Import one file of these bytes."""
        (fate,) = self.take_in(self.put(f"{len(list(self.incoming.iterdir())):03}.result", data), **more)
        return fate

    def fates(self, *files: bytes) -> list[Fate]:
        """Import each file alone, in this order."""
        return [self.take(data).fate for data in files]

    def summary(self) -> Summary:
        return summarise(self.registry)

    def files(self) -> list[bytes]:
        """The signed files that the registry has kept."""
        with self.registry.reading() as connection:
            return sorted(map(unpack, connection.scalars(select(envelopes.c.packed))))

    def facts(self) -> tuple[Summary, list[bytes], dict[str, int], list[tuple[Any, ...]]]:
        """What the registry holds, but for the row numbers that the order of arrival gives."""
        counts = {name: len(found) for name, found in self.dump().items()}
        return self.summary(), self.files(), counts, self.rolled_up()

    def rolled_up(self) -> list[tuple[Any, ...]]:
        """The roll-ups, by path and line; checked against those made anew from the ends."""
        query = select(organisations.c.path, lines.c.name, rollups).join_from(rollups, organisations)
        query = query.join(lines, lines.c.id == rollups.c.line)
        shown = [column for column in query.selected_columns if column.name not in {"organisation", "line"}]
        filled = or_(rollups.c.rounds != 0, rollups.c.branches != 0)
        query = query.with_only_columns(*shown).where(filled)
        with self.registry.engine.connect() as connection:
            kept = sorted(tuple(row) for row in connection.execute(query))
            rebuild(connection)
            if kept != sorted(tuple(row) for row in connection.execute(query)):
                raise AssertionError("the roll-ups differ from what the ends add up to")
            connection.rollback()
        return kept

    def dump(self) -> Dump:
        """Every row of every table."""
        with self.registry.reading() as connection:
            return {
                table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
                for table in metadata.sorted_tables
            }

    def importer(self, batch: int = 1, few: int = FEW) -> subprocess.Popen[str]:
        """Another process that imports what lies on the desk, as many files as `go` lets it, and prints each fate."""
        ((key, name),) = ROOTS.items()
        where = (self.url, str(self.incoming), key.hex(), name, NOW.isoformat(), str(batch), str(few))
        command = [sys.executable, "-c", _IMPORTER, *where]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if output(process).readline() != "ready\n":
            raise AssertionError("the importer did not start")
        return process


@contextmanager
def new_desk(folder: Path, url: str = "") -> Iterator[Desk]:
    """A desk in `folder` with an empty registry there, or at `url`."""
    (folder / "incoming").mkdir(parents=True)
    where = url or f"sqlite:///{folder / 'registry.db'}"
    registry = open_registry(where)
    try:
        yield Desk(folder, registry, where)
    finally:
        registry.dispose()


POSTGRESQL = "BEIKAOBEI_TEST_POSTGRESQL"
"""Names an address of a real PostgreSQL whose user may create schemas; .ci/run sets it where it can start one."""


@contextmanager
def postgresql_address() -> Iterator[str]:
    """The address of a fresh schema of its own on the test server."""
    server = make_url(os.environ[POSTGRESQL])
    name = f"desk_{secrets.token_hex(8)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    try:
        place = server.update_query_dict({"options": f"-csearch_path={name}"})
        yield place.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")


def go(process: subprocess.Popen[str], files: int = 1000) -> None:
    """Let an importer take in so many files; it then waits, so that a kill always finds it alive."""
    if process.stdin is None:
        raise AssertionError("the importer was started without a pipe")
    process.stdin.write("\n" * files)
    process.stdin.flush()


def output(process: subprocess.Popen[str]) -> IO[str]:
    """What an importer prints, one line a file."""
    if process.stdout is None:
        raise AssertionError("the importer was started without a pipe")
    return process.stdout


def kill(process: subprocess.Popen[str]) -> None:
    """End a process by SIGKILL, and see that nothing else had ended it."""
    process.kill()
    process.communicate()
    if process.returncode != -signal.SIGKILL:
        raise AssertionError(f"the process had ended by itself: {process.returncode}")
