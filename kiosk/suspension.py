"""Whether the machine, or this process, stood still for a while with somebody's session open.

CLOCK_BOOTTIME goes on while the machine sleeps and CLOCK_MONOTONIC does not (clock_gettime(2)): where they have moved
apart, it slept. A process that was stopped and continued (SIGCONT) missed its own beats on the monotonic clock.
Where there is no CLOCK_BOOTTIME the idle times alone end such a session.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_SLEPT_S = 0.5
"""Far above what two readings of the clocks lie apart, far below the shortest sleep."""
_MISSED_S = 3.0
"""A stop this long is no signal in passing; the beat comes once a second."""


def slept_s() -> float:
    """Seconds that this machine has slept since it was started; always 0.0 where the system does not tell."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    awake = time.monotonic()
    return 0.0 if boot_time is None else time.clock_gettime(boot_time) - awake


class Suspension:
    """Looks at both signs; each is told once."""

    def __init__(self, slept: Callable[[], float], clock: Callable[[], float]) -> None:
        """`slept`: seconds slept so far; `clock`: the monotonic clock, in seconds."""
        self._slept, self._clock = slept, clock
        self._known, self._beat = slept(), clock()

    def beat(self) -> bool:
        """To be called once a second: whether the machine slept since the last look."""
        self._beat = self._clock()
        return self.looked()

    def looked(self) -> bool:
        """Whether the machine slept since the last look."""
        before, self._known = self._known, self._slept()
        return self._known - before > _SLEPT_S

    def continued(self) -> bool:
        """At SIGCONT: whether the process had been stopped for longer than a moment."""
        before, self._beat = self._beat, self._clock()
        return self._beat - before > _MISSED_S
