"""The two reports on a 不满意: to 同级党组织 and to 上一级团组织 (三、结果运用 2).

The notice has the secretary removed “按照组织程序和有关规定”: that is the organisation's act. These papers report the
result and quote the rule; they pronounce nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from admin_cli.papers.dates import BLANK_DATE, chinese_date
from admin_cli.papers.officers import BASIS
from admin_cli.papers.publicity import Held
from admin_cli.papers.word import Sheet
from rounds.errors import RuleRefusal
from rounds.rules import Outcome

FOLLOW_UP = "应按照组织程序和有关规定予以免职，并重新推选团支部书记"
"""The notice's words (三、结果运用 2)."""


class Recipient(StrEnum):
    """Who is told (“同级党组织和上一级团组织”)."""

    PARTY = "party"
    LEAGUE = "league"


RECIPIENT_NAMES = {Recipient.PARTY: "同级党组织", Recipient.LEAGUE: "上一级团组织"}


@dataclass(frozen=True)
class Report:
    """One report; `addressee` as the letter names it, empty to be filled in by hand."""

    round: Held
    recipient: Recipient
    addressee: str = ""
    day: date | None = None
    publicity: str = ""
    """The 公示 so far, as a clause: 公示期为2017年4月3日至4月5日."""


def report(paper: Report) -> bytes:
    """The report of a 不满意 to one recipient.

    Raises:
        RuleRefusal: the outcome is another; only a 不满意 is reported so.
    """
    held = paper.round
    if held.figures.outcome is not Outcome.UNSATISFIED:
        raise RuleRefusal("测评结果不是不满意：通知只要求将不满意的情况报告同级党组织和上一级团组织。")
    sheet = Sheet(f"报告 {held.branch}")
    sheet.title(f"关于{held.title}", "结果为不满意的报告", *held.marks)
    blank = "________________"
    sheet.text(f"{paper.addressee or blank}（{RECIPIENT_NAMES[paper.recipient]}）：", indent=0)
    for line in _body(paper):
        sheet.text(line)
    sheet.text("特此报告。")
    sheet.seal(held.organisation, chinese_date(paper.day) if paper.day else BLANK_DATE)
    return sheet.data()


def _body(paper: Report) -> list[str]:
    held = paper.round
    shown = f"{paper.publicity}。" if paper.publicity else ""
    result, *why = held.sentences
    began = (
        f"根据{BASIS}要求，{held.branch}于{held.held}以{held.method}方式进行了团支部书记年度满意度测评"
        f"（测评对象：{held.secretary}；指导监督人员：{held.supervisor}）。{result}"
    )
    rule = (
        f"按照通知“结果运用”的规定，测评结果为不满意的，{FOLLOW_UP}。"
        "上述事项须由有权的组织依程序办理，办理情况另行报告。"
    )
    return [began, "".join(why) + shown, rule]
