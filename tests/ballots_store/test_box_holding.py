"""One process holds a box: a second one is told so, a killed one holds nothing, a child inherits nothing."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from box_factory import FIVE_BALLOTS, MadeBox, make_box, make_issued, make_request, open_box
from killing import Acknowledge, in_child

from ballots_store.closing import stored_end
from ballots_store.errors import BoxInUse, BoxStopped, StorageFailure
from ballots_store.status import round_status
from rounds.choices import Choice
from rounds.errors import Unreadable

SLEEPER = [sys.executable, "-c", "import sys; sys.stdin.read()"]


@pytest.fixture
def made(scratch: Path) -> MadeBox:
    return make_box(scratch / "home", token=scratch / "stick").vote(FIVE_BALLOTS[:2])


@contextmanager
def held_by_another(made: MadeBox, then: Callable[[Acknowledge], object] = lambda _say: None) -> Iterator[str]:
    """A child starts the box, does `then`, says its line and holds on until it is killed."""
    said, out = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            box = made.start()
            then(lambda line: (os.write(out, line.encode() + b"\n"), None)[1])
            os.write(out, b"held\n")
            signal.pause()
            box.close()
        finally:
            os._exit(70)
    os.close(out)
    heard = b""
    while not heard.endswith(b"held\n"):
        if not (more := os.read(said, 100)):
            break
        heard += more
    os.close(said)
    try:
        yield heard.decode().removesuffix("held\n").strip()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert heard.endswith(b"held\n")


def test_a_second_process_is_told_and_a_killed_one_holds_nothing(made: MadeBox) -> None:
    before = made.slots.read_bytes()
    with held_by_another(made):
        during = made.slots.read_bytes()
        for operation in (
            made.start,
            made.close,
            made.void,
            lambda: stored_end(made.home, made.round_id, token=made.token),
        ):
            with pytest.raises(BoxInUse, match="正在使用") as caught:
                operation()
            assert caught.value.exit_code == 1
        status = round_status(made.home, made.round_id)
        assert (status.state, status.issued, status.collected, status.quorum_met) == ("in_use", None, None, None)
        assert status.registered == 6
        assert made.slots.read_bytes() == during != before
    status = round_status(made.home, made.round_id)
    assert (status.state, status.issued, status.collected, status.quorum_met) == ("opened", 2, 2, False)
    made.vote(FIVE_BALLOTS[2:])
    assert made.close().end.collected == 5


def test_status_erases_no_slot_and_changes_no_byte(made: MadeBox) -> None:
    before = made.files()
    assert round_status(made.home, made.round_id).collected == 2
    assert made.files() == before


def test_a_child_of_the_holder_keeps_nothing(made: MadeBox) -> None:
    """A program that the kiosk starts outlives it and holds no lock."""

    def spawn(say: Acknowledge) -> None:
        say(str(subprocess.Popen(["sleep", "60"], start_new_session=True).pid))

    with held_by_another(made, spawn) as line:
        orphan = int(line)
    try:
        os.kill(orphan, 0)  # it lives
        made.start().close()
    finally:
        os.kill(orphan, signal.SIGKILL)


def test_an_inherited_lock_is_kept(scratch: Path) -> None:
    """The control: a descriptor that a child inherits keeps the lock after its parent let go."""
    path = scratch / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.set_inheritable(descriptor, True)
    child = subprocess.Popen(SLEEPER, stdin=subprocess.PIPE, pass_fds=[descriptor])
    os.close(descriptor)
    other = os.open(path, os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    child.communicate()
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_box_moved_away_takes_no_further_ballot(made: MadeBox, *, replaced: bool) -> None:
    box = made.start()
    made.unlock(box)
    away = made.folder.path / "away.sqlite"
    made.folder.box.rename(away)
    if replaced:
        shutil.copy(away, made.folder.box)
    with pytest.raises(BoxStopped):
        box.cast(Choice.SATISFIED)
    with pytest.raises(BoxStopped):
        box.void_session()
    away.replace(made.folder.box)
    box = made.start()
    assert (box.figures().issued, box.figures().collected) == (3, 2)
    box.close()


@pytest.mark.parametrize("replaced", [False, True])
def test_slots_moved_away_take_no_further_key(made: MadeBox, *, replaced: bool) -> None:
    """The stick pulled and another copy of the file in its place: the key of a ballot must not go elsewhere."""
    box = made.start()
    made.unlock(box)
    slots = made.slots
    away = slots.with_name("away")
    slots.rename(away)
    if replaced:
        shutil.copy(away, slots)
    with pytest.raises(BoxStopped):
        box.cast(Choice.SATISFIED)
    away.replace(slots)
    box = made.start()
    assert (box.figures().issued, box.figures().collected) == (3, 2)
    made.cast(box, Choice.SATISFIED)
    box.close()


def test_plain_sqlite_writes_on_into_a_file_that_was_moved(scratch: Path) -> None:
    """The control: the commit is taken, and the file of that name does not have it."""
    path = scratch / "plain.sqlite"
    database = sqlite3.connect(path)
    database.execute("PRAGMA locking_mode=EXCLUSIVE")
    database.execute("PRAGMA journal_mode=PERSIST")
    database.execute("CREATE TABLE t(x)")
    database.commit()
    shutil.copy(path, scratch / "copy")
    path.rename(scratch / "away")
    (scratch / "copy").rename(path)
    database.execute("INSERT INTO t VALUES(1)")
    database.commit()
    database.close()
    found = sqlite3.connect(path)
    assert found.execute("SELECT count(*) FROM t").fetchone() == (0,)
    found.close()


@pytest.mark.parametrize("limit", [0, 4096, 6000, 8192, 9000, 12_288, 16_384, 30_000])
def test_a_disk_that_is_full_acknowledges_nothing(made: MadeBox, limit: int) -> None:
    """No file may grow or be written past `limit`: wherever that hits, the next start finds what was acknowledged."""

    def work(acknowledge: Acknowledge) -> None:
        box = made.start()
        made.unlock(box)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            box.cast(Choice.SATISFIED)
            acknowledge("cast")
        except BoxStopped as stopped:
            acknowledge("refused" if "重新启动" in str(stopped) else "?")

    fate = in_child(work)
    assert fate.acknowledged in {("cast",), ("refused",)}, fate.error
    if limit == 0:
        assert fate.acknowledged == ("refused",)  # the control: the limit does hit
    box = made.start()
    assert box.figures().issued == 3
    assert box.figures().collected == 2 + (fate.acknowledged == ("cast",))
    box.close()


@pytest.mark.parametrize("limit", [0, 3000, 12_288, 16_384])
def test_a_disk_that_is_full_opens_nothing(scratch: Path, limit: int) -> None:
    issued = make_issued(members=120)
    (scratch / "stick").mkdir()
    request = make_request(issued, token=scratch / "stick")
    home = scratch / "home"
    made = make_box(home, members=3)

    def work(acknowledge: Acknowledge) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            open_box(home, issued, request)
        except StorageFailure as failure:
            acknowledge("refused" if "\n" not in str(failure) else "?")

    fate = in_child(work)
    assert fate.acknowledged == ("refused",), fate.error
    assert {path.name for path in home.joinpath("rounds").iterdir()} == {made.round_id, ".opening.lock"}
    assert list((scratch / "stick").iterdir()) == []
    assert open_box(home, issued, request).start().figures().issued == 0


def as_nobody(folder: Path) -> None:
    """Root may write anywhere: in a child, become somebody who owns `folder` and obeys its mode."""
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534)
        folder.parent.chmod(0o755)
        os.setgid(65534)
        os.setuid(65534)


def refuses_as_nobody(folder: Path, read_only: Path, operation: Callable[[], object]) -> str:
    """What a StorageFailure says where `read_only` can't be written."""

    def work(acknowledge: Acknowledge) -> None:
        as_nobody(folder)
        read_only.chmod(0o500)
        try:
            operation()
        except Unreadable as failure:
            acknowledge(str(failure).replace(" ", ""))
        finally:
            read_only.chmod(0o700)

    fate = in_child(work)
    assert len(fate.acknowledged) == 1, fate.error
    return fate.acknowledged[0]


