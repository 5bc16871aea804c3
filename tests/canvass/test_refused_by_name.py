"""What is slipped in, at the importer: as a file, and in a well-signed bundle; each refused by name, with a control.

Whatever can be is signed by the very officers of the round, so that the rule under test and no signature refuses it.
"""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from canvass_desk import Desk
from rounds_factory import NOW, ROOTS, MadeRound, envelope_of, make_round, organisation, payload_digest
from test_canvass_bundles import (
    BELOW,
    CHILD,
    GRANDCHILD,
    PARENT,
    Upward,
    entrust,
    forged,
    listed,
    of_child,
    upward,
)

from canvass.importing import Fate
from canvass.trusting import import_trust, trust_state
from rounds.bundles import MANIFEST
from rounds.encoding import encode
from rounds.envelope import Envelope, Signature, authentication_encoding
from rounds.errors import VerificationFailure
from rounds.issuing import OrganisationKey
from rounds.keys import fingerprint
from rounds.trust_documents import REVOCATION
from rounds.trust_issuing import revoke

__all__ = ["upward"]  # a fixture

Attack = Callable[[MadeRound], bytes]


def signed(made: MadeRound, payload: bytes, payload_type: str = "") -> bytes:
    """An envelope of these very bytes, truly signed by supervisor and teller."""
    kind = payload_type or envelope_of(made.result(5, 1)).payload_type
    message = authentication_encoding(kind, payload)
    signatures = [
        Signature(keyid=fingerprint(key.public_key().public_bytes_raw()), sig=key.sign(message))
        for key in made.signing_keys()
    ]
    return encode(Envelope(payload=payload, payload_type=kind, signatures=signatures))


def spelled(before: bytes, after: bytes) -> Attack:
    """A payload that says it otherwise, truly signed."""

    def attack(made: MadeRound) -> bytes:
        payload = envelope_of(made.result(5, 1)).payload
        assert before in payload
        return signed(made, payload.replace(before, after, 1))

    return attack


def outside(before: bytes, after: bytes) -> Attack:
    """An envelope that is spelled otherwise, its payload and signatures as they were."""

    def attack(made: MadeRound) -> bytes:
        data = made.result(5, 1)
        assert before in data
        return data.replace(before, after, 1)

    return attack


def signatures(change: Callable[[list[Signature]], list[Signature]]) -> Attack:
    def attack(made: MadeRound) -> bytes:
        envelope = envelope_of(made.result(5, 1))
        return encode(msgspec.structs.replace(envelope, signatures=change(list(envelope.signatures))))

    return attack


def foreign_id(found: list[Signature]) -> list[Signature]:
    return [found[0], msgspec.structs.replace(found[1], keyid=fingerprint(organisation().key.public))]


def chain(**change: Callable[[MadeRound], str]) -> Attack:
    """A result that carries other links than its own, truly signed by its officers."""

    def attack(made: MadeRound) -> bytes:
        record = made.result_record(5, 1)
        links = {name: value(made) for name, value in change.items()}
        return made.sign_end(msgspec.structs.replace(record, chain=msgspec.structs.replace(record.chain, **links)))

    return attack


def another(made: MadeRound) -> MadeRound:
    return make_round(by=made.organisation, branch_code="TM-01", registered=6)


@functools.cache
def lent(organisation_name: str) -> MadeRound:
    """One other round of the same organisation, so that both its links are of one round."""
    return make_round(by=organisation(organisation_name), branch_code="TM-01", registered=6)


def other_basis(made: MadeRound) -> str:
    return lent(made.organisation.key.name).chain.authorisation


def other_report(made: MadeRound) -> str:
    return lent(made.organisation.key.name).chain.zero_report


def second_attempt_alone(made: MadeRound) -> bytes:
    return made.next_attempt(payload_digest(another(made).void())).result(5, 1)


