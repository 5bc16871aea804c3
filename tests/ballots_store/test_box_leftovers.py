"""What a killed opening leaves is gone after the next one, and nothing else is."""

from __future__ import annotations

import os
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest
from box_factory import MadeBox, make_box, make_issued, make_request, open_box
from killing import Acknowledge, Switch, Work, in_child, killed_at, steps_of

from ballots_store import files, held, leftovers, lock
from ballots_store import opening as opening_module
from ballots_store.home import Home, RoundFolder
from ballots_store.status import round_status
from rounds.choices import Choice
from rounds.errors import RuleRefusal
from rounds.issuing import IssuedAuthorisation

ISSUED = make_issued()
LATER = make_issued()


def opening(folder: Path, *, stick: bool, issued: IssuedAuthorisation = ISSUED) -> Work:
    (folder / "stick").mkdir(parents=True, exist_ok=True)
    request = make_request(issued, token=folder / "stick" if stick else None)

    def work(switch: Switch, _acknowledge: Acknowledge) -> None:
        switch.on = True
        open_box(folder / "home", issued, request, hook=switch.call)

    return work


def opened(folder: Path, *, stick: bool, issued: IssuedAuthorisation = LATER) -> MadeBox:
    return open_box(folder / "home", issued, make_request(issued, token=folder / "stick" if stick else None))


def remains(folder: Path) -> list[str]:
    """What unfinished openings left in the home, and every slots file of the stick."""
    found = [*(folder / "home" / "rounds").glob(".opening-*"), *(folder / "stick").iterdir()]
    return sorted(path.name for path in found)


@pytest.mark.parametrize("stick", [False, True])
def test_nothing_of_a_killed_opening_is_left_by_the_next(scratch: Path, *, stick: bool) -> None:
    steps = steps_of(opening(scratch / "dry", stick=stick))
    left = 0
    for place, step in enumerate(steps):
        folder = scratch / str(place)
        assert killed_at(place, opening(folder, stick=stick)).killed
        published = place >= steps.index("after publish")
        before = remains(folder)
        left += bool(before) and not published
        made = opened(folder, stick=stick)
        own = [made.slots.name] if stick else []
        first = [name for name in before if name.endswith(".slots")] if published else []
        assert remains(folder) == sorted([*own, *first]), step
        assert made.opened.left == ()
        made.vote([Choice.SATISFIED] * 4)
        assert made.close(present=4).end.satisfied == 4
    assert left == steps.index("after publish")  # the control: without a next opening all of it is there


def test_a_box_that_was_published_keeps_its_keys(scratch: Path) -> None:
    work = opening(scratch, stick=True)
    assert killed_at(steps_of(opening(scratch / "dry", stick=True)).index("after publish"), work).killed
    (slots,) = (scratch / "stick").iterdir()
    before = slots.read_bytes()
    later = opened(scratch, stick=True)
    assert slots.read_bytes() == before
    assert round_status(later.home, ISSUED.round_id).state == "opened"


