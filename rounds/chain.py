"""Reading a round's documents: root → authorisation → zero report → result or void report, each under the one before.

Every reader raises; none returns a doubt. `roots` maps the Ed25519 keys of the enrolled organisations to their names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from rounds.documents import (
    AUTHORISATION,
    CARD,
    RESULT,
    SLIPS,
    VOID,
    ZERO_REPORT,
    Authorisation,
    Chain,
    OrganisationCard,
    Result,
    VoidReport,
    ZeroReport,
)
from rounds.encoding import decode
from rounds.envelope import Claim, Envelope, Expected, Kind, Verified, read
from rounds.errors import Unreadable, UntrustedIssuer, VerificationFailure
from rounds.keys import Check, check_distinct, check_sealing_key, check_signing_key, fingerprint, verify_signature
from rounds.results import check_result, check_signers, check_void
from rounds.rules import quorum_needed
from rounds.sharing import Holder
from rounds.trust_documents import TRUST_KINDS

Roots = Mapping[bytes, str]
KINDS: tuple[Kind[Any], ...] = (CARD, AUTHORISATION, SLIPS, ZERO_REPORT, RESULT, VOID, *TRUST_KINDS)
E = TypeVar("E", Result, VoidReport)


class RoundEnd(msgspec.Struct, Generic[E], frozen=True):
    """A result or void report with the verified documents that it stands on."""

    end: Verified[E]
    authorisation: Verified[Authorisation]
    zero_report: Verified[ZeroReport]


class Keyring(dict[bytes, str]):
    """Roots by their keys, found by a key's fingerprint too: with ten thousand of them nobody looks through all."""

    def __init__(self, roots: Roots) -> None:
        """`roots`: public key → name."""
        super().__init__(roots)
        self._by_id = {fingerprint(public): public for public in roots}

    def claimed(self, envelope: Envelope) -> dict[bytes, str]:
        """The roots among those that claim to have signed."""
        ids = (signature.keyid for signature in envelope.signatures)
        return {self._by_id[key_id]: self[self._by_id[key_id]] for key_id in ids if key_id in self._by_id}


def read_card(data: bytes) -> Verified[OrganisationCard]:
    """Read an organisation card: signed by the very key that it names.

    Raises:
        Unreadable, VerificationFailure: see `rounds.envelope.read`.
    """

    def own_key(claim: Claim[OrganisationCard]) -> Expected:
        return Expected({claim.record.signing: claim.record.name}, 1)

    return read(data, CARD, own_key)


def read_authorisation(data: bytes, roots: Roots, check: Check = verify_signature) -> Verified[Authorisation]:
    """Read an authorisation signed by one of the enrolled organisations.

    Raises:
        UntrustedIssuer: none of `roots` claims to have signed it (未验证).
        Unreadable, VerificationFailure: see `rounds.envelope.read`; or the record contradicts itself.
    """

    def one_root(claim: Claim[Authorisation]) -> Expected:
        claimed = (roots if isinstance(roots, Keyring) else Keyring(roots)).claimed(claim.envelope)
        if not claimed:
            raise UntrustedIssuer(
                "未验证：签发单位不在本机登记的上级团组织之列，或文件被改动。"
                "请先用 trust add 登记上级团组织的名片（.pub），或用 --trust 指明。"
            )
        return Expected(claimed, 1)

    verified = read(data, AUTHORISATION, one_root, check)
    _check_authorisation(verified)
    return verified


def read_zero_report(
    data: bytes, authorisation: Verified[Authorisation], check: Check = verify_signature
) -> Verified[ZeroReport]:
    """Read the zero report of `authorisation`: signed by the activation key and both officers.

    Raises:
        Unreadable, VerificationFailure: see `rounds.envelope.read`; or it belongs to another round.
    """

    def activation_and_officers(claim: Claim[ZeroReport]) -> Expected:
        keys: dict[bytes, str] = {officer.signing: officer.role for officer in claim.record.officers}
        return Expected({authorisation.record.activation.signing: "activation"} | keys, 3)

    verified = read(data, ZERO_REPORT, activation_and_officers, check)
    check_zero_report(verified, authorisation)
    if verified.signers != ("activation", *(officer.role for officer in verified.record.officers)):
        raise VerificationFailure("signature order", "封箱报告上签名的次序被改动，不予采用。")
    return verified


def read_result(data: bytes, roots: Roots, check: Check = verify_signature) -> RoundEnd[Result]:
    """Read a result with its whole chain, its outcome and account recomputed; `check`: see `rounds.envelope.read`.

    Raises:
        UntrustedIssuer, Unreadable, VerificationFailure: whichever link does not hold.
    """
    verified = _read_end(data, RESULT, roots, check)
    check_result(verified.end.record, verified.authorisation.record)
    return verified


def read_void_report(data: bytes, roots: Roots, check: Check = verify_signature) -> RoundEnd[VoidReport]:
    """Read a void report with its whole chain; `check`: see `rounds.envelope.read`.

    Raises:
        UntrustedIssuer, Unreadable, VerificationFailure: whichever link does not hold.
    """
    verified = _read_end(data, VOID, roots, check)
    check_void(verified.end.record, verified.authorisation.record)
    return verified


def check_names(assessed: str, supervisor: str, teller: str) -> None:
    """Neither officer is the assessed secretary, nor are the two one person; 张　三 is 张三.

    Raises:
        VerificationFailure: they are.
    """
    secretary, first, second = _folded(assessed), _folded(supervisor), _folded(teller)
    if secretary in (first, second):
        raise VerificationFailure("officers", "被测评的团支部书记不得担任指导监督人员或计票人：请另定人选。")
    if first == second:
        raise VerificationFailure("officers", "指导监督人员与计票人不得为同一人：请另定计票人。")


