"""Every byte of a key file counts; its cost is bounded from both sides."""

from __future__ import annotations

import json

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from hypothesis import given, settings
from hypothesis import strategies as st
from round_builder import CHEAP_KDF, seeded

from rounds.encoding import encode
from rounds.errors import RoundError, Unreadable, VerificationFailure
from rounds.keyfile import (
    ENTROPY_SIZE,
    MAX_SIZE,
    STANDARD_KDF,
    KdfParameters,
    KeyFile,
    derive,
    open_key,
    read_key_file,
    seal_key,
)

CODE = "correct horse battery"
SECRET = bytes(range(64))


def sealed(secret: bytes = SECRET, code: str = CODE) -> bytes:
    entropy = seeded("key file")(ENTROPY_SIZE)
    return seal_key(secret, public=b"\2" * 32, name="甲区团委", code=code, entropy=entropy, kdf=CHEAP_KDF)


@pytest.mark.parametrize("size", [32, 64])
def test_a_secret_comes_back(size: int) -> None:
    assert open_key(sealed(SECRET[:size]), CODE, "密钥口令") == SECRET[:size]


def test_a_wrong_code_is_named_and_not_repeated() -> None:
    for wrong in ("", CODE + " ", CODE.upper(), "wrong\udcff"):
        with pytest.raises(VerificationFailure, match="密钥口令不正确，或密钥文件被改动") as caught:
            open_key(sealed(), wrong, "密钥口令")
        assert caught.value.check == "code"


def flips(data: bytes) -> list[bytes]:
    """One flip of each byte (another bit each time, so that all eight occur) and all eight of every sixteenth."""
    chosen = [(at, at % 8) for at in range(len(data))]
    chosen += [(at, bit) for at in range(0, len(data), 16) for bit in range(8)]
    return [data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] for at, bit in chosen]


def cheap(data: bytes) -> bool:
    """Whether a flipped file asks for no more than twice the test's own memory: the rest would only take time."""
    try:
        return read_key_file(data).kdf.memory_kib <= 2 * CHEAP_KDF.memory_kib
    except Unreadable:
        return True


def test_every_byte_that_is_flipped_is_refused() -> None:
    data = sealed()
    tried = [flipped for flipped in flips(data) if cheap(flipped)]
    assert len(tried) > len(data)
    for flipped in tried:
        with pytest.raises((VerificationFailure, Unreadable)):
            open_key(flipped, CODE, "密钥口令")


def test_every_truncation_and_every_append_is_refused() -> None:
    data = sealed()
    for altered in [data[:size] for size in range(len(data))] + [data + b"\n", data + data, b" " + data]:
        with pytest.raises(Unreadable):
            open_key(altered, CODE, "密钥口令")


def test_control_without_associated_data_a_relabelled_file_opens() -> None:
    """The same cipher with the header left out: the label on the key can be exchanged and nobody notices."""
    file = read_key_file(sealed())
    cipher = AESGCMSIV(derive(CODE.encode(), file.salt, file.kdf))
    careless = msgspec.structs.replace(file, sealed=cipher.encrypt(file.nonce, SECRET, None))
    relabelled = msgspec.structs.replace(careless, name="乙区团委", public=b"\3" * 32)
    assert cipher.decrypt(relabelled.nonce, relabelled.sealed, None) == SECRET

    for attack in (
        msgspec.structs.replace(file, name="乙区团委"),
        msgspec.structs.replace(file, public=b"\3" * 32),
        careless,
    ):
        with pytest.raises(VerificationFailure):
            open_key(encode(attack), CODE, "密钥口令")


def altered_cost(**change: object) -> bytes:
    document = json.loads(sealed())
    document["kdf"] |= change
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"lanes": 0},
        {"lanes": 17},
        {"memory_kib": 8191},
        {"memory_kib": 2**20 + 1},
        {"memory_kib": 2**40},
        {"passes": 0},
        {"passes": 33},
        {"passes": -1},
        {"passes": 1.0},
        {"passes": True},
        {"passes": "1"},
        {"passes": None},
        {"passes": 10**4000},
        {"extra": 1},
    ],
)
def test_a_cost_out_of_bounds_is_refused_before_it_is_paid(change: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        read_key_file(altered_cost(**change))


def test_a_cost_within_bounds_but_not_the_files_own_opens_nothing() -> None:
    assert altered_cost() == sealed()
    for change in ({"passes": 2}, {"lanes": 2}, {"memory_kib": 8200}):
        with pytest.raises(VerificationFailure):
            open_key(altered_cost(**change), CODE, "密钥口令")


def test_too_large_a_file_is_refused_unparsed() -> None:
    with pytest.raises(Unreadable, match="过大"):
        read_key_file(b"{" * (MAX_SIZE + 1))


def test_the_standard_cost_is_the_rfcs_second_recommendation() -> None:
    assert KdfParameters(lanes=4, memory_kib=65_536, passes=3) == STANDARD_KDF


def test_another_amount_of_entropy_is_refused() -> None:
    for size in (0, ENTROPY_SIZE - 1, ENTROPY_SIZE + 1):
        with pytest.raises(ValueError, match="28 random bytes"):
            seal_key(SECRET, public=bytes(32), name="一", code=CODE, entropy=bytes(size), kdf=CHEAP_KDF)


@settings(max_examples=20)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_only_the_very_code_opens(code: str, other: str) -> None:
    data = sealed(code=code)
    assert open_key(data, code, "口令") == SECRET
    if other != code:
        with pytest.raises(VerificationFailure):
            open_key(data, other, "口令")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    with pytest.raises(RoundError):
        read_key_file(data)


def test_the_file_says_what_it_is_and_not_the_secret() -> None:
    document = json.loads(sealed())
    assert set(document) == set(KeyFile.__struct_fields__)
    assert document["format"] == "beikaobei-key-v1"
    assert SECRET[:16].hex() not in sealed().decode()
    assert SECRET[:12] not in read_key_file(sealed()).sealed
