"""`kit`: everything that the branches of the ledger need on the day, a folder each, in one command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from admin_cli.authorize import METHOD_OPTION, WARN_OF_SLIPS, check_window_given, granted, sign_plan, warn_of_past
from admin_cli.folders import folder_name, write_folder
from admin_cli.inputs import COUNT, FILE, MOMENT, OPTIONAL_LINE
from admin_cli.papers.kit import (
    AUTHORISATION_NAME,
    CARD_NAME,
    SLIPS_NAME,
    SLIPS_PAPER,
    WITH_CODES,
    kit_papers,
)
from admin_cli.progress_bar import watched
from admin_cli.registries import registry_option, registry_to_write
from admin_cli.secrets_in import Secret, existing
from admin_cli.session import Session, command
from admin_cli.slips_ahead import slips_ahead
from ballots_store.files import read_capped
from ballots_store.trust import enrol, enrolled
from canvass.grants import Waiting, record_grants, scope_of, waiting
from canvass.ledger import LedgerBranch
from canvass.registry import Registry
from rounds import keyfile
from rounds.chain import read_authorisation
from rounds.documents import AUTHORISATION, CARD, Authorisation, OrganisationCard
from rounds.envelope import Verified, sign
from rounds.errors import BadInput, RuleRefusal
from rounds.issuing import IssuedAuthorisation, OrganisationKey, RoundPlan, open_organisation_key
from rounds.keyfile import PRINTED_KDF

_AHEAD = 2
"""Authorisations that are made ahead of their papers, by one thread: the key derivation runs beside them.

