"""Public keys that would make a signature or a seal worthless are refused; the library alone accepts them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_sign_open

from rounds.errors import VerificationFailure
from rounds.keys import (
    SecretKeys,
    check_distinct,
    check_sealing_key,
    check_signing_key,
    fingerprint,
    verify_signature,
)

FIELD = 2**255 - 19
D = -121665 * pow(121666, -1, FIELD) % FIELD
SIGN_BIT = 1 << 255
IDENTITY = (1).to_bytes(32, "little")
NULL_SIGNATURE = IDENTITY + bytes(32)
SEEDS = st.binary(min_size=32, max_size=32)


def root(square: int) -> int | None:
    """A square root modulo the field's prime (RFC 8032, 5.1.3)."""
    candidate = pow(square, (FIELD + 3) // 8, FIELD)
    for turned in (candidate, candidate * pow(2, (FIELD - 1) // 4, FIELD) % FIELD):
        if turned * turned % FIELD == square % FIELD:
            return turned
    return None


def add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, FIELD)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, FIELD)
    return x % FIELD, y % FIELD


def torsion() -> list[tuple[int, int]]:
    """The eight points of small order, from a random point times the group's odd order: nothing taken from the code."""
    order = 2**252 + 27742317777372353535851937790883648493
    for y in range(2, 100):
        x = root((y * y - 1) * pow(D * y * y + 1, -1, FIELD) % FIELD)
        if x is None:
            continue
        point, doubling = (0, 1), (x, y)
        for bit in range(order.bit_length()):
            point = add(point, doubling) if order >> bit & 1 else point
            doubling = add(doubling, doubling)
        points = [(0, 1)]
        while (following := add(points[-1], point)) != (0, 1):
            points.append(following)
        if len(points) == 8:
            return points
    raise AssertionError("no generator found")


def small_order_encodings() -> list[bytes]:
    """Every 32-byte string that some decoder takes for one of them: canonical or not, either sign."""
    found = set()
    for _, y in torsion():
        spellings = [value for value in (y, y + FIELD) if value < SIGN_BIT]
        found |= {(value | sign).to_bytes(32, "little") for value in spellings for sign in (0, SIGN_BIT)}
    return sorted(found)


def test_control_openssl_accepts_a_null_signature_for_any_message() -> None:
    key = Ed25519PublicKey.from_public_bytes(IDENTITY)
    for message in (b"", b"result: satisfied", b"result: unsatisfied"):
        key.verify(NULL_SIGNATURE, message)
        with pytest.raises(VerificationFailure) as caught:
            verify_signature(IDENTITY, NULL_SIGNATURE, message)
        assert caught.value.check == "public key"


def test_every_small_order_signing_key_is_refused() -> None:
    encodings = small_order_encodings()
    assert len(encodings) == 14  # 5 y's × 2 signs, and y = 0 and 1 once more beyond the prime
    for public in encodings:
        with pytest.raises(VerificationFailure, match="低阶"):
            check_signing_key(public)


@pytest.mark.parametrize("excess", range(19))
@pytest.mark.parametrize("sign", [0, SIGN_BIT])
def test_every_non_canonical_signing_key_is_refused(excess: int, sign: int) -> None:
    with pytest.raises(VerificationFailure, match="不规范"):
        check_signing_key((FIELD + excess | sign).to_bytes(32, "little"))


def montgomery_small_order() -> set[int]:
    """The u coordinates of the small-order points, by the birational map, and that of infinity as 0."""
    return {(1 + y) * pow(1 - y, -1, FIELD) % FIELD for _, y in torsion() if y != 1} | {0}


def twist_small_order() -> set[int]:
    """u = -1 has order 4 on the twist (RFC 7748, 6.1 wants all of them refused)."""
    return {FIELD - 1}


def test_every_small_order_sealing_key_is_refused_and_would_give_no_secret() -> None:
    smalls = montgomery_small_order() | twist_small_order()
    assert len(smalls) == 5
    for small in smalls:
        public = small.to_bytes(32, "little")
        with pytest.raises(ValueError, match="shared key"):  # the control: every such exchange is all zeros
            X25519PrivateKey.from_private_bytes(b"\7" * 32).exchange(X25519PublicKey.from_public_bytes(public))
        with pytest.raises(VerificationFailure, match="低阶"):
            check_sealing_key(public)


@pytest.mark.parametrize("value", [*range(FIELD, SIGN_BIT), SIGN_BIT, SIGN_BIT | 9, 2 * SIGN_BIT - 1])
def test_every_non_canonical_sealing_key_is_refused(value: int) -> None:
    with pytest.raises(VerificationFailure, match="不规范"):
        check_sealing_key(value.to_bytes(32, "little"))


def test_control_two_spellings_of_one_sealing_key() -> None:
    """Without the canonical form one key would pass as two distinct ones."""
    keys = SecretKeys.from_bytes(b"\1" * 64)
    other = (int.from_bytes(keys.sealing_public, "little") | SIGN_BIT).to_bytes(32, "little")
    check_distinct([keys.sealing_public, other])
    mine = X25519PrivateKey.from_private_bytes(b"\7" * 32)
    exchanges = [mine.exchange(X25519PublicKey.from_public_bytes(public)) for public in (keys.sealing_public, other)]
    assert exchanges[0] == exchanges[1]
    with pytest.raises(VerificationFailure):
        check_sealing_key(other)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_another_length_is_refused(length: int) -> None:
    for check in (check_signing_key, check_sealing_key):
        with pytest.raises(VerificationFailure):
            check(b"\2" * length)


@given(SEEDS, SEEDS)
def test_honest_keys_pass(one: bytes, other: bytes) -> None:
    keys = SecretKeys.from_bytes(one + other)
    check_signing_key(keys.signing_public)
    check_sealing_key(keys.sealing_public)
    assert keys.signing_public == Ed25519PrivateKey.from_private_bytes(one).public_key().public_bytes_raw()
    assert keys.sealing_public == X25519PrivateKey.from_private_bytes(other).public_key().public_bytes_raw()


@given(SEEDS, st.binary(max_size=80), st.integers(0, 511))
def test_a_signature_with_one_bit_flipped_does_not_hold(seed: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    verify_signature(public, signature, message)
    flipped = (int.from_bytes(signature, "big") ^ (1 << bit)).to_bytes(64, "big")
    with pytest.raises(VerificationFailure, match="签名验证未通过"):
        verify_signature(public, flipped, message)
    with pytest.raises(VerificationFailure, match="签名验证未通过"):
        verify_signature(public, signature, message + b" ")


def test_the_second_spelling_of_a_signature_does_not_hold() -> None:
    """S + L for S: the malleability that RFC 8032, 5.1.7 closes; the library must go on closing it."""
    key = Ed25519PrivateKey.from_private_bytes(b"\3" * 32)
    signature = key.sign(b"message")
    scalar = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    with pytest.raises(VerificationFailure):
        verify_signature(
            key.public_key().public_bytes_raw(), signature[:32] + scalar.to_bytes(32, "little"), b"message"
        )


@given(SEEDS, st.binary(min_size=1, max_size=80), st.integers(1, 64))
def test_bytes_moved_between_signature_and_message_do_not_hold(seed: bytes, message: bytes, moved: int) -> None:
    """libsodium is given both in one piece; the control: to it the three below are one and the same."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    verify_signature(public, signature, message)
    shifted = [(signature[:-moved], signature[-moved:] + message), (signature + message[:moved], message[moved:])]
    for short_or_long, rest in shifted:
        assert crypto_sign_open(short_or_long + rest, public) == message
        with pytest.raises(VerificationFailure, match="签名验证未通过"):
            verify_signature(public, short_or_long, rest)


@given(SEEDS, st.binary(max_size=80), st.integers(0, 96 * 8 - 1), st.booleans())
def test_what_holds_here_holds_for_openssl_and_the_other_way_round(
    seed: bytes, message: bytes, bit: int, damage: bool
) -> None:
    """Another implementation as an oracle, over any bit of key and signature."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    whole = int.from_bytes(key.public_key().public_bytes_raw() + key.sign(message), "big") ^ (damage << bit)
    public, signature = whole.to_bytes(96, "big")[:32], whole.to_bytes(96, "big")[32:]
    assert holds(public, signature, message) is openssl_holds(public, signature, message) is not damage


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        verify_signature(public, signature, message)
    except VerificationFailure:
        return False
    return True


def openssl_holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def test_nothing_else_of_this_house_verifies() -> None:
    """One verifier, so that `import`, `verify` and the box can never disagree about a signature."""
    house = Path(__file__).parents[2]
    files = [path for package in PACKAGES for path in (house / package).rglob("*.py")]
    named = {path.relative_to(house).as_posix() for path in files if VERIFIERS.search(path.read_text("utf-8"))}
    assert named == {"rounds/keys.py"}


PACKAGES = ("rounds", "ballots_store", "canvass", "kiosk", "admin_cli")
VERIFIERS = re.compile(r"Ed25519PublicKey|\bnacl\b|crypto_sign")


def test_a_key_that_is_no_point_does_not_hold() -> None:
    off_curve = next(y for y in range(2, 100) if root((y * y - 1) * pow(D * y * y + 1, -1, FIELD) % FIELD) is None)
    with pytest.raises((InvalidSignature, ValueError)):
        Ed25519PublicKey.from_public_bytes(off_curve.to_bytes(32, "little")).verify(bytes(64), b"")
    with pytest.raises(VerificationFailure, match="签名验证未通过"):
        verify_signature(off_curve.to_bytes(32, "little"), bytes(64), b"")


def test_distinct() -> None:
    check_distinct([])
    check_distinct([b"a", b"b"])
    with pytest.raises(VerificationFailure, match="出现两次") as caught:
        check_distinct(iter([b"a", b"b", b"a"]))
    assert caught.value.check == "distinct keys"


def test_secret_keys_take_64_bytes_and_show_none() -> None:
    for size in (0, 32, 63, 65):
        with pytest.raises(ValueError, match="64 bytes"):
            SecretKeys.from_bytes(bytes(size))
    assert b"\5".hex() * 4 not in repr(SecretKeys.from_bytes(b"\5" * 64))
    assert fingerprint(bytes(32)) == "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
