"""What an organisation signs is what every reader accepts; a bad plan is a line for the clerk, never a bare error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from round_builder import CHEAP_KDF, NOW, PASSPHRASE, build, open_printed, record_of, seeded

from rounds.chain import read_authorisation, read_card
from rounds.documents import AUTHORISATION, DEFAULT_DUTIES, MAX_MEMBERS, Authorisation
from rounds.encoding import encode, is_plain
from rounds.errors import BadInput, RoundError, Unreadable, VerificationFailure
from rounds.issuing import (
    IssuedAuthorisation,
    RoundPlan,
    authorise,
    make_round_keys,
    new_organisation,
    open_organisation_key,
    open_round_keys,
    roster_digest,
)

PLAN = RoundPlan("高二一班团支部", "王五", 2016, 30)


def issue(plan: RoundPlan, seed: str = "issue") -> IssuedAuthorisation:
    return authorise(plan, build().organisation, now=NOW, draw=seeded(seed), kdf=CHEAP_KDF)


def issued_record(plan: RoundPlan) -> Authorisation:
    return read_authorisation(issue(plan).data, build().roots).record


def test_what_the_plan_says_is_what_is_signed() -> None:
    plan = replace(
        PLAN,
        branch_code="CQ-0012",
        secretary_id="0042",
        post="高二一班团支部书记",
        since="2015年9月",
        supervisor="李四",
        place="教学楼二楼　201",
        opens="2017-04-01T14:00:00+08:00",
        closes="2017-04-01T16:00:00+08:00",
        method="stationed",
        secretary_votes=False,
        roster_digest=roster_digest(["乙", "甲"]),
        attempt=2,
        previous_end="a" * 64,
    )
    record = issued_record(plan)
    assert (record.branch.name, record.branch.code) == (plan.branch_name, "CQ-0012")
    assert (record.assessed.name, record.assessed.member_id) == ("王五", "0042")
    assert (record.registered, record.expected) == (30, 29)
    assert (record.opens, record.closes, record.place) == (plan.opens, plan.closes, plan.place)
    assert (record.attempt, record.previous_end) == (2, "a" * 64)
    assert (record.method, record.mode, record.supervisor) == ("stationed", "official", "李四")
    assert record.title == "高二一班团支部书记2016年度满意度测评"
    assert record.duties == DEFAULT_DUTIES
    assert record.issued == "2017-04-01T06:30:00+00:00"


def test_the_two_codes_open_the_two_keys_and_only_theirs() -> None:
    issued = issue(PLAN)
    record: Authorisation = record_of(issued.data, AUTHORISATION)
    assert open_printed(record.activation, issued.activation_code).signing_public == record.activation.signing
    assert open_printed(record.emergency, issued.emergency_code).sealing_public == record.emergency.sealing
    for keys, code in ((record.activation, issued.emergency_code), (record.emergency, issued.activation_code)):
        with pytest.raises(VerificationFailure):
            open_printed(keys, code)


def test_the_codes_are_nowhere_in_the_file() -> None:
    issued = issue(PLAN)
    for code in (issued.activation_code, issued.emergency_code):
        for spelling in (code, code.replace("-", ""), code[:9], code.lower()):
            assert spelling.encode() not in issued.data
            assert spelling not in repr(record_of(issued.data, AUTHORISATION))
            assert spelling not in repr(issued)  # which ends in a report as soon as somebody lets it


def test_every_draw_gives_another_round() -> None:
    one, other = issue(PLAN, "one"), issue(PLAN, "other")
    assert issue(PLAN, "one") == one
    for field in ("data", "round_id", "activation_code", "emergency_code"):
        assert getattr(one, field) != getattr(other, field)


BAD_PLANS: list[dict[str, Any]] = [
    {"branch_name": ""},
    {"branch_name": "团" * 61},
    {"branch_name": " 一班"},
    {"secretary": ""},
    {"secretary": "王\u200b五"},
    {"registered": 0},
    {"registered": -1},
    {"registered": MAX_MEMBERS + 1},
    {"registered": 10**5000},
    {"year": 1999},
    {"year": 2201},
    {"year": 100_000},
    {"supervisor": "李四\n"},
    {"place": "二楼\u202e"},
    {"post": "书" * 201},
    {"since": "2015年9月 "},
    {"title": "测评\x1b[2J"},
    {"title": "测" * 201},
    {"branch_code": "C" * 61},
    {"secretary_id": "\ud800"},
    {"duties": ("好", "坏\x00")},
    {"duties": ("好",) * 21},
    {"duties": ("好" * 1001,)},
    {"opens": "2017-02-29T10:00:00+08:00"},
    {"opens": "明天上午"},
    {"closes": "2017-04-01 16:00"},
    {"opens": "0001-01-01T00:00:00+08:00"},
    {"roster_digest": "z" * 64},
    {"previous_end": "short", "attempt": 2},
    {"attempt": 0},
    {"attempt": 100, "previous_end": "a" * 64},
    {"method": "online"},
]


@pytest.mark.parametrize("change", BAD_PLANS, ids="+".join)
def test_a_plan_that_no_reader_would_accept(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        issue(replace(PLAN, **change))
    assert "\n" not in str(caught.value)


def test_the_longest_texts_of_each_field_together() -> None:
    """Each is within its own bound; the file as a whole has a cap as well, and says so like any other fault."""
    longest = replace(
        PLAN, place="二" * 200, title="测" * 200, post="书" * 200, branch_name="团" * 60, secretary="王" * 60
    )
    assert issued_record(replace(longest, duties=("好" * 1000,) * 19)).duties == ("好" * 1000,) * 19
    with pytest.raises(BadInput):
        issue(replace(longest, duties=("\U00020000" * 1000,) * 20))


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"supervisor": "王五"}, "officers"),
        ({"supervisor": "王　五"}, "officers"),
        ({"attempt": 2}, "attempt"),
        ({"previous_end": "a" * 64}, "attempt"),
        ({"registered": 1, "secretary_votes": False}, "registered"),
        ({"opens": "2017-04-02T10:00:00+08:00", "closes": "2017-04-01T10:00:00+08:00"}, "window"),
    ],
)
def test_a_plan_that_contradicts_itself(change: dict[str, Any], check: str) -> None:
    with pytest.raises(VerificationFailure) as caught:
        issue(replace(PLAN, **change))
    assert caught.value.check == check


TEXTS = st.text(max_size=70) | st.text("甲乙 \u3000\u200b2017-:+T", max_size=30)


@settings(max_examples=60)
@given(TEXTS, TEXTS, TEXTS, st.integers(-3, 40), st.integers(1990, 2210))
def test_any_plan_is_either_refused_or_readable(name: str, place: str, opens: str, registered: int, year: int) -> None:
    plan = RoundPlan(name, "王五", year, registered, place=place, opens=opens)
    try:
        record = issued_record(plan)
    except RoundError:
        return
    assert (record.branch.name, record.place, record.opens) == (name, place, opens)


def test_an_organisation_and_its_card() -> None:
    key_file, card = new_organisation("甲区团委", PASSPHRASE, seeded("org"), CHEAP_KDF)
    key = open_organisation_key(key_file, f" {PASSPHRASE} ")
    verified = read_card(card)
    assert verified.record.name == key.name == "甲区团委"
    assert verified.record.signing == key.public
    assert verified.signers == ("甲区团委",)
    assert key.signing.private_bytes_raw() not in key_file + card


@pytest.mark.parametrize("name", ["", " ", "甲\u202e", "团" * 61, "甲\n乙"])
def test_an_organisation_needs_a_name(name: str) -> None:
    with pytest.raises(BadInput, match="组织名称"):
        new_organisation(name, PASSPHRASE, seeded("org"), CHEAP_KDF)


@pytest.mark.parametrize("passphrase", ["", "short", "12345678", "aaaaaaaaaa", "correct\udcffhorse"])
def test_an_organisation_needs_a_passphrase(passphrase: str) -> None:
    with pytest.raises(BadInput, match="密钥口令"):
        new_organisation("甲区团委", passphrase, seeded("org"), CHEAP_KDF)


@pytest.mark.parametrize("passphrase", ["", "short", "wrong horse battery", "wrong\udcffhorse"])
def test_a_wrong_passphrase_is_one_kind_of_failure(passphrase: str) -> None:
    """Neither its length nor its bytes make it another error: DESIGN.md, one message, 3."""
    with pytest.raises(VerificationFailure, match="密钥口令不正确"):
        open_organisation_key(build().key_file, passphrase)


def test_a_holders_file_is_not_an_organisations_nor_the_reverse() -> None:
    _, holder = make_round_keys("李四", PASSPHRASE, seeded("holder"), CHEAP_KDF)
    with pytest.raises(Unreadable, match="不是组织密钥文件"):
        open_organisation_key(holder.sealed.encode(), PASSPHRASE)
    organisation = build().key_file.decode()
    with pytest.raises(Unreadable, match="无法识别"):
        open_round_keys(replace_sealed(holder, organisation), PASSPHRASE, "启用码")


def replace_sealed(record: Any, sealed: str, **change: bytes) -> Any:
    return type(record)(**{"sealed": sealed, "sealing": record.sealing, "signing": record.signing} | change)


@pytest.mark.parametrize("half", ["signing", "sealing"])
def test_private_halves_that_belong_to_other_public_keys(half: str) -> None:
    _, record = make_round_keys("李四", PASSPHRASE, seeded("holder"), CHEAP_KDF)
    other = replace_sealed(record, record.sealed, **{half: b"\2" * 32})
    assert open_round_keys(record, PASSPHRASE, "口令").signing_public == record.signing
    with pytest.raises(Unreadable, match="与公钥不符"):
        open_round_keys(other, PASSPHRASE, "口令")


@given(st.lists(st.text(max_size=8), unique=True, max_size=8), st.randoms())
def test_a_roster_has_one_digest_in_any_order(members: list[str], source: Any) -> None:
    members = [member for member in members if is_plain(member)]
    shuffled = sorted(members, key=lambda _: source.random())
    assert roster_digest(shuffled) == roster_digest(members)
    assert roster_digest([*members, "多一人"]) != roster_digest(members)


def test_a_roster_cannot_be_spelled_as_another() -> None:
    lists: list[list[str]] = [[], [""], ["甲乙"], ["甲", "乙"], ['甲","乙'], ["甲,乙"]]
    assert len({roster_digest(members) for members in lists}) == len(lists)


def counting(draw: Callable[[int], bytes], taken: list[bytes]) -> Callable[[int], bytes]:
    def drawn(size: int) -> bytes:
        taken.append(draw(size))
        return taken[-1]

    return drawn


def test_no_random_byte_is_used_twice_or_shown() -> None:
    """Private keys and the codes' entropy are drawn apart, and none of it stands in the file in the clear."""
    taken: list[bytes] = []
    issued = authorise(PLAN, build().organisation, now=NOW, draw=counting(seeded("once"), taken), kdf=CHEAP_KDF)
    assert sorted(map(len, taken)) == [8, 10, 10, 28, 28, 64, 64]
    payload = encode(record_of(issued.data, AUTHORISATION))
    for secret in (draw for draw in taken if len(draw) in {10, 64}):
        assert secret not in payload
        assert secret.hex() not in payload.decode()
