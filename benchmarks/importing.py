"""Import of results beside the raw Ed25519 verifications that they need."""

from __future__ import annotations

import tempfile
from pathlib import Path

from canvass_desk import new_desk
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rounds_factory import make_round

from benchmarks.measuring import Measurement, seconds
from canvass.importing import Fate

TITLE = "import: results a second, against the raw Ed25519 verifications that they need"
RESULTS = 300
SIGNATURES = 6
"""A result carries one of the organisation, three on the zero report, two on itself."""
AIM = 0.85


def _raw() -> float:
    """Seconds of the verifications alone, over messages as long as the documents."""
    key = Ed25519PrivateKey.generate()
    message = bytes(3_000)
    public, signature = key.public_key(), key.sign(message)
    return seconds(lambda: [public.verify(signature, message) for _ in range(RESULTS * SIGNATURES)])


def run() -> list[Measurement]:
    """One thread, one transaction a file."""
    rounds = [make_round(branch_name=f"第{number}团支部", registered=6) for number in range(RESULTS)]
    with tempfile.TemporaryDirectory() as folder, new_desk(Path(folder) / "desk") as desk:
        for number, made in enumerate(rounds):
            desk.put(f"{number:05}.result", made.result(3, 1, 1))
        raw = _raw()
        fates = []
        taken = seconds(lambda: fates.extend(desk.take_in()))
    if [fate.fate for fate in fates] != [Fate.IMPORTED] * RESULTS:
        raise AssertionError("not everything was imported")
    return [
        Measurement(
            "import, one thread",
            f"{SIGNATURES} raw Ed25519 verifications a result",
            RESULTS / taken,
            RESULTS / raw,
            "results/s",
            AIM,
            at_least=True,
        )
    ]
