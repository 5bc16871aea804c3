"""The 票箱U盘 pulled out and put back: the box waits, finds out what is on the medium, completes it once, goes on.

The stick is a folder that is renamed away at a named step of a commit, or, as root, a loop-mounted file system that is
lazily unmounted, so that the open descriptor outlives the name.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from box_factory import PIN, VOTING, MadeBox, make_box, memory_folder
from power import Disk, cannot_cut

from ballots_store.box import BallotBox
from ballots_store.errors import BoxStopped, TokenAway
from ballots_store.held import START_SECRET, HeldBox
from ballots_store.sealing import seal_ballot
from ballots_store.session import WrongPin
from ballots_store.slots import KeySlots
from rounds.choices import Choice
from rounds.errors import RuleRefusal, Unreadable

SATISFIED = Choice.SATISFIED
BEFORE = ("before commit", "before update", "after update")
"""Steps at which the state on the medium is still the old one, though the transaction may be under way."""
AFTER = ("after commit", "before erase slot")
EARLY = "before cast"
"""Before anything is written."""
STEPS = ("before commit", "before erase slot", "after commit")


class Stick:
    """The folder of the 票箱U盘, out at the first announcement of `at` once it is armed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.away = folder.with_name("pulled out")
        self.at = ""

    def hook(self, step: str) -> None:
        if step == self.at:
            self.at = ""
            self.pull()

    def pull(self) -> None:
        self.folder.rename(self.away)

    def put_back(self) -> None:
        self.away.rename(self.folder)


@pytest.fixture
def made(scratch: Path) -> MadeBox:
    return make_box(scratch / "home", token=scratch / "stick")


@pytest.fixture
def stick(scratch: Path) -> Stick:
    return Stick(scratch / "stick")


@contextmanager
def waiting(made: MadeBox, stick: Stick) -> Iterator[BallotBox]:
    box = made.start(hook=stick.hook, wait_for_token=True)
    try:
        yield box
    finally:
        box.close()


def away(operation: Callable[[], object]) -> TokenAway:
    with pytest.raises(TokenAway) as caught:
        operation()
    assert caught.value.exit_code == 4
    return caught.value


@pytest.mark.parametrize("step", [EARLY, "before commit", *AFTER])
def test_a_cast_is_in_once_wherever_the_stick_went(made: MadeBox, stick: Stick, step: str) -> None:
    with waiting(made, stick) as box:
        made.cast(box, SATISFIED)
        made.unlock(box)
        stick.at = step
        away(lambda: box.cast(SATISFIED))
        assert box.figures().collected == 1  # nothing is acknowledged, nothing is shown
        away(box.resume)
        for verb in (lambda: box.cast(SATISFIED), box.void_session, box.stop, lambda: box.unlock(None)):
            away(verb)
        stick.put_back()
        assert box.resume()
        assert (box.figures().issued, box.figures().collected) == (2, 2)
        with pytest.raises(RuleRefusal):
            box.cast(SATISFIED)  # the session is over
        assert not box.resume()
        made.cast(box, Choice.UNSATISFIED)
        made.cast(box, SATISFIED)
        box.stop()
    end = made.close(present=4).end
    assert (end.issued, end.collected, end.satisfied, end.unsatisfied, end.conduct.starts) == (4, 4, 3, 1, 1)


@pytest.mark.parametrize("step", [EARLY, *BEFORE, *AFTER])
def test_a_kiosk_that_dies_while_the_stick_is_out(made: MadeBox, stick: Stick, step: str) -> None:
    """Nobody puts it back in time: the next start finds one state or the other, and the count agrees with it."""
    with waiting(made, stick) as box:
        made.unlock(box)
        stick.at = step
        away(lambda: box.cast(SATISFIED))  # a transaction under way does not notice, the erasing does
    stick.put_back()
    box = made.start()
    assert box.figures().issued == 1
    assert box.figures().collected == (0 if step == EARLY else 1)
    box.close()


def test_control_a_retry_that_does_not_look_doubles(made: MadeBox, stick: Stick) -> None:
    with HeldBox(made.home, made.round_id, token=made.token, hook=stick.hook) as held:
        state = held.recover(held.join_secret(START_SECRET, held.open_holders(made.codes(), VOTING)))
        held.settle(state, secrets.token_bytes)
        state = state.unlocked().voided().unlocked()  # another one's session was cancelled: 2 issued hide a double
        held.commit(state, secrets.token_bytes)
        stick.at = "before erase slot"
        away(lambda: held.commit(state.with_ballot(sealed(held), None), secrets.token_bytes))
        stick.put_back()
        found = held.rejoin(secrets.token_bytes)
        assert found.collected == 1  # what `resume` looks at, and a plain second try does not
        held.commit(found.with_ballot(sealed(held), None), secrets.token_bytes)
        assert held.rejoin(secrets.token_bytes).collected == 2


