"""Files and folders → the registry: verified on threads, entered in batches, each file with its fate and the reason.

    paths → a few files at a time are read and verified, on threads → batches → one transaction each → fates in order

After the first hundreds of files each thread has a process verify for it (`verifying`): a folder of a few files would
wait longer for that than it takes.

A batch commits whole or not at all. A stopped import (Ctrl-C, kill, a full disk) leaves whole files in or out; running
it again goes on where it was, since what is in already is a duplicate. Nothing is ever written over: another payload
for the same round is a conflict. What waits between the steps is bounded, so memory is flat however many files come.
"""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count, islice
from pathlib import Path
from threading import local

import msgspec
from sqlalchemy import Connection

from canvass.arrivals import Arrival
from canvass.bundles import SUFFIX as BUNDLE_SUFFIX
from canvass.directory import Directory
from canvass.registering import Fate, Outcome, register
from canvass.registry import Registry
from canvass.trusting import read_trust, trust_state, trust_version
from canvass.verifying import File, VerifyingProcess, verify_all
from rounds.chain import Roots
from rounds.errors import Unreadable
from rounds.trust import EVERYTHING, Trust

__all__ = ["Fate", "FileFate", "Source", "Terms", "expand", "import_files", "import_sources", "shown"]

SUFFIXES = (".result", ".void", BUNDLE_SUFFIX)
THREADS = 2
"""The machine of a clerk has two cores."""
_TASK = 64
"""Files verified by one call, so that handing them over costs little."""
FEW = 250
"""Files that are verified here; for those beyond them processes are started, which takes 0.1 s."""
_AHEAD = 8 * THREADS
"""Tasks under way or waiting at a time: about a batch of files, so that verifying goes on while one is entered."""
BATCH = 1_000
"""Files entered in one transaction at most."""
BATCH_SECONDS = 2.0
"""A batch is entered after so long, however few there are: what a person saw imported should be in."""


class FileFate(msgspec.Struct, frozen=True, gc=False):
    """One file's fate; `reason` is a line for the clerk, empty where the file was simply imported."""

    path: str
    fate: Fate
    reason: str


@dataclass(frozen=True)
class Terms:
    """On what terms files are taken in."""

    roots: Roots
    year: int | None = None
    """Only results of that assessed year; None: of any."""
    within: tuple[str, ...] = (EVERYTHING,)
    """The paths where whoever handed the files up may speak for branches."""
    few: int = FEW
    """Files verified in this process before others are started."""


class Source(msgspec.Struct, frozen=True, gc=False):
    """One file to import: the name that the clerk knows it by, and where it lies or what it holds, once asked for."""

    name: str
    where: Path | Callable[[], File]

    @classmethod
    def file(cls, path: Path) -> Source:
        """A file on a disk or stick."""
        return cls(shown(path), path)

    def find(self) -> File:
        """Where it lies, or what it holds."""
        return self.where() if callable(self.where) else self.where


def import_files(
    registry: Registry,
    paths: Iterable[Path],
    *,
    roots: Roots,
    now: datetime,
    year: int | None = None,
    batch: int = BATCH,
    clock: Callable[[], float] = time.monotonic,
    few: int = FEW,
) -> Iterator[FileFate]:
    """Import each file, yielding its fate once it is in; repeated attempts found before their predecessor come last.

    So a folder's result does not depend on the names of its files. `now` (aware) is recorded, and judges nothing.

    Raises:
        Unreadable: the registry itself failed; the files yielded before are in, the rest are not.
    """
    early: list[tuple[int, Source]] = []
    terms = Terms(roots, year, few=few)
    sources = map(Source.file, paths)
    yield from import_sources(registry, sources, terms, now=now, batch=batch, clock=clock, early=early)
    for attempt in sorted({attempt for attempt, _ in early}):
        left = [source for found, source in early if found == attempt]
        yield from import_sources(registry, left, terms, now=now, batch=batch, clock=clock)


def import_sources(
    registry: Registry,
    sources: Iterable[Source],
    terms: Terms,
    *,
    now: datetime,
    batch: int = BATCH,
    clock: Callable[[], float] = time.monotonic,
    early: list[tuple[int, Source]] | None = None,
) -> Iterator[FileFate]:
    """The same for whatever has bytes.

    `early` collects the attempts whose predecessor is not in yet, with the attempt's number; None: they are refused.

    Raises:
        Unreadable: see `import_files`.
    """
    entry = _Entry(registry, terms, now, early)
    verified = _verified(sources, replace(terms, roots=trust_state(registry, terms.roots).keyring))
    try:
        for some in _batches(verified, batch, clock):
            yield from entry.enter(some)
    finally:
        verified.close()


