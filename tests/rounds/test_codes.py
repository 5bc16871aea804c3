"""What people type: printed codes survive every slip of the pen, PINs and officers' codes are not trivial."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.codes import ALPHABET, CODE_ENTROPY_BYTES, printed_code, read_officer_code, read_pin, read_printed_code
from rounds.errors import BadInput, RoundError, VerificationFailure

ENTROPY = st.binary(min_size=CODE_ENTROPY_BYTES, max_size=CODE_ENTROPY_BYTES)
SAMPLES = [bytes(10), b"\xff" * 10, bytes(range(10)), bytes.fromhex("f83e0f83e0f83e0f83e0"), b"k7qf2m9x0a"]
FULL_WIDTH = {ord(char): ord(char) + 0xFEE0 for char in ALPHABET + ALPHABET.lower() + "-"}


def read(typed: str) -> str:
    return read_printed_code(typed, "启用码")


@given(ENTROPY)
def test_a_printed_code_comes_back(entropy: bytes) -> None:
    printed = printed_code(entropy)
    assert [len(group) for group in printed.split("-")] == [4, 4, 4, 4]
    symbols = read(printed)
    assert symbols == printed.replace("-", "")
    assert printed_code_bits(symbols) == int.from_bytes(entropy, "big") & (2**75 - 1)


def printed_code_bits(symbols: str) -> int:
    return sum(ALPHABET.index(symbol) << (5 * place) for place, symbol in enumerate(symbols[:15]))


@given(ENTROPY)
def test_forgiven_spellings(entropy: bytes) -> None:
    printed = printed_code(entropy)
    spellings = [
        printed.lower(),
        printed.replace("-", ""),
        f"  {printed.replace('-', '  ')}\n",
        printed.translate(FULL_WIDTH),
        printed.lower().translate(FULL_WIDTH).replace("\uff0d", "\u3000"),
        printed.replace("0", "O").replace("1", "I"),
        printed.replace("0", "o").replace("1", "l"),
    ]
    assert {read(spelling) for spelling in spellings} == {printed.replace("-", "")}


@pytest.mark.parametrize("entropy", SAMPLES)
def test_every_single_wrong_symbol_is_found(entropy: bytes) -> None:
    symbols = read(printed_code(entropy))
    wrong = [
        symbols[:place] + other + symbols[place + 1 :]
        for place in range(16)
        for other in ALPHABET
        if other != symbols[place]
    ]
    assert len(wrong) == 16 * 31
    for typed in wrong:
        with pytest.raises(VerificationFailure, match="抄错"):
            read(typed)


def exchanged(symbols: str, one: int, other: int) -> str:
    listed = list(symbols)
    listed[one], listed[other] = listed[other], listed[one]
    return "".join(listed)


def with_pair(one: int, other: int, first: str, second: str) -> str:
    """A true code with `first` and `second` at two places among the fifteen."""
    bits = sum(ALPHABET.index(symbol) << (5 * place) for place, symbol in ((one, first), (other, second)))
    return read(printed_code(bits.to_bytes(CODE_ENTROPY_BYTES, "big")))


def found(one: int, other: int, pairs: Iterable[tuple[str, str]]) -> int:
    """How many exchanges of these symbols at these two places are refused."""
    refused = 0
    for first, second in pairs:
        try:
            read(exchanged(with_pair(one, other, first, second), one, other))
        except VerificationFailure:
            refused += 1
    return refused


def test_every_exchange_of_neighbours_is_found() -> None:
    """All pairs of different symbols at all neighbouring places among the fifteen."""
    pairs = list(permutations(ALPHABET, 2))
    assert sum(found(place, place + 1, pairs) for place in range(14)) == 14 * 32 * 31


def test_every_exchange_of_any_two_places_is_found() -> None:
    """The sum is linear, so a pair counts by its difference alone: 31 pairs stand for all."""
    pairs = [("0", symbol) for symbol in ALPHABET[1:]]
    assert sum(found(one, other, pairs) for one, other in combinations(range(15), 2)) == 105 * 31


@given(ENTROPY, st.integers(0, 14))
def test_an_exchange_with_the_check_symbol_is_found(entropy: bytes, place: int) -> None:
    symbols = read(printed_code(entropy))
    if symbols[place] != symbols[15]:
        with pytest.raises(VerificationFailure):
            read(exchanged(symbols, place, 15))


def luhn(symbols: str) -> int:
    """Luhn mod 32, the check symbol that the format does without."""
    total = 0
    for place, symbol in enumerate(reversed(symbols)):
        value = ALPHABET.index(symbol) * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return -total % 32


def test_control_luhn_and_no_check_symbol_miss_exchanges() -> None:
    assert luhn("0Z" + "A" * 13) == luhn("Z0" + "A" * 13)
    assert luhn("7K" + "A" * 13) != luhn("K7" + "A" * 13)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "K7QF",
        "0" * 15,
        "0" * 17,
        "U" * 16,
        "0000-0000-0000-000U",
        "启用码启用码启用码启用码启用码一",
        "\udcff" * 16,
        "0" * 100_000,
    ],
)
def test_what_is_no_code_is_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(RoundError) as caught:
        read(typed)
    assert not typed or typed not in str(caught.value)


def test_another_amount_of_entropy_is_refused() -> None:
    for size in (0, 9, 11):
        with pytest.raises(ValueError, match="10 random bytes"):
            printed_code(bytes(size))


@pytest.mark.parametrize(
    "typed", ["135790", "246813579", "111112", "123465", "９０８１７２", " 135790 ", "123456789013"]
)
def test_pins(typed: str) -> None:
    assert read_pin(typed) == unicodedata.normalize("NFKC", typed).strip()


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("", "6至12位"),
        ("13579", "6至12位"),
        ("1357913579135", "6至12位"),
        ("13579a", "6至12位"),
        ("-13579", "6至12位"),
        ("1357 90", "6至12位"),
        ("一三五七九零", "6至12位"),
        ("٠١٢٣٤٥", "6至12位"),  # Arabic-Indic digits: str.isdigit says yes
        ("000000", "过于简单"),
        ("12121212", "过于简单"),
        ("123123", "过于简单"),
        ("123456", "过于简单"),
        ("987654", "过于简单"),
        ("1234567890", "过于简单"),
        ("0987654321", "过于简单"),
        ("789012", "过于简单"),
        ("２３４５６７", "过于简单"),
    ],
)
def test_refused_pins(typed: str, named: str) -> None:
    with pytest.raises(BadInput, match=named) as caught:
        read_pin(typed)
    assert not typed or typed not in str(caught.value)


def read_own(typed: str) -> str:
    return read_officer_code(typed, "计票人口令")


@pytest.mark.parametrize(
    "typed",
    ["13572468", "correct horse battery", "一条大河波浪宽风吹", "ｃｏｒｒｅｃｔ　ｈｏｒｓｅ", "x1" * 3 + "y2" * 61],
)
def test_officers_codes(typed: str) -> None:
    assert read_own(typed) == unicodedata.normalize("NFKC", typed).strip()
    assert read_own(f" {typed}\u3000") == read_own(typed)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("1357246", "8至128"),
        ("x1" * 65, "8至128"),
        ("        ", "8至128"),
        ("88888888", "过于简单"),
        ("12345678", "过于简单"),
        ("abcdefgh", "过于简单"),
        ("口令口令口令口令", "过于简单"),
        ("correct\u200bhorse", "不可见"),
        ("correct\x1b[Ahorse", "不可见"),
        ("correct\udcffhorse", "不可见"),
    ],
)
def test_refused_officers_codes(typed: str, named: str) -> None:
    with pytest.raises(BadInput, match=named) as caught:
        read_own(typed)
    assert typed not in str(caught.value)


@given(st.text(max_size=140))
def test_whatever_is_accepted_can_be_typed_again(typed: str) -> None:
    try:
        code = read_own(typed)
    except BadInput:
        return
    assert read_own(code) == code
    assert code.encode().decode() == code
