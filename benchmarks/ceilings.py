"""What an import cannot be faster than: the signatures it needs, verified by a library and by nothing around it.

By two libraries, since one takes twice the other's time: `cryptography` (OpenSSL), with which the aim was set, and
PyNaCl (libsodium), with which this house verifies. Neither stands for the other.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import crypto_sign_open

from benchmarks.canvass_import import children
from benchmarks.measuring import seconds
from canvass.importing import THREADS
from canvass.receiving import receive
from rounds.envelope import Verified, authentication_encoding

Signed = tuple[bytes, bytes, bytes]
"""A public key, a signature, the bytes that are signed."""
Verify = Callable[[bytes, bytes, bytes], None]
_MOMENT = 500
"""Files whose signatures are verified in one moment."""
_BETWEEN = 1.5
"""Seconds between two moments."""


@dataclass
class Ceiling:
    """Nothing but signatures, by one library: how many files they were of, and what they took."""

    files: int = 0
    seconds: float = 0.0
    processor: float = 0.0

    @property
    def rate(self) -> float:
        """Results a second."""
        return self.files / self.seconds

    @property
    def microseconds(self) -> float:
        """Of processor, a result: that does not depend on what else the machine is doing."""
        return self.processor / self.files * 1e6

    def add(self, files: Sequence[list[Signed]], verify: Verify) -> None:
        """Verify their signatures."""
        before = time.process_time()
        self.seconds += _seconds_to_verify(files, verify)
        self.processor += time.process_time() - before
        self.files += len(files)


@dataclass
class Ceilings:
    """By either library; `still`: for how many seconds the import stood still for that."""

    cryptography: Ceiling = field(default_factory=Ceiling)
    libsodium: Ceiling = field(default_factory=Ceiling)
    still: float = 0.0

    def add(self, files: Sequence[list[Signed]], *, cryptography_first: bool) -> None:
        """Verify the same signatures with both."""
        both = [(self.cryptography, by_cryptography), (self.libsodium, by_libsodium)]
        for ceiling, verify in both if cryptography_first else reversed(both):
            ceiling.add(files, verify)


def signatures(incoming: Path, roots: dict[str, str], count: int) -> list[list[Signed]]:
    """The very signatures that some of the files need, taken out of them beforehand."""
    keys = {bytes.fromhex(key): name for key, name in roots.items()}
    ends = (receive(path.read_bytes(), keys) for path in islice(sorted(incoming.iterdir()), count))
    return [[*_of(end.end), *_of(end.zero_report), *_of(end.authorisation)] for end in ends]


def _of(verified: Verified[Any]) -> list[Signed]:
    envelope = verified.envelope
    message = authentication_encoding(envelope.payload_type, envelope.payload)
    return [(key, one.sig, message) for key, one in zip(verified.signer_keys, envelope.signatures, strict=True)]


def beside(importer: Popen[str], needed: list[list[Signed]]) -> Ceilings:
    """Stop a running import every other second for a moment of nothing but signatures: one load of the machine for all.

    Each moment verifies the same signatures with either library, now this one first and now the other.
    """
    ceilings = Ceilings()
    parts = cycle([needed[start : start + _MOMENT] for start in range(0, len(needed), _MOMENT)])
    order = cycle([True, False])
    while _runs(importer):
        began = time.perf_counter()
        with _stopped(importer.pid):
            ceilings.add(next(parts), cryptography_first=next(order))
        ceilings.still += time.perf_counter() - began
    return ceilings


def by_cryptography(public: bytes, signature: bytes, message: bytes) -> None:
    """One raw verification by OpenSSL."""
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


def by_libsodium(public: bytes, signature: bytes, message: bytes) -> None:
    """One raw verification by libsodium."""
    crypto_sign_open(signature + message, public)


def _seconds_to_verify(files: Sequence[list[Signed]], verify: Verify) -> float:
    """How long it takes if nothing but their signatures has to be verified, on as many threads as the import has."""

    def verify_all(some: Sequence[list[Signed]]) -> None:
        for signed in some:
            for one in signed:
                verify(*one)

    with ThreadPoolExecutor(THREADS) as pool:
        parts = [files[place::THREADS] for place in range(THREADS)]
        return seconds(lambda: list(pool.map(verify_all, parts)))


def _runs(importer: Popen[str]) -> bool:
    with suppress(TimeoutExpired):
        importer.wait(_BETWEEN)
    return importer.returncode is None


@contextmanager
def _stopped(process: int) -> Iterator[None]:
    """Everything of an import stands still."""
    everything = [process, *children(process)]
    for one in everything:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in everything:
            os.kill(one, signal.SIGCONT)
