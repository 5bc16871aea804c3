"""The storm (tests/storm.py) in full: seeds, keys, attacks, ballots of the script; then three planted defects."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from storm import FellError, weather

TITLE = "storm: 100,000 random keys with sizes, signals, bad bytes, pastes, floods; a planted crash, hang, open gate"
SEEDS, KEYS, CYCLES = range(1, 6), 21_000, 4
QUICK_KEYS = 600
DEFECTS = {"crash": "exit status", "hang": "silent", "ungated": ""}
"""What is planted, and the word by which the storm must have noticed. Without its gate the kiosk goes astray under the
script: which of the two shows first, a ballot too many or a screen that never comes, is chance."""
Facts = dict[str, Any]


def campaign(*, quick: bool = False) -> Iterator[Facts]:
    """One row for each seed, then one for each planted defect, all through real terminals."""
    for seed in list(SEEDS)[: 1 if quick else None]:
        yield _sound(seed, QUICK_KEYS if quick else KEYS, 1 if quick else CYCLES)
    for defect, noticed in DEFECTS.items():
        yield _planted(defect, noticed)


def _sound(seed: int, keys: int, cycles: int) -> Facts:
    with tempfile.TemporaryDirectory() as folder:
        facts: Facts = {"what": f"seed {seed}", "fell": ""}
        try:
            log = weather(Path(folder), seed, keys=keys, cycles=cycles)
        except FellError as fell:
            return facts | {"fell": str(fell), "holds": False}
    attacks = dict(sorted(log.attacks.items()))
    made = {"keys": log.keys, "attacks": attacks, "unlocked": log.unlocked, "cast": log.cast.total()}
    return facts | made | {"holds": True}


def _planted(defect: str, noticed: str) -> Facts:
    with tempfile.TemporaryDirectory() as folder:
        fell = ""
        try:
            weather(Path(folder), 1, keys=1000, cycles=1, planted=defect, pins=False)
        except FellError as error:
            fell = str(error)
    return {"what": f"planted {defect}", "fell": fell, "holds": bool(fell) and noticed in fell}


def table_line(facts: Facts) -> str:
    """One row for a person."""
    if facts["fell"]:
        return f"{facts['what']}: fell ({facts['fell']}){' as it must' if facts['holds'] else ''}"
    if "keys" not in facts:
        return f"{facts['what']}: NOT NOTICED"
    attacks = ", ".join(f"{name} {count}" for name, count in facts["attacks"].items())
    script = f"{facts['cast']} ballots of {facts['unlocked']} unlocks in the box, as the script made them"
    return f"{facts['what']}: {facts['keys']} keys; {attacks}; no exit, no silence; {script}"
