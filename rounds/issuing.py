"""Making the documents of a round; every random byte comes from `draw`, every time is an argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rounds.chain import check_names, read_authorisation, read_card
from rounds.codes import CODE_ENTROPY_BYTES, normalised_code, printed_code, read_officer_code, read_printed_code
from rounds.documents import (
    AUTHORISATION,
    CARD,
    DEFAULT_DUTIES,
    DEFAULT_INSTRUCTION,
    MAX_MEMBERS,
    Assessed,
    Authorisation,
    Branch,
    Method,
    OrganisationCard,
    RoundKeys,
)
from rounds.encoding import MAX_NAME, digest, is_fit, is_plain, stamp
from rounds.envelope import sign
from rounds.errors import BadInput, RuleRefusal, Unreadable
from rounds.keyfile import ENTROPY_SIZE, STANDARD_KDF, KdfParameters, open_key, read_key_file, seal_key
from rounds.keys import KEY_SIZE, SecretKeys

Draw = Callable[[int], bytes]
"""A source of random bytes: `secrets.token_bytes` in the product."""

_UNFIT = "批复内容有不合规的文字或超出范围的数：请检查各项填写（时间须为 2017-04-01T14:30:00+08:00 的形式）。"


@dataclass(frozen=True)
class OrganisationKey:
    """An organisation's signing key, in memory."""

    name: str
    signing: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.signing.public_key().public_bytes_raw()


@dataclass(frozen=True)
class RoundPlan:
    """What the organisation decides about one round before it signs (附件 2, 1)."""

    branch_name: str
    secretary: str
    year: int
    registered: int
    branch_code: str = ""
    secretary_id: str = ""
    post: str = ""
    since: str = ""
    supervisor: str = ""
    place: str = ""
    opens: str = ""
    closes: str = ""
    method: Method = "gathered"
    secretary_votes: bool = True
    roster_digest: str = ""
    attempt: int = 1
    previous_end: str = ""
    rehearsal: bool = False
    title: str = ""
    duties: Sequence[str] = field(default=DEFAULT_DUTIES)


@dataclass(frozen=True)
class IssuedAuthorisation:
    """An `.auth` file's bytes and the two codes that exist nowhere but on paper."""

    data: bytes
    round_id: str
    activation_code: str = field(repr=False)
    emergency_code: str = field(repr=False)
    activation: SecretKeys = field(repr=False, compare=False)
    """What the 启用码 opens, while it is in memory anyway: who prints slips signs them with it, no derivation more."""


def new_organisation(name: str, passphrase: str, draw: Draw, kdf: KdfParameters = STANDARD_KDF) -> tuple[bytes, bytes]:
    """A new organisation key: the `.key` file's bytes and the `.pub` card's.

    Raises:
        BadInput: the name is empty or not plain text, the passphrase too short or trivial.
    """
    _check_text("组织名称", name)
    code = read_officer_code(passphrase, "密钥口令")
    seed = draw(KEY_SIZE)
    key = OrganisationKey(name, Ed25519PrivateKey.from_private_bytes(seed))
    card = sign(OrganisationCard(name=name, signing=key.public), CARD.official, [key.signing])
    read_card(card)
    return (
        seal_key(seed, public=key.public, name=name, code=code, entropy=draw(ENTROPY_SIZE), kdf=kdf),
        card,
    )


def open_organisation_key(data: bytes, passphrase: str) -> OrganisationKey:
    """Open a `.key` file.

    Raises:
        Unreadable: not an organisation's key file.
        VerificationFailure: a wrong passphrase or an altered file.
    """
    code = normalised_code(passphrase)
    seed = open_key(data, code, "密钥口令")
    if len(seed) != KEY_SIZE:
        raise Unreadable("这不是组织密钥文件：请选择 keys new 生成的 .key 文件。")
    return OrganisationKey(read_key_file(data).name, Ed25519PrivateKey.from_private_bytes(seed))


def make_round_keys(name: str, code: str, draw: Draw, kdf: KdfParameters) -> tuple[SecretKeys, RoundKeys]:
    """Fresh keys for one holder and one round, and their record sealed under `code`."""
    secret = draw(2 * KEY_SIZE)
    keys = SecretKeys.from_bytes(secret)
    sealed = seal_key(secret, public=keys.signing_public, name=name, code=code, entropy=draw(ENTROPY_SIZE), kdf=kdf)
    return keys, RoundKeys(sealed=sealed.decode(), sealing=keys.sealing_public, signing=keys.signing_public)


