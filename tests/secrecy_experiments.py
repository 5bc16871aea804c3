"""Attacks on whole rounds, repeated until chance can be told from knowledge: order, snapshots, times.

Each experiment is a function of how often it is repeated, used by tests/secrecy (few) and benchmarks/secrecy.py (many).
Bounds are of the statistic, never of a clock: four standard deviations of what chance alone gives, so a sound box fails
one comparison in 16,000.
"""

from __future__ import annotations

import functools
import math
import operator
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from box_factory import OPENED, SUPERVISOR, TELLER, MadeBox, make_box
from box_inside import states_in
from planted_stores import PLANTS, rank_correlation, some_ballots

from ballots_store.box import BallotBox
from ballots_store.examination import Report, examine, examine_path
from ballots_store.examination_evidence import of_folder
from ballots_store.examination_pages import Pages
from ballots_store.held import ROUND_SECRET, START_SECRET, HeldBox
from ballots_store.sealing import open_ballots, open_state
from ballots_store.slots import KeySlots
from ballots_store.state import decode_state
from rounds.choices import Choice

SIGMAS = 4.0
CHANCE = 1 / len(Choice)
_ALL = tuple(Choice)


def cast_unchecked(box: BallotBox, choice: Choice) -> None:
    """One session without the PIN: Argon2id writes nothing, and is nine tenths of a round's time here."""
    unlock_unchecked(box)
    box.cast(choice)


def unlock_unchecked(box: BallotBox) -> None:
    """The first half of `cast_unchecked`."""
    box._door.pin_checked = True  # noqa: SLF001  see there
    box.unlock(None)


def random_choices(count: int) -> list[Choice]:
    return [secrets.choice(_ALL) for _ in range(count)]


@dataclass(frozen=True)
class Correlations:
    """Rank correlations of guessed and true orders, one a round."""

    values: tuple[float, ...]
    ballots: int

    @property
    def mean(self) -> float:
        return sum(self.values) / len(self.values)

    @property
    def mean_bound(self) -> float:
        """By chance ρ has mean 0 and variance 1/(n-1)."""
        return SIGMAS / math.sqrt(len(self.values) * (self.ballots - 1))

    @property
    def spread(self) -> float:
        """Mean of ρ²·(n-1), 1 by chance: finds orders that are recovered now forwards, now backwards."""
        return sum(value * value for value in self.values) * (self.ballots - 1) / len(self.values)

    @property
    def spread_bound(self) -> float:
        return SIGMAS * math.sqrt(2 / len(self.values))

    @property
    def is_chance(self) -> bool:
        return abs(self.mean) <= self.mean_bound and abs(self.spread - 1) <= self.spread_bound


@dataclass(frozen=True)
class OrderFound:
    """The order experiment's outcome."""

    box: Correlations
    alarms: int
    """Rounds in which the examiner said that something can be read."""
    controls: dict[str, float]
    """ρ recovered from each planted store, beside the least it must reach."""


def order_experiment(folder: Path, rounds: int, *, ballots: int = 20) -> OrderFound:
    """Recover the order of `rounds` rounds of `ballots` casts, with both officers' codes and all files at hand."""
    made = make_box(folder / "opened", token=folder / "stick", members=ballots)
    values, alarms = [], 0
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir()
        guess, truth, report = _one_round(made.copied(place), random_choices(ballots))
        values.append(rank_correlation(guess, truth))
        alarms += any(found.level == "recoverable" and found.method != "已知记录" for found in report.findings)
        shutil.rmtree(place)
    return OrderFound(Correlations(tuple(values), ballots), alarms, planted(folder / "planted"))


def _one_round(made: MadeBox, choices: Sequence[Choice]) -> tuple[tuple[bytes, ...], list[bytes], Report]:
    """The best guess of an examiner who may open the box, and the truth."""
    box, truth = made.start(), list[bytes]()
    for choice in choices:
        cast_unchecked(box, choice)
        truth += set(box._state.ballots) - set(truth)  # noqa: SLF001  the truth, which no file has
    state = box._state  # noqa: SLF001  what two officers read at the close
    box.close()
    assert made.token is not None
    sources = [*of_folder(made.home.path), *of_folder(made.token)]
    report = examine(sources, known=truth)
    orders = [found.order for found in report.findings if found.order]
    return next(iter(orders), tuple(state.ballots)), truth, report


def planted(folder: Path) -> dict[str, float]:
    """ρ that the examiner recovers from each planted store."""
    return {name: recovered(folder / str(number), name) for number, name in enumerate(PLANTS)}


