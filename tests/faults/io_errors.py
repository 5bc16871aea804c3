"""EIO, ENOSPC, EROFS and short writes at the n-th call of every verb, once and for ever."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from faults.kills import SCENES, Attempt, Make, at_every_call, beside, verbs_of
from faults.scenes import (
    NEXT,
    Acknowledge,
    Arm,
    Scene,
    Verb,
    Verdict,
    make_scene,
    scratch,
    verify,
    verify_export,
)
from faults.shim import EVERY, NAMES, SYNCS, WRITES, Act, Fault
from faults.tallying import BARE, Row
from killing import Fate

from ballots_store.files import check_can_create
from rounds.errors import RoundError

ERRORS = (
    Fault(Act.FAIL, errno.EIO, EVERY),
    Fault(Act.FAIL, errno.EIO, SYNCS, forever=True),
    Fault(Act.FAIL, errno.EIO, WRITES, forever=True),
    Fault(Act.FAIL, errno.EROFS, WRITES | NAMES),
    Fault(Act.FAIL, errno.EROFS, WRITES | NAMES, forever=True),
    Fault(Act.SHORT, kinds=WRITES),
    Fault(Act.SHORT, kinds=WRITES, forever=True),
)
FULL = (
    Fault(Act.FAIL, errno.ENOSPC, WRITES | NAMES),
    Fault(Act.FAIL, errno.ENOSPC, WRITES | NAMES, forever=True),
)


def _cast_anyway(scene: Scene, arm: Arm, acknowledge: Acknowledge) -> None:
    """The control: whatever the box says, the voter is thanked."""
    box = scene.made.start()
    scene.made.unlock(box)
    arm()
    try:
        box.cast(NEXT)
    except RoundError:
        pass
    finally:
        acknowledge("cast")


CAST_ANYWAY = Verb("cast", _cast_anyway, (NEXT,))


def careless_export(path: Path, data: bytes, arm: Arm, acknowledge: Acknowledge) -> None:
    """The control: one os.write that nobody counts."""
    arm()
    check_can_create(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(descriptor, data)
    os.fsync(descriptor)
    os.close(descriptor)
    acknowledge("export")


def careless_attempt(folder: Path) -> Attempt:
    data, path = os.urandom(9_000), folder / "r.result"
    folder.mkdir()
    return Attempt(partial(careless_export, path, data), partial(verify_export, path, data))


def _anyway_attempt(scene: Scene, folder: Path) -> Attempt:
    copy = scene.copied(folder)
    return Attempt(partial(CAST_ANYWAY.run, copy), partial(verify, copy, CAST_ANYWAY))


def tell(row: Row, name: str, tries: Iterable[tuple[str, Fate, Verdict]]) -> None:
    for where, fate, verdict in tries:
        row.add(verdict, f"{name} {where} {fate.error[-300:]}")
        if BARE in fate.acknowledged:
            row.found["bare OSError"] += 1


def _makes(parent: Path, scenes: Iterable[Scene]) -> Iterator[tuple[str, Make]]:
    yield from beside(parent)
    for scene in scenes:
        yield from verbs_of(scene)


def run(*, quick: bool) -> list[Row]:
    """Two rows: I/O errors and a disk that says it is full."""
    errors = Row("I/O errors at the n-th call: EIO, EROFS, short writes", control="thanks in spite of a failed cast")
    full = Row("disk full: ENOSPC at the n-th call", control="an export by one os.write, short or failed")
    stride, chosen = (61, SCENES[:1]) if quick else (1, SCENES[:6])
    with scratch() as parent:
        scenes = []
        for number, (members, votes, stick, roster, pending) in enumerate(chosen):
            kept = parent / f"scene{number}"
            scenes.append(make_scene(kept, members=members, votes=votes, stick=stick, roster=roster, pending=pending))
        for row, faults in ((errors, ERRORS[::3] if quick else ERRORS), (full, FULL)):
            for name, make in _makes(parent, scenes):
                tell(row, name, at_every_call(make, faults, stride, parent))
        for _, _, verdict in at_every_call(partial(_anyway_attempt, scenes[0]), ERRORS[:1], stride, parent):
            errors.add_control(verdict)
        for _, _, verdict in at_every_call(careless_attempt, (ERRORS[5], *FULL), 1, parent):
            full.add_control(verdict)
    return [errors, full]
