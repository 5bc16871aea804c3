"""kill -9 before and after each step of making slips and of casting by one: slips with their paper or neither; the
ballot in and the slip gone, or neither. The controls: paper written before the commit, thanks before the cast."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from box_factory import OPENED, MadeBox, make_box, memory_folder
from killing import Acknowledge, Fate, Switch, killed_at, steps_of

from ballots_store.box import BallotBox
from ballots_store.hooks import Hook, no_hook
from ballots_store.session import WrongSlip
from ballots_store.slip_making import SlipRequest, SlipSheet, make_slips
from rounds.choices import Choice
from rounds.errors import RoundError

Check = Callable[[tuple[str, ...]], bool]
Attempt = tuple[Callable[[Switch, Acknowledge], None], Check]


@pytest.fixture
def parent() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder


def at_every_step(attempt: Callable[[Path], Attempt], parent: Path) -> list[tuple[str, Fate, bool]]:
    """The step, the child's fate, and whether what was found afterwards is sound."""
    steps = steps_of(attempt(parent / "dry")[0])
    found = []
    for place, step in enumerate(steps):
        work, check = attempt(parent / str(place))
        fate = killed_at(place, work)
        assert fate.killed, (step, fate)
        found.append((step, fate, check(fate.acknowledged)))
        shutil.rmtree(parent / str(place))
    shutil.rmtree(parent / "dry")
    return found


def opened(folder: Path) -> MadeBox:
    folder.mkdir()
    return make_box(folder / "home", members=4, token=folder / "stick")


def take(box: BallotBox, number: str) -> bool:
    try:
        box.admit(number.encode(), 0.0)
    except WrongSlip:
        return False
    return True


# Making ---------------------------------------------------------------------------------------------------------------


def make(made: MadeBox, paper: Path, hook: Hook = no_hook, *, early: bool = False) -> None:
    """`early`: the control, whose paper is written with the numbers."""

    def render(sheet: SlipSheet) -> bytes:
        if early:
            paper.write_text("\n".join(sheet.numbers))
        return "\n".join(sheet.numbers).encode()

    out = paper.with_suffix(".late") if early else paper
    make_slips(
        made.home, SlipRequest(made.round_id, made.codes(), out), render, now=OPENED, token=made.token, hook=hook
    )


def making(made: MadeBox, folder: Path, *, early: bool = False) -> Attempt:
    folder.mkdir()
    copy, paper = made.copied(folder), folder / "slips.txt"

    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        switch.on = True
        make(copy, paper, switch.call, early=early)
        acknowledge("slips")

    return work, partial(paper_opens, copy, paper)


def paper_opens(made: MadeBox, paper: Path, acknowledged: tuple[str, ...]) -> bool:
    """The paper is there, or the same call makes it; every number on it opens."""
    try:
        if acknowledged and not paper.exists():
            return False
        if not paper.exists():
            make(made, paper)
        box = made.start()
        opens = [take(box, number) for number in paper.read_text().splitlines()]
        box.close()
    except RoundError:
        return False
    return opens == [True] * 4


def test_killed_while_slips_are_made(parent: Path) -> None:
    made = opened(parent / "opened")
    tries = at_every_step(partial(making, made), parent)
    assert {"before paper", "before slips", "after update", "before publish paper"} <= {step for step, _, _ in tries}
    assert all(sound for _, _, sound in tries), tries
    assert not all(sound for _, _, sound in at_every_step(partial(making, made, early=True), parent))


# Casting --------------------------------------------------------------------------------------------------------------


def casting(made: MadeBox, number: str, folder: Path, *, early: bool = False) -> Attempt:
    folder.mkdir()
    copy = made.copied(folder)

    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        box = copy.start(hook=switch.call)
        box.admit(number.encode(), 0.0)
        box.unlock(None)
        switch.on = True
        if early:
            acknowledge("cast")
        box.cast(Choice.UNSATISFIED)
        acknowledge("cast")

    return work, partial(ballot_or_slip, copy, number)


def ballot_or_slip(made: MadeBox, number: str, acknowledged: tuple[str, ...]) -> bool:
    """The ballot is in and the slip is gone, or neither."""
    try:
        box = made.start()
        collected, again = box.figures().collected, take(box, number)
        box.close()
    except RoundError:
        return False
    return collected != again and not ("cast" in acknowledged and not collected)


def test_killed_while_a_ballot_is_cast_by_a_slip(parent: Path) -> None:
    made = opened(parent / "opened")
    number = made.slips()[2]
    tries = at_every_step(partial(casting, made, number), parent)
    assert {"before cast", "before update", "after commit"} <= {step for step, _, _ in tries}
    assert all(sound for _, _, sound in tries), tries
    assert not all(sound for _, _, sound in at_every_step(partial(casting, made, number, early=True), parent))
