"""All checks in the order in which the hall hears them, and what follows from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from kiosk.checks import keys, laptop, room, storage, terminal
from kiosk.checks.model import Finding, Level, Surroundings

_LONGEST, _MOST = 200, 40
"""rounds.documents.ZeroReport.readiness."""


def run_checks(around: Surroundings, home: Path, token: Path | None) -> tuple[Finding, ...]:
    """Every row for a round in `home` with the 票箱U盘 at `token` (None: none is used)."""
    return (
        room.displays(around),
        room.programs(around),
        room.cameras(around),
        terminal.size(around),
        *terminal.width(around),
        terminal.glyphs(around),
        laptop.power(around),
        laptop.sleep(around),
        laptop.swap(around),
        laptop.core(around),
        *_storage(around, home, token),
        laptop.clock(around),
        laptop.input_method(around),
        keys.keypad(around),
        keys.guard(around),
    )


def _storage(around: Surroundings, home: Path, token: Path | None) -> tuple[Finding, ...]:
    """What `swap` and `restore` say of memory is not said twice."""
    restore = storage.restore(around, home)
    folder = [
        row for row in storage.folder(around, home, token) if row.seen != restore.seen and "交换分区" not in row.seen
    ]
    return (*folder, storage.speed(around, home), *storage.space(around, home, token), storage.stick(token), restore)


def is_refused(findings: Sequence[Finding]) -> bool:
    """Whether any row would lose or show ballots."""
    return any(finding.level is Level.REFUSE for finding in findings)


def losing(findings: Sequence[Finding]) -> list[Finding]:
    """The rows that forbid an official opening, and the start of an official voting.

    The terminal may still be enlarged (the kiosk says so by itself), and of a missing stick or an unwritable folder
    the box says more exactly what is wrong, with an exit code of its own.
    """
    spared = terminal.TERMINAL_ROWS | storage.SAID_BY_THE_BOX
    return [finding for finding in findings if finding.level is Level.REFUSE and finding.name not in spared]


def remarks(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The lines of the zero report: what is not well, and what nobody could tell; the terminal of the moment aside."""
    told = [found for found in findings if found.level is not Level.OK and found.name not in terminal.TERMINAL_ROWS]
    return tuple(dict.fromkeys(remark(finding) for finding in told))[:_MOST]


def remark(finding: Finding) -> str:
    """One line of the zero report, at most 200 characters."""
    unchecked = "（由会场核对）" if finding.level is Level.ASK else ""
    return f"{finding.name}：{finding.seen}{unchecked}"[: _LONGEST - 1] + "。"


def spoken(finding: Finding) -> str:
    """One line for the plain terminal: what was seen and what to do."""
    return f"{finding.name}：{finding.seen}。{finding.remedy}"


def as_json(findings: Sequence[Finding]) -> str:
    """The one object of `check --json`, in ASCII: no locale can spoil it."""
    rows = [asdict(finding) for finding in findings]
    answer = {
        "findings": rows,
        "refused": is_refused(findings),
        "remarks": remarks(findings),
        "opening_refused": [spoken(finding) for finding in losing(findings)],
        "warnings": [spoken(finding) for finding in findings if finding.level in {Level.WARN, Level.REFUSE}],
    }
    return json.dumps(answer, indent=2)
