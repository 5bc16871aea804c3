"""Whole signed rounds in memory, made through `rounds` itself, for every test that needs a file to read.

    made = make_round(registered=6)            an organisation's authorisation, opened by two officers
    made.result(3, 1, 1)                       a `.result` file's bytes
    made.void()                                a `.void` file's bytes
    made.reopened()                            the same authorisation opened a second time: another box
    made.next_attempt(previous_end)            attempt k + 1, authorised on the digest of a signed end
    ROOTS                                      what an importer that trusts the default organisation passes

Keys of organisations are made once a session; the key derivation runs at the lowest cost that the format allows.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rounds.chain import read_authorisation, read_zero_report
from rounds.codes import read_printed_code
from rounds.documents import (
    RESULT,
    VOID,
    ZERO_REPORT,
    Authorisation,
    Chain,
    Conduct,
    LogLine,
    Officer,
    Result,
    VoidReport,
    ZeroReport,
)
from rounds.encoding import decode, digest, stamp
from rounds.envelope import Envelope, Verified, sign
from rounds.issuing import (
    IssuedAuthorisation,
    OrganisationKey,
    RoundPlan,
    authorise,
    new_organisation,
    open_organisation_key,
    open_round_keys,
)
from rounds.keyfile import KdfParameters
from rounds.keys import SecretKeys
from rounds.results import figures
from rounds.sharing import Holder
from rounds.tally import Account, Tally
from rounds.version import VERSION

CHEAP_KDF = KdfParameters(lanes=1, memory_kib=8192, passes=1)
PASSPHRASE = "正确的马电池订书钉"
CHINA = timezone(timedelta(hours=8))
ISSUED = datetime(2017, 3, 20, 9, 0, tzinfo=CHINA)
OPENED = datetime(2017, 4, 1, 14, 30, tzinfo=CHINA)
CLOSED = datetime(2017, 4, 1, 15, 20, tzinfo=CHINA)
NOW = datetime(2017, 4, 2, 9, 0, tzinfo=CHINA)
"""When an importer reads what this module makes."""

BOTH = (Holder.SUPERVISOR, Holder.TELLER)
BELOW_QUORUM_REASON = "多名团员临时外出实习，商定择日重新测评。"


@dataclass(frozen=True)
class Organisation:
    """An organisation that signs authorisations, with its two files."""

    key: OrganisationKey
    key_file: bytes
    card: bytes

    @property
    def roots(self) -> dict[bytes, str]:
        """What a reader that has enrolled this organisation passes as `roots`."""
        return {self.key.public: self.key.name}


@functools.cache
def organisation(name: str = "共青团某某大学委员会") -> Organisation:
    """One organisation a name; its key is made once a session."""
    key_file, card = new_organisation(name, PASSPHRASE, secrets.token_bytes, CHEAP_KDF)
    return Organisation(open_organisation_key(key_file, PASSPHRASE), key_file, card)


ROOTS = organisation().roots


@dataclass(frozen=True)
class MadeRound:
    """One authorised and opened round, with every private key that its officers would hold."""

    organisation: Organisation
    plan: RoundPlan
    issued: IssuedAuthorisation
    authorisation: Verified[Authorisation]
    activation: SecretKeys
    supervisor: SecretKeys
    teller: SecretKeys
    zero_report: Verified[ZeroReport]

    @property
    def round_id(self) -> str:
        return self.issued.round_id

    @property
    def chain(self) -> Chain:
        """What every end of this round carries."""
        record = self.authorisation.record
        return Chain(
            authorisation=self.authorisation.data.decode(),
            authorisation_digest=self.authorisation.digest,
            mode=record.mode,
            round_id=record.round_id,
            zero_report=self.zero_report.data.decode(),
            zero_report_digest=self.zero_report.digest,
        )

    def signing_keys(self, signers: Sequence[Holder] = BOTH) -> list[Ed25519PrivateKey]:
        """The holders' signing keys; the emergency holder's is opened with its printed code."""
        return [self._keys(holder).signing for holder in signers]

    def _keys(self, holder: Holder) -> SecretKeys:
        if holder is Holder.EMERGENCY:
            code = read_printed_code(self.issued.emergency_code, "应急码")
            return open_round_keys(self.authorisation.record.emergency, code, "应急码")
        return self.supervisor if holder is Holder.SUPERVISOR else self.teller

    def sign_end(self, record: Result | VoidReport, signers: Sequence[Holder] = BOTH) -> bytes:
        """The file of `record`, whatever it claims: for tests that need a well-signed lie."""
        kind = RESULT if isinstance(record, Result) else VOID
        return sign(record, kind.payload_type(rehearsal=self.authorisation.rehearsal), self.signing_keys(signers))

    def result_record(
        self,
        satisfied: int,
        unsatisfied: int,
        invalid: int = 0,
        *,
        present: int | None = None,
        issued: int | None = None,
        signers: Sequence[Holder] = BOTH,
        closed: datetime = CLOSED,
        supersedes: str = "",
    ) -> Result:
        """The record of a result; with too few ballots for the quorum it carries no count of either choice."""
        tally = Tally(satisfied, unsatisfied, invalid)
        authorisation = self.authorisation.record
        account = Account(
            registered=authorisation.registered,
            expected=authorisation.expected,
            present=tally.collected if present is None else present,
            issued=tally.collected if issued is None else issued,
            collected=tally.collected,
        )
        shown = figures(account, tally)
        return Result(
            below_quorum_reason="" if shown.valid is not None else BELOW_QUORUM_REASON,
            box_seal=hashlib.sha256(f"{self.round_id} {satisfied} {unsatisfied} {invalid}".encode()).hexdigest(),
            chain=self.chain,
            closed=stamp(closed),
            conduct=conduct(emergency=Holder.EMERGENCY in signers, ended=closed),
            signers=tuple(signers),
            software=VERSION,
            supersedes=supersedes,
            **{name: getattr(shown, name) for name in type(shown).__struct_fields__},
        )

    def result(
        self, satisfied: int, unsatisfied: int, invalid: int = 0, *, signers: Sequence[Holder] = BOTH, **more: Any
    ) -> bytes:
        """A `.result` file with these counts (满意, 不满意, 无效)."""
        return self.sign_end(self.result_record(satisfied, unsatisfied, invalid, signers=signers, **more), signers)

    def void(
        self,
        reason: str = "投票区域停电，无法继续。",
        *,
        collected: int = 0,
        signers: Sequence[Holder] = BOTH,
        ended: datetime = CLOSED,
    ) -> bytes:
        """A `.void` file."""
        record = VoidReport(
            chain=self.chain,
            collected=collected,
            conduct=conduct(emergency=Holder.EMERGENCY in signers, ended=ended),
            ended=stamp(ended),
            issued=collected,
            present=None,
            reason=reason,
            signers=tuple(signers),
            software=VERSION,
        )
        return self.sign_end(record, signers)

    def reopened(self, **more: Any) -> MadeRound:
        """The same authorisation opened once more with fresh officers' keys: a second box for one round."""
        return open_made(self.organisation, self.plan, self.issued, self.activation, **more)

    def next_attempt(self, previous_end: str, **more: Any) -> MadeRound:
        """The next attempt of the same branch; `previous_end` is the digest of a signed end (`payload_digest`)."""
        plan = replace(self.plan, attempt=self.plan.attempt + 1, previous_end=previous_end)
        return make_from(plan, self.organisation, **more)


