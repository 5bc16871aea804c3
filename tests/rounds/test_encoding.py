"""One value, one spelling: what is not spelled as this house spells it is refused, and text is what it looks like."""

from __future__ import annotations

import base64
import codecs
import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from round_builder import build

from rounds.documents import Assessed, LogLine, Officer, OrganisationCard
from rounds.encoding import Record, decode, digest, encode, is_fit, is_plain, plain, stamp
from rounds.errors import Unreadable
from rounds.sharing import Holder
from rounds.tally import Tally

KEY = base64.b64encode(bytes(range(32))).decode()


def read_card(data: bytes) -> OrganisationCard:
    return decode(data, OrganisationCard, "组织名片", 4096)


def card_text(name: str = '"甲区团委"', signing: str = f'"{KEY}"') -> bytes:
    return f'{{"name":{name},"signing":{signing}}}'.encode("utf-8", "surrogatepass")


def accepts(data: bytes) -> bool:
    """Python's own decoder: the control that most of these spellings are read without a word by ordinary code."""
    try:
        json.loads(data.decode("utf-8-sig", "surrogatepass"))
    except (ValueError, RecursionError):
        return False
    return True


SPELLINGS = {
    "duplicate key": b'{"name":"x",' + card_text()[1:],
    "duplicate key, same value": card_text()[:-1] + b',"name":"\xe7\x94\xb2\xe5\x8c\xba\xe5\x9b\xa2\xe5\xa7\x94"}',
    "byte order mark": codecs.BOM_UTF8 + card_text(),
    "unknown field": card_text()[:-1] + b',"trusted":true}',
    "other order": f'{{"signing":"{KEY}","name":"甲区团委"}}'.encode(),
    "space": card_text().replace(b":", b": "),
    "newline at the end": card_text() + b"\n",
    "escaped character": card_text('"\\u7532区团委"'),
    "escaped slash": card_text('"甲\\/乙"'),
    "lone surrogate": card_text('"\\ud800"'),
    "not a number": card_text("NaN"),
    "number for a text": card_text("1"),
    "null for a text": card_text("null"),
    "base64 tail": card_text(signing=f'"{KEY[:-2]}9="'),
    "base64 without padding": card_text(signing=f'"{KEY[:-1]}"'),
    "base64 for the web": card_text(signing=f'"{base64.urlsafe_b64encode(bytes([255] * 32)).decode()}"'),
    "short key": card_text(signing=f'"{base64.b64encode(bytes(31)).decode()}"'),
    "long key": card_text(signing=f'"{base64.b64encode(bytes(33)).decode()}"'),
    "list for an object": b"[" + card_text() + b"]",
    "two documents": card_text() * 2,
    "nothing": b"",
    "deep nesting": b"[" * 2000 + b"]" * 2000,
    "deep nesting of an unknown field": b'{"name":' + b'{"name":' * 1000 + b"1" + b"}" * 1001,
    "latin-1": '{"name":"é"}'.encode("latin-1"),
}


def test_the_one_spelling_is_read() -> None:
    assert encode(read_card(card_text())) == card_text()


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_other_spelling_is_refused(name: str) -> None:
    with pytest.raises(Unreadable, match="组织名片"):
        read_card(SPELLINGS[name])


def test_control_ordinary_code_reads_most_of_them() -> None:
    read = {name for name, data in SPELLINGS.items() if accepts(data)}
    assert {"duplicate key", "byte order mark", "unknown field", "other order", "base64 tail", "not a number"} <= read
    assert len(read) >= 17


def test_control_a_base64_tail_decodes_to_the_same_key() -> None:
    """Four spellings of one key in Python's decoder; the strict reader takes one."""
    tails = [KEY[:-2] + symbol + "=" for symbol in ("8", "9", "+", "/")]
    tails = [tail for tail in tails if base64.b64decode(tail, validate=True) == bytes(range(32))]
    assert len(tails) == 4
    readable = []
    for tail in tails:
        try:
            readable.append(encode(read_card(card_text(signing=f'"{tail}"'))))
        except Unreadable:
            continue
    assert readable == [card_text()]


class Figure(Record, frozen=True, kw_only=True):
    value: int


@pytest.mark.parametrize(
    "spelled",
    ["1" + "0" * 4999, "-0", "1.0", "1e0", "1E2", "NaN", "Infinity", "-Infinity", "true", '"1"', "01", "+1", "null"],
)
def test_numbers_have_one_spelling(spelled: str) -> None:
    assert decode(b'{"value":1}', Figure, "数", 10_000).value == 1
    with pytest.raises(Unreadable):
        decode(f'{{"value":{spelled}}}'.encode(), Figure, "数", 10_000)


