"""INSERT … ON CONFLICT, which both back ends have and SQLAlchemy spells once for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert


def upsert(
    connection: Connection, table: Table, *, adding: Iterable[str] = (), replacing: Iterable[str] = ()
) -> Insert:
    """Insert rows; where the primary key is there already, add to the columns `adding` and overwrite `replacing`."""
    made = _insert(connection, table)
    changes: dict[str, Any] = {name: table.c[name] + made.excluded[name] for name in adding}
    changes |= {name: made.excluded[name] for name in replacing}
    done: Insert = made.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)
    return done


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401  the two constructs share no base that has both
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
