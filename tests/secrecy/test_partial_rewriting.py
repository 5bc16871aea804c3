"""Why a cast seals every ballot anew: a box that rewrote a part would show in which one the last ballot lies (ADR 30).

The model: ballots in parts, each sealed by the box's own functions under a key that is forgotten when the part is
written again. The attacker has an image of the disk from before and after the last cast, and in the end every key in
force. The box as it is has one part; with more of them, the controls, he names the last voter's ballot far more often.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable

import pytest
from secrecy_experiments import SIGMAS

from ballots_store.sealed_ballots import BALLOT_SIZE, SealedBallots
from ballots_store.sealing import KEY_SIZE, open_state, seal_state, state_cipher

BALLOTS, ROUNDS = 16, 3_000
CHANCE = 1 / BALLOTS
BOUND = SIGMAS * math.sqrt(CHANCE * (1 - CHANCE) / ROUNDS)
BOUND_TO, START_KEY = bytes(32), bytes(range(32))


class _Box:
    """Ballots in parts; a cast puts one into a part drawn by lot and rewrites that part alone."""

    def __init__(self, parts: int) -> None:
        self.keys = [b""] * parts
        self.image = [b""] * parts
        self._ballots = [SealedBallots()] * parts
        for part in range(parts):
            self._write(part)

    def cast(self, ballot: bytes) -> None:
        part = secrets.randbelow(len(self.keys))
        self._ballots[part] = self._ballots[part].inserted(ballot)
        self._write(part)

    def _write(self, part: int) -> None:
        self.keys[part] = secrets.token_bytes(KEY_SIZE)
        plain = self._ballots[part].packed.ljust(BALLOTS * BALLOT_SIZE, b"\0")
        cipher = state_cipher(self.keys[part], START_KEY, BOUND_TO)
        self.image[part] = bytes(seal_state(plain, cipher, BOUND_TO, secrets.token_bytes))


Guess = Callable[[list[bytes]], bytes]
GUESSES: dict[str, Guess] = {
    "by lot": secrets.choice,
    "the first": lambda found: found[0],
    "the last": lambda found: found[-1],
}


def _last_is_named(parts: int, guess: Guess) -> bool:
    box = _Box(parts)
    cast = [secrets.token_bytes(BALLOT_SIZE) for _ in range(BALLOTS)]
    for ballot in cast[:-1]:
        box.cast(ballot)
    before = list(box.image)
    box.cast(cast[-1])
    return guess(_changed(before, box.image, box.keys)) == cast[-1]


def _changed(before: list[bytes], after: list[bytes], keys: list[bytes]) -> list[bytes]:
    """The ballots that lie where anything has changed, as they lie there."""
    found: list[bytes] = []
    for old, new, key in zip(before, after, keys, strict=True):
        plain = open_state(new, key, START_KEY, BOUND_TO)
        assert plain is not None
        if old != new:
            found += [ballot for ballot in SealedBallots(plain) if any(ballot)]
    return found


def _rate(parts: int, guess: Guess = secrets.choice) -> float:
    return sum(_last_is_named(parts, guess) for _ in range(ROUNDS)) / ROUNDS


@pytest.mark.parametrize("guess", GUESSES)
def test_who_rewrites_all_tells_nothing_of_the_last(guess: str) -> None:
    assert abs(_rate(1, GUESSES[guess]) - CHANCE) <= BOUND


def test_control_who_rewrites_all_in_the_order_of_casting_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SealedBallots, "inserted", lambda ballots, sealed: SealedBallots(ballots.packed + sealed))
    assert _rate(1, GUESSES["the last"]) == 1


@pytest.mark.parametrize("parts", [2, 4, 16])
def test_control_who_rewrites_a_part_names_it(parts: int) -> None:
    assert _rate(parts) > CHANCE + BOUND