def test_control_a_long_integer_kills_ordinary_code_with_a_bare_error() -> None:
    with pytest.raises(ValueError, match="4300 digits"):
        json.loads("1" + "0" * 4999)


def test_the_cap_comes_before_the_parser() -> None:
    assert decode(b'{"value":1}', Figure, "数", 11).value == 1
    with pytest.raises(Unreadable, match="过大（超过10字节）"):
        decode(b'{"value":1}', Figure, "数", 10)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "signing", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.text(max_size=12) | st.text("甲乙丙 \u3000\u200b\ufeffé\u0301A", max_size=6)


@given(
    st.binary(max_size=200)
    | JSON_VALUES.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    | NAMES.map(lambda name: json.dumps({"name": name, "signing": KEY}, separators=(",", ":"), ensure_ascii=False)).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
)
def test_whatever_parses_is_written_again_as_the_same_bytes(data: bytes) -> None:
    """And nothing else than Unreadable is ever raised."""
    try:
        card = read_card(data)
    except Unreadable:
        return
    assert encode(card) == data
    assert is_plain(card.name)


def rfc8785(record: msgspec.Struct) -> bytes:
    """RFC 8785 for values without floats: sorted keys, no spaces, shortest escapes."""
    value = msgspec.to_builtins(record)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def records() -> list[msgspec.Struct]:
    built = build()
    result = built.result(Tally(16, 9, 2), present=28, issued=28, collected=27)
    return [built.basis(), built.zero(), result, built.void(), built.basis().activation]


@pytest.mark.parametrize("record", records(), ids=lambda record: type(record).__name__)
def test_our_records_are_spelled_as_rfc_8785_demands(record: msgspec.Struct) -> None:
    assert encode(record) == rfc8785(record)


@given(st.text("\"\\/'<>&𠮷🗳é一 ", min_size=1, max_size=30).filter(is_plain))
def test_text_is_spelled_as_rfc_8785_demands(name: str) -> None:
    record = Assessed(member_id="", name=name, post="", since="")
    assert encode(record) == rfc8785(record)


INVISIBLE = {
    "right-to-left override": "张\u202e三",
    "left-to-right isolate": "张\u2066三",
    "zero-width space": "张\u200b三",
    "zero-width joiner": "张\u200d三",
    "word joiner": "张\u2060三",
    "soft hyphen": "张\u00ad三",
    "byte order mark": "\ufeff张三",
    "escape": "张\x1b[2J三",
    "newline": "张\n三",
    "null": "张\0三",
    "delete": "张\x7f三",
    "next line": "张\x85三",
    "line separator": "张\u2028三",
    "tag": "张\U000e0041三",
    "private use": "张\ue000三",
    "unassigned": "张\u0378三",
    "lone surrogate": "张\ud800三",
    "hangul filler": "\u3164",
    "half-width hangul filler": "\uffa0",
    "combining grapheme joiner": "张\u034f三",
    "variation selector": "张\ufe0f三",
    "ideographic variation selector": "张\U000e0100三",
    "braille blank": "\u2800",
    "no-break space": "张\u00a0三",
    "hair space": "张\u200a三",
    "space before": " 张三",
    "ideographic space after": "张三\u3000",
    "decomposed": "e\u0301",
    "compatibility ideograph": "\uf900",
}


@pytest.mark.parametrize("name", INVISIBLE)
def test_text_that_looks_like_other_text_is_refused(name: str) -> None:
    text = INVISIBLE[name]
    assert not is_plain(text)
    with pytest.raises(ValueError, match="not fit"):
        Assessed(member_id="", name=text, post="", since="")
    with pytest.raises(Unreadable):
        read_card(card_text(json.dumps(text, ensure_ascii=False)))


def test_text_inside_a_list_is_held_to_the_same() -> None:
    built = build()
    for field, record in (("readiness", built.zero()), ("duties", built.basis())):
        with pytest.raises(ValueError, match=field):
            msgspec.structs.replace(record, **{field: ("好", "坏\u202e")})


@pytest.mark.parametrize("name", INVISIBLE)
def test_a_text_that_was_found_fit_lets_no_other_pass_and_one_that_was_refused_stays_refused(name: str) -> None:
    """Answers are remembered, of texts and of lists of them: each is asked for between others, and twice."""
    text, good, built = INVISIBLE[name], "张三", build()
    for _ in range(2):
        assert Assessed(member_id="", name=good, post="", since=f"{good}2").name == good
        assert msgspec.structs.replace(built.basis(), duties=(good,)).duties == (good,)
        with pytest.raises(ValueError, match="name"):
            Assessed(member_id="", name=text, post="", since="")
        with pytest.raises(ValueError, match="duties"):
            msgspec.structs.replace(built.basis(), duties=(good, text))


