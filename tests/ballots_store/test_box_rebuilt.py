"""A sector that a torn write left as neither old nor new, in what a commit overwrites: the box is made anew, whole."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from box_factory import CLOSED, FIVE_BALLOTS, VOTING, MadeBox, kept, make_box, memory_folder
from box_fixtures import refused
from box_inside import PAGE, killed_before_the_old_key_goes, live_area, set_state, with_nonce
from killing import Acknowledge, Switch, killed_at, steps_of

from ballots_store.destroying import DestroyRequest, destroy_round
from ballots_store.errors import StorageFailure
from ballots_store.examination import examine_round
from ballots_store.held import END, START_SECRET, HeldBox
from ballots_store.store import AREAS, BoxStore
from rounds.choices import Choice
from rounds.errors import Unreadable
from rounds.lifecycle import Stage

SECTOR = 512


def root_of(made: MadeBox, table: str) -> int:
    with closing(sqlite3.connect(made.folder.box)) as database:
        number: int = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
    return number


def ruined(made: MadeBox, table: str) -> MadeBox:
    """Zeros over the first sector of the table's only page."""
    at = (root_of(made, table) - 1) * PAGE
    data = bytearray(made.folder.box.read_bytes())
    data[at : at + SECTOR] = bytes(SECTOR)
    made.folder.box.write_bytes(bytes(data))
    return made


def stale(made: MadeBox) -> str:
    return AREAS[1 - live_area(made)]


def the_counts(_made: MadeBox) -> str:
    return "box"


