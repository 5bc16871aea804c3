"""`authorize`: the upper organisation's 批复 of one round, one `.auth` file and two codes that exist only on paper."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from admin_cli.inputs import COUNT, FILE, MOMENT, NAME, OPTIONAL_LINE, OPTIONAL_NAME, OneOf, check_suffix, read_roster
from admin_cli.newfiles import NewFiles
from admin_cli.organisations import fingerprint_words
from admin_cli.papers.officers import Granted, envelope, letter
from admin_cli.previous import next_attempt
from admin_cli.registries import registry_option, registry_to_read, registry_to_write
from admin_cli.secrets_in import Secret, existing
from admin_cli.session import Session, command
from admin_cli.slips_ahead import slips_ahead, slips_paths
from ballots_store.files import read_capped
from ballots_store.home import Home
from ballots_store.trust import enrol, enrolled
from canvass.grants import Waiting, record_grants, waiting
from canvass.ledger import LedgerBranch, branch
from rounds import keyfile
from rounds.chain import read_authorisation
from rounds.documents import CARD, OrganisationCard
from rounds.envelope import sign
from rounds.errors import BadInput, RuleRefusal, VerificationFailure
from rounds.issuing import (
    IssuedAuthorisation,
    OrganisationKey,
    RoundPlan,
    authorise,
    check_method,
    open_organisation_key,
    roster_digest,
)
from rounds.keyfile import STANDARD_KDF, KdfParameters
from rounds.rules import quorum_needed

_PLAN_FIELDS = (
    "branch_name",
    "secretary",
    "year",
    "registered",
    "supervisor",
    "post",
    "since",
    "secretary_id",
    "place",
    "title",
    "opens",
    "closes",
    "rehearsal",
    "method",
)
_PAPERS = {"letter": letter, "envelope": envelope}
WARN_OF_SLIPS = (
    "投票凭条的 Word 文件载有号码：打印、裁开、打乱后装信封密封，立即删除文件，不得用邮件传送，不登记谁抽到哪一张。"
)

METHOD_OPTION = click.option(
    "--method",
    default="gathered",
    type=OneOf("gathered", "stationed"),
    metavar="方式",
    help="gathered 集中投票；stationed 定点投票。",
)


def _round_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What is decided about the round."""
    options = (
        click.option("--branch-name", type=NAME, metavar="名", help="团支部名称。"),
        click.option("--secretary", type=NAME, metavar="名", help="被测评的团支部书记姓名。"),
        click.option("--year", required=True, type=COUNT, metavar="年", help="测评年度，如 2016。"),
        click.option("--members", "registered", type=COUNT, metavar="N", help="登记注册团员数；无 --branch 时必填。"),
        click.option("--supervisor", default="", type=OPTIONAL_NAME, metavar="名", help="指派的指导监督人员姓名。"),
        click.option("--post", default="", type=OPTIONAL_LINE, metavar="职务", help="被测评人的单位及职务。"),
        click.option("--since", default="", type=OPTIONAL_NAME, metavar="年月", help="何年何月任团支部书记。"),
        click.option("--secretary-id", default="", type=OPTIONAL_NAME, metavar="编号", help="被测评人的团员编号。"),
        click.option("--place", default="", type=OPTIONAL_LINE, metavar="地点", help="测评地点。"),
        click.option("--title", default="", type=OPTIONAL_LINE, metavar="标题", help="测评表标题；默认按通知的格式。"),
        click.option("--opens", default="", type=MOMENT, metavar="T", help="开始时间，如 2017-04-01T14:30:00+08:00。"),
        click.option("--closes", default="", type=MOMENT, metavar="T", help="结束时间；都不填则不限时间。"),
        click.option("--rehearsal", is_flag=True, help="演练：结果不能作为正式结果报送。"),
    )
    for option in reversed(options):
        function = option(function)
    return function


