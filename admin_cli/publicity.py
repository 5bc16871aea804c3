"""`confirm`, `publish`, `objection`, `notice`, `report`: from a counted result to the end of its 公示.

Rounds entered from paper go the same way, named as they are (2016-paper-TM-02) or by `--all --paper`, and marked
未经签名验证 on every screen and paper: `--all` alone never touches them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from admin_cli.choosing import Choice, chosen, held_of, mark_of, rounds_of, tell_left
from admin_cli.folders import folder_name, write_folder
from admin_cli.inputs import DAY, DONE_DAY, FILE, LINE, OPTIONAL_LINE, check_suffix
from admin_cli.newfiles import NewFiles
from admin_cli.papers.dates import chinese_span
from admin_cli.papers.publicity import Notice, notice
from admin_cli.papers.reporting import RECIPIENT_NAMES, Recipient, Report, report
from admin_cli.registries import registry_option, registry_to_read, registry_to_write
from admin_cli.session import Session, command
from canvass.confirming import confirm_revision
from canvass.counted import CountedRound
from canvass.paper_rounds import rounds_named
from canvass.publicity import record_step
from canvass.registry import Registry
from canvass.steps import Posting
from rounds.errors import BadInput, RuleRefusal
from rounds.publicity import PUBLICITY_NAMES, Publicity, Step, publicity_period

_CHANNELS = ("公告栏", "团属网站")
"""Of the notice's three; 暖青汇 APP is named where it is used."""
_LONGEST_CHANNELS = 200


@command(
    "confirm",
    "上级团组织确认测评结果；确认后方可公示。有冲突的不予确认。\n"
    "更正件用 --revision 确认（摘要见 summary --json），确认后以更正件为准，原结果保留。\n"
    "纸质测评（import --paper 录入，未经签名验证）的编号形如 2016-paper-TM-02；--all 不含它们，另加 --paper 单独办理。",
    example="confirm 2016-0123456789abcdef\nconfirm --all --year 2016\nconfirm --all --paper --year 2016",
)
@chosen
@click.option("--date", "day", type=DONE_DAY, metavar="日期", help="确认之日（默认今天）。")
@click.option("--revision", metavar="摘要", help="确认这一份待确认的更正件。")
@registry_option
def confirm(session: Session, choice: Choice, day: date | None, revision: str | None) -> None:
    """Confirm results, or one revision."""
    today = session.now().date()
    with registry_to_write(session) as registry:
        if revision is not None:
            _confirm_revision(session, registry, revision, choice)
            return
        rounds = rounds_of(registry, choice, Publicity.COUNTED, today)
        after = record_step(registry, rounds, Step.CONFIRM, day or today, now=session.now())
        _show(session, after, today, "已确认")
        tell_left(session, registry, choice, Publicity.COUNTED)


def _confirm_revision(session: Session, registry: Registry, digest: str, choice: Choice) -> None:
    if choice.named or choice.every or choice.on_paper:
        raise BadInput("--revision 须单独使用：一次确认一份更正件。")
    try:
        bytes.fromhex(digest)
    except ValueError:
        raise BadInput("--revision 须为更正件的摘要：64位十六进制，见 summary --json。") from None
    confirm_revision(registry, digest, now=session.now())
    session.output.lines(
        "更正件已确认：以后以更正后的结果为准，原结果保留备查；原结果已公示的请撤下，更正后的结果另行确认、公示。"
    )
    session.output.answer({"revision": digest})


@command(
    "publish",
    "登记公示：何日张贴、在哪些渠道；公示期3天，自张贴次日起算（自然日，可改为工作日）。",
    example="publish 2016-0123456789abcdef --channel 公告栏 --channel 团属网站\npublish --all --date 2017-04-02",
)
@chosen
@click.option("--date", "day", type=DONE_DAY, metavar="日期", help="张贴之日（默认今天）。")
@click.option("--channel", "channels", multiple=True, type=LINE, metavar="渠道", help="公示渠道，可多次使用。")
@click.option("--working-days", is_flag=True, help="按工作日计算公示期（周六、周日不计）。")
@click.option("--holiday", "holidays", multiple=True, type=DAY, metavar="日期", help="法定节假日，不计入工作日。")
@registry_option
def publish(session: Session, choice: Choice, **given: Any) -> None:  # noqa: ANN401  click's values
    """Record that results went up."""
    today = session.now().date()
    posting = _posting(given, today)
    with registry_to_write(session) as registry:
        rounds = rounds_of(registry, choice, Publicity.CONFIRMED, today)
        after = record_step(registry, rounds, Step.POST, posting.posted, now=session.now(), posting=posting)
        _show(session, after, today, f"公示期{chinese_span(posting.period.first, posting.period.last)}")
        tell_left(session, registry, choice, Publicity.CONFIRMED)


