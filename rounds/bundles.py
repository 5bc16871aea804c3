"""What an organisation hands up: the manifest of a bundle, and the rule that no round disappears between two of them.

A manifest lists every round that the organisation has authorised, with its state; the documents themselves follow it in
the bundle (`canvass.bundles`), each with the signatures that it came with. Manifests of one sender form a chain:
sequence 1, 2, 3 …, each naming the digest of the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import msgspec

from rounds.chain import Roots
from rounds.documents import RoundId
from rounds.encoding import Digest, Name, OptionalDigest, OptionalName, Record, Time
from rounds.envelope import Claim, Expected, Kind, Verified, read
from rounds.errors import UntrustedIssuer, VerificationFailure
from rounds.keys import fingerprint

MAX_ROUNDS = 250_000
"""Rounds of one manifest; a larger organisation hands up the bundles of its children as they came."""


class RoundState(StrEnum):
    """How a round stands with the sender."""

    ACCEPTED = "accepted"
    CONFLICT = "conflict"
    MISSING = "missing"
    VOID = "void"


_ENDED = frozenset({RoundState.ACCEPTED, RoundState.VOID})


class BundledRound(Record, frozen=True, kw_only=True):
    """One authorised round; `end` is the payload digest of the result or void report that counts."""

    attempt: Annotated[int, msgspec.Meta(ge=1, le=99)]
    branch_code: OptionalName
    branch_name: Name
    end: OptionalDigest
    round_id: RoundId
    state: RoundState


class BundleManifest(Record, frozen=True, kw_only=True):
    """The first line of a bundle."""

    content: Digest
    """SHA-256 of everything after the manifest's line, uncompressed."""
    documents: Annotated[int, msgspec.Meta(ge=0, le=4 * MAX_ROUNDS)]
    """Lines after the manifest's."""
    issued: Time
    organisation: Name
    previous: OptionalDigest
    """Payload digest of the manifest before; empty in the first."""
    rounds: Annotated[tuple[BundledRound, ...], msgspec.Meta(max_length=MAX_ROUNDS)]
    """By round id, ascending."""
    sequence: Annotated[int, msgspec.Meta(ge=1, le=999_999)]


MANIFEST = Kind("报送包", BundleManifest, "application/vnd.beikaobei.bundle.v1+json", "", 64 * 1024 * 1024)


def read_manifest(data: bytes, senders: Roots) -> Verified[BundleManifest]:
    """Read a manifest signed by one of `senders` (signing key → name).

    Raises:
        UntrustedIssuer: none of them claims to have signed it.
        Unreadable, VerificationFailure: see `rounds.envelope.read`; or the manifest contradicts itself.
    """

    def sender(claim: Claim[BundleManifest]) -> Expected:
        claimed = {signature.keyid for signature in claim.envelope.signatures}
        known = {public: name for public, name in senders.items() if fingerprint(public) in claimed}
        if not known:
            raise UntrustedIssuer("未验证：报送包的签名单位不在本机认可的下级团组织之列，或文件被改动。")
        return Expected(known, 1)

    verified = read(data, MANIFEST, sender)
    record = verified.record
    if record.organisation not in verified.signers:
        raise VerificationFailure("organisation", "报送包所载的报送单位与签名单位不符，不予采用。")
    if (record.sequence > 1) != bool(record.previous):
        raise VerificationFailure("sequence", "报送包须载明上一次的报送包，第一次则不得有，不予采用。")
    _check_rounds(record)
    return verified


def ends_of(manifest: BundleManifest) -> dict[str, str]:
    """Payload digest of each end that counts → its round."""
    return {listed.end: listed.round_id for listed in manifest.rounds if listed.end}


def check_follows(current: Verified[BundleManifest], last: Verified[BundleManifest] | None) -> None:
    """Hold a manifest against the last one taken from the same sender.

    Raises:
        VerificationFailure: a gap, a fork, a round that disappeared or an end that was taken back.
    """
    record, expected = current.record, last.record.sequence + 1 if last else 1
    if record.sequence > expected:
        raise VerificationFailure("sequence", f"缺少第{expected}次报送包：请按次序导入。")
    if last is None:
        return
    if record.sequence < expected or record.previous != last.digest:
        raise VerificationFailure("fork", "报送包与已收到的不相衔接（同一次序另有内容），不予采用：请向报送单位核实。")
    _check_nothing_gone({listed.round_id: listed for listed in record.rounds}, last.record)


def _check_nothing_gone(now: Mapping[str, BundledRound], before: BundleManifest) -> None:
    for listed in before.rounds:
        found = now.get(listed.round_id)
        if found is None:
            raise VerificationFailure("rounds", f"报送包中缺少上一次所载的测评{listed.round_id}，不予采用。")
        if listed.end and found.state is RoundState.MISSING:
            raise VerificationFailure("rounds", f"测评{listed.round_id}上一次已有结果，本次改为缺报，不予采用。")


def _check_rounds(record: BundleManifest) -> None:
    identifiers = [listed.round_id for listed in record.rounds]
    if identifiers != sorted(set(identifiers)):
        raise VerificationFailure("rounds", "报送包所列测评重复或次序不符，不予采用。")
    if any(bool(listed.end) != (listed.state in _ENDED) for listed in record.rounds):
        raise VerificationFailure("rounds", "报送包所列测评的状态与结果不符，不予采用。")
    if len(ends_of(record)) != sum(bool(listed.end) for listed in record.rounds):
        raise VerificationFailure("rounds", "报送包中两次测评载有同一结果，不予采用。")
