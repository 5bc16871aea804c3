"""Handing up: the next bundle (报送包) of an organisation, made from its registry, remembered before it leaves.

    plan       what goes in: every round, the ends and trust documents not sent before         one snapshot
    stage      the bundle on disk under a temporary name, written as a stream                  by the caller
    remember   the manifest and what it carried, one transaction
    publish    the bundle's name                                                               by the caller

Cut off after the third step the same bundle can be written again, byte for byte: two manifests of one sequence never
leave. What it carries is read from tables that only grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from canvass.bulk import chunks
from canvass.bundle_schema import bundled_ends, bundles_sent
from canvass.bundles import Content
from canvass.directory import next_id
from canvass.listings import last_bundles
from canvass.manifests import pack_manifest, stored_manifest
from canvass.packing import unpack
from canvass.registry import Registry
from canvass.round_states import all_rounds
from canvass.schema import ends, envelopes, round_id
from canvass.trust_schema import trust_documents
from canvass.trusting import read_trust
from rounds.bundles import MANIFEST, MAX_ROUNDS, BundledRound, BundleManifest, check_follows, ends_of, read_manifest
from rounds.chain import Roots
from rounds.encoding import stamp
from rounds.envelope import Verified, sign
from rounds.errors import RuleRefusal
from rounds.issuing import OrganisationKey
from rounds.keys import fingerprint

_NOTHING = "没有可报送的测评，未生成报送包：请先用 import 导入结果，或核对 --registry 和 --year 是否有误。"
_TOO_MANY = "本单位的测评过多，一个报送包装不下：请由下级团组织分别报送。"


@dataclass(frozen=True)
class Handover:
    """One bundle of this organisation; its documents are `documents(registry, it)`."""

    manifest: Verified[BundleManifest]
    sender: bytes
    """Fingerprint of the first key of the organisation."""
    end_ids: tuple[int, ...]
    trust_ids: tuple[int, int]
    """Above the one, up to the other."""


def plan_next(
    registry: Registry, key: OrganisationKey, *, roots: Roots, now: datetime, year: int | None = None
) -> Handover:
    """The next bundle upward. `year`: rounds of another year are listed only if they were before.

    Raises:
        RuleRefusal: more rounds than a bundle can list; or not a single one, and nothing was handed up before.
        Unreadable, VerificationFailure: the registry failed, or contradicts what was handed up before.
    """
    with registry.reading() as connection:
        sender = bytes.fromhex(fingerprint(read_trust(connection, roots).line_of(key.public)))
        before = _last(connection, sender)
        last = None if before is None else stored_manifest(before.manifest)
        rounds = _listed(connection, last, year)
        end_ids = _unsent(connection, sender, rounds, last)
        until = int(connection.scalar(select(func.coalesce(func.max(trust_documents.c.id), 0))) or 0)
        trust_ids = (before.trust_until if before is not None else 0, until)
        content = Content()
        for document in _documents(connection, end_ids, trust_ids):
            content.add(document)
        if not (rounds or last):  # later ones may be empty: they say that nothing has changed
            raise RuleRefusal(_NOTHING)
    manifest = _signed(key, content, rounds, last, now)
    check_follows(manifest, last)
    return Handover(manifest, sender, end_ids, trust_ids)


def last_handover(registry: Registry, key: OrganisationKey, *, roots: Roots) -> Handover:
    """The bundle that was handed up last, to be written again.

    Raises:
        RuleRefusal: none was yet.
        Unreadable: the registry failed.
    """
    with registry.reading() as connection:
        sender = bytes.fromhex(fingerprint(read_trust(connection, roots).line_of(key.public)))
        row = _last(connection, sender)
        if row is None:
            raise RuleRefusal("本单位还没有报送过：请先不带 --again 生成第1次报送包。")
        carried = select(bundled_ends.c.end_id).where(bundled_ends.c.bundle == row.id).order_by(bundled_ends.c.end_id)
        end_ids = tuple(connection.scalars(carried))
        return Handover(stored_manifest(row.manifest), sender, end_ids, (row.trust_after, row.trust_until))


def documents(registry: Registry, handover: Handover) -> Iterator[bytes]:
    """What follows the manifest: trust documents, then ends, each as it came and in the order in which it came.

    Raises:
        Unreadable: the registry failed.
    """
    with registry.reading() as connection:
        yield from _documents(connection, handover.end_ids, handover.trust_ids)


def remember(registry: Registry, handover: Handover, *, now: datetime) -> None:
    """Note that this bundle leaves; all of it or nothing.

    Raises:
        RuleRefusal: another bundle was made meanwhile.
        Unreadable: the registry failed.
    """
    record = handover.manifest.record
    with registry.writing() as connection:
        last = _last(connection, handover.sender)
        if (last.sequence if last is not None else 0) != record.sequence - 1:
            raise RuleRefusal("另一个程序刚刚生成了报送包，本次未生成：请用 bundle --again 取出那一份，或重新生成。")
        number = next_id(connection, bundles_sent)
        row = {"id": number, "sender": handover.sender, "sequence": record.sequence}
        row |= {"digest": bytes.fromhex(handover.manifest.digest), "manifest": pack_manifest(handover.manifest)}
        row |= dict(zip(("trust_after", "trust_until"), handover.trust_ids, strict=True))
        connection.execute(insert(bundles_sent).values(**row, made=int(now.timestamp())))
        carried = [{"bundle": number, "end_id": end_id} for end_id in handover.end_ids]
        if carried:
            connection.execute(insert(bundled_ends), carried)


def _last(connection: Connection, sender: bytes) -> Row[Any] | None:
    mine = select(bundles_sent).where(bundles_sent.c.sender == sender)
    return connection.execute(mine.order_by(bundles_sent.c.sequence.desc()).limit(1)).one_or_none()


def _listed(connection: Connection, last: Verified[BundleManifest] | None, year: int | None) -> dict[str, BundledRound]:
    """Every round authorised by this organisation or below it, by its id, ascending."""
    found = all_rounds(connection, _listed_below(connection))
    before = {listed.round_id for listed in last.record.rounds} if last is not None else set()
    if year is not None:
        found = {named: one for named, one in found.items() if named in before or named.startswith(f"{year:04}-")}
    if len(found) > MAX_ROUNDS:
        raise RuleRefusal(_TOO_MANY)
    return dict(sorted(found.items()))


def _listed_below(connection: Connection) -> Iterator[BundledRound]:
    """What each organisation below has listed in its last bundle."""
    for last in last_bundles(connection):
        yield from last.manifest.rounds


def _unsent(
    connection: Connection, sender: bytes, rounds: Mapping[str, BundledRound], last: Verified[BundleManifest] | None
) -> tuple[int, ...]:
    """The ends of `rounds` that no bundle carried, and those that begin to count only now (a confirmed revision)."""
    carried = select(bundled_ends.c.end_id).join_from(bundled_ends, bundles_sent)
    sent = set(connection.scalars(carried.where(bundles_sent.c.sender == sender)))
    counted = {listed.end for listed in rounds.values()} - {"", *(ends_of(last.record) if last is not None else ())}
    held = connection.execute(select(ends.c.id, ends.c.round, ends.c.year, ends.c.digest).order_by(ends.c.id))
    return tuple(
        row.id
        for row in held
        if (row.id not in sent or bytes(row.digest).hex() in counted) and round_id(row.year, row.round) in rounds
    )


def _documents(connection: Connection, end_ids: Iterable[int], trust_ids: tuple[int, int]) -> Iterator[bytes]:
    after, until = trust_ids
    trusted = select(trust_documents.c.envelope).order_by(trust_documents.c.id)
    yield from connection.scalars(trusted.where(trust_documents.c.id > after, trust_documents.c.id <= until))
    for some in chunks(tuple(end_ids)):
        packed = select(envelopes.c.packed).where(envelopes.c.id.in_(some)).order_by(envelopes.c.id)
        yield from map(unpack, connection.scalars(packed))


def _signed(
    key: OrganisationKey,
    content: Content,
    rounds: Mapping[str, BundledRound],
    last: Verified[BundleManifest] | None,
    now: datetime,
) -> Verified[BundleManifest]:
    record = BundleManifest(
        content=content.digest,
        documents=content.count,
        issued=stamp(now),
        organisation=key.name,
        previous=last.digest if last is not None else "",
        rounds=tuple(rounds.values()),
        sequence=last.record.sequence + 1 if last is not None else 1,
    )
    data = sign(record, MANIFEST.official, [key.signing])
    if len(data) > MANIFEST.cap:
        raise RuleRefusal(_TOO_MANY)
    return read_manifest(data, {key.public: key.name})
