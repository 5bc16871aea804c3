"""The registry by itself: what its triggers and checks refuse, and what a broken database says to the clerk."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from canvass_desk import Desk
from rounds_factory import make_round
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from canvass.importing import Fate
from canvass.registry import TABLES, open_registry
from canvass.schema import ends, envelopes
from rounds.errors import BadInput, Unreadable

FILLED = ("envelopes", "words", "issuers", "ends")
CHANGES = [(table, verb) for table in FILLED for verb in ("UPDATE", "DELETE")]


@pytest.fixture
def filled(sqlite_desk: Desk) -> Desk:
    assert sqlite_desk.fates(make_round().result(3, 1, 1)) == [Fate.IMPORTED]
    sqlite_desk.registry.dispose()
    return sqlite_desk


@pytest.mark.parametrize(("table", "verb"), CHANGES)
def test_append_only_tables_refuse_change_and_without_the_trigger_it_goes_through(
    filled: Desk, table: str, verb: str
) -> None:
    """By a plain connection of another program, as somebody with a database browser would."""
    column = {"issuers": "name", "words": "word", "envelopes": "size", "ends": "digest"}[table]
    statement = f"DELETE FROM {table}" if verb == "DELETE" else f"UPDATE {table} SET {column} = {column}"  # noqa: S608  names of our own tables
    with closing(sqlite3.connect(filled.database, isolation_level=None)) as browser:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            browser.execute(statement)
        browser.execute(f"DROP TRIGGER {table}_no_{verb.lower()}")
        assert browser.execute(statement).rowcount > 0


def test_every_append_only_table_has_its_triggers_on_both_back_ends(desk: Desk) -> None:
    """PostgreSQL's fire by statement, so that an empty table tells as well as a filled one."""
    statements = [f"DELETE FROM {table.name}" for table in TABLES]  # noqa: S608  names of our own tables
    statements += [f"UPDATE {table.name} SET {table.c[0].name} = {table.c[0].name}" for table in TABLES]  # noqa: S608  see above
    if desk.url.startswith("sqlite"):
        with desk.registry.reading() as connection:
            found = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())
        assert found == {f"{table.name}_no_{verb}" for table in TABLES for verb in ("update", "delete")}
        return
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"), desk.registry.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    with desk.registry.engine.begin() as connection:  # the control: a table whose rows change
        connection.exec_driver_sql("DELETE FROM standings")


def test_insert_or_replace_does_not_slip_past_the_triggers(filled: Desk) -> None:
    """SQLite fires no delete trigger for REPLACE unless told to: the control is a connection that was not told."""
    replace = "INSERT OR REPLACE INTO ends SELECT * FROM ends"
    with pytest.raises(Unreadable, match="自相矛盾"), filled.registry.writing() as connection:
        connection.exec_driver_sql(replace)
    with closing(sqlite3.connect(filled.database, isolation_level=None)) as untold:
        assert untold.execute(replace).rowcount == 1


