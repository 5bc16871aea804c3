"""Files and folders → the registry: verified on threads, entered in batches, each file with its fate and the reason.

    paths → a few files at a time are read and verified, on threads → batches → one transaction each → fates in order

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
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Required, TypedDict, Unpack

from sqlalchemy import Connection

from canvass.arrivals import Arrival, arrive
from canvass.directory import Directory
from canvass.receiving import read_file, receive
from canvass.registering import Fate, Outcome, register
from canvass.registry import Registry
from canvass.trusting import read_trust, trust_state, trust_version
from rounds.chain import Roots
from rounds.errors import RoundError, Unreadable, VerificationFailure
from rounds.trust import Trust

__all__ = ["Fate", "FileFate", "Options", "Source", "Terms", "expand", "import_files", "import_sources", "shown"]

SUFFIXES = (".result", ".void")
THREADS = 2
"""Verifying releases the interpreter's lock; the machine of a clerk has two cores."""
_TASK = 16
"""Files verified by one call, so that handing them over costs little."""
_AHEAD = 4 * THREADS
"""Tasks under way or waiting at a time."""
BATCH = 2_000
"""Files entered in one transaction at most."""
BATCH_SECONDS = 2.0
"""A batch is entered after so long, however few there are: what a person saw imported should be in."""


@dataclass(frozen=True)
class FileFate:
    """One file's fate; `reason` is a line for the clerk, empty where the file was simply imported."""

    path: str
    fate: Fate
    reason: str


@dataclass(frozen=True)
class Terms:
    """On what terms files are taken in. `year`: only results of that assessed year, None: of any."""

    roots: Roots
    year: int | None = None


class Options(TypedDict, total=False):
    """What `import_sources` takes by name."""

    roots: Required[Roots]
    now: Required[datetime]
    year: int | None
    batch: int
    clock: Callable[[], float]


@dataclass(frozen=True)
class Source:
    """One signed end, wherever it lies: a file, or a member of something that holds many (`read` may then be cheap).

    `read` runs on a thread, once or twice; what it raises as `RoundError` becomes the reason of the refusal.
    """

    label: str
    read: Callable[[], bytes]


def import_files(registry: Registry, paths: Iterable[Path], **more: Unpack[Options]) -> Iterator[FileFate]:
    """`import_sources` of files; each fate's `path` is the file's, as text that any terminal can take."""
    return import_sources(registry, (Source(shown(path), partial(read_file, path)) for path in paths), **more)


def import_sources(
    registry: Registry,
    sources: Iterable[Source],
    *,
    roots: Roots,
    now: datetime,
    year: int | None = None,
    batch: int = BATCH,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[FileFate]:
    """Import each source, yielding its fate once it is in; repeated attempts found before their predecessor come last.

    So a folder's result does not depend on the names of its files. `now` (aware) is recorded, and judges nothing.

    Raises:
        Unreadable: the registry itself failed; the files yielded before are in, the rest are not.
    """
    entry = _Entry(registry, roots, now)
    terms = Terms(trust_state(registry, roots).keyring, year)
    verified = _verified(sources, terms)
    try:
        for some in _batches(verified, batch, clock):
            yield from entry.enter(some)
    finally:
        verified.close()
    for _, _, source in sorted(entry.early, key=itemgetter(0, 1)):
        yield from entry.enter([_verify(source, terms)], last=True)


@dataclass
class _Entry:
    """The writer: one transaction a batch."""

    registry: Registry
    roots: Roots
    now: datetime
    directory: Directory = field(default_factory=Directory)
    early: list[tuple[int, int, Source]] = field(default_factory=list)
    """Attempts whose predecessor may be among the files to come: attempt, place, source."""
    _trust: tuple[int, Trust] | None = None
    """As of which version of the registry's trust: a revocation that comes in meanwhile counts from the next batch."""

    def enter(self, some: list[_Verified], *, last: bool = False) -> Iterator[FileFate]:
        """Enter one batch; its fates once it is committed. `last`: nothing comes that an attempt could wait for."""
        arrivals = [one.arrival for one in some if one.arrival is not None]
        outcomes = iter(self._register(arrivals))
        for one in some:
            outcome = Outcome(Fate.REJECTED, one.reason) if one.arrival is None else next(outcomes)
            if outcome.attempt and not last:
                self.early.append((outcome.attempt, len(self.early), one.source))
            else:
                yield FileFate(one.source.label, outcome.fate, outcome.reason)

    def _register(self, arrivals: list[Arrival]) -> list[Outcome]:
        if not arrivals:
            return []
        try:
            with self.registry.writing() as connection:
                return register(connection, arrivals, self.now, self.directory, self._trust_now(connection))
        except BaseException:
            self.directory.forget()
            raise

    def _trust_now(self, connection: Connection) -> Trust:
        version = trust_version(connection)
        if self._trust is None or self._trust[0] != version:
            self._trust = (version, read_trust(connection, self.roots))
        return self._trust[1]


@dataclass(frozen=True)
class _Verified:
    """One file after verification: what arrived, or why nothing did."""

    source: Source
    arrival: Arrival | None
    reason: str = ""


def _verified(sources: Iterable[Source], terms: Terms) -> Generator[_Verified, None, None]:
    """The files in order, verified on threads a bounded number ahead."""
    left = iter(sources)
    waiting: deque[Future[list[_Verified]]] = deque()
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="verify")
    try:
        while True:
            while len(waiting) < _AHEAD and (task := list(islice(left, _TASK))):
                waiting.append(pool.submit(_verify_all, task, terms))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _verify_all(sources: list[Source], terms: Terms) -> list[_Verified]:
    return [_verify(source, terms) for source in sources]


def _verify(source: Source, terms: Terms) -> _Verified:
    """Outside of any transaction, so that the lock is held for the writing alone."""
    try:
        end = receive(source.read(), terms.roots)
        _check_year(end.authorisation.record.year, terms.year)
        return _Verified(source, arrive(end))
    except RoundError as error:
        return _Verified(source, None, str(error))


def _check_year(found: int, wanted: int | None) -> None:
    if wanted is not None and found != wanted:
        raise VerificationFailure("year", f"这是{found}年度的测评，本次只导入{wanted}年度的：请核对是否选错文件。")


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
    """The files to import: files as named, folders as the `.result` and `.void` files under them, sorted.

    Names that begin with a dot are left out of folders: other systems strew such files on a stick.

    Raises:
        Unreadable: a path that does not exist, or a folder that cannot be listed.
    """
    found: dict[Path, None] = {}
    for path in paths:
        try:
            folder = stat.S_ISDIR(path.stat().st_mode)
        except (OSError, ValueError):
            raise Unreadable(f"路径不存在或无法访问：{shown(path)}。请核对后重试。") from None
        found.update(dict.fromkeys(_under(path) if folder else [path]))
    return list(found)


def _under(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise Unreadable(f"文件夹无法读取：{shown(error.filename)}。请检查U盘是否已拔出、是否有读取权限。")

    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        listed = (name for name in names if not name.startswith("."))
        found += [Path(parent, name) for name in listed if name.lower().endswith(SUFFIXES)]
    return sorted(found)


def shown(path: Path | str) -> str:
    """A path as text that any terminal can take: a stick's file names may be no UTF-8, or hold control characters."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