@pytest.mark.parametrize("size", [1, 39, 40, 41, 1_000])
def test_a_list_longer_than_what_is_remembered_is_held_to_the_same(size: int) -> None:
    """The odd one stands last; the control is the list without it."""
    for _ in range(2):
        assert msgspec.structs.replace(build().zero(), readiness=("好",) * size).readiness == ("好",) * size
        with pytest.raises(ValueError, match="readiness"):
            msgspec.structs.replace(build().zero(), readiness=(*("好",) * (size - 1), "坏\u202e"))


def test_a_text_longer_than_what_is_remembered_is_held_to_the_same() -> None:
    """On either side of the longest whose answer is remembered, in either alphabet; the control is the text itself."""
    for size in (199, 200, 201, 1_000):
        for char in "a字":
            assert msgspec.structs.replace(build().basis(), instruction=char * size).instruction == char * size
            for odd in ("\u202e", "\n", " "):
                with pytest.raises(ValueError, match="instruction"):
                    msgspec.structs.replace(build().basis(), instruction=char * (size - 1) + odd)


@pytest.mark.parametrize(
    "text", ["", "张三", "张　三", "買買提·艾力", "𠮷田", "Ana María", "（一）“甲”《乙》——", "é", "票箱🗳"]
)
def test_ordinary_names_are_plain(text: str) -> None:
    assert is_plain(text)
    assert plain(f" {unicodedata.normalize('NFD', text)}\n") == text


@pytest.mark.parametrize(
    "at",
    [
        "2017-02-29T10:00:00+08:00",
        "2017-13-01T10:00:00+08:00",
        "2017-04-31T10:00:00+08:00",
        "2017-04-01T24:00:00+08:00",
        "2017-04-01T10:60:00+08:00",
        "2017-04-01T10:00:60+08:00",
        "2017-04-01T10:00:00+24:00",
        "0001-01-01T00:00:00+08:00",
        "2017-04-01T10:00:00Z",
        "2017-04-01T10:00:00",
        "2017-04-01 10:00:00+08:00",
        "2017-04-01T10:00:00.5+08:00",
        "2017-04-01T10:00:00+08:00\n",
        "２０17-04-01T10:00:00+08:00",
        "",
    ],
)
def test_a_time_that_nobody_can_read_later_is_refused(at: str) -> None:
    good = b'{"at":"2016-02-29T23:59:59-00:30","event":"opened"}'
    moment = decode(good, LogLine, "记录", 999).at
    assert datetime.fromisoformat(moment).astimezone(UTC).isoformat() == "2016-03-01T00:29:59+00:00"
    line = json.dumps({"at": at, "event": "opened"}, separators=(",", ":"), ensure_ascii=False).encode()
    with pytest.raises(Unreadable):
        decode(line, LogLine, "记录", 999)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001  naive bounds
def test_every_stamp_is_a_time(moment: datetime) -> None:
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() % 60:
        return
    record = LogLine(at=stamp(moment), event="opened")
    read = decode(encode(record), LogLine, "记录", 999)
    assert datetime.fromisoformat(read.at).timestamp() == moment.replace(microsecond=0).timestamp()


def test_a_moment_without_an_offset_has_no_stamp() -> None:
    with pytest.raises(ValueError, match="offset"):
        stamp(datetime(2017, 4, 1))  # noqa: DTZ001  the very thing that is refused


def test_a_name_of_an_officer_is_bounded_and_typed() -> None:
    def officer(**change: Any) -> bytes:
        fields = {"name": "李四", "role": "teller", "sealing": KEY, "signing": KEY} | change
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()

    assert decode(officer(), Officer, "人员", 999).role is Holder.TELLER
    assert decode(officer(name="李" * 60), Officer, "人员", 999).name == "李" * 60
    for change in ({"name": ""}, {"name": "李" * 61}, {"role": "secretary"}, {"role": "TELLER"}, {"name": ["李四"]}):
        with pytest.raises(Unreadable):
            decode(officer(**change), Officer, "人员", 999)


def test_digest_is_sha256() -> None:
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("length", [3, 199, 200, 201, 5000])
@pytest.mark.parametrize("filling", ["a", "团"])
def test_a_long_text_is_held_to_what_a_short_one_is(length: int, filling: str) -> None:
    """Long ones are asked in another way; every ASCII character, and the blanks that isprintable lets through."""
    for char in [*map(chr, range(128)), "\u00ad", "\u2800", "\u3164", "\ufe0f", "\u200b", "\u3000", "\udc80", "√"]:
        text = filling + char + filling * (length - 2)
        assert is_fit(text) is is_fit(f"{filling}{char}{filling}"), f"{ord(char):x}"
        assert is_fit(text) is ((char.isprintable() and char not in "\u2800\u3164\ufe0f") or char == "\u3000")