def open_round_keys(record: RoundKeys, code: str, what: str) -> SecretKeys:
    """A holder's private halves; `what` names the code to the user.

    Raises:
        Unreadable: the record holds no key file of a holder.
        VerificationFailure: a wrong code or an altered record.
    """
    secret = open_key(record.sealed.encode(), code, what)
    if len(secret) != 2 * KEY_SIZE:
        raise Unreadable(f"{what}对应的密钥无法识别：文件损坏或被改动。")
    keys = SecretKeys.from_bytes(secret)
    if (keys.signing_public, keys.sealing_public) != (record.signing, record.sealing):
        raise Unreadable(f"{what}对应的密钥与公钥不符：文件损坏或被改动。")
    return keys


def authorise(
    plan: RoundPlan, key: OrganisationKey, *, now: datetime, draw: Draw, kdf: KdfParameters = STANDARD_KDF
) -> IssuedAuthorisation:
    """Sign the authorisation of one round and make its two printed codes.

    Raises:
        BadInput: something in the plan is missing, out of range or not plain text.
        VerificationFailure: the plan contradicts itself (window, names, attempt).
    """
    _check_plan(plan)
    activation_code, emergency_code = printed_code(draw(CODE_ENTROPY_BYTES)), printed_code(draw(CODE_ENTROPY_BYTES))
    activation, activation_record = _printed_keys("启用", activation_code, draw, kdf)
    record = Authorisation(
        activation=activation_record,
        assessed=Assessed(member_id=plan.secretary_id, name=plan.secretary, post=plan.post, since=plan.since),
        attempt=plan.attempt,
        branch=Branch(code=plan.branch_code, name=plan.branch_name),
        closes=plan.closes,
        duties=tuple(plan.duties),
        emergency=_printed_keys("应急", emergency_code, draw, kdf)[1],
        instruction=DEFAULT_INSTRUCTION,
        issued=stamp(now),
        issuer=key.name,
        method=plan.method,
        mode="rehearsal" if plan.rehearsal else "official",
        opens=plan.opens,
        place=plan.place,
        previous_end=plan.previous_end,
        registered=plan.registered,
        roster_digest=plan.roster_digest,
        round_id=f"{plan.year}-{draw(8).hex()}",
        secretary_votes=plan.secretary_votes,
        supervisor=plan.supervisor,
        title=plan.title or usual_title(plan.branch_name, plan.year),
        year=plan.year,
    )
    data = sign(record, AUTHORISATION.payload_type(rehearsal=plan.rehearsal), [key.signing])
    _read_back(data, key)
    return IssuedAuthorisation(data, record.round_id, activation_code, emergency_code, activation)


def usual_title(branch_name: str, year: int) -> str:
    """XX团支部书记XX年度满意度测评 (附件 1), where nobody has chosen another title."""
    return f"{branch_name.removesuffix('团支部')}团支部书记{year}年度满意度测评"


def check_method(plan: RoundPlan | Authorisation) -> None:
    """Hold a 定点 round against what it needs (RULES.md 3): a box in a public place, for a stated time, with slips.

    Raises:
        RuleRefusal: no window, or a roster: a slip is never tied to a name.
    """
    if plan.method == "stationed" and not (plan.opens and plan.closes):
        raise RuleRefusal("定点投票须规定投票时间：批复时用 --opens 和 --closes 写明开始和结束时间。")
    if plan.method == "stationed" and plan.roster_digest:
        raise RuleRefusal("定点投票使用不记名的投票凭条，不用花名册：批复时请去掉 --roster。")


def roster_digest(members: Sequence[str]) -> str:
    """The digest that binds a roster: SHA-256 of the JSON array of its sorted members."""
    return digest(msgspec.json.encode(sorted(members)))


def _printed_keys(name: str, code: str, draw: Draw, kdf: KdfParameters) -> tuple[SecretKeys, RoundKeys]:
    return make_round_keys(name, read_printed_code(code, name), draw, kdf)


def _check_plan(plan: RoundPlan) -> None:
    _check_text("团支部名称", plan.branch_name)
    _check_text("团支部书记姓名", plan.secretary)
    if not 1 <= plan.registered <= MAX_MEMBERS:
        raise BadInput(f"登记注册团员数不在1至{MAX_MEMBERS}之间：请核对。")
    if not all(is_fit(text) for text in (*vars(plan).values(), *plan.duties) if isinstance(text, str)):
        raise BadInput(_UNFIT)
    if plan.supervisor:
        check_names(plan.secretary, plan.supervisor, "")


def _check_text(what: str, text: str) -> None:
    if not 1 <= len(text) <= MAX_NAME or not is_plain(text):
        raise BadInput(f"{what}须为1至{MAX_NAME}个可见字符，前后无空格：请重新填写。")


def _read_back(data: bytes, key: OrganisationKey) -> None:
    """What was just signed must read: a plan that no reader accepts is refused here, with its reason."""
    try:
        read_authorisation(data, {key.public: key.name})
    except Unreadable:
        raise BadInput(_UNFIT) from None
