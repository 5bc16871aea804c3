"""A bundle looked at without taking it in: who signed it, its chain, its place in the sequence, each document verified.

Delegations that travel in the bundle count for what follows them, as `import` lets them, and here for the manifest too:
a home that has enrolled the root alone can verify what a child hands up.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from canvass.bundle_import import manifest_before
from canvass.bundles import Bundle, lines_of, read_bundle, read_first
from canvass.receiving import End, receive
from canvass.trust_schema import trust_documents
from canvass.vouching import Grounds
from rounds.bundles import BundleManifest, check_follows, ends_of
from rounds.documents import RESULT, VOID, Result
from rounds.encoding import decode, digest
from rounds.envelope import Envelope, Verified
from rounds.errors import RoundError, VerificationFailure
from rounds.keys import fingerprint
from rounds.trust import Link
from rounds.trust_documents import TRUST_KINDS

_TITLES = {kind.official: kind.title for kind in TRUST_KINDS}
_NAMED_AT_MOST = 200
"""Documents that failed, each with its reason; all of them are counted."""


@dataclass
class CheckedBundle:
    """A bundle whose manifest and content hold, and what each of its documents is."""

    manifest: Verified[BundleManifest]
    links: tuple[Link, ...]
    """Root → … → the sender."""
    scopes: tuple[str, ...]
    """Where the sender may speak for branches."""
    place: str
    """Its place in the sequence, as far as this home knows."""
    travelling: bool
    """The sender counts only by what travels in the bundle: before an import, `trust import` takes its delegation."""
    counts: Counter[str] = field(default_factory=Counter)
    """Documents that hold, by their title."""
    failed: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)
    """The document's number in the bundle, and why it does not hold."""

    def note(self, number: int, outcome: str | RoundError) -> None:
        """One document: its title, or why it does not hold."""
        if isinstance(outcome, str):
            self.counts[outcome] += 1
            return
        self.failed += 1
        if len(self.failures) < _NAMED_AT_MOST:
            self.failures.append((number, str(outcome)))


def check_bundle(path: Path, grounds: Grounds) -> CheckedBundle:
    """Verify a whole bundle; `grounds.trust` afterwards knows what the bundle carried.

    Documents that do not hold are in what is returned.

    Raises:
        Unreadable, UntrustedIssuer, VerificationFailure: the manifest or the content as a whole does not hold.
    """
    known = dict(grounds.trust.keyring)
    carried = _take_trust(path, grounds)
    manifest = read_first(path, grounds.trust.keyring)
    last, taken = _before(grounds, manifest)
    key_id = fingerprint(manifest.signer_keys[0])
    scopes = grounds.trust.check(key_id, manifest.digest, manifest.record.issued, seen=taken)
    place, alone = _sequence(manifest, last, taken=taken)
    bundle = read_bundle(path, grounds.trust.keyring, last, alone=alone)
    if bundle.manifest.digest != manifest.digest:
        raise VerificationFailure("content", "报送包在读取时被改动，不予采用：请复制到本机后重新核验。")
    links = grounds.trust.chain(key_id, manifest.record.issued)
    travelling = manifest.signer_keys[0] not in known
    checked = CheckedBundle(manifest, links, scopes, place, travelling)
    _check_documents(bundle, grounds, checked, carried)
    return checked


def _take_trust(path: Path, grounds: Grounds) -> dict[int, str | RoundError]:
    """Let the trust documents at the beginning count; what became of each, by its number."""
    held = _held(grounds)
    found: dict[int, str | RoundError] = {}
    lines = lines_of(path)
    next(lines, None)
    for number, line in enumerate(lines, 1):
        envelope = decode(line, Envelope, "报送包中的文件", len(line))
        if envelope.payload_type not in _TITLES:
            break
        found[number] = _TITLES[envelope.payload_type]
        if digest(envelope.payload) in held:
            continue
        try:
            grounds.trust.take(line)
        except RoundError as error:
            found[number] = error
    return found


def _held(grounds: Grounds) -> frozenset[str]:
    """The trust documents that this home has, which count already."""
    with grounds.registry.reading() as connection:
        return frozenset(bytes(one).hex() for one in connection.scalars(select(trust_documents.c.digest)))


def _before(grounds: Grounds, manifest: Verified[BundleManifest]) -> tuple[Verified[BundleManifest] | None, bool]:
    line = bytes.fromhex(fingerprint(grounds.trust.line_of(manifest.signer_keys[0])))
    with grounds.registry.reading() as connection:
        return manifest_before(connection, line, manifest)


def _sequence(
    manifest: Verified[BundleManifest], last: Verified[BundleManifest] | None, *, taken: bool
) -> tuple[str, bool]:
    """In words, and whether the manifest before it is not at hand.

    Raises:
        VerificationFailure: it does not follow what this home has taken from that sender (a fork, a round gone).
    """
    sequence, expected = manifest.record.sequence, 1 if last is None else last.record.sequence + 1
    if taken:
        return "本登记库已导入过这一份", False
    if sequence > expected:
        gap = f"第{expected}次" if sequence == expected + 1 else f"第{expected}次至第{sequence - 1}次"
        return f"本登记库没有{gap}的，未与之核对：导入须按次序", True
    check_follows(manifest, last)
    return "首次报送" if last is None else f"与已导入的第{last.record.sequence}次相衔接", False


def _check_documents(
    bundle: Bundle, grounds: Grounds, checked: CheckedBundle, carried: dict[int, str | RoundError]
) -> None:
    rounds = {listed.round_id for listed in checked.manifest.record.rounds}
    counted, keyring = ends_of(checked.manifest.record), grounds.trust.keyring
    for number, document in enumerate(bundle.documents(), 1):
        if number in carried:
            checked.note(number, carried[number])
            continue
        try:
            end = receive(document, keyring)
            _check_listed(end, rounds, counted)
            grounds.vouch(end.authorisation, checked.scopes)
        except RoundError as error:
            checked.note(number, error)
        else:
            checked.note(number, (RESULT if isinstance(end.end.record, Result) else VOID).title)


def _check_listed(end: End, rounds: set[str], counted: dict[str, str]) -> None:
    named = end.authorisation.record.round_id
    if named not in rounds or counted.get(end.end.digest, named) != named:
        raise VerificationFailure("rounds", f"清单未列测评{named}，或列的是另一次测评的结果，不予采用。")
