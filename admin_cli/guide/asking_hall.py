"""What no program can see: whether the clock is right, who else sees the screen, whose laptop it is.

The answers go into the zero report, so Enter alone answers none of them. A screen or a camera that sees the ballot is
not answered away: the guide waits until it is off.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from admin_cli.guide.desk import Desk
from admin_cli.guide.setting import Setting, reads_name
from admin_cli.readiness import UNCHECKED, UNCHECKED_REMARK, Row, new_lines
from ballots_store.medium import survey
from rounds.errors import RuleRefusal

_ASKED_BELOW = {"显示器", "共享与远程程序", "摄像头", "时钟"}
"""Rows of the checks that `ask_hall` asks in its own words, whatever a program can see."""
_LEFT_TO_THE_HALL = "（由会场核对）。"
_MOST = 36
"""Lines of the zero report (40), less the three of `ask_hall`."""
_WEEKDAYS = "一二三四五六日"
_OWNERS = ("团支部或学院的公用电脑", "指导监督人员自带", "计票人自带")


def check_machine(setting: Setting, token: Path | None, *, rehearsal: bool) -> tuple[str, ...]:
    """Run the checks, show what is to be heeded, ask what only people can tell; the lines for the zero report.

    Raises:
        desk.Back: `0`.
        RuleRefusal: something would lose or show ballots; in a rehearsal that is a warning.
    """
    desk = setting.desk
    desk.heading("检查这台电脑")
    desk.say("正在检查…")
    place, found = survey(setting.home.path, token), setting.check(token)
    refused = (*place.refusals, *(found.opening_refused if found else ()))
    if refused and not rehearsal:
        raise RuleRefusal(refused[0])
    said = (*place.refusals, *place.warnings)
    if found is None:
        desk.warn(UNCHECKED)
        return (*said, UNCHECKED_REMARK)
    heeded = [*said, *new_lines(found.warnings, said, token)]
    for line in heeded:
        desk.warn(line)
    desk.say("以上各项写入封箱报告。" if heeded else "没有发现问题。")
    rows = [row for row in found.findings if row.level == "ask" and row.name not in _ASKED_BELOW]
    answers = [_ask_row(desk, row) for row in rows]
    told = [line for line in found.remarks if not line.endswith(_LEFT_TO_THE_HALL)]
    return (*said, *new_lines(tuple(told), said, token), *answers)[:_MOST]


def _ask_row(desk: Desk, row: Row) -> str:
    """What only people can tell; a no that would lose or show ballots is asked again until it is put right."""
    question, _, remedy = row.remedy.partition("？")
    while True:
        yes = desk.choose(f"{row.name}：{question}？", ["是", "不是"], default=None) == 1
        if not yes:
            desk.warn(remedy)
        if yes or row.if_no != "refuse":
            return f"{row.name}：到场人员{'确认无误' if yes else '说明不符合要求'}。"


def ask_hall(setting: Setting, assessed: str) -> tuple[tuple[str, ...], str]:
    """Ask what is asked in every hall; the lines for the zero report, and whose laptop it is.

    Raises:
        desk.Back: `0`.
    """
    desk = setting.desk
    desk.heading("请到场的人一起看")
    lines = (
        _clock(desk, setting.now()),
        _off(
            desk,
            "投影、电视、屏幕共享、远程控制都关了吗？",
            ("都关了，屏幕只有这一块", "还没关"),
            "请拔掉投影和电视的线，退出会议、课堂、远程控制软件，再回答一次。",
            "到场人员确认：投影、电视、屏幕共享和远程控制均已关闭。",
        ),
        _off(
            desk,
            "有摄像头拍得到屏幕或键盘吗？（监控、手机、电脑自带的摄像头）",
            ("没有，或已遮住", "有"),
            "请把电脑转个方向或换个地方，遮住自带的摄像头，再回答一次。",
            "到场人员确认：没有摄像头拍得到屏幕和键盘。",
        ),
    )
    return lines, _owner(desk, assessed)


def shown_time(moment: datetime) -> str:
    """2017年4月1日（星期六）14:30."""
    day = f"{moment.year}年{moment.month}月{moment.day}日"
    return f"{day}（星期{_WEEKDAYS[moment.weekday()]}）{moment:%H:%M}"


def _clock(desk: Desk, now: datetime) -> str:
    answer = desk.choose(f"电脑的时间是{shown_time(now)}，对吗？", ["对", "不对"], default=None)
    if answer == 1:
        return "到场人员确认：电脑的时间正确。"
    desk.warn("可先按0退出，在系统设置中改正时间后再来；不改的，封箱报告载明时间不准。")
    desk.choose("继续吗？", ["继续，载明时间不准"])
    return f"到场人员说明：电脑的时间不准，封箱时显示为{shown_time(now)}。"


def _off(desk: Desk, question: str, answers: tuple[str, str], remedy: str, line: str) -> str:
    while desk.choose(question, answers, default=None) != 1:
        desk.warn(remedy)
    return line


def _owner(desk: Desk, assessed: str) -> str:
    """Whose laptop it is; that of the assessed is advised against, and named in the zero report like any other."""
    number = desk.choose("这台电脑是谁的？", [*_OWNERS, "其他人的（须填写姓名）"], default=None)
    if number <= len(_OWNERS):
        return _OWNERS[number - 1]
    owner = desk.text("电脑是谁的", reads_name("姓名"))
    if "".join(owner.split()) == "".join(assessed.split()):
        desk.warn("被测评人的电脑不宜作票箱：最好换一台。继续使用的，封箱报告载明。")
        desk.choose("继续吗？", ["继续用这台电脑"], default=None)
    return owner
