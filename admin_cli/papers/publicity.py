"""公示: the result of one round for the notice board (附件 2, 5; RULES.md 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from admin_cli.papers.dates import chinese_date, chinese_span
from admin_cli.papers.officers import BASIS
from admin_cli.papers.word import Sheet
from rounds.results import Figures, reason_sentence, result_sentence


@dataclass(frozen=True)
class Held:
    """A round that ended with a result, in the words of its papers."""

    organisation: str
    """上级团组织, which signs the paper."""
    branch: str
    secretary: str
    title: str
    figures: Figures
    held: str
    """测评时间: 2017年4月1日."""
    method: str
    supervisor: str


@dataclass(frozen=True)
class Notice:
    """One 公示; days are whole, `posted` the day on which it goes up."""

    round: Held
    posted: date
    first: date
    last: date
    channels: tuple[str, ...]
    reach: str = ""
    """Whom objections go to; the organisation itself where empty."""
    telephone: str = ""
    address: str = ""
    working_days: bool = False


def notice(paper: Notice) -> bytes:
    """公示 of one result, with the reason sentence."""
    held = paper.round
    sheet = Sheet(f"公示 {held.branch}")
    sheet.title(f"关于{held.title}结果的公示")
    sheet.text(
        f"根据{BASIS}要求，{held.branch}于{held.held}以{held.method}方式进行了团支部书记年度满意度测评"
        f"（测评对象：{held.secretary}；指导监督人员：{held.supervisor}）。现将测评结果公示如下："
    )
    sheet.text(result_sentence(held.figures))
    sheet.text(reason_sentence(held.figures))
    days = "（工作日）" if paper.working_days else ""
    sheet.text(f"公示期：{chinese_span(paper.first, paper.last)}{days}。公示渠道：{'、'.join(paper.channels)}。")
    sheet.text(
        f"公示期内如有异议，可通过来信、来电、来访等方式向{paper.reach or held.organisation}反映。"
        f"电话：{paper.telephone or '____________'}；地址：{paper.address or '____________'}。"
    )
    sheet.seal(held.organisation, chinese_date(paper.posted))
    return sheet.data()
