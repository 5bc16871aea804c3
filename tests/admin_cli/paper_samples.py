"""One of every paper, for the tests that hold for all of them."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import docx
from rounds_factory import MadeRound, make_round

from admin_cli.papers.calling import Called, call_sheets
from admin_cli.papers.circular import Progress, Share, Unfinished, circular
from admin_cli.papers.kit import kit_papers
from admin_cli.papers.officers import Granted
from admin_cli.papers.publicity import Held, Notice, notice
from admin_cli.papers.reporting import Recipient, Report, report
from admin_cli.slips_sheet import slips_document
from ballots_store.slip_making import SlipSheet
from rounds.results import Figures, figures
from rounds.slips import is_slip_number
from rounds.tally import Account, Tally

BRANCH = "土木工程学院2015级一班团支部"
FINGERPRINT = "的一是在 不了有和"


@functools.cache
def made() -> MadeRound:
    return make_round(
        branch_name=BRANCH,
        registered=45,
        supervisor="李督导",
        since="2015年9月",
        post="土木工程学院2015级一班支部委员会书记",
        place="土木楼201教室",
        opens="2017-04-01T14:30:00+08:00",
        closes="2017-04-01T17:00:00+08:00",
    )


def granted() -> Granted:
    one = made()
    return Granted(one.authorisation.record, one.issued.activation_code, one.issued.emergency_code, FINGERPRINT)


def counted(satisfied: int, unsatisfied: int, blank: int) -> Figures:
    collected = satisfied + unsatisfied + blank
    account = Account(registered=45, expected=45, present=collected, issued=collected, collected=collected)
    return figures(account, Tally(satisfied, unsatisfied, blank))


def held(shown: Figures) -> Held:
    title = "土木工程学院2015级一班团支部书记2016年度满意度测评"
    where = ("共青团某某大学委员会", BRANCH, "张晓明", title)
    return Held(*where, shown, "2017年4月1日", "集中“背靠背”投票", "李督导")


def noticed() -> Notice:
    days = (date(2017, 4, 2), date(2017, 4, 3), date(2017, 4, 5))
    return Notice(held(counted(15, 10, 5)), *days, ("公告栏", "团属网站"), telephone="023-12345678")


def progress(day: date = date(2017, 4, 3)) -> Progress:
    missing = Unfinished("区县", "共青团某区委", "第九团支部", "已作废，需重新测评", "王同志", "023-6789")
    shares = [Share("区县", 30, 40, 1), Share("高校", 12, 12)]
    return Progress("共青团某市委", date(2017, 4, 1), day, shares, shares, [missing])


def slip_sheet(*numbers: str, box_words: str = "") -> SlipSheet:
    record = made().authorisation.record
    return SlipSheet(record.title, box_words, False, record.opens, record.closes, numbers, record.round_id)


@functools.cache
def papers() -> dict[str, bytes]:
    """Every .docx that this house prints, by name."""
    unsatisfied = held(counted(15, 10, 5))
    called = Called(1, "高校", "共青团某某大学委员会", BRANCH, "2017年4月1日", "李督导")
    return {
        **kit_papers(granted(), ("欧阳小明",)),
        "slips": slips_document(slip_sheet(*(f"{at:010}" for at in range(22)))),
        "notice": notice(noticed()),
        **{f"report-{to}": report(Report(unsatisfied, to, day=date(2017, 4, 6))) for to in Recipient},
        "circular": circular(progress()),
        "calls": call_sheets("共青团某市委", [called, called]),
    }


def opened(data: bytes) -> Any:
    return docx.Document(io.BytesIO(data))


def slip_numbers(paper: bytes) -> list[str]:
    """The numbers on a sheet of slips that were printed with a 批复; each slip says whose it is."""
    (table,) = opened(paper).tables
    slips = [cell.text for row in table.rows for cell in row.cells if cell.text]
    assert all("一次有效，与选择无关" in slip and "投票凭条号" in slip for slip in slips)
    assert all(re.search(r"测评编号：\d{4}-[0-9a-f]{16}", slip) for slip in slips)
    numbers = ["".join(found[0].split()) for slip in slips if (found := re.findall(r"\d{3} \d{3} \d{4}", slip))]
    assert len(numbers) == len(slips)
    assert all(is_slip_number(number.encode()) for number in numbers)
    return numbers


def runs(data: bytes) -> Iterator[Any]:
    """Every run of a document: text, tables, foot."""
    document = opened(data)
    for section in document.sections:
        yield from (run for paragraph in section.footer.paragraphs for run in paragraph.runs)
    yield from (run for paragraph in document.paragraphs for run in paragraph.runs)
    for table in document.tables:
        for row in table.rows:
            for cell in row.cells:
                yield from (run for paragraph in cell.paragraphs for run in paragraph.runs)


def text(data: bytes) -> str:
    return "".join(run.text for run in runs(data))
