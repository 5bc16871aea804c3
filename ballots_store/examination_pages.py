"""SQLite's bytes read without SQLite (sqlite.org/fileformat.html): pages, cells with their offsets, records, gaps.

An examiner must see what SQLite hides: where in a page a cell lies, what a freed block still holds, pages of files that
no longer exist. Nothing here opens a database, so nothing can roll back, checkpoint or write.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"SQLite format 3\0"
TABLE_LEAF, INDEX_LEAF, TABLE_NODE, INDEX_NODE = 13, 10, 5, 2
_LEAVES = (TABLE_LEAF, INDEX_LEAF)
_LEAF_HEADER = 8
_FILE_HEADER = 100
_MOST_COLUMNS = 64
_FIXED_SIZES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
_FLOAT, _FALSE, _TRUE, _FIRST_VARIABLE = 7, 8, 9, 12

Value = int | float | str | bytes | None


@dataclass(frozen=True)
class Cell:
    """One record of a leaf page."""

    offset: int
    """Bytes from the page's begin: SQLite fills a page from its end, so the first written lies highest."""
    rowid: int | None
    """None in an index or a table WITHOUT ROWID."""
    payload: bytes
    """As far as it lies in this page; the rest of a long record is on overflow pages."""
    values: tuple[Value, ...]
    """Columns that lie whole in this page; a longer one is cut."""
    end: int
    """Where the next byte lies that is not the cell's."""


