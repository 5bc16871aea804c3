"""The rows of a table by organisation: one for each directly below, and one for what hangs on none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from canvass.registry import Registry
from canvass.rollup_schema import State
from canvass.rollups import Sums, by_child, expectation, organisation_at, rows_below, totals


@dataclass(frozen=True)
class Unit:
    """One row: whose it is, what the roll-ups hold of a year, how many branches the ledger expects."""

    code: str
    name: str
    path: str
    sums: Mapping[State, Sums]
    expected: int
    is_direct: bool = False
    """Only the branches directly under `path`, none of those of the organisations below it."""

    def holds(self, path: str) -> bool:
        """Whether what hangs on the organisation at `path` belongs to this row."""
        return path == self.path if self.is_direct else path.startswith(self.path)


def units(registry: Registry, *, year: int, path: str | None) -> list[Unit]:
    """Per organisation directly below `path`, then those that hang on `path` itself; see `rollups.rows_below`.

    Raises:
        Unreadable: the registry failed.
    """
    path, listed = rows_below(registry, path)
    held = by_child(registry, year=year, path=path)
    rows = [
        Unit(one.code, one.name, one.path, held.get(one.id, {}), expected_below(registry, one.path)) for one in listed
    ]
    above = None if path is None else organisation_at(registry, path)
    if above is None:
        return rows
    sums = _less(totals(registry, year=year, path=above.path), [row.sums for row in rows])
    expected = expected_below(registry, above.path) - sum(row.expected for row in rows)
    return [*rows, Unit(above.code, f"{above.name}（直属）", above.path, sums, expected, is_direct=True)]


def expected_below(registry: Registry, path: str) -> int:
    """The ledger's branches below `path`.

    Raises:
        Unreadable: the registry failed.
    """
    return sum(one.branches for one in expectation(registry, path=path).values())


def _less(whole: Mapping[State, Sums], parts: Iterable[Mapping[State, Sums]]) -> dict[State, Sums]:
    """What is left of `whole` without the parts; states of which nothing is left are not there."""
    left = dict(whole)
    for part in parts:
        for state, sums in part.items():
            left[state] += -sums
    return {state: sums for state, sums in left.items() if any(sums.values())}