def sealed(held: HeldBox) -> bytes:
    return seal_ballot(SATISFIED, held.zero_report.record.round_key, held.bound_to)


@pytest.mark.parametrize("step", STEPS)
def test_every_other_verb_is_completed_once(made: MadeBox, stick: Stick, step: str) -> None:
    with waiting(made, stick) as box:

        def interrupted(verb: Callable[[], object]) -> None:
            stick.at = step
            away(verb)
            stick.put_back()
            assert box.resume()

        box.check_pin(PIN.encode(), 0.0)
        interrupted(lambda: box.unlock(None))
        assert box.figures().issued == 1
        interrupted(box.note_helped)
        interrupted(box.void_session)
        assert (box.figures().issued, box.figures().collected) == (1, 0)
        for _ in range(4):
            made.cast(box, SATISFIED)
        interrupted(box.stop)
        assert box.stopped().collected == 4
    assert made.folder.log.read_text().count('"stopped"') == 1
    end = made.close().end
    assert (end.issued, end.collected, end.conduct.helped, end.conduct.stopped) == (5, 4, 1, True)


def test_a_stick_that_is_out_stops_the_unlock_before_anything_is_issued(made: MadeBox, stick: Stick) -> None:
    with waiting(made, stick) as box:
        box.check_token()
        box.check_pin(PIN.encode(), 0.0)
        stick.pull()
        before = made.folder.box.read_bytes()
        assert away(lambda: box.unlock(None)).short == "票箱U盘已拔出"
        away(box.check_token)
        assert made.folder.box.read_bytes() == before
        stick.put_back()
        assert not box.resume()  # nothing was under way
        with pytest.raises(RuleRefusal, match="开启口令"):
            box.unlock(None)  # one PIN, one attempt
        assert box.figures().issued == 0


def test_a_wrong_pin_counts_though_the_stick_is_out(made: MadeBox, stick: Stick) -> None:
    """Otherwise whoever pulls the stick may try PINs for nothing."""
    with waiting(made, stick) as box:
        for _ in range(4):
            with pytest.raises(WrongPin):
                box.check_pin(b"000000", 0.0)
        stick.pull()
        away(lambda: box.check_pin(b"000000", 0.0))
        away(lambda: box.check_pin(PIN.encode(), 0.0))  # not even a right one, until the count is durable
        stick.put_back()
        assert box.resume()
        with pytest.raises(WrongPin) as waits:
            box.check_pin(PIN.encode(), 1.0)
        assert waits.value.wait_s > 0
    assert made.close(reason="择日重新测评").end.conduct.wrong_codes == 5


def test_the_old_key_is_erased_when_the_stick_is_back(made: MadeBox, stick: Stick) -> None:
    with waiting(made, stick) as box:
        made.unlock(box)
        stick.at = "before erase slot"
        away(lambda: box.cast(SATISFIED))
        stick.put_back()
        left = slot_keys(made)
        assert box.resume()
        now = slot_keys(made)
        assert sum(key in now for key in left) == 1  # the control: the key of the state was left as well, and stands


def slot_keys(made: MadeBox) -> tuple[bytes, bytes]:
    data = made.slots.read_bytes()
    return data[4096:4128], data[8192:8224]


def test_another_rounds_stick_is_named_and_waited_out(made: MadeBox, stick: Stick, scratch: Path) -> None:
    other = make_box(scratch / "other", token=scratch / "other stick")
    assert other.token is not None
    before = other.slots.read_bytes()
    with waiting(made, stick) as box:
        made.unlock(box)
        stick.pull()
        away(lambda: box.cast(SATISFIED))
        other.token.rename(stick.folder)
        assert away(box.resume).short == "插入的是另一次测评的票箱U盘"
        assert (stick.folder / other_name(other)).read_bytes() == before
        shutil.copy(stick.folder / other_name(other), stick.folder / next(stick.away.glob("*.slots")).name)
        assert "另一次测评的密钥" in str(away(box.resume))  # renamed to fit: the header says whose it is
        shutil.rmtree(stick.folder)
        stick.folder.mkdir()
        assert away(box.resume).short == "未检测到票箱U盘"
        stick.folder.rmdir()
        stick.put_back()
        assert box.resume()
        assert box.figures().collected == 1


def other_name(other: MadeBox) -> str:
    with HeldBox(other.home, other.round_id, token=None) as held:
        return f"beikaobei-{held.bound_to.hex()[:16]}.slots"


def test_another_rounds_stick_is_named_at_the_start(made: MadeBox, stick: Stick, scratch: Path) -> None:
    other = make_box(scratch / "other", token=scratch / "other stick")
    with pytest.raises(Unreadable, match="另一次测评的票箱U盘"):
        made.start(token=other.token)
    made.start().close()
    stick.pull()
    with pytest.raises(Unreadable, match="请插上本次测评的票箱U盘"):
        made.start()


