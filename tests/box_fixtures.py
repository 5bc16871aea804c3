"""Boxes that many tests begin with; the folder is in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from box_factory import FIVE_BALLOTS, MadeBox, kept, make_box, memory_folder

from rounds.errors import RoundError, Unreadable, VerificationFailure
from rounds.sharing import Holder


@pytest.fixture
def scratch() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder


@pytest.fixture
def made(scratch: Path) -> MadeBox:
    return make_box(scratch / "home")


@pytest.fixture
def listed(scratch: Path) -> MadeBox:
    """With a roster."""
    return make_box(scratch / "listed", with_roster=True)


@pytest.fixture(scope="module")
def five_cast() -> Iterator[MadeBox]:
    """Five of six have voted, with a stick; every attack takes a copy."""
    with memory_folder() as folder:
        yield make_box(folder / "home", token=folder / "stick", with_roster=True).vote(FIVE_BALLOTS)


def refused(made: MadeBox, *holders: Holder) -> RoundError:
    """Start and close both refuse, with one line, as Unreadable or VerificationFailure, and change no byte."""
    before = kept(made)
    for operation in (made.start, made.close):
        with pytest.raises((Unreadable, VerificationFailure)) as caught:
            operation(*holders)
        assert "\n" not in str(caught.value)
        assert kept(made) == before
    return caught.value
