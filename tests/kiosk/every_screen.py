"""Every screen of the kiosk and every page of the announcement, drawn without a terminal.

A new screen is one line in `SCREENS`: it is then in the snapshots, the contrast and the kinsoku tests at every size.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

from kiosk_walk import MemoryBooth, heading
from rich.cells import cell_len
from rich.style import Style

from kiosk.announcement import AnnouncementScreen
from kiosk.booth import Stopped, TokenAway
from kiosk.checks.model import Finding, Level
from kiosk.pages import Announcement
from kiosk.screens.base import Flow, Hall, KioskScreen
from kiosk.screens.board import Row, painted
from kiosk.screens.checks import ChecksScreen
from kiosk.screens.locked import LockedScreen, MemberScreen
from kiosk.screens.supervisor import (
    CancelScreen,
    EndScreen,
    HelpedScreen,
    MenuPinScreen,
    MenuScreen,
    NotCastScreen,
    PausedScreen,
    StoppedScreen,
)
from kiosk.screens.token import TokenScreen
from kiosk.screens.voter import AsideScreen, BallotScreen, ReviewScreen, ThanksScreen
from kiosk.theme import Theme, shown_in, theme_of
from kiosk.timings import Timings
from rounds.choices import Choice
from rounds.results import figures, result_sentence
from rounds.tally import Account, Tally

SIZES = ((80, 24), (120, 33), (240, 67))
ROSTER = tuple(f"团员{number}" for number in range(1, 46))
REMARKS = (
    "团支部书记不参加测评，应到39人；是否达到三分之二仍按登记注册团员40名计算。",
    "投票中重新启动1次，开启口令输错0次，由他人协助填写0人。",
    "启用应急码：否。",
)

FINDINGS = (
    Finding("终端大小", Level.OK, "120列33行"),
    Finding(
        "摄像头", Level.ASK, "会场中的摄像头无法得知", "摄像头、手机都拍不到屏幕和键盘，是吗？不是的，请遮挡或移开。"
    ),
    Finding("电源", Level.WARN, "正在用电池供电", "请接通电源。"),
    Finding("显示器", Level.REFUSE, "连接了2台显示器，别人能看到选票", "请断开投影和其他显示器，只留本机屏幕。"),
)


def _covered(hall: Hall) -> KioskScreen:
    screen = ReviewScreen(hall, Choice.SATISFIED)
    screen.forget()
    return screen


def _answered(hall: Hall) -> KioskScreen:
    screen = BallotScreen(hall)
    screen.typed("x", "x")
    return screen


STATIONED: dict[str, Any] = {
    "method": "stationed",
    "opens": "2017-04-01T08:00:00+08:00",
    "closes": "2017-04-03T18:00:00+08:00",
}
"""A 定点 round of three days."""


def _by_slips(hall: Hall, **fields: Any) -> LockedScreen:
    """The locked screen where slips open a session."""
    heading = replace(hall.booth.heading, roster=(), slips=True, **fields)
    booth = MemoryBooth(heading)
    booth.issued = booth.collected = hall.booth.figures().collected
    return LockedScreen(replace(hall, booth=booth))


def _resting(hall: Hall) -> LockedScreen:
    screen = _by_slips(hall, **STATIONED)
    screen.passed(Timings().rest_s + 1)
    return screen


SCREENS: dict[str, Callable[[Hall], KioskScreen]] = {
    "locked": LockedScreen,
    "locked, everybody voted": lambda hall: LockedScreen(hall, full=True),
    "locked, PIN or slip": _by_slips,
    "locked, stationed": lambda hall: _by_slips(hall, **STATIONED),
    "resting": _resting,
    "member": MemberScreen,
    "aside": AsideScreen,
    "ballot": BallotScreen,
    "ballot, another key": _answered,
    "review, satisfied": lambda hall: ReviewScreen(hall, Choice.SATISFIED),
    "review, unsatisfied": lambda hall: ReviewScreen(hall, Choice.UNSATISFIED),
    "review, blank": lambda hall: ReviewScreen(hall, Choice.BLANK),
    "review, covered": _covered,
    "thanks": ThanksScreen,
    "not cast": NotCastScreen,
    "cancel": CancelScreen,
    "menu PIN": MenuPinScreen,
    "menu": MenuScreen,
    "checks": lambda hall: ChecksScreen(hall, FINDINGS),
    "paused": PausedScreen,
    "helped": HelpedScreen,
    "end": EndScreen,
    "stopped": lambda hall: StoppedScreen(hall, Stopped(12, "山海云天 春秋明月 东西南北 上下左右")),
    "token away": lambda hall: TokenScreen(
        hall, TokenAway("票箱U盘已拔出。", "票箱U盘已拔出"), lambda _completed: None
    ),
}


def hall(*, rehearsal: bool = False, collected: int = 12, expected: int = 45) -> Hall:
    """A round under way, its clock standing still; nobody follows where the screens lead."""
    booth = MemoryBooth(
        heading(expected=expected, quorum_needed=30, rehearsal=rehearsal, key_on_same_disk=True, roster=ROSTER)
    )
    booth.issued = booth.collected = collected
    return Hall(booth, Timings(), lambda: 1000.0, cast("Flow", None), hint="")


def announcement(*, invalid: bool = False, rehearsal: bool = False) -> Announcement:
    """A result of 40 members, 39 of them expected."""
    account = Account(registered=40, expected=39, present=32, issued=31, collected=20 if invalid else 30)
    shown = figures(account, None if invalid else Tally(satisfied=15, unsatisfied=10, blank=5))
    code = f"2016-0123456789ABCDEF 39/32/31/30/25/5/15/10 {'A1' * 32}"
    sentence = result_sentence(shown, expected=39)
    return Announcement(
        "第三团支部书记张三2016年度满意度测评",
        shown,
        39,
        "山海云天",
        "春秋明月 东西南北",
        code,
        sentence,
        rehearsal=rehearsal,
        remarks=REMARKS,
    )


def pages(shown: Announcement) -> Iterator[AnnouncementScreen]:
    """The announcement's screen, open at each page in turn."""
    screen = AnnouncementScreen(shown)
    for _ in range(5):
        yield screen
        screen.turn()


def every_picture(
    size: tuple[int, int], *, rehearsal: bool = False, colour_system: str = "256"
) -> Iterator[tuple[str, list[Row]]]:
    """Name and picture of every screen and page at one size, as the terminal would get them."""
    theme = shown_in(theme_of(rehearsal=rehearsal), colour_system)
    for name, made in SCREENS.items():
        yield name, dressed(made(hall(rehearsal=rehearsal)).rows(*size), size[0], theme)
    for invalid in (False, True):
        for number, page in enumerate(pages(announcement(invalid=invalid, rehearsal=rehearsal)), 1):
            yield f"page {number}{', invalid' * invalid}", dressed(page.rows(*size), size[0], theme)


def dressed(rows: list[Row], width: int, theme: Theme) -> list[Row]:
    return [painted(content, width, theme) for content in rows]


def cells(rows: list[Row]) -> list[list[tuple[str, Style | None]]]:
    """One (character, style) for each cell; the second cell of a wide character has an empty character."""
    return [
        [
            cell
            for segment in content
            for character in segment.text
            for cell in ((character, segment.style), ("", segment.style))[: cell_len(character)]
        ]
        for content in rows
    ]


def is_ambiguous(character: str) -> bool:
    """Whether some terminals draw this character two cells wide and others one."""
    return unicodedata.east_asian_width(character) == "A"
