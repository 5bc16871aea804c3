"""The papers read back: East Asian fonts on every run, A4, the right words, codes only where they belong."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

import docx
import msgspec
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st
from paper_samples import (
    BRANCH,
    FINGERPRINT,
    counted,
    granted,
    held,
    noticed,
    opened,
    papers,
    progress,
    runs,
    slip_sheet,
    text,
)

from admin_cli.papers.calling import QUESTIONS
from admin_cli.papers.circular import Share, circular
from admin_cli.papers.dates import chinese_moment, chinese_span, chinese_window
from admin_cli.papers.hall import afternoon_card, attendance, paper_form
from admin_cli.papers.kit import WITH_CODES
from admin_cli.papers.officers import Granted, letter
from admin_cli.papers.publicity import notice
from admin_cli.papers.reporting import Recipient, Report, report
from admin_cli.slips_sheet import slips_document
from rounds.documents import DEFAULT_DUTIES
from rounds.errors import RuleRefusal

PAPERS = papers()


def _without_chinese_font(data: bytes) -> list[str]:
    """The runs that leave the choice of the Chinese font to the machine."""
    return [run.text for run in runs(data) if not _chinese_font(run)]


def _chinese_font(run: Any) -> str:
    properties = run.element.rPr
    return "" if properties is None else properties.rFonts.get(qn("w:eastAsia")) or ""


@pytest.mark.parametrize("name", PAPERS)
def test_every_run_names_its_chinese_font(name: str) -> None:
    assert text(PAPERS[name])
    assert _without_chinese_font(PAPERS[name]) == []
    assert {_chinese_font(run) for run in runs(PAPERS[name])} <= {"宋体", "黑体", "仿宋", "楷体"}


def test_a_document_made_without_our_sheet_would_be_found() -> None:
    plain = docx.Document()
    plain.add_paragraph("本次测评")
    stream = io.BytesIO()
    plain.save(stream)
    assert _without_chinese_font(stream.getvalue()) == ["本次测评"]
    assert round(opened(stream.getvalue()).sections[0].page_width.mm) != 210
    assert opened(stream.getvalue()).core_properties.author == "python-docx"


@pytest.mark.parametrize("name", PAPERS)
def test_every_paper_is_a4_and_names_no_library(name: str) -> None:
    document = opened(PAPERS[name])
    for section in document.sections:
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    properties = document.core_properties
    assert (properties.author, properties.comments) == ("", "")


@pytest.mark.parametrize("name", PAPERS)
def test_each_code_stands_on_one_paper_alone(name: str) -> None:
    codes = (granted().activation_code, granted().emergency_code)
    assert [code in text(PAPERS[name]) for code in codes] == [name == WITH_CODES[0], name == WITH_CODES[1]]


def test_the_letter_tells_the_supervisor_what_and_whom_to_compare() -> None:
    said = text(letter(granted()))
    for expected in (
        "李督导同志：",
        BRANCH,
        "45名（至少30名参与方为有效）",
        FINGERPRINT,
        "共青团某某大学委员会（盖章）",
    ):
        assert expected in said
    assert "2017年3月20日" in said


def test_a_rehearsal_says_so_in_every_title() -> None:
    rehearsed = replace_record(mode="rehearsal")
    for paper in (letter(rehearsed), attendance(rehearsed.authorisation), paper_form(rehearsed.authorisation)):
        assert "（演练）" in text(paper)
    assert "（演练）" not in text(letter(granted()))


def replace_record(**changes: Any) -> Granted:
    return replace(granted(), authorisation=msgspec.structs.replace(granted().authorisation, **changes))


@pytest.mark.parametrize(("members", "votes"), [(1, True), (2, False), (45, True), (46, False)])
def test_the_attendance_has_a_line_for_each_member_who_may_vote(members: int, votes: bool) -> None:
    record = replace_record(registered=members, secretary_votes=votes).authorisation
    table = opened(attendance(record, ("欧阳小明",))).tables[0]
    cells = [cell.text for row in table.rows[1:] for cell in row.cells]
    expected = members if votes else members - 1
    assert sorted(int(cell) for cell in cells if cell.isdecimal()) == list(range(1, expected + 1))
    assert ("欧阳小明" in cells) == (expected > 0)


def test_the_paper_form_is_annex_1() -> None:
    said = text(PAPERS["5测评表（附件1，纸质备用）.docx"])
    for duty in DEFAULT_DUTIES:
        assert duty in said
    assert "请2017年4月1日17时00分前，将测评表投（交）至土木楼201教室。" in said
    for box in ("满意", "不满意", "多选或不选均为无效"):
        assert box in said


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (3, 1), (4, 2), (22, 8)])
def test_slips_stand_in_a_grid_and_the_last_row_may_be_short(count: int, rows: int) -> None:
    numbers = [f"{at:010}" for at in range(count)]
    (table,) = opened(slips_document(slip_sheet(*numbers))).tables
    cells = [cell.text for row in table.rows for cell in row.cells]
    assert (len(table.rows), len(cells)) == (rows, 3 * rows)
    found = ["".join(re.findall(r"^\d{3} \d{3} \d{4}$", cell, re.MULTILINE)).replace(" ", "") for cell in cells]
    assert found == numbers + [""] * (3 * rows - count)
    assert cells[count:] == [""] * (3 * rows - count)
    xml = table._tbl.xml  # noqa: SLF001  what Word reads
    assert (xml.count('w:val="dashed"'), xml.count("<w:trHeight")) == (6, rows)


@pytest.mark.parametrize(("box_words", "whose"), [("", "测评编号：2016-"), ("的一是在", "箱号：的一是在")])
def test_a_slip_says_whose_it_is_before_and_after_there_is_a_box(box_words: str, whose: str) -> None:
    said = text(slips_document(slip_sheet("0000000000", box_words=box_words)))
    for expected in (whose, BRANCH, "一次有效，与选择无关", "4月1日14:30至4月1日17:00投票"):
        assert expected in said
    assert ("箱号" in said) is bool(box_words)


@pytest.mark.parametrize(
    ("method", "slips", "said"),
    [
        ("gathered", False, "指导监督人员输入开启口令后离开；"),
        ("gathered", True, "或团员输入自行抽取的凭条号；"),
        ("stationed", True, "在规定时间内到票箱处输入凭条号"),
    ],
)
def test_the_card_of_the_day_fits_how_it_is_voted(method: str, said: str, *, slips: bool) -> None:
    card = text(afternoon_card(replace_record(method=method).authorisation, slips=slips))
    assert said in card
    assert ("投票凭条.slips" in card) is ("清点未发出的凭条" in card) is slips


def test_the_notice_gives_result_reason_days_and_channels() -> None:
    said = text(notice(noticed()))
    assert "本次测评应参加团员45名，实际参与30名；发出测评票30张，收回30张" in said
    assert "满意票数须高于实际参与测评人数30人的50%（至少16票），测评结果：不满意。" in said
    assert "公示期：2017年4月3日至4月5日。公示渠道：公告栏、团属网站。" in said
    assert "如有异议，可通过来信、来电、来访等方式向共青团某某大学委员会反映。" in said
    assert "（工作日）" in text(notice(replace(noticed(), working_days=True)))


def test_the_reports_quote_the_rule_and_pronounce_nothing() -> None:
    for to, named in ((Recipient.PARTY, "同级党组织"), (Recipient.LEAGUE, "上一级团组织")):
        said = text(report(Report(held(counted(15, 10, 5)), to)))
        assert f"（{named}）：" in said
        assert "应按照组织程序和有关规定予以免职，并重新推选" in said
        assert said.count("免职") == 1
        assert "决定" not in said
    with pytest.raises(RuleRefusal, match="不是不满意"):
        report(Report(held(counted(30, 0, 0)), Recipient.PARTY))


def test_the_circular_adds_up_and_names_the_unfinished() -> None:
    said = text(circular(progress()))
    assert "应完成52个团支部，已完成42个，完成率80.77%；未完成10个，其中需重新测评1个" in said
    for named in ("第九团支部", "已作废，需重新测评", "王同志", "023-6789", "规定时限（2017年4月1日）已过"):
        assert named in said
    assert "请未完成的团支部在2017年4月1日前组织测评" in text(circular(progress(day=date(2017, 4, 1))))


def test_the_calls_ask_about_procedure_and_never_about_the_vote() -> None:
    asked = "".join(QUESTIONS)
    assert not [word for word in ("您投", "你投", "选了", "满意吗", "选择了") if word in asked]
    assert len(opened(PAPERS["calls"]).tables) == 4


def test_days_are_written_as_officials_write_them() -> None:
    assert chinese_span(date(2017, 4, 3), date(2017, 4, 5)) == "2017年4月3日至4月5日"
    assert chinese_span(date(2016, 12, 31), date(2017, 1, 2)) == "2016年12月31日至2017年1月2日"
    assert chinese_span(date(2017, 4, 3), date(2017, 4, 3)) == "2017年4月3日"
    assert chinese_moment("2017-04-01T09:05:00+08:00") == "2017年4月1日9时05分"
    assert chinese_window("", "") == ""


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_shares_are_rounded_from_the_exact_fraction(done: int, expected: int) -> None:
    shown = Share("区县", done, expected).percent
    hundredths = int(shown.removesuffix("%").replace(".", ""))
    assert abs(hundredths * expected - 10_000 * done) * 2 <= expected
    assert Share("区县", 0, 0).percent == "—"
