"""One file's bytes → the verified end of a round, or the reason why it is none.

    (1) it is a signed file of this house      (2) official, not a rehearsal's      (3) a result or a void report
    (4) the whole chain holds, outcome and ballot account are recomputed (`rounds.chain`)

The claims of (1) to (3) serve to refuse with the right words; only what (4) returns is ever believed.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from rounds.chain import KINDS, Roots, RoundEnd, kind_of, read_result, read_void_report
from rounds.documents import RESULT, VOID, Result, VoidReport
from rounds.encoding import decode
from rounds.envelope import Envelope
from rounds.errors import RoundError, Unreadable, VerificationFailure
from rounds.keys import Check, verify_signature

End = RoundEnd[Result] | RoundEnd[VoidReport]

CAP = max(RESULT.cap, VOID.cap)
"""Bytes; a larger file is no end of a round."""
NOT_READ = "文件无法读取：请检查U盘是否已拔出、是否有读取权限。"


def receive(data: bytes, roots: Roots, check: Check = verify_signature) -> End:
    """Verify a `.result` or `.void` file; `check`: see `rounds.envelope.read`.

    Raises:
        UntrustedIssuer, Unreadable, VerificationFailure: in the order of the steps above.
    """
    try:
        end = _read(data, roots, check)
    except RoundError:
        _refuse_by_claim(data)
        raise
    if end.end.rehearsal:
        _refuse_by_claim(data)
    return end


def _read(data: bytes, roots: Roots, check: Check) -> End:
    """Step 4; a void report is tried where it is no result, so that the common file is decoded once."""
    try:
        return read_result(data, roots, check)
    except VerificationFailure as failure:
        if failure.check != "payloadType":
            raise
    return read_void_report(data, roots, check)


def _refuse_by_claim(data: bytes) -> None:
    """Steps 1 to 3, for a file that is not taken in: what it claims to be says it better than what failed.

    Raises:
        Unreadable, VerificationFailure: it is no official end of a round.
    """
    kind = kind_of(data)  # (1)
    envelope = decode(data, Envelope, "签名文件", max(known.cap for known in KINDS))
    if envelope.payload_type == kind.rehearsal:  # (2)
        raise VerificationFailure("mode", f"这是演练的{kind.title}：演练不得计入正式结果，不予导入。")
    if kind not in (RESULT, VOID):  # (3)
        raise VerificationFailure("payloadType", f"这是{kind.title}，不是测评结果文件或作废报告：请核对是否选错文件。")


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_file(path: Path | str, cap: int = CAP) -> bytes:
    """The bytes of a regular file, at most `cap` of them.

    Raises:
        Unreadable: it is missing, larger, or something else than a file (opening a pipe must not hang an import).
    """
    try:
        descriptor = os.open(path, _FLAGS)
        try:
            data = _read_regular(descriptor, cap)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise Unreadable("文件不存在或已被移走：请核对路径。") from None
    except IsADirectoryError:
        raise Unreadable("不是普通文件，不予读取。") from None
    except OSError:
        raise Unreadable(NOT_READ) from None
    if len(data) > cap:
        raise Unreadable(f"文件过大（超过{cap}字节），不予读取：请核对是否选错文件。")
    return data


def _read_regular(descriptor: int, cap: int) -> bytes:
    """All of a regular file, or more than `cap` bytes of it; asked for by its size, not through a buffer of `cap`."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("不是普通文件，不予读取。")
    step = min(found.st_size, cap) + 1
    first = os.read(descriptor, step)
    if len(first) == found.st_size:  # it was asked for one byte more, so that was all
        return first
    parts, left = [first], cap + 1 - len(first)
    while left and (part := os.read(descriptor, min(left, step))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
