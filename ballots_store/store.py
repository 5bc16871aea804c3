"""The box's SQLite file, through sqlite-utils: constant size, every pragma explicit (SECRECY.md).

The sealed state lies in one of two areas, tables of one row each that share no page. `rewrite` puts the next state into
the area that does not count, in place and without a journal: until its key slot is the only one, the other area stands
as it was (docs/adr/0023). Whatever changes the shape of the file goes through `update`, under the rollback journal.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from ballots_store.errors import StorageFailure
from ballots_store.files import erase, identity, overwrite, sync_folder
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.reasons import reason

Content = bytes | bytearray
"""What is written; a sealed state is made in one place and not copied."""

SCHEMA = (
    "CREATE TABLE meta(k TEXT PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE roster(pos INTEGER PRIMARY KEY, member TEXT NOT NULL UNIQUE)",
    "CREATE TABLE box(id INTEGER PRIMARY KEY CHECK(id=1), public BLOB NOT NULL)",
    "CREATE TABLE area0(id INTEGER PRIMARY KEY CHECK(id=1), state BLOB NOT NULL)",
    "CREATE TABLE area1(id INTEGER PRIMARY KEY CHECK(id=1), state BLOB NOT NULL)",
)
AREAS = ("area0", "area1")
"""By their number, which is that of the key slot; as tables they have pages of their own."""

# The file format's first 20 bytes (sqlite.org/fileformat.html, 1.3): magic, page size, then 1 1 for a rollback journal.
_MAGIC = b"SQLite format 3\0"
_ROLLBACK_JOURNAL = b"\x01\x01"
_HEADER_SIZE = 20

# SQLite's defaults differ between builds, and several of them lose or leak: each of these is explicit.
_PRAGMAS = (
    "auto_vacuum=NONE",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "locking_mode=EXCLUSIVE",
    "journal_mode=PERSIST",
    "synchronous=EXTRA",
    "foreign_keys=ON",
    "trusted_schema=OFF",
)

DAMAGED = "票箱文件损坏或不是票箱文件：请保留文件并报告上级团组织。"
_PAGE_SIZES = (4096, 8192, 16384, 32768, 65536)

# How a transaction is written. In place: values overwritten by as many bytes, in their own pages, after `count_change`;
# so wherever a sector is old or new, what the box stands on is sound.
_JOURNALED = {"journal_mode": "PERSIST", "synchronous": "EXTRA"}
_IN_PLACE = {"journal_mode": "OFF", "synchronous": "EXTRA"}
_IN_PLACE_UNSYNCED = {"journal_mode": "OFF", "synchronous": "OFF"}


def create_store(
    path: Path, meta: Mapping[str, bytes], roster: Sequence[str], public: bytes, state: Content, *, area: int = 0
) -> None:
    """Create the box file with its state in `area` and as much room in the other one; durable when this returns.

    Raises:
        StorageFailure: it exists or can't be written.
    """
    try:
        path.touch(mode=0o600, exist_ok=False)  # first, since SQLite gives its journal the mode of the box
    except FileExistsError:
        raise StorageFailure(f"票箱文件“{path}”已存在，不予覆盖。") from None
    with _reported():
        database = _connect(path, f"page_size={_page_size(len(state))}")
        try:
            with database.atomic():
                for table in SCHEMA:
                    database.execute(table)
                for key, value in meta.items():
                    database.execute("INSERT INTO meta(k, v) VALUES(?, ?)", [key, value])
                database.table("roster").insert_all({"pos": at, "member": member} for at, member in enumerate(roster))
                database.execute("INSERT INTO box(id, public) VALUES(1, ?)", [public])
                for number, table in enumerate(AREAS):
                    content = state if number == area else bytes(len(state))
                    database.execute(f"INSERT INTO {table}(id, state) VALUES(1, ?)", [content])
        finally:
            database.close()


class BoxStore:
    """The open box file. SQLite's exclusive lock is taken at once and kept; use under `ballots_store.lock`."""

    def __init__(self, path: Path) -> None:
        """Open an existing box; it is never created or re-initialised here.

        Raises:
            StorageFailure: missing, not a box, damaged or held by another process.
        """
        if not path.is_file():
            raise StorageFailure(f"票箱文件“{path}”不存在：请核对数据文件夹（--home）。")
        self._path = path
        self._open()

    def _open(self) -> None:
        path = self._path
        _check_header(path)
        self._identity = identity(path)
        self._pragmas = dict(_JOURNALED)
        with _reported():
            self._database = _connect(path)
            try:
                self._check_schema()
                self._meta = {row["k"]: _blob(row["v"]) for row in self._database.query("SELECT k, v FROM meta")}
                roster = self._database.query("SELECT member FROM roster ORDER BY pos")
                self.roster: tuple[str, ...] = tuple(str(row["member"]) for row in roster)
            except BaseException:
                self._database.close()
                raise

    def meta(self, key: str) -> bytes:
        """One fixed value of the box.

        Raises:
            StorageFailure: the box has none of that name.
        """
        try:
            return self._meta[key]
        except KeyError:
            raise StorageFailure("票箱文件不完整：请保留文件并报告上级团组织。") from None

    def public(self) -> bytes:
        """The counts that anybody may read, as they stand.

        Raises:
            StorageFailure: they can't be read.
        """
        return self._one("SELECT public FROM box WHERE id = 1")

    def states(self) -> tuple[bytes, bytes]:
        """What lies in the two areas: the sealed state, and what is left of the one before; b"" of a damaged one.

        Raises:
            StorageFailure: neither can be read.
        """
        first, second = (self._area(area) for area in AREAS)
        if not first and not second:
            raise StorageFailure(DAMAGED)
        return first, second

    def takes(self, public: bytes, state: Content) -> bool:
        """Whether all that a commit overwrites can be read and has its size; else it can't be overwritten either.

        A write that the power cut off may leave a sector that holds neither what was nor what was to be.
        """
        with suppress(StorageFailure):
            return {len(area) for area in self.states()} == {len(state)} and len(self.public()) == len(public)
        return False

    def rebuild(self, public: bytes, area: int, state: Content, *, hook: Hook = no_hook) -> None:
        """Make the file anew, whole, from what can be read of it and `state` in `area`; durable when this returns.

        Raises:
            StorageFailure: it can't be written; the file is the old one or the new one.
        """
        self._check_name()
        beside = rebuilt_path(self._path)
        self.clear_rebuilt()
        try:
            with step(hook, "rebuild"):
                create_store(beside, self._meta, self.roster, public, state, area=area)
            erase(journal_path(beside))
            self._take_name(beside, hook)
        except OSError as error:
            raise StorageFailure(f"票箱文件无法重建（{reason(error)}）：请检查磁盘空间和权限，保留文件。") from None
        self._open()

    def clear_rebuilt(self) -> None:
        """Remove what a killed `rebuild` left: a whole box, which gets older with every commit in this one.

        Raises:
            StorageFailure: it can't be removed.
        """
        beside = rebuilt_path(self._path)
        try:
            for leftover in (beside, journal_path(beside)):
                erase(leftover)
        except OSError as error:
            raise StorageFailure(
                f"上次重建票箱文件时留下的“{beside.name}”无法清除（{reason(error)}）：请检查磁盘和权限，保留文件。"
            ) from None

    def rewrite(self, public: bytes, area: int, state: Content, *, hook: Hook = no_hook) -> None:
        """Overwrite the counts and the area that does not count, in place; durable when this returns.

        Raises:
            StorageFailure: it can't be told how much was written; the other area stands.
        """
        with self._transaction(_IN_PLACE, hook):
            self._overwrite(AREAS[area], "state", state)
            self._overwrite("box", "public", public)

    def count_change(self, hook: Hook = no_hook) -> None:
        """Write SQLite's change counters, in page 1, under the journal: else the first write in place would, in place.

        Once a connection. Without page 1 nothing is an SQLite file; an UPDATE that changes nothing writes nothing.

        Raises:
            StorageFailure: it can't be written; a new start finds out what was.
        """
        with self._transaction(_JOURNALED, hook):
            self._database.execute("PRAGMA user_version=0")

    def spoil(self, area: int, size: int) -> None:
        """Overwrite the first `size` bytes of the area that no longer counts; not synced, the next `rewrite` is.

        Raises:
            StorageFailure: it can't be written.
        """
        with self._transaction(_IN_PLACE_UNSYNCED):
            self._overwrite(AREAS[area], "state", bytes(size), whole=False)
        with _reported():
            self._set_mode(_IN_PLACE)  # nobody waits now, but somebody does for the next `rewrite`

    def update(
        self,
        public: bytes,
        states: Mapping[int, Content],
        *,
        hook: Hook = no_hook,
        meta: Mapping[str, bytes] | None = None,
    ) -> None:
        """Replace the counts and `states` by their area, and add `meta` (the end of the round), in one transaction.

        Under the rollback journal; durable when this returns.

        Raises:
            StorageFailure: nothing of it was written, or it can't be told; a new start finds out which.
        """
        with self._transaction(_JOURNALED, hook):
            self._database.execute("UPDATE box SET public = ? WHERE id = 1", [public])
            for area, state in states.items():
                self._database.execute(f"UPDATE {AREAS[area]} SET state = ? WHERE id = 1", [state])  # noqa: S608  of AREAS
            for key, value in (meta or {}).items():
                self._database.execute("INSERT INTO meta(k, v) VALUES(?, ?)", [key, value])
        self._meta.update(meta or {})

    def _take_name(self, beside: Path, hook: Hook) -> None:
        """Let the finished file be the box; of the one before nothing is left to read."""
        with self._path.open("r+b") as old:
            with step(hook, "rename rebuilt"):
                beside.replace(self._path)
                sync_folder(self._path.parent)
            self._database.close()
            with suppress(OSError):  # where it is damaged it may not take zeros either; what counts has its name
                overwrite(old)

    def stored(self, key: str) -> bytes | None:
        """A value that exists only from some point on (the end of the round), or None."""
        return self._meta.get(key)

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def _area(self, area: str) -> bytes:
        with suppress(StorageFailure):
            return self._one(f"SELECT state FROM {area} WHERE id = 1")  # noqa: S608  of AREAS
        return b""

    def _one(self, query: str) -> bytes:
        with _reported():
            for row in self._database.query(query):
                return _blob(*row.values())
        raise StorageFailure("票箱文件不完整：请保留文件并报告上级团组织。")

    @contextmanager
    def _transaction(self, mode: Mapping[str, str], hook: Hook = no_hook) -> Iterator[None]:
        """One transaction written in `mode`; after an error in place nothing is rolled back: let this object go."""
        self._check_name()
        with _reported():
            self._set_mode(mode)
            with self._database.atomic(), step(hook, "update"):
                yield

    def _set_mode(self, mode: Mapping[str, str]) -> None:
        """A pragma that is in force already is not said again."""
        for name, value in mode.items():
            if self._pragmas[name] != value:
                self._database.execute(f"PRAGMA {name}={value}")
                self._pragmas[name] = value

    def _check_name(self) -> None:
        """Otherwise every ballot from here on goes into a file of another name, or another file is overwritten."""
        if identity(self._path) != self._identity:
            raise StorageFailure("票箱文件被移走或替换：停止使用，请保留所有文件并报告上级团组织。")

    def _overwrite(self, table: str, column: str, content: Content, *, whole: bool = True) -> None:
        """Through SQLite's incremental blob, which can't change a value's size and so touches no other page.

        Raises:
            ValueError: the value there is of another size.
        """
        with self._database.conn.blobopen(table, column, 1) as blob:
            if len(blob) != len(content) and (whole or len(blob) < len(content)):
                raise ValueError("another size")
            blob.write(content)

    def _check_schema(self) -> None:
        """A planted trigger would run at every cast, and could keep each old state."""
        found = self._database.query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        if sorted(str(row["sql"]) for row in found) != sorted(SCHEMA):
            raise StorageFailure("票箱文件不是封箱时的样子：文件被改动，请保留文件并报告上级团组织。")


