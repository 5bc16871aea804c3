"""The documents of one round, as typed records; who signs which stands in `rounds.chain`.

Each record's field names are the JSON's. Times are ISO 8601 with offset, digests SHA-256 in hex of a payload's bytes,
keys 32 raw bytes in base64. A rehearsal's documents have payload types of their own and never enter as official.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from rounds.encoding import (
    Digest,
    Key,
    Line,
    Name,
    OptionalDigest,
    OptionalLine,
    OptionalName,
    OptionalTime,
    Paragraph,
    Record,
    Time,
)
from rounds.envelope import Kind
from rounds.rules import Outcome, Priority
from rounds.sharing import Holder

MAX_MEMBERS = 20_000
"""Registered members of one round: the sealed state is rewritten at every cast and must stay small."""

MAX_STARTS = 65_535

MAX_SEALED_SLIPS = 48 + 32 + 10 * MAX_MEMBERS
"""Bytes: what HPKE adds (32 of key, 16 of tag), a digest, ten digits for everybody (`rounds.slip_file`)."""

RoundId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9a-f]{16}\Z")]
Mode = Literal["official", "rehearsal"]
Method = Literal["gathered", "stationed"]
KeyStorage = Literal["token", "same_disk"]
_Count = Annotated[int, msgspec.Meta(ge=0, le=9_999_999)]
_Members = Annotated[int, msgspec.Meta(ge=1, le=MAX_MEMBERS)]

DEFAULT_INSTRUCTION = "请在“等次”栏中选择其中一项打“√”，多选或不选均为无效。"
"""附件 1, 备注 1."""

DEFAULT_DUTIES = (
    "是否坚决执行党的基本路线和各项方针政策；",
    "是否通过“支部上网行动”等方式密切联系团员青年；",
    "是否认真开展各类主题团日活动，并通过抢票方式实现团的活动开放共享；",
    "是否带领团支部全体团员注册成为志愿者并参与志愿服务活动；",
    "是否做好团员发展以及教育、管理和服务工作。",
)
"""附件 1, 备注 3: 团支部书记基本履职要求."""


class OrganisationCard(Record, frozen=True, kw_only=True):
    """`.pub`: an organisation's name and key, signed by that key (proof of possession)."""

    name: Name
    signing: Key


class Assessed(Record, frozen=True, kw_only=True):
    """测评对象 (附件 1): who is assessed."""

    member_id: OptionalName
    name: Name
    post: OptionalLine
    since: OptionalName


class Branch(Record, frozen=True, kw_only=True):
    """The branch; `code` is the ledger's, empty without one."""

    code: OptionalName
    name: Name


class RoundKeys(Record, frozen=True, kw_only=True):
    """Keys for one round whose private halves (64 bytes) travel sealed under a printed code."""

    sealed: Annotated[str, msgspec.Meta(max_length=4096)]
    """The key file's text, `rounds.keyfile`."""
    sealing: Key
    signing: Key


class Authorisation(Record, frozen=True, kw_only=True):
    """`.auth`: the upper organisation's 批复 of one round (附件 2, 1)."""

    activation: RoundKeys
    assessed: Assessed
    attempt: Annotated[int, msgspec.Meta(ge=1, le=99)]
    branch: Branch
    closes: OptionalTime
    duties: Annotated[tuple[Paragraph, ...], msgspec.Meta(max_length=20)]
    emergency: RoundKeys
    instruction: Paragraph
    issued: Time
    issuer: Name
    method: Method
    mode: Mode
    opens: OptionalTime
    place: OptionalLine
    previous_end: OptionalDigest
    """Digest of the signed end (无效 or 作废) of attempt - 1; empty for the first attempt."""
    registered: _Members
    """N, 登记注册团员, frozen here."""
    roster_digest: OptionalDigest
    round_id: RoundId
    secretary_votes: bool
    supervisor: OptionalName
    title: Line
    year: Annotated[int, msgspec.Meta(ge=2000, le=2200)]

    @property
    def expected(self) -> int:
        """应参加: the registered members who may vote."""
        return self.registered if self.secretary_votes else self.registered - 1


class SlipFile(Record, frozen=True, kw_only=True):
    """`.slips`: the 投票凭条 that were printed with an authorisation, for the box of that very authorisation."""

    attempt: Annotated[int, msgspec.Meta(ge=1, le=99)]
    authorisation_digest: Digest
    round_id: RoundId
    sealed: Annotated[bytes, msgspec.Meta(max_length=MAX_SEALED_SLIPS)]
    """Their numbers (`rounds.slip_file`), sealed to the activation key."""


class Officer(Record, frozen=True, kw_only=True):
    """One officer of the round with the public halves of the keys made for this round alone."""

    name: Name
    role: Holder
    sealing: Key
    signing: Key


