"""`slips` (制作投票凭条): two holders make the round's slips once, as one Word file to print and cut."""

from __future__ import annotations

from pathlib import Path

import click

from admin_cli.holders import emergency_option, holder_codes, token_option
from admin_cli.inputs import COUNT, FILE, check_suffix
from admin_cli.session import Session, command
from admin_cli.slips_sheet import COLUMNS, ROWS_PER_PAGE, slips_document
from ballots_store.files import check_can_create
from ballots_store.slip_making import SlipRequest, make_slips
from ballots_store.status import round_status
from rounds.errors import RuleRefusal

_TOO_LATE = {"stopped": "已停止投票", "closed": "已计票", "void": "已作废", "destroyed": "已销毁"}


@command(
    "slips",
    "制作投票凭条：封箱之后、第一次开启之前，由两名工作人员输入口令，写出一份 Word 文件，打印后沿虚线裁开。\n"
    "凭条只制作一次；号码只在纸面上，本机和票箱中都没有。打印后请删除该文件。定点投票必须使用凭条，集中投票可以使用。",
    example="slips --out 凭条.docx\nslips 2016-0123456789abcdef --out slips.docx --count 28",
)
@click.argument("round_id", metavar="[ROUND]", required=False)
@click.option("--out", required=True, type=FILE, metavar="F.docx", help="凭条文件。")
@click.option("--count", type=COUNT, metavar="K", help="张数，不得多于应参加人数；默认每人一张。")
@emergency_option
@token_option
def slips(
    session: Session, *, round_id: str | None, out: Path, count: int | None, emergency: bool, token: Path | None
) -> None:
    """Make a round's slips."""
    round_id = session.home.pick(round_id)
    check_suffix(out, ".docx")
    check_can_create(out)
    _refuse_late(session, round_id)
    request = SlipRequest(round_id, holder_codes(emergency=emergency), out, count)
    made = make_slips(session.home, request, slips_document, now=session.now(), token=token, warn=session.output.warn)
    if made.resumed:
        session.output.warn("上次制作中断，现已完成：凭条仍是上次制作的那些。")
    pages = -(-made.count // (COLUMNS * ROWS_PER_PAGE))
    session.output.facts(
        "投票凭条",
        [("测评编号", made.round_id), ("张数", f"{made.count}张"), ("凭条文件", out), ("A4纸", f"约{pages}页")],
    )
    session.output.lines(
        "请打印后沿虚线裁开，打乱后由团员自行抽取，不登记谁抽到哪一张；打印后删除文件，并清空打印机的存储。",
        "未发出的凭条须妥善保管，计票前清点（close --leftover）。",
    )
    session.output.answer(
        {"round_id": made.round_id, "count": made.count, "path": str(out), "pages": pages, "resumed": made.resumed}
    )


def _refuse_late(session: Session, round_id: str) -> None:
    """Refuse what needs no code to be refused.

    Raises:
        RuleRefusal: the voting has ended.
    """
    state = round_status(session.home, round_id).state
    if state in _TOO_LATE:
        raise RuleRefusal(f"本次测评{_TOO_LATE[state]}，不能再制作投票凭条。")
