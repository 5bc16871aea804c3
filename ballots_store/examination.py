"""Can the order of casting be recovered? An attack on a box from all that lies on disk, for anybody to run.

    examine_round     the folder of one round and its 票箱U盘, while no process holds the box
    examine_path      any folder, any SQLite file, any raw image

Every file is opened for reading only and SQLite is never asked: nothing is rolled back, checkpointed or touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ballots_store.errors import StorageFailure
from ballots_store.examination_attacks import ATTACKS, BY_KNOWN
from ballots_store.examination_evidence import Evidence, Source, of_file, of_folder
from ballots_store.examination_pages import Pages
from ballots_store.frozen import frozen_home
from ballots_store.home import Home, RoundFolder
from ballots_store.lock import held

_STICK_FILES = "beikaobei-"
"""A stick may hold other people's files: only the product's own are read."""


class Level(StrEnum):
    """What a finding means."""

    NOTHING = "nothing"
    REMNANT = "remnant"
    """Something old stands there that says nothing by itself."""
    RECOVERABLE = "recoverable"
    """An order of casting, a mark or a choice can be read."""


@dataclass(frozen=True)
class Finding:
    """One attack: what was tried, what came of it (both Chinese), and how bad that is."""

    method: str
    tried: str
    found: str
    level: Level
    order: tuple[bytes, ...] = ()
    """The recovered order where there is one: the records' bytes, the guessed first one first."""


@dataclass(frozen=True)
class Report:
    """All attacks on one body of evidence."""

    files: int
    size: int
    """Bytes read."""
    findings: tuple[Finding, ...]

    @property
    def recoverable(self) -> bool:
        """Whether anything of the ballot secret can be read."""
        return any(finding.level is Level.RECOVERABLE for finding in self.findings)


def examine(sources: Sequence[Source], *, known: Sequence[bytes] = ()) -> Report:
    """Run every attack on `sources`; `known`: bytes to look for, such as the sealed ballots of a counted box."""
    evidence = Evidence(tuple(sources), tuple(known))
    findings = []
    for attack in (*ATTACKS, BY_KNOWN) if known else ATTACKS:
        outcome = attack.run(evidence)
        level = Level(outcome.level)
        findings.append(Finding(attack.name, attack.tried, outcome.found, level, outcome.order))
    return Report(len(sources), sum(len(source.data) for source in sources), tuple(findings))


def round_sources(home: Home, round_id: str, token: Path | None = None) -> list[Source]:
    """The files of one round and of its 票箱U盘 (`token` overrides the recorded folder), read under the box's lock.

    Raises:
        BoxInUse: a process holds the box.
        StorageFailure: a file can't be read, or the 票箱U盘 is not plugged in.
    """
    folder = home.folder(round_id)
    if folder.destroyed.exists():  # what two holders destroyed has no box to hold, and may be searched for leftovers
        return of_folder(folder.path)
    with held(folder):
        sources = of_folder(folder.path)
        stick = token or _recorded_token(sources)
        if stick is None:
            return sources
        if not stick.is_dir():
            raise StorageFailure(f"找不到票箱U盘文件夹“{stick}”：请插上本次测评的票箱U盘，或用 --token 指明。")
        copy = frozen_home(stick).folder(round_id).path
        copied = of_folder(copy, shown="票箱U盘副本/") if copy.is_dir() and copy != folder.path else []
        return [*sources, *of_folder(stick, f"{_STICK_FILES}*", shown="票箱U盘/"), *copied]


def examine_round(home: Home, round_id: str, token: Path | None = None) -> Report:
    """Examine one round where it lies.

    Raises:
        BoxInUse, StorageFailure: see `round_sources`.
    """
    return examine(round_sources(home, round_id, token))


def examine_path(path: Path) -> Report:
    """Examine any folder or file; a file that is no SQLite store is taken as a raw image.

    Raises:
        BoxInUse: a process holds a box in that folder.
        StorageFailure: it can't be read.
    """
    if path.is_dir():
        with ExitStack() as stack:
            for box in sorted(path.rglob("box.sqlite")):
                if (folder := RoundFolder(box.parent)).lock.exists():  # a copy without one is left without one
                    stack.enter_context(held(folder))
            return examine(of_folder(path))
    stores = [path.with_name(path.name + ending) for ending in ("-journal", "-wal")]
    return examine([of_file(path), *(of_file(store) for store in stores if store.is_file())])


def _recorded_token(sources: Sequence[Source]) -> Path | None:
    """The folder that opening recorded, from the box's own table; None where the keys lie beside the box."""
    for source in sources:
        if source.name != "box.sqlite":
            continue
        try:
            tables = Pages(source.data[:]).tables()
        except (ValueError, IndexError):
            return None
        values = {cell.values[0]: cell.values[1] for table in tables if table.name == "meta" for cell in table.cells}
        recorded = values.get("token")
        return Path(recorded.decode("utf-8", "replace")) if isinstance(recorded, bytes) and recorded else None
    return None
