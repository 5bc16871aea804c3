"""The inside of a box for those who attack it: which slot and area count, the state there, planted pragmas."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from unittest.mock import patch

from box_factory import MadeBox
from killing import Acknowledge, Switch, killed_at

from ballots_store import store
from ballots_store.box import BallotBox
from ballots_store.examination_pages import Pages, Table, varint
from ballots_store.held import HeldBox
from ballots_store.sealing import KEY_SIZE, NONCE_SIZE
from ballots_store.state import BoxState
from ballots_store.store import AREAS, BoxStore, Content
from rounds.choices import Choice
from rounds.issuing import Draw

PAGE = 4096
MODES = ("_JOURNALED", "_IN_PLACE", "_IN_PLACE_UNSYNCED")


def keys_of(slots: bytes) -> tuple[bytes, bytes]:
    """The 32 bytes of each slot: the state's key, and the next one's or zeros."""
    first, second = (slots[(slot + 1) * PAGE :][:32] for slot in (0, 1))
    return first, second


def live_key(made: MadeBox) -> bytes:
    """The one key that opens the state between two commits."""
    return keys_of(made.slots.read_bytes())[live_area(made)]


def live_area(made: MadeBox) -> int:
    """The number of the area that holds the state between two commits: the other one has lost its nonce."""
    live = with_nonce(made)
    assert len(live) == 1
    return live[0]


def with_nonce(made: MadeBox) -> tuple[int, ...]:
    """The areas that a key could open; two where a commit was cut off before its end."""
    states = states_in(made.folder.box.read_bytes())
    return tuple(area for area in (0, 1) if any(states[area][:NONCE_SIZE]))


def sealed_state(made: MadeBox) -> bytes:
    """The state as it lies in its area; nobody may hold the box."""
    with closing(sqlite3.connect(made.folder.box)) as database:
        state: bytes = database.execute(f"SELECT state FROM {AREAS[live_area(made)]}").fetchone()[0]  # noqa: S608  of AREAS
    return state


def meta_of(made: MadeBox) -> dict[str, bytes]:
    """The fixed values of the box by their names; nobody may hold it."""
    with closing(sqlite3.connect(made.folder.box)) as database:
        return dict(database.execute("SELECT k, v FROM meta").fetchall())


def set_state(made: MadeBox, state: Content, area: int | None = None) -> None:
    """Put another state there, or into that area, from outside."""
    table = AREAS[live_area(made) if area is None else area]
    with closing(sqlite3.connect(made.folder.box)) as database, database:
        database.execute(f"UPDATE {table} SET state = ?", [state])  # noqa: S608  of AREAS


def states_in(box: bytes) -> tuple[bytes, ...]:
    """The two areas as they lie in the box file, read without SQLite: each one's row and its overflow pages."""
    pages = Pages(box)
    return tuple(_state_in(pages, table) for table in pages.tables() if table.name in AREAS)


def _state_in(pages: Pages, table: Table) -> bytes:
    (cell,) = table.cells
    leaf = pages.page(table.leaves[0].number)
    payload, following = cell.payload, int.from_bytes(leaf[cell.end - 4 : cell.end])
    whole = _payload_size(leaf, cell.offset)
    while len(payload) < whole:
        page = pages.page(following)
        payload += page[4 : 4 + whole - len(payload)]
        following = int.from_bytes(page[:4])
    return payload[-_state_size(payload) :]


def _payload_size(page: bytes, at: int) -> int:
    return varint(page, at)[0]


def _state_size(payload: bytes) -> int:
    end, at = varint(payload, 0)
    serials = []
    while at < end:
        serial, at = varint(payload, at)
        serials.append(serial)
    return (serials[-1] - 12) // 2


def settling_without_sealing(held: HeldBox, _state: BoxState, draw: Draw) -> None:
    """The control: `HeldBox.settle` that believes the page cache and does not write the state again."""
    held._ready(1 - held._slot, draw(KEY_SIZE), "erase stale slot")  # noqa: SLF001  the order under test


def killed_before_the_old_key_goes(made: MadeBox) -> None:
    """A kiosk that is killed in a blank cast, between its two writes: both the state before and the one after open."""

    def work(switch: Switch, _acknowledge: Acknowledge) -> None:
        box = made.start(hook=switch.call)
        made.unlock(box)
        switch.on = True
        box.cast(Choice.BLANK)

    steps = ["before cast", "before commit", "before update", "after update", "after commit", "before erase slot"]
    if not killed_at(steps.index("before erase slot"), work).killed:
        raise AssertionError("the kiosk was not killed")


@contextmanager
def statements_of(box: BallotBox) -> Iterator[list[str]]:
    """What a box says to SQLite: its statements, with the size of a blob in its place, and each value written in place.

    The trace of a connection does not see what is written through an incremental blob.
    """
    seen: list[str] = []
    overwrite = BoxStore._overwrite  # noqa: SLF001  it is watched, not replaced

    def noting(held: BoxStore, table: str, column: str, content: Content, **how: bool) -> None:
        seen.append(f"{table}.{column}: {len(content)} {how}")
        overwrite(held, table, column, content, **how)

    connection = box._held.store._database.conn  # noqa: SLF001  what this very connection runs
    connection.set_trace_callback(
        lambda said: seen.append(re.sub(r"[xX]'[0-9A-Fa-f]*'", lambda blob: str(len(blob[0])), said))
    )
    with patch.object(BoxStore, "_overwrite", noting):
        yield seen
    connection.set_trace_callback(None)


@contextmanager
def pragma(instead: str, of: str) -> Iterator[None]:
    """Boxes that are opened and written under `instead` where the product says `of`; both as NAME=VALUE.

    In place of a rollback journal's mode every mode is replaced: SQLite's own ways know no writing without a journal.
    """
    name, value = instead.split("=")
    pragmas = tuple(instead if found == of else found for found in store._PRAGMAS)  # noqa: SLF001  the fault is planted inside
    with ExitStack() as stack:
        stack.enter_context(patch.object(store, "_PRAGMAS", pragmas))
        for mode in MODES:
            if name in getattr(store, mode):
                stack.enter_context(patch.dict(getattr(store, mode), {name: value}))
        yield