def _posting(given: dict[str, Any], today: date) -> Posting:
    """What the command line says of the 公示.

    Raises:
        BadInput: a channel that would not come back as it was written, or holidays without working days.
    """
    channels = tuple(given["channels"]) or _CHANNELS
    if any("、" in channel for channel in channels) or len("、".join(channels)) > _LONGEST_CHANNELS:
        raise BadInput("--channel 每次写一个渠道，不含顿号；各渠道合计不超过200字。")
    if given["holidays"] and not given["working_days"]:
        raise BadInput("--holiday 须与 --working-days 同用：自然日不除节假日。")
    posted = given["day"] or today
    holidays = frozenset(given["holidays"])
    period = publicity_period(posted, working_days=given["working_days"], holidays=holidays)
    return Posting(posted, period, channels, given["working_days"])


@command(
    "objection",
    "登记和处理公示期内的异议：--raise 登记，--settle 经核实维持；--withdraw 撤回确认和公示（退回已计票，另行处理）。\n"
    "确认后才有冲突、录入不一致或另有签名结果的，也用 --withdraw 撤回；公示期满后，只可撤回有冲突的和未经签名验证的。\n"
    "撤回须写明原因，各步骤均保留备查；更正后须重新确认、重新公示3天。",
    example="objection 2016-0123456789abcdef --raise 来电反映签到人数不符\n"
    "objection 2016-0123456789abcdef --withdraw 另报来一份数字不同的结果",
)
@click.argument("named", metavar="测评编号")
@click.option("--raise", "raised", type=LINE, metavar="内容", help="登记异议的内容。")
@click.option("--settle", "settled", type=LINE, metavar="结果", help="核实后维持结果，写明处理情况。")
@click.option("--withdraw", "withdrawn", type=LINE, metavar="原因", help="撤回确认，写明原因。")
@click.option("--date", "day", type=DONE_DAY, metavar="日期", help="收到异议或处理之日（默认今天）。")
@registry_option
def objection(session: Session, named: str, day: date | None, **given: str | None) -> None:
    """Record what becomes of an objection."""
    steps = {Step.OBJECT: given["raised"], Step.SETTLE: given["settled"], Step.WITHDRAW: given["withdrawn"]}
    wanted = [(step, note) for step, note in steps.items() if note is not None]
    if len(wanted) != 1:
        raise BadInput("请用 --raise、--settle、--withdraw 之一：一次办理一步。")
    ((step, note),) = wanted
    today = session.now().date()
    with registry_to_write(session) as registry:
        # Figures that are contradicted are not upheld; to take a confirmation of them back is what has to be done.
        rounds = rounds_named(registry, [named], contested=step is not Step.SETTLE)
        after = record_step(registry, rounds, step, day or today, now=session.now(), note=note)
        _show(session, after, today, "已登记")


def _show(session: Session, after: Sequence[CountedRound], today: date, what: str) -> None:
    """How the rounds stand after the step."""
    counts = Counter(one.publicity(today) for one in after)
    stands = "，".join(f"{PUBLICITY_NAMES[state]}{count}个" for state, count in counts.items())
    session.output.lines(f"{what}：{stands}。" if after else "没有可以办理这一步的测评。")
    session.output.lines(*(f"{mark_of(one)}：{one.branch}（{one.round_id}）。" for one in after if not one.signed))
    session.output.answer({"rounds": [round_answer(one, today) for one in after]})


def round_answer(one: CountedRound, today: date) -> dict[str, object]:
    """One round with its publicity in JSON."""
    posting = one.posting
    return {
        "round_id": one.round_id,
        "branch": one.branch,
        "outcome": one.figures.outcome,
        "publicity": one.publicity(today),
        "posted": posting.posted.isoformat() if posting else None,
        "first_day": posting.period.first.isoformat() if posting else None,
        "last_day": posting.period.last.isoformat() if posting else None,
        "channels": list(posting.channels) if posting else [],
        "note": one.note or None,
        "signed": one.signed,
        "mark": mark_of(one) or None,
    }


