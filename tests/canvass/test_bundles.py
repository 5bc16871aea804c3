"""Bundles: read back whole, and refused by name whatever else is done to them; the untouched one is the control."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rounds_factory import NOW, ROOTS, MadeRound, make_round, organisation, payload_digest

from canvass.bundles import Content, read_bundle, write_bundle
from rounds.bundles import (
    MANIFEST,
    BundledRound,
    BundleManifest,
    RoundState,
    check_follows,
    read_manifest,
)
from rounds.encoding import stamp
from rounds.envelope import Verified, sign
from rounds.errors import RoundError, Unreadable, UntrustedIssuer, VerificationFailure
from rounds.issuing import OrganisationKey

SENDER = organisation("共青团某某大学土木工程学院委员会")
BOMB = 4 << 30


@dataclass(frozen=True)
class Packed:
    """A manifest with its documents, before they are written."""

    record: BundleManifest
    documents: tuple[bytes, ...]

    def data(self, key: OrganisationKey = SENDER.key, *, manifest: bytes | None = None) -> bytes:
        file = io.BytesIO()
        write_bundle(file, manifest or sign(self.record, MANIFEST.official, [key.signing]), self.documents)
        return file.getvalue()

    def verified(self) -> Verified[BundleManifest]:
        return read_manifest(sign(self.record, MANIFEST.official, [SENDER.key.signing]), SENDER.roots)

    def altered(self, **fields: Any) -> Packed:
        return replace(self, record=msgspec.structs.replace(self.record, **fields))


def entry(made: MadeRound, end: bytes | None, state: RoundState = RoundState.ACCEPTED) -> BundledRound:
    return BundledRound(
        attempt=1,
        branch_code="",
        branch_name=made.plan.branch_name,
        end=payload_digest(end) if end else "",
        round_id=made.round_id,
        state=state,
    )


def packed(
    entries: Sequence[BundledRound], documents: Sequence[bytes], last: Verified[BundleManifest] | None = None
) -> Packed:
    content = Content()
    for document in documents:
        content.add(document)
    record = BundleManifest(
        content=content.digest,
        documents=content.count,
        issued=stamp(NOW),
        organisation=SENDER.key.name,
        previous=last.digest if last else "",
        rounds=tuple(sorted(entries, key=lambda listed: listed.round_id)),
        sequence=last.record.sequence + 1 if last else 1,
    )
    return Packed(record, tuple(documents))


@pytest.fixture(scope="module")
def three() -> tuple[list[BundledRound], list[bytes]]:
    """A result, a void report and a round of which nothing has come yet."""
    done, void, missing = (make_round(branch_name=f"{name}团支部") for name in ("甲班", "乙班", "丙班"))
    result, report = done.result(4, 1, 1), void.void()
    entries = [
        entry(done, result),
        entry(void, report, RoundState.VOID),
        entry(missing, None, RoundState.MISSING),
    ]
    return entries, [result, report]


@pytest.fixture
def whole(three: tuple[list[BundledRound], list[bytes]]) -> Packed:
    return packed(*three)


def read(tmp_path: Path, data: bytes, last: Verified[BundleManifest] | None = None) -> list[bytes]:
    path = tmp_path / "a.bundle"
    path.write_bytes(data)
    return list(read_bundle(path, SENDER.roots, last).documents())


def test_a_bundle_reads_back_with_the_leaf_signatures_as_they_came(tmp_path: Path, whole: Packed) -> None:
    assert read(tmp_path, whole.data()) == list(whole.documents)
    assert whole.data() == whole.data()
    assert gzip.decompress(whole.data()).count(b"\n") == 1 + len(whole.documents)


def test_nothing_in_a_bundle_names_a_file_or_a_time(whole: Packed) -> None:
    flags, time = struct.unpack("<BI", whole.data()[3:8])
    assert (flags, time) == (0, 0)
    control = gzip.compress(b"x")
    assert struct.unpack("<I", control[4:8]) != (0,)


def named(data: bytes) -> bytes:
    """The same member with a file name in its header."""
    return data[:3] + b"\x08" + data[4:10] + b"../../etc/passwd\0" + data[10:]


def repacked(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    """The same bundle with other lines, well packed."""

    def attack(data: bytes) -> bytes:
        lines = gzip.decompress(data).splitlines()
        return gzip.compress(b"".join(line + b"\n" for line in change(lines)), mtime=0)

    return attack


ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[:-20],
    "cut after the manifest": repacked(lambda lines: lines[:1]),
    "a document left out": repacked(lambda lines: lines[:-1]),
    "a document twice": repacked(lambda lines: [*lines, lines[-1]]),
    "a foreign document added": repacked(lambda lines: [*lines, make_round().result(4, 1, 1)]),
    "documents in another order": repacked(lambda lines: [lines[0], *lines[:0:-1]]),
    "no manifest": repacked(lambda lines: lines[1:]),
    "an empty line": repacked(lambda lines: [*lines, b""]),
    "a second member": lambda data: data + gzip.compress(b"more\n"),
    "something behind it": lambda data: data + b"\0",
    "a file name in the header": named,
    "not gzip": gzip.decompress,
    "nothing": lambda _data: b"",
    "gzip of nothing": lambda _data: gzip.compress(b""),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_altered_bundle_is_refused(tmp_path: Path, whole: Packed, attack: str) -> None:
    changed = ATTACKS[attack](whole.data())
    assert changed != whole.data()
    with pytest.raises(RoundError) as refusal:
        read(tmp_path, changed)
    assert "\n" not in str(refusal.value)
    assert read(tmp_path, whole.data())  # the control


def bomb(size: int) -> bytes:
    """A gzip member of `size` zeros, without the work: deflate blocks behind a full flush may be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return b"\x1f\x8b\x08\x00" + bytes(6) + block * (size >> 20) + end + struct.pack("<II", 0, size & 0xFFFFFFFF)


