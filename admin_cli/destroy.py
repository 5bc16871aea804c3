"""`destroy` (销毁): two holders end the life of a box, after 公示期满 or on the organisation's word."""

from __future__ import annotations

from pathlib import Path

import click

from admin_cli.holders import emergency_option, holder_codes, token_option
from admin_cli.secrets_in import interactive, question
from admin_cli.session import Session, command
from ballots_store.destroying import DestroyedNote, DestroyRequest, destroy_round, finish, read_note, unfinished
from ballots_store.status import round_status
from rounds.errors import BadInput, RuleRefusal
from rounds.sharing import HOLDER_NAMES

_END_NAMES = {"result": "测评结果", "void": "作废报告"}
_MAY_DESTROY = ("closed", "void")


@command(
    "destroy",
    "销毁一次测评的票箱：公示期满或经上级团组织同意后，由两名工作人员输入口令。\n"
    "密钥、票箱和工作人员密钥在本机和票箱U盘上被覆盖并删除，不能恢复，此后不能复核；批复、封箱报告、结果和销毁记录保留。",
    example="destroy\ndestroy 2016-0123456789abcdef --yes",
)
@click.argument("round_id", metavar="[ROUND]", required=False)
@click.option("--yes", is_flag=True, help="不再询问，直接销毁（供脚本使用）。")
@click.option("--token-lost", is_flag=True, help="票箱U盘确已遗失，其中的密钥无法销毁，销毁记录载明。")
@emergency_option
@token_option
def destroy(
    session: Session, *, round_id: str | None, yes: bool, token_lost: bool, emergency: bool, token: Path | None
) -> None:
    """Destroy the box of a round that has ended."""
    home, round_id = session.home, session.home.pick(round_id)
    if unfinished(home, round_id):
        session.output.warn("上次销毁中断，现继续完成，不需要口令。")
        note = finish(home, round_id)
    else:
        _confirm(session, round_id, yes=yes)
        request = DestroyRequest(round_id, holder_codes(emergency=emergency), token_lost)
        note = destroy_round(home, request, now=session.now(), token=token)
    _show(session, note)


def _confirm(session: Session, round_id: str, *, yes: bool) -> None:
    """Refuse early what can't be destroyed, then make sure that it is meant.

    Raises:
        RuleRefusal: it can't be destroyed, or was not meant.
        BadInput: nobody can be asked, and --yes is missing.
    """
    found = round_status(session.home, round_id)
    if found.state == "destroyed":
        raise RuleRefusal("本次测评的票箱已经销毁：销毁记录用 status 查看。")
    if found.state not in _MAY_DESTROY:
        raise RuleRefusal("本次测评尚未计票或作废，不能销毁：请先用 close 计票，或用 void 作废。")
    if yes:
        return
    if not interactive():
        raise BadInput("销毁后不能恢复：请在终端上运行并确认，或由脚本加 --yes。")
    if question(f"销毁“{found.title}”的票箱，不能恢复 1不销毁 2销毁", ("1", "2")) == "1":
        raise RuleRefusal("未销毁，票箱未动。")


def _show(session: Session, note: DestroyedNote) -> None:
    session.output.facts("票箱已销毁", note_rows(note))
    session.output.lines("固态或闪存介质的芯片内可能仍有残留：要求严格的，连同票箱U盘一并物理销毁。")
    session.output.answer(
        {
            "round_id": note.round_id,
            "state": "destroyed",
            "at": note.at,
            "end": note.end,
            "end_digest": note.end_digest,
            "holders": list(note.holders),
            "token_lost": note.token_lost,
        }
    )


def note_rows(note: DestroyedNote) -> list[tuple[str, object]]:
    """What the note of a destroyed box says, as rows."""
    return [
        ("测评编号", note.round_id),
        ("销毁时间", note.at),
        ("销毁人", "、".join(HOLDER_NAMES[holder] for holder in note.holders)),
        ("保留的文件", _END_NAMES[note.end]),
        ("文件摘要", note.end_digest),
        ("票箱U盘", "已遗失，其中的密钥未能销毁" if note.token_lost else "密钥已覆盖" if note.token else "未使用"),
        ("是否完成", "已完成" if note.complete else "未完成，请再次执行 destroy"),
    ]


def destroyed_rows(session: Session, round_id: str) -> list[tuple[str, object]]:
    """The rows of `status` for a destroyed round; none for any other."""
    note = read_note(session.home, round_id)
    return [] if note is None else note_rows(note)
