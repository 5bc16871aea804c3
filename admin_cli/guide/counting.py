"""停止投票之后: 签到人数, count or go on, the two codes, the figures; and 作废 where nothing else is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from admin_cli.figures import record_of, seal_words
from admin_cli.guide.desk import Desk
from admin_cli.guide.officers import two_codes
from admin_cli.guide.setting import Setting
from admin_cli.guide.voting import so_far, vote
from admin_cli.inputs import checked_line
from ballots_store.closing import CloseRequest, close_round
from ballots_store.errors import LeftoverMissing, TokenAway
from ballots_store.inquiries import authorised
from ballots_store.opening import FEW_MEMBERS
from ballots_store.status import Status
from ballots_store.voiding import VoidRequest, void_round
from rounds.documents import RESULT, Authorisation, Result
from rounds.results import figures_of, reason_sentence, result_sentence
from rounds.rules import Outcome

_REASONS_TO_END = ("多数团员请假或外出，人数不足", "场地或时间所限，不能继续", "设备故障，不能继续")
_REASONS_TO_VOID = ("团员人数有变化，须重新批复", "收回的票数多于签到人数", "票箱U盘遗失", "设备故障，不能继续")
_SECOND = 2


def count(setting: Setting, found: Status) -> None:
    """Ask for 签到人数 and do what follows from it; the box stays as it is until the two codes open it.

    Raises:
        desk.Back: `0`.
        RoundError: refused; nothing was counted.
    """
    basis = authorised(setting.home, found.round_id)
    setting.desk.heading("开箱计票")
    setting.desk.say(f"{found.title}：{so_far(found)}。")
    present = _present(setting.desk, found, basis)
    if present is None:
        void(setting, found)
    elif found.quorum_met:
        _warn_few(setting.desk, found)
        options = ["开箱计票（输入两名工作人员的口令）", "作废本次测评"]
        if setting.desk.choose("票数够了。", options) == _SECOND:
            void(setting, found)
        else:
            _count(setting, found, basis, present, "")
    else:
        _too_few(setting, found, basis, present)


def _present(desk: Desk, found: Status, basis: Authorisation) -> int | None:
    """实到 from the 签到表; None: the round is to be made void, since more ballots came back than people came."""
    while True:
        present = desk.number("签到表上的实到人数" if basis.method == "gathered" else "签收凭条的人数")
        if present > basis.registered:
            desk.say(f"实到{present}人，多于登记注册团员{basis.registered}名：请按签到表核对，只数登记注册的团员。")
        elif present < (found.collected or 0):
            desk.say(f"实到{present}人，收回{found.collected}张：收回的票数多于实到人数。")
            desk.say("请先核对签到表，有没有漏签的。确属如此，本次测评无效，只能作废，报上级团组织重新批复。")
            if desk.choose("怎么办？", ["重新填写实到人数", "作废本次测评"]) == _SECOND:
                return None
        else:
            return present


def _too_few(setting: Setting, found: Status, basis: Authorisation, present: int) -> None:
    """Going on is the default; ending needs a written reason and both codes."""
    desk, missing = setting.desk, found.quorum_needed - (found.collected or 0)
    desk.say(f"收回{found.collected}张，有效线{found.quorum_needed}张，还差{missing}人。")
    options = ["继续投票", "结束：本次测评无效，不开箱，原因写入结果", "作废本次测评"]
    match desk.choose("怎么办？", options):
        case 1:
            vote(setting, found)
        case 2:
            _count(setting, found, basis, present, _reason(desk, "结束的原因？", _REASONS_TO_END))
        case _:
            void(setting, found)


def _count(setting: Setting, found: Status, basis: Authorisation, present: int, reason: str) -> None:
    token = setting.token(found.round_id)  # a missing stick is told before anybody types a code
    codes = two_codes(setting, found.round_id, basis)
    request = CloseRequest(found.round_id, codes, present, reason)
    setting.desk.say("正在计票…")
    try:
        close_round(setting.home, request, token=token, now=setting.now(), warn=setting.desk.warn)
    except LeftoverMissing as missing:
        question = f"共制作投票凭条{missing.made}张。请当场清点，未发出的有多少张"
        request = replace(request, leftover=setting.desk.count(question, missing.made))
        close_round(setting.home, request, token=token, now=setting.now(), warn=setting.desk.warn)


def void(setting: Setting, found: Status) -> None:
    """End the round without a count; asked once more, then the two codes.

    Raises:
        desk.Back: `0`.
        RoundError: refused; nothing was changed.
    """
    desk = setting.desk
    desk.heading("作废本次测评")
    desk.say("不开箱、不计票，写出签名的作废报告；由上级团组织凭它重新批复。作废后不能恢复。")
    if desk.choose("确定作废吗？", ["不作废", "作废"]) != _SECOND:
        return
    reason = _reason(desk, "作废的原因？", _REASONS_TO_VOID)
    token, lost = _token_or_lost(setting, found.round_id)
    codes = two_codes(setting, found.round_id, authorised(setting.home, found.round_id))
    request = VoidRequest(found.round_id, codes, reason, token_lost=lost)
    void_round(setting.home, request, token=token, now=setting.now(), warn=setting.desk.warn)


def _token_or_lost(setting: Setting, round_id: str) -> tuple[Path | None, bool]:
    """Where the 票箱U盘 is; or that it is lost, which the officers say twice, since it ends every hope of counting.

    Raises:
        TokenAway: it is out, and not said to be lost.
    """
    try:
        return setting.token(round_id), False
    except TokenAway as away:
        setting.desk.say(str(away), "票箱U盘遗失的，票再也不能开箱；作废报告只能载明屏幕显示的票数。")
        if setting.desk.choose("票箱U盘确已遗失吗？", ["没有遗失，找到后再来", "确已遗失"]) != _SECOND:
            raise
        return None, True


def show_result(desk: Desk, data: bytes) -> None:
    """The figures in the words that are announced, the reason, and what a reader would ask."""
    record = record_of(data, RESULT)
    figures = figures_of(record)
    desk.say(result_sentence(figures), reason_sentence(figures))
    desk.say(f"封箱码：{seal_words(record)}（应与停止投票时记下的相同）")
    for line in _remarks(record):
        desk.say(line)


def _remarks(record: Result) -> list[str]:
    shown_up = record.outcome is not Outcome.INVALID and min(record.satisfied or 0, record.unsatisfied or 0) <= 1
    lines = [
        f"结束的原因：{record.below_quorum_reason}" if record.below_quorum_reason else "",
        "启用应急码：是" if record.conduct.emergency_used else "",
        "" if record.conduct.stopped else "票箱未经投票界面封存即计票。",
        "注意：有一种选择至多一票，公布票数可能透露个人的选择。" if shown_up else "",
    ]
    return [line for line in lines if line]


def _warn_few(desk: Desk, found: Status) -> None:
    if found.collected is not None and found.collected < FEW_MEMBERS:
        desk.warn(f"收回的票只有{found.collected}张，公布票数可能透露个人的选择。")


def _reason(desk: Desk, question: str, usual: tuple[str, ...]) -> str:
    number = desk.choose(question, [*usual, "其他（须填写）"])
    if number <= len(usual):
        return usual[number - 1]
    return desk.text("原因", lambda typed: checked_line(typed, "原因"))