COUNTED = b'"collected":6'
ATTACKS: dict[str, tuple[Attack, str]] = {
    "duplicate key in the payload": (spelled(COUNTED, b'"collected":9,"collected":6'), "无法识别|不规范"),
    "duplicate key in the envelope": (outside(b'{"payload":', b'{"payload":"AA==","payload":'), "无法识别|不规范"),
    "another document's type": (outside(b"beikaobei.result.v1", b"beikaobei.void.v1"), "作废报告"),
    "a type of nobody": (outside(b"beikaobei.result.v1", b"elsewhere.result.v1"), "无法识别"),
    "one key twice for two": (signatures(lambda found: [found[0], found[0]]), "同一密钥签名两次"),
    "one signature for two": (signatures(lambda found: found[:1]), "须有2人签名"),
    "a foreign key id": (signatures(foreign_id), "不应有的签名"),
    "the signatures in another order": (signatures(lambda found: found[::-1]), "次序"),
    "padded base64 of a signature": (outside(b'=="}', b'==="}'), "无法识别|不规范"),
    "padded base64 of the payload": (outside(b'","payloadType"', b'=","payloadType"'), "无法识别|不规范"),
    "NaN": (spelled(COUNTED, b'"collected":NaN'), "无法识别"),
    "an integer of 5,000 digits": (spelled(COUNTED, b'"collected":' + b"9" * 5000), "无法识别"),
    "nesting": (spelled(COUNTED, b'"collected":' + b"[" * 9000 + b"]" * 9000), "无法识别"),
    "a field of nobody": (spelled(COUNTED, b'"colour":1,"collected":6'), "无法识别"),
    "replayed to another round": (chain(round_id=lambda made: another(made).round_id), "所附的不一致"),
    "with another authorisation": (chain(authorisation=lambda made: another(made).chain.authorisation), "不应有的签名"),
    "with another zero report": (chain(zero_report=lambda made: made.reopened().chain.zero_report), "不应有的签名"),
    "with both of another round": (chain(authorisation=other_basis, zero_report=other_report), "不应有的签名"),
    "naming another authorisation": (chain(authorisation_digest=lambda _made: "0" * 64), "所附的不一致"),
    "naming another zero report": (chain(zero_report_digest=lambda _made: "0" * 64), "所附的不一致"),
    "attempt 2 without the end of attempt 1": (second_attempt_alone, "尚未导入"),
}


def test_signing_anew_is_no_attack(upward: Upward) -> None:
    """The control of all of them: the same helpers with nothing changed make a good file."""
    made = of_child()
    assert signed(made, envelope_of(made.result(5, 1)).payload) == made.result(5, 1)
    assert chain()(made) == made.result(5, 1)
    assert upward.parent.take(signed(made, envelope_of(made.result(5, 1)).payload)).fate is Fate.IMPORTED


@pytest.mark.parametrize("name", ATTACKS)
def test_as_a_file_it_is_refused_by_name(upward: Upward, name: str) -> None:
    attack, why = ATTACKS[name]
    made = of_child()
    before = rows(upward.parent)
    refused = upward.parent.take(attack(made))
    assert refused.fate is Fate.REJECTED
    assert any(word in refused.reason for word in why.split("|")), refused.reason
    assert rows(upward.parent) == before
    assert upward.parent.take(made.result(5, 1)).fate is Fate.IMPORTED  # the control


def rows(desk: Desk) -> Any:
    """All but the texts that some row might have needed."""
    return {name: found for name, found in desk.dump().items() if name != "words"}


@pytest.mark.parametrize("name", ATTACKS)
def test_inside_a_well_signed_bundle_it_is_refused_and_holds_up_no_other(upward: Upward, name: str) -> None:
    attack, why = ATTACKS[name]
    good = of_child("TM-02", 30).result(29, 1)
    fate, files = upward.take(packed(upward, attack(of_child()), good))
    told = [one.reason for one in files if one.fate is Fate.REJECTED] or [fate.reason]
    assert any(word in told[0] for word in why.split("|")), told
    assert upward.parent.files() == ([good] if files else [])  # no envelope at all: then the bundle is refused whole
    if not files:
        assert upward.take(packed(upward, good))[0].fate is Fate.IMPORTED
    assert upward.parent.files() == [good]  # the control


def packed(upward: Upward, *documents: bytes, **fields: Any) -> Path:
    """A bundle of these documents that lists nothing, truly signed by the child."""
    upward.authorise(of_child())
    honest = upward.child.put("honest.bundle", upward.data(upward.plan()))
    manifest = gzip.decompress(honest.read_bytes()).splitlines()[0]
    raw = gzip.compress(b"".join(line + b"\n" for line in (manifest, *documents)), mtime=0)
    return upward.parent.put(
        "x.bundle", forged(upward.child.put("raw.bundle", raw), CHILD.key, **{"rounds": ()} | fields)
    )


