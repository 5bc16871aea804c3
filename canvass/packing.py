"""A signed end as the registry keeps it: its three nested envelopes without their base64, compressed; and back.

The file holds the authorisation and the zero report as text inside JSON inside base64. Taken apart, the same bytes are
less than half as long before they are compressed. Signed files have one spelling only (`rounds.encoding`), so putting
the parts together again gives the file back byte for byte, and every signature with it. Zstandard is given the words
that nearly every end holds (`packing_words`).
"""

from __future__ import annotations

import sys

import msgspec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from canvass.packing_words import WORDS
from canvass.receiving import End
from rounds.documents import RESULT, VOID, Result, VoidReport
from rounds.encoding import encode
from rounds.envelope import Envelope, Signature
from rounds.errors import Unreadable

_words = zstd.ZstdDict(WORDS, is_raw=True)
_FAST = 1
"""What is left beside the words is mostly keys and signatures, which no level makes smaller."""
_compressor = zstd.ZstdCompressor(
    options={
        zstd.CompressionParameter.compression_level: _FAST,
        zstd.CompressionParameter.checksum_flag: 1,  # else a damaged row, or other words, would unpack to nonsense
    },
    zstd_dict=_words,
)
_CAP = 4 * 1024 * 1024
_CORRUPT = "登记库中存放的一份结果文件已损坏：请停止使用，用备份恢复后重新导入结果文件。"


class _Part(msgspec.Struct, frozen=True, array_like=True):
    payload: bytes
    payload_type: str
    signatures: list[tuple[bytes, bytes]]


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    authorisation: _Part
    zero_report: _Part
    end: _Part


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def pack(end: End) -> bytes:
    """The bytes to keep of a verified end."""
    whole = _Packed(
        _part(end.authorisation.envelope),
        _part(end.zero_report.envelope),
        _part(end.end.envelope, _bare(end.end.envelope.payload)),
    )
    return _compressor.compress(_encode(whole), zstd.ZstdCompressor.FLUSH_FRAME)  # whole frames: threads may share it


def _bare(payload: bytes) -> bytes:
    """The payload with empty strings for the two envelopes that its chain carries.

    Inside of a text every quotation mark has a backslash before it, so nothing but a field is spelled like one; and
    fields stand in alphabetical order, so each of the two ends where the digest of the same name begins.
    """
    first, after_first = _place(payload, b'"authorisation":', b',"authorisation_digest":', 0)
    second, after_second = _place(payload, b'"zero_report":', b',"zero_report_digest":', after_first)
    return b'""'.join((payload[:first], payload[after_first:second], payload[after_second:]))


def _place(payload: bytes, name: bytes, following: bytes, start: int) -> tuple[int, int]:
    """From where to where the value of the field `name` stands."""
    begins = payload.index(name, start) + len(name)
    return begins, payload.index(following, begins)


def unpack(packed: bytes) -> bytes:
    """The file, byte for byte as it came.

    Raises:
        Unreadable: what is kept has been damaged.
    """
    whole = _whole(packed)
    record = _record(whole)
    chain = msgspec.structs.replace(
        record.chain, authorisation=_text(whole.authorisation), zero_report=_text(whole.zero_report)
    )
    return encode(_envelope(whole.end, encode(msgspec.structs.replace(record, chain=chain))))


def bare_record(packed: bytes) -> Result | VoidReport:
    """The end's record without the two envelopes that it carries; it was verified when it came in.

    Raises:
        Unreadable: what is kept has been damaged.
    """
    return _record(_whole(packed))


def _whole(packed: bytes) -> _Packed:
    try:
        return _decode(zstd.ZstdDecompressor(_words).decompress(packed, _CAP))
    except (zstd.ZstdError, msgspec.MsgspecError, UnicodeDecodeError):
        raise Unreadable(_CORRUPT) from None


def _record(whole: _Packed) -> Result | VoidReport:
    kind = RESULT if whole.end.payload_type == RESULT.official else VOID
    try:
        found: Result | VoidReport = msgspec.json.decode(whole.end.payload, type=kind.record)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Unreadable(_CORRUPT) from None
    return found


def _part(envelope: Envelope, payload: bytes | None = None) -> _Part:
    signatures = [(bytes.fromhex(signature.keyid), signature.sig) for signature in envelope.signatures]
    return _Part(envelope.payload if payload is None else payload, envelope.payload_type, signatures)


def _envelope(part: _Part, payload: bytes) -> Envelope:
    signatures = [Signature(keyid=keyid.hex(), sig=sig) for keyid, sig in part.signatures]
    return Envelope(payload=payload, payload_type=part.payload_type, signatures=signatures)


def _text(part: _Part) -> str:
    return encode(_envelope(part, part.payload)).decode()
