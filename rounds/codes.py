"""Codes that people carry on paper or in their heads: 启用码 and 应急码, officers' codes, the 开启口令 (PIN).

A printed code is 75 random bits as fifteen Crockford base-32 symbols and one check symbol (Luhn mod N, base 32),
in groups of four: 'K7QF-2M9X-0ABC-DEF3'. The check symbol tells a slip of the pen from a wrong code.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from rounds.errors import BadInput

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE = len(ALPHABET)
_DATA_SYMBOLS = 15
CODE_ENTROPY_BYTES = 10
"""Random bytes that one printed code is made from; 75 of their 80 bits are used."""

MIN_CODE_LENGTH = 8
MAX_CODE_LENGTH = 128
MIN_PIN_LENGTH = 6
MAX_PIN_LENGTH = 12
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def printed_code(entropy: bytes) -> str:
    """A 启用码 or 应急码 from `CODE_ENTROPY_BYTES` random bytes.

    Raises:
        ValueError: another number of bytes.
    """
    if len(entropy) != CODE_ENTROPY_BYTES:
        raise ValueError("a printed code takes 10 random bytes")
    number = int.from_bytes(entropy, "big")
    symbols = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(_DATA_SYMBOLS))
    symbols += ALPHABET[_luhn_remainder(symbols)]
    return "-".join(symbols[at : at + 4] for at in range(0, len(symbols), 4))


def read_printed_code(typed: str, name: str) -> str:
    """The sixteen symbols of a code as somebody typed it, without groups.

    Case, spaces, hyphens, full width and the look-alikes O, I, L are forgiven.

    Raises:
        BadInput: not sixteen symbols of the alphabet, or the check symbol is off; the code is not repeated.
    """
    symbols = "".join(unicodedata.normalize("NFKC", typed).upper().split()).replace("-", "")
    symbols = symbols.translate(_LOOKALIKES)
    if len(symbols) != _DATA_SYMBOLS + 1 or not set(symbols) <= set(ALPHABET):
        raise BadInput(f"{name}应为四组、每组四位的字母和数字：请对照纸面重新输入。")
    if ALPHABET[_luhn_remainder(symbols[:-1])] != symbols[-1]:
        raise BadInput(f"{name}有一处抄错：请对照纸面重新输入。")
    return symbols


def read_officer_code(typed: str, name: str) -> str:
    """An officer's own code or a passphrase, normalised (NFKC, outer spaces off).

    Raises:
        BadInput: shorter than 8 or longer than 128 characters, or trivial.
    """
    code = unicodedata.normalize("NFKC", typed).strip()
    if not MIN_CODE_LENGTH <= len(code) <= MAX_CODE_LENGTH:
        raise BadInput(f"{name}须为{MIN_CODE_LENGTH}至{MAX_CODE_LENGTH}个字符：请重新设定。")
    if _is_trivial(code):
        raise BadInput(f"{name}过于简单（重复或连续的字符）：请重新设定。")
    return code


def read_pin(typed: str) -> str:
    """A 开启口令: 6 to 12 digits, none trivial.

    Raises:
        BadInput: anything else.
    """
    pin = unicodedata.normalize("NFKC", typed).strip()
    if not (pin.isascii() and pin.isdigit() and MIN_PIN_LENGTH <= len(pin) <= MAX_PIN_LENGTH):
        raise BadInput(f"开启口令须为{MIN_PIN_LENGTH}至{MAX_PIN_LENGTH}位数字：请重新设定。")
    if _is_trivial(pin):
        raise BadInput("开启口令过于简单（重复或连续的数字）：请重新设定。")
    return pin


def _is_trivial(code: str) -> bool:
    """One block repeated (111111, 12121212, 123123), or a run up or down (123456, abcdefgh)."""
    repeated = code in (code + code)[1:-1]
    steps = {ord(after) - ord(before) for before, after in pairwise(code)}
    return repeated or steps in ({1}, {-1})


def _luhn_remainder(symbols: str) -> int:
    total = 0
    for place, symbol in enumerate(reversed(symbols)):
        value = ALPHABET.index(symbol) * (2 if place % 2 == 0 else 1)
        total += value // _BASE + value % _BASE
    return -total % _BASE
