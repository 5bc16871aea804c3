"""What a `.slips` file holds inside: numbers in one order only, none twice, never more than may vote."""

from __future__ import annotations

import random
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.documents import MAX_MEMBERS, MAX_SEALED_SLIPS, SLIPS, SlipFile
from rounds.encoding import encode
from rounds.envelope import sign
from rounds.errors import VerificationFailure
from rounds.keys import SecretKeys
from rounds.slip_file import pack_slips, unpack_slips
from rounds.slips import draw_numbers

PAPER = bytes(range(32))
COUNTS = st.integers(1, 40)


@given(COUNTS, st.randoms(use_true_random=False))
def test_whatever_the_order_of_drawing_the_file_is_the_same(count: int, shuffler: random.Random) -> None:
    numbers = draw_numbers(count, secrets.token_bytes)
    other = list(numbers)
    shuffler.shuffle(other)
    packed = pack_slips(numbers, PAPER)
    assert packed == pack_slips(other, PAPER)
    read = unpack_slips(packed, count)
    assert (read.numbers, read.paper) == (tuple(sorted(numbers)), PAPER)
    with pytest.raises(VerificationFailure):
        unpack_slips(packed, count - 1)


@given(COUNTS, st.integers(0, 431), st.integers(1, 255))
def test_a_changed_byte_leaves_no_number_as_it_was_or_is_refused(count: int, at: int, flip: int) -> None:
    """The seal finds every change; this is what would be left without it."""
    numbers = draw_numbers(count, secrets.token_bytes)
    packed = bytearray(pack_slips(numbers, PAPER))
    packed[at % len(packed)] ^= flip
    try:
        read = unpack_slips(bytes(packed), count)
    except VerificationFailure:
        return
    assert set(read.numbers) <= set(numbers)  # one digit changed never makes another number (Damm)
    assert read.paper != PAPER


def test_the_numbers_never_show_where_a_value_is_printed() -> None:
    numbers = draw_numbers(3, secrets.token_bytes)
    read = unpack_slips(pack_slips(numbers, PAPER), 3)
    assert not [number for number in numbers if number in repr(read)]
    assert repr(PAPER) in repr(read)  # the control: the rest does


def test_the_largest_round_fits_under_the_cap() -> None:
    record = SlipFile(
        attempt=99,
        authorisation_digest="f" * 64,
        round_id="2200-" + "f" * 16,
        sealed=bytes(MAX_SEALED_SLIPS),
    )
    file = sign(record, SLIPS.rehearsal, [SecretKeys.from_bytes(secrets.token_bytes(64)).signing])
    assert len(encode(record)) < len(file) < SLIPS.cap
    assert len(PAPER) + 10 * MAX_MEMBERS + 48 == MAX_SEALED_SLIPS
