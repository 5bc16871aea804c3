"""What a seized ext4 image keeps of a whole round: no order, no ballot, hardly an old state, hardly an old key."""

from __future__ import annotations

from pathlib import Path

import pytest
from secrecy_images import MOST_REMNANTS, cannot_mount, planted_on_ext4, remnants

pytestmark = pytest.mark.skipif(bool(cannot_mount()), reason=cannot_mount() or "can mount")


def test_an_image_keeps_next_to_nothing_of_a_round(scratch: Path) -> None:
    found = remnants(scratch, 30)
    assert found.current  # the control of the search
    assert found.recoverable == ()
    assert found.states <= MOST_REMNANTS, found
    assert found.keys <= MOST_REMNANTS, found


def test_the_same_examiner_orders_ordinary_stores_on_ext4(scratch: Path) -> None:
    for name, correlation in planted_on_ext4(scratch, 30).items():
        assert correlation > 0.9, name
