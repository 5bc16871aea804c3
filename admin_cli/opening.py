"""`open` (验箱封箱) and `status`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from admin_cli.destroy import destroyed_rows
from admin_cli.inputs import FILE, NAME, OPTIONAL_NAME, read_roster
from admin_cli.newfiles import NewFiles
from admin_cli.organisations import trusted_roots
from admin_cli.readiness import checked_hall
from admin_cli.secrets_in import Secret, existing, new
from admin_cli.session import Session, command
from ballots_store.brought_slips import read_brought
from ballots_store.files import check_can_create, read_capped
from ballots_store.medium import survey
from ballots_store.opening import FEW_MEMBERS, Opened, OpenRequest, open_round
from ballots_store.status import Status, round_status
from rounds.chain import read_authorisation
from rounds.documents import AUTHORISATION, SLIPS, Authorisation
from rounds.envelope import Verified
from rounds.errors import BadInput, RoundError, RuleRefusal

STATE_NAMES = {
    "opened": "已封箱、可投票",
    "in_use": "投票进行中（票箱正由投票界面使用）",
    "stopped": "已停止投票、待开箱计票",
    "closed": "已计票",
    "void": "已作废",
    "destroyed": "已销毁",
}
_STORAGE_NAMES = {"token": "票箱U盘", "same_disk": "与票箱同在本机磁盘"}


LEFT = (
    "以前中断的封箱留有“{folder}”，未能清除：可能是当时所用的票箱U盘不在原来的位置，插回后下次封箱时清除；"
    "不影响本次测评。"
)
"""Said of each folder that `leftovers.clear` left."""


@command(
    "open",
    "验箱封箱：核对批复，生成空票箱，两名工作人员各设口令，宣读封箱报告。\n"
    "依次输入启用码、新设的指导监督人员口令、计票人口令（至少8个字符）和开启口令（6至12位数字）。",
    example="open r.auth --teller 李四 --token /media/usb\n"
    "open 批复.auth --slips 投票凭条.slips --teller 李四 --token /media/usb",
)
@click.argument("file", metavar="F.auth", type=FILE)
@click.option("--teller", required=True, type=NAME, metavar="姓名", help="计票人，由团员推选。")
@click.option("--supervisor", default="", type=OPTIONAL_NAME, metavar="姓名", help="指导监督人员；批复未载明时必填。")
@click.option("--roster", type=FILE, metavar="F", help="花名册；批复载明用花名册时必填，须为同一份。")
@click.option(
    "--slips", type=FILE, metavar="F.slips", help="随批复印好的投票凭条的号码文件；不用印好的凭条，就不给出。"
)
@click.option("--rehearsal", is_flag=True, help="演练；只用于演练批复。")
@click.option("--trust", "card", type=FILE, metavar="ORG.pub", help="本次采用的上级团组织名片（已登记的不必）。")
@click.option("--token", type=FILE, metavar="DIR", help="票箱U盘的文件夹；不用则密钥与票箱同在本机磁盘，保护较弱。")
@click.option("--laptop", default="", type=OPTIONAL_NAME, metavar="姓名", help="电脑是谁的，写入封箱报告。")
@click.option("--zero-report", type=FILE, metavar="F", help="另存一份签名的封箱报告。")
def open_round_command(session: Session, file: Path, card: Path | None, **given: Any) -> None:  # noqa: ANN401  click's values
    """Open a round: zero report, empty sealed box."""
    data = read_capped(file, AUTHORISATION.cap, AUTHORISATION.title)
    roots = trusted_roots(session.home, card)
    authorisation = read_authorisation(data, roots)
    basis = authorisation.record
    request = _request(session, authorisation, given)
    opened = open_round(session.home, request, roots=roots, now=session.now())
    for folder in opened.left:
        session.output.warn(LEFT.format(folder=folder))
    saved = _save_zero_report(session, given["zero_report"], opened)
    _read_aloud(session, request, basis, opened)
    session.output.answer(
        {
            "round_id": opened.round_id,
            "box_words": opened.box_words,
            "members": opened.members,
            "quorum_needed": opened.quorum_needed,
            "title": opened.title,
            "mode": basis.mode,
            "key_storage": opened.key_storage,
            "zero_report": saved,
            "slips": opened.slips,
        }
    )


def _request(session: Session, authorisation: Verified[Authorisation], given: dict[str, Any]) -> OpenRequest:
    """Everything that can be refused without a code first, then the codes."""
    basis = authorisation.record
    if not basis.supervisor and not given["supervisor"]:
        raise BadInput("批复未载明指导监督人员：请用 --supervisor 写明姓名。")
    roster = read_roster(given["roster"]) if given["roster"] is not None else ()
    if given["zero_report"] is not None:
        check_can_create(given["zero_report"])
    slips = _slips(given["slips"], authorisation)
    _warn(session, basis, given["token"])
    readiness = checked_storage(session, given["token"], rehearsal=given["rehearsal"])
    readiness = checked_hall(session, given["token"], rehearsal=given["rehearsal"], said=readiness)
    return OpenRequest(
        authorisation=authorisation.data,
        activation_code=existing(Secret.ACTIVATION),
        teller_name=given["teller"],
        supervisor_code=new(Secret.SUPERVISOR_CODE),
        teller_code=new(Secret.TELLER_CODE),
        pin=new(Secret.PIN),
        supervisor_name=given["supervisor"],
        rehearsal=given["rehearsal"],
        roster=roster,
        laptop=given["laptop"],
        token=given["token"],
        readiness=readiness,
        slips=slips,
    )


def _slips(path: Path | None, authorisation: Verified[Authorisation]) -> bytes | None:
    """The `.slips` file, as far as it can be checked without the 启用码.

    Raises:
        RuleRefusal, VerificationFailure, StorageFailure: it may not be used, does not hold, or can't be read.
    """
    if path is None:
        return None
    data = read_capped(path, SLIPS.cap, SLIPS.title)
    read_brought(data, authorisation)
    return data


def checked_storage(session: Session, token: Path | None, *, rehearsal: bool) -> tuple[str, ...]:
    """What the zero report is to say of the disk, the 票箱U盘 and the memory; each line is a warning here.

    Raises:
        RuleRefusal: the box would lie where its promises can't hold; in a rehearsal that is a warning too.
    """
    found = survey(session.home.path, token)
    if found.refusals and not rehearsal:
        raise RuleRefusal(found.refusals[0])
    lines = (*found.refusals, *found.warnings)
    for line in lines:
        session.output.warn(line)
    return lines


def _warn(session: Session, basis: Authorisation, token: Path | None) -> None:
    if basis.registered < FEW_MEMBERS:
        session.output.warn(f"登记注册团员只有{basis.registered}名，票数本身可能透露个人的选择：请向团员说明。")
    if token is None:
        session.output.warn("未用票箱U盘（--token），密钥与票箱同在本机磁盘，保护较弱，结果文件将如实载明。")


def _save_zero_report(session: Session, path: Path | None, opened: Opened) -> str | None:
    """Where the copy went; the box is sealed by now, so a full stick is a warning and no failure."""
    if path is None:
        return None
    try:
        with NewFiles() as files:
            files.write(path, opened.zero_report)
    except (RoundError, OSError):
        session.output.warn(f"票箱已封好，但封箱报告未能写到“{path}”；本机留有一份。")
        return None
    return str(path)


def _read_aloud(session: Session, request: OpenRequest, basis: Authorisation, opened: Opened) -> None:
    output = session.output
    output.facts(
        "封箱报告（演练）" if request.rehearsal else "封箱报告",
        [
            ("测评", opened.title),
            ("测评编号", opened.round_id),
            ("箱号", opened.box_words),
            ("登记注册团员", f"{opened.members}名"),
            ("有效线", f"至少{opened.quorum_needed}名参与"),
            ("指导监督人员", basis.supervisor or request.supervisor_name),
            ("计票人", request.teller_name),
            ("密钥存放", _STORAGE_NAMES[opened.key_storage]),
            *((("投票凭条", f"{opened.slips}张，随批复印制"),) if opened.slips else ()),
        ],
    )
    output.lines("请宣读：票箱为空，现在封箱，开始投票。", f"箱号：{opened.box_words}")
    if opened.slips:
        output.lines(*after_slips(opened.slips))
    output.lines("下一步：运行 beikaobei-kiosk，由两名工作人员输入口令后开始投票。")


def after_slips(count: int) -> tuple[str, str]:
    """What is said once slips that came with the 批复 are in the box."""
    return (
        f"已载入投票凭条{count}张：请将凭条打乱后由团员自行抽取，不登记谁抽到哪一张；未发出的妥善保管，计票前清点。",
        "凭条号码已在票箱中：请从U盘和签发的电脑上删除凭条的 .slips 文件和 Word 文件。",
    )


@command("status", "查看一次测评进行到哪一步；投票进行中不显示票数。", example="status")
@click.argument("round_id", metavar="[ROUND]", required=False)
def status(session: Session, round_id: str | None) -> None:
    """Show where a round stands."""
    found = round_status(session.home, _picked(session, round_id))
    session.output.facts("测评状态", [*_status_rows(found), *destroyed_rows(session, found.round_id)[1:]])
    session.output.answer(vars(found))


def _picked(session: Session, round_id: str | None) -> str:
    """The round meant; a destroyed one may still be named."""
    home = session.home
    if round_id is not None and home.folder(round_id).path.is_dir():
        return round_id
    return home.pick(round_id)


def _status_rows(found: Status) -> list[tuple[str, object]]:
    return [
        ("测评", found.title),
        ("测评编号", found.round_id),
        ("性质", "演练" if found.mode == "rehearsal" else "正式"),
        ("箱号", found.box_words),
        ("状态", STATE_NAMES[found.state]),
        ("登记注册团员", found.registered),
        ("发出", found.issued),
        ("收回", found.collected),
        ("有效线", found.quorum_needed),
        ("是否达到有效线", {True: "已达到", False: "未达到", None: None}[found.quorum_met]),
    ]
