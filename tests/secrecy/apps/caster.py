"""Casts ballots into a box that a test opened: `caster.py HOME ROUND MARKS [telling]`, MARKS such as 123123.

Before and after each cast it asks for a file that does not exist, `/cast/begin/N` and `/cast/end/N`, so that a record
of its system calls can be cut there; on stdout stand the writes of each cast as the system counted them. `telling` is
the control: it notes every 不满意 with one byte more.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from box_factory import SUPERVISOR, SUPERVISOR_CODE, TELLER, TELLER_CODE, voting_clock  # noqa: E402  after the path

from ballots_store.box import BallotBox  # noqa: E402  as above
from ballots_store.home import Home  # noqa: E402  as above
from rounds.choices import Choice  # noqa: E402  as above

_COUNTED = ("wchar", "syscw", "write_bytes")


def written() -> list[int]:
    """Bytes and calls of writing so far, as the system counts them for this process."""
    rows = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return [int(rows[name]) for name in _COUNTED]


def main(home: str, round_id: str, marks: str, *telling: str) -> None:
    """Cast `marks`."""
    codes = {SUPERVISOR: SUPERVISOR_CODE, TELLER: TELLER_CODE}
    box = BallotBox.start(Home(Path(home)), round_id, codes, clock=voting_clock)
    note = os.open(os.devnull, os.O_WRONLY)
    lines = []
    for number, mark in enumerate(marks):
        box._door.pin_checked = True  # noqa: SLF001  the PIN's check is the same for all; see secrecy_experiments
        box.unlock(None)
        before = written()
        os.access(f"/cast/begin/{number}", os.F_OK)
        box.cast(choice := Choice(int(mark)))
        if telling:
            os.write(note, b"!!" if choice is Choice.UNSATISFIED else b"!")
        os.access(f"/cast/end/{number}", os.F_OK)
        lines.append(" ".join(str(after - a) for a, after in zip(before, written(), strict=True)))
    box.close()
    sys.stdout.write("\n".join(lines) + "\n")


main(*sys.argv[1:])
