"""Power cuts on a real ext4 in the middle of every verb, right after it, and after a kill and a restart.

Only what was acknowledged before the cut counts: the child that acknowledges is the one that cuts, at a call of its
own, or the parent cuts at a moment of its own and has read the acknowledgements before.
"""

from __future__ import annotations

import ctypes
import os
import random
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

from box_inside import pragma, settling_without_sealing
from faults.kills import SCENES, Attempt, Make, beside, verbs_of
from faults.scenes import CAST, START, Acknowledge, Arm, Scene, Verdict, make_scene, scratch, verify
from faults.shim import EVERY, Act, Fault, swallow_syncs
from faults.tallying import Row, Work, acknowledged, calls_of, every, meet
from killing import Fate, in_child
from power import Disk, cannot_cut, cut

from ballots_store import store
from ballots_store.held import HeldBox
from rounds.choices import Choice
from rounds.errors import RoundError

CUTS = (Fault(Act.CUT_BEFORE), Fault(Act.CUT_AFTER))
KILL = Fault(Act.KILL_BEFORE)


class Cutter:
    """A disk that is brought back to what it was before each try."""

    def __init__(self, disk: Disk, row: Row) -> None:
        self.disk, self.row = disk, row
        self.stride = 1

    def cut_at(self, work: Work, place: int, fault: Fault) -> Fate:
        """`work` in a child whose disk loses power at its call number `place`."""

        def armed(arm: Arm, acknowledge: Acknowledge) -> None:
            work(arm, acknowledge)
            cut(self.disk.mount)
            os._exit(0)

        descriptor = os.open(self.disk.mount, os.O_RDONLY)
        try:
            return meet(armed, place, fault, descriptor)
        finally:
            os.close(descriptor)

    def fresh(self, make: Make) -> Attempt:
        """The kept disk with nothing un-synced on it."""
        self.disk.fresh()
        attempt = make(self.disk.mount / "try")
        sync_mount(self.disk.mount)
        return attempt

    def judge(self, attempt: Attempt, fate: Fate) -> Verdict:
        self.disk.after_the_cut()
        return Verdict.TRACEBACK if fate.error else attempt.check(acknowledged(fate))

    def at_every_call(self, name: str, make: Make) -> None:
        """A cut before and after each call of one verb, and one right after its acknowledgement."""
        calls = calls_of(self.fresh(make).work, EVERY)
        for fault in CUTS:
            for place in every(range(1, calls + 2), self.stride):  # one beyond the last: after the acknowledgement
                attempt = self.fresh(make)
                fate = self.cut_at(attempt.work, place, fault)
                self.row.add(self.judge(attempt, fate), f"{name} {fault.name} {place} {fate.error[-300:]}")

    def after_the_acknowledgement(self, make: Make) -> Verdict:
        attempt = self.fresh(make)
        return self.judge(attempt, self.cut_at(attempt.work, 10**6, CUTS[0]))


def sync_mount(mount: Path) -> None:
    """Sync this file system alone; `os.sync` would stall the whole machine."""
    descriptor = os.open(mount, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor):
            raise OSError(ctypes.get_errno(), "syncfs")
    finally:
        os.close(descriptor)


def kept_scene(disk: Disk, number: int) -> Scene:
    members, votes, stick, roster, pending = SCENES[number]
    folder = disk.mount / "kept"
    scene = make_scene(folder, members=members, votes=votes, stick=stick, roster=roster, pending=pending)
    disk.keep()
    return scene


# kill → restart → cut -------------------------------------------------------------------------------------------------


BOX_SYNC = range(3, 4)
"""The call of a cast that syncs the box's pages: killed before it, the page cache has what the disk has not."""


def kill_restart_cut(cutter: Cutter, scene: Scene, *, tries: int, kills: range | None = None) -> Iterator[Verdict]:
    """A cast is killed at each call (of `kills`); the restart after it loses power at each of its calls."""
    cutter.disk.fresh()
    casts = calls_of(partial(CAST.run, scene), EVERY)
    cutter.disk.fresh()
    starts = calls_of(partial(START.run, scene), EVERY)
    pairs = [(kill, at) for kill in kills or range(1, casts + 1) for at in range(1, starts + 2)]
    for kill, at in random.Random(7).sample(pairs, min(tries, len(pairs))):  # noqa: S311  a spread, no secret
        cutter.disk.fresh()
        before = acknowledged(meet(partial(CAST.run, scene), kill, KILL))
        fate = cutter.cut_at(partial(START.run, scene), at, CUTS[1])
        cutter.disk.after_the_cut()
        yield Verdict.TRACEBACK if fate.error else verify(scene, CAST, before)


