"""Delegation, rotation, revocation: each document is truly signed, so that only the rule under test refuses it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from round_builder import check_of_trust, seeded

from rounds.encoding import encode, stamp
from rounds.envelope import Envelope, Kind, sign
from rounds.errors import BadInput, RoundError, Unreadable
from rounds.issuing import OrganisationKey, new_organisation, open_organisation_key
from rounds.keyfile import KdfParameters
from rounds.keys import fingerprint
from rounds.trust import EVERYTHING, Trust, trust_kind
from rounds.trust_documents import DELEGATION, REVOCATION, ROTATION, Delegation, Revocation, Revoked, Rotation
from rounds.trust_issuing import delegate, revoke, rotate

KDF = KdfParameters(lanes=1, memory_kib=8192, passes=1)
NOW = datetime(2017, 4, 1, tzinfo=UTC)
VALID = ("2017-01-01T00:00:00+08:00", "2017-12-31T00:00:00+08:00")
LATER = ("2018-01-01T00:00:00+08:00", "2018-12-31T00:00:00+08:00")
DATED = "2017-04-01T09:00:00+08:00"
DIGESTS = [f"{number:064x}" for number in range(5)]
altered = msgspec.structs.replace


def made(name: str, seed: str = "") -> tuple[OrganisationKey, bytes]:
    file, card = new_organisation(name, "correct horse battery", seeded(name + seed), KDF)
    return open_organisation_key(file, "correct horse battery"), card


ROOT, ROOT_CARD = made("市团委")
CHILD, CHILD_CARD = made("大学团委")
GRANDCHILD, GRANDCHILD_CARD = made("学院团委")
SISTER, SISTER_CARD = made("中学团委")
NEW_ROOT, _ = made("市团委", "新")
NEW_CHILD, _ = made("大学团委", "新")


def id_of(key: OrganisationKey) -> str:
    return fingerprint(key.public)


@pytest.fixture
def trust() -> Trust:
    return Trust({ROOT.public: ROOT.name})


@pytest.fixture
def given(trust: Trust) -> Trust:
    """The university may authorise below /1/2/, the middle school below /1/3/."""
    trust.take(delegate(trust, ROOT, CHILD_CARD, scope="/1/2/", valid=VALID, now=NOW))
    trust.take(delegate(trust, ROOT, SISTER_CARD, scope="/1/3/", valid=VALID, now=NOW))
    return trust


def record_of(data: bytes, kind: Kind[Any]) -> Any:
    return msgspec.json.decode(msgspec.json.decode(data, type=Envelope).payload, type=kind.record)


def scope_of(trust: Trust, key: OrganisationKey, digest: str = DIGESTS[0], *, seen: bool = False) -> str:
    (scope,) = trust.check(id_of(key), digest, DATED, seen=seen)
    return scope


def test_a_delegated_key_counts_in_its_scope_and_a_root_everywhere(given: Trust) -> None:
    assert (scope_of(given, CHILD), scope_of(given, ROOT)) == ("/1/2/", EVERYTHING)
    assert dict(given.keyring) == {key.public: key.name for key in (ROOT, CHILD, SISTER)}
    assert check_of_trust(lambda: scope_of(given, GRANDCHILD)) == "root"


@pytest.mark.parametrize("scope", ["/1/20/", "/1/3/", "/1/", "/"])
def test_a_child_delegates_further_within_its_scope_and_no_further(given: Trust, scope: str) -> None:
    """/1/20/ begins with the text /1/2 and is not below /1/2/."""
    assert check_of_trust(lambda: delegate(given, CHILD, GRANDCHILD_CARD, scope=scope, valid=VALID, now=NOW)) == "scope"
    good = delegate(given, CHILD, GRANDCHILD_CARD, scope="/1/2/20/", valid=VALID, now=NOW)
    wider = sign(altered(record_of(good, DELEGATION), scope=scope), DELEGATION.official, [CHILD.signing])
    assert check_of_trust(lambda: given.take(wider)) == "scope"
    given.take(good)
    assert scope_of(given, GRANDCHILD) == "/1/2/20/"


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"issuer": "中学团委"}, "issuer"),
        ({"child": "学院团委"}, "card"),
        ({"card": SISTER_CARD.decode()}, "card"),
        ({"key": GRANDCHILD.public}, "card"),
        ({"valid_from": VALID[1], "valid_until": VALID[0]}, "validity"),
        ({"parent": DIGESTS[1]}, "delegation"),
    ],
)
def test_a_well_signed_delegation_that_contradicts_itself_is_refused(
    trust: Trust, change: dict[str, Any], check: str
) -> None:
    good = delegate(trust, ROOT, CHILD_CARD, scope="/1/2/", valid=VALID, now=NOW)
    bad = sign(altered(record_of(good, DELEGATION), **change), DELEGATION.official, [ROOT.signing])
    assert check_of_trust(lambda: trust.take(bad)) == check
    trust.take(good)


def test_a_sister_cannot_delegate_or_revoke_what_is_not_hers(given: Trust) -> None:
    good = delegate(given, CHILD, GRANDCHILD_CARD, scope="/1/2/20/", valid=VALID, now=NOW)
    stolen = altered(record_of(good, DELEGATION), issuer=SISTER.name)
    assert check_of_trust(lambda: given.take(sign(stolen, DELEGATION.official, [SISTER.signing]))) == "delegation"
    assert check_of_trust(lambda: given.take(revoke(given, SISTER, {CHILD.public: []}, now=NOW))) == "scope"
    assert check_of_trust(lambda: given.take(revoke(given, CHILD, {CHILD.public: []}, now=NOW))) == "scope"
    given.take(good)


def test_an_expired_delegation_counts_no_more_and_a_renewed_one_does(trust: Trust) -> None:
    trust.take(delegate(trust, ROOT, CHILD_CARD, scope="/1/2/", valid=LATER, now=NOW))
    assert check_of_trust(lambda: scope_of(trust, CHILD)) == "delegation"
    assert trust.check(id_of(CHILD), DIGESTS[0], "2018-06-01T00:00:00+08:00", seen=False) == ("/1/2/",)
    further = delegate(trust, ROOT, CHILD_CARD, scope="/1/2/", valid=VALID, now=NOW)
    trust.take(further)
    assert scope_of(trust, CHILD) == "/1/2/"


def test_a_key_is_one_organisations_alone(given: Trust) -> None:
    card = record_of(SISTER_CARD, Kind("", record_type(SISTER_CARD), "", "", 0))
    renamed = sign(altered(card, name="大学团委"), "application/vnd.beikaobei.organisation.v1+json", [SISTER.signing])
    bad = delegate(given, ROOT, renamed, scope="/1/2/", valid=VALID, now=NOW)
    assert check_of_trust(lambda: given.take(bad)) == "child"


def record_type(_card: bytes) -> Any:
    from rounds.documents import OrganisationCard  # noqa: PLC0415  for this test alone

    return OrganisationCard


def test_a_revoked_key_counts_for_what_is_listed_or_was_seen_whatever_the_date(given: Trust) -> None:
    assert scope_of(given, CHILD) == "/1/2/"  # the control
    given.take(revoke(given, ROOT, {CHILD.public: [DIGESTS[1]]}, now=NOW))
    assert check_of_trust(lambda: scope_of(given, CHILD)) == "revoked"
    assert scope_of(given, CHILD, DIGESTS[1]) == "/1/2/"
    assert scope_of(given, CHILD, DIGESTS[0], seen=True) == "/1/2/"
    assert scope_of(given, SISTER) == "/1/3/"
    later = delegate(given, CHILD, GRANDCHILD_CARD, scope="/1/2/20/", valid=VALID, now=NOW)
    assert check_of_trust(lambda: given.take(later)) == "revoked"


def test_a_revocation_may_grow_and_never_shrink(given: Trust) -> None:
    first = revoke(given, ROOT, {CHILD.public: DIGESTS[:2]}, now=NOW)
    given.take(first)
    key = [Revoked(honoured=tuple(DIGESTS[:1]), key=CHILD.public)]
    other = [Revoked(honoured=(), key=SISTER.public)]
    for shrunk in (key, other):
        record = Revocation(issued=stamp(NOW), issuer=ROOT.name, revoked=tuple(shrunk))
        assert check_of_trust(lambda: given.take(sign(record, REVOCATION.official, [ROOT.signing]))) == "superset"  # noqa: B023  called at once
    grown = revoke(given, ROOT, {SISTER.public: []}, now=NOW)
    assert len(record_of(grown, REVOCATION).revoked) == 2
    given.take(grown)
    assert check_of_trust(lambda: scope_of(given, SISTER)) == "revoked"
    assert check_of_trust(lambda: given.take(first)) == "superset"


@pytest.mark.parametrize("listed", [[DIGESTS[1], DIGESTS[0]], [DIGESTS[0], DIGESTS[0]]])
def test_the_lists_of_a_revocation_have_one_order(given: Trust, listed: list[str]) -> None:
    record = Revocation(
        issued=stamp(NOW), issuer=ROOT.name, revoked=(Revoked(honoured=tuple(listed), key=CHILD.public),)
    )
    assert check_of_trust(lambda: given.take(sign(record, REVOCATION.official, [ROOT.signing]))) == "order"


def test_a_rotated_key_inherits_and_both_must_have_signed(given: Trust) -> None:
    good = rotate(CHILD, NEW_CHILD, now=NOW)
    record = record_of(good, ROTATION)
    for keys in ([CHILD.signing], [NEW_CHILD.signing], [CHILD.signing, CHILD.signing], [SISTER.signing, CHILD.signing]):
        assert check_of_trust(lambda: given.take(sign(record, ROTATION.official, keys))) == "signatures"  # noqa: B023  called at once
    given.take(good)
    assert scope_of(given, NEW_CHILD) == "/1/2/"
    given.take(revoke(given, ROOT, {CHILD.public: []}, now=NOW))
    assert check_of_trust(lambda: scope_of(given, CHILD)) == "revoked"
    assert scope_of(given, NEW_CHILD) == "/1/2/"


def test_a_rotated_root_may_revoke_what_its_predecessor_delegated(given: Trust) -> None:
    given.take(rotate(ROOT, NEW_ROOT, now=NOW))
    given.take(revoke(given, NEW_ROOT, {CHILD.public: []}, now=NOW))
    assert check_of_trust(lambda: scope_of(given, CHILD)) == "revoked"


def test_a_revoked_key_cannot_rotate_itself_free(given: Trust) -> None:
    given.take(revoke(given, ROOT, {CHILD.public: []}, now=NOW))
    assert check_of_trust(lambda: given.take(rotate(CHILD, NEW_CHILD, now=NOW))) == "revoked"


def test_a_rotation_of_an_unknown_or_known_key_is_refused(given: Trust) -> None:
    assert check_of_trust(lambda: given.take(rotate(GRANDCHILD, made("学院团委", "新")[0], now=NOW))) == "root"
    given.take(rotate(CHILD, NEW_CHILD, now=NOW))
    assert check_of_trust(lambda: given.take(rotate(CHILD, NEW_CHILD, now=NOW))) == "distinct keys"
    with pytest.raises(BadInput, match="名称须相同"):
        rotate(CHILD, GRANDCHILD, now=NOW)


def test_a_small_order_key_is_refused_though_both_sign(given: Trust) -> None:
    """The identity point verifies a null signature for any message, in this library too."""
    record = Rotation(issued=stamp(NOW), name=CHILD.name, old=CHILD.public, new=(1).to_bytes(32, "little"))
    envelope = json.loads(sign(record, ROTATION.official, [CHILD.signing, CHILD.signing]))
    envelope["signatures"][1] = {
        "keyid": fingerprint(record.new),
        "sig": base64.b64encode((1).to_bytes(32, "little") + bytes(32)).decode(),
    }
    data = json.dumps(envelope, separators=(",", ":")).encode()
    assert check_of_trust(lambda: given.take(data)) == "public key"


MALFORMED: dict[str, Callable[[bytes], bytes]] = {
    "duplicate key": lambda p: p.replace(b'"child":', b'"child":"\xe7\x94\xb2","child":', 1),
    "unknown field": lambda p: p.replace(b'{"card"', b'{"aa":1,"card"', 1),
    "NaN": lambda p: p.replace(b'"scope":"/1/2/"', b'"scope":NaN', 1),
    "long integer": lambda p: p.replace(b'"scope":"/1/2/"', b'"scope":' + b"9" * 5000, 1),
    "nesting": lambda p: p.replace(b'"scope":"/1/2/"', b'"scope":' + b"[" * 9000 + b"]" * 9000, 1),
    "no slash": lambda p: p.replace(b"/1/2/", b"/1/2", 1),
    "dots": lambda p: p.replace(b"/1/2/", b"/1/../", 1),
    "no date": lambda p: p.replace(b"2017-12-31", b"2017-02-30", 1),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_payload_spelled_otherwise_is_refused_though_well_signed(trust: Trust, name: str) -> None:
    from rounds.envelope import Signature, authentication_encoding  # noqa: PLC0415  for this test alone

    good = delegate(trust, ROOT, CHILD_CARD, scope="/1/2/", valid=VALID, now=NOW)
    payload = MALFORMED[name](msgspec.json.decode(good, type=Envelope).payload)
    assert payload != msgspec.json.decode(good, type=Envelope).payload
    signature = ROOT.signing.sign(authentication_encoding(DELEGATION.official, payload))
    signed = Signature(keyid=id_of(ROOT), sig=signature)
    data = encode(Envelope(payload=payload, payload_type=DELEGATION.official, signatures=[signed]))
    with pytest.raises(Unreadable):
        trust.take(data)
    trust.take(good)


def test_padded_base64_and_other_types_are_refused(trust: Trust) -> None:
    good = delegate(trust, ROOT, CHILD_CARD, scope="/1/2/", valid=VALID, now=NOW)
    for bad in (good.replace(b'=="}]', b'==="}]'), good + b"\n", CHILD_CARD, b"", b"{}"):
        assert bad != good
        with pytest.raises(RoundError):
            trust.take(bad)
    assert trust_kind(good) is DELEGATION
    assert isinstance(trust.take(good).record, Delegation)


def test_the_chain_of_a_key_is_told_from_the_root_down(given: Trust) -> None:
    given.take(delegate(given, CHILD, GRANDCHILD_CARD, scope="/1/2/20/", valid=VALID, now=NOW))
    links = given.chain(id_of(GRANDCHILD), DATED)
    assert [(link.name, link.grant.scope) for link in links] == [
        (ROOT.name, EVERYTHING),
        (CHILD.name, "/1/2/"),
        (GRANDCHILD.name, "/1/2/20/"),
    ]
    assert [link.public for link in links] == [ROOT.public, CHILD.public, GRANDCHILD.public]
    assert [link.name for link in given.chain(id_of(ROOT), DATED)] == [ROOT.name]
    assert check_of_trust(lambda: given.chain(id_of(NEW_ROOT), DATED)) == "root"
    assert check_of_trust(lambda: given.chain(id_of(CHILD), LATER[0])) == "delegation"
    given.take(rotate(CHILD, NEW_CHILD, now=NOW))
    links = given.chain(id_of(NEW_CHILD), DATED)
    assert [(link.name, link.rotated) for link in links] == [(ROOT.name, False), (CHILD.name, True)]


def test_of_two_delegations_the_chain_takes_the_one_that_reaches(given: Trust) -> None:
    given.take(delegate(given, ROOT, CHILD_CARD, scope="/1/4/", valid=VALID, now=NOW))
    for place, scope in (("/1/4/7/", "/1/4/"), ("/1/2/", "/1/2/")):
        assert given.chain(id_of(CHILD), DATED, place)[-1].grant.scope == scope
