"""What a measurement is, and how two things are measured against each other: in turns, by their medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

Action = Callable[[], object]


@dataclass(frozen=True)
class Measurement:
    """One row: what was measured, its floor, and the aim for their ratio (None: printed for its own sake)."""

    what: str
    floor: str
    value: float
    floor_value: float
    unit: str
    aim: float | None = None
    at_least: bool = False
    """True where the aim is a smallest ratio (a rate), False where it is a largest one (a time)."""
    note: str = ""

    @property
    def ratio(self) -> float:
        """Value over floor."""
        return self.value / self.floor_value

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        return self.ratio >= self.aim if self.at_least else self.ratio <= self.aim

    def facts(self) -> dict[str, object]:
        """As JSON shows it."""
        return asdict(self) | {"ratio": round(self.ratio, 3), "met": self.met}


def seconds(action: Action) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def in_turns(rounds: int, *actions: Action) -> list[float]:
    """The median seconds of each action, one call of each in turn, so that a busy moment hits all of them."""
    taken: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for times, action in zip(taken, actions, strict=True):
            times.append(seconds(action))
    return [statistics.median(times) for times in taken]


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lie."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