@pytest.mark.parametrize(
    "change",
    [
        {"collected": 7},
        {"issued": 4},
        {"present": 4},
        {"present": None},
        {"satisfied": 2},
        {"satisfied": None},
        {"satisfied": -1},
        {"satisfied": 5},
        {"invalid": 6},
        {"invalid": -1},
        {"outcome": 0},
        {"outcome": 2},
        {"outcome": 3},
        {"outcome": None},
        {"registered": 10},
        {"kind": 1},
        {"kind": 2},
        {"digest": b"short"},
        {"branch": 99},
        {"attempt": 2},
        {"round": None},
        {"ordinal": -1},
    ],
)
def test_the_schema_refuses_figures_that_contradict_each_other(filled: Desk, change: dict[str, object]) -> None:
    with filled.registry.reading() as connection:
        row = dict(connection.execute(select(ends)).one()._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    other = row | {"id": 2, "round": 7}
    with filled.registry.engine.connect() as connection:
        connection.execute(insert(envelopes).values(id=2, size=1, packed=b"x"))
        connection.commit()
        connection.execute(insert(ends).values(other))  # the control: the row itself is fine
        connection.rollback()
        with pytest.raises(IntegrityError):
            connection.execute(insert(ends).values(other | change))


def test_two_writers_that_each_think_they_are_first_cannot_both_be(filled: Desk) -> None:
    with filled.registry.engine.connect() as connection:
        row = dict(connection.execute(select(ends)).one()._mapping)  # noqa: SLF001  see above
        connection.execute(insert(envelopes).values(id=2, size=1, packed=b"x"))
        with pytest.raises(IntegrityError, match=r"UNIQUE.*round"):
            connection.execute(insert(ends).values(row | {"id": 2}))


def test_every_pragma_that_matters_is_set(sqlite_desk: Desk) -> None:
    wanted = {
        "journal_mode": "truncate",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "trusted_schema": 0,
        "temp_store": 2,
    }
    with sqlite_desk.registry.reading() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    assert found == wanted


def test_a_new_registry_is_its_owners_alone(sqlite_desk: Desk) -> None:
    assert stat.S_IMODE(sqlite_desk.database.stat().st_mode) == 0o600


def test_opening_again_finds_what_was_there(filled: Desk) -> None:
    before = filled.dump()
    filled.registry.dispose()
    again = open_registry(f"sqlite:///{filled.database}")
    again.dispose()
    assert filled.dump() == before


@pytest.mark.parametrize("content", [b"x", b"nonsense " * 1000, bytes(4096)])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "registry.db"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="不是数据库"):
        open_registry(f"sqlite:///{path}")
    assert path.read_bytes() == content
    assert [found.name for found in tmp_path.iterdir()] == ["registry.db"]


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "registry.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA journal_mode={mode}")
        other.execute("CREATE TABLE mine (a)")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(Unreadable, match="不是本软件的登记库"):
        open_registry(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_registry_of_another_version_is_refused(filled: Desk) -> None:
    with closing(sqlite3.connect(filled.database)) as later:
        later.execute("UPDATE registry SET format = 'beikaobei-registry-v9'")
        later.commit()
    with pytest.raises(Unreadable, match="别的版本"):
        open_registry(f"sqlite:///{filled.database}")


@pytest.mark.parametrize("url", ["", "nonsense", "postgresql://host/registry", "mysql://host/registry"])
def test_an_address_that_cannot_be_meant_is_bad_input(url: str) -> None:
    with pytest.raises(BadInput, match="登记库"):
        open_registry(url)


def test_a_path_is_taken_as_it_is_whatever_characters_it_holds(tmp_path: Path) -> None:
    """The control: in an address the question mark ends the path, and another file is made."""
    odd = tmp_path / "台账?第1%20版#.db"
    open_registry(odd).dispose()
    assert [found.name for found in tmp_path.glob("*.db")] == [odd.name]
    open_registry(f"sqlite:///{odd}").dispose()
    assert len([found for found in tmp_path.iterdir() if not found.name.endswith("-journal")]) == 2


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="无法打开"):
        open_registry(f"sqlite:///{tmp_path / 'nowhere' / 'registry.db'}")
    assert not list(tmp_path.iterdir())


def test_a_locked_registry_says_so_and_waits_no_longer_than_it_was_told(filled: Desk) -> None:
    hurried = open_registry(f"sqlite:///{filled.database}", busy_seconds=0)
    desk = Desk(filled.folder, hurried, filled.url)
    other = make_round().result(4, 1)
    with closing(sqlite3.connect(filled.database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unreadable, match="另一个程序"):
            desk.take(other)
    assert desk.take(other).fate is Fate.IMPORTED  # the control: nothing but the lock stood in the way
    hurried.dispose()


def test_a_read_only_registry_can_be_read_and_says_why_it_takes_nothing(filled: Desk) -> None:
    before = filled.database.read_bytes()
    reader = open_registry(f"sqlite:///file:{filled.database}?mode=ro&uri=true")
    desk = Desk(filled.folder, reader, filled.url)
    assert desk.summary().totals.branches == 1
    with pytest.raises(Unreadable, match="只读"):
        desk.take(make_round().result(4, 1))
    reader.dispose()
    assert filled.database.read_bytes() == before


def test_a_full_disk_stops_the_import_with_whole_batches_in_and_room_lets_it_go_on(sqlite_desk: Desk) -> None:
    """The cap on pages makes SQLite report a full disk; raising it is the room."""
    desk = sqlite_desk
    files = [make_round(branch_name=f"第{number}团支部").result(4, 1) for number in range(16)]
    paths = [desk.put(f"{number:02}.result", data) for number, data in enumerate(files)]
    with desk.registry.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 6}")
    with pytest.raises(Unreadable, match="磁盘已满"):
        desk.take_in(*paths, batch=2)
    taken = len(desk.dump()["ends"])
    assert 0 < taken < len(files)
    assert taken % 2 == 0
    assert len(desk.dump()["envelopes"]) == taken
    desk.rolled_up()
    with desk.registry.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=100000")
    fates = [fate.fate for fate in desk.take_in(*paths)]
    assert fates == [Fate.DUPLICATE] * taken + [Fate.IMPORTED] * (len(files) - taken)


def test_a_damaged_registry_is_one_line(filled: Desk) -> None:
    """Every page but the first overwritten; what SQLite or the driver raises depends on the page."""
    content = filled.database.read_bytes()
    filled.database.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    damaged = open_damaged(filled.database)
    assert damaged.endswith("。")
    assert "\n" not in damaged


def open_damaged(path: Path) -> str:
    with pytest.raises(Unreadable) as refused:
        open_registry(f"sqlite:///{path}").dispose()
    return str(refused.value)
