"""One file → what arrived, or the line that says why nothing did; in this process or in one beside it.

    process = VerifyingProcess(roots, year)      python -m canvass.verifying, asked over its standard input
    process.verify(files)                        the same answers as `verify_all` in this process

Two threads of one interpreter take turns with everything but the signatures themselves, and the writer wants its turn
too; processes do not. They are handed paths and give back rows, not documents. One ends when its standard input does,
so none outlives the import, however that ends (docs/adr/0020).
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import msgspec

from canvass.arrivals import Arrival, arrive
from canvass.receiving import read_file, receive
from rounds.chain import Keyring, Roots
from rounds.errors import RoundError, Unreadable, VerificationFailure
from rounds.keys import Check, NotedSignatures, verify_signature

File = Path | str | bytes
"""Where a file lies, or what it holds (bytes)."""
Verdict = Arrival | str
"""What arrived, or why nothing did."""


class _Terms(msgspec.Struct, array_like=True):
    roots: dict[bytes, str]
    year: int | None


_Asked = list[tuple[bool, bytes]]
"""True: a path; False: the file's own bytes."""
_SIZE = struct.Struct("<I")
_encode = msgspec.msgpack.Encoder().encode
_decode_terms = msgspec.msgpack.Decoder(_Terms).decode
_decode_asked = msgspec.msgpack.Decoder(_Asked).decode
_decode_verdicts = msgspec.msgpack.Decoder(list[Verdict]).decode


def verify_all(files: Sequence[File], roots: Roots, year: int | None) -> list[Verdict]:
    """`verify` for each of `files`, with all the signatures at the end: each kind of work finds its caches warm.

    What was read is believed once its signatures hold. If anything about a file fails, `verify` says what, in its own
    order (docs/adr/0029).
    """
    read: list[tuple[Verdict, NotedSignatures]] = []
    for file in files:
        signatures = NotedSignatures()
        read.append((verify(file, roots, year, signatures.note), signatures))
    return [
        verdict if _holds(verdict, signatures) else verify(file, roots, year)
        for file, (verdict, signatures) in zip(files, read, strict=True)
    ]


def _holds(verdict: Verdict, signatures: NotedSignatures) -> bool:
    if isinstance(verdict, str):
        return False
    try:
        signatures.verify()
    except VerificationFailure:
        return False
    return True


def verify(file: File, roots: Roots, year: int | None, check: Check = verify_signature) -> Verdict:
    """Verify one file; `year`: only results of that assessed year, None of any; `check`: see `rounds.envelope.read`."""
    try:
        end = receive(file if isinstance(file, bytes) else read_file(file), roots, check)
        _check_year(end.authorisation.record.year, year)
        return arrive(end)
    except RoundError as error:
        return str(error)


def _check_year(found: int, wanted: int | None) -> None:
    if wanted is not None and found != wanted:
        raise VerificationFailure("year", f"这是{found}年度的测评，本次只导入{wanted}年度的：请核对是否选错文件。")


class VerifyingProcess:
    """One process that verifies; one caller at a time, `close` when done."""

    def __init__(self, roots: Roots, year: int | None) -> None:
        """Start it.

        Raises:
            Unreadable: the system would not.
        """
        # Its modules come from where ours do: -P, since a folder of mail or a stick may hold a "canvass.py" of its own.
        # A group of its own: Ctrl-C is for the importer, which ends it by closing its input.
        here = str(Path(__file__).parent.parent)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "canvass.verifying"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": here},
                process_group=0,
            )
        except OSError:
            raise Unreadable("核验进程无法启动：请关闭其他程序后重试，已导入的文件不受影响。") from None
        self._send(_encode(_Terms(dict(roots), year)))

    def verify(self, files: Sequence[File]) -> list[Verdict]:
        """`verify_all` there.

        Raises:
            Unreadable: the process has ended.
        """
        self._send(_encode([(False, file) if isinstance(file, bytes) else (True, os.fsencode(file)) for file in files]))
        found = _receive(_opened(self._process.stdout))
        if found is None:
            raise Unreadable(_ENDED)
        return _decode_verdicts(found)

    def close(self) -> None:
        """End it."""
        self._process.kill()  # it holds nothing that could be half done
        self._process.communicate()

    def _send(self, frame: bytes) -> None:
        try:
            _send(_opened(self._process.stdin), frame)
        except OSError:
            raise Unreadable(_ENDED) from None


_ENDED = "核验进程意外结束：请重新导入，已导入的文件不受影响。"


def _opened(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise Unreadable(_ENDED)
    return stream


def _send(stream: IO[bytes], frame: bytes) -> None:
    stream.write(_SIZE.pack(len(frame)) + frame)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """The next frame; None at the end, even in the middle of one."""
    size = stream.read(_SIZE.size)
    if len(size) < _SIZE.size:
        return None
    frame = stream.read(*_SIZE.unpack(size))
    return frame if len(frame) == _SIZE.unpack(size)[0] else None


def main() -> None:
    """Answer until the asker is gone."""
    # Not sys.stdout: with PYTHONUNBUFFERED that writes what fits and drops the rest.
    with open(0, "rb", closefd=False) as asking, open(1, "wb", closefd=False) as answering:
        _answer(asking, answering)


def _answer(asking: IO[bytes], answering: IO[bytes]) -> None:
    first = _receive(asking)
    if first is None:
        return
    terms = _decode_terms(first)
    roots = Keyring(terms.roots)
    while (frame := _receive(asking)) is not None:
        files: list[File] = [os.fsdecode(data) if is_path else data for is_path, data in _decode_asked(frame)]
        _send(answering, _encode(verify_all(files, roots, terms.year)))


if __name__ == "__main__":
    main()
