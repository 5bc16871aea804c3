"""The clerk's desk of an upper organisation: a folder of incoming files beside a registry, for tests of the canvass."""

from __future__ import annotations

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
from sqlalchemy import select

from canvass.importing import Fate, FileFate, expand, import_files
from canvass.registry import Registry, open_registry
from canvass.schema import metadata
from canvass.summary import Summary, summarise

_IMPORTER = """
import sys
from datetime import datetime
from pathlib import Path
from canvass.importing import expand, import_files
from canvass.registry import open_registry
url, folder, key, name, now = sys.argv[1:]
registry = open_registry(url)
print("ready", flush=True)
sys.stdin.readline()
roots = {bytes.fromhex(key): name}
for fate in import_files(registry, expand([Path(folder)]), roots=roots, now=datetime.fromisoformat(now)):
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

    def take_in(self, *paths: Path, roots: dict[bytes, str] = ROOTS, now: datetime = NOW) -> list[FileFate]:
        """Import these paths, or everything that lies on the desk."""
        return list(import_files(self.registry, expand(paths or [self.incoming]), roots=roots, now=now))

    def take(self, data: bytes, **more: Any) -> FileFate:
        """Import one file of these bytes."""
        (fate,) = self.take_in(self.put(f"{len(list(self.incoming.iterdir())):03}.result", data), **more)
        return fate

    def fates(self, *files: bytes) -> list[Fate]:
        """Import each file alone, in this order."""
        return [self.take(data).fate for data in files]

    def summary(self) -> Summary:
        return summarise(self.registry)

    def facts(self) -> tuple[Summary, list[tuple[Any, ...]], dict[str, int]]:
        """What the registry holds, but for the row numbers that the order of arrival gives."""
        rows = self.dump()
        return self.summary(), rows["envelopes"], {name: len(found) for name, found in rows.items()}

    def dump(self) -> Dump:
        """Every row of every table."""
        with self.registry.reading() as connection:
            return {
                table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
                for table in metadata.sorted_tables
            }

    def importer(self) -> subprocess.Popen[str]:
        """Another process that imports what lies on the desk, as many files as `go` lets it, and prints each fate."""
        ((key, name),) = ROOTS.items()
        where = (f"sqlite:///{self.database}", str(self.incoming), key.hex(), name, NOW.isoformat())
        command = [sys.executable, "-c", _IMPORTER, *where]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if output(process).readline() != "ready\n":
            raise AssertionError("the importer did not start")
        return process


@contextmanager
def new_desk(folder: Path) -> Iterator[Desk]:
    """A desk with an empty registry in `folder`."""
    (folder / "incoming").mkdir(parents=True)
    registry = open_registry(f"sqlite:///{folder / 'registry.db'}")
    try:
        yield Desk(folder, registry)
    finally:
        registry.dispose()


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