def survives_a_lost_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a box keeps its keys: its opening is killed as its name is synced, it is voted in, power is lost, and
    with it the name, if nobody has synced that; then another round is opened.
    """
    with monkeypatch.context() as killed:
        killed.setattr(opening_module, "sync_folder", lambda _folder: None)
        killed.setattr(leftovers, "finished", lambda _folder: None)
        made = opened(folder, stick=True, issued=ISSUED)
    synced: list[Path] = []
    monkeypatch.setattr(lock, "sync_folder", synced.append)
    made.vote([Choice.SATISFIED] * 4)
    if made.home.rounds_path not in synced:
        made.folder.path.rename(made.home.rounds_path / ".opening-0123456789abcdef")
    slots = made.slots
    before = slots.read_bytes()
    open_box(made.home.path, LATER, make_request(LATER))
    return slots.exists() and slots.read_bytes() == before


def test_a_box_in_use_is_never_taken_for_a_leftover(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (scratch / "stick").mkdir()
    assert survives_a_lost_name(scratch, monkeypatch)
    assert not Home(scratch / "home").folder(ISSUED.round_id).opening.exists()
    (scratch / "control" / "stick").mkdir(parents=True)
    monkeypatch.setattr(held, "make_sure_of_name", lambda _folder: None)
    # the control: ballots and keys are cleared away
    assert not survives_a_lost_name(scratch / "control", monkeypatch)


def left_by_a_kill(folder: Path) -> tuple[Path, Path]:
    """The unfinished folder and the slots file of an opening killed before its box was made."""
    steps = steps_of(opening(folder / "dry", stick=True))
    assert killed_at(steps.index("before box"), opening(folder, stick=True)).killed
    (half,), (slots,) = (folder / "home" / "rounds").glob(".opening-*"), (folder / "stick").iterdir()
    return half, slots


def test_keys_are_overwritten_before_their_name_goes(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, slots = left_by_a_kill(scratch)
    assert any(slots.read_bytes())
    os.link(slots, scratch / "same file")
    opened(scratch, stick=True)
    assert (scratch / "same file").read_bytes() == bytes(12288)
    with monkeypatch.context() as patched:  # the control: unlinked alone, the keys stay in free blocks
        patched.setattr(leftovers, "erase", lambda path: path.unlink())
        _, slots = left_by_a_kill(scratch / "again")
        os.link(slots, scratch / "another")
        opened(scratch / "again", stick=True)
    assert any((scratch / "another").read_bytes())


def test_with_the_stick_out_all_of_it_stays_and_goes_when_it_is_back(scratch: Path) -> None:
    half, slots = left_by_a_kill(scratch)
    away = (scratch / "stick").rename(scratch / "away")
    made = open_box(scratch / "home", LATER, make_request(LATER))
    assert made.opened.left == (half,)
    assert (away / slots.name).exists()
    away.rename(scratch / "stick")
    assert opened(scratch, stick=True, issued=make_issued()).opened.left == ()
    assert not slots.exists()
    assert not half.exists()


@pytest.mark.parametrize("foreign", [b"somebody's file", b"beikaobei-slots1" + b"\1" * 32])
def test_a_file_under_the_name_that_is_not_its_slots_stays(scratch: Path, foreign: bytes) -> None:
    half, slots = left_by_a_kill(scratch)
    slots.write_bytes(foreign)
    assert opened(scratch, stick=True).opened.left == (half,)
    assert slots.read_bytes() == foreign


@pytest.mark.parametrize("kept", [0, 7, 30, 5000])
def test_slots_that_were_cut_off_go(scratch: Path, kept: int) -> None:
    _, slots = left_by_a_kill(scratch)
    os.truncate(slots, kept)
    assert opened(scratch, stick=True).opened.left == ()
    assert not slots.exists()


def test_a_folder_without_a_note_stays_unless_nothing_was_made(scratch: Path) -> None:
    half, slots = left_by_a_kill(scratch)
    (half / "opening.json").unlink()
    (half / "box.sqlite").write_bytes(b"of an older program")
    empty = half.with_name(".opening-0123456789abcdef")
    empty.mkdir()
    assert opened(scratch, stick=True).opened.left == (half,)
    assert (half / "box.sqlite").exists()
    assert slots.exists()
    assert not empty.exists()


def test_the_slots_of_another_home_on_the_same_stick_stay(scratch: Path) -> None:
    theirs = make_box(scratch / "other", token=scratch / "stick").slots
    before = theirs.read_bytes()
    steps = steps_of(opening(scratch / "dry", stick=True))
    assert killed_at(steps.index("before box"), opening(scratch, stick=True)).killed
    (ours,) = set((scratch / "stick").iterdir()) - {theirs}
    assert opened(scratch, stick=True).opened.left == ()
    assert theirs.read_bytes() == before
    assert not ours.exists()


def beside_each_other(folder: Path) -> tuple[list[str], bool]:
    """A second opening begins while the first is at work: what failed, and whether the second waited."""
    reached, go_on, failed = threading.Event(), threading.Event(), []

    def hook(step: str) -> None:
        if step == "before box":
            reached.set()
            assert go_on.wait(20)

    def first() -> None:
        try:
            open_box(folder / "home", ISSUED, make_request(ISSUED, token=folder / "stick"), hook=hook)
        except BaseException as error:  # noqa: BLE001  told to the test
            failed.append(f"first: {type(error).__name__}")

    def second() -> None:
        try:
            opened(folder, stick=True)
        except BaseException as error:  # noqa: BLE001  told to the test
            failed.append(f"second: {type(error).__name__}")

    (folder / "stick").mkdir(parents=True)
    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert reached.wait(20)
    threads[1].start()
    threads[1].join(1.5)
    waited = threads[1].is_alive()
    go_on.set()
    for thread in threads:
        thread.join(30)
    return failed, waited


def test_an_opening_at_work_is_left_alone(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert beside_each_other(scratch) == ([], True)
    assert len(remains(scratch)) == 2
    with monkeypatch.context() as patched:  # the control: without the lock the second clears the first away
        patched.setattr(leftovers, "alone", lambda _home: nullcontext())
        failed, waited = beside_each_other(scratch / "unlocked")
    assert [line.partition(":")[0] for line in failed] == ["first"]
    assert not waited


def test_an_opening_that_never_ends_is_named(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_box(scratch / "home")
    monkeypatch.setattr(leftovers, "_PATIENCE_S", 0.05)
    with leftovers.alone(made.home), pytest.raises(RuleRefusal, match="正在为另一次测评封箱"):
        open_box(scratch / "home", LATER, make_request(LATER))
    open_box(scratch / "home", LATER, make_request(LATER))


def test_a_lock_dies_with_its_process(scratch: Path) -> None:
    made = make_box(scratch / "home")

    def work(acknowledge: Acknowledge) -> None:
        with leftovers.alone(made.home):
            acknowledge("held")
            os.kill(os.getpid(), 9)

    assert in_child(work).killed
    open_box(scratch / "home", LATER, make_request(LATER))


def test_what_fails_without_a_kill_leaves_nothing(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(step: str) -> None:
        if step == "before publish":
            raise OSError(28, "full")

    (scratch / "stick").mkdir()
    with pytest.raises(Exception, match="无法建立票箱"):
        open_box(scratch / "home", ISSUED, make_request(ISSUED, token=scratch / "stick"), hook=fail)
    assert remains(scratch) == []
    with monkeypatch.context() as patched:  # the control
        patched.setattr(leftovers, "undo", lambda _half: True)
        with pytest.raises(Exception, match="无法建立票箱"):
            open_box(scratch / "home", ISSUED, make_request(ISSUED, token=scratch / "stick"), hook=fail)
    assert len(remains(scratch)) == 2


def test_erasing_covers_every_byte(scratch: Path) -> None:
    path = RoundFolder(scratch).box
    path.write_bytes(b"k" * (3 * 1024 * 1024 + 5))
    os.link(path, scratch / "same")
    files.erase(path)
    assert not path.exists()
    assert (scratch / "same").read_bytes() == bytes(3 * 1024 * 1024 + 5)
    files.erase(path)
