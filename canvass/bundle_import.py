"""A bundle from below → the registry: its chain and scope, then each document as if it had come as a file.

    (1) the manifest: whose signature, does it count, does it follow the last one of that sender
    (2) the whole content is what the manifest says          nothing has been taken in so far
    (3) trust documents and ends, one by one, in the order in which they stand
    (4) the manifest is recorded                             a stopped import of it goes on: what is in is a duplicate
    (5) what the manifest says of each round against what this registry makes of it; differences are named

A bundle that was taken before goes through the same steps once more, which lets in what had been refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, insert, select

from canvass.bulk import chunks
from canvass.bundle_schema import bundles_received
from canvass.bundles import Bundle, read_bundle, read_first
from canvass.directory import next_id
from canvass.importing import Fate, FileFate, Source, Terms, import_sources, shown
from canvass.ledger_schema import branches, organisations
from canvass.listings import SEPARATOR
from canvass.manifests import pack_manifest, stored_manifest
from canvass.registry import Registry
from canvass.round_states import held_rounds, missing
from canvass.trusting import import_trust, read_trust, trust_state
from rounds.bundles import BundledRound, BundleManifest, RoundState, check_follows
from rounds.chain import Roots
from rounds.encoding import decode
from rounds.envelope import Envelope, Verified
from rounds.errors import RoundError
from rounds.keys import fingerprint
from rounds.trust import Trust
from rounds.trust_documents import TRUST_KINDS

_TRUST_TYPES = frozenset(kind.official for kind in TRUST_KINDS)
_CAP = max(kind.cap for kind in TRUST_KINDS)
STATE_NAMES = {
    RoundState.ACCEPTED: "已报送",
    RoundState.CONFLICT: "有冲突或待确认",
    RoundState.MISSING: "未报送",
    RoundState.VOID: "已作废",
}


@dataclass
class BundleFate:
    """What became of one bundle; filled while its documents are taken in."""

    path: str
    fate: Fate = Fate.REJECTED
    reason: str = ""
    organisation: str = ""
    sequence: int = 0
    rounds: tuple[BundledRound, ...] = ()
    trust: int = 0
    """Trust documents that were new."""
    contradictions: list[str] = field(default_factory=list)
    """Where this registry sees a round otherwise than the manifest, a line each."""

    def states(self) -> dict[str, int]:
        """How many rounds the manifest lists in each state."""
        return {state: sum(listed.state is state for listed in self.rounds) for state in RoundState}


@dataclass(frozen=True)
class _Sender:
    """Who handed it up: its place in the chains, where it may speak, what came before."""

    line: bytes
    scopes: tuple[str, ...]
    last: Verified[BundleManifest] | None
    known: bool
    """This very manifest was recorded before."""


def in_order(paths: Iterable[Path], registry: Registry, roots: Roots) -> list[Path]:
    """Bundles by their sequence, so that a folder's result does not depend on the names in it; the unreadable last."""
    senders = trust_state(registry, roots).keyring

    def sequence(path: Path) -> int:
        try:
            return read_first(path, senders).record.sequence
        except RoundError:
            return 1 << 30

    listed = list(paths)
    return listed if len(listed) < 2 else sorted(listed, key=sequence)  # noqa: PLR2004  one is in order


def import_bundle(
    registry: Registry, path: Path, fate: BundleFate, *, roots: Roots, now: datetime, year: int | None = None
) -> Iterator[FileFate]:
    """Take in one bundle, yielding the fate of each document once it is in; `fate` tells the whole.

    A bundle that is refused yields nothing; `fate` says why.

    Raises:
        Unreadable: the registry itself failed; what was yielded is in, running it again goes on.
    """
    try:
        digest, sender = _sender(registry, path, roots)
        bundle = read_bundle(path, trust_state(registry, roots).keyring, sender.last)  # (2)
    except RoundError as error:
        fate.reason = str(error)
        return
    if bundle.manifest.digest != digest:  # exchanged between the two readings
        fate.reason = "报送包在读取时被改动，不予采用：请复制到本机后重新导入。"
        return
    record = bundle.manifest.record
    fate.organisation, fate.sequence, fate.rounds = record.organisation, record.sequence, record.rounds
    yield from _documents(registry, bundle, fate, sender, roots=roots, now=now, year=year)
    with registry.writing() as connection:  # (4)
        recorded = _record(connection, bundle.manifest, sender, now)
    with registry.reading() as connection:  # (5)
        fate.contradictions += _contradictions(connection, record.rounds, sender.scopes, year)
    fate.fate = Fate.CONFLICT if fate.contradictions else Fate.IMPORTED if recorded else Fate.DUPLICATE
    fate.reason = "" if recorded else "已导入过同一份报送包，未重复计入。"
    if fate.contradictions:
        fate.reason = f"清单与本登记库不符{len(fate.contradictions)}处：{fate.contradictions[0]}"


