"""A durable cast beside its floor: two slot writes and one page write, each synced; and how it grows with the box.

A second floor has the same writes with the store's own, of as many bytes as the state has, in place of the page: what
is left to the cast above it is sealing, sorting and checking (docs/adr/0023).
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ballots_store.store import BoxStore, create_store
from benchmarks.boxes import fill, opened_box
from benchmarks.measuring import Measurement, seconds
from rounds.choices import Choice

TITLE = "cast, durable: against two slot writes and one page write, each synced; 10 to 5,000 members"
SIZES = (10, 100, 1_000, 5_000)
CASTS = 60
AIM = 2.0
_PAGE = 4096
_MEMBER = 49
"""Bytes of a sealed state for each registered member: a ballot; the poll book's bit is not counted."""


class _Floor:
    """The least that the design writes: a key, a page, and the old key's end, each through to the medium."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._slots = os.open(folder / "slots", os.O_RDWR | os.O_CREAT, 0o600)
        self._box = os.open(folder / "box", os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(self._slots, bytes(3 * _PAGE), 0)
        os.pwrite(self._box, bytes(_PAGE), 0)
        os.fsync(self._slots)
        os.fsync(self._box)

    def write(self) -> None:
        """One round of it."""
        for descriptor, data, offset in (
            (self._slots, os.urandom(32), _PAGE),
            (self._box, os.urandom(_PAGE), 0),
            (self._slots, bytes(32), 2 * _PAGE),
        ):
            os.pwrite(descriptor, data, offset)
            os.fdatasync(descriptor)

    def close(self) -> None:
        os.close(self._slots)
        os.close(self._box)


class _StoreFloor:
    """The same with the box's own store in the middle; nothing is sealed, sorted or checked."""

    def __init__(self, folder: Path, size: int) -> None:
        folder.mkdir()
        self._slots = os.open(folder / "slots", os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(self._slots, bytes(3 * _PAGE), 0)
        os.fsync(self._slots)
        create_store(folder / "box", {}, (), bytes(10), os.urandom(size))
        self._store, self._area = BoxStore(folder / "box"), 0
        self._states = os.urandom(size), os.urandom(size)

    def write(self) -> None:
        """One round of it."""
        os.pwrite(self._slots, os.urandom(32), _PAGE)
        os.fdatasync(self._slots)
        self._area = 1 - self._area
        self._store.rewrite(bytes(10), self._area, self._states[self._area])
        os.pwrite(self._slots, bytes(32), 2 * _PAGE)
        os.fdatasync(self._slots)

    def close(self) -> None:
        os.close(self._slots)
        self._store.close()


def _measured(folder: Path, members: int) -> tuple[float, float, float]:
    """Median seconds of a cast, of the floor, and of the floor that writes as many bytes through the box's store."""
    page, store = _Floor(folder / "page"), _StoreFloor(folder / "store", _MEMBER * members)
    taken: list[float] = []
    floors: list[float] = []
    stores: list[float] = []
    while len(taken) < CASTS:  # a small box has room for few
        for cast in _casts(folder / f"box {len(taken)}", members, CASTS - len(taken)):
            taken.append(seconds(cast))
            floors.append(seconds(page.write))
            stores.append(seconds(store.write))
    page.close()
    store.close()
    return statistics.median(taken), statistics.median(floors), statistics.median(stores)


def _casts(folder: Path, members: int, most: int) -> Iterator[Callable[[], None]]:
    """Up to `most` casts to be called, one after the other, into a box that is nearly full."""
    made = opened_box(folder, members=members)
    fill(made, max(members - CASTS - 5, 0))
    box = made.start()
    for _ in range(min(most, members - 1)):
        made.unlock(box)
        yield partial(box.cast, Choice.SATISFIED)
    box.close()


def run() -> list[Measurement]:
    """One row a size, and one for the growth from the smallest to the largest."""
    rows, first, last = [], 0.0, 0.0
    for members in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            cast, floor, store = _measured(Path(folder), members)
        first, last = first or cast, cast
        note = f"state {_MEMBER * members:,} bytes; the floor with the store's write of it: {store / floor:.2f}×"
        rows.append(
            Measurement(
                f"cast, {members:,} members, nearly full",
                "2 slot writes + 1 page write, each synced",
                cast * 1e3,
                floor * 1e3,
                "ms",
                AIM,
                note=note,
            )
        )
    growth = f"cast, {SIZES[-1]:,} members over {SIZES[0]:,}"
    rows.append(Measurement(growth, "cast, 10 members", last * 1e3, first * 1e3, "ms", note="flat would be 1"))
    return rows
