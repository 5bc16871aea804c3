"""Codes that people carry on paper or in their heads: 启用码 and 应急码, officers' codes, the 开启口令 (PIN).

A printed code is 75 random bits as fifteen Crockford base-32 symbols and one check symbol, in groups of four:
'K7QF-2M9X-0ABC-DEF3'. The check symbol tells a slip of the pen from a wrong code: each place has a weight of its own
in GF(32), so one wrong symbol and any two exchanged are found (Luhn mod 32 takes 0Z for Z0).
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from rounds.errors import BadInput, VerificationFailure

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE = len(ALPHABET)
_REDUCTION = 0b100101
_DATA_SYMBOLS = 15
CODE_ENTROPY_BYTES = 10
"""Random bytes that one printed code is made from; 75 of their 80 bits are used."""

MIN_CODE_LENGTH = 8
MAX_CODE_LENGTH = 128
MIN_PIN_LENGTH = 6
MAX_PIN_LENGTH = 12
_DIGIT_WRAP = 9
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
    symbols += ALPHABET[_check_value(symbols)]
    return "-".join(symbols[at : at + 4] for at in range(0, len(symbols), 4))


def read_printed_code(typed: str, name: str) -> str:
    """The sixteen symbols of a code as somebody typed it, without groups.

    Case, spaces, hyphens, full width and the look-alikes O, I, L are forgiven.

    Raises:
        VerificationFailure: not sixteen symbols of the alphabet, or the check symbol is off.
    """
    symbols = "".join(unicodedata.normalize("NFKC", typed).upper().split()).replace("-", "")
    symbols = symbols.translate(_LOOKALIKES)
    if len(symbols) != _DATA_SYMBOLS + 1 or not set(symbols) <= set(ALPHABET):
        raise VerificationFailure("code", f"{name}不正确，应为四组、每组四位的字母和数字：请对照纸面重新输入。")
    if ALPHABET[_check_value(symbols[:-1])] != symbols[-1]:
        raise VerificationFailure("code", f"{name}不正确，有一处抄错：请对照纸面重新输入。")
    return symbols


def normalised_code(typed: str) -> str:
    """A code or passphrase as it was set: NFKC, outer spaces off. No policy: a wrong code is wrong, not malformed."""
    return unicodedata.normalize("NFKC", typed).strip()


def read_officer_code(typed: str, name: str) -> str:
    """An officer's own code or a passphrase, normalised (NFKC, outer spaces off).

    Raises:
        BadInput: shorter than 8 or longer than 128 characters, trivial, or with characters that nobody can see or
            that are no text at all (undecodable bytes of a terminal or an environment variable).
    """
    code = normalised_code(typed)
    if not code.isprintable():
        raise BadInput(f"{name}含有不可见或无法识别的字符：请重新输入。")
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
    pin = normalised_code(typed)
    if not (pin.isascii() and pin.isdigit() and MIN_PIN_LENGTH <= len(pin) <= MAX_PIN_LENGTH):
        raise BadInput(f"开启口令须为{MIN_PIN_LENGTH}至{MAX_PIN_LENGTH}位数字：请重新设定。")
    if _is_trivial(pin):
        raise BadInput("开启口令过于简单（重复或连续的数字）：请重新设定。")
    return pin


def _is_trivial(code: str) -> bool:
    """One block repeated (111111, 12121212, 123123), or a run up or down (123456, 7890123, abcdefgh)."""
    repeated = code in (code + code)[1:-1]
    steps = {ord(after) - ord(before) for before, after in pairwise(code)}
    if code.isdigit():  # on a keypad 0 follows 9
        steps = {1 if step == -_DIGIT_WRAP else -1 if step == _DIGIT_WRAP else step for step in steps}
    return repeated or steps in ({1}, {-1})


def _check_value(symbols: str) -> int:
    """Horner's rule at x in GF(32) = GF(2)[x] / (x^5 + x^2 + 1), where the powers of x repeat only after 31 places."""
    total = 0
    for symbol in symbols:
        total = (total ^ ALPHABET.index(symbol)) << 1
        total ^= _REDUCTION if total >= _BASE else 0
    return total