def test_four_gibibytes_of_nothing_cost_a_line_s_memory(tmp_path: Path, whole: Packed) -> None:
    data = bomb(BOMB)
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match="过长"):
            read(tmp_path, data)
        assert tracemalloc.get_traced_memory()[1] < 4 * MANIFEST.cap
    finally:
        tracemalloc.stop()
    assert len(gzip.GzipFile(fileobj=io.BytesIO(data)).read(2 * MANIFEST.cap)) == 2 * MANIFEST.cap  # the control
    assert read(tmp_path, whole.data())


def test_a_stranger_s_bundle_is_refused(tmp_path: Path, whole: Packed) -> None:
    with pytest.raises(UntrustedIssuer):
        read(tmp_path, whole.data(organisation().key))
    with pytest.raises(VerificationFailure, match="报送单位"):
        read(tmp_path, whole.altered(organisation="共青团另一学院委员会").data())
    assert SENDER.roots != ROOTS
    assert read(tmp_path, whole.data())


def test_a_signature_over_another_kind_is_no_manifest(tmp_path: Path, whole: Packed) -> None:
    manifest = sign(whole.record, "application/vnd.beikaobei.result.v1+json", [SENDER.key.signing])
    with pytest.raises(VerificationFailure, match="不是报送包"):
        read(tmp_path, whole.data(manifest=manifest))
    assert read(tmp_path, whole.data())


def test_a_manifest_that_contradicts_itself_is_refused(tmp_path: Path, whole: Packed) -> None:
    first, *rest = whole.record.rounds
    listed = {
        "twice the same round": (first, first, *rest),
        "another order": tuple(reversed(whole.record.rounds)),
        "missing with an end": (msgspec.structs.replace(first, state=RoundState.MISSING, end="0" * 64), *rest),
        "accepted without an end": (msgspec.structs.replace(first, state=RoundState.ACCEPTED, end=""), *rest),
        "one end for two rounds": tuple(
            msgspec.structs.replace(each, state=RoundState.ACCEPTED, end="0" * 64) for each in whole.record.rounds
        ),
    }
    for rounds in listed.values():
        with pytest.raises(VerificationFailure, match="报送包"):
            read(tmp_path, whole.altered(rounds=rounds).data())
    assert read(tmp_path, whole.data())


def test_an_end_that_is_listed_must_be_in_the_bundle(tmp_path: Path, three: tuple[Any, list[bytes]]) -> None:
    entries, documents = three
    with pytest.raises(VerificationFailure, match="未随包附上"):
        read(tmp_path, packed(entries, documents[:1]).data())
    assert read(tmp_path, packed(entries, documents).data())


# From one bundle to the next ------------------------------------------------------------------------------------------


def test_the_next_bundle_sends_only_what_is_new(tmp_path: Path, three: tuple[list[BundledRound], list[bytes]]) -> None:
    entries, documents = three
    first = packed(entries, documents).verified()
    late = make_round(branch_name="丙班团支部")
    result = late.result(5, 0, 1)
    following = packed([*entries[:2], entry(late, result)], [result], first)
    assert read(tmp_path, following.data(), first) == [result]
    with pytest.raises(VerificationFailure, match="未随包附上"):
        read(tmp_path, following.data(), None)  # the control: to somebody without the first it is not whole


def test_gaps_and_forks_are_refused(three: tuple[list[BundledRound], list[bytes]]) -> None:
    entries, documents = three
    first = packed(entries, documents).verified()
    second, other = (packed(entries, more, first).verified() for more in ([], documents[:1]))
    third = packed(entries, [], second).verified()
    check_follows(first, None)
    check_follows(second, first)
    check_follows(third, second)
    for current, last, what in (
        (second, None, "缺少第1次"),
        (third, first, "缺少第2次"),
        (other, second, "不相衔接"),
        (first, second, "不相衔接"),
        (packed(entries, [], other).verified(), second, "不相衔接"),
    ):
        with pytest.raises(VerificationFailure, match=what):
            check_follows(current, last)


def test_no_round_disappears_between_two_bundles(three: tuple[list[BundledRound], list[bytes]]) -> None:
    entries, documents = three
    first = packed(entries, documents).verified()
    with pytest.raises(VerificationFailure, match="缺少上一次所载"):
        check_follows(packed(entries[:2], [], first).verified(), first)
    taken_back = msgspec.structs.replace(entries[0], state=RoundState.MISSING, end="")
    with pytest.raises(VerificationFailure, match="改为缺报"):
        check_follows(packed([taken_back, *entries[1:]], [], first).verified(), first)
    in_conflict = msgspec.structs.replace(entries[0], state=RoundState.CONFLICT, end="")
    check_follows(packed([in_conflict, *entries[1:]], [], first).verified(), first)  # the control


def test_a_first_bundle_names_none_before_it(whole: Packed) -> None:
    for fields in ({"previous": "0" * 64}, {"sequence": 2}):
        with pytest.raises(VerificationFailure, match="上一次"):
            whole.altered(**fields).verified()
    assert whole.verified()


def test_a_bundle_whose_stick_is_gone_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="无法读取：请检查U盘是否已拔出"):
        read_bundle(tmp_path / "gone.bundle", SENDER.roots, None)
    tmp_path.joinpath("empty.bundle").write_bytes(b"")
    with pytest.raises(Unreadable, match="损坏"):  # the control
        read_bundle(tmp_path / "empty.bundle", SENDER.roots, None)
