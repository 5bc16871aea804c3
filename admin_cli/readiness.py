"""What `open` asks of the hall: the kiosk's own checks, run as a process of their own.

`admin_cli` knows no displays and no keyboards, and the house keeps it apart from `kiosk`; the one way between them is
`beikaobei-kiosk check --json`. A check that does not answer is a warning: the officers can still look for themselves.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from admin_cli.session import Session
from rounds.errors import RuleRefusal

_PATIENCE_S = 30.0
UNCHECKED = "本机和会场未能检查：请运行 beikaobei-kiosk check 逐项核对。"
UNCHECKED_REMARK = "本机和会场未能由程序检查。"
_MOST = 40
"""rounds.documents.ZeroReport.readiness."""
_HOUSE = Path(__file__).parents[1]


class Row(msgspec.Struct, frozen=True):
    """One row of `check --json`."""

    name: str
    level: str
    """ok, ask, warn or refuse."""
    remedy: str
    """What to do; of a row that only people can answer, the question."""
    if_no: str = "warn"
    """What a no to that question means: warn or refuse."""


class Checked(msgspec.Struct, frozen=True):
    """What of `check --json` an opening needs."""

    remarks: tuple[str, ...]
    opening_refused: tuple[str, ...]
    warnings: tuple[str, ...]
    findings: tuple[Row, ...] = ()


def checked_hall(session: Session, token: Path | None, *, rehearsal: bool, said: tuple[str, ...]) -> tuple[str, ...]:
    """The readiness lines of the zero report: `said` (of the disk, already warned of) and what the checks found.

    Raises:
        RuleRefusal: something would lose or show ballots; in a rehearsal that is a warning.
    """
    found = run_check(session.home.path, token)
    if found is None:
        session.output.warn(UNCHECKED)
        return (*said, UNCHECKED_REMARK)
    if found.opening_refused and not rehearsal:
        raise RuleRefusal(found.opening_refused[0])
    for line in new_lines(found.warnings, said, token):
        session.output.warn(line)
    return (*said, *new_lines(found.remarks, said, token))[:_MOST]


def new_lines(lines: tuple[str, ...], said: tuple[str, ...], token: Path | None) -> list[str]:
    """The lines not said before; that no stick is used, `open` says itself and the zero report has a field for."""
    known = [line.rstrip("。").partition("：")[0] for line in said]
    return [
        line
        for line in lines
        if not any(part in line for part in known) and not (token is None and line.startswith("票箱U盘："))
    ]


def run_check(
    home: Path, token: Path | None, *, run: Callable[..., subprocess.CompletedProcess[bytes]] = subprocess.run
) -> Checked | None:
    """What `beikaobei-kiosk check --json` says; None where it fails or does not answer in time."""
    # "-P": a folder named kiosk where the officers happen to stand is not the kiosk
    words = [sys.executable, "-P", "-m", "kiosk", "check", "--json", "--home", str(home)]
    words += [] if token is None else ["--token", str(token)]
    try:
        done = run(
            words,
            env=environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=False,
        )
        return msgspec.json.decode(done.stdout, type=Checked)
    except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError):
        return None


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """This process's variables without the officers' codes; the house itself is found wherever it lies."""
    kept = {name: value for name, value in given.items() if not name.startswith("BEIKAOBEI")}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_HOUSE), given.get("PYTHONPATH"))))
    return kept
