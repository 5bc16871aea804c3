"""The numbered steps of reading an envelope: each refuses by name, and no byte of a signed file can change."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from round_builder import Built, build

from rounds.chain import kind_of, read_authorisation, read_card, read_result, read_void_report, read_zero_report
from rounds.documents import AUTHORISATION, CARD, RESULT, VOID, ZERO_REPORT, OrganisationCard
from rounds.encoding import decode, encode
from rounds.envelope import (
    Envelope,
    Expected,
    Kind,
    Signature,
    authentication_encoding,
    read,
    sign,
    verify_signatures,
)
from rounds.errors import RoundError, Unreadable, UntrustedIssuer, VerificationFailure
from rounds.keys import fingerprint
from rounds.sharing import Holder
from rounds.tally import Tally

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in range(1, 10)]
PUBLICS = [key.public_key().public_bytes_raw() for key in KEYS]
NAMED = {public: f"{place}号" for place, public in enumerate(PUBLICS)}
CARD_RECORD = OrganisationCard(name="甲区团委", signing=PUBLICS[0])


def signed(*places: int) -> bytes:
    return sign(CARD_RECORD, CARD.official, [KEYS[place] for place in places])


def read_as(data: bytes, threshold: int, places: Mapping[bytes, str] | None = None) -> tuple[str, ...]:
    return read(data, CARD, lambda _: Expected(NAMED if places is None else places, threshold)).signers


def opened(data: bytes) -> Envelope:
    return decode(data, Envelope, "", 2**20)


def altered(data: bytes, **change: Any) -> bytes:
    return encode(msgspec.structs.replace(opened(data), **change))


def check_of(attempt: Callable[[], object]) -> str:
    """The name of the check that refuses."""
    with pytest.raises(VerificationFailure) as caught:
        attempt()
    return caught.value.check


def test_pae_as_the_dsse_specification_spells_it() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert authentication_encoding("http://example.com/HelloWorld", b"hello world") == expected
    assert authentication_encoding("类", b"") == "DSSEv1 3 类 0 ".encode()


def test_the_envelope_is_plain_dsse() -> None:
    document = json.loads(signed(0))
    assert list(document) == ["payload", "payloadType", "signatures"]
    payload = base64.b64decode(document["payload"], validate=True)
    message = b"DSSEv1 %d %s %d %s" % (len(CARD.official), CARD.official.encode(), len(payload), payload)
    public = Ed25519PublicKey.from_public_bytes(PUBLICS[0])
    public.verify(base64.b64decode(document["signatures"][0]["sig"], validate=True), message)


def test_signers_in_their_order() -> None:
    assert read_as(signed(2, 0, 1), 3) == ("2号", "0号", "1号")
    assert read_as(signed(0), 1) == ("0号",)
    verified = read(signed(2, 0), CARD, lambda _: Expected(NAMED, 2))
    assert verified.signer_keys == (PUBLICS[2], PUBLICS[0])


def test_step_1_the_size() -> None:
    with pytest.raises(Unreadable, match="过大"):
        read_as(b" " * (CARD.cap + 1), 1)


@pytest.mark.parametrize("kind", ["", "text/plain", AUTHORISATION.official, CARD.official.upper(), CARD.official + " "])
def test_step_3_the_type(kind: str) -> None:
    """Signed by the right key all the same; only the type is another."""
    data = encode(msgspec.structs.replace(opened(signed(0)), payload_type=CARD.official))
    assert read_as(data, 1) == ("0号",)
    try:
        data = sign(CARD_RECORD, kind, [KEYS[0]])
    except ValueError:
        return
    assert check_of(lambda: read_as(data, 1)) == "payloadType"


def test_step_4_an_exchanged_type_breaks_the_signature() -> None:
    """The type is under the signature: a rehearsal cannot be relabelled."""
    built = build(rehearsal=True)
    relabelled = altered(built.authorisation, payload_type=AUTHORISATION.official)
    assert read_authorisation(built.authorisation, built.roots).rehearsal
    assert check_of(lambda: read_authorisation(relabelled, built.roots)) == "signatures"


def with_signatures(data: bytes, change: Callable[[list[Signature]], list[Signature]]) -> bytes:
    return altered(data, signatures=change(list(opened(data).signatures)))


def test_step_4_missing_and_repeated_and_foreign_signatures() -> None:
    data = signed(0, 1)
    assert read_as(data, 2) == ("0号", "1号")
    cases = {
        "one dropped": with_signatures(data, lambda found: found[:1]),
        "one twice": with_signatures(data, lambda found: [found[0], found[0]]),
        "one twice beside the other": with_signatures(data, lambda found: [*found, found[0]]),
        "foreign": signed(0, 8),
        "foreign beside enough": signed(0, 1, 8),
    }
    expected = {public: NAMED[public] for public in PUBLICS[:2]}
    for name, case in cases.items():
        assert check_of(lambda case=case: read_as(case, 2, expected)) == "signatures", name  # type: ignore[misc]  # bound here


def test_step_4_every_signature_present_must_hold() -> None:
    """A bad signature beside enough good ones is an alteration, not a surplus."""
    data = with_signatures(
        signed(0, 1, 2), lambda found: [*found[:2], msgspec.structs.replace(found[2], sig=bytes(64))]
    )
    assert check_of(lambda: read_as(data, 2)) == "signatures"


def test_step_4_key_ids_lie() -> None:
    def exchange(found: list[Signature]) -> list[Signature]:
        one, other = found
        return [msgspec.structs.replace(one, keyid=other.keyid), msgspec.structs.replace(other, keyid=one.keyid)]

    def impersonate(found: list[Signature]) -> list[Signature]:
        return [msgspec.structs.replace(found[0], keyid=fingerprint(PUBLICS[1]))]

    assert check_of(lambda: read_as(with_signatures(signed(0, 1), exchange), 2)) == "signatures"
    assert check_of(lambda: read_as(with_signatures(signed(0), impersonate), 1)) == "signatures"
    twice_under_two_names = with_signatures(
        signed(0), lambda found: [found[0], msgspec.structs.replace(found[0], keyid=fingerprint(PUBLICS[1]))]
    )
    assert check_of(lambda: read_as(twice_under_two_names, 2)) == "signatures"


def count_by_keyid(data: bytes) -> int:
    """The control: a reader that counts key ids and tries every key, as DSSE libraries have done."""
    envelope = opened(data)
    message = authentication_encoding(envelope.payload_type, envelope.payload)
    seen = set()
    for signature in envelope.signatures:
        for public in PUBLICS:
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature.sig, message)
            except Exception:  # noqa: BLE001, S112  the careless reader catches whatever comes
                continue
            seen.add(signature.keyid)
    return len(seen)


def test_control_counting_key_ids_takes_one_signer_for_two() -> None:
    data = with_signatures(
        signed(0), lambda found: [found[0], msgspec.structs.replace(found[0], keyid=fingerprint(PUBLICS[1]))]
    )
    assert count_by_keyid(data) == 2


def test_step_4_too_many_or_no_signatures() -> None:
    assert len(read_as(signed(*range(8)), 8)) == 8
    for data in (signed(*range(9)), with_signatures(signed(0), lambda _: [])):
        with pytest.raises(Unreadable):
            read_as(data, 1)


def test_step_4_a_small_order_key_signs_nothing() -> None:
    """A card of the identity key with the null signature, which OpenSSL takes for genuine."""
    identity = (1).to_bytes(32, "little")
    payload = encode(OrganisationCard(name="甲区团委", signing=identity))
    signature = Signature(keyid=fingerprint(identity), sig=identity + bytes(32))
    data = encode(Envelope(payload=payload, payload_type=CARD.official, signatures=[signature]))
    Ed25519PublicKey.from_public_bytes(identity).verify(signature.sig, authentication_encoding(CARD.official, payload))
    assert check_of(lambda: read_card(data)) == "public key"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"null",
        b'{"name":"x","name":"x"}',
        encode(CARD_RECORD) + b"\n",
        encode(CARD_RECORD)[:-1] + b',"x":1}',
        b"\xef\xbb\xbf" + encode(CARD_RECORD),
        encode(CARD_RECORD).replace("甲".encode(), b"\\u7532"),
    ],
)
def test_steps_5_and_6_the_payload_though_truly_signed(payload: bytes) -> None:
    signature = KEYS[0].sign(authentication_encoding(CARD.official, payload))
    envelope = Envelope(
        payload=payload,
        payload_type=CARD.official,
        signatures=[Signature(keyid=fingerprint(PUBLICS[0]), sig=signature)],
    )
    assert verify_signatures(envelope, Expected(NAMED, 1), "组织名片") == {PUBLICS[0]: "0号"}
    with pytest.raises(Unreadable):
        read_as(encode(envelope), 1)


def documents(built: Built) -> dict[str, tuple[bytes, Callable[[bytes], object]]]:
    """Every kind of file with its reader."""
    authorisation = read_authorisation(built.authorisation, built.roots)
    result = built.result(Tally(16, 9, 2), present=28, issued=28, collected=27)
    return {
        ".pub": (built.card, read_card),
        ".auth": (built.authorisation, lambda data: read_authorisation(data, built.roots)),
        "zero report": (built.zero_report, lambda data: read_zero_report(data, authorisation)),
        ".result": (built.sign_end(result), lambda data: read_result(data, built.roots)),
        ".void": (built.sign_end(built.void()), lambda data: read_void_report(data, built.roots)),
    }


KINDS = [".pub", ".auth", "zero report", ".result", ".void"]
NAMES = {".pub": CARD, ".auth": AUTHORISATION, "zero report": ZERO_REPORT, ".result": RESULT, ".void": VOID}


def refused(data: bytes, reader: Callable[[bytes], object]) -> bool:
    """Refused with a line for the user, and a named check where it is a verification that failed."""
    try:
        reader(data)
    except VerificationFailure as failure:
        return bool(failure.check) and "\n" not in str(failure)
    except Unreadable as failure:
        return "\n" not in str(failure)
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_flipped(kind: str) -> None:
    """One flip on every byte, a different bit each time; all eight on every 32nd."""
    data, reader = documents(build())[kind]
    reader(data)
    flips = [(at, at % 8) for at in range(len(data))] + [
        (at, bit) for at in range(0, len(data), 32) for bit in range(8)
    ]
    for at, bit in flips:
        flipped = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
        assert refused(flipped, reader), (at, bit)


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_doubled_and_stretched(kind: str) -> None:
    data, reader = documents(build())[kind]
    cuts = range(0, len(data), max(1, len(data) // 200))
    for altered_data in [data[:cut] for cut in cuts] + [data + b"\n", b" " + data, data * 2, b"\xef\xbb\xbf" + data]:
        assert refused(altered_data, reader)


def flips_that_a_lenient_reader_takes(data: bytes) -> int:
    """The control: DSSE read by the book with Python's json and base64, which forgive."""
    truth = json.loads(data)
    taken = 0
    for at in range(len(data)):
        flipped = data[:at] + bytes([data[at] ^ 1 << (at % 8)]) + data[at + 1 :]
        taken += flipped != data and same_to_lenient_reader(flipped, truth)
    return taken


