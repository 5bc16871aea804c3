"""满意, 不满意 and blank: the same bytes, the same system calls, the same statements, and no other time."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import chain, combinations
from pathlib import Path

import pytest
from box_factory import MadeBox, make_box
from box_inside import statements_of
from secrecy_experiments import SIGMAS, cast_unchecked, rank_sum_z, timed_casts

from ballots_store.box import BallotBox
from rounds.choices import Choice

CASTER = Path(__file__).with_name("apps") / "caster.py"
MARKS = "".join(secrets.choice("123") for _ in range(24)) + "123"


def casts_of(made: MadeBox, *before: str, telling: bool = False) -> str:
    """Run the caster; its stdout."""
    words = [*before, sys.executable, str(CASTER), str(made.home.path), made.round_id, MARKS]
    done = subprocess.run([*words, *(["telling"] * telling)], capture_output=True, check=True, timeout=120)
    return done.stdout.decode()


def by_choice(rows: Sequence[str]) -> dict[str, set[str]]:
    """What was seen, by the mark that was cast; the first is left out, as a process settles its files in it."""
    assert len(rows) == len(MARKS)
    seen = defaultdict(set)
    for mark, row in list(zip(MARKS, rows, strict=True))[1:]:
        seen[mark].add(row)
    return dict(seen)


def is_alike(seen: Mapping[str, set[str]]) -> bool:
    """Whether every choice shows exactly the same."""
    return len(seen) == 3 and len(set().union(*seen.values())) == 1


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="this system does not count a process's writes")
def test_every_choice_writes_the_same_bytes_in_as_many_calls(scratch: Path) -> None:
    made = make_box(scratch / "home", members=len(MARKS))
    told = made.copied(scratch_of(scratch, "told"))
    assert is_alike(by_choice(casts_of(made).splitlines()))
    assert not is_alike(by_choice(casts_of(told, telling=True).splitlines()))


def scratch_of(scratch: Path, name: str) -> Path:
    (scratch / name).mkdir()
    return scratch / name


def system_calls(trace: str) -> list[str]:
    """The calls of each cast: name, sizes, offsets and results, without contents and addresses of memory."""
    casts = re.findall(r"/cast/begin/\d+.*?\n(.*?)\n[^\n]*/cast/end/", trace, re.DOTALL)
    kept = []
    for cast in casts:
        lines = [re.sub(r"0x[0-9a-f]+|^\d+ +", "", line) for line in cast.splitlines()]
        kept.append("\n".join(line for line in lines if not line.startswith(("mmap", "munmap", "mremap"))))
    return kept


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_every_choice_makes_the_same_system_calls(scratch: Path) -> None:
    made = make_box(scratch / "home", members=len(MARKS))
    told = made.copied(scratch_of(scratch, "told"))
    seen = {}
    for box, telling in ((made, False), (told, True)):
        trace = scratch / f"trace {telling}"
        casts_of(box, "strace", "-f", "-s", "0", "-e", "trace=%file,%desc", "-o", str(trace), telling=telling)
        seen[telling] = by_choice(system_calls(trace.read_text()))
    assert is_alike(seen[False]), seen[False]
    (calls,) = seen[False]["1"]
    assert len(re.findall(r"fsync|fdatasync", calls)) >= 2
    assert not is_alike(seen[True])


def said_by_choice(made: MadeBox) -> set[str]:
    """What twelve sessions say to SQLite; each is an unlock and a cast, so all begin with the same area."""
    seen = set()
    with closing(made.start()) as box:
        for choice in [*Choice] * 4:
            with statements_of(box) as said:
                cast_unchecked(box, choice)
                box.check_token()  # as the locked screen does, after the thanks
            seen.add("\n".join(said))
    return seen


def test_every_choice_runs_the_same_statements(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_box(scratch / "home", members=12)
    other = made.copied(scratch_of(scratch, "other"))
    (said,) = said_by_choice(made)
    areas = re.findall(r"area\d", said)
    assert len(areas) == 4  # each commit overwrites one and spoils the other
    assert areas[0] == areas[3] != areas[1] == areas[2]
    assert len(re.findall("COMMIT", said)) == 4
    monkeypatch.setattr(BallotBox, "cast", with_a_second_commit(BallotBox.cast))
    assert len(said_by_choice(other)) > 1


def with_a_second_commit(cast: Callable[[BallotBox, Choice], None]) -> Callable[[BallotBox, Choice], None]:
    """The control: one choice is counted as helped, too."""

    def telling(box: BallotBox, choice: Choice) -> None:
        cast(box, choice)
        if choice is Choice.UNSATISFIED:
            box.note_helped()

    return telling


def test_no_choice_takes_another_time(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interleaved casts, compared by ranks; the control delays one choice by half of a usual cast."""
    made = make_box(scratch / "home", members=360)
    other = made.copied(scratch_of(scratch, "other"))
    times = timed_casts(made, time.perf_counter, 360)
    assert largest_z(times) < SIGMAS
    usual = sorted(chain.from_iterable(times.values()))[180]
    monkeypatch.setattr(BallotBox, "cast", delayed(BallotBox.cast, usual / 2))
    assert largest_z(timed_casts(other, time.perf_counter, 360)) > SIGMAS


def largest_z(times: Mapping[Choice, Sequence[float]]) -> float:
    return max(abs(rank_sum_z(times[one], times[two])) for one, two in combinations(Choice, 2))


def delayed(cast: Callable[[BallotBox, Choice], None], seconds: float) -> Callable[[BallotBox, Choice], None]:
    def slow(box: BallotBox, choice: Choice) -> None:
        cast(box, choice)
        begun = time.perf_counter()
        while choice is Choice.UNSATISFIED and time.perf_counter() - begun < seconds:
            pass

    return slow
