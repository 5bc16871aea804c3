"""kill -9 before, in and after every write, sync, rename, link and unlink of every verb."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from faults.scenes import (
    CAST_EARLY,
    VERBS,
    Opening,
    Scene,
    Verb,
    Verdict,
    export,
    make_scene,
    scratch,
    verify,
    verify_export,
)
from faults.shim import KILLS, Fault
from faults.tallying import Row, Work, acknowledged, calls_of, every, meet
from killing import Fate

# members, votes, stick, roster, pending
SCENES = (
    (6, 4, True, False, False),
    (6, 5, False, True, True),
    (6, 0, True, True, False),
    (40, 30, False, False, False),
    (3, 2, True, True, True),
    (12, 1, False, True, False),
    (9, 8, True, False, True),
    (150, 7, True, True, False),
    (25, 17, False, False, True),
    (30, 29, True, True, False),
    (7, 5, False, False, False),
    (64, 43, True, False, True),
    (5, 4, True, True, False),
    (8, 6, False, True, True),
    (15, 11, True, False, False),
    (33, 22, True, True, True),
    (10, 9, False, True, False),
    (6, 3, False, False, True),
    (21, 14, True, True, False),
    (300, 5, True, False, False),
    (210, 4, False, True, True),
    (120, 9, True, True, True),
    (700, 3, False, False, False),
    (180, 6, True, False, True),
    (90, 61, False, True, False),
    (350, 2, True, True, False),
    (250, 8, False, False, True),
    (45, 44, True, False, False),
    (160, 41, False, True, True),
    (520, 3, True, True, True),
)


@dataclass(frozen=True)
class Attempt:
    """One try: what to do, and how to look at what it left."""

    work: Work
    check: Callable[[tuple[str, ...]], Verdict]


Make = Callable[[Path], Attempt]


def verb_attempt(scene: Scene, verb: Verb, folder: Path) -> Attempt:
    copy = scene.copied(folder)
    return Attempt(partial(verb.run, copy), partial(verify, copy, verb))


def opening_attempt(stick: bool, folder: Path) -> Attempt:
    opening = Opening.fresh(folder, stick=stick)
    return Attempt(opening.work, opening.verify)


def export_attempt(data: bytes, folder: Path) -> Attempt:
    path = folder / "r.result"
    folder.mkdir()
    return Attempt(partial(export, path, data), partial(verify_export, path, data))


def at_every_call(
    make: Make, faults: tuple[Fault, ...], stride: int, parent: Path
) -> Iterator[tuple[str, Fate, Verdict]]:
    """Each fault at each call of one verb: (where, the child's fate, what was found afterwards)."""
    counts: dict[int, int] = {}
    for fault in faults:
        if fault.kinds not in counts:
            with scratch(parent) as folder:
                counts[fault.kinds] = calls_of(make(folder / "dry").work, fault.kinds)
        for place in every(range(1, counts[fault.kinds] + 1), stride):
            with scratch(parent) as folder:
                attempt = make(folder / "try")
                fate = meet(attempt.work, place, fault)
                said = acknowledged(fate)
                verdict = Verdict.TRACEBACK if fate.error else attempt.check(said)
                yield f"{fault.name} {place}", fate, verdict


def verbs_of(scene: Scene) -> Iterator[tuple[str, Make]]:
    for verb in VERBS:
        if verb.name in {"unlock", "cast", "void_session"} and len(scene.before) >= scene.made.opened.members:
            continue
        yield verb.name, partial(verb_attempt, scene, verb)


def beside(parent: Path) -> Iterator[tuple[str, Make]]:
    """Verbs that need no box."""
    yield "open", partial(opening_attempt, False)
    yield "open", partial(opening_attempt, True)
    yield "export", partial(export_attempt, os.urandom(20_000))
    del parent


def run(*, quick: bool) -> list[Row]:
    """Every verb on every scene; quick: one scene, every 29th call."""
    row = Row("kill -9 at every write, sync, rename, link, unlink", control="acknowledged before the commit")
    stride, scenes = (29, SCENES[:1]) if quick else (1, SCENES)
    with scratch() as parent:
        for name, make in beside(parent):
            tell(row, name, at_every_call(make, KILLS, stride, parent))
        for number, (members, votes, stick, roster, pending) in enumerate(scenes):
            kept = parent / f"scene{number}"
            scene = make_scene(kept, members=members, votes=votes, stick=stick, roster=roster, pending=pending)
            for name, make in verbs_of(scene):
                tell(row, name, at_every_call(make, KILLS, stride, parent))
            if number == 0:
                control = partial(verb_attempt, scene, CAST_EARLY)
                for _, fate, verdict in at_every_call(control, KILLS[:1], stride, parent):
                    if not fate.killed:
                        raise AssertionError("the control was not killed")
                    row.add_control(verdict)
    return [row]


def tell(row: Row, name: str, tries: Iterator[tuple[str, Fate, Verdict]]) -> None:
    for where, fate, verdict in tries:
        if not fate.killed and not fate.error:
            raise AssertionError(f"{name} {where}: not killed, {fate.acknowledged}")
        row.add(verdict, f"{name} {where} {fate.error[-300:]}")
