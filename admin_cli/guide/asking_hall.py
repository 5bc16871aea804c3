"""What no program can see: whether the clock is right, who else sees the screen, whose laptop it is.

The answers go into the zero report, so Enter alone answers none of them. A screen or a camera that sees the ballot is
not answered away: the guide waits until it is off.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from admin_cli.guide.desk import Desk
from admin_cli.guide.setting import Setting, reads_name
from rounds.errors import RuleRefusal

_WEEKDAYS = "一二三四五六日"
_OWNERS = ("团支部或学院的公用电脑", "指导监督人员自带", "计票人自带")


def check_machine(setting: Setting, token: Path | None, *, rehearsal: bool) -> tuple[str, ...]:
    """Run the checks and show them; the remarks for the zero report.

    Raises:
        RuleRefusal: the box would lie where its promises can't hold; in a rehearsal that is a remark too.
    """
    desk = setting.desk
    desk.heading("检查这台电脑")
    found = setting.check(token)
    if found.refusals and not rehearsal:
        raise RuleRefusal(found.refusals[0])
    lines = (*found.refusals, *found.warnings)
    for line in lines:
        desk.warn(line)
    desk.say("没有发现问题。" if not lines else "以上各项写入封箱报告。")
    return lines


def ask_hall(setting: Setting) -> tuple[tuple[str, ...], str]:
    """Ask the four questions; the lines for the zero report, and whose laptop it is.

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
    return lines, _owner(desk)


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


def _owner(desk: Desk) -> str:
    number = desk.choose("这台电脑是谁的？", [*_OWNERS, "其他人的（须填写姓名）"], default=None)
    if number <= len(_OWNERS):
        return _OWNERS[number - 1]
    return desk.text("电脑是谁的", reads_name("姓名"))