MANIFESTS: dict[str, tuple[bytes, bytes]] = {
    "a duplicate key": (b'"sequence":1', b'"sequence":9,"sequence":1'),
    "NaN": (b'"sequence":1', b'"sequence":NaN'),
    "an integer of 5,000 digits": (b'"sequence":1', b'"sequence":' + b"9" * 5000),
    "nesting": (b'"sequence":1', b'"sequence":' + b"[" * 9000 + b"]" * 9000),
    "a path in place of documents": (b'"documents":', b'"path":"../../etc/passwd","documents":'),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_is_spelled_otherwise_is_refused_though_truly_signed(upward: Upward, name: str) -> None:
    upward.authorise(of_child())
    path = upward.hand_up()
    first, *rest = gzip.decompress(path.read_bytes()).splitlines()
    before, after = MANIFESTS[name]
    payload = envelope_of(first).payload
    assert before in payload
    for spelling, fate in ((payload.replace(before, after, 1), Fate.REJECTED), (payload, Fate.IMPORTED)):
        lines = (manifest(CHILD.key, spelling), *rest)
        made = upward.parent.put("x.bundle", gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0))
        taken, files = upward.take(made)
        assert (taken.fate, [one.fate for one in files]) == (fate, [])
        assert bool(taken.reason) == (fate is Fate.REJECTED)


def manifest(key: OrganisationKey, payload: bytes) -> bytes:
    signature = key.signing.sign(authentication_encoding(MANIFEST.official, payload))
    signatures = [Signature(keyid=fingerprint(key.public), sig=signature)]
    return encode(Envelope(payload=payload, payload_type=MANIFEST.official, signatures=signatures))


def test_a_revocation_that_shrank_is_refused_and_nothing_is_kept(desk: Desk) -> None:
    """By `trust import`: the first names two keys, the second one of them, the third both and an honoured file less."""
    for card, scope in ((CHILD.card, "/50/5001/"), (GRANDCHILD.card, "/50/5002/")):
        entrust(listed(desk), ROOTS, PARENT.key, card, scope)
    trust = trust_state(desk.registry, ROOTS)
    keys = {CHILD.key.public: ("0" * 64,), GRANDCHILD.key.public: ()}
    whole = revoke(trust, PARENT.key, keys, now=NOW)
    fewer_keys = revoke(trust, PARENT.key, {CHILD.key.public: ("0" * 64,)}, now=NOW)
    fewer_files = revoke(trust, PARENT.key, dict.fromkeys(keys, ()), now=NOW)
    more = revoke(trust, PARENT.key, {key: (*held, "1" * 64) for key, held in keys.items()}, now=NOW)
    assert import_trust(desk.registry, whole, roots=ROOTS, now=NOW) is not None
    before = desk.dump()
    for shrunk in (fewer_keys, fewer_files):
        with pytest.raises(VerificationFailure, match="少了内容"):
            import_trust(desk.registry, shrunk, roots=ROOTS, now=NOW)
        assert desk.dump() == before
    assert import_trust(desk.registry, more, roots=ROOTS, now=NOW) is not None  # the control


def test_a_shrunk_revocation_in_a_bundle_is_refused_and_the_rest_taken_in(upward: Upward) -> None:
    delegation = entrust(upward.child, BELOW, CHILD.key, GRANDCHILD.card, "/50/5001/")
    trust = trust_state(upward.child.registry, BELOW)
    whole = revoke(trust, CHILD.key, {GRANDCHILD.key.public: ("0" * 64,)}, now=NOW)
    shrunk = revoke(trust, CHILD.key, {GRANDCHILD.key.public: ()}, now=NOW)
    good = of_child("TM-02", 30).result(29, 1)
    fate, files = upward.take(packed(upward, delegation, whole, shrunk, good))
    assert (fate.trust, [one.fate for one in files]) == (2, [Fate.REJECTED, Fate.IMPORTED])
    assert "少了内容" in files[0].reason
    assert REVOCATION.title in files[0].reason
