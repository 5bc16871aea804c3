"""Both officers' signatures over the sealed parts of the box's secrets, made once at opening.

HPKE to a public key does not authenticate: whoever has the disk could seal parts of an A of his own to all three
holders, and a state of his own under it; the officers' next start would then take his ballots for theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping

from rounds.documents import Officer
from rounds.errors import VerificationFailure
from rounds.keys import SecretKeys, verify_signature
from rounds.sharing import Holder

_PURPOSE = b"beikaobei sealed parts v1"  # no DSSE message begins so: the same keys sign documents


def sign_parts(parts: Mapping[str, bytes], bound_to: bytes, officers: Mapping[Holder, SecretKeys]) -> dict[str, bytes]:
    """The officers' signatures over `parts` (name in the box's meta → sealed bytes), by their names in the meta."""
    message = _message(parts, bound_to)
    return {_name(holder): keys.signing.sign(message) for holder, keys in officers.items()}


def check_parts(
    meta: Callable[[str], bytes], names: Iterable[str], bound_to: bytes, officers: Iterable[Officer]
) -> None:
    """Hold the parts `names` of a box against the signatures of the officers that its zero report certifies.

    `meta` reads one value of the box and raises where there is none.

    Raises:
        VerificationFailure: a part is not the one that both officers signed.
    """
    message = _message({name: meta(name) for name in names}, bound_to)
    try:
        for officer in officers:
            verify_signature(officer.signing, meta(_name(officer.role)), message)
    except VerificationFailure:
        raise VerificationFailure(
            "shares", "票箱中的密钥分份不是封箱时的那些：票箱文件被改动，请保留文件并报告上级团组织。"
        ) from None


def _name(holder: Holder) -> str:
    return f"parts signed {holder.value}"


def _message(parts: Mapping[str, bytes], bound_to: bytes) -> bytes:
    """Every part under its name; digests keep the pieces apart."""
    listed = (hashlib.sha256(data).digest() for item in sorted(parts.items()) for data in (item[0].encode(), item[1]))
    return _PURPOSE + bound_to + b"".join(listed)
