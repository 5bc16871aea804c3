"""`recount` (复核计票): two holders count the frozen box once more."""

from __future__ import annotations

from pathlib import Path

import click

from admin_cli.figures import expected, result_answer
from admin_cli.holders import emergency_option, holder_codes, token_option
from admin_cli.session import Session, command
from ballots_store.recounting import Recount, recount_round
from rounds.results import reason_sentence, result_sentence
from rounds.sharing import HOLDER_NAMES


@command(
    "recount",
    "复核计票：两名工作人员输入口令，把封存的票箱重新点一遍，与签名的结果核对；不改动任何文件。\n"
    "换一台电脑复核的，插上票箱U盘，用 --home 指明U盘上的 beikaobei 文件夹，用 --token 指明U盘。",
    example="recount\nrecount --home /media/usb/beikaobei --token /media/usb",
)
@click.argument("round_id", metavar="[ROUND]", required=False)
@emergency_option
@token_option
def recount(session: Session, *, round_id: str | None, emergency: bool, token: Path | None) -> None:
    """Count a closed round again."""
    round_id = session.home.pick(round_id)
    codes = holder_codes(emergency=emergency)
    done = recount_round(session.home, round_id, codes, now=session.now(), token=token)
    _show(session, done)
    answer = result_answer(done.result, done.digest, None)
    session.output.answer(
        answer | {"agrees": True, "holders": list(done.holders), "emergency_used": done.emergency_used}
    )


def _show(session: Session, done: Recount) -> None:
    session.output.facts(
        "复核计票（演练）" if done.result.chain.mode == "rehearsal" else "复核计票",
        [
            ("测评编号", done.result.chain.round_id),
            ("收回", done.tally.collected),
            ("有效", done.tally.valid),
            ("无效", done.tally.blank),
            ("满意", done.tally.satisfied),
            ("不满意", done.tally.unsatisfied),
            ("封箱码", done.seal_words),
            ("开箱人", "、".join(HOLDER_NAMES[holder] for holder in done.holders)),
            ("启用应急码", "是" if done.emergency_used else "否"),
        ],
    )
    sentence = result_sentence(done.figures, expected=expected(done.result))
    session.output.lines("复核与签名的结果一致。", sentence, reason_sentence(done.figures))