@pytest.mark.parametrize("place", ["home", "home/rounds", "stick"])
def test_opening_where_nothing_can_be_written(scratch: Path, place: str) -> None:
    issued = make_issued()
    folder = scratch / "all"
    for name in ("home", "stick"):
        (folder / name).mkdir(parents=True)
    request = make_request(issued, token=folder / "stick")
    make_box(folder / "home", members=3) if place == "home/rounds" else make_trust(folder / "home")
    said = refuses_as_nobody(folder, folder / place, lambda: open_box(folder / "home", issued, request))
    assert said.startswith("无法"), said
    assert list((folder / "stick").iterdir()) == []
    assert not list((folder / "home").rglob(".opening-*"))


def make_trust(home: Path) -> None:
    """A home that has enrolled its root and opened nothing."""
    made = make_box(home, members=3)
    shutil.rmtree(made.home.rounds_path)


def test_starting_where_nothing_can_be_written(made: MadeBox, scratch: Path) -> None:
    folder = scratch / "all"
    folder.mkdir()
    copy = made.copied(folder)
    copy.folder.lock.unlink()
    before = copy.slots.read_bytes()
    assert "无法锁定票箱" in refuses_as_nobody(folder, copy.folder.path, copy.start)
    copy.folder.box.chmod(0o400)
    assert copy.token is not None
    assert "票箱文件无法读写" in refuses_as_nobody(folder, copy.token, lambda: chmodded(copy.folder.box, copy.start))
    assert "无法打开密钥文件" in refuses_as_nobody(folder, copy.token, lambda: chmodded(copy.slots, copy.start))
    assert copy.slots.read_bytes() == before
    copy.start().close()


def chmodded(path: Path, operation: Callable[[], object]) -> None:
    path.chmod(0o400)
    try:
        operation()
    finally:
        path.chmod(0o600)
