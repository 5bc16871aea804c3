"""Close and tally of 5,000 ballots beside 5,000 HPKE openings."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from box_factory import CHEAP_KDF, VOTING, MadeBox
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ballots_store.held import ROUND_SECRET, START_SECRET, HeldBox
from benchmarks.boxes import fill, opened_box
from benchmarks.measuring import Measurement, seconds
from rounds.keyfile import STANDARD_KDF, KdfParameters, derive

TITLE = "close and tally of 5,000 ballots: against 5,000 HPKE openings"
BALLOTS = 5_000
TURNS = 3
AIM = 1.5


def _openings(made: MadeBox) -> float:
    """Seconds of the raw openings of this very box's ballots, the private key made once."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        holders = held.open_holders(made.codes(), VOTING)
        state = held.recover(held.join_secret(START_SECRET, holders))
        private = X25519PrivateKey.from_private_bytes(held.join_secret(ROUND_SECRET, holders))
        info = b"ballot" + held.bound_to
    return seconds(lambda: [suite.decrypt(sealed, private, info=info) for sealed in state.ballots])


def _measured(kdf: KdfParameters) -> tuple[float, float]:
    values, floors = [], []
    for _ in range(TURNS):
        with tempfile.TemporaryDirectory() as folder:
            made = opened_box(Path(folder), members=BALLOTS, kdf=kdf)
            fill(made, BALLOTS)
            floors.append(_openings(made))
            values.append(seconds(lambda made=made: made.close(present=BALLOTS)))  # type: ignore[misc]  # bound now
    return statistics.median(values), statistics.median(floors)


def run() -> list[Measurement]:
    """Without the officers' key derivation, and with it beside a floor that has it too."""
    value, floor = _measured(CHEAP_KDF)
    rows = [
        Measurement(
            "close, 5,000 ballots, codes at the cheapest KDF",
            "5,000 HPKE openings",
            value * 1e3,
            floor * 1e3,
            "ms",
            AIM,
        )
    ]
    value, floor = _measured(STANDARD_KDF)
    two = 2 * statistics.median(seconds(lambda: derive(b"12345678", bytes(16), STANDARD_KDF)) for _ in range(5))
    rows.append(
        Measurement(
            "close, 5,000 ballots, as in the hall",
            "5,000 HPKE openings + 2 Argon2id",
            value * 1e3,
            (floor + two) * 1e3,
            "ms",
            AIM,
            note=f"over the openings alone: {value / floor:.2f}",
        )
    )
    return rows