def same_to_lenient_reader(data: bytes, truth: dict[str, Any]) -> bool:
    try:
        found = json.loads(data)
        pairs = [(found["payload"], truth["payload"])]
        pairs += [(found["signatures"][0]["sig"], truth["signatures"][0]["sig"])]
        same = all(base64.b64decode(one) == base64.b64decode(other) for one, other in pairs)
        return same and bool(found["payloadType"] == truth["payloadType"])
    except (ValueError, LookupError, TypeError):
        return False


@pytest.mark.parametrize("kind", KINDS)
def test_control_a_lenient_reader_takes_some_of_the_flips(kind: str) -> None:
    assert flips_that_a_lenient_reader_takes(documents(build())[kind][0]) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_is_read_as_another(kind: str) -> None:
    files = documents(build())
    data = files[kind][0]
    assert kind_of(data) is NAMES[kind]
    for other in set(KINDS) - {kind}:
        assert refused(data, files[other][1])


def test_a_kind_that_is_none() -> None:
    for data in (b"", b"{}", sign(CARD_RECORD, "text/plain", [KEYS[0]])):
        with pytest.raises(Unreadable):
            kind_of(data)


@pytest.mark.parametrize("kind", [AUTHORISATION, ZERO_REPORT, RESULT, VOID])
def test_a_rehearsal_has_a_type_of_its_own(kind: Kind[Any]) -> None:
    assert kind.payload_type(rehearsal=True) != kind.payload_type(rehearsal=False)
    assert "rehearsal" in kind.payload_type(rehearsal=True)


