"""Media that are really full: no blocks, no inodes, a file-size limit, read-only; each with k units left."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from faults.io_errors import careless_attempt
from faults.kills import Attempt, Make, beside, export_attempt, verbs_of
from faults.scenes import Scene, Verdict, make_scene, scratch
from faults.shim import Act, Fault
from faults.tallying import BARE, REFUSED, Row, Work, acknowledged, meet
from power import Disk, cannot_cut
from power import run as command

PAGE = 4096
NOTHING = Fault(Act.COUNT)


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A tmpfs with these limits."""
    folder.mkdir()
    command("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    try:
        yield folder
    finally:
        command("umount", "-l", str(folder))
        folder.rmdir()


def fill(folder: Path, left: int) -> Path:
    """Leave `left` bytes of the medium."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size >= 512:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
        os.fsync(file.fileno())
    if left:
        os.truncate(ballast, max(ballast.stat().st_size - left, 0))
    return ballast


def tried(attempt: Attempt, release: Callable[[], None], work: Work | None = None) -> tuple[tuple[str, ...], Verdict]:
    """Do it on the medium as it is; `release` gives it room again; then look."""
    fate = meet(work or attempt.work, 0, NOTHING)
    release()
    verdict = Verdict.TRACEBACK if fate.error else attempt.check(acknowledged(fate))
    return fate.acknowledged, verdict


class Medium:
    """One kind of shortage, applied to one attempt at a time."""

    def __init__(self, row: Row, parent: Path) -> None:
        self.row, self.parent, self.refused = row, parent, 0

    def tell(self, what: str, said: tuple[str, ...], verdict: Verdict) -> None:
        self.row.add(verdict, what)
        self.refused += REFUSED in said or BARE in said

    def blocks(self, name: str, make: Make, left: int) -> None:
        with mounted(self.parent / "full", "size=4m") as disk:
            attempt = make(disk / "try")
            ballast = fill(disk, left * PAGE)
            self.tell(f"{name}, {left} pages left", *tried(attempt, ballast.unlink))

    def inodes(self, name: str, make: Make, left: int) -> None:
        with mounted(self.parent / "full", "size=4m,nr_inodes=200") as disk:
            attempt = make(disk / "try")
            (disk / "many").mkdir()
            free = os.statvfs(disk).f_ffree
            for number in range(max(free - left, 0)):
                (disk / "many" / str(number)).touch()
            release = partial(command, "mount", "-o", "remount,nr_inodes=400", str(disk))
            self.tell(f"{name}, {left} inodes left", *tried(attempt, release))

    def limited(self, name: str, make: Make, limit: int) -> None:
        with scratch(self.parent) as folder:
            attempt = make(folder / "try")

            def work(arm: Callable[[], None], acknowledge: Callable[[str], None]) -> None:
                hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]

                def limit_and_arm() -> None:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
                    arm()

                attempt.work(limit_and_arm, acknowledge)

            self.tell(f"{name}, files of {limit} bytes at most", *tried(attempt, lambda: None, work))

    def read_only(self, name: str, make: Make) -> None:
        with mounted(self.parent / "full", "size=4m") as disk:
            attempt = make(disk / "try")
            command("mount", "-o", "remount,ro", str(disk))
            release = partial(command, "mount", "-o", "remount,rw", str(disk))
            self.tell(f"{name}, read-only", *tried(attempt, release))


def on_tmpfs(row: Row, parent: Path, scene: Scene, *, quick: bool) -> int:
    """Every verb with 0, 1, 2 … units left; how many of them were refused."""
    medium = Medium(row, parent)
    verbs = [*beside(parent), *verbs_of(scene)]
    for name, make in verbs:
        for left in (0, 3, 9) if quick else range(26):
            medium.blocks(name, make, left)
        for left in (0,) if quick else range(5):
            medium.inodes(name, make, left)
        for limit in (4096,) if quick else (0, 1, 100, 512, 1024, 4096, 8192, 12288, 16384, 20480):
            medium.limited(name, make, limit)
        medium.read_only(name, make)
    return medium.refused


def on_ext4(row: Row, parent: Path, scene: Scene, *, quick: bool) -> None:
    """An ext4 with 1 KiB blocks, where a write can be cut short and a metadata block may be missing."""
    with scratch(parent) as folder, Disk(folder) as disk:
        for name, make in [*beside(parent), *verbs_of(scene)]:
            for left in (2,) if quick else range(0, 40, 3):
                with scratch(disk.mount) as here:
                    attempt = make(here / "try")
                    ballast = fill(disk.mount, left * 1024)
                    said, verdict = tried(attempt, ballast.unlink)
                    row.add(verdict, f"{name} on ext4, {left} KiB left {said}")


def run(*, quick: bool) -> list[Row]:
    """One row: full, out of inodes, limited, read-only."""
    row = Row("media really full: blocks, inodes, RLIMIT_FSIZE, read-only", control="an export by one os.write")
    reason = cannot_cut()
    if reason:
        row.skipped = reason
        return [row]
    with scratch() as parent:
        scene = make_scene(parent / "scene", members=6, votes=4, stick=True, roster=True)
        refused = on_tmpfs(row, parent, scene, quick=quick)
        on_ext4(row, parent, scene, quick=quick)
        for left in range(3):
            with mounted(parent / "full", "size=4m") as disk:
                attempt = careless_attempt(disk / "try")
                row.add_control(tried(attempt, fill(disk, left * PAGE).unlink)[1])
        with mounted(parent / "full", "size=4m") as disk:  # the medium is not full for nothing: the same export fits
            if "export" not in tried(export_attempt(os.urandom(9_000), disk / "try"), lambda: None)[0]:
                raise AssertionError("an export with room was refused")
    if not refused:
        raise AssertionError("no medium was ever full")
    row.note += f" {refused} refused, the rest had room"
    return [row]