def recovered(folder: Path, name: str, *, ballots: int = 40) -> float:
    """ρ from the planted store `name`; the mean of ten where a single one tells only a part of the order."""
    plant, method, least = PLANTS[name]
    values = []
    for number in range(1 if least > 0.5 else 10):
        place = folder / str(number)
        place.mkdir(parents=True)
        cast = some_ballots(ballots)
        plant(place, cast)
        image = place / "disk.img"
        report = examine_path(image if image.exists() else place)
        (order,) = (found.order for found in report.findings if found.method == method)
        values.append(rank_correlation(order, [token for token, _ in cast]))
    return sum(values) / len(values)


# Snapshots --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Snapshot:
    """What somebody copied between two voters: the box, and the slots where he had the stick."""

    states: tuple[bytes, ...]
    """Both areas: the sealed state, and what is left of the one before."""
    everything: bytes
    """All bytes of the disk's files (box, journal, log)."""
    keys: tuple[bytes, ...]
    """What the slots file holds, in pieces of 32 bytes; empty without the stick."""


@dataclass(frozen=True)
class GuessRate:
    """How often a choice was guessed from two neighbouring snapshots."""

    right: int
    tried: int

    @property
    def rate(self) -> float:
        return self.right / self.tried

    @property
    def bound(self) -> float:
        return SIGMAS * math.sqrt(CHANCE * (1 - CHANCE) / self.tried)

    @property
    def is_chance(self) -> bool:
        return abs(self.rate - CHANCE) <= self.bound


@dataclass(frozen=True)
class Watched:
    """One watched round: a snapshot before the first and after every cast, the choices, and two officers' secrets."""

    choices: tuple[Choice, ...]
    snapshots: tuple[Snapshot, ...]
    start_key: bytes
    round_secret: bytes
    bound_to: bytes
    capacity: int


def watch_round(made: MadeBox, choices: Sequence[Choice]) -> Watched:
    """Vote `choices`, copying disk and stick after every cast as they lie there."""
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        holders = held.open_holders(made.codes(SUPERVISOR, TELLER), OPENED)
        start_key, round_secret = (held.join_secret(what, holders) for what in (START_SECRET, ROUND_SECRET))
        bound_to, capacity = held.bound_to, held.capacity
    box = made.start()
    snapshots = [snapshot(made)]
    for choice in choices:
        cast_unchecked(box, choice)
        snapshots.append(snapshot(made))
    box.close()
    return Watched(tuple(choices), tuple(snapshots), start_key, round_secret, bound_to, capacity)


def snapshot(made: MadeBox) -> Snapshot:
    disk = [path.read_bytes() for path in sorted(made.folder.path.iterdir()) if path.is_file()]
    slots = made.slots.read_bytes()
    keys = [slots[at : at + 32] for at in range(0, len(slots), 32)]
    states = states_in(made.folder.box.read_bytes())
    return Snapshot(states, b"".join(disk), tuple({key for key in keys if any(key)}))


def guesses(watched: Watched, *, codes: bool, stick: bool, last_stick: bool = True) -> list[Choice]:
    """What somebody makes of the snapshots.

    `codes`: he has two officers' codes in the end. `stick`: he copied the stick each time; else (`last_stick`) he has
    it only as it lies there at the end.
    """
    last = set(watched.snapshots[-1].keys) if last_stick else set[bytes]()
    opened = [
        _opened(watched, snapshot, set(snapshot.keys) | last if stick else last, codes=codes)
        for snapshot in watched.snapshots
    ]
    found: list[Choice] = []
    for at in range(len(watched.choices)):
        before, after = opened[at], opened[at + 1]
        new = set(after or ()) - set(before or ())
        if before is not None and after is not None and len(new) == 1:
            found.extend(open_ballots(new, watched.round_secret, watched.bound_to))
        else:
            found.append(_blind(watched.snapshots[at], watched.snapshots[at + 1]))
    return found


def _opened(watched: Watched, snapshot: Snapshot, keys: Iterable[bytes], *, codes: bool) -> tuple[bytes, ...] | None:
    """The sealed ballots of the latest state of a snapshot that a key opens; without A, every key is tried as A too."""
    tried = list(keys)
    opened = [
        tuple(decode_state(plain, watched.capacity, roster_used=False).ballots)
        for key in tried
        for start_key in ([watched.start_key] if codes else [bytes(32), key, *tried[:4]])
        for state in snapshot.states
        if (plain := open_state(state, key, start_key, watched.bound_to)) is not None
    ]
    return max(opened, key=len, default=None)


@functools.cache
def _blind(before: Snapshot, after: Snapshot) -> Choice:
    """A guess from what changed on the disk: how many bytes, modulo three."""
    changed: int = sum(map(operator.ne, before.everything, after.everything))
    return _ALL[(changed + len(after.everything)) % len(_ALL)]


