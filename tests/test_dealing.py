"""The order of the tests: none is lost or doubled, and those that wait begin at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from dealing import LONGEST, dealt


@dataclass(frozen=True)
class Item:
    path: Path
    number: int
    waits: bool


def collected(waiting: int, others: int) -> list[Item]:
    """Files of five tests each, as pytest finds them: those of the top folder last."""
    names = [*(f"test_{at}" for at in range(others)), *(f"test_pty_{at}" for at in range(waiting)), *LONGEST]
    return [Item(Path(f"{name}.py"), number, "pty" in name or name in LONGEST) for name in names for number in range(5)]


def parts(items: list[Item], workers: int) -> list[list[Item]]:
    """As worksteal hands them out."""
    left, found = list(items), []
    for at in range(workers):
        size = len(left) // (workers - at)
        found.append(left[:size])
        del left[:size]
    return found


@pytest.mark.parametrize("workers", [3, 5, 12])
@pytest.mark.parametrize(("waiting", "others"), [(0, 0), (20, 100), (60, 3)])
def test_every_test_runs_once_and_who_waits_begins_first(workers: int, waiting: int, others: int) -> None:
    items = collected(waiting, others)
    order = dealt(items, workers, 2, lambda item: item.waits)
    assert Counter(order) == Counter(items)
    given = parts(order, workers)
    assert [part[0].path.stem for part in given[:2]] == list(LONGEST[:2])
    if sum(item.waits for item in items) <= 2 * (len(items) // workers):
        assert not any(item.waits for part in given[2:] for item in part)
        for part in given[:2]:
            assert [item.waits for item in part] == sorted((item.waits for item in part), reverse=True)
        unsorted = parts(items, workers)
        assert not any(part[0].waits for part in unsorted[:2])  # the control: as they are found
