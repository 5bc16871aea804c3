"""Opening the registry, and its transactions: SQLAlchemy Core on SQLite or PostgreSQL; the tables stand in `schema`.

One writer at a time on either: SQLite by its own lock, PostgreSQL by an advisory one. What takes long, verifying, runs
outside of it; so ids can be given in order and no decision is taken on a state that another process is changing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from canvass import (
    bundle_schema,
    grant_schema,
    ledger_schema,
    publicity_schema,
    rollup_schema,
    supervision_schema,
    trust_schema,
)
from canvass.refusals import FOREIGN, NOT_A_DATABASE, one_line_errors
from canvass.schema import APPEND_ONLY, FORMAT, formats, metadata
from rounds.errors import BadInput, Unreadable

APPLICATION_ID = 0x424B4252
"""SQLite's mark in the file's header ("BKBR"): tells a registry from any other database without opening it."""
BUSY_SECONDS = 30.0
"""How long one process waits for another one's transaction before it gives up."""

_READING = "beikaobei_reading"
_ADDRESSES = "应为 sqlite:/// 加文件路径，或 postgresql+psycopg://用户@主机/数据库。"
_SQLITE_MAGIC = b"SQLite format 3\x00"
_MARK = slice(68, 72)
"""Where a database's header holds its application id (sqlite.org/fileformat2.html, 1.3)."""
_WRITERS = 0x424B4252
"""The advisory lock of PostgreSQL that stands for SQLite's write lock."""
TABLES = (
    *APPEND_ONLY,
    *grant_schema.APPEND_ONLY,
    *trust_schema.APPEND_ONLY,
    *publicity_schema.APPEND_ONLY,
    *bundle_schema.APPEND_ONLY,
    *supervision_schema.APPEND_ONLY,
)
"""Those that refuse UPDATE and DELETE."""
_MODULES = (ledger_schema, rollup_schema)  # imported for the tables that they add to `metadata`


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
    """Open the registry at `url` or in a SQLite file, made on first use.

    `url`: `sqlite:///台账/registry.db`, or `postgresql+psycopg://…` (an empty database or schema of its own).

    A database that holds anything else is refused and left untouched.

    Raises:
        BadInput: not a database URL that this version can use.
        Unreadable: the database cannot be opened or is no registry of this version.
    """
    place = URL.create("sqlite", database=str(url)) if isinstance(url, Path) else _parse(url)
    sqlite = place.get_backend_name() == "sqlite"
    registry = Registry(_sqlite_engine(place, busy_seconds) if sqlite else _postgresql_engine(place, busy_seconds))
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
        raise BadInput(f"登记库地址无法识别：{_ADDRESSES}") from None
    if place.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise BadInput(f"登记库只支持 SQLite 和 PostgreSQL：{_ADDRESSES}")
    return place


def _sqlite_engine(place: URL, busy_seconds: float) -> Engine:
    path = place.database or ""
    if path not in {"", ":memory:"} and not path.startswith("file:"):
        _reserve(path)
        _check_header(path)
    engine = create_engine(place, connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _postgresql_engine(place: URL, busy_seconds: float) -> Engine:
    try:
        engine = create_engine(place, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ImportError:
        raise BadInput("本机没有安装 PostgreSQL 的驱动：请安装本软件的 postgresql 附加项（psycopg）。") from None

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_READING, False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(busy_seconds * 1000) or 1}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")

    event.listen(engine, "begin", begin)
    return engine


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
        raise Unreadable(NOT_A_DATABASE)
    if header.startswith(_SQLITE_MAGIC) and header[_MARK] != APPLICATION_ID.to_bytes(4, "big"):
        raise Unreadable(FOREIGN)


def _is_registry(connection: Connection) -> bool:
    """Whether the registry is there; False: the database is empty.

    Raises:
        Unreadable: it holds something else.
    """
    names = set(inspect(connection).get_table_names())
    if not names:
        return False
    if formats.name not in names or connection.scalar(select(formats.c.format)) != FORMAT:
        raise Unreadable(FOREIGN)
    return True


def _create(connection: Connection) -> None:
    """Under the write lock: another process may have made the registry between our look and this."""
    if _is_registry(connection):
        return
    metadata.create_all(connection, checkfirst=False)  # it is empty: we looked
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    else:
        connection.exec_driver_sql(_REFUSE)
    for table in TABLES:
        for verb in ("UPDATE", "DELETE") if sqlite else ("UPDATE", "DELETE", "TRUNCATE"):
            made = append_only_trigger(table.name, verb) if sqlite else _postgresql_trigger(table.name, verb)
            connection.exec_driver_sql(made)
    connection.execute(insert(formats).values(id=1, format=FORMAT))


def append_only_trigger(table: str, verb: str) -> str:
    """The SQLite statement that makes `table` refuse `verb` (UPDATE or DELETE)."""
    name = f"{table}_no_{verb.lower()}"
    return f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"


_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation';
END $$
"""


def _postgresql_trigger(table: str, verb: str) -> str:
    """By statement: a change of no row is refused as well."""
    name = f"{table}_no_{verb.lower()}"
    return f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"


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