@dataclass(frozen=True)
class Leaf:
    """One leaf page: its records in key order."""

    number: int
    """1 for the first page of the file; 0 where no file is known."""
    is_table: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """One table of a database that is still whole."""

    name: str
    sql: str
    leaves: tuple[Leaf, ...]
    """In key order."""

    @property
    def cells(self) -> list[Cell]:
        """Every record in key order."""
        return [cell for leaf in self.leaves for cell in leaf.cells]


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer and where it ends.

    Raises:
        IndexError: it runs out of the page.
    """
    value = 0
    for place in range(8):
        byte = data[at + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004  the high bit says that more follows
            return value, at + place + 1
    return value << 8 | data[at + 8], at + 9


def parse_leaf(page: bytes, *, number: int = 0, size: int | None = None) -> Leaf | None:
    """The leaf page `page`, or None where the bytes are none: strict, since in an image anything may look like one.

    `size`: bytes of the page usable for cells, by default all of them.
    """
    usable = size or len(page)
    start = _FILE_HEADER if number == 1 else 0
    kind, freeblock, count, content, _ = struct.unpack_from(">BHHHB", page, start)
    pointers_end = start + 8 + 2 * count
    if kind not in _LEAVES or not count or pointers_end > usable:
        return None
    if not (pointers_end <= (content or 65536) <= usable and (not freeblock or content <= freeblock < usable)):
        return None
    offsets = struct.unpack_from(f">{count}H", page, start + 8)
    if min(offsets) < content or max(offsets) >= usable or len(set(offsets)) != count:
        return None
    try:
        cells = tuple(_cell(page, at, usable, is_table=kind == TABLE_LEAF) for at in offsets)
    except (IndexError, struct.error, ValueError):
        return None
    return Leaf(number, kind == TABLE_LEAF, cells)


def _cell(page: bytes, at: int, usable: int, *, is_table: bool) -> Cell:
    length, after = varint(page, at)
    rowid = None
    if is_table:
        rowid, after = varint(page, after)
    local = _local_size(length, usable, is_table=is_table)
    payload = bytes(page[after : after + local])
    if length < 2 or len(payload) != local or after + local > usable:  # noqa: PLR2004  header size and one column
        raise ValueError("no cell")
    end = after + local + (4 if local < length else 0)  # the number of the first overflow page
    return Cell(at, rowid, payload, tuple(record(payload, length)), end)


def _local_size(length: int, usable: int, *, is_table: bool) -> int:
    """How much of a record lies in its leaf (fileformat.html, 1.6)."""
    most = usable - 35 if is_table else (usable - 12) * 64 // 255 - 23
    if length <= most:
        return length
    least = (usable - 12) * 32 // 255 - 23
    kept = least + (length - least) % (usable - 4)
    return kept if kept <= most else least


def record(payload: bytes, length: int | None = None) -> Iterator[Value]:
    """The columns of a record; `length`: bytes of the whole record where `payload` is only its begin.

    Raises:
        ValueError, IndexError: not a record.
    """
    whole = len(payload) if length is None else length
    header_end, at = varint(payload, 0)
    types = []
    while at < header_end:
        serial, at = varint(payload, at)
        types.append(serial)
    sizes = [_column_size(serial) for serial in types]
    if at != header_end or not types or len(types) > _MOST_COLUMNS or header_end + sum(sizes) != whole:
        raise ValueError("no record")
    for serial, size in zip(types, sizes, strict=True):
        yield _value(serial, payload[at : at + size])
        at += size


def _column_size(serial: int) -> int:
    if serial in _FIXED_SIZES:
        return _FIXED_SIZES[serial]
    if serial < _FIRST_VARIABLE:
        raise ValueError("a reserved type")
    return (serial - _FIRST_VARIABLE) // 2


def _value(serial: int, data: bytes) -> Value:
    if serial == 0:
        return None
    if serial in {_FALSE, _TRUE}:
        return serial - _FALSE
    if serial == _FLOAT:
        return float(struct.unpack(">d", data)[0])
    if serial < _FIRST_VARIABLE:
        return int.from_bytes(data, signed=True)
    return data.decode("utf-8", "replace") if serial % 2 else bytes(data)


class Pages:
    """The pages of one database file's bytes."""

    def __init__(self, data: bytes) -> None:
        """Read the file header.

        Raises:
            ValueError: not a database.
        """
        if len(data) < _FILE_HEADER or not data.startswith(MAGIC):
            raise ValueError("not a database")
        size = int.from_bytes(data[16:18])
        self.size = 65536 if size == 1 else size
        if self.size < 512 or self.size & (self.size - 1):  # noqa: PLR2004  the smallest page (fileformat.html, 1.3.2)
            raise ValueError("not a page size")
        self.usable = self.size - data[20]
        self.count = len(data) // self.size
        self._data = data

    def page(self, number: int) -> bytes:
        """Page `number`, counted from 1; empty where there is none."""
        return self._data[(number - 1) * self.size : number * self.size] if number > 0 else b""

    def leaf(self, number: int) -> Leaf | None:
        """The leaf with that number, None where the page is none."""
        page = self.page(number)
        return parse_leaf(page, number=number, size=self.usable) if len(page) == self.size else None

    def tables(self) -> list[Table]:
        """The tables of the schema; damaged branches are left out."""
        found = [Table("sqlite_schema", "", tuple(self._leaves(1)))]
        for cell in found[0].cells:
            if len(cell.values) >= 5 and cell.values[0] == "table" and isinstance(cell.values[3], int):  # noqa: PLR2004  type, name, tbl_name, rootpage, sql
                name, sql = str(cell.values[1]), str(cell.values[4])
                found.append(Table(name, sql, tuple(self._leaves(cell.values[3]))))
        return found[1:]

    def _leaves(self, root: int) -> Iterator[Leaf]:
        """Leaves below `root` in key order; a page is visited once, whatever the pointers say."""
        waiting, seen = [root], set[int]()
        while waiting:
            number = waiting.pop()
            if number in seen or not 0 < number <= self.count:
                continue
            seen.add(number)
            waiting.extend(reversed(self._children(number)))
            if (leaf := self.leaf(number)) is not None:
                yield leaf

    def _children(self, number: int) -> list[int]:
        page, start = self.page(number), _FILE_HEADER if number == 1 else 0
        kind, count = page[start], int.from_bytes(page[start + 3 : start + 5])
        if kind not in {TABLE_NODE, INDEX_NODE}:
            return []
        places = [page[start + 12 + 2 * at : start + 14 + 2 * at] for at in range(count)]
        children = [int.from_bytes(page[int.from_bytes(at) : int.from_bytes(at) + 4]) for at in places]
        return [*children, int.from_bytes(page[start + 8 : start + 12])]

    def unreached(self) -> list[int]:
        """Numbers of pages on the free list: what was deleted may still stand there."""
        trunk, numbers = int.from_bytes(self.page(1)[32:36]), list[int]()
        while 0 < trunk <= self.count and trunk not in numbers and len(numbers) <= self.count:
            page = self.page(trunk)
            count = min(int.from_bytes(page[4:8]), self.size // 4 - 2)
            numbers += [trunk, *(int.from_bytes(page[8 + 4 * at : 12 + 4 * at]) for at in range(count))]
            trunk = int.from_bytes(page[:4])
        return numbers

    def gaps(self) -> Iterator[tuple[int, bytes]]:
        """Of every leaf: its number and the bytes between its cells, where overwritten records may still stand."""
        for number in range(1, self.count + 1):
            if (leaf := self.leaf(number)) is None:
                continue
            start = _FILE_HEADER if number == 1 else 0
            page = _without_block_headers(self.page(number), start)
            at = start + _LEAF_HEADER + 2 * len(leaf.cells)
            for cell in sorted(leaf.cells, key=lambda cell: cell.offset):
                if page[at : cell.offset].strip(b"\0"):
                    yield number, page[at : cell.offset]
                at = cell.end
            if page[at : self.usable].strip(b"\0"):
                yield number, page[at : self.usable]


def _without_block_headers(page: bytes, start: int) -> bytes:
    """The page with the four bytes that chain its free blocks zeroed: they are SQLite's own, not a leftover."""
    cleaned, at = bytearray(page), int.from_bytes(page[start + 1 : start + 3])
    while start < at <= len(page) - 4:
        cleaned[at : at + 4] = bytes(4)
        following = int.from_bytes(page[at : at + 2])
        at = following if following > at else 0
    return bytes(cleaned)
