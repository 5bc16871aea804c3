"""Which tests run beside which: those that wait on a terminal beside those that compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

LONGEST = ("test_kiosk_endurance", "test_flow", "test_kiosk_storm", "test_guide", "test_stationed", "test_kiosk_token")
"""The files of tests that wait longest, in turn for a worker each: what begins last with one of them ends last."""


class Placed(Protocol):
    """A test and its file."""

    @property
    def path(self) -> Path: ...


T = TypeVar("T", bound=Placed)


def waits(item: pytest.Item) -> bool:
    """Whether it drives a terminal or a display in real time."""
    return bool(item.get_closest_marker("pty") or item.get_closest_marker("x11"))


def dealt(items: Sequence[T], workers: int, waiting: int, waits: Callable[[T], bool]) -> list[T]:
    """The items in an order of which worksteal's equal parts begin, for `waiting` of the workers, with those that wait.

    Whole files go to one worker, so that what a module sets up is set up once; whoever is done steals from the ends.
    """
    others, found = [item for item in items if not waits(item)], list[T]()
    for at, share in enumerate(_shares(list(filter(waits, items)), workers, waiting)):
        size = (len(items) - len(found)) // (workers - at)
        mine, others = share[:size], [*share[size:], *others]
        found += [*mine, *others[: size - len(mine)]]
        del others[: size - len(mine)]
    return found


def _shares(waiters: list[T], workers: int, waiting: int) -> list[list[T]]:
    """The waiting tests of each worker: files dealt there and back, the longest with the shortest."""
    files: dict[str, list[T]] = {}
    for item in waiters:
        files.setdefault(item.path.stem, []).append(item)
    shares: list[list[T]] = [[] for _ in range(workers)]
    for at, stem in enumerate(sorted(files, key=lambda stem: LONGEST.index(stem) if stem in LONGEST else len(LONGEST))):
        turn = at % (2 * waiting)
        shares[min(turn, 2 * waiting - 1 - turn)] += files[stem]
    return shares
