"""Opening the registry, and its transactions: SQLAlchemy Core on SQLite; the tables stand in `schema`."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from canvass.schema import APPEND_ONLY, FORMAT, formats, metadata
from rounds.errors import BadInput, Unreadable

APPLICATION_ID = 0x424B4252
"""SQLite's mark in the file's header ("BKBR"): tells a registry from any other database without opening it."""
BUSY_SECONDS = 30.0
"""How long one process waits for another one's transaction before it gives up."""

_READING = "beikaobei_reading"
_SQLITE_MAGIC = b"SQLite format 3\x00"
_MARK = slice(68, 72)
"""Where a database's header holds its application id (sqlite.org/fileformat2.html, 1.3)."""
_FOREIGN = "这个数据库不是本软件的登记库，或由别的版本建立，未作任何改动：请核对登记库的位置。"


@dataclass(frozen=True)
class Registry:
    """An open registry; `dispose` when done."""

    engine: Engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that takes the write lock at its start; committed at the end, rolled back on any error.

        Raises:
            Unreadable: the database refused (locked, full, read-only, damaged); nothing was written.
        """
        with one_line_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees one state of the registry and holds up no importer for longer than it lasts.

        Raises:
            Unreadable: see `writing`.
        """
        with one_line_errors(), self.engine.connect().execution_options(**{_READING: True}) as connection:
            yield connection

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_registry(url: str | Path, *, busy_seconds: float = BUSY_SECONDS) -> Registry:
    """Open the registry at `url` (such as `sqlite:///台账/registry.db`) or in a SQLite file, made on first use.

    A database that holds anything else is refused and left untouched.

    Raises:
        BadInput: not a database URL that this version can use.
        Unreadable: the database cannot be opened or is no registry of this version.
    """
    place = URL.create("sqlite", database=str(url)) if isinstance(url, Path) else _parse(url)
    path = place.database or ""
    if path not in {"", ":memory:"} and not path.startswith("file:"):
        _reserve(path)
        _check_header(path)
    engine = create_engine(place, connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    registry = Registry(engine)
    try:
        with registry.reading() as connection:
            known = _is_registry(connection)
        if not known:
            with registry.writing() as connection:
                _create(connection)
    except BaseException:
        registry.dispose()
        raise
    return registry


def _parse(url: str) -> URL:
    try:
        place = make_url(url)
    except ArgumentError:
        raise BadInput("登记库地址无法识别：应为 sqlite:/// 加文件路径。") from None
    if place.get_backend_name() != "sqlite":
        raise BadInput("本版本的登记库只支持 SQLite：地址应为 sqlite:/// 加文件路径。")
    return place


def _reserve(path: str) -> None:
    """Make a new registry's file readable to its owner alone: SQLite would follow the umask."""
    with suppress(OSError):  # there already, or SQLite will say why it cannot be made
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _check_header(path: str) -> None:
    """Refuse another program's database before SQLite opens it: that alone may recover or convert it.

    Raises:
        Unreadable: it bears another application's mark or none, or is too short for a database.
    """
    try:
        with Path(path).open("rb") as file:
            header = file.read(_MARK.stop)
    except OSError:
        return  # SQLite will say why
    if 0 < len(header) < _MARK.stop:  # SQLite would take so short a file for an empty database
        raise Unreadable(_REMEDIES["SQLITE_NOTADB"])
    if header.startswith(_SQLITE_MAGIC) and header[_MARK] != APPLICATION_ID.to_bytes(4, "big"):
        raise Unreadable(_FOREIGN)


def _is_registry(connection: Connection) -> bool:
    """Whether the registry is there; False: the database is empty.

    Raises:
        Unreadable: it holds something else.
    """
    names = set(inspect(connection).get_table_names())
    if not names:
        return False
    if formats.name not in names or connection.scalar(select(formats.c.format)) != FORMAT:
        raise Unreadable(_FOREIGN)
    return True


def _create(connection: Connection) -> None:
    """Under the write lock: another process may have made the registry between our look and this."""
    if _is_registry(connection):
        return
    metadata.create_all(connection)
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(append_only_trigger(table.name, verb))
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(insert(formats).values(id=1, format=FORMAT))


def append_only_trigger(table: str, verb: str) -> str:
    """The SQLite statement that makes `table` refuse `verb` (UPDATE or DELETE)."""
    name = f"{table}_no_{verb.lower()}"
    return f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    """Every pragma that matters, set explicitly: builds of SQLite differ in their defaults.

    TRUNCATE, not WAL: a nearly full disk can end a WAL process by SIGBUS, without a word, and a clerk who copies the
    registry copies one file. With FULL the truncated journal is synced, so a commit survives a power cut.
    recursive_triggers: without it INSERT OR REPLACE deletes a row behind the append-only triggers' back.
    """
    connection.isolation_level = None  # the driver would begin late and without the lock; `_on_begin` does it
    for pragma in (
        "journal_mode=TRUNCATE",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "trusted_schema=OFF",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection: Connection) -> None:
    """A writer takes the lock before it looks: two importers never decide on the same state."""
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


_REMEDIES = {
    "SQLITE_BUSY": "登记库正被另一个程序使用：请等它结束后再试。",
    "SQLITE_LOCKED": "登记库正被另一个程序使用：请等它结束后再试。",
    "SQLITE_NOTADB": "登记库文件不是数据库或已损坏，未作任何改动：请核对位置，或用备份恢复。",
    "SQLITE_CORRUPT": "登记库已损坏：请停止使用，用备份恢复后重新导入结果文件。",
    "SQLITE_READONLY": "登记库只读，无法写入：请检查文件和所在文件夹的写权限。",
    "SQLITE_FULL": "磁盘已满，本次写入未生效：请腾出空间后重新导入，已导入的不受影响。",
    "SQLITE_CANTOPEN": "登记库无法打开：请检查所在文件夹是否存在、是否有权限。",
    "SQLITE_PERM": "登记库无法打开：请检查所在文件夹是否存在、是否有权限。",
    "SQLITE_IOERR": "登记库读写出错，本次写入未生效：请检查磁盘是否已满或已拔出。",
    "SQLITE_CONSTRAINT": "登记库拒绝了自相矛盾的数据，本次写入未生效：请保留该文件并报告。",
}
_OTHER = "登记库读写失败，本次写入未生效：请检查文件是否损坏，必要时用备份恢复。"


@contextmanager
def one_line_errors() -> Iterator[None]:
    """The one boundary where a database's errors become a line for the clerk.

    Raises:
        Unreadable: in place of any database error, or of text in the database that is no text.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:
        raise Unreadable(_remedy(error)) from None


def _remedy(error: Exception) -> str:
    """SQLite's extended names (SQLITE_IOERR_WRITE) begin with the plain one."""
    origin = getattr(error, "orig", None) or error
    name = "_".join(str(getattr(origin, "sqlite_errorname", "")).split("_")[:2])
    return _REMEDIES.get(name, _OTHER)
