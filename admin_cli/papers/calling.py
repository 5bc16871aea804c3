"""电话回访 sheets for the sample: whether the procedure was kept, never what anybody chose (四、工作督查 2).

Who answers stays unnamed: a name beside “was the secretary near the box” would make the next answer less true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from admin_cli.papers.word import Role, Sheet

QUESTIONS = (
    "上级团组织是否指派专人到现场指导和监督？",
    "投票前是否介绍了满意度测评的办法和要求？",
    "计票人是否由团员推选产生，且不是团支部书记本人？",
    "投票前是否当众说明票箱为空并宣读箱号？",
    "票箱是否放在独立的投票区域，其他人员是否远离？",
    "团员是否逐一单独填写，没有他人代填或在旁观看？",
    "团支部书记是否没有保管口令、没有操作票箱？",
    "测评结果是否当场公布？",
    "测评结果是否已在公告栏等渠道公示，公示时间是否满3天？",
)
ANSWERS = "□是　□否　□不清楚"


@dataclass(frozen=True)
class Called:
    """One branch of the sample."""

    number: int
    line: str
    organisation: str
    branch: str
    held: str
    supervisor: str
    contact: str = ""
    telephone: str = ""
    mark: str = ""
    """未经签名验证（纸质测评）, where no signature holds the figures."""


def call_sheets(organisation: str, sampled: Sequence[Called]) -> bytes:
    """A page for each branch of the sample, in its order."""
    sheet = Sheet("电话回访记录", tight=True, numbered=True)
    for at, called in enumerate(sampled):
        if at:
            sheet.new_page()
        _page(sheet, organisation, called)
    return sheet.data()


def _page(sheet: Sheet, organisation: str, called: Called) -> None:
    sheet.title("测评程序电话回访记录", *((called.mark,) if called.mark else ()))
    facts = [
        ("回访单位", organisation, "抽样序号", str(called.number)),
        ("团支部", called.branch, "上级团组织", called.organisation),
        ("战线", called.line, "测评时间", called.held),
        ("指导监督人员", called.supervisor, "联系人及电话", f"{called.contact} {called.telephone}".strip()),
        ("受访者", "□团员　□计票人\n□指导监督人员", "回访时间", ""),
    ]
    sheet.table(facts, (30.0, 55.0, 30.0, 55.0), head=False, height=9, role=Role.SMALL)
    sheet.space(4)
    sheet.note("只问程序，不问、不记任何人投了什么票；受访者主动说起的，请其不必告知，不予记录。不记受访者姓名。")
    sheet.space(4)
    rows = [(str(number), question, ANSWERS) for number, question in enumerate(QUESTIONS, 1)]
    sheet.table([("序号", "问题", "回答"), *rows], (14.0, 104.0, 52.0), height=10, centred=False)
    sheet.space(4)
    sheet.note("对测评程序的其他意见：________________________________________________________________")
    sheet.signatures("回访人")
