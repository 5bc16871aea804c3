"""What lies on the table in the hall: 签到表, 附件1 on paper, 空白结果报告单, 测评当天操作; none bears a code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from admin_cli.papers.dates import BLANK_DATE, chinese_moment, chinese_window
from admin_cli.papers.officers import METHODS, rehearsal_mark
from admin_cli.papers.word import Sheet
from rounds.documents import Authorisation
from rounds.rules import quorum_needed

_ATTENDANCE = ("序号", "姓名", "签名", "序号", "姓名", "签名")
_ATTENDANCE_WIDTHS = (13.0, 32.0, 40.0, 13.0, 32.0, 40.0)
_FORM_WIDTHS = (28.0, 30.0, 38.0, 38.0, 36.0)
_REPORT_WIDTHS = (42.0, 43.0, 42.0, 43.0)


def attendance(record: Authorisation, members: Sequence[str] = ()) -> bytes:
    """签到表 with a line for each of the N registered members, named where `members` is at hand.

    Two members a row: the first half of the list stands left.
    """
    sheet = Sheet(f"签到表 {record.branch.name}", tight=True, numbered=True)
    sheet.title(f"签 到 表{rehearsal_mark(record)}")
    sheet.note(f"测评：{record.title}　　应到：{record.expected}名")
    sheet.note(f"时间：{_when(record)}")
    sheet.note(f"地点：{record.place or '________________'}")
    sheet.note("本表只核对到场团员的身份和人数，不得记录投票的先后和时间。")
    sheet.table([_ATTENDANCE, *_two_columns(record.expected, members)], _ATTENDANCE_WIDTHS, height=6.5)
    sheet.space(6)
    sheet.note("实到：________名　　指导监督人员（签名）：__________　　计票人（签名）：__________")
    return sheet.data()


def _when(record: Authorisation) -> str:
    return chinese_window(record.opens, record.closes) or BLANK_DATE


def _two_columns(count: int, members: Sequence[str]) -> list[tuple[str, ...]]:
    half = (count + 1) // 2
    lines = [(str(at + 1), members[at] if at < len(members) else "", "") for at in range(count)]
    lines += [("", "", "")] * (2 * half - count)
    return [(*left, *right) for left, right in zip(lines[:half], lines[half:], strict=True)]


def paper_form(record: Authorisation) -> bytes:
    """附件1 as the notice prints it, for the day on which no machine is to be had: one sheet, to be copied."""
    sheet = Sheet(f"测评表 {record.branch.name}", tight=True)
    sheet.title("团支部书记“背靠背”满意度测评表")
    sheet.subtitle(f"{record.title}{rehearsal_mark(record)}")
    sheet.subtitle("（适用于线下测评）")
    sheet.space(6)
    assessed = record.assessed
    table = sheet.table(
        [
            ("测评对象", "姓　名", assessed.name, "何年何月任\n团支部书记", assessed.since),
            ("", "单位及职务", assessed.post, "", ""),
            ("测评内容", "等次", "", "", ""),
            ("", "满意", "", "不满意", ""),
            ("", "", "", "", ""),
        ],
        _FORM_WIDTHS,
        head=False,
        height=14,
    )
    for first, last in (((0, 0), (1, 0)), ((1, 2), (1, 4)), ((2, 0), (4, 0)), ((2, 1), (2, 4)), *_boxes()):
        _merge(table, first, last)
    sheet.space(8)
    for line in _form_notes(record):
        sheet.note(line)
    return sheet.data()


Place = tuple[int, int]


def _boxes() -> tuple[tuple[Place, Place], ...]:
    """满意 and 不满意 and the two boxes below them, of equal width: two cells each."""
    return tuple(((row, left), (row, left + 1)) for row in (3, 4) for left in (1, 3))


def _merge(table: Any, first: Place, last: Place) -> None:  # noqa: ANN401  python-docx's table
    """One cell out of several; the text of the first stays, the empty paragraphs of the others go."""
    cell = table.cell(*first).merge(table.cell(*last))
    for paragraph in cell.paragraphs[1:]:
        if not paragraph.text:
            paragraph._p.getparent().remove(paragraph._p)  # noqa: SLF001  python-docx has no call to remove one


def _form_notes(record: Authorisation) -> list[str]:
    until, place = chinese_moment(record.closes) or "________（时间）", record.place or "________（地点）"
    duties = "".join(f"（{number}）{duty}" for number, duty in enumerate(record.duties, 1))
    return [
        "备注：",
        f"1. {record.instruction}",
        f"2. 请{until}前，将测评表投（交）至{place}。",
        f"3. 团支部书记基本履职要求：{duties}",
    ]


def blank_report(record: Authorisation) -> bytes:
    """空白结果报告单: what is written down by hand where there is no printer or no machine (附件 2, 4)."""
    sheet = Sheet(f"结果报告单 {record.branch.name}", tight=True)
    sheet.title(f"测评结果报告单{rehearsal_mark(record)}")
    sheet.subtitle(record.title)
    sheet.space(6)
    needed = quorum_needed(record.registered)
    table = sheet.table(
        [
            ("团支部", record.branch.name, "测评对象", record.assessed.name),
            ("时间", "", "地点", record.place),
            ("测评方式", METHODS[record.method], "测评编号", record.round_id),
            ("应到", f"{record.expected}名", "实到", "　　　　名"),
            ("发出", "　　　　张", "收回", "　　　　张"),
            ("有效", "　　　　张", "无效", "　　　　张"),
            ("满意", "　　　　票", "不满意", "　　　　票"),
            ("满意度", "　　　　．　　％", "测评结果", "□满意　□不满意\n□本次测评无效"),
            ("箱号", "", "启用应急码", "□是　□否"),
            ("备注", "", "", ""),
        ],
        _REPORT_WIDTHS,
        head=False,
        height=11,
    )
    _merge(table, (9, 1), (9, 3))
    sheet.space(4)
    sheet.note(f"1. 登记注册团员{record.registered}名，收回的票数达到{needed}张方为有效；未达到的，不开箱，不计票。")
    sheet.note("2. 满意度＝满意票数÷收回的票数；满意票数高于收回票数的50%为满意，等于或低于50%为不满意。")
    sheet.note("3. 收回的票数多于发出的票数或实到人数的，本次测评无效，如实填写各数并报告上级团组织。")
    sheet.space(4)
    sheet.signatures("监票人", "计票人", "指导监督人员")
    sheet.seal(record.issuer, BLANK_DATE)
    return sheet.data()


def afternoon_card(record: Authorisation, *, slips: bool = False) -> bytes:
    """测评当天操作 on one page: who does what, in order; `slips`: 投票凭条 come printed with it."""
    sheet = Sheet(f"测评当天操作 {record.branch.name}", tight=True)
    sheet.title(f"测评当天操作{rehearsal_mark(record)}")
    sheet.note(f"{record.branch.name}　{record.title}　指导监督人员：{record.supervisor or '________'}")
    sheet.table([("步骤", "谁", "做什么"), *_steps(record, slips=slips)], (24.0, 34.0, 112.0), height=15, centred=False)
    sheet.space(4)
    for line in _TROUBLES:
        sheet.note(line)
    return sheet.data()


def _steps(record: Authorisation, *, slips: bool) -> list[tuple[str, str, str]]:
    needed = quorum_needed(record.registered)
    stationed = record.method == "stationed"
    counted = "，清点未发出的凭条" if slips or stationed else ""
    return [
        (
            "会前",
            "团支部",
            "准备笔记本电脑、电源、票箱U盘；关闭投影、屏幕共享和远程控制；票箱放在独立的投票区域，屏幕背向会场。",
        ),
        ("到场", "指导监督人员", "携带授权书（启用码）、批复文件；核对上级团组织密钥指纹。测评对象不接触口令。"),
        *(_SLIP_STEPS if slips else ()),
        ("开场", "指导监督人员", "介绍测评办法及相关要求，宣读五项基本履职要求；团员推选计票人；团员在签到表上签名。"),
        (
            "验箱封箱",
            "两人",
            "运行 beikaobei-admin guide，输入启用码；两人各设口令；当众宣读“票箱为空，现在封箱，开始投票”和箱号。",
        ),
        ("投票", "团员逐一", _VOTING[stationed, slips or stationed]),
        ("停止投票", "两人", f"核对签到表，填报实到人数{counted}。参与不足{needed}名的继续投票；不得催问、代填。"),
        ("开箱计票", "两人", "两人各输入口令，当场计票；核对箱号与封箱时一致。"),
        ("公布", "指导监督人员", "当场公布测评结果，团员可拍照留存二维码；填写结果报告单并签名。"),
        ("报送", "指导监督人员", "核对U盘中的结果文件，报送上级团组织；按屏幕提示清理本机。"),
    ]


_SLIP_STEPS = (
    (
        "投票凭条",
        "指导监督人员",
        "携带印好、裁开、打乱、密封的凭条；“投票凭条.slips”与批复文件同在U盘，封箱时选“用”，封箱后删除。",
    ),
)
_ALONE = "团员单独填写、确认、离开。其他人员远离投票区域。"
_VOTING = {
    (False, False): f"指导监督人员输入开启口令后离开；{_ALONE}",
    (False, True): f"指导监督人员输入开启口令后离开，或团员输入自行抽取的凭条号；{_ALONE}",
    (True, True): f"团员自行抽取凭条，不登记号码；在规定时间内到票箱处输入凭条号，{_ALONE}",
}
"""What is done at the box, by whether the round is 定点 and whether it has slips."""

_TROUBLES = (
    "死机、断电：重新开机，再次运行 guide，两人各输入口令，从原处继续；已投的票不丢失。",
    "忘记口令：停下来，请保管人当众拆开应急信封，由另一名口令持有人与应急码共同启动；结果上载明“启用应急码：是”。",
    "团员填写有困难：可由其自行选定一人协助，测评对象和指导监督人员不得协助。",
    "无法使用电子票箱：改用纸质测评表（附件1），按附件2操作，结果填入结果报告单。",
)