class ZeroReport(Record, frozen=True, kw_only=True):
    """票箱为空，现在封箱: what both officers signed before the first ballot."""

    authorisation_digest: Digest
    key_storage: KeyStorage
    laptop: OptionalName
    """Whose laptop the box is."""
    mode: Mode
    officers: Annotated[tuple[Officer, ...], msgspec.Meta(min_length=2, max_length=2)]
    """Supervisor first, then teller."""
    opened: Time
    readiness: Annotated[tuple[Line, ...], msgspec.Meta(max_length=40)]
    roster_used: bool
    round_id: RoundId
    round_key: Key
    """X25519; every ballot is sealed to it. Its digest's first words are the 箱号."""
    software: Line


class LogLine(Record, frozen=True, kw_only=True):
    """One round-level event; never a cast, an unlock, a choice or a key press."""

    at: Time
    event: Literal["opened", "slips_made", "started", "wrong_code", "count_disputed", "stopped", "closed", "void"]


class Chain(Record, frozen=True, kw_only=True):
    """What every end of a round carries: the round, its authorisation and its zero report, whole."""

    authorisation: Annotated[str, msgspec.Meta(max_length=100_000)]
    """The `.auth` envelope's text."""
    authorisation_digest: Digest
    mode: Mode
    round_id: RoundId
    zero_report: Annotated[str, msgspec.Meta(max_length=100_000)]
    zero_report_digest: Digest


class Conduct(Record, frozen=True, kw_only=True):
    """How the round ran, for the reader of its end."""

    emergency_used: bool
    helped: _Count
    """Voters who took a helper."""
    log: Annotated[tuple[LogLine, ...], msgspec.Meta(max_length=2000)]
    log_complete: bool
    """False: the log file was missing or damaged; the counts beside it come from the sealed state."""
    starts: Annotated[int, msgspec.Meta(ge=0, le=MAX_STARTS)]
    """Starts of the kiosk, each with two holders' codes; every one after the first is a restart."""
    stopped: bool
    """Whether the kiosk itself froze the box (封箱码); False: it was closed without that."""
    wrong_codes: Annotated[int, msgspec.Meta(ge=0, le=MAX_STARTS)]
    """Wrong 开启口令 tries."""


class SlipCount(Record, frozen=True, kw_only=True):
    """投票凭条 of a round that used them; which of them were used is nowhere."""

    leftover: _Count
    """未发出: still in the officers' hands at the end, counted before the tally."""
    made: _Count
    wrong: Annotated[int, msgspec.Meta(ge=0, le=MAX_STARTS)]
    """Ten digits typed that were no unused slip of this round (定点: miscopied ones are not counted)."""

    @property
    def handed_out(self) -> int:
        """How many left the officers' hands."""
        return self.made - self.leftover


class Result(Record, frozen=True, kw_only=True):
    """`.result`: the outcome with the figures it follows from; below quorum no count of either choice exists."""

    below_quorum_reason: OptionalLine
    box_seal: Digest
    """SHA-256(round key ‖ sorted sealed ballots); its first words are the 封箱码."""
    chain: Chain
    closed: Time
    collected: _Count
    conduct: Conduct
    invalid: _Count | None
    issued: _Count
    outcome: Outcome
    present: _Count
    priorities: tuple[Priority, ...]
    rate: OptionalName | None
    rate_percent: OptionalName | None
    registered: _Members
    satisfied: _Count | None
    signers: Annotated[tuple[Holder, ...], msgspec.Meta(min_length=2, max_length=3)]
    slips: SlipCount | msgspec.UnsetType = msgspec.UNSET
    """Absent where there were none: such a file is spelled as before slips existed."""
    software: Line
    supersedes: OptionalDigest
    unsatisfied: _Count | None
    valid: _Count | None


class VoidReport(Record, frozen=True, kw_only=True):
    """作废: an end without a result; the box stays unopened."""

    chain: Chain
    collected: _Count
    conduct: Conduct
    ended: Time
    issued: _Count
    present: _Count | None
    """实到, where it was known; None otherwise."""
    reason: Line
    signers: Annotated[tuple[Holder, ...], msgspec.Meta(min_length=2, max_length=3)]
    slips: SlipCount | msgspec.UnsetType = msgspec.UNSET
    """As in a result; leftover slips that nobody counted are taken for handed out."""
    software: Line
    unread: Literal[True] | msgspec.UnsetType = msgspec.UNSET
    """The 票箱U盘 was lost: the figures are the locked screen's, the conduct the log's; nobody could check them."""


def _types(name: str) -> tuple[str, str]:
    return (
        f"application/vnd.beikaobei.{name}.v1+json",
        f"application/vnd.beikaobei.rehearsal.{name}.v1+json",
    )


CARD = Kind("组织名片", OrganisationCard, "application/vnd.beikaobei.organisation.v1+json", "", 16 * 1024)
AUTHORISATION = Kind("批复文件", Authorisation, *_types("authorisation"), 96 * 1024)
SLIPS = Kind("投票凭条文件", SlipFile, *_types("slips"), 512 * 1024)
ZERO_REPORT = Kind("封箱报告", ZeroReport, *_types("zero-report"), 96 * 1024)
RESULT = Kind("测评结果文件", Result, *_types("result"), 1024 * 1024)
VOID = Kind("作废报告", VoidReport, *_types("void"), 1024 * 1024)