def journal_path(path: Path) -> Path:
    """The journal that SQLite keeps beside a file."""
    return path.with_name(f"{path.name}-journal")


def rebuilt_path(path: Path) -> Path:
    """Where a damaged box is made anew, until it takes the name."""
    return path.with_name(f"{path.name}.new")


def _check_header(path: Path) -> None:
    """Refuse what is no box before SQLite touches it, and sync what is.

    A killed process may have left its last writes in the page cache alone; nobody may act on a state that the medium
    does not have. Only before connecting: closing any descriptor of the file drops this process's SQLite lock.
    """
    try:
        with path.open("r+b") as file:
            header = file.read(_HEADER_SIZE)
            os.fsync(file.fileno())
        journal = journal_path(path)
        if journal.exists():
            with journal.open("r+b") as file:
                os.fsync(file.fileno())
    except OSError as error:
        raise StorageFailure(f"票箱文件无法读写（{reason(error)}）：请检查磁盘和权限，保留文件。") from None
    if not header.startswith(_MAGIC) or header[len(_MAGIC) + 2 :] != _ROLLBACK_JOURNAL:
        raise StorageFailure(DAMAGED)


def _blob(value: object) -> bytes:
    """A column's bytes. `bytes(5)` would be five zeros, and SQLite lets any column hold a number.

    Raises:
        TypeError: not bytes.
    """
    if not isinstance(value, bytes):
        raise TypeError("not a blob")
    return value


def _page_size(state: int) -> int:
    """Bytes of a page: 4,096 up to some 400 members; beyond, an area is eight pages at most, since each costs time."""
    return next((size for size in _PAGE_SIZES if 8 * size >= state), _PAGE_SIZES[-1])


def _connect(path: Path, *first: str) -> Database:
    """A connection under the box's pragmas, `first` before them; it holds SQLite's exclusive lock.

    Raises:
        sqlite3.Error: it can't be had.
    """
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    database = Database(connection, execute_plugins=False)
    try:
        for pragma in (*first, *_PRAGMAS):
            database.execute(f"PRAGMA {pragma}")
        # Take the lock now: under locking_mode=EXCLUSIVE it stays until the connection closes.
        database.execute("BEGIN EXCLUSIVE")
        database.execute("COMMIT")
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def _reported() -> Iterator[None]:
    """SQLite's errors as one line. A damaged file can also raise UnicodeDecodeError or a bare ValueError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StorageFailure("票箱文件正被另一程序占用：请关闭该程序后重试。") from None
        raise StorageFailure("票箱文件无法读写：请检查磁盘空间和权限，保留文件并报告上级团组织。") from None
    except (sqlite3.Error, ValueError, TypeError):
        raise StorageFailure(DAMAGED) from None