def test_an_older_copy_of_the_stick_stops_the_box(made: MadeBox, stick: Stick, scratch: Path) -> None:
    with waiting(made, stick) as box:
        shutil.copytree(stick.folder, scratch / "older")
        made.cast(box, SATISFIED)
        stick.pull()
        away(box.check_token)
        (scratch / "older").rename(stick.folder)
        with pytest.raises(BoxStopped):
            box.resume()
        with pytest.raises(BoxStopped):
            box.resume()
    shutil.rmtree(stick.folder)
    stick.put_back()
    box = made.start()
    assert box.figures().collected == 1
    box.close()


def test_without_the_wait_the_box_stops(made: MadeBox, stick: Stick) -> None:
    """The control of `wait_for_token`; and keys beside the box are never waited for."""
    box = made.start(hook=stick.hook)
    made.unlock(box)
    stick.pull()
    with pytest.raises(BoxStopped):
        box.cast(SATISFIED)
    stick.put_back()
    with pytest.raises(BoxStopped):
        box.resume()


def test_keys_on_the_same_disk_are_not_waited_for(scratch: Path) -> None:
    made = make_box(scratch / "home")
    box = made.start(wait_for_token=True)
    made.slots.rename(made.slots.with_name("away"))
    with pytest.raises(BoxStopped):
        box.check_token()


def test_a_check_reads_little_and_writes_nothing(made: MadeBox, stick: Stick) -> None:
    with waiting(made, stick) as box:
        before = made.files()
        times = made.slots.stat().st_mtime_ns
        for _ in range(100):
            box.check_token()
        assert made.files() == before
        assert made.slots.stat().st_mtime_ns == times


root_only = pytest.mark.skipif(bool(cannot_cut()), reason=cannot_cut() or "root")


@root_only
@pytest.mark.parametrize("step", STEPS)
def test_a_mounted_stick_pulled_and_mounted_again(tmp_path: Path, step: str) -> None:
    """`umount -l`: the open descriptor stays valid and leads to a file that no name leads to any more."""
    with Disk(tmp_path) as disk, memory_folder() as scratch:
        made = make_box(scratch / "home", token=disk.mount)
        armed: list[str] = []

        def pull(at: str) -> None:
            if at in armed:
                armed.clear()
                umount(disk.mount)

        with closing(made.start(hook=pull, wait_for_token=True)) as box:  # else the mount could not go either
            made.unlock(box)
            armed.append(step)
            assert away(lambda: box.cast(SATISFIED)).short == "票箱U盘已拔出"
            assert away(box.resume).short == "未检测到票箱U盘"
            mount(disk, "ro")
            assert "只读" in away(box.resume).short
            umount(disk.mount)
            mount(disk)
            assert box.resume()
            made.cast(box, SATISFIED)
        assert counted(made) == (2, 2)


def counted(made: MadeBox) -> tuple[int, int]:
    box = made.start()
    figures = box.figures()
    box.close()
    return figures.issued, figures.collected


@root_only
def test_control_a_plain_descriptor_writes_on_into_the_pulled_stick(tmp_path: Path) -> None:
    """What the slots would do if they did not look at the name: the write succeeds, and nobody finds it."""
    with Disk(tmp_path) as disk:
        (disk.mount / "file").write_bytes(b"old")
        with (disk.mount / "file").open("r+b", buffering=0) as file:
            umount(disk.mount)
            assert file.write(b"new") == 3
            assert not (disk.mount / "file").exists()
        mount(disk)


@root_only
def test_a_full_and_a_read_only_stick_are_named_at_opening(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk, memory_folder() as scratch:
        with pytest.raises(OSError, match="No space"):
            fill(disk.mount / "filler")
        with pytest.raises(Unreadable, match="磁盘已满"):
            make_box(scratch / "home", token=disk.mount)
        assert not list(disk.mount.glob("*.slots"))
        umount(disk.mount)
        mount(disk, "ro")
        with pytest.raises(Unreadable, match="只读"):
            make_box(scratch / "home", token=disk.mount)
        umount(disk.mount)
        mount(disk)
        (disk.mount / "filler").unlink()
        made = make_box(scratch / "home", token=disk.mount)  # the control: with room it opens
        assert made.slots.exists()


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as filler:
        while filler.write(bytes(1024)):
            pass


def umount(place: Path) -> None:
    subprocess.run(["umount", "-l", str(place)], check=True)


def mount(disk: Disk, options: str = "rw") -> None:
    subprocess.run(["mount", "-o", f"loop,{options}", str(disk.image), str(disk.mount)], check=True)


def test_the_slots_survive_a_close_of_a_dead_descriptor(made: MadeBox) -> None:
    """Closing after the system took the descriptor away must not raise out of a shutdown."""
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        slots = KeySlots(made.slots, held.bound_to)
    slots.close()
    slots.close()
