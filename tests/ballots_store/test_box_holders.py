"""The holders: no file holds a whole secret, one holder opens nothing, every pair opens all."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable
from pathlib import Path

import pytest
from box_factory import (
    EMERGENCY,
    FIVE_BALLOTS,
    OPENED,
    PAIRS,
    SUPERVISOR,
    TELLER,
    MadeBox,
    Recorder,
    make_box,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ballots_store.held import ROUND_SECRET, START_SECRET, HeldBox, part_name
from ballots_store.sealing import open_ballots, open_share
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.sharing import Holder
from rounds.tally import count


def spellings(secret: bytes) -> list[bytes]:
    """Raw, reversed, hex, and base64 wherever it may begin within a longer text."""
    shifted = [base64.b64encode(bytes(lead) + secret)[4 if lead else 0 : -4] for lead in range(3)]
    return [secret, secret[::-1], secret.hex().encode(), secret.hex().upper().encode(), *shifted]


def stands(secret: bytes, files: Iterable[bytes]) -> bool:
    held = list(files)
    return any(form in data for form in spellings(secret) for data in held)


def test_no_file_ever_holds_a_whole_secret(scratch: Path) -> None:
    draw = Recorder()
    made = make_box(scratch / "home", token=scratch / "stick", draw=draw)
    round_secret = round_secret_of(made, draw)
    start_key = joined(made, START_SECRET, (SUPERVISOR, TELLER))
    assert joined(made, ROUND_SECRET, (SUPERVISOR, TELLER)) == round_secret
    # Whole officers' keys and the random halves of the split: 64 and 128 bytes at a time.
    long = [given[at : at + 32] for given in draw.given if len(given) >= 64 for at in range(0, len(given), 32)]
    hidden = [round_secret, start_key, *long]
    assert len(hidden) >= 2 + 2 * 2 + 2
    assert not any(stands(secret, made.files().values()) for secret in hidden)
    made.vote(FIVE_BALLOTS)
    assert not any(stands(secret, made.files().values()) for secret in hidden)
    made.close()
    assert not any(stands(secret, made.files().values()) for secret in hidden)
    for form in spellings(round_secret):  # the control
        assert stands(round_secret, [b'{"key":"' + form + b'"}'])


def round_secret_of(made: MadeBox, draw: Recorder) -> bytes:
    """The private half that was drawn at opening, known by its public half."""
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        public = held.zero_report.record.round_key
    return next(
        given
        for given in draw.given
        if len(given) == 32 and X25519PrivateKey.from_private_bytes(given).public_key().public_bytes_raw() == public
    )


def joined(made: MadeBox, purpose: bytes, holders: tuple[Holder, ...]) -> bytes:
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        return held.join_secret(purpose, held.open_holders(made.codes(*holders), OPENED))


def test_one_holder_opens_nothing_and_every_pair_opens_all(scratch: Path) -> None:
    draw = Recorder()
    made = make_box(scratch / "home", token=scratch / "stick", draw=draw).vote(FIVE_BALLOTS)
    round_secret = round_secret_of(made, draw)
    start_key = joined(made, START_SECRET, (SUPERVISOR, TELLER))
    ballots = ballots_of(made)
    for holder in Holder:
        with pytest.raises(RuleRefusal, match="两名"):
            made.start(holder)
        with pytest.raises(RuleRefusal, match="两名"):
            made.close(holder)
        for purpose, secret in ((ROUND_SECRET, round_secret), (START_SECRET, start_key)):
            candidates = within_reach(made, holder, purpose)
            assert len(candidates) >= 3
            assert secret not in candidates
            for candidate in candidates:
                for ballot in ballots:
                    with pytest.raises(VerificationFailure):
                        list(open_ballots([ballot], candidate, binding_of(made)))
    for pair in PAIRS:
        assert joined(made, ROUND_SECRET, pair) == round_secret
        opened = list(open_ballots(ballots, round_secret, binding_of(made)))
        assert count(opened) == count(FIVE_BALLOTS)
        result = made.copied(scratch / "-".join(pair)).close(*pair).end
        assert (result.satisfied, result.unsatisfied, result.invalid) == (3, 1, 1)
        assert result.conduct.emergency_used == (EMERGENCY in pair)


def binding_of(made: MadeBox) -> bytes:
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        return held.bound_to


def ballots_of(made: MadeBox) -> tuple[bytes, ...]:
    """More than a single holder can see: the sealed ballots themselves."""
    box = made.copied(made.home.path.parent / "look").start()
    ballots = box._state.ballots  # noqa: SLF001  the fault is planted inside
    box.close()
    return tuple(ballots)


def within_reach(made: MadeBox, holder: Holder, purpose: bytes) -> set[bytes]:
    """Every 32 bytes that a lone holder can make from shares: his parts, all XORs, and what stands in his files."""
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        keys = held.open_holders(made.codes(holder), OPENED)[holder]
        shares = []
        for other in Holder:
            sealed = held.store.meta(part_name(purpose, other))
            try:
                shares.append(open_share(sealed, purpose, keys.sealing, held.zero_report.record.round_key))
            except VerificationFailure:
                assert other is not holder
        slot_keys = held._key_slots().keys()  # noqa: SLF001  the fault is planted inside
    assert len(shares) == 1
    known = [shares[0][:32], shares[0][32:], *(key for key in slot_keys if any(key))]
    return {
        bytes(a ^ b ^ c for a, b, c in zip(*chosen, strict=True))
        for chosen in itertools.product([*known, bytes(32)], repeat=3)
    } - {bytes(32)}