@command(
    "notice",
    "写出公示（.docx）：结果和理由、公示期、渠道、联系方式。已登记公示的用登记的日期，否则按张贴之日计算。",
    example="notice 2016-0123456789abcdef --out 公示.docx --telephone 023-12345678\nnotice --all --out 公示文件",
)
@chosen
@click.option("--out", required=True, type=FILE, metavar="F.docx|DIR", help="公示文件；--all 时为新文件夹。")
@click.option("--date", "day", type=DAY, metavar="日期", help="张贴之日（默认今天）；尚未登记公示时用。")
@click.option("--channel", "channels", multiple=True, type=LINE, metavar="渠道", help="公示渠道；尚未登记公示时用。")
@click.option("--working-days", is_flag=True, help="按工作日计算公示期；尚未登记公示时用。")
@click.option("--holiday", "holidays", multiple=True, type=DAY, metavar="日期", help="法定节假日，不计入工作日。")
@click.option("--telephone", default="", type=OPTIONAL_LINE, metavar="电话", help="反映异议的电话（默认取自台账）。")
@click.option("--address", default="", type=OPTIONAL_LINE, metavar="地址", help="来信、来访的地址。")
@registry_option
def notice_command(session: Session, choice: Choice, **given: Any) -> None:  # noqa: ANN401  click's values
    """Write notices."""
    today = session.now().date()
    if len(choice.named) > 1:
        raise BadInput("一次写出一份公示；多份请用 --all。")
    planned = _posting(given, today)
    out: Path = given["out"]
    with registry_to_read(session) as registry:
        rounds = rounds_of(registry, choice, Publicity.CONFIRMED, today)
        papers = {_file_name(one): _notice(registry, one, planned, given, today) for one in rounds}
        tell_left(session, registry, choice, Publicity.CONFIRMED)
    written = _write_all(out, papers) if choice.every else _write_one(out, papers)
    session.output.lines(*(f"已写出：{path}" for path in written) if written else ["没有已确认、待公示的测评。"])
    session.output.answer({"files": [str(path) for path in written]})


def _file_name(one: CountedRound) -> str:
    return f"{folder_name(one.branch)} {one.round_id}.docx"


def _notice(registry: Registry, one: CountedRound, planned: Posting, given: dict[str, Any], today: date) -> bytes:
    """The paper of one round.

    Raises:
        RuleRefusal: the result is not confirmed.
    """
    if one.publicity(today) is Publicity.COUNTED:
        raise RuleRefusal(f"测评{one.round_id}的结果尚未确认，不能公示：请先用 confirm 确认。")
    posting = one.posting or planned
    return notice(
        Notice(
            held_of(registry, one),
            posting.posted,
            posting.period.first,
            posting.period.last,
            posting.channels,
            telephone=given["telephone"] or one.telephone,
            address=given["address"],
            working_days=posting.working_days,
        )
    )


def _write_one(out: Path, papers: dict[str, bytes]) -> list[Path]:
    check_suffix(out, ".docx")
    with NewFiles(out) as files:
        for data in papers.values():
            files.write(out, data)
    return [out]


def _write_all(out: Path, papers: dict[str, bytes]) -> list[Path]:
    """A new folder, whole or not at all."""
    if papers:
        write_folder(out, papers)
    return [out / name for name in papers]


@command(
    "report",
    "测评结果为不满意的，写出两份报告（.docx）：报同级党组织、报上一级团组织。\n"
    "只报告结果、引用通知的规定；免职和重新推选由有权的组织按程序办理。",
    example="report 2016-0123456789abcdef --out 报告 --party 中共某某大学委员会 --league 共青团重庆市委",
)
@click.argument("named", metavar="测评编号")
@click.option("--out", required=True, type=FILE, metavar="DIR", help="放两份报告的新文件夹。")
@click.option("--party", default="", type=OPTIONAL_LINE, metavar="名称", help="同级党组织的名称；不填则留空手写。")
@click.option("--league", default="", type=OPTIONAL_LINE, metavar="名称", help="上一级团组织的名称；不填则留空手写。")
@registry_option
def report_command(session: Session, named: str, out: Path, party: str, league: str) -> None:
    """Write both reports."""
    today = session.now().date()
    with registry_to_read(session) as registry:
        (one,) = rounds_named(registry, [named])[-1:]
        held = held_of(registry, one)
    shown = f"公示期为{chinese_span(one.posting.period.first, one.posting.period.last)}" if one.posting else ""
    addressees = {Recipient.PARTY: party, Recipient.LEAGUE: league}
    papers = {
        f"关于测评结果的报告（{RECIPIENT_NAMES[to]}）.docx": report(Report(held, to, name, today, shown))
        for to, name in addressees.items()
    }
    written = _write_all(out, papers)
    session.output.lines(*(f"已写出：{path}" for path in written))
    session.output.answer({"files": [str(path) for path in written]})