One thread, never more: where a derivation has several lanes, OpenSSL spreads them over threads of its own, and two
derivations at once wait for each other's for ever (cryptography 50: three threads in `Argon2id.derive`, none running).
"""


@dataclass(frozen=True)
class _Work:
    """One branch: what to authorise, where its folder goes."""

    waiting: Waiting
    plan: RoundPlan
    place: Path


@command(
    "kit",
    "为台账中所有待批复的团支部各生成一个文件夹：批复文件、授权书、应急信封、签到表、投票凭条、测评表等，可直接打印。\n"
    "每个文件夹要么完整，要么没有；中断后再次运行即从原处继续，已有的不覆盖。\n"
    "凭条的号码另存于“投票凭条.slips”，只有启用码能打开：与批复文件一同拷到会场的U盘，封箱时载入票箱。",
    example="kit --all-pending --org-key org.key --year 2016 --out 测评材料\n"
    "kit --branch B1 --org-key org.key --year 2016 --no-slips --out 测评材料",
)
@click.option("--all-pending", is_flag=True, help="台账中所有待批复的团支部（含需重新测评的）。")
@click.option("--branch", "codes", multiple=True, metavar="CODE", help="只生成这一团支部的；可多次使用。")
@click.option("--org-key", required=True, type=FILE, metavar="F.key", help="组织密钥文件。")
@click.option("--year", required=True, type=COUNT, metavar="年", help="测评年度，如 2016。")
@click.option("--place", default="", type=OPTIONAL_LINE, metavar="地点", help="测评地点；各支部不同的，打印后填写。")
@click.option("--opens", default="", type=MOMENT, metavar="T", help="开始时间，如 2017-03-20T08:00:00+08:00。")
@click.option("--closes", default="", type=MOMENT, metavar="T", help="结束时间；都不填则不限时间。")
@METHOD_OPTION
@click.option(
    "--no-slips",
    is_flag=True,
    help="不附投票凭条（默认附）：集中投票可以不用，定点投票的须在封箱后另行制作（slips）。",
)
@click.option("--out", required=True, type=FILE, metavar="DIR", help="放各团支部文件夹的位置，没有则新建。")
@registry_option
def kit(session: Session, org_key: Path, out: Path, **given: Any) -> None:  # noqa: ANN401  click's values by name
    """Authorise and print for every branch that waits."""
    if bool(given["codes"]) == given["all_pending"]:
        raise BadInput("请用 --all-pending 生成全部待批复的，或用 --branch 指明团支部，二者选一。")
    check_window_given(given)
    data = read_capped(org_key, keyfile.MAX_SIZE, "组织密钥文件")
    keyfile.read_key_file(data)
    key = open_organisation_key(data, existing(Secret.ORG_PASSPHRASE))
    card = sign(OrganisationCard(name=key.name, signing=key.public), CARD.official, [key.signing])
    with registry_to_write(session) as registry, _folder_of_folders(out):
        work, refused = _work(registry, key, out, given)
        work, resumed = _resume(registry, key, work, slips=not given["no_slips"])
        if key.public not in enrolled(session.home):
            enrol(session.home, card)
        written = []
        made = _made(work, key, card, session.now(), slips=not given["no_slips"])
        try:
            for one in watched(made, len(work), "生成", show=not session.as_json):
                record_grants(registry, [one])
                written.append(one)
        except KeyboardInterrupt:
            session.output.warn(
                f"已生成{len(written)}个，其余{len(work) - len(written)}个未生成：再次运行即从原处继续。"
            )
            raise
    warn_of_past(session, given["closes"])
    _show(session, out, work, refused, resumed)
    if (work or resumed) and not given["no_slips"]:
        session.output.warn(WARN_OF_SLIPS)


def _work(
    registry: Registry, key: OrganisationKey, out: Path, given: Mapping[str, Any]
) -> tuple[list[_Work], list[tuple[LedgerBranch, str]]]:
    """What is to be made, and the branches that wait but cannot be authorised, each with the reason.

    Raises:
        RuleRefusal: a branch that was named does not wait, or nothing may be authorised with this key.
    """
    found = waiting(registry, year=given["year"], path=scope_of(registry, key.name))
    wanted = set(given["codes"])
    if missing := wanted - {one.branch.code for one in found}:
        raise RuleRefusal(f"团支部{'、'.join(sorted(missing))}不在待批复之列：台账中没有、已批复或已有结果。")
    chosen = [one for one in found if not wanted or one.branch.code in wanted]
    refused = [(one.branch, "团员挂靠尚未确认") for one in chosen if not one.branch.affiliated]
    ready = [one for one in chosen if one.branch.affiliated]
    return [_Work(one, _plan(one, given), out / _folder(one.branch)) for one in ready], refused


def _folder(branch: LedgerBranch) -> str:
    return folder_name(f"{branch.code} {branch.name}")


def _plan(one: Waiting, given: Mapping[str, Any]) -> RoundPlan:
    branch = one.branch
    return RoundPlan(
        branch_name=branch.name,
        branch_code=branch.code,
        secretary=branch.secretary,
        year=given["year"],
        registered=branch.registered,
        post=branch.post,
        since=branch.since,
        supervisor=branch.supervisor,
        place=given["place"],
        opens=given["opens"],
        closes=given["closes"],
        method=given["method"],
        attempt=one.attempt,
        previous_end=one.previous_end,
    )


@contextmanager
def _folder_of_folders(out: Path) -> Iterator[None]:
    """`out`, made where it is not there, and removed again where the block fails before anything is in it."""
    made = not out.exists()
    out.mkdir(mode=0o700, exist_ok=True)
    try:
        yield
    except BaseException:
        if made:
            with suppress(OSError):  # something is in it, which stays
                out.rmdir()
        raise


def _resume(registry: Registry, key: OrganisationKey, work: list[_Work], *, slips: bool) -> tuple[list[_Work], int]:
    """What is left after the folders that an interrupted run finished; those are noted in the registry now.

    Raises:
        RuleRefusal: a folder stands there that is not this branch's kit of this attempt, or was made otherwise.
    """
    standing = [one for one in work if one.place.exists()]
    record_grants(registry, [(one.waiting.branch.id, _finished(one, key, slips=slips)) for one in standing])
    return [one for one in work if one not in standing], len(standing)


def _finished(one: _Work, key: OrganisationKey, *, slips: bool) -> Verified[Authorisation]:
    refusal = RuleRefusal(f"文件夹“{one.place}”已存在，但不是该团支部本次测评的材料：请移走，或换一个 --out。")
    path = one.place / AUTHORISATION_NAME
    if not path.is_file():
        raise refusal
    found = read_authorisation(read_capped(path, AUTHORISATION.cap, "批复文件"), {key.public: key.name})
    record = found.record
    if (record.branch.code, record.year, record.attempt) != (one.plan.branch_code, one.plan.year, one.plan.attempt):
        raise refusal
    if differing := _differing(one, record, slips=slips):
        raise RuleRefusal(
            f"文件夹“{one.place}”是此前生成的，{'、'.join(differing)}与本次的不同：请按原来的选项和台账再次运行；"
            "确须改变的，把该文件夹移走、作废其中的批复后重新生成。"
        )
    return found


def _differing(one: _Work, record: Authorisation, *, slips: bool) -> list[str]:
    """In which of what `kit` was told, or the ledger says, a folder that stands is another one."""
    plan, assessed = one.plan, record.assessed
    pairs = {
        "团支部名称": (plan.branch_name, record.branch.name),
        "书记": ((plan.secretary, plan.post, plan.since), (assessed.name, assessed.post, assessed.since)),
        "登记注册团员数": (plan.registered, record.registered),
        "指导监督人员": (plan.supervisor, record.supervisor),
        "地点（--place）": (plan.place, record.place),
        "开始时间（--opens）": (plan.opens, record.opens),
        "结束时间（--closes）": (plan.closes, record.closes),
        "方式（--method）": (plan.method, record.method),
        "上一次的结束文件": (plan.previous_end, record.previous_end),
        "投票凭条（--no-slips）": (slips, (one.place / SLIPS_NAME).exists()),
    }
    return [name for name, (now, then) in pairs.items() if now != then]


def _made(
    work: list[_Work], key: OrganisationKey, card: bytes, now: datetime, *, slips: bool
) -> Iterator[tuple[int, Verified[Authorisation]]]:
    """Write each folder; yields it once it stands whole."""
    with ThreadPoolExecutor(1) as pool:
        try:
            pending = {at: pool.submit(_authorise, work[at].plan, key, now) for at in range(min(_AHEAD, len(work)))}
            for at, one in enumerate(work):
                issued = pending.pop(at).result()
                if at + _AHEAD < len(work):
                    pending[at + _AHEAD] = pool.submit(_authorise, work[at + _AHEAD].plan, key, now)
                write_folder(one.place, _files(issued, key, card, slips=slips))
                yield one.waiting.branch.id, read_authorisation(issued.data, {key.public: key.name})
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _files(issued: IssuedAuthorisation, key: OrganisationKey, card: bytes, *, slips: bool) -> dict[str, bytes]:
    """One branch's files by name."""
    papers = kit_papers(granted(issued, key), slips=slips)
    drawn = dict(zip((SLIPS_PAPER, SLIPS_NAME), slips_ahead(issued, key), strict=True)) if slips else {}
    return {AUTHORISATION_NAME: issued.data, CARD_NAME: card, **papers, **drawn}


def _authorise(plan: RoundPlan, key: OrganisationKey, now: datetime) -> IssuedAuthorisation:
    return sign_plan(plan, key, now, kdf=PRINTED_KDF)


def _show(
    session: Session, out: Path, work: list[_Work], refused: list[tuple[LedgerBranch, str]], resumed: int
) -> None:
    before = f"；此前已生成{resumed}个" if resumed else ""
    session.output.lines(f"已为{len(work)}个团支部生成测评材料{before}：{out}。")
    if refused:
        rows = [(branch.code, branch.name, why) for branch, why in refused]
        session.output.table("未生成（须先更正台账）", ("代码", "团支部", "原因"), rows)
    if work or resumed:
        session.output.warn(f"“{WITH_CODES[0]}”和“{WITH_CODES[1]}”载有启用码、应急码：打印后立即删除，不得用邮件传送。")
    session.output.answer(
        {
            "out": str(out),
            "written": [{"branch": one.plan.branch_code, "path": str(one.place)} for one in work],
            "resumed": resumed,
            "refused": [{"branch": branch.code, "reason": why} for branch, why in refused],
        }
    )
