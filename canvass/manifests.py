"""Manifests as the registry keeps them: packed, as they were signed; verified when they came in or were made."""

from __future__ import annotations

import zlib

from rounds.bundles import MANIFEST, BundleManifest
from rounds.encoding import decode, digest
from rounds.envelope import Envelope, Verified, decode_payload


def pack_manifest(manifest: Verified[BundleManifest]) -> bytes:
    """What `stored_manifest` reads."""
    return zlib.compress(manifest.data)


def stored_manifest(packed: bytes) -> Verified[BundleManifest]:
    """A manifest of `bundles_sent` or `bundles_received`; who signed it is not asked again."""
    data = zlib.decompressobj().decompress(packed, MANIFEST.cap)
    envelope = decode(data, Envelope, MANIFEST.title, MANIFEST.cap)
    record = decode_payload(envelope, MANIFEST)
    return Verified(record, digest(envelope.payload), (), (), rehearsal=False, data=data, envelope=envelope)