def rate(pairs: Iterable[tuple[Sequence[Choice], Sequence[Choice]]]) -> GuessRate:
    """Guessed and true choices of several rounds."""
    hits = [guess == truth for guessed, true in pairs for guess, truth in zip(guessed, true, strict=True)]
    return GuessRate(sum(hits), len(hits))


@dataclass(frozen=True)
class SnapshotsFound:
    """Guess rates by what the attacker has, and those of the controls, which must be 1."""

    box: dict[str, GuessRate]
    controls: dict[str, GuessRate]


def snapshot_experiment(folder: Path, rounds: int, *, ballots: int = 12) -> SnapshotsFound:
    """Watch `rounds` rounds."""
    made = make_box(folder / "opened", token=folder / "stick", members=ballots)
    sound = [_watched(made, folder / f"sound{number}", ballots) for number in range(rounds)]
    with keys_never_erased():
        unerased = [_watched(made, folder / f"unerased{number}", ballots) for number in range(max(rounds // 10, 2))]

    def of(rounds_seen: Sequence[Watched], **has: Any) -> GuessRate:
        return rate((guesses(watched, **has), watched.choices) for watched in rounds_seen)

    return SnapshotsFound(
        box={
            "disk each time, no stick, no codes": of(sound, codes=False, stick=False, last_stick=False),
            "disk each time, stick at the end, no codes": of(sound, codes=False, stick=False),
            "disk and stick each time, no codes": of(sound, codes=False, stick=True),
            "disk each time, stick at the end, two codes": of(sound, codes=True, stick=False),
        },
        controls={
            "disk and stick each time, two codes": of(sound, codes=True, stick=True),
            "slots never erased: stick at the end, two codes": of(unerased, codes=True, stick=False),
            "counters in clear: disk each time": rate(_counters_read(folder, ballots) for _ in range(3)),
        },
    )


def _watched(made: MadeBox, place: Path, ballots: int) -> Watched:
    place.mkdir()
    try:
        return watch_round(made.copied(place), random_choices(ballots))
    finally:
        shutil.rmtree(place)


@contextmanager
def keys_never_erased() -> Iterator[None]:
    """A product that appends each key to its slots file instead of overwriting the last: the control."""
    write = KeySlots.write

    def append(slots: KeySlots, slot: int, key: bytes) -> None:
        write(slots, slot, key)
        path = slots._path  # noqa: SLF001  the control rewires the product
        data = path.read_bytes()
        taken = len(data[4096 + 32 : 8192].rstrip(b"\0"))
        if any(key):
            at = 4096 + 32 + -(-taken // 32) * 32
            with path.open("r+b") as file:
                file.seek(at)
                file.write(key)

    KeySlots.write = append  # type: ignore[method-assign, assignment]  # as above
    try:
        yield
    finally:
        KeySlots.write = write  # type: ignore[method-assign]  # as above


def _counters_read(folder: Path, ballots: int) -> tuple[list[Choice], list[Choice]]:
    """A store of three counters in clear, its file read after every cast."""
    choices, path = random_choices(ballots), folder / "counters.sqlite"
    path.unlink(missing_ok=True)
    store = sqlite3.connect(path, isolation_level=None)
    store.execute("CREATE TABLE counts(a INT, b INT, c INT)")
    store.execute("INSERT INTO counts VALUES(100, 100, 100)")
    snapshots = [_counts_in(path)]
    for choice in choices:
        column = "abc"[_ALL.index(choice)]
        store.execute(f"UPDATE counts SET {column} = {column} + 1")  # noqa: S608  one of three letters
        snapshots.append(_counts_in(path))
    store.close()
    read = [_ALL[[a != b for a, b in zip(*two, strict=True)].index(True)] for two in pairwise(snapshots)]
    return read, choices


def _counts_in(path: Path) -> tuple[object, ...]:
    (table,) = Pages(path.read_bytes()).tables()
    return table.cells[0].values


# Times ------------------------------------------------------------------------------------------------------------


def rank_sum_z(first: Sequence[float], second: Sequence[float]) -> float:
    """Mann and Whitney's z: how far two samples are from one distribution; no clock's unit enters."""
    joined = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, which) in enumerate(joined, 1) if which == 0)
    a, b = len(first), len(second)
    mean, deviation = a * (a + b + 1) / 2, math.sqrt(a * b * (a + b + 1) / 12)
    return (ranks - mean) / deviation


def timed_casts(made: MadeBox, clock: Callable[[], float], count: int) -> dict[Choice, list[float]]:
    """How long each of `count` casts took, by choice; the choices come in a random order, so drift hits all alike."""
    box = made.start()
    times: dict[Choice, list[float]] = {choice: [] for choice in Choice}
    for choice in random_choices(count):
        unlock_unchecked(box)
        begun = clock()
        box.cast(choice)
        times[choice].append(clock() - begun)
    box.close()
    return times