@contextmanager
def without_guards() -> Iterator[None]:
    """A restart that believes the page cache: no sync before reading, no re-sealing before erasing."""
    with patch.object(HeldBox, "settle", settling_without_sealing), patch.object(store, "_check_header"):
        yield


# at a moment of the parent


def cut_at_random(cutter: Cutter, folder: Path, wait_s: float) -> Verdict:
    """Voters go on; the parent cuts the power and believes only the acknowledgements that it had read by then."""
    cutter.disk.fresh()
    scene = make_scene(folder, members=24, votes=0, stick=True, roster=False)
    sync_mount(cutter.disk.mount)
    done, descriptor = os.pipe()
    os.set_blocking(done, False)

    def work(_acknowledge: Acknowledge) -> None:
        box = scene.made.start()
        os.write(descriptor, b"s")
        try:
            for _ in range(24):
                scene.made.cast(box, Choice.SATISFIED)
                os.write(descriptor, b"c")
        except (RoundError, OSError):
            os._exit(0)

    watcher = _fork_watcher(work)
    _wait_for_start(done)
    time.sleep(wait_s)
    read = os.read(done, 1000) if _readable(done) else b""
    cut(cutter.disk.mount)
    os.waitpid(watcher, 0)
    os.close(done)
    os.close(descriptor)
    cutter.disk.after_the_cut()
    try:
        box = scene.made.start()
    except RoundError:
        return Verdict.LOST
    collected = box.figures().collected
    box.close()
    return Verdict.FINE if read.count(b"c") <= collected <= 24 else Verdict.LOST


def _fork_watcher(work: Callable[[Acknowledge], None]) -> int:
    child = os.fork()
    if child == 0:
        in_child(work)
        os._exit(0)
    return child


def _wait_for_start(done: int) -> None:
    while not _readable(done):
        time.sleep(0.001)
    os.read(done, 1)


def _readable(done: int) -> bool:
    return bool(select.select([done], [], [], 0)[0])


# controls -------------------------------------------------------------------------------------------------------------


def _swallowed(work: Work) -> Work:
    def eaten(arm: Arm, acknowledge: Acknowledge) -> None:
        swallow_syncs(on=True)
        work(arm, acknowledge)

    return eaten


def controls(cutter: Cutter, makes: dict[str, Make], rows: dict[str, Row], tries: int) -> None:
    for _ in range(tries):
        with pragma("synchronous=OFF", "synchronous=EXTRA"):
            rows["off"].add_control(cutter.after_the_acknowledgement(makes["cast"]))
        attempt = cutter.fresh(makes["cast"])
        swallowed = cutter.cut_at(_swallowed(attempt.work), 10**6, CUTS[0])
        rows["eaten"].add_control(cutter.judge(attempt, swallowed))
        attempt = cutter.fresh(makes["export"])
        swallowed = cutter.cut_at(_swallowed(attempt.work), 10**6, CUTS[0])
        rows["export"].add_control(cutter.judge(attempt, swallowed))


def run(*, quick: bool) -> list[Row]:
    """Rows: cuts at calls, cuts at random moments, kill → restart → cut, and more controls."""
    at_calls = Row("power cut at every call, and after the acknowledgement", control="synchronous=OFF")
    moments = Row("power cut at a random moment of voting", control="syncs swallowed (eatmydata)")
    restarted = Row("kill → restart → power cut", control="a restart without its two guards")
    exports = Row("export, then power cut (counted above)", control="an export without fsync")
    rows = [at_calls, moments, restarted, exports]
    reason = cannot_cut()
    if reason:
        for row in rows:
            row.skipped = reason
        return rows
    for number in (0,) if quick else (0, 1, 2):
        with scratch() as folder, Disk(folder) as disk:
            _on_disk(disk, number, rows, quick=quick)
    return rows


def _on_disk(disk: Disk, number: int, rows: list[Row], *, quick: bool) -> None:
    at_calls, moments, restarted, exports = rows
    scene = kept_scene(disk, number)
    cutter = Cutter(disk, at_calls)
    cutter.stride = 61 if quick else 1
    makes = dict([*beside(disk.mount), *verbs_of(scene)])
    for name, make in makes.items():
        cutter.at_every_call(name, make)
    for verdict in kill_restart_cut(cutter, scene, tries=6 if quick else 150):
        restarted.add(verdict)
    for place in range(2 if quick else 40):
        moments.add(cut_at_random(cutter, disk.mount / "moment", (place % 20) * 0.004))
    if number == 0:
        tries = 1 if quick else 20
        controls(cutter, makes, {"off": at_calls, "eaten": moments, "export": exports}, tries)
        with without_guards():
            for verdict in kill_restart_cut(cutter, scene, tries=14 if quick else 150, kills=BOX_SYNC):
                restarted.add_control(verdict)
