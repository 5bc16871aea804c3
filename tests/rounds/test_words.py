"""Digests as words: every bit counts, the list is BIP-39's."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.encoding import is_plain
from rounds.words import BOX_WORDS, CHARACTERS, FINGERPRINT_WORDS, words

# SHA-256 of bip-0039/chinese_simplified.txt, one character a line.
BIP39_LIST = "5c5942792bd8340cb8b27cd592f1015edf56a8c5b26276ee18a482428e7c5726"


def bits_of(spelled: str) -> str:
    return "".join(f"{CHARACTERS.index(char):011b}" for char in spelled.replace(" ", ""))


def test_the_list_is_the_published_one_without_a_duplicate() -> None:
    assert hashlib.sha256("".join(f"{char}\n" for char in CHARACTERS).encode()).hexdigest() == BIP39_LIST
    assert len(CHARACTERS) == len(set(CHARACTERS)) == 2048
    assert is_plain(CHARACTERS)


@given(st.binary(min_size=32, max_size=32), st.integers(1, 23))
def test_words_give_the_front_bits_back(digest: bytes, characters: int) -> None:
    front = f"{int.from_bytes(digest, 'big'):0256b}"[: 11 * characters]
    assert bits_of(words(digest, characters)) == front


@pytest.mark.parametrize("characters", [BOX_WORDS, FINGERPRINT_WORDS])
def test_every_bit_that_is_shown_changes_the_words(characters: int) -> None:
    digest = hashlib.sha256(b"box").digest()
    number = int.from_bytes(digest, "big")
    flipped = {words((number ^ (1 << (255 - bit))).to_bytes(32, "big"), characters) for bit in range(11 * characters)}
    assert len(flipped) == 11 * characters
    assert words(digest, characters) not in flipped


def test_groups_of_four() -> None:
    assert words(bytes(32), 8) == "的的的的 的的的的"
    assert words(b"\xff" * 32, 5) == "歇歇歇歇 歇"


def test_a_digest_that_is_too_short_is_refused() -> None:
    assert len(words(bytes(6), 4)) == 4
    with pytest.raises(ValueError, match="too short"):
        words(bytes(5), 4)
