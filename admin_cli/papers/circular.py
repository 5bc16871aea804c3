"""《工作进度督查通报》: done and expected by 战线, the unfinished by name (四、工作督查 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from admin_cli.papers.dates import chinese_date
from admin_cli.papers.officers import BASIS
from admin_cli.papers.word import Role, Sheet
from rounds.rules import percent


@dataclass(frozen=True)
class Share:
    """Progress of one 战线 or one organisation, in branches; `again` of the unfinished are 需重新测评."""

    name: str
    done: int
    expected: int
    again: int = 0
    unsigned: int = 0
    """Of `done`, on paper or online: 未经签名验证."""

    @property
    def percent(self) -> str:
        """Done of expected, '96.28%'; — where nothing is expected."""
        return f"{percent(Fraction(self.done, self.expected))}%" if self.expected else "—"


@dataclass(frozen=True)
class Unfinished:
    """A branch without a valid result: where it belongs, how far it is, whom to ring up."""

    line: str
    organisation: str
    branch: str
    state: str
    """尚未批复 · 已批复，未报送 · 已作废，需重新测评 · 无效，需重新测评."""
    contact: str = ""
    telephone: str = ""


@dataclass(frozen=True)
class Progress:
    """How far an organisation's branches are on one day."""

    organisation: str
    deadline: date
    day: date
    lines: Sequence[Share]
    organisations: Sequence[Share]
    unfinished: Sequence[Unfinished]

    @property
    def whole(self) -> Share:
        """All lines together."""
        sums = (sum(line.done for line in self.lines), sum(line.expected for line in self.lines))
        return Share(
            "合计",
            *sums,
            again=sum(line.again for line in self.lines),
            unsigned=sum(line.unsigned for line in self.lines),
        )


def circular(progress: Progress) -> bytes:
    """The 通报 as a letter with its two tables."""
    whole = progress.whole
    sheet = Sheet("督查通报", numbered=True)
    sheet.title("关于团支部书记“背靠背”满意度测评", "工作进度的督查通报")
    sheet.text("各所属团组织：", indent=0)
    sheet.text(
        f"根据{BASIS}要求，各团支部应于{chinese_date(progress.deadline)}前完成团支部书记“背靠背”满意度测评工作。"
        "现将工作进度通报如下："
    )
    sheet.heading("一、总体进度")
    sheet.text(_overall(progress))
    sheet.space(4)
    rows = [_cells(share) for share in (*progress.lines, whole)]
    sheet.table([("战线", "应完成", "已完成", "完成率", "需重新测评"), *rows], (46.0, 27.0, 27.0, 27.0, 27.0))
    sheet.space(6)
    sheet.heading("二、未完成的团支部")
    _name_unfinished(sheet, progress)
    sheet.space(6)
    sheet.heading("三、工作要求")
    sheet.text(_demand(progress))
    sheet.seal(progress.organisation, chinese_date(progress.day))
    return sheet.data()


def _overall(progress: Progress) -> str:
    whole = progress.whole
    unsigned = f"（其中未经签名验证{whole.unsigned}个）" if whole.unsigned else ""
    head = f"截至{chinese_date(progress.day)}，应完成{whole.expected}个团支部，已完成{whole.done}个{unsigned}"
    again = f"，其中需重新测评{whole.again}个" if whole.again else ""
    return f"{head}，完成率{whole.percent}；未完成{whole.expected - whole.done}个{again}。分战线进度如下："


def _cells(share: Share) -> tuple[str, ...]:
    return share.name, str(share.expected), str(share.done), share.percent, str(share.again)


def _name_unfinished(sheet: Sheet, progress: Progress) -> None:
    if not progress.unfinished:
        sheet.text("无。")
        return
    rows = [
        (one.line, one.organisation, one.branch, one.state, f"{one.contact}\n{one.telephone}".strip())
        for one in progress.unfinished
    ]
    head = ("战线", "上级团组织", "团支部", "情况", "联系人及电话")
    sheet.table([head, *rows], (18.0, 34.0, 38.0, 34.0, 32.0), centred=False, role=Role.SMALL)


def _demand(progress: Progress) -> str:
    if progress.whole.done == progress.whole.expected:
        return "请各团组织按要求做好测评结果的确认、公示和运用工作。"
    when = chinese_date(progress.deadline)
    if progress.day > progress.deadline:
        return f"规定时限（{when}）已过，请未完成的团支部抓紧组织测评并及时报送结果；需重新测评的，按程序重新报批。"
    return f"请未完成的团支部在{when}前组织测评并及时报送结果；需重新测评的，按程序重新报批。"