@command(
    "authorize",
    "批复一次测评：写出 .auth 文件，显示启用码和应急码各一次。\n"
    "启用码交指导监督人员，应急码装入信封密封；除 --letter、--envelope 的打印件外，两个码不存入任何文件。",
    example="authorize --org-key org.key --branch-name 一支部 --secretary 张三 --year 2016 --members 30 --out r.auth\n"
    "authorize --org-key org.key --branch B1 --year 2016 --slips 凭条.docx --out r.auth",
)
@click.option("--org-key", required=True, type=FILE, metavar="F.key", help="组织密钥文件。")
@_round_options
@click.option("--secretary-absent", "--no-secretary-vote", is_flag=True, help="团支部书记不参加投票（默认参加）。")
@click.option("--roster", type=FILE, metavar="F", help="花名册，每行一人，UTF-8；只存其摘要，不存姓名。")
@click.option("--previous", type=FILE, metavar="F", help="上一次无效或作废测评的结束文件；重新测评时必填。")
@click.option("--attempt", type=COUNT, metavar="K", help="第几次测评；须与 --previous 相符，一般不必填。")
@METHOD_OPTION
@click.option("--branch", metavar="CODE", help="台账中的团支部代码：名称、书记、团员数等均取自台账。")
@click.option("--letter", type=FILE, metavar="F.docx", help="授权书，载有启用码：打印交指导监督人员后删除。")
@click.option("--envelope", type=FILE, metavar="F.docx", help="应急信封，载有应急码：打印装封后删除。")
@click.option(
    "--slips",
    type=FILE,
    metavar="F.docx",
    help="投票凭条，打印裁开后删除；旁边另写 F.slips，与批复一同交会场（open --slips）。",
)
@click.option("--out", required=True, type=FILE, metavar="F.auth", help="批复文件。")
@registry_option
def authorize(session: Session, org_key: Path, out: Path, **given: Any) -> None:  # noqa: ANN401  click's values by name
    """Sign the authorisation of one round."""
    plan = _plan(given if given["branch"] is None else _from_ledger(session, given))
    papers = [(given[name], build) for name, build in _PAPERS.items() if given[name] is not None]
    for path, _ in papers:
        check_suffix(path, ".docx")
    slips = () if given["slips"] is None else slips_paths(given["slips"])
    with NewFiles(out, *(path for path, _ in papers), *slips) as files:
        data = read_capped(org_key, keyfile.MAX_SIZE, "组织密钥文件")
        keyfile.read_key_file(data)
        key = open_organisation_key(data, existing(Secret.ORG_PASSPHRASE))
        plan = _as_attempt(plan, given, session.home, key)
        issued = sign_plan(plan, key, session.now())
        enrol_own(session.home, key)
        files.write(out, issued.data)
        for path, build in papers:
            files.write(path, build(granted(issued, key)))
        for path, content in zip(slips, slips_ahead(issued, key) if slips else (), strict=True):
            files.write(path, content)
    if given["branch"] is not None:
        _note_grant(session, given["branch"], issued, key)
    if papers:
        session.output.warn("载有启用码、应急码的文件请打印后立即删除，不得用邮件、即时通信传送。")
    if slips:
        session.output.warn(WARN_OF_SLIPS)
    warn_of_past(session, plan.closes)
    _show(session, plan, issued, out, slips)


def _note_grant(session: Session, code: str, issued: IssuedAuthorisation, key: OrganisationKey) -> None:
    """From now on the branch waits for its result, no longer for its 批复 (`kit --all-pending`)."""
    with registry_to_write(session) as registry:
        signed = read_authorisation(issued.data, {key.public: key.name})
        if not signed.rehearsal:
            record_grants(registry, [(branch(registry, code).id, signed)])


def granted(issued: IssuedAuthorisation, key: OrganisationKey) -> Granted:
    """What the papers with the codes are made from."""
    record = read_authorisation(issued.data, {key.public: key.name}).record
    return Granted(record, issued.activation_code, issued.emergency_code, fingerprint_words(key.public))


def sign_plan(
    plan: RoundPlan, key: OrganisationKey, now: datetime, *, kdf: KdfParameters = STANDARD_KDF
) -> IssuedAuthorisation:
    """Sign `plan`.

    Raises:
        RuleRefusal: what was typed contradicts itself; nobody's file failed a verification.
        BadInput: something is missing or out of range.
    """
    try:
        return authorise(plan, key, now=now, draw=secrets.token_bytes, kdf=kdf)
    except VerificationFailure as failure:
        raise RuleRefusal(str(failure)) from None


