"""A medium that fails at one call of a cast: nothing is acknowledged, and the next start finds what was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from box_factory import MadeBox, make_box, memory_folder
from power import SYNCS, WRITES, traced

from ballots_store.errors import BoxStopped
from rounds.choices import Choice

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: no call can be failed")

CAST, STOPPED = 10, 11
MOST_CALLS = 60


@pytest.fixture(scope="module")
def two_cast() -> Iterator[MadeBox]:
    with memory_folder() as folder:
        made = make_box(folder / "home", token=folder / "stick")
        yield made.vote([Choice.SATISFIED, Choice.UNSATISFIED])


def casting(made: MadeBox) -> Callable[[Callable[[], None]], int]:
    def work(attach: Callable[[], None]) -> int:
        box = made.start()
        made.unlock(box)
        attach()
        try:
            box.cast(Choice.SATISFIED)
        except BoxStopped:
            return STOPPED
        return CAST

    return work


@pytest.mark.parametrize(
    ("calls", "fault"),
    [(SYNCS, "error=EIO"), (WRITES, "error=ENOSPC"), (WRITES, "error=EROFS"), (WRITES, "retval=1")],
    ids=["sync fails", "disk full", "read-only", "short write"],
)
def test_a_call_that_fails(two_cast: MadeBox, calls: str, fault: str) -> None:
    """`retval=1`: the call claims to have written one byte and wrote none."""
    ends = []
    for place in range(1, MOST_CALLS):
        with memory_folder() as folder:
            made = two_cast.copied(folder)
            end = traced(casting(made), place, calls=calls, fault=fault)
            if end is None:
                pytest.skip("strace may not attach to a process here")
            code, came = end
            assert code in {CAST, STOPPED}, place
            box = made.start()
            collected = box.figures().collected
            box.close()
            if code == CAST:
                assert collected == 3, place
            if not came:
                break
            ends.append(code)
            result = made.close(present=6, reason="人数不足，择日重新测评").end
            assert (result.issued, result.collected) == (3, collected)
    assert len(ends) >= 2  # of each call that a cast makes
    assert STOPPED in ends  # the control: the faults do hit