def _folded(name: str) -> str:
    """A name as people compare it: forms set two-character names with a space between, or in full width."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def check_zero_report(report: Verified[ZeroReport], authorisation: Verified[Authorisation]) -> None:
    """Hold a zero report against its authorisation: same round, right officers, all keys fit and distinct.

    Raises:
        VerificationFailure: the check that fails is named.
    """
    record, basis = report.record, authorisation.record
    if record.authorisation_digest != authorisation.digest or record.round_id != basis.round_id:
        raise VerificationFailure("authorisation digest", "封箱报告与批复文件不属于同一次测评，不予采用。")
    if report.rehearsal != authorisation.rehearsal or record.mode != basis.mode:
        raise VerificationFailure("mode", "封箱报告与批复文件一为演练、一为正式，不予采用。")
    if record.roster_used != bool(basis.roster_digest):
        raise VerificationFailure("roster", "封箱报告与批复文件一有名单、一无名单，不予采用。")
    supervisor, teller = record.officers
    if (supervisor.role, teller.role) != (Holder.SUPERVISOR, Holder.TELLER):
        raise VerificationFailure("officers", "封箱报告上的两名工作人员身份不符，不予采用。")
    check_names(basis.assessed.name, supervisor.name, teller.name)
    if basis.supervisor not in ("", supervisor.name) and _folded(supervisor.name) != _folded(basis.supervisor):
        raise VerificationFailure("officers", "指导监督人员与批复文件所载不符：请由上级团组织重新批复。")
    _check_round_keys(record, basis)


def _check_round_keys(record: ZeroReport, basis: Authorisation) -> None:
    supervisor, teller = record.officers
    signing = (basis.activation.signing, basis.emergency.signing, supervisor.signing, teller.signing)
    sealing = (
        basis.activation.sealing,
        basis.emergency.sealing,
        supervisor.sealing,
        teller.sealing,
        record.round_key,
    )
    for public in signing:
        check_signing_key(public)
    for public in sealing:
        check_sealing_key(public)
    check_distinct(signing)
    check_distinct(sealing)


def _check_authorisation(verified: Verified[Authorisation]) -> None:
    record = verified.record
    if (record.mode == "rehearsal") != verified.rehearsal:
        raise VerificationFailure("mode", "批复文件的类型与所载的正式或演练不符，不予采用。")
    if record.issuer not in verified.signers:  # else one enrolled organisation could issue in another's name
        raise VerificationFailure("issuer", "批复文件所载的签发单位与签名单位不符，不予采用。")
    if record.expected < quorum_needed(record.registered):  # N = 1 or 2 without the secretary
        raise VerificationFailure("registered", "除团支部书记外的团员不足团员总数三分之二，测评不可能有效，不予批复。")
    if (record.attempt > 1) != bool(record.previous_end):
        raise VerificationFailure("attempt", "重新测评的批复须载明上一次的结束文件，首次测评则不得有。")
    if record.opens and record.closes:
        opens, closes = window(record)
        if opens and closes and opens >= closes:
            raise VerificationFailure("window", "批复的开始时间不早于结束时间，不予采用。")
    check_distinct((record.activation.signing, record.emergency.signing))
    check_distinct((record.activation.sealing, record.emergency.sealing))


def window(authorisation: Authorisation) -> tuple[datetime | None, datetime | None]:
    """The times between which ballots may be unlocked; None means no limit."""
    opens, closes = (
        datetime.fromisoformat(text) if text else None for text in (authorisation.opens, authorisation.closes)
    )
    return opens, closes


def _read_end(data: bytes, kind: Kind[E], roots: Roots, check: Check) -> RoundEnd[E]:
    """The links below are read before the end's own signatures: its signers' keys stand in them, signed."""
    found: list[tuple[Verified[Authorisation], Verified[ZeroReport]]] = []

    def holders(claim: Claim[E]) -> Expected:
        chain = claim.record.chain
        authorisation = read_authorisation(chain.authorisation.encode(), roots, check)
        zero_report = read_zero_report(chain.zero_report.encode(), authorisation, check)
        found.append((authorisation, zero_report))
        keys: dict[bytes, str] = {officer.signing: officer.role for officer in zero_report.record.officers}
        return Expected(keys | {authorisation.record.emergency.signing: Holder.EMERGENCY}, 2)

    end = read(data, kind, holders, check)
    authorisation, zero_report = found[0]
    _check_chain(end.record.chain, authorisation, zero_report, rehearsal=end.rehearsal)
    check_signers(end.record, end.signers)
    return RoundEnd(end, authorisation, zero_report)


def _check_chain(
    chain: Chain, authorisation: Verified[Authorisation], zero_report: Verified[ZeroReport], *, rehearsal: bool
) -> None:
    links = (chain.authorisation_digest, chain.zero_report_digest, chain.round_id)
    if links != (authorisation.digest, zero_report.digest, authorisation.record.round_id):
        raise VerificationFailure("chain", "文件所载的批复、封箱报告与所附的不一致，不予采用。")
    if authorisation.rehearsal != rehearsal or chain.mode != authorisation.record.mode:
        raise VerificationFailure("mode", "文件与其批复一为演练、一为正式，不予采用。")


def kind_of(data: bytes) -> Kind[Any]:
    """Which document `data` claims to be, by its payloadType alone; nothing is verified.

    Raises:
        Unreadable: not an envelope, or of no kind of this house.
    """
    envelope = decode(data, Envelope, "签名文件", max(kind.cap for kind in KINDS))
    for kind in KINDS:
        if envelope.payload_type in {kind.official, kind.rehearsal} - {""}:
            return kind
    raise Unreadable("无法识别的签名文件：请核对是否选错文件。")