def _from_ledger(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given`, with everything that the command line leaves open taken from the ledger's branch.

    Raises:
        BadInput: the command line names what the ledger decides.
        RuleRefusal: the ledger has no such branch, 挂靠 is not confirmed for it, or an attempt came before.
    """
    for name, option in (("branch_name", "--branch-name"), ("secretary", "--secretary"), ("registered", "--members")):
        if given[name] is not None:
            raise BadInput(f"--branch 已指明台账中的团支部，{option} 取自台账：请去掉 {option}，有误的先更正台账。")
    with registry_to_read(session) as registry:
        known = branch(registry, given["branch"])
        listed = waiting(registry, year=given["year"], path=known.path)
    if not known.affiliated:
        raise RuleRefusal(f"台账中“{known.name}”的团员挂靠尚未确认，团员总数未定：请先确认并更新台账，再批复。")
    if not given["rehearsal"] and given["previous"] is None:
        _check_first(session, known, next((one for one in listed if one.branch.id == known.id), None))
    taken = {"branch_name": known.name, "branch_code": known.code, "registered": known.registered}
    optional = {name: given[name] or getattr(known, name) for name in ("post", "since", "supervisor")}
    return {**given, **taken, **optional, "secretary": known.secretary}


def _check_first(session: Session, known: LedgerBranch, wait: Waiting | None) -> None:
    """A first attempt where the registry knows of one; who has lost its 批复 needs another, so that is only warned of.

    Raises:
        RuleRefusal: the attempt before ended without a valid result, and this one must stand on its end.
    """
    if wait is None:
        session.output.warn(
            f"“{known.name}”这一年度已批复过或已有结果：两份批复各自测评的，结果互相矛盾，都须核实。"
            "前一份已用过或将要使用的，请不要交出这一份。"
        )
    elif wait.attempt > 1:
        raise RuleRefusal(f"“{known.name}”上一次测评无效或已作废：请用 --previous 指明其结束文件，或用 kit 批复。")


def _plan(given: Mapping[str, Any]) -> RoundPlan:
    """The plan as far as the command line tells it."""
    for name, option in (("branch_name", "--branch-name"), ("secretary", "--secretary"), ("registered", "--members")):
        if given[name] in {None, ""}:
            raise BadInput(f"缺少 {option}：不用台账（--branch）时须填写团支部名称、书记姓名和登记注册团员数。")
    check_window_given(given)
    plan = RoundPlan(
        **{name: given[name] for name in _PLAN_FIELDS},
        branch_code=given.get("branch_code", ""),
        secretary_votes=not given["secretary_absent"],
        roster_digest=_digest_of(given["roster"], given["registered"]),
    )
    check_method(plan)
    return plan


def check_window_given(given: Mapping[str, Any]) -> None:
    """A 定点 round needs a window, and a window begins before it ends.

    Raises:
        BadInput: it has none.
        RuleRefusal: it ends before it begins.
    """
    opens, closes = given["opens"], given["closes"]
    if given["method"] == "stationed" and not (opens and closes):
        raise BadInput("--method stationed（定点投票）须规定投票时间：请同时用 --opens 和 --closes 写明。")
    if opens and closes and datetime.fromisoformat(opens) >= datetime.fromisoformat(closes):
        raise RuleRefusal("批复的开始时间不早于结束时间，未作批复：请核对 --opens 和 --closes。")


def warn_of_past(session: Session, closes: str) -> None:
    """A window that is over unlocks nobody; it is signed all the same, since the clock here may be wrong."""
    if closes and datetime.fromisoformat(closes) < session.now():
        session.output.warn(f"规定的投票时间已过（截至{closes}），凭这样的批复不能投票：请核对 --opens、--closes。")


def _digest_of(path: Path | None, registered: int) -> str:
    if path is None:
        return ""
    members = read_roster(path)
    if len(members) != registered:
        raise BadInput(f"花名册有{len(members)}人，--members 为{registered}：两者须相等，请核对。")
    return roster_digest(members)


def _as_attempt(plan: RoundPlan, given: Mapping[str, Any], home: Home, key: OrganisationKey) -> RoundPlan:
    """`plan` with its attempt number and the digest of the attempt before, from --previous."""
    attempt, digest = 1, ""
    if given["previous"] is not None:
        attempt, digest = next_attempt(given["previous"], plan, enrolled(home) | {key.public: key.name})
    if given["attempt"] not in {None, attempt}:
        raise BadInput(f"--attempt 应为{attempt}：重新测评的次数由 --previous 指明的上一次结束文件得出。")
    return replace(plan, attempt=attempt, previous_end=digest)


def enrol_own(home: Home, key: OrganisationKey) -> None:
    """Who authorises here trusts himself; the card is made again from the key, the `.pub` need not be at hand."""
    if key.public not in enrolled(home):
        enrol(home, sign(OrganisationCard(name=key.name, signing=key.public), CARD.official, [key.signing]))


def _show(session: Session, plan: RoundPlan, issued: IssuedAuthorisation, out: Path, slips: Sequence[Path]) -> None:
    session.output.facts(
        "演练批复" if plan.rehearsal else "批复",
        [
            ("批复文件", out),
            ("测评编号", issued.round_id),
            ("团支部", plan.branch_name),
            ("测评对象", plan.secretary),
            ("登记注册团员", f"{plan.registered}名（有效须至少{quorum_needed(plan.registered)}名参与）"),
            ("第几次测评", plan.attempt),
            ("启用码（交指导监督人员）", issued.activation_code),
            ("应急码（装信封密封）", issued.emergency_code),
            *zip(("投票凭条（打印）", "投票凭条文件（交会场）"), slips, strict=False),
        ],
    )
    session.output.lines("启用码和应急码只显示这一次，不存入批复文件：请立即抄写或打印。")
    session.output.answer(
        {
            "round_id": issued.round_id,
            "activation_code": issued.activation_code,
            "emergency_code": issued.emergency_code,
            "path": str(out),
            "attempt": plan.attempt,
            "mode": "rehearsal" if plan.rehearsal else "official",
            "method": plan.method,
            "registered": plan.registered,
            "slips": [str(path) for path in slips],
        }
    )