def make_round(
    *,
    branch_name: str = "土木工程学院2015级一班团支部",
    secretary: str = "张晓明",
    registered: int = 6,
    year: int = 2016,
    by: Organisation | None = None,
    opened: datetime = OPENED,
    **plan: Any,
) -> MadeRound:
    """A round that is authorised and opened; further arguments are those of `RoundPlan`."""
    made = RoundPlan(branch_name=branch_name, secretary=secretary, year=year, registered=registered, **plan)
    return make_from(made, by or organisation(), opened=opened)


def make_from(plan: RoundPlan, by: Organisation, **more: Any) -> MadeRound:
    """A round from a whole plan; `more` goes to `open_made`."""
    issued = authorise(plan, by.key, now=ISSUED, draw=secrets.token_bytes, kdf=CHEAP_KDF)
    record = read_authorisation(issued.data, by.roots).record
    code = read_printed_code(issued.activation_code, "启用码")
    return open_made(by, plan, issued, open_round_keys(record.activation, code, "启用码"), **more)


def open_made(
    by: Organisation,
    plan: RoundPlan,
    issued: IssuedAuthorisation,
    activation: SecretKeys,
    *,
    opened: datetime = OPENED,
    supervisor_name: str = "李督导",
    teller_name: str = "王计票",
) -> MadeRound:
    """Open an authorisation: fresh keys for both officers, a fresh round key, the zero report of all three."""
    authorisation = read_authorisation(issued.data, by.roots)
    supervisor, teller, box = (SecretKeys.from_bytes(secrets.token_bytes(64)) for _ in range(3))
    named = plan.supervisor or supervisor_name
    record = ZeroReport(
        authorisation_digest=authorisation.digest,
        key_storage="token",
        laptop="团委办公室笔记本电脑",
        mode=authorisation.record.mode,
        officers=(_officer(named, Holder.SUPERVISOR, supervisor), _officer(teller_name, Holder.TELLER, teller)),
        opened=stamp(opened),
        readiness=(),
        roster_used=bool(plan.roster_digest),
        round_id=issued.round_id,
        round_key=box.sealing_public,
        software=VERSION,
    )
    kind = ZERO_REPORT.payload_type(rehearsal=plan.rehearsal)
    data = sign(record, kind, [activation.signing, supervisor.signing, teller.signing])
    report = read_zero_report(data, authorisation)
    return MadeRound(by, plan, issued, authorisation, activation, supervisor, teller, report)


def _officer(name: str, role: Holder, keys: SecretKeys) -> Officer:
    return Officer(name=name, role=role, sealing=keys.sealing_public, signing=keys.signing_public)


def conduct(*, emergency: bool = False, ended: datetime = CLOSED) -> Conduct:
    """An uneventful afternoon: opened, started once, closed."""
    events = (("opened", OPENED), ("started", OPENED), ("closed", ended))
    return Conduct(
        emergency_used=emergency,
        helped=0,
        log=tuple(LogLine(at=stamp(at), event=event) for event, at in events),  # type: ignore[arg-type]  # literals above
        log_complete=True,
        starts=1,
        stopped=True,
        wrong_codes=0,
    )


def payload_digest(data: bytes) -> str:
    """The digest that names a signed document: SHA-256 of its payload, hex."""
    return digest(envelope_of(data).payload)


def envelope_of(data: bytes) -> Envelope:
    """The envelope of a signed file."""
    return decode(data, Envelope, "签名文件", len(data))


def with_payload(data: bytes, change: bytes, into: bytes) -> bytes:
    """`data` with bytes of its payload replaced and the old signatures kept: an altered file."""
    envelope = envelope_of(data)
    if change not in envelope.payload:
        raise AssertionError("the bytes to change are not in the payload")
    altered = msgspec.structs.replace(envelope, payload=envelope.payload.replace(change, into))
    return msgspec.json.encode(altered, order="sorted")
