"""`close` (停止投票、开箱计票) and `void` (作废): two holders end a round."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from admin_cli.figures import record_of, result_answer, show_result
from admin_cli.holders import emergency_option, holder_codes, token_option
from admin_cli.inputs import COUNT, FILE, LINE, checked_line
from admin_cli.leftover import ask_leftover, leftover_option, warn_about_slips
from admin_cli.newfiles import NewFiles
from admin_cli.secrets_in import interactive, question, sentence
from admin_cli.session import Session, command
from ballots_store.closing import CloseRequest, close_round, stored_end
from ballots_store.errors import BelowQuorum, LeftoverMissing
from ballots_store.frozen import copy_to_token
from ballots_store.opening import FEW_MEMBERS
from ballots_store.status import round_status
from ballots_store.voiding import VoidRequest, void_round
from rounds.chain import kind_of
from rounds.documents import RESULT, VOID, Result, VoidReport
from rounds.encoding import decode, digest
from rounds.envelope import Envelope, Kind, T
from rounds.errors import BadInput, RoundError, RuleRefusal, Unreadable
from rounds.rules import Outcome


@command(
    "close",
    "停止投票后开箱计票：输入两名工作人员的口令，写出签名的结果文件。\n"
    "收回票数未达三分之二的，可继续投票，或写明原因后结束（本次测评无效，不开箱）。",
    example="close --present 28 --out r.result\nclose --present 5 --out r.result --below-quorum 多数团员外出实习",
)
@click.argument("round_id", metavar="[ROUND]", required=False)
@click.option("--present", required=True, type=COUNT, metavar="K", help="签到表上的实到人数。")
@click.option("--out", required=True, type=FILE, metavar="F.result", help="结果文件。")
@leftover_option
@click.option("--below-quorum", "reason", type=LINE, metavar="原因", help="未达三分之二而结束的原因。")
@emergency_option
@token_option
def close(
    session: Session,
    *,
    round_id: str | None,
    present: int,
    out: Path,
    leftover: int | None,
    reason: str | None,
    emergency: bool,
    token: Path | None,
) -> None:
    """Count a round and write its result."""
    round_id = session.home.pick(round_id)
    with NewFiles(out) as files:
        data = stored_end(session.home, round_id, token=token)
        if data is not None:
            _say_again(session, data, RESULT)
        else:
            _warn_few(session, round_id)
            request = CloseRequest(round_id, holder_codes(emergency=emergency), present, reason or "", leftover)
            data = _close(session, request, token)
        _write(files, out, data)
    record = record_of(data, RESULT)
    _warn_about(session, record, reason)
    show_result(session.output, record, out)
    copy = _copy_to_token(session, round_id, token)
    session.output.answer(result_answer(record, digest(_payload(data)), out) | {"token_copy": copy})


def _close(session: Session, request: CloseRequest, token: Path | None) -> bytes:
    """Count; at a terminal ask for the leftover slips, and with too few voters what to do."""
    try:
        return close_round(session.home, request, token=token, now=session.now(), warn=session.output.warn).result
    except LeftoverMissing as missing:
        if not interactive():
            raise
        return _close(session, replace(request, leftover=ask_leftover(missing)), token)
    except BelowQuorum as few:
        if not interactive():
            raise
        request = replace(request, below_quorum_reason=_reason_to_end(few))
    return close_round(session.home, request, token=token, now=session.now(), warn=session.output.warn).result


def _copy_to_token(session: Session, round_id: str, token: Path | None) -> str | None:
    """Where on the 票箱U盘 the frozen box lies; the round is closed by now, so a stick that fails is a warning."""
    try:
        copy = copy_to_token(session.home, round_id, token=token)
    except (RoundError, OSError) as error:
        reason = str(error) if isinstance(error, RoundError) else "票箱U盘读写出错。"
        session.output.warn(
            f"结果已保存，但结果和票箱未能复制到票箱U盘：{reason}再次执行同一命令（换一个 --out）即可重试。"
        )
        return None
    if copy is None:
        return None
    session.output.lines(f"结果和封存的票箱已复制到票箱U盘，并已读回核对：{copy}")
    return str(copy)


def _reason_to_end(few: BelowQuorum) -> str:
    """The written reason for ending with too few voters.

    Raises:
        RuleRefusal: voting goes on.
    """
    if question(f"还差{few.missing}人 1继续投票 2结束", ("1", "2")) == "1":
        raise RuleRefusal("未计票，票箱未动：请运行 beikaobei-kiosk 继续投票。")
    while True:
        try:
            return checked_line(sentence("结束的原因（写入结果）"), "原因")
        except BadInput as error:
            click.echo(str(error), err=True)


def _warn_few(session: Session, round_id: str) -> None:
    collected = round_status(session.home, round_id).collected
    if collected is not None and collected < FEW_MEMBERS:
        session.output.warn(f"收回的票只有{collected}张，公布票数可能透露个人的选择。")


def _warn_about(session: Session, record: Result, reason: str | None) -> None:
    warn_about_slips(session, record)
    if record.outcome is Outcome.INVALID:
        return
    if reason:
        session.output.warn("参与人数已达三分之二，--below-quorum 的原因未采用。")
    if min(record.satisfied or 0, record.unsatisfied or 0) <= 1:
        session.output.warn("有一种选择至多一票，公布票数可能透露个人的选择。")


@command(
    "void",
    "作废一次测评：输入两名工作人员的口令，不开箱、不计票，写出签名的作废报告。\n"
    "作废后由上级团组织凭作废报告重新批复（authorize --previous）。",
    example="void --reason 多数团员提前离校 --out r.void\nvoid --reason 票箱U盘遗失 --token-lost --out r.void",
)
@click.argument("round_id", metavar="[ROUND]", required=False)
@click.option("--reason", required=True, type=LINE, metavar="原因", help="作废的原因，写入作废报告。")
@click.option("--out", required=True, type=FILE, metavar="F.void", help="作废报告。")
@click.option("--present", type=COUNT, metavar="K", help="签到表上的实到人数，写入作废报告。")
@click.option("--token-lost", is_flag=True, help="票箱U盘确已遗失：收发票数按屏幕显示，报告将载明。")
@leftover_option
@emergency_option
@token_option
def void(session: Session, *, round_id: str | None, out: Path, **given: Any) -> None:  # noqa: ANN401  click's values
    """End a round without a result."""
    round_id = session.home.pick(round_id)
    with NewFiles(out) as files:
        data = stored_end(session.home, round_id, token=given["token"])
        if data is not None:
            _say_again(session, data, VOID)
        else:
            codes = holder_codes(emergency=given.pop("emergency"))
            token = given.pop("token")
            request = VoidRequest(round_id, codes, **given)
            data = void_round(session.home, request, token=token, now=session.now(), warn=session.output.warn)
        _write(files, out, data)
    _show_void(session, record_of(data, VOID), digest(_payload(data)), out)


def _show_void(session: Session, record: VoidReport, sha256: str, out: Path) -> None:
    rows = [
        ("测评编号", record.chain.round_id),
        ("作废原因", record.reason),
        *([("实到", f"{record.present}人")] if record.present is not None else []),
        ("发出", f"{record.issued}张"),
        ("收回", f"{record.collected}张"),
        ("作废报告", out),
    ]
    session.output.facts("本次测评已作废，票箱未开启", rows)
    if record.unread:
        session.output.lines("票箱U盘遗失：发出和收回的票数取自屏幕显示，无从核对；报告已载明。")
    session.output.lines("请将作废报告报上级团组织，重新批复后另行组织测评。")
    session.output.answer(
        {
            "round_id": record.chain.round_id,
            "reason": record.reason,
            "present": record.present,
            "issued": record.issued,
            "collected": record.collected,
            "mode": record.chain.mode,
            "token_lost": bool(record.unread),
            "digest": sha256,
            "path": str(out),
        }
    )


def _say_again(session: Session, data: bytes, wanted: Kind[T]) -> None:
    """A round that has ended is only exported again.

    Raises:
        RuleRefusal: it ended the other way.
    """
    kind = kind_of(data)
    if kind is not wanted:
        raise RuleRefusal(
            "本次测评已作废，不能计票：作废报告用 void 再次导出。"
            if kind is VOID
            else "本次测评已计票，不能作废：结果文件用 close 再次导出。"
        )
    session.output.warn("本次测评已经结束，现再次导出同一文件，未重新计票，也不需要口令。")


def _write(files: NewFiles, out: Path, data: bytes) -> None:
    """Put the end where it was asked for; the home has it already, and the message says so."""
    try:
        files.write(out, data)
    except Unreadable as error:
        raise Unreadable(f"{error}本次测评已经结束并保存在本机，再次执行同一命令并换一个 --out 即可导出。") from None


def _payload(data: bytes) -> bytes:
    return decode(data, Envelope, "签名文件", max(RESULT.cap, VOID.cap)).payload
