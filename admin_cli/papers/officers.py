"""授权书 and 应急信封: the two papers that bear a code. They go to different people, so each is a file of its own.

The 应急码 counts as a holder (any two of supervisor, teller, emergency open the box): whoever keeps the envelope must
be neither of the officers, and the papers say so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from admin_cli.papers.dates import BLANK_DATE, chinese_date, chinese_window
from admin_cli.papers.word import Sheet
from rounds.documents import Authorisation
from rounds.rules import quorum_needed

BASIS = "《共青团重庆市委办公室关于组织实施2017年团支部书记“背靠背”满意度测评工作的通知》（渝青办〔2017〕4号）"
"""The notice that this product implements."""

METHODS = {"gathered": "集中“背靠背”投票", "stationed": "定点“背靠背”投票"}
_FACTS = (40.0, 114.0)
"""Widths in mm of a table of facts between the margins of a letter."""


@dataclass(frozen=True)
class Granted:
    """What a clerk holds at the moment a round is authorised; the codes exist nowhere but on these papers."""

    authorisation: Authorisation
    activation_code: str = field(repr=False)
    emergency_code: str = field(repr=False)
    fingerprint: str = ""
    """The organisation key's fingerprint in words, to be compared in the hall."""


def rehearsal_mark(record: Authorisation) -> str:
    """What every paper of a rehearsal bears in its title."""
    return "（演练）" if record.mode == "rehearsal" else ""


def issued_on(record: Authorisation) -> date:
    """The day of the 批复, on its own calendar."""
    return datetime.fromisoformat(record.issued).date()


def round_facts(record: Authorisation) -> list[tuple[str, str]]:
    """The round as an official reads it; empty fields are left to be filled in by hand."""
    present = "参加投票" if record.secretary_votes else "不参加投票"
    return [
        ("团支部", record.branch.name),
        ("测评题目", record.title),
        ("测评对象", "，".join(part for part in (record.assessed.name, record.assessed.post) if part)),
        ("任职时间", record.assessed.since),
        ("登记注册团员", f"{record.registered}名（至少{quorum_needed(record.registered)}名参与方为有效）"),
        ("团支部书记本人", present),
        ("测评方式", METHODS[record.method]),
        ("测评时间", chinese_window(record.opens, record.closes)),
        ("测评地点", record.place),
        ("测评编号", f"{record.round_id}（第{record.attempt}次测评）"),
    ]


def letter(granted: Granted) -> bytes:
    """授权书 with the 启用码, for the supervisor's hands alone (附件 2, 2: “上级团组织指派专人到现场”)."""
    record = granted.authorisation
    sheet = Sheet(f"授权书 {record.branch.name}", tight=True)
    sheet.title(f"团支部书记“背靠背”满意度测评授权书{rehearsal_mark(record)}")
    sheet.text(f"{record.supervisor or '________'}同志：", indent=0)
    sheet.text(f"根据{BASIS}，同意下列测评按所列安排进行，指派你到现场全程指导和监督。")
    sheet.space(4)
    sheet.table(round_facts(record), _FACTS, head=False, height=8, centred=False)
    sheet.space(6)
    sheet.text("启用码（只用于本次测评的验箱封箱）：", indent=0)
    sheet.code(granted.activation_code)
    sheet.space(4)
    for line in _letter_notes(granted):
        sheet.note(line)
    sheet.seal(record.issuer, chinese_date(issued_on(record)))
    return sheet.data()


def _letter_notes(granted: Granted) -> tuple[str, ...]:
    return (
        "1. 启用码只交指导监督人员本人，不得告知他人，不得拍照、转发；验箱封箱后当场销毁本页启用码。",
        "2. 测评对象不得担任指导监督人员或计票人，不得保管启用码、口令和应急信封。",
        f"3. 到场后核对本机登记的上级团组织密钥指纹：{granted.fingerprint}。不一致的，不得开始测评。",
        "4. 计票人由团员当场推选；开箱计票须指导监督人员和计票人两人的口令。",
    )


def envelope(granted: Granted) -> bytes:
    """应急信封: what stands on its outside, then the slip that goes inside, a page each."""
    record = granted.authorisation
    sheet = Sheet(f"应急信封 {record.branch.name}", tight=True)
    sheet.title(f"应急信封{rehearsal_mark(record)}", record.branch.name)
    sheet.table(_outside(record), (40.0, 125.0), head=False, height=10, centred=False)
    sheet.space(6)
    for line in _ENVELOPE_NOTES:
        sheet.note(line)
    sheet.space(6)
    sheet.table(_OPENED, (40.0, 42.0, 42.0, 41.0), height=10)
    sheet.note("（本页贴于或印于信封正面；下一页裁下、对折后装入信封，码面朝内，封口处由两人骑缝签名。）")
    sheet.new_page()
    sheet.title("应急码")
    sheet.text(f"{record.branch.name}　{record.title}", indent=0)
    sheet.text(f"测评编号：{record.round_id}（第{record.attempt}次测评）", indent=0)
    sheet.space(8)
    sheet.code(granted.emergency_code)
    sheet.space(8)
    sheet.note("应急码与指导监督人员口令、计票人口令中的任一个合用，可以启动投票或开箱计票。启用情况印在测评结果上。")
    return sheet.data()


def _outside(record: Authorisation) -> list[tuple[str, str]]:
    return [
        ("测评题目", record.title),
        ("测评编号", f"{record.round_id}（第{record.attempt}次测评）"),
        ("指导监督人员", record.supervisor),
        ("签发单位", record.issuer),
        ("内装", "应急码一个"),
        ("保管人", ""),
        ("封装人（两人）", f"　　　　　　　　　　　　　　{BLANK_DATE}"),
    ]


_ENVELOPE_NOTES = (
    "1. 指导监督人员或计票人忘记口令、因故不能继续履行职责时，方可拆封；其他情形不得拆封。",
    "2. 由上级团组织指定的保管人保管；指导监督人员、计票人和测评对象不得保管。",
    "3. 拆封须当着到场团员的面进行，并填写下表；未拆封的，测评结束后由签发单位销毁。",
)
_OPENED = (("启封时间", "启封原因", "启封人", "见证人"), ("", "", "", ""))
