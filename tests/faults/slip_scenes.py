"""投票凭条 under faults: made with their paper or not at all, used up with the ballot or not at all; 定点 rounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from box_factory import STATIONED, MadeBox, cast_by_slip, make_box
from faults.io_errors import ERRORS, FULL
from faults.kills import Attempt, Make, at_every_call, tell
from faults.scenes import NEXT, REASON, Acknowledge, Arm, Verdict, scratch
from faults.shim import KILLS
from faults.tallying import Row

from ballots_store.box import BallotBox
from ballots_store.session import WrongSlip
from rounds.choices import Choice
from rounds.errors import RoundError, RuleRefusal

# members, votes, stick
SCENES = ((6, 4, True), (40, 0, False), (150, 7, True), (9, 8, False))


@dataclass(frozen=True)
class SlipScene:
    """A 定点 round whose slips were made, and some of them used."""

    made: MadeBox
    slips: tuple[str, ...]
    used: int

    @property
    def following(self) -> str:
        """The slip that the verb uses."""
        return self.slips[self.used]


def opened(folder: Path, members: int, *, stick: bool) -> MadeBox:
    folder.mkdir(parents=True)
    return make_box(folder / "home", members=members, token=folder / "stick" if stick else None, **STATIONED)


def voted(folder: Path, members: int, votes: int, *, stick: bool) -> SlipScene:
    made = opened(folder, members, stick=stick)
    slips = made.slips()
    box = made.start()
    for number in range(votes):
        cast_by_slip(box, slips[number], Choice(1 + number % 3))
    box.close()
    return SlipScene(made, slips, votes)


# Making ---------------------------------------------------------------------------------------------------------------


def making(made: MadeBox, folder: Path) -> Attempt:
    """Making the slips of a copy of `made`."""
    copy = made.copied(folder)
    return Attempt(partial(_make, copy), partial(verify_made, copy))


def _make(made: MadeBox, arm: Arm, acknowledge: Acknowledge) -> None:
    arm()
    made.slips()
    acknowledge("slips")


def verify_made(made: MadeBox, acknowledged: tuple[str, ...]) -> Verdict:
    """With their paper there, slips are in; without it, one more call finishes the first one or makes them."""
    folder = made.home.path.parent
    paper = folder / "slips.docx"
    was_there = paper.exists()
    try:
        drawn = made.slips(out=folder / "second.docx" if was_there else paper)
    except IndexError:  # the first call's own paper was given its name: nothing new was drawn
        drawn = ()
    except RuleRefusal:
        return Verdict.FINE if was_there else Verdict.LOST
    except RoundError:
        return Verdict.LOST
    if "slips" in acknowledged or (was_there and drawn):
        return Verdict.LOST
    return Verdict.FINE if paper.exists() else Verdict.LOST


# Using ----------------------------------------------------------------------------------------------------------------


def using(scene: SlipScene, folder: Path, *, early: bool = False) -> Attempt:
    """Casting by the next slip; `early`: the control, whose voter is told before the commit."""
    copy = SlipScene(scene.made.copied(folder), scene.slips, scene.used)
    return Attempt(partial(_use, copy, early), partial(verify_used, copy))


def _use(scene: SlipScene, early: bool, arm: Arm, acknowledge: Acknowledge) -> None:
    box = scene.made.start()
    box.admit(scene.following.encode(), 0.0)
    box.unlock(None)
    arm()
    if early:
        acknowledge("cast")
    box.cast(NEXT)
    if not early:
        acknowledge("cast")


def verify_used(scene: SlipScene, acknowledged: tuple[str, ...]) -> Verdict:
    """The ballot in and the slip gone, or neither; what was acknowledged is in, once."""
    try:
        box = scene.made.start()
        more = box.figures().collected - scene.used
        is_gone = not _opens(box, scene.following)
        box.close()
        end = scene.made.close(present=scene.made.opened.members, reason=REASON, leftover=0).end
    except RoundError:
        return Verdict.LOST
    if more < ("cast" in acknowledged):
        return Verdict.LOST
    if more > 1:
        return Verdict.DOUBLED
    return Verdict.FINE if is_gone == bool(more) and end.collected == scene.used + more else Verdict.WRONG


def _opens(box: BallotBox, slip: str) -> bool:
    try:
        box.admit(slip.encode(), 0.0)
    except WrongSlip:
        return False
    return True


def attempts(parent: Path, *, quick: bool) -> Iterator[tuple[str, Make]]:
    """Name and maker of every attempt."""
    for number, (members, votes, stick) in enumerate(SCENES[:1] if quick else SCENES):
        scene = voted(parent / f"voted{number}", members, votes, stick=stick)
        yield "cast by slip", partial(using, scene)
        yield "slips", partial(making, opened(parent / f"opened{number}", members, stick=stick))


def run(*, quick: bool) -> list[Row]:
    """Rows: kills, and calls that fail."""
    killed = Row("slips made and used: kill -9 at every call", control="acknowledged before the commit")
    failed = Row("slips made and used: EIO, ENOSPC, EROFS, short writes", control="acknowledged before the commit")
    stride = 9 if quick else 1
    with scratch() as parent:
        for name, make in attempts(parent, quick=quick):
            tell(killed, name, at_every_call(make, KILLS, stride, parent))
            for where, fate, verdict in at_every_call(make, ERRORS + FULL, stride, parent):
                failed.add(verdict, f"{name} {where} {fate.error[-300:]}")
        control = partial(using, voted(parent / "control", 6, 2, stick=True), early=True)
        for row, faults in ((killed, KILLS[:1]), (failed, ERRORS[:1])):
            for _, _, verdict in at_every_call(control, faults, 1, parent):
                row.add_control(verdict)
    return [killed, failed]
