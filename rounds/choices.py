"""What one ballot can say (附件1: 满意, 不满意; “多选或不选均为无效”)."""

from __future__ import annotations

from enum import IntEnum


class Choice(IntEnum):
    """The mark on one ballot; the value is what the sealed plaintext holds and the key that chooses it."""

    SATISFIED = 1
    UNSATISFIED = 2
    BLANK = 3