@dataclass
class _Entry:
    """The writer: one transaction a batch."""

    registry: Registry
    terms: Terms
    now: datetime
    early: list[tuple[int, Source]] | None
    """Attempts whose predecessor may be among the files to come."""
    directory: Directory = field(default_factory=Directory)
    _trust: tuple[int, Trust] | None = None
    """As of which version of the registry's trust: a revocation that comes in meanwhile counts from the next batch."""

    def enter(self, some: list[_Verified]) -> Iterator[FileFate]:
        """Enter one batch; its fates once it is committed."""
        arrivals = [one.arrival for one in some if one.arrival is not None]
        outcomes = iter(self._register(arrivals))
        for one in some:
            outcome = Outcome(Fate.REJECTED, one.reason) if one.arrival is None else next(outcomes)
            if outcome.attempt and self.early is not None:
                self.early.append((outcome.attempt, one.source))
            else:
                yield FileFate(one.source.name, outcome.fate, outcome.reason)

    def _register(self, arrivals: list[Arrival]) -> list[Outcome]:
        if not arrivals:
            return []
        try:
            with self.registry.writing() as connection:
                trust = self._trust_now(connection)
                return register(connection, arrivals, self.now, self.directory, trust, self.terms.within)
        except BaseException:
            self.directory.forget()
            raise

    def _trust_now(self, connection: Connection) -> Trust:
        version = trust_version(connection)
        if self._trust is None or self._trust[0] != version:
            self._trust = (version, read_trust(connection, self.terms.roots))
        return self._trust[1]


class _Verified(msgspec.Struct, frozen=True, gc=False):
    """One file after verification: what arrived, or why nothing did."""

    source: Source
    arrival: Arrival | None
    reason: str = ""


def _verified(sources: Iterable[Source], terms: Terms) -> Generator[_Verified, None, None]:
    """The files in order, verified on threads a bounded number ahead."""
    left = iter(sources)
    waiting: deque[Future[list[_Verified]]] = deque()
    verifiers = _Verifiers(terms)
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="verify")
    try:
        while True:
            while len(waiting) < _AHEAD and (task := list(islice(left, _TASK))):
                waiting.append(pool.submit(verifiers.verify, task))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        verifiers.close()


class _Verifiers:
    """What the threads verify with: themselves at first, then a process each."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._seen = count(0, _TASK)
        self._own = local()
        self._processes: list[VerifyingProcess] = []

    def verify(self, sources: list[Source]) -> list[_Verified]:
        """Outside of any transaction, so that the lock is held for the writing alone."""
        files = [source.find() for source in sources]
        roots, year = self._terms.roots, self._terms.year
        if next(self._seen) < self._terms.few:
            verdicts = verify_all(files, roots, year)
        else:
            verdicts = self._process().verify(files)
        return [
            _Verified(source, None, verdict) if isinstance(verdict, str) else _Verified(source, verdict)
            for source, verdict in zip(sources, verdicts, strict=True)
        ]

    def _process(self) -> VerifyingProcess:
        """The calling thread's."""
        if not hasattr(self._own, "process"):
            self._own.process = VerifyingProcess(self._terms.roots, self._terms.year)
            self._processes.append(self._own.process)
        found: VerifyingProcess = self._own.process
        return found

    def close(self) -> None:
        for process in self._processes:
            process.close()


def _batches(found: Iterator[_Verified], size: int, clock: Callable[[], float]) -> Iterator[list[_Verified]]:
    batch: list[_Verified] = []
    began = clock()
    for one in found:
        batch.append(one)
        if len(batch) >= size or clock() - began >= BATCH_SECONDS:
            yield batch
            batch, began = [], clock()
    if batch:
        yield batch


def expand(paths: Iterable[Path]) -> list[Path]:
    """The files to import: files as named, folders as the results, void reports and bundles under them, sorted.

    Names that begin with a dot are left out of folders: other systems strew such files on a stick.

    Raises:
        Unreadable: a path that does not exist, or a folder that cannot be listed.
    """
    found: dict[str, None] = {}
    for path in paths:
        try:
            folder = stat.S_ISDIR(path.stat().st_mode)
        except (OSError, ValueError):
            raise Unreadable(f"路径不存在或无法访问：{shown(path)}。请核对后重试。") from None
        found.update(dict.fromkeys(_under(path) if folder else [str(path)]))
    return list(map(Path, found))


def _under(folder: Path) -> list[str]:
    """In the order in which `Path` would sort them, folder by folder; millions of those would take twice as long."""

    def refuse(error: OSError) -> None:
        raise Unreadable(f"文件夹无法读取：{shown(error.filename)}。请检查U盘是否已拔出、是否有读取权限。")

    found: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        before = str(Path(parent, "-"))[:-1]  # as `Path` spells what is in there: without ./, one / below the root
        listed = (name for name in names if not name.startswith("."))
        found += [before + name for name in listed if name.lower().endswith(SUFFIXES)]
    return sorted(found, key=lambda path: path.replace(os.sep, "\0"))  # the one character that is in no name


def shown(path: Path | str) -> str:
    """A path as text that any terminal can take: a stick's file names may be no UTF-8, or hold control characters."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)
