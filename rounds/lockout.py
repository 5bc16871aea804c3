"""How long a wrong 开启口令 makes everybody wait (KIOSK.md: 5 tries, then 15 s doubling, at most 60 s).

| wrong in a row | 1-4 | 5  | 6  | 7 and more |
|----------------|-----|----|----|------------|
| wait, seconds  | 0   | 15 | 30 | 60         |
"""

from __future__ import annotations

FREE_TRIES = 5
FIRST_WAIT_S = 15.0
LONGEST_WAIT_S = 60.0


def wait_after(failures: int) -> float:
    """Seconds to wait after `failures` wrong tries in a row; never negative."""
    if failures < FREE_TRIES:
        return 0.0
    doublings = min(failures - FREE_TRIES, 16)
    return min(FIRST_WAIT_S * float(1 << doublings), LONGEST_WAIT_S)


def tries_left(failures: int) -> int:
    """Wrong tries left before a wait begins."""
    return max(FREE_TRIES - failures, 0)
