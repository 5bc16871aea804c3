"""Slip numbers: unique, fairly drawn, and a check digit that finds what people do wrong."""

from __future__ import annotations

import secrets
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.slips import SLIP_DIGITS, draw_numbers, grouped, is_slip_number

NUMBERS = st.integers(0, 10**9 - 1).map(lambda value: with_check(str(value).zfill(9)))


def with_check(digits: str) -> str:
    """By trying: exactly one of the ten last digits is right."""
    (number,) = (number for digit in range(10) if is_slip_number((number := f"{digits}{digit}").encode()))
    return number


@given(NUMBERS, st.integers(0, 9), st.integers(0, 9))
def test_any_wrong_digit_is_found(number: str, place: int, digit: int) -> None:
    other = f"{number[:place]}{digit}{number[place + 1 :]}"
    assert is_slip_number(other.encode()) is (other == number)


@given(NUMBERS, st.integers(0, 8))
def test_any_two_neighbours_exchanged_are_found(number: str, place: int) -> None:
    other = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert is_slip_number(other.encode()) is (other == number)


def test_damms_own_example() -> None:
    """H. M. Damm's thesis: 572 has the check digit 4; leading zeros change nothing."""
    assert is_slip_number(b"0000005724")
    assert not is_slip_number(b"0000005725")


@pytest.mark.parametrize("typed", [b"", b"000000572", b"00000005724", b"000000572x", b" 00000572", b"\xff" * 10])
def test_what_is_no_ten_digits_is_no_slip(typed: bytes) -> None:
    assert not is_slip_number(typed)


def test_numbers_differ_and_every_digit_comes_as_often() -> None:
    numbers = draw_numbers(3000, secrets.token_bytes)
    assert len(set(numbers)) == 3000
    assert {len(number) for number in numbers} == {SLIP_DIGITS}
    assert all(is_slip_number(number.encode()) for number in numbers)
    counts = Counter(digit for number in numbers for digit in number[:9])
    assert all(abs(counts[digit] - 2700) < 6 * 50 for digit in "0123456789")  # six standard deviations


def test_an_unfair_or_repeated_draw_is_drawn_again() -> None:
    given_out = [b"\xff\xff\xff\xff", (4 * 10**9).to_bytes(4), b"\0\0\0\5", b"\0\0\0\5", b"\0\0\0\6"]
    assert draw_numbers(2, lambda _size: given_out.pop(0)) == (with_check("000000005"), with_check("000000006"))
    with pytest.raises(ValueError, match="slips"):
        draw_numbers(10**9, secrets.token_bytes)


def test_a_number_is_printed_in_groups() -> None:
    assert grouped("1234567890") == "123 456 7890"
