"""One small round built with the real code and a cheap KDF; every record can be altered and signed again.

An attack on a figure has to be signed by the true keys, or the signature refuses it before the check under test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rounds.chain import Roots
from rounds.codes import read_printed_code
from rounds.documents import (
    AUTHORISATION,
    RESULT,
    VOID,
    ZERO_REPORT,
    Authorisation,
    Chain,
    Conduct,
    LogLine,
    Officer,
    Result,
    RoundKeys,
    VoidReport,
    ZeroReport,
)
from rounds.encoding import decode, digest, stamp
from rounds.envelope import Envelope, Kind, sign
from rounds.errors import VerificationFailure
from rounds.issuing import (
    OrganisationKey,
    RoundPlan,
    authorise,
    make_round_keys,
    new_organisation,
    open_organisation_key,
    open_round_keys,
)
from rounds.keyfile import KdfParameters
from rounds.keys import SecretKeys
from rounds.results import figures
from rounds.sharing import Holder
from rounds.tally import Account, Tally

CHEAP_KDF = KdfParameters(lanes=1, memory_kib=8192, passes=1)
NOW = datetime(2017, 4, 1, 6, 30, tzinfo=UTC)
PASSPHRASE = "correct horse battery"


def seeded(seed: str) -> Callable[[int], bytes]:
    """A `Draw` that gives the same bytes in every run: a failing byte is then the same byte tomorrow."""
    counter = 0

    def draw(size: int) -> bytes:
        nonlocal counter
        counter += 1
        return hashlib.shake_256(f"{seed}/{counter}".encode()).digest(size)

    return draw


def record_of(data: bytes, kind: Kind[Any]) -> Any:
    """The record inside an envelope, unverified."""
    return decode(decode(data, Envelope, "", 2**20).payload, kind.record, "", 2**20)


@dataclass(frozen=True)
class Built:
    """A round up to its zero report, with every private key."""

    organisation: OrganisationKey
    key_file: bytes
    card: bytes
    authorisation: bytes
    zero_report: bytes
    holders: dict[Holder, SecretKeys]
    activation: SecretKeys
    rehearsal: bool

    @property
    def roots(self) -> Roots:
        return {self.organisation.public: self.organisation.name}

    def basis(self) -> Authorisation:
        record: Authorisation = record_of(self.authorisation, AUTHORISATION)
        return record

    def zero(self) -> ZeroReport:
        record: ZeroReport = record_of(self.zero_report, ZERO_REPORT)
        return record

    def sign_authorisation(self, record: Authorisation) -> bytes:
        return sign(record, AUTHORISATION.payload_type(rehearsal=self.rehearsal), [self.organisation.signing])

    def sign_zero(self, record: ZeroReport, *, rehearsal: bool | None = None) -> bytes:
        chosen = self.rehearsal if rehearsal is None else rehearsal
        keys = [self.activation, self.holders[Holder.SUPERVISOR], self.holders[Holder.TELLER]]
        return sign(record, ZERO_REPORT.payload_type(rehearsal=chosen), [key.signing for key in keys])

    def signing(self, *holders: Holder) -> list[Ed25519PrivateKey]:
        return [self.holders[holder].signing for holder in holders]

    def sign_end(self, record: Result | VoidReport, *, rehearsal: bool | None = None) -> bytes:
        """Sign an end by the holders that it names."""
        kind: Kind[Any] = RESULT if isinstance(record, Result) else VOID
        chosen = self.rehearsal if rehearsal is None else rehearsal
        return sign(record, kind.payload_type(rehearsal=chosen), self.signing(*record.signers))

    def chain(self) -> Chain:
        authorisation = decode(self.authorisation, Envelope, "", 2**20).payload
        zero_report = decode(self.zero_report, Envelope, "", 2**20).payload
        return Chain(
            authorisation=self.authorisation.decode(),
            authorisation_digest=digest(authorisation),
            mode=self.basis().mode,
            round_id=self.basis().round_id,
            zero_report=self.zero_report.decode(),
            zero_report_digest=digest(zero_report),
        )

    def result(self, tally: Tally | None, *, present: int, issued: int, collected: int) -> Result:
        """The result that follows from these counts; `tally` None below quorum."""
        basis = self.basis()
        shown = figures(Account(basis.registered, basis.expected, present, issued, collected), tally)
        return Result(
            below_quorum_reason="" if shown.rate else "多数团员外出实习",
            box_seal=digest(b"box"),
            chain=self.chain(),
            closed=stamp(NOW),
            conduct=conduct(),
            signers=(Holder.SUPERVISOR, Holder.TELLER),
            software="0.1.0",
            supersedes="",
            **{name: getattr(shown, name) for name in type(shown).__struct_fields__},
        )

    def void(self) -> VoidReport:
        return VoidReport(
            chain=self.chain(),
            collected=3,
            conduct=conduct(),
            ended=stamp(NOW),
            issued=4,
            present=None,
            reason="停电",
            signers=(Holder.SUPERVISOR, Holder.TELLER),
            software="0.1.0",
        )


def conduct() -> Conduct:
    return Conduct(
        emergency_used=False,
        helped=1,
        log=(LogLine(at=stamp(NOW), event="opened"), LogLine(at=stamp(NOW), event="closed")),
        log_complete=True,
        starts=1,
        stopped=True,
        wrong_codes=0,
    )


@cache
def build(seed: str = "一", *, rehearsal: bool = False, registered: int = 30) -> Built:
    """A round of `registered` members; equal arguments give the equal round."""
    draw = seeded(seed)
    key_file, card = new_organisation(f"{seed}区团委", PASSPHRASE, draw, CHEAP_KDF)
    organisation = open_organisation_key(key_file, PASSPHRASE)
    plan = RoundPlan("高二一班团支部", "王五", 2016, registered, rehearsal=rehearsal, supervisor="李四")
    issued = authorise(plan, organisation, now=NOW, draw=draw, kdf=CHEAP_KDF)
    basis: Authorisation = record_of(issued.data, AUTHORISATION)
    officers = {
        Holder.SUPERVISOR: ("李四", make_round_keys("李四", "supervisor code", draw, CHEAP_KDF)),
        Holder.TELLER: ("赵六", make_round_keys("赵六", "teller's own code", draw, CHEAP_KDF)),
    }
    activation = open_printed(basis.activation, issued.activation_code)
    zero = ZeroReport(
        authorisation_digest=digest(decode(issued.data, Envelope, "", 2**20).payload),
        key_storage="token",
        laptop="学校",
        mode=basis.mode,
        officers=tuple(_officer(name, role, keys[1]) for role, (name, keys) in officers.items()),
        opened=stamp(NOW),
        readiness=("摄像头已遮挡",),
        roster_used=False,
        round_id=basis.round_id,
        round_key=SecretKeys.from_bytes(draw(64)).sealing_public,
        software="0.1.0",
    )
    holders = {role: keys[0] for role, (_, keys) in officers.items()}
    holders[Holder.EMERGENCY] = open_printed(basis.emergency, issued.emergency_code)
    unfinished = Built(organisation, key_file, card, issued.data, b"", holders, activation, rehearsal)
    return replace(unfinished, zero_report=unfinished.sign_zero(zero))


def open_printed(record: RoundKeys, printed: str) -> SecretKeys:
    return open_round_keys(record, read_printed_code(printed, "启用码"), "启用码")


def _officer(name: str, role: Holder, keys: RoundKeys) -> Officer:
    return Officer(name=name, role=role, sealing=keys.sealing, signing=keys.signing)


def check_of_trust(attempt: Callable[[], object]) -> str:
    """The check that a refusal names."""
    try:
        attempt()
    except VerificationFailure as failure:
        return failure.check
    raise AssertionError("nothing was refused")
