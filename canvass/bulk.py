"""Many values in one statement, past what SQLAlchemy does for each of them: written once a shape, handed to the driver.

    insert_many(connection, table, names, rows)         rows as tuples in the order of `names`
    Among(query, column).rows(connection, values)       the rows of `query` where `column` is one of `values`

An import enters thousands of rows a second; for each of them SQLAlchemy builds a mapping, asks every column's type and
renders lists of parameters anew (docs/adr/0027). The columns here are integers, texts, bytes and booleans, which both
drivers take as they are; nothing of a value ever stands in a statement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Select, Table, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

CHUNK = 500
"""Values in one IN list: SQLite took 999 parameters for a long time."""


_POSITIONAL = {
    "sqlite": sqlite.dialect(),
    "postgresql": psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
}
"""Both back ends with parameters by their place, as `exec_driver_sql` hands them over."""


def chunks(values: Collection[Any]) -> Iterator[list[Any]]:
    """`values` in lists that fit one statement."""
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]


def insert_many(connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows`, whose values stand in the order of `names`; nothing to do without rows."""
    if rows:
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        connection.exec_driver_sql(_insert(table, names, mark), list(rows))


@lru_cache
def _insert(table: Table, names: tuple[str, ...], mark: str) -> str:
    columns = ", ".join(table.c[name].name for name in names)  # a name that is no column's is a KeyError
    return f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join(mark for _ in names)})"  # noqa: S608  our own names


class Among:
    """A query that is asked for many values of one column, `CHUNK` of them at a time.

    The statement is always the same: a shorter list is filled up with its last value, which finds nothing twice.
    Rows are as the driver gives them: SQLite has 0 and 1 for booleans.
    """

    def __init__(self, query: Select[Any], column: Column[Any]) -> None:
        """`query` without parameters of its own."""
        some = bindparam("some", [None] * CHUNK, type_=column.type, expanding=True)
        self._query = query.where(column.in_(some))
        self._texts: dict[str, str] = {}

    def rows(self, connection: Connection, values: Collection[Any]) -> Iterator[Sequence[Any]]:
        """The rows for any of `values`."""
        for some in chunks(values):
            filled = (*some, *repeat(some[-1], CHUNK - len(some)))
            yield from connection.exec_driver_sql(self._text(connection.dialect), filled).all()

    def _text(self, dialect: Dialect) -> str:
        if dialect.name not in self._texts:
            plain = self._query.compile(dialect=_POSITIONAL[dialect.name], compile_kwargs={"render_postcompile": True})
            self._texts[dialect.name] = str(plain)
        return self._texts[dialect.name]
