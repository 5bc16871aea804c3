"""批复 on this laptop, for a branch that has no clerk above it at hand: nine questions, one key, two codes on paper.

The same functions as `keys new` and `authorize`. The organisation's key stays in the home under its passphrase, so the
next round asks for the passphrase instead of the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from admin_cli.authorize import enrol_own, sign_plan
from admin_cli.guide.desk import Back, Desk, folded
from admin_cli.guide.setting import Setting, reads_name
from admin_cli.keys import make_organisation
from admin_cli.newfiles import NewFiles
from ballots_store.files import make_folders, read_capped
from rounds import keyfile
from rounds.codes import read_officer_code
from rounds.documents import MAX_MEMBERS
from rounds.encoding import stamp
from rounds.errors import BadInput, RuleRefusal, VerificationFailure
from rounds.issuing import IssuedAuthorisation, OrganisationKey, RoundPlan, open_organisation_key

KEY_NAME = "organisation.key"
_TRIES = 3
_YEARS = range(2000, 2201)
_MONTHS = range(1, 13)
_SECOND = 2
"""The second answer of two: what is not the default."""
_HALF_YEAR = 6


@dataclass
class Draft:
    """The answers so far; `year` and `rehearsal` are not asked about, only shown and changed on demand."""

    year: int
    organisation: str = ""
    branch: str = ""
    secretary: str = ""
    post: str = ""
    since: str = ""
    members: int = 0
    secretary_votes: bool = True
    supervisor: str = ""
    opens: str = ""
    closes: str = ""
    rehearsal: bool = False

    def rows(self) -> list[str]:
        """Each answer as a line, in the order of the questions."""
        return [
            f"团组织：{self.organisation}",
            f"团支部：{self.branch}",
            f"书记：{self.secretary}",
            f"书记的单位及职务：{self.post or '不填'}",
            f"任职时间：{self.since or '不填'}",
            f"登记注册团员：{self.members}名",
            f"书记{'参加' if self.secretary_votes else '不参加'}投票",
            f"指导监督人员：{self.supervisor or '封箱时填写'}",
            f"投票时间：{_shown_window(self)}",
            f"测评年度：{self.year}",
            "性质：演练，结果不能作为正式结果" if self.rehearsal else "性质：正式",
        ]

    def plan(self) -> RoundPlan:
        """What the organisation signs."""
        return RoundPlan(
            branch_name=self.branch,
            secretary=self.secretary,
            year=self.year,
            registered=self.members,
            post=self.post,
            since=self.since,
            supervisor=self.supervisor,
            opens=self.opens,
            closes=self.closes,
            secretary_votes=self.secretary_votes,
            rehearsal=self.rehearsal,
        )


@dataclass(frozen=True)
class Issued:
    """An authorisation made here, and its 启用码 while this process still knows it."""

    path: Path
    activation_code: str


def authorise_here(setting: Setting) -> Issued:
    """Ask, show, sign, and have the two codes copied.

    Raises:
        desk.Back: left before anything was signed.
        RoundError: a file can't be written, or the plan contradicts itself.
    """
    desk, key_path = setting.desk, setting.home.path / KEY_NAME
    draft = Draft(year=_usual_year(setting.now()))
    if key_path.exists():
        draft.organisation = keyfile.read_key_file(_key_data(key_path)).name
    desk.heading("在本机批复：九个问题")
    desk.say("姓名和名称用键盘输入文字，其余按数字和 Enter。按0回到上一个问题。")
    desk.say("组织密钥将存放在这台电脑里，由口令保护；上级团组织有条件的，最好由其另行批复。")
    _ask_all(setting, draft, first=1 if draft.organisation else 0)
    _agree(setting, draft)
    key = _organisation_key(setting, draft, key_path)
    issued = sign_plan(draft.plan(), key, setting.now())
    enrol_own(setting.home, key)
    path = setting.home.path / f"{issued.round_id}.auth"
    with NewFiles(path) as files:
        _have_copied(desk, draft, issued)  # first: a file whose codes nobody has would only be in the way
        files.write(path, issued.data)
    return Issued(path, issued.activation_code)


def _ask_all(setting: Setting, draft: Draft, first: int) -> None:
    """Every question; `0` goes to the one before.

    Raises:
        desk.Back: `0` at the first.
    """
    number = first
    while number < len(_QUESTIONS):
        try:
            _QUESTIONS[number](setting, draft, f"{number + 1}/{len(_QUESTIONS)}　")
        except Back:
            if number == first:
                raise
            number -= 1
        else:
            number += 1


def _agree(setting: Setting, draft: Draft) -> None:
    """Show all answers; a number changes one, Enter signs."""
    while True:
        rows = draft.rows()
        setting.desk.heading("请核对")
        sign = len(rows) + 1
        number = setting.desk.choose("改哪一项，按哪一项的数字：", [*rows, "以上无误，签发批复"], default=sign)
        if number == sign:
            return
        try:
            (*_QUESTIONS, _year, _kind)[number - 1](setting, draft, "")
        except Back:
            continue


def _organisation(setting: Setting, draft: Draft, label: str) -> None:
    if (setting.home.path / KEY_NAME).exists():
        setting.desk.say("本机已有这个团组织的密钥，名称不能更改。")
        return
    draft.organisation = setting.desk.text(f"{label}团组织全称，如“共青团某大学委员会”", reads_name("团组织全称"))


def _branch(setting: Setting, draft: Draft, label: str) -> None:
    draft.branch = setting.desk.text(f"{label}团支部名称，如“二年级一班”", reads_name("团支部名称"))


def _secretary(setting: Setting, draft: Draft, label: str) -> None:
    draft.secretary = setting.desk.text(f"{label}被测评的团支部书记姓名", reads_name("姓名"))


def _post(setting: Setting, draft: Draft, label: str) -> None:
    read = reads_name("单位及职务", optional=True)
    draft.post = setting.desk.text(f"{label}书记的单位及职务", read, default="不填")


def _since(setting: Setting, draft: Draft, label: str) -> None:
    draft.since = setting.desk.text(f"{label}何年何月任书记，6位数字，如201509", _read_month, default="不填")


def _members(setting: Setting, draft: Draft, label: str) -> None:
    while True:
        members = setting.desk.number(f"{label}登记注册团员数")
        if members <= MAX_MEMBERS:
            draft.members = members
            return
        setting.desk.say(f"最多{MAX_MEMBERS}名：请核对。")


def _secretary_votes(setting: Setting, draft: Draft, label: str) -> None:
    draft.secretary_votes = setting.desk.choose(f"{label}书记本人参加投票吗？", ["参加", "不参加"]) == 1


def _supervisor(setting: Setting, draft: Draft, label: str) -> None:
    read = reads_name("姓名", optional=True)
    draft.supervisor = setting.desk.text(f"{label}指派的指导监督人员姓名", read, default="封箱时填写")


def _window(setting: Setting, draft: Draft, label: str) -> None:
    now = setting.now()

    def read(typed: str) -> tuple[str, str]:
        return _read_window(typed, now)

    example = "8位数字，如14001630为今天14:00至16:30"
    draft.opens, draft.closes = setting.desk.text(f"{label}投票时间，{example}", read, default="不限")


def _year(setting: Setting, draft: Draft, label: str) -> None:
    draft.year = setting.desk.text(f"{label}测评年度，4位数字", _read_year)


def _kind(setting: Setting, draft: Draft, label: str) -> None:
    draft.rehearsal = setting.desk.choose(f"{label}性质", ["正式", "演练，结果不能作为正式结果"]) == _SECOND


_QUESTIONS: tuple[Callable[[Setting, Draft, str], None], ...] = (
    _organisation,
    _branch,
    _secretary,
    _post,
    _since,
    _members,
    _secretary_votes,
    _supervisor,
    _window,
)


def _usual_year(now: datetime) -> int:
    """A year is assessed until the spring after it (the notice: 2016 by 1 April 2017)."""
    return now.year - 1 if now.month <= _HALF_YEAR else now.year


def _read_year(typed: str) -> int:
    digits = folded(typed)
    if digits.isascii() and digits.isdigit() and len(digits) == len("2016") and int(digits) in _YEARS:
        return int(digits)
    raise BadInput("请输入4位数字的年度，如2016。")


def _read_month(typed: str) -> str:
    """`201509` → 2015年9月; other text is kept as typed."""
    digits = folded(typed)
    if len(digits) == len("201509") and digits.isascii() and digits.isdigit() and int(digits[4:]) in _MONTHS:
        return f"{digits[:4]}年{int(digits[4:])}月"
    if digits.isdigit():
        raise BadInput("请输入6位数字的年月，如201509。")
    return reads_name("任职时间", optional=True)(typed)


def _read_window(typed: str, now: datetime) -> tuple[str, str]:
    """`14001630` → today's moments, with this machine's offset; nothing → no limit."""
    digits = folded(typed).replace(":", "").replace("-", "").replace(" ", "")
    if not digits:
        return "", ""
    digits = digits if re.fullmatch("[0-9]{8}", digits) else "no time"  # strptime would take 163 for 16:03
    try:
        first, last = datetime.strptime(digits[:4], "%H%M"), datetime.strptime(digits[4:], "%H%M")  # noqa: DTZ007  no day
    except ValueError:
        raise BadInput("请输入8位数字，前4位为开始，后4位为结束，如14001630；不限则直接按 Enter。") from None
    opens, closes = (now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0) for at in (first, last))
    if not opens < closes or closes <= now:
        raise BadInput("结束须晚于开始，也须晚于现在：请核对。")
    return stamp(opens), stamp(closes)


def _shown_window(draft: Draft) -> str:
    if not draft.opens:
        return "不限"
    opens, closes = (datetime.fromisoformat(text) for text in (draft.opens, draft.closes))
    return f"{opens.year}年{opens.month}月{opens.day}日{opens:%H:%M}至{closes:%H:%M}"


def _key_data(path: Path) -> bytes:
    return read_capped(path, keyfile.MAX_SIZE, "组织密钥文件")


def _organisation_key(setting: Setting, draft: Draft, path: Path) -> OrganisationKey:
    """The organisation's key: opened with its passphrase, or made now."""
    desk = setting.desk
    desk.heading("团组织的密钥口令")
    if path.exists():
        return _opened(desk, _key_data(path))
    desk.say("由团组织负责人设定并牢记，至少8个字符，可以全用数字；忘记后不能恢复。")
    passphrase = desk.new_secret("密钥口令", lambda typed: read_officer_code(typed, "密钥口令"))
    make_folders(setting.home.path)
    make_organisation(setting.home, draft.organisation, lambda: passphrase, path)
    return open_organisation_key(_key_data(path), passphrase)


def _opened(desk: Desk, data: bytes) -> OrganisationKey:
    for left in reversed(range(_TRIES)):
        try:
            return open_organisation_key(data, desk.secret("密钥口令"))
        except VerificationFailure as failure:
            desk.say(f"{failure}（还可再试{left}次）")
    raise RuleRefusal("密钥口令三次不正确，没有签发批复：请由团组织负责人到场后再试。")


def _have_copied(desk: Desk, draft: Draft, issued: IssuedAuthorisation) -> None:
    """The only time that the codes are shown."""
    desk.heading("启用码和应急码，只显示这一次")
    desk.say(
        f"启用码（交指导监督人员）：　{issued.activation_code}",
        f"应急码（装入信封密封）：　　{issued.emergency_code}",
        "",
        "请分别抄在两张纸上，逐字核对。应急码的纸装入信封，密封，封面写：",
        f"应急信封　{draft.branch}",
        "有人忘记口令时才启封。两个码不存入任何文件。",
    )
    desk.pause("表示都已抄好，并清除屏幕")
    desk.wipe()
    desk.say("批复已签发，屏幕已清除，现在验箱封箱。")
