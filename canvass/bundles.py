"""Bundles on disk: one gzip member of JSON lines, the manifest first, then the documents; no names, nothing beside it.

Reading is bounded everywhere, so that a small file which inflates to gigabytes costs one line's memory. A bundle is
read twice: once to see that all of it is what the manifest says, then, line by line, for the import.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from canvass.receiving import NOT_READ
from rounds.bundles import MANIFEST, BundleManifest, ends_of, read_manifest
from rounds.chain import KINDS, Roots
from rounds.encoding import decode, digest
from rounds.envelope import Envelope, Verified
from rounds.errors import Unreadable, VerificationFailure

SUFFIX = ".bundle"
_LINE_CAP = max(kind.cap for kind in KINDS)
_CHUNK = 256 * 1024
_MAGIC = b"\x1f\x8b\x08\x00"
"""RFC 1952: gzip, deflate, and no flag set: no file name, no comment, no extra field."""
_GZIP = 31
"""zlib's window bits for a gzip wrapper (zlib manual, inflateInit2)."""

_DAMAGED = "报送包损坏或不是报送包：请向报送单位另要一份。"
_OTHER_CONTENT = "报送包的内容与清单不符（缺少、多出、改动或次序不符），不予采用。"


@dataclass(frozen=True)
class Bundle:
    """A bundle whose content is what its manifest says; the documents in it are still to be verified one by one."""

    path: Path
    manifest: Verified[BundleManifest]

    def documents(self) -> Iterator[bytes]:
        """Each document's bytes, in the bundle's order.

        Raises:
            Unreadable: the file can't be read any more.
        """
        lines = lines_of(self.path)
        next(lines)
        yield from lines


class Content:
    """The digest and count of the documents, as the manifest states them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sha256, self.count = hashlib.sha256(), 0

    def add(self, document: bytes) -> None:
        """Take one more line."""
        self._sha256.update(document + b"\n")
        self.count += 1

    @property
    def digest(self) -> str:
        """SHA-256, hex, of what was taken so far."""
        return self._sha256.hexdigest()


def write_bundle(file: BinaryIO, manifest: bytes, documents: Iterable[bytes]) -> None:
    """Write a bundle; the same manifest and documents give the same bytes."""
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
        for line in chain((manifest,), documents):
            packed.write(line + b"\n")


def read_first(path: Path, senders: Roots) -> Verified[BundleManifest]:
    """The manifest alone: whose bundle this is, before anybody reads all of it.

    Raises:
        Unreadable, UntrustedIssuer, VerificationFailure: see `read_bundle`.
    """
    first = next(lines_of(path), None)
    if first is None:
        raise Unreadable(_DAMAGED)
    return read_manifest(first, senders)


def read_bundle(path: Path, senders: Roots, last: Verified[BundleManifest] | None, *, alone: bool = False) -> Bundle:
    """Read a whole bundle once: the manifest's signature, and that exactly the documents it promises follow.

    `last`: the manifest before, whose documents are not sent again; `alone`: it is not at hand, so that nobody can say
    which results this one had to carry.

    Raises:
        Unreadable: not a bundle, damaged, larger than it may be.
        UntrustedIssuer, VerificationFailure: whichever does not hold.
    """
    lines = lines_of(path)
    first = next(lines, None)
    if first is None:
        raise Unreadable(_DAMAGED)
    manifest = read_manifest(first, senders)
    content, ends = Content(), set[str]()
    for line in lines:
        content.add(line)
        if content.count > manifest.record.documents:
            raise VerificationFailure("content", _OTHER_CONTENT)
        ends.add(digest(decode(line, Envelope, "报送包中的文件", _LINE_CAP).payload))
    if (content.count, content.digest) != (manifest.record.documents, manifest.record.content):
        raise VerificationFailure("content", _OTHER_CONTENT)
    known = ends_of(last.record) if last else {}
    if not alone and not (ends_of(manifest.record).keys() - known.keys()) <= ends:
        raise VerificationFailure("content", "报送包清单所列的结果未随包附上，不予采用。")
    return Bundle(path, manifest)


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a bundle, without their ends; the first may be as long as a manifest, the others as a document.

    Raises:
        Unreadable: not a bundle, damaged, a line that is too long; after the lines before it.
    """
    try:
        with open(path, "rb", opener=_open_regular) as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise Unreadable(_DAMAGED)
            file.seek(0)
            yield from _split(_inflated(file))
    except zlib.error:
        raise Unreadable(_DAMAGED) from None
    except OSError:
        raise Unreadable(NOT_READ) from None


def _open_regular(path: str, flags: int) -> int:
    """A file and nothing else: opening a pipe must not hang an import."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("不是普通文件，不予读取。")
    return descriptor


def _split(pieces: Iterable[bytes]) -> Iterator[bytes]:
    pending, cap = bytearray(), MANIFEST.cap
    for piece in pieces:
        searched = len(pending)
        pending += piece
        while (end := pending.find(b"\n", searched)) >= 0:
            if end > cap:
                raise Unreadable(_DAMAGED)
            yield bytes(pending[:end])
            del pending[: end + 1]
            searched, cap = 0, _LINE_CAP
        if len(pending) > cap:
            raise Unreadable("报送包中有过长的内容，不予读取：请向报送单位核实。")
    if pending:
        raise Unreadable(_DAMAGED)


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    """The content in pieces of bounded size; a second member, or anything else behind the first, is refused."""
    inflate = zlib.decompressobj(wbits=_GZIP)
    while chunk := file.read(_CHUNK):
        while chunk and not inflate.eof:  # at the end zlib may name what is behind it a tail too, again and again
            yield inflate.decompress(chunk, _CHUNK)
            chunk = inflate.unconsumed_tail
        if inflate.eof:
            break
    if not inflate.eof or inflate.unused_data or file.read(1):
        raise Unreadable(_DAMAGED)
