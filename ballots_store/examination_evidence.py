"""What an examiner holds: files or an image, and every SQLite leaf that stands anywhere in them, in reading order."""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ballots_store.errors import StorageFailure
from ballots_store.examination_pages import MAGIC, Leaf, Pages, Table, parse_leaf

Data = bytes | mmap.mmap

_JOURNAL = bytes.fromhex("d9d505f920a163d7")
_WAL = (bytes.fromhex("377f0682"), bytes.fromhex("377f0683"))
_WAL_HEADER, _FRAME_HEADER = 32, 24
_SECTORS = (512, 4096)
_STANDARD_PAGE = 4096
_LONGEST_FILE = 1 << 30
_MOST_FILES = 20_000

# A leaf's header: kind, first freeblock, cells, content, fragments; loose, since `parse_leaf` looks at the rest.
_LEAF = re.compile(rb"(?=[\x0a\x0d][\x00-\x0f].[\x00-\x03].[\x00-\x0f]..)", re.DOTALL)
_ALIGNED = 4
"""A journal puts a page four bytes after its number, so in an image no leaf lies off this grid."""


@dataclass(frozen=True)
class Source:
    """One file's bytes, or a raw image's."""

    name: str
    data: Data
    changed_ns: int
    inode: int
    is_image: bool = False

    def begins(self, *magics: bytes) -> bool:
        """Whether the first bytes are one of `magics`."""
        return any(self.data[: len(magic)] == magic for magic in magics)


@dataclass(frozen=True)
class Sighting:
    """One leaf somewhere; `moment` orders sightings of one source where it tells (frames of a WAL), else 0."""

    source: str
    kind: str
    """live, journal, wal, free or image."""
    moment: int
    leaf: Leaf


@dataclass(frozen=True)
class Evidence:
    """Everything at hand."""

    sources: tuple[Source, ...]
    known: tuple[bytes, ...] = field(default=())
    """What the examiner knows from elsewhere, such as the sealed ballots of a counted box."""

    @cached_property
    def databases(self) -> list[tuple[str, Pages]]:
        """The databases that are still whole: files, and in an image whatever begins with a file header."""
        found = []
        for source in self.sources:
            for at in _databases_in(source):
                try:
                    pages = Pages(_extent(source, at))
                except ValueError:
                    continue
                found.append((source.name if not source.is_image else f"{source.name}@{at}", pages))
        return found

    @cached_property
    def tables(self) -> list[tuple[str, Table]]:
        """Every table of every whole database."""
        return [(name, table) for name, pages in self.databases for table in pages.tables()]

    @cached_property
    def sightings(self) -> list[Sighting]:
        """Every leaf in every source."""
        return [sighting for source in self.sources for sighting in self._seen_in(source)]

    def _seen_in(self, source: Source) -> Iterator[Sighting]:
        if source.is_image:
            yield from _carved(source, self._page_sizes)
        elif source.begins(MAGIC):
            yield from _of_database(source)
        elif source.begins(*_WAL):
            yield from _frames(source)
        elif source.begins(_JOURNAL) or source.name.endswith("-journal"):
            yield from _journalled(source, self._page_sizes)
        else:
            yield from _carved(source, self._page_sizes)

    @cached_property
    def _page_sizes(self) -> tuple[int, ...]:
        return tuple(sorted({_STANDARD_PAGE, *(pages.size for _, pages in self.databases)}))


def _databases_in(source: Source) -> Iterator[int]:
    if not source.is_image:
        yield from ([0] if source.begins(MAGIC) else [])
        return
    at = source.data.find(MAGIC)
    while at >= 0:
        if at % 512 == 0:
            yield at
        at = source.data.find(MAGIC, at + 1)


def _extent(source: Source, at: int) -> bytes:
    """The database at `at`; in an image as many pages as its header counts, taken as lying in a row."""
    if not source.is_image:
        return source.data[:]
    header = source.data[at : at + 100]
    size = int.from_bytes(header[16:18])
    return source.data[at : at + (65536 if size == 1 else size) * int.from_bytes(header[28:32])]


def _of_database(source: Source) -> Iterator[Sighting]:
    try:
        pages = Pages(source.data[:])
    except ValueError:
        return
    free = set(pages.unreached())
    for number in range(1, pages.count + 1):
        if (leaf := pages.leaf(number)) is not None:
            yield Sighting(source.name, "free" if number in free else "live", 0, leaf)


def _frames(source: Source) -> Iterator[Sighting]:
    """Frames of a write-ahead log in the order of writing; those of an earlier round of the log count too."""
    size = int.from_bytes(source.data[8:12])
    if size not in {1 << power for power in range(9, 17)}:
        return
    places = range(_WAL_HEADER, len(source.data) - size - _FRAME_HEADER + 1, size + _FRAME_HEADER)
    for moment, at in enumerate(places):
        number = int.from_bytes(source.data[at : at + 4])
        page = source.data[at + _FRAME_HEADER : at + _FRAME_HEADER + size]
        if (leaf := parse_leaf(page, number=number)) is not None:
            yield Sighting(source.name, "wal", moment, leaf)


def _journalled(source: Source, sizes: tuple[int, ...]) -> Iterator[Sighting]:
    """Pages in a rollback journal, also where its header was zeroed at the commit (journal_mode=PERSIST)."""
    for sector, size in ((sector, size) for sector in _SECTORS for size in sizes):
        found = False
        for at in range(sector, len(source.data) - size - 7, size + 8):
            (number,) = struct.unpack(">I", source.data[at : at + 4])
            leaf = parse_leaf(source.data[at + 4 : at + 4 + size], number=number)
            if leaf is not None:
                found = True
                yield Sighting(source.name, "journal", 0, leaf)
        if found:
            return


def _carved(source: Source, sizes: tuple[int, ...]) -> Iterator[Sighting]:
    """Leaves anywhere in raw bytes, whatever file they belonged to."""
    for match in _LEAF.finditer(source.data):
        at = match.start()
        if at % _ALIGNED:
            continue
        for size in sizes:
            page = source.data[at : at + size]
            if len(page) == size and (leaf := parse_leaf(page)) is not None:
                yield Sighting(source.name, "image", 0, leaf)
                break


def of_folder(folder: Path, pattern: str = "**/*", *, shown: str = "") -> list[Source]:
    """Every file below `folder` that fits `pattern`, opened for reading only; `shown` begins their names.

    Raises:
        StorageFailure: one can't be read, or there are too many.
    """
    paths = [path for path in sorted(folder.glob(pattern)) if path.is_file() and not path.is_symlink()]
    if len(paths) > _MOST_FILES:
        raise StorageFailure(f"“{folder}”中的文件超过{_MOST_FILES}个：请指明测评所在的文件夹。")
    return [_read(path, f"{shown}{path.relative_to(folder)}") for path in paths]


def of_file(path: Path) -> Source:
    """One file: a store, or a raw image where it is none.

    Raises:
        StorageFailure: it can't be read.
    """
    read = _read(path, path.name)
    known = read.begins(MAGIC, _JOURNAL, *_WAL)
    return read if known else Source(read.name, read.data, read.changed_ns, read.inode, is_image=True)


def _read(path: Path, name: str) -> Source:
    try:
        found = path.stat()
        with path.open("rb") as file:
            if found.st_size > _LONGEST_FILE:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                return Source(name, mapped, found.st_mtime_ns, found.st_ino)
            return Source(name, file.read(), found.st_mtime_ns, found.st_ino)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "无法映射"
        raise StorageFailure(f"无法读取“{path}”（{reason}）：请核对路径和权限。") from None
