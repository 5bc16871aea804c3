"""The digits of a code stand in one buffer and are overwritten."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.entry import MAX_DIGITS, Entry


def typed(digits: str) -> Entry:
    entry = Entry()
    for digit in digits:
        entry.add(digit)
    return entry


@given(st.text("0123456789", max_size=MAX_DIGITS))
def test_what_was_typed_is_lent_and_then_gone(digits: str) -> None:
    entry = typed(digits)
    with entry.taken() as loan:
        assert bytes(loan) == digits.encode()
    assert not any(loan)
    assert len(entry) == 0
    assert entry.number() == 0


def test_the_loan_is_overwritten_when_the_borrower_fails() -> None:
    entry = typed("135790")
    lent: list[bytearray] = []

    def fail() -> None:
        with entry.taken() as loan:
            lent.append(loan)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert lent == [bytearray(6)]
    assert len(entry) == 0


def test_clearing_overwrites_the_buffer_itself() -> None:
    entry = typed("135790")
    (buffer,) = [value for value in vars(entry).values() if isinstance(value, bytearray)]
    assert buffer.startswith(b"135790")
    entry.clear()
    assert buffer == bytes(MAX_DIGITS)


def test_taking_a_digit_back_overwrites_it() -> None:
    entry = typed("12")
    entry.drop_last()
    entry.drop_last()
    entry.drop_last()
    assert [value for value in vars(entry).values() if isinstance(value, bytearray)] == [bytearray(MAX_DIGITS)]
    assert len(entry) == 0


def test_no_string_of_the_code_is_ever_made() -> None:
    digits = "".join(str(number) for number in (8, 6, 4, 2, 9, 7))
    entry = typed(digits)
    shown = entry.bullets() + repr(entry)
    before = sum(1 for found in gc.get_referrers(Entry) if found is digits)
    with entry.taken() as loan:
        assert len(loan) == 6
    assert before == 0
    assert not set(shown) & set(digits)
    # The control: the entry that is no secret does show its digits.
    assert typed(digits).shown() == digits


def test_the_buffer_is_bounded() -> None:
    entry = typed("9" * MAX_DIGITS)
    assert not entry.add("9")
    assert len(entry) == MAX_DIGITS


@pytest.mark.parametrize("character", ["a", "", "12", "１", "²", "-"])
def test_only_ascii_digits_enter(character: str) -> None:
    entry = Entry()
    with pytest.raises(ValueError, match="not a digit") as error:
        entry.add(character)
    assert repr(character) not in str(error.value)
    assert len(entry) == 0


@pytest.mark.parametrize(("digits", "is_zero"), [("0", True), ("00", False), ("", False), ("10", False), ("1", False)])
def test_only_one_zero_is_the_way_back(digits: str, *, is_zero: bool) -> None:
    assert typed(digits).is_zero is is_zero


def test_a_number_keeps_its_leading_zeros_on_the_screen() -> None:
    assert typed("007").shown() == "007"
    assert typed("007").number() == 7
    assert not typed("").shown()
