"""Envelopes as the registry keeps them: the file comes back byte for byte, or not at all."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rounds_factory import ROOTS, make_round

from canvass import packing
from canvass.packing_words import WORDS
from canvass.receiving import End, receive
from rounds.errors import Unreadable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FROZEN = 0x6F192CB4


@cache
def ends() -> tuple[End, ...]:
    made = make_round()
    return tuple(receive(data, ROOTS) for data in (made.result(4, 1), made.void()))


def test_the_words_that_envelopes_are_packed_with_are_frozen() -> None:
    """Another checksum here means that stored envelopes can no longer be read."""
    assert zlib.adler32(WORDS) == FROZEN
    packed = packing.pack(ends()[0])
    bare = zstd.decompress(packed, zstd.ZstdDict(WORDS, is_raw=True))
    assert len(packed) < len(zstd.compress(bare, 1))
    with pytest.raises(zstd.ZstdError):  # the control: one letter less
        zstd.decompress(packed, zstd.ZstdDict(WORDS[:-1], is_raw=True))


LOOKALIKES = ('"authorisation":""', '"zero_report":"x"', '\\"authorisation":"', '","authorisation_digest":"', "\\\\")


@pytest.mark.parametrize("text", LOOKALIKES)
def test_text_that_is_spelled_like_a_field_comes_back_as_it_was(text: str) -> None:
    """A reason stands before the chain in a result and behind it in a void report."""
    made = make_round(registered=30)
    below = msgspec.structs.replace(made.result_record(0, 0), below_quorum_reason=text)
    for data in (made.sign_end(below), made.void(reason=text)):
        end = receive(data, ROOTS)
        assert packing.unpack(packing.pack(end)) == data
        assert len(packing.pack(end)) < len(data) / 2


def test_threads_that_share_the_packer_get_what_one_gets() -> None:
    packed = [packing.pack(end) for end in ends()]
    assert [packing.unpack(one) for one in packed] == [end.end.data for end in ends()]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(packing.pack, ends() * 200)) == packed * 200


@given(st.data())
def test_a_stored_envelope_with_one_bit_flipped_does_not_unpack(data: st.DataObject) -> None:
    """Or unpacks to the very same bytes: a few bits of a frame's header say nothing."""
    packed = packing.pack(ends()[0])
    bit = data.draw(st.integers(0, 8 * len(packed) - 1))
    assert survivors(packed, bit) <= {ends()[0].end.data}


def test_control_without_its_checksum_a_flipped_bit_unpacks_to_something_else() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.compression_level: 1}
    bare = zstd.decompress(packing.pack(ends()[0]), zstd.ZstdDict(WORDS, is_raw=True))
    packed = zstd.ZstdCompressor(options=options, zstd_dict=zstd.ZstdDict(WORDS, is_raw=True)).compress(
        bare, zstd.ZstdCompressor.FLUSH_FRAME
    )
    found = set().union(*(survivors(packed, bit) for bit in range(8 * len(packed) - 2000, 8 * len(packed))))
    assert found - {ends()[0].end.data}


def survivors(packed: bytes, bit: int) -> set[bytes]:
    """What a stored envelope unpacks to with one bit flipped; nothing where it does not."""
    damaged = (int.from_bytes(packed, "big") ^ 1 << bit).to_bytes(len(packed), "big")
    try:
        return {packing.unpack(damaged)}
    except Unreadable:
        return set()


@pytest.mark.parametrize("read", [packing.unpack, packing.bare_record])
def test_a_damaged_row_is_said_in_one_line(read: Callable[[bytes], object]) -> None:
    packed = packing.pack(ends()[0])
    middle = len(packed) // 2
    flipped = packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]
    for damaged in (flipped, packed[:-9], packed[:3], b"", b"no frame at all"):
        with pytest.raises(Unreadable, match=r"已损坏.*用备份恢复"):
            read(damaged)


@pytest.mark.parametrize("read", [packing.unpack, packing.bare_record])
@pytest.mark.parametrize("payload", [b"no JSON", b"{}", b'{"a":"\xff"}'])
def test_a_row_that_holds_no_record_is_said_in_the_same_line(read: Callable[[bytes], object], payload: bytes) -> None:
    """Its checksum is right: another program packed it."""
    part: tuple[bytes, str, list[object]] = (payload, ends()[0].end.envelope.payload_type, [])
    packed = zstd.compress(msgspec.msgpack.encode([part, part, part]), zstd_dict=zstd.ZstdDict(WORDS, is_raw=True))
    with pytest.raises(Unreadable, match=r"已损坏.*用备份恢复"):
        read(packed)
