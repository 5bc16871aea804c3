"""Power cuts on a real ext4, also kill → restart → cut in that order: what was acknowledged is there, the box opens."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from box_factory import MadeBox, make_box, make_issued, make_request, open_box
from box_inside import pragma, settling_without_sealing
from killing import Acknowledge, Fate, in_child
from power import Disk, cannot_cut, cut, traced

from ballots_store import store
from ballots_store.box import BallotBox
from ballots_store.held import HeldBox
from ballots_store.home import Home
from ballots_store.status import round_status
from rounds.choices import Choice
from rounds.errors import RoundError

pytestmark = pytest.mark.skipif(bool(cannot_cut()), reason=cannot_cut() or "power can be cut here")
BEFORE = (Choice.SATISFIED, Choice.UNSATISFIED)
MOST_SYNCS = 12


@dataclass(frozen=True)
class Laptop:
    """A disk with an opened box on it, two ballots in."""

    disk: Disk
    made: MadeBox

    def found(self) -> int | None:
        """Power is back: how many ballots the next start finds, None where no key opens the box."""
        self.disk.after_the_cut()
        try:
            box = self.made.start()
        except RoundError:
            return None
        collected = box.figures().collected
        box.close()
        return collected


@pytest.fixture(scope="module")
def kept_laptop() -> Iterator[Laptop]:
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(Disk(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        except OSError as error:
            pytest.skip(f"no ext4 can be mounted here: {error}")
        stick = disk.mount / "stick"
        made = make_box(disk.mount / "home", token=stick).vote(BEFORE)
        disk.keep()
        yield Laptop(disk, made)


@pytest.fixture
def laptop(kept_laptop: Laptop) -> Laptop:
    kept_laptop.disk.fresh()
    return kept_laptop


def cutting(laptop: Laptop, at: str) -> Callable[[str], None]:
    """A hook that cuts the power at the step `at` and ends the process."""

    def hook(step: str) -> None:
        if step == at:
            cut(laptop.disk.mount)
            os._exit(0)

    return hook


def hooked(box: BallotBox, hook: Callable[[str], None]) -> None:
    """From here on `box` announces its steps to `hook`."""
    box._hook = hook  # noqa: SLF001  the steps of the start before it are no matter here
    box._held._hook = hook  # noqa: SLF001  the fault is planted inside


STEPS = ("after update", "after commit", "before erase slot", "after erase slot")


@pytest.mark.parametrize("step", STEPS)
def test_power_goes_at_a_step_of_a_cast(laptop: Laptop, step: str) -> None:
    def work(acknowledge: Acknowledge) -> None:
        box = laptop.made.start()
        laptop.made.unlock(box)
        hooked(box, cutting(laptop, step))
        box.cast(Choice.SATISFIED)
        acknowledge("not cut")

    fate = in_child(work)
    assert fate.acknowledged == (), fate.error
    assert fate.error == ""
    done = STEPS.index(step) >= STEPS.index("after commit")
    assert laptop.found() == 2 + done


def acknowledged_then_cut(laptop: Laptop) -> Fate:
    def work(acknowledge: Acknowledge) -> None:
        box = laptop.made.start()
        laptop.made.cast(box, Choice.SATISFIED)
        acknowledge("cast")
        cut(laptop.disk.mount)
        os._exit(0)

    return in_child(work)


def test_power_goes_right_after_the_acknowledgement(laptop: Laptop) -> None:
    assert acknowledged_then_cut(laptop).acknowledged == ("cast",)
    assert laptop.found() == 3


def test_without_syncs_the_ballot_is_lost(laptop: Laptop) -> None:
    """The control: the same cut with synchronous=OFF loses what was acknowledged, or the whole box."""
    with pragma("synchronous=OFF", of="synchronous=EXTRA"):
        assert acknowledged_then_cut(laptop).acknowledged == ("cast",)
    assert laptop.found() != 3


def killed_in_sync(laptop: Laptop, place: int) -> bool:
    """A cast that is killed in place of its sync number `place`; False when it has no such sync."""

    def work(attach: Callable[[], None]) -> int:
        box = laptop.made.start()
        laptop.made.unlock(box)
        attach()
        box.cast(Choice.SATISFIED)
        return 0

    end = traced(work, place)
    if end is None:
        pytest.skip("strace may not attach to a process here")
    assert end[0] in {0, -signal.SIGKILL}
    return end[0] != 0


def restarted_then_cut(laptop: Laptop, step: str) -> None:
    """A restart by both officers, and the power goes at `step` of it."""

    def work(acknowledge: Acknowledge) -> None:
        laptop.made.start(hook=cutting(laptop, step))
        acknowledge("not cut")

    fate = in_child(work)
    assert fate.acknowledged == (), fate.error
    assert fate.error == ""


def kill_restart_cut(laptop: Laptop, places: Iterable[int] = range(1, MOST_SYNCS)) -> dict[int, int | None]:
    """Sync of a cast → what is found after a kill in it, a restart, and a cut right after that erased a key."""
    found: dict[int, int | None] = {}
    for place in places:
        laptop.disk.fresh()
        if not killed_in_sync(laptop, place):
            break
        restarted_then_cut(laptop, "after erase stale slot")
        found[place] = laptop.found()
    return found


def test_kill_then_restart_then_cut(laptop: Laptop) -> None:
    found = kill_restart_cut(laptop)
    assert found == {1: 3, 2: 3}  # its two syncs: state, end of the old key


def test_without_settling_the_box_is_lost(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a restart that believes the page cache erases the key of what the disk has.

    Two guards stand against it, re-sealing before erasing and syncing before reading; either is enough by itself.
    """
    with monkeypatch.context() as patched:
        patched.setattr(HeldBox, "settle", settling_without_sealing)
        with patched.context() as also_patched:
            also_patched.setattr(store, "_check_header", lambda _path: None)
            found = kill_restart_cut(laptop)
        lost = [place for place, collected in found.items() if collected is None]
        assert lost, found
        assert None not in kill_restart_cut(laptop, lost).values()
    monkeypatch.setattr(store, "_check_header", lambda _path: None)
    assert None not in kill_restart_cut(laptop, lost).values()


def test_power_goes_right_after_an_opening(kept_laptop: Laptop) -> None:
    """In a home whose folders did not exist before."""
    kept_laptop.disk.fresh()
    home = kept_laptop.disk.mount / "new" / "home"
    issued = make_issued()

    def work(acknowledge: Acknowledge) -> None:
        open_box(home, issued, make_request(issued))
        acknowledge("open")
        cut(kept_laptop.disk.mount)
        os._exit(0)

    assert in_child(work).acknowledged == ("open",)
    kept_laptop.disk.after_the_cut()
    assert round_status(Home(home), issued.round_id).state == "opened"
