"""Which papers one branch gets, under which names; beside them go the `.auth` file and the organisation's card."""

from __future__ import annotations

from collections.abc import Sequence

from admin_cli.papers.hall import afternoon_card, attendance, blank_report, paper_form
from admin_cli.papers.officers import Granted, envelope, letter

AUTHORISATION_NAME = "批复.auth"
CARD_NAME = "上级团组织.pub"
SLIPS_PAPER = "7投票凭条.docx"
"""Printed, cut, put into an envelope, and then deleted: it bears the numbers."""
SLIPS_NAME = "投票凭条.slips"
"""The same numbers for the box, readable with the 启用码 alone."""
WITH_CODES = ("1授权书（启用码）.docx", "2应急信封（应急码）.docx")
"""The papers that bear a code: printed, handed out, and then deleted."""


def kit_papers(granted: Granted, members: Sequence[str] = (), *, slips: bool = False) -> dict[str, bytes]:
    """The .docx files of one branch by file name, in the order in which they are needed; `slips`: it gets those too."""
    record = granted.authorisation
    return {
        WITH_CODES[0]: letter(granted),
        WITH_CODES[1]: envelope(granted),
        "3测评当天操作.docx": afternoon_card(record, slips=slips),
        "4签到表.docx": attendance(record, members),
        "5测评表（附件1，纸质备用）.docx": paper_form(record),
        "6结果报告单（空白）.docx": blank_report(record),
    }