def _sender(registry: Registry, path: Path, roots: Roots) -> tuple[str, _Sender]:
    """Step 1; the manifest's digest alone, since it may be large and is read again with the content."""
    with registry.reading() as connection:
        trust = read_trust(connection, roots)
        manifest = read_first(path, trust.keyring)
        line = bytes.fromhex(fingerprint(trust.line_of(manifest.signer_keys[0])))
        last, known = manifest_before(connection, line, manifest)
    scopes = _scopes(trust, manifest, known=known)
    if not known:
        check_follows(manifest, last)
    return manifest.digest, _Sender(line, scopes, last, known)


def _scopes(trust: Trust, manifest: Verified[BundleManifest], *, known: bool) -> tuple[str, ...]:
    """Where the sender may speak for branches.

    Raises:
        VerificationFailure: its delegation is not valid then, or its key was revoked before this came.
    """
    key_id = fingerprint(manifest.signer_keys[0])
    return trust.check(key_id, manifest.digest, manifest.record.issued, seen=known)


def manifest_before(
    connection: Connection, line: bytes, manifest: Verified[BundleManifest]
) -> tuple[Verified[BundleManifest] | None, bool]:
    """The manifest that this one follows or should follow, and whether this one is in already."""
    of_sender = select(bundles_received).where(bundles_received.c.sender == line)
    known = connection.execute(
        of_sender.where(bundles_received.c.digest == bytes.fromhex(manifest.digest))
    ).one_or_none()
    newest = of_sender.order_by(bundles_received.c.sequence.desc()).limit(1)
    if known is not None:
        newest = newest.where(bundles_received.c.sequence < known.sequence)
    row = connection.execute(newest).one_or_none()
    return None if row is None else stored_manifest(row.manifest), known is not None


def _documents(
    registry: Registry,
    bundle: Bundle,
    fate: BundleFate,
    sender: _Sender,
    *,
    roots: Roots,
    now: datetime,
    year: int | None,
) -> Iterator[FileFate]:
    """Step 3. Trust documents stand first: what they say counts for the ends behind them."""
    path, ends = shown(bundle.path), []
    numbered = ((f"{path}（第{number}份）", document) for number, document in enumerate(bundle.documents(), 1))
    for name, document in numbered:
        if _is_end(document):
            ends.append(Source(name, partial(_same, document)))
            break
        try:
            fate.trust += import_trust(registry, document, roots=roots, now=now) is not None
        except RoundError as error:
            yield FileFate(name, Fate.REJECTED, str(error))
    left = (Source(name, partial(_same, document)) for name, document in numbered)
    sources = (source for some in (ends, left) for source in some)
    yield from import_sources(registry, sources, Terms(roots, year, sender.scopes), now=now)


def _same(document: bytes) -> bytes:
    return document


def _is_end(document: bytes) -> bool:
    """By its type alone: what it says is verified later."""
    return decode(document, Envelope, "报送包中的文件", len(document)).payload_type not in _TRUST_TYPES


def _record(connection: Connection, manifest: Verified[BundleManifest], sender: _Sender, now: datetime) -> bool:
    """Step 4; False where it is in already.

    Raises:
        VerificationFailure: another bundle of that sender came in meanwhile, and this one does not follow it.
    """
    last, known = manifest_before(connection, sender.line, manifest)
    if known:
        return False
    check_follows(manifest, last)
    row = {"id": next_id(connection, bundles_received), "sender": sender.line, "sequence": manifest.record.sequence}
    row |= {"digest": bytes.fromhex(manifest.digest), "manifest": pack_manifest(manifest)}
    row |= {"scopes": SEPARATOR.join(sender.scopes)}
    connection.execute(insert(bundles_received).values(**row, imported=int(now.timestamp())))
    return True


def _contradictions(
    connection: Connection, rounds: Sequence[BundledRound], scopes: tuple[str, ...], year: int | None
) -> Iterator[str]:
    """Step 5, a line for each round."""
    for some in chunks(rounds):
        wanted = [one for one in some if year is None or one.round_id.startswith(f"{year:04}-")]
        held = held_rounds(connection, [one.round_id for one in wanted])
        outside = _outside(connection, [one.branch_code for one in wanted], scopes)
        for listed in wanted:
            here = held.get(listed.round_id) or missing(listed)
            if listed.branch_code in outside:
                yield f"测评{listed.round_id}的团支部“{listed.branch_name}”不在报送单位的授权范围内。"
            elif (here.state, here.end) != (listed.state, listed.end):
                yield f"测评{listed.round_id}（{listed.branch_name}）：清单为{_said(listed)}，本登记库为{_said(here)}。"


def _said(listed: BundledRound) -> str:
    return STATE_NAMES[listed.state] + (f"（{listed.end[:8]}）" if listed.end else "")


def _outside(connection: Connection, codes: Sequence[str], scopes: tuple[str, ...]) -> set[str]:
    """Those branches, by code, that lie outside of every scope."""
    query = select(branches.c.code, organisations.c.path).join_from(branches, organisations)
    found = connection.execute(query.where(branches.c.code.in_([code for code in codes if code])))
    return {row.code for row in found if not row.path.startswith(scopes)}
