"""The secrecy table of SECURITY.md: attacks on the box repeated, each beside chance and beside a store that falls."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from box_factory import make_box, memory_folder
from planted_stores import PLANTS
from secrecy_experiments import SIGMAS, order_experiment, rank_sum_z, snapshot_experiment, timed_casts
from secrecy_images import MOST_REMNANTS, cannot_mount, planted_on_ext4, remnants
from slip_experiments import slip_experiment

from rounds.choices import Choice

TITLE = "secrecy: order of casting, snapshots, times, remnants on ext4; each beside its control"
HEAD = ("what", "tried", "found", "expected", "holds")


@dataclass(frozen=True)
class Row:
    """One line of the table; `holds`: the box is at chance, or the control has fallen as it must."""

    attack: str
    count: str
    found: str
    expected: str
    holds: bool

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The line as text, in the order of `HEAD`."""
        return self.attack, self.count, self.found, self.expected, "yes" if self.holds else "NO"


def run(rounds: int = 200) -> list[Row]:
    """Every attack; `rounds`: how often the order is attacked, snapshots a fifth as often."""
    rows: list[Row] = []
    for part in (_order, _snapshots, _slips, _times, _images):
        with memory_folder() as folder:
            rows += part(folder, rounds)
    return rows


def _order(folder: Path, rounds: int) -> Iterator[Row]:
    found = order_experiment(folder, rounds, ballots=20)
    box, tried = found.box, f"{rounds} rounds of 20"
    mean_holds = abs(box.mean) <= box.mean_bound
    spread_holds = abs(box.spread - 1) <= box.spread_bound
    yield Row("order: mean rho", tried, f"{box.mean:+.4f}", f"0±{box.mean_bound:.4f}", mean_holds)
    yield Row("order: mean of rho²·(n-1)", tried, f"{box.spread:.3f}", f"1±{box.spread_bound:.3f}", spread_holds)
    yield Row("order: secrecy-check's alarms", tried, str(found.alarms), "0", found.alarms == 0)
    for name, correlation in found.controls.items():
        least = PLANTS[name][2]
        yield Row(f"control: {name}", "40", f"rho {correlation:+.2f}", f"|rho|≥{least}", abs(correlation) >= least)


def _snapshots(folder: Path, rounds: int) -> Iterator[Row]:
    found = snapshot_experiment(folder, max(rounds // 5, 10))
    for name, rate in found.box.items():
        chance = f"0.333±{rate.bound:.3f}"
        yield Row(f"snapshots: {name}", f"{rate.tried} votes", f"{rate.rate:.3f}", chance, rate.is_chance)
    for name, rate in found.controls.items():
        yield Row(f"control: {name}", f"{rate.tried} votes", f"{rate.rate:.3f}", "1.000", rate.right == rate.tried)


def _slips(folder: Path, rounds: int) -> Iterator[Row]:
    found = slip_experiment(folder, max(rounds // 5, 10))
    places, kept = found.places, found.control_places
    yield Row(
        "slips against ballots by place, paper and two codes",
        f"{places.tried} guesses",
        f"{places.rate:.3f}",
        f"{found.chance:.3f}±{found.bound:.3f}",
        found.places_are_chance,
    )
    ties = found.snapshots
    yield Row("slips: disk each time, stick at the end, two codes", "ties", str(ties), "0", ties == 0)
    yield Row("control: slips and ballots kept as cast", f"{kept.tried}", f"{kept.rate:.3f}", "1.000", kept.rate == 1)
    share = found.control_snapshots
    yield Row("control: disk and stick each time, two codes", "ties", f"{share:.3f}", "1.000", share == 1)


def _times(folder: Path, rounds: int) -> Iterator[Row]:
    casts = min(10 * rounds, 4000)
    times = timed_casts(make_box(folder / "home", members=casts), time.perf_counter, casts)
    for one, two in combinations(Choice, 2):
        score = rank_sum_z(times[one], times[two])
        what = f"time of a cast: {one.name} against {two.name}"
        yield Row(what, f"{casts} casts", f"z {score:+.2f}", f"|z|<{SIGMAS:.0f}", abs(score) < SIGMAS)


def _images(folder: Path, rounds: int) -> Iterator[Row]:
    if reason := cannot_mount():
        yield Row("remnants on ext4", "0", f"skipped: {reason}", "", holds=True)
        return
    casts = min(max(rounds // 2, 40), 400)
    found = remnants(folder, casts)
    tried, most = f"{casts} casts", f"≤{MOST_REMNANTS}"
    yield Row("ext4 image: old states", tried, f"{found.states} of {2 * casts}", most, found.states <= MOST_REMNANTS)
    yield Row("ext4 image: old keys", tried, f"{found.keys} of {2 * casts}", most, found.keys <= MOST_REMNANTS)
    yield Row("ext4 image: read", tried, "、".join(found.recoverable) or "nothing", "nothing", not found.recoverable)
    yield Row("control: current state and key", tried, "found" if found.current else "missed", "found", found.current)
    with TemporaryDirectory(dir=folder) as other:
        for name, correlation in planted_on_ext4(Path(other), 40).items():
            yield Row(f"control on ext4: {name}", "40", f"rho {correlation:+.2f}", "rho>0.9", correlation > 0.9)  # noqa: PLR2004  see SECRECY.md
