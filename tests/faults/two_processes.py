"""Several processes on one box at once: one holds it, the others are told so, and every acknowledged ballot is in."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from unittest.mock import patch

from box_factory import MadeBox, make_box
from box_inside import pragma
from faults.crash_states import PYTHONS_OWN
from faults.scenes import Acknowledge, Verdict, counted, scratch
from faults.tallying import Row
from killing import in_child

from ballots_store import held
from ballots_store.errors import BoxInUse
from ballots_store.home import RoundFolder
from rounds.choices import Choice
from rounds.errors import RoundError

RACERS = 4


def raced(made: MadeBox, *, hold_each: bool) -> Counter[str]:
    """Each racer starts at the same moment and casts; what they said, all together."""
    go, ready = os.pipe(), os.pipe()
    said = os.pipe()
    racers = [_racer(made, go[0], ready[1], said[1], hold_each=hold_each) for _ in range(RACERS)]
    for _ in racers:
        os.read(ready[0], 1)
    os.write(go[1], b"g" * RACERS)
    for racer in racers:
        os.waitpid(racer, 0)
    os.close(said[1])
    with os.fdopen(said[0], "rb") as file:
        lines = file.read().decode().split()
    for descriptor in (*go, *ready):
        os.close(descriptor)
    return Counter(lines)


def _racer(made: MadeBox, go: int, ready: int, said: int, *, hold_each: bool) -> int:
    child = os.fork()
    if child:
        return child

    def work(acknowledge: Acknowledge) -> None:
        os.write(ready, b"r")
        os.read(go, 1)
        try:
            box = made.start()
            made.unlock(box)
            os.write(ready, b"s")
            box.cast(Choice.SATISFIED)
            acknowledge("cast")
            if hold_each:
                box.close()
        except BoxInUse:
            acknowledge("in_use")
        except RoundError:
            acknowledge("refused")

    try:
        fate = in_child(work)
        os.write(said, (" ".join((*fate.acknowledged, *(["traceback"] if fate.error else []))) + "\n").encode())
    finally:
        os._exit(0)


def judged(made: MadeBox, said: Counter[str]) -> Verdict:
    if said["traceback"] or said.total() != RACERS:
        return Verdict.TRACEBACK
    try:
        collected = counted(made).collected
    except RoundError:
        return Verdict.LOST
    if collected < said["cast"]:
        return Verdict.LOST
    return Verdict.FINE if collected == said["cast"] else Verdict.DOUBLED


class _NoLock:
    """The control: a lock that everybody gets."""

    def release(self) -> None:
        """Nothing was held."""


def unlocked(_folder: RoundFolder) -> _NoLock:
    return _NoLock()


def run(*, quick: bool) -> list[Row]:
    """One row of races; the control runs without the lock file and without SQLite's exclusive lock."""
    row = Row("four processes start and cast on one box", control="neither lock nor locking_mode=EXCLUSIVE")
    with scratch() as parent:
        for number in range(6 if quick else 150):
            made = _box(parent, f"race{number}")
            row.add(judged(made, raced(made, hold_each=bool(number % 2))), str(number))
        with patch.object(held, "hold", unlocked), pragma(*PYTHONS_OWN[2]):
            boxes = [_box(parent, f"control{number}") for number in range(6 if quick else 20)]
            races = [(made, raced(made, hold_each=False)) for made in boxes]
        for made, said in races:
            row.add_control(judged(made, said))
    return [row]


def _box(parent: Path, name: str) -> MadeBox:
    folder = parent / name
    folder.mkdir()
    return make_box(folder / "home", token=folder / "stick")
