"""Boxes and slots with flipped bytes, cut short or replaced by other files: one line, and left as found."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from box_factory import SUPERVISOR, TELLER, MadeBox, kept
from box_fixtures import refused
from box_inside import live_area, live_key, meta_of, sealed_state

from ballots_store.held import HeldBox
from ballots_store.slots import KeySlots
from rounds.errors import Unreadable, VerificationFailure

PAGE = 4096


def accepted(made: MadeBox) -> int | None:
    """How many 不满意 the officers would count: 5 shows that the forgery was taken, 1 that the true box was."""
    return made.close().end.unsatisfied


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << (place % 8)
    path.write_bytes(bytes(data))


def test_every_byte_of_the_slots_that_says_something(five_cast: MadeBox, scratch: Path) -> None:
    """Header and the live key; then the other slot, where any byte opens nothing and hurts nobody."""
    made = five_cast.copied(scratch / "here")
    whole = made.slots.read_bytes()
    live = whole.index(live_key(made))
    for place in (*range(48), *range(live, live + 32)):
        flip(made.slots, place)
        before = kept(made)
        with pytest.raises((Unreadable, VerificationFailure)) as caught:
            made.start()
        assert "\n" not in str(caught.value)
        assert kept(made) == before
        made.slots.write_bytes(whole)
    flip(made.slots, 3 * PAGE - live + 5)  # what stands at the same place of the other slot
    assert accepted(made) == 1


def test_bytes_of_the_state_and_of_every_fixed_value(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch / "here")
    whole = made.folder.box.read_bytes()
    state = sealed_state(made)
    values = {name: value for name, value in meta_of(made).items() if name != "token"}  # --token overrides that one
    assert len(values) == 14
    places = [whole.index(state[at : at + 8]) + at % 8 for at in range(0, len(state) - 8, 11)]
    for value in values.values():
        ends = (value[:12], value[-12:], value[len(value) // 2 :][:12])
        places += [whole.index(end) + 5 for end in ends if end in whole]
    assert len(places) > 60
    for place in places:
        flip(made.folder.box, place)
        before = kept(made)
        with pytest.raises((Unreadable, VerificationFailure)) as caught:
            made.start(TELLER, SUPERVISOR)
        assert "\n" not in str(caught.value)
        assert kept(made) == before, place
        made.folder.box.write_bytes(whole)
    assert accepted(made) == 1  # the control: put back, it opens


def test_any_byte_of_the_box_file_is_harmless_or_refused(five_cast: MadeBox, scratch: Path) -> None:
    """Pages, cells and free space as well: never another count, never another kind of error."""
    whole = five_cast.folder.box.read_bytes()
    chosen = random.Random(20990401)  # noqa: S311  places to damage, the same in every run
    places = [*range(0, 100, 7), *(chosen.randrange(len(whole)) for _ in range(40))]
    outcomes = {"refused": 0, "harmless": 0}
    for place in places:
        made = five_cast.copied(scratch / "here")
        flip(made.folder.box, place)
        try:
            counted = accepted(made)
        except (Unreadable, VerificationFailure):
            outcomes["refused"] += 1
        else:
            assert counted == 1, place
            outcomes["harmless"] += 1
        shutil.rmtree(scratch / "here")
    assert min(outcomes.values()) > 0


def test_sqlites_own_check_misses_a_flipped_state(five_cast: MadeBox, scratch: Path) -> None:
    """The control: the file is sound to SQLite, and the box refuses it all the same."""
    made = five_cast.copied(scratch)
    state = sealed_state(made)
    flip(made.folder.box, made.folder.box.read_bytes().index(state[40:60]) + 3)
    database = sqlite3.connect(made.folder.box)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    refused(made)


def test_public_counts_are_not_believed(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch)
    database = sqlite3.connect(made.folder.box)
    database.execute("UPDATE box SET public = x'01000000000900000009'")
    database.commit()
    database.close()
    box = made.start()
    assert (box.figures().issued, box.figures().collected) == (5, 5)
    box.close()
    assert accepted(made) == 1


def foreign(path: Path, journal: str) -> None:
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA journal_mode={journal}")
    database.execute("CREATE TABLE meta(k TEXT, v BLOB)")
    database.execute("INSERT INTO meta VALUES('authorisation', x'00')")
    database.commit()
    database.close()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "empty": lambda path: void(path.write_bytes(b"")),
    "text": lambda path: void(path.write_text("这不是票箱。\n" * 500)),
    "half": lambda path: void(path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])),
    "one page": lambda path: void(path.write_bytes(path.read_bytes()[:PAGE])),
    "a few bytes": lambda path: void(path.write_bytes(path.read_bytes()[:50])),
    "zeros": lambda path: void(path.write_bytes(bytes(path.stat().st_size))),
    "another database": lambda path: remade(path, "DELETE"),
    "another database in WAL": lambda path: remade(path, "WAL"),
}


def void(_value: object) -> None:
    """Drop a value."""


def remade(path: Path, journal: str) -> None:
    path.unlink()
    foreign(path, journal)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_no_box_is_refused_and_left(five_cast: MadeBox, scratch: Path, damage: str) -> None:
    made = five_cast.copied(scratch)
    made.folder.path.joinpath("box.sqlite-journal").unlink()
    DAMAGES[damage](made.folder.box)
    refused(made)


def test_stock_sqlite_changes_such_a_file(scratch: Path) -> None:
    """The control: the same pragmas on another program's database rewrite it."""
    path = scratch / "theirs.sqlite"
    foreign(path, "WAL")
    before = path.read_bytes()
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=PERSIST")
    database.close()
    assert path.read_bytes() != before


def test_missing_files_are_named(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch / "slots")
    made.slots.unlink()
    with pytest.raises(Unreadable, match="票箱U盘"):
        made.start()
    made = five_cast.copied(scratch / "token")
    assert made.token is not None
    shutil.rmtree(made.token)
    with pytest.raises(Unreadable, match="票箱U盘"):
        made.start()
    made = five_cast.copied(scratch / "box")
    made.folder.box.unlink()
    with pytest.raises(Unreadable, match="不存在"):
        made.start()
    assert not made.folder.box.exists()


@pytest.mark.parametrize("size", [0, 47, 12_287, 12_289, 100_000])
def test_slots_of_another_size_are_refused(five_cast: MadeBox, scratch: Path, size: int) -> None:
    made = five_cast.copied(scratch)
    made.slots.write_bytes(made.slots.read_bytes()[:size].ljust(size, b"\0"))
    refused(made)


def test_the_key_in_the_other_slot_too_opens_nothing_more(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch)
    key, free = live_key(made), 1 - live_area(made)
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        slots = KeySlots(made.slots, held.bound_to)
        slots.write(free, key)
        slots.close()
    assert accepted(made) == 1