@pytest.mark.parametrize("which", [stale, the_counts])
def test_the_box_goes_on(five_cast: MadeBox, scratch: Path, which: Callable[[MadeBox], str]) -> None:
    made = five_cast.copied(scratch)
    before = made.folder.box.stat().st_ino
    ruined(made, which(made))
    box = made.start()
    assert (box.figures().issued, box.figures().collected) == (5, 5)
    made.cast(box, Choice.BLANK)
    box.close()
    assert made.folder.box.stat().st_ino != before
    with closing(sqlite3.connect(made.folder.box)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not any(path.name.endswith((".new", ".new-journal")) for path in made.folder.path.iterdir())
    assert not examine_round(made.home, made.round_id).recoverable
    end = made.close(present=6).end
    assert (end.satisfied, end.unsatisfied, end.invalid) == (3, 1, 2)


@pytest.mark.parametrize("size", [0, 100, 100_000])
def test_an_area_of_another_size_is_made_anew_too(five_cast: MadeBox, scratch: Path, size: int) -> None:
    """It can be read, but no state of this box fits in place."""
    made = five_cast.copied(scratch)
    set_state(made, bytes(size), area=1 - live_area(made))
    box = made.start()
    assert box.figures().collected == 5
    box.close()
    assert made.close().end.collected == 5


def test_what_a_killed_rebuilding_left_goes_at_the_next_start(five_cast: MadeBox, scratch: Path) -> None:
    """Where the file reads again: else an older state of the box would stand there for good."""
    made = five_cast.copied(scratch)
    left = made.folder.box.with_name(made.folder.box.name + ".new")
    for path in (left, left.with_name(left.name + "-journal")):
        path.write_bytes(made.folder.box.read_bytes())
    made.start().close()
    assert not [*made.folder.path.glob("*.new*")]


def test_an_end_of_the_round_is_in_what_is_made_anew(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch)
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        state = held.recover(held.join_secret(START_SECRET, held.open_holders(made.codes(), VOTING)))
        held.settle(state, secrets.token_bytes)
        held.commit(state.ended(Stage.CLOSED), secrets.token_bytes, meta={END: b"signed"})
        area = live_area(made)
        held.store.rebuild(held.store.public(), area, held.store.states()[area])
        assert held.store.stored(END) == b"signed"
        assert held.rejoin(secrets.token_bytes).stage is Stage.CLOSED


def test_a_commit_that_was_cut_off_and_torn_counts_come_together(five_cast: MadeBox, scratch: Path) -> None:
    """Both pairs open, and the counts are damaged: the later state is what the new file has."""
    made = five_cast.copied(scratch)
    killed_before_the_old_key_goes(made)
    assert len(with_nonce(made)) == 2
    box = ruined(made, "box").start()
    assert (box.figures().issued, box.figures().collected) == (6, 6)
    box.close()
    assert made.close(present=6).end.invalid == 2


def test_it_is_counted_without_another_start(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch)
    assert ruined(made, stale(made)).close().end.collected == 5


def test_a_box_that_is_whole_is_not_made_anew(five_cast: MadeBox, scratch: Path) -> None:
    """The control of the inode above."""
    made = five_cast.copied(scratch)
    before = made.folder.box.stat().st_ino
    made.start().close()
    assert made.folder.box.stat().st_ino == before


@pytest.mark.parametrize("which", [stale, the_counts])
def test_without_it_the_box_is_of_no_use(
    five_cast: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch, which: Callable[[MadeBox], str]
) -> None:
    """The control: five sealed ballots, all whole, that nobody can count."""
    made = five_cast.copied(scratch)
    ruined(made, which(made))
    monkeypatch.setattr(BoxStore, "takes", lambda *_anything: True)
    for operation in (made.start, made.close):
        with pytest.raises(Unreadable):
            operation()


def test_the_area_that_counts_is_not_made_up(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch)
    ruined(made, AREAS[live_area(made)])
    assert isinstance(refused(made), StorageFailure)


def test_a_kill_at_each_step_of_it(five_cast: MadeBox, scratch: Path) -> None:
    """And of the start around it; what the next start finds is five, whichever file it finds."""

    def starting(made: MadeBox) -> Callable[[Switch, Acknowledge], None]:
        def work(switch: Switch, _acknowledge: Acknowledge) -> None:
            switch.on = True
            made.start(hook=switch.call).close()

        return work

    steps = steps_of(starting(ruined_copy(five_cast, scratch / "dry")))
    assert {"before rebuild", "after rebuild", "before rename rebuilt", "after rename rebuilt"} <= set(steps)
    for place, step in enumerate(steps):
        made = ruined_copy(five_cast, scratch / str(place))
        assert killed_at(place, starting(made)).killed, step
        box = made.start()
        assert box.figures().collected == 5, step
        box.close()
        assert made.close().end.collected == 5, step


def ruined_copy(source: MadeBox, folder: Path) -> MadeBox:
    folder.mkdir()
    made = source.copied(folder)
    return ruined(made, stale(made))


def test_what_a_killed_rebuilding_left_is_destroyed_with_the_box(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch)
    made.close()
    left = made.folder.box.with_name(made.folder.box.name + ".new")
    left.write_bytes(made.folder.box.read_bytes())
    destroy_round(made.home, DestroyRequest(made.round_id, made.codes()), now=CLOSED, token=made.token)
    assert not left.exists()


def test_no_room_for_it_leaves_the_box_as_it_was(
    five_cast: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ruined(five_cast.copied(scratch), stale(five_cast))
    before = kept(made)

    def full(*_anything: object, **_named: object) -> None:
        raise StorageFailure("磁盘已满")

    with monkeypatch.context() as patched:
        patched.setattr("ballots_store.store.create_store", full)
        with pytest.raises(StorageFailure):
            made.start()
    assert kept(made) == before
    made.start().close()


def test_a_file_that_took_its_name_meanwhile_is_not_overwritten(five_cast: MadeBox, scratch: Path) -> None:
    made = ruined(five_cast.copied(scratch), stale(five_cast))
    other = b"somebody else's"

    store = BoxStore(made.folder.box)
    made.folder.box.rename(made.folder.box.with_name("aside"))
    made.folder.box.write_bytes(other)
    with pytest.raises(StorageFailure, match="移走或替换"):
        store.rebuild(bytes(10), 0, bytes(100))
    store.close()
    assert made.folder.box.read_bytes() == other


def test_a_large_box_too() -> None:
    with memory_folder() as folder:
        made = make_box(folder / "home", members=150).vote(FIVE_BALLOTS)
        box = ruined(made, stale(made)).start()
        assert box.figures().collected == 5
        box.close()


# Page 1 ---------------------------------------------------------------------------------------------------------------


def page_one_is_journaled(made: MadeBox) -> bool:
    """Whether the journal kept page 1 as a start found it, or it was written over in place; no cast writes it again."""
    found = page_one(made)
    box = made.start()
    started = page_one(made)
    made.cast(box, Choice.BLANK)
    box.check_token()
    box.close()
    assert page_one(made) == started
    assert started != found
    return found[:SECTOR] in made.folder.journal.read_bytes()  # of the last transactions only its header is gone


def page_one(made: MadeBox) -> bytes:
    return made.folder.box.read_bytes()[:PAGE]


def test_a_start_counts_its_change_under_the_journal(five_cast: MadeBox, scratch: Path) -> None:
    """In place, page 1 could be torn, and without it a file is none of SQLite's."""
    assert page_one_is_journaled(five_cast.copied(scratch))


def test_control_an_update_that_changes_nothing_journals_nothing(
    five_cast: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoxStore, "count_change", lambda store, hook: store.update(store.public(), {}, hook=hook))
    assert not page_one_is_journaled(five_cast.copied(scratch))
