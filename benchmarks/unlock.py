"""An unlock by the supervisor beside one Argon2id at the parameters of the 开启口令."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from box_factory import PIN

from benchmarks.boxes import opened_box
from benchmarks.measuring import Measurement, seconds
from rounds.keyfile import STANDARD_KDF, derive

TITLE = "unlock: against one Argon2id"
ROUNDS = 15
AIM = 1.1


def run() -> list[Measurement]:
    """PIN and unlock, each time followed by a session that ends without a ballot."""
    salt = secrets.token_bytes(16)
    taken: list[float] = []
    floors: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        made = opened_box(Path(folder), members=45, kdf=STANDARD_KDF)
        box = made.start()
        made.unlock(box)
        box.void_session()
        for _ in range(ROUNDS):
            floors.append(seconds(lambda: derive(PIN.encode(), salt, STANDARD_KDF)))
            taken.append(seconds(lambda: made.unlock(box)))
            box.void_session()
        box.close()
    value, floor = sorted(taken)[ROUNDS // 2] * 1e3, sorted(floors)[ROUNDS // 2] * 1e3
    return [Measurement("unlock: PIN, commit", "1 Argon2id (64 MiB, t=3)", value, floor, "ms", AIM)]
