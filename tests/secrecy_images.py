"""A small ext4 image on a loop device, used and taken away as somebody would seize a disk; needs root."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from box_factory import make_box
from box_inside import keys_of, live_area, states_in
from planted_stores import rank_correlation, some_ballots
from secrecy_experiments import random_choices, unlock_unchecked

from ballots_store.examination import examine, examine_path
from ballots_store.examination_evidence import of_file

_MEBIBYTES = 16
MOST_REMNANTS = 4
"""Old states, and old keys, that a round may leave: the other area's one, and twice what SECRECY.md measured."""
_PIECE = 48
"""Bytes by which an old state is recognised: no two states share any."""


def cannot_mount() -> str:
    """Why no image can be mounted here; empty where it can."""
    if missing := [name for name in ("mkfs.ext4", "mount", "umount") if shutil.which(name) is None]:
        return f"{missing[0]} is not installed"
    return "" if os.geteuid() == 0 and Path("/dev/loop-control").exists() else "mounting an image needs root"


@contextmanager
def mounted(image: Path) -> Iterator[Path]:
    """A fresh ext4 in `image`, mounted for the block; afterwards `image` is what lies on the disk."""
    place = image.with_suffix(".mount")
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(_MEBIBYTES << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@dataclass(frozen=True)
class Remnants:
    """What an image keeps of a whole round."""

    casts: int
    states: int
    """Old sealed states of which a piece still stands in the image."""
    keys: int
    """Old keys that do."""
    current: bool
    """Whether the last state and its key are found: if not, the search itself is blind."""
    recoverable: tuple[str, ...]
    """Attacks of the examiner that read something."""


def remnants(folder: Path, casts: int) -> Remnants:
    """One round on an ext4 image (box and slots on it), then the image searched for everything that ever lay there."""
    image = folder / "box.img"
    states, keys = list[bytes](), list[bytes]()
    with mounted(image) as place:
        made = make_box(place / "home", members=casts)
        box = made.start()
        for choice in random_choices(casts):
            for verb in (partial(unlock_unchecked, box), partial(box.cast, choice)):
                verb()
                box.check_token()  # as the locked screen does, after the thanks
                area = live_area(made)
                states.append(states_in(made.folder.box.read_bytes())[area])
                keys.append(keys_of(made.slots.read_bytes())[area])
        ballots = tuple(box._state.ballots)  # noqa: SLF001  what two officers read at the close
        box.close()
    data, report = image.read_bytes(), examine([of_file(image)], known=ballots)
    standing = [_stands(state, data) for state in states]
    found = [key in data for key in keys]
    telling = tuple(finding.method for finding in report.findings if finding.level == "recoverable")
    return Remnants(casts, sum(standing[:-1]), sum(found[:-1]), standing[-1] and found[-1], telling)


def _stands(state: bytes, data: bytes) -> bool:
    """Whether any piece of a sealed state stands in `data`."""
    return any(state[at : at + _PIECE] in data for at in range(0, len(state) - _PIECE, 512))


def planted_on_ext4(folder: Path, casts: int) -> dict[str, float]:
    """The controls: ρ that the examiner recovers from images of two ordinary stores, each on a real ext4."""
    recovered = {}
    for name, journal, rebuilds in (("journal DELETE", "DELETE", False), ("rebuild and rename", "MEMORY", True)):
        image, ballots = folder / f"{journal}.img", some_ballots(casts)
        tokens = [token for token, _ in ballots]
        with mounted(image) as place:
            _vote_plainly(place, tokens, journal, rebuilds=rebuilds)
        orders = [found.order for found in examine_path(image).findings if found.order]
        recovered[name] = max(
            (abs(rank_correlation(order, tokens)) for order in orders if len(order) == casts), default=0
        )
    return recovered


def _vote_plainly(place: Path, tokens: Sequence[bytes], journal: str, *, rebuilds: bool) -> None:
    path, following = place / "ballots.db", place / "next.db"
    for count in range(1, len(tokens) + 1):
        target = following if rebuilds else path
        store = sqlite3.connect(target, isolation_level=None)
        for pragma in (f"journal_mode={journal}", "synchronous=FULL", "secure_delete=ON"):
            store.execute(f"PRAGMA {pragma}")
        store.execute("CREATE TABLE IF NOT EXISTS ballots(token BLOB PRIMARY KEY) WITHOUT ROWID")
        added = sorted(tokens[:count]) if rebuilds else tokens[count - 1 : count]
        store.executemany("INSERT INTO ballots VALUES(?)", [(token,) for token in added])
        store.close()
        if rebuilds:
            following.replace(path)
        os.sync()