@given(st.data())
def test_any_damage_to_a_result_raises_a_line_for_the_user(data: st.DataObject) -> None:
    """Splices, insertions and deletions anywhere; whatever still reads would have to be the very file."""
    original, reader = documents(build())[".result"]
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + 400)))
    damaged = original[:start] + data.draw(st.binary(max_size=40) | st.just(original[:200])) + original[end:]
    if damaged != original:
        with pytest.raises(RoundError):
            reader(damaged)


def test_an_unknown_organisation_is_told_from_an_altered_file() -> None:
    built, stranger = build(), build("二")
    with pytest.raises(UntrustedIssuer, match="未验证") as caught:
        read_authorisation(built.authorisation, stranger.roots)
    assert caught.value.check == "root"
    with pytest.raises(UntrustedIssuer):
        read_authorisation(built.authorisation, {})
    assert read_authorisation(built.authorisation, {**stranger.roots, **built.roots}).signers == ("一区团委",)


def test_an_end_signed_by_all_three() -> None:
    built = build()
    conduct = msgspec.structs.replace(built.void().conduct, emergency_used=True)
    report = msgspec.structs.replace(built.void(), signers=tuple(Holder), conduct=conduct)
    assert read_void_report(built.sign_end(report), built.roots).end.signers == ("supervisor", "teller", "emergency")
