"""公示: the result of one round for the notice board (附件 2, 5; RULES.md 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from admin_cli.papers.dates import chinese_date, chinese_span
from admin_cli.papers.officers import BASIS
from admin_cli.papers.word import Sheet
from rounds.results import Figures, entered_sentence, reason_sentence, result_sentence


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
    mark: str = ""
    """未经签名验证（纸质测评）, where no signature holds the figures."""
    checked: bool = False
    """With a mark: two people entered the same."""

    @property
    def marks(self) -> tuple[str, ...]:
        """The line that a title has more for it."""
        return (self.mark,) if self.mark else ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """The result and its reason; for a marked one what it rests on as well."""
        reason = reason_sentence(self.figures)
        if not self.mark:
            return (result_sentence(self.figures), reason)
        how = "经两人分别录入、核对一致" if self.checked else "由一人录入"
        return (entered_sentence(self.figures), reason, f"以上数字按填报的汇总表录入，{how}，{self.mark}。")


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
    sheet.title(f"关于{held.title}结果的公示", *held.marks)
    sheet.text(
        f"根据{BASIS}要求，{held.branch}于{held.held}以{held.method}方式进行了团支部书记年度满意度测评"
        f"（测评对象：{held.secretary}；指导监督人员：{held.supervisor}）。现将测评结果公示如下："
    )
    for sentence in held.sentences:
        sheet.text(sentence)
    days = "（工作日）" if paper.working_days else ""
    sheet.text(f"公示期：{chinese_span(paper.first, paper.last)}{days}。公示渠道：{'、'.join(paper.channels)}。")
    sheet.text(
        f"公示期内如有异议，可通过来信、来电、来访等方式向{paper.reach or held.organisation}反映。"
        f"电话：{paper.telephone or '____________'}；地址：{paper.address or '____________'}。"
    )
    sheet.seal(held.organisation, chinese_date(paper.posted))
    return sheet.data()
