"""A box that `chattr +i` locks, and a stick that goes (`umount -l`) in the middle of the copy to it.

Both need root and a file system of their own; elsewhere they say so and are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from box_factory import MadeBox, make_box
from power import Disk, cannot_cut, run

from ballots_store import frozen
from ballots_store.errors import StorageFailure
from ballots_store.files import write_over
from ballots_store.frozen import copy_to_token
from rounds.choices import Choice
from rounds.errors import RoundError

pytestmark = pytest.mark.skipif(bool(cannot_cut()), reason=cannot_cut())

THREE = (Choice.SATISFIED, Choice.UNSATISFIED, Choice.BLANK)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with Disk(tmp_path) as made:
        yield made.mount


@pytest.mark.parametrize("name", ["box", "slots"])
def test_a_box_under_chattr_is_refused_and_untouched(disk: Path, name: str) -> None:
    """One line instead of a start; not a byte is changed, and without the lock the round goes on as it stood."""
    made = make_box(disk / "home", members=6).vote(THREE)
    locked = {"box": made.folder.box, "slots": made.slots}[name]
    before = _files(made.folder.path)
    run("chattr", "+i", str(locked))
    try:
        with pytest.raises(RoundError) as refusal:
            made.start()
        assert "\n" not in str(refusal.value)
        assert _files(made.folder.path).items() >= before.items()
    finally:
        run("chattr", "-i", str(locked))
    box = made.start()
    assert box.figures().collected == len(THREE)
    box.close()


def test_a_lock_that_comes_in_mid_round_acknowledges_nothing(disk: Path) -> None:
    """`chattr +i` takes effect on names, not on open files: what is acknowledged is in, and nothing else is."""
    made = make_box(disk / "home", members=6)
    box = made.start()
    made.cast(box, Choice.SATISFIED)
    run("chattr", "+i", str(made.folder.box))
    acknowledged = 1
    try:
        made.cast(box, Choice.UNSATISFIED)
        acknowledged += 1
    except RoundError:
        pass
    finally:
        box.close()
        run("chattr", "-i", str(made.folder.box))
    again = made.start()
    assert again.figures().collected == acknowledged
    again.close()


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_stick_pulled_out_of_the_copy_is_no_copy(
    tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Unmounted after that many files: one line, nothing of the box in the folder that is left; then it works."""
    made = _closed(tmp_path, disk)
    _pull_after(monkeypatch, after, lambda: run("umount", "-l", str(disk)))
    with pytest.raises(StorageFailure) as failure:
        copy_to_token(made.home, made.round_id)
    assert "\n" not in str(failure.value)
    assert [path for path in disk.rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    run("mount", "-o", "loop", str(tmp_path / "disk.img"), str(disk))
    assert copy_to_token(made.home, made.round_id)


def test_a_folder_of_the_stick_s_name_is_not_the_stick(tmp_path: Path, disk: Path) -> None:
    """Copied by name alone, result and box would lie on the disk and be called safe."""
    made = _closed(tmp_path, disk)
    run("umount", str(disk))
    assert disk.is_dir()
    with pytest.raises(StorageFailure, match="U盘"):
        copy_to_token(made.home, made.round_id)
    write_over(disk / "control", b"")  # the control: writing by name alone succeeds
    (disk / "control").unlink()
    run("mount", "-o", "loop", str(tmp_path / "disk.img"), str(disk))
    assert copy_to_token(made.home, made.round_id)


def _closed(tmp_path: Path, disk: Path) -> MadeBox:
    made = make_box(tmp_path / "home", members=4, token=disk).vote(THREE)
    made.close(present=4)
    return made


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "lock"}


def _pull_after(monkeypatch: pytest.MonkeyPatch, files: int, pull: Callable[[], None]) -> None:
    written: list[Path] = []

    def write(path: Path, data: bytes) -> None:
        if len(written) == files:
            pull()
        written.append(path)
        write_over(path, data)

    monkeypatch.setattr(frozen, "write_over", write)
