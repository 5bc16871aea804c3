"""The whole afternoon: look where the round stands, do what comes next, look again.

Every stop (a kill, a power cut, Ctrl-C at any question) leaves the round where its own files say it is; started again,
the guide looks there and goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from admin_cli.guide.counting import count, void
from admin_cli.guide.desk import Back
from admin_cli.guide.finishing import finish
from admin_cli.guide.nine import authorise_here
from admin_cli.guide.paper import make_paper
from admin_cli.guide.places import choose_file
from admin_cli.guide.sealing import called, seal, waiting_files
from admin_cli.guide.setting import Setting
from admin_cli.guide.voting import progress, vote
from admin_cli.opening import STATE_NAMES
from ballots_store.destroying import finish as destroy_the_rest
from ballots_store.destroying import unfinished
from ballots_store.home import DESTROYED_NOTE, Home
from ballots_store.status import IN_USE, Status, round_status
from rounds.errors import RoundError

_PATIENCE_S = 15.0
_LOOK_EVERY_S = 0.25


def wait_for_boxes(home: Home, tell: Callable[[str], None]) -> None:
    """Wait a while for a kiosk that is giving its box and its terminal back, because its guide was killed just now."""
    told, deadline = False, time.monotonic() + _PATIENCE_S
    while any(_is_held(home, round_id) for round_id in home.rounds()) and time.monotonic() < deadline:
        if not told:
            tell("投票界面还开着，等它退出…")
        told = True
        time.sleep(_LOOK_EVERY_S)


def _is_held(home: Home, round_id: str) -> bool:
    try:
        return round_status(home, round_id).state == IN_USE
    except RoundError:  # a damaged round says so when it is chosen
        return False


def lead(setting: Setting) -> None:
    """Lead from the first question to the last; comes back when somebody leaves."""
    setting.desk.heading("背靠背满意度测评")
    setting.desk.say("按数字，再按 Enter。随时可以关机或按 Ctrl+C 停下，再次运行即从停下处继续。")
    _finish_destroying(setting)
    while True:
        try:
            round_id = _choose_round(setting)
        except Back:
            return
        if round_id is not None and _walk(setting, round_id):
            return


def _finish_destroying(setting: Setting) -> None:
    """A destruction that was cut off is finished first; the codes were given then."""
    folder = setting.home.rounds_path
    for round_id in sorted(entry.parent.name for entry in folder.glob(f"*/{DESTROYED_NOTE}")):
        try:
            if unfinished(setting.home, round_id):
                destroy_the_rest(setting.home, round_id)
                setting.desk.say(f"上次销毁中断，现已继续完成：{round_id}。")
        except RoundError as error:
            setting.desk.warn(str(error))


def _choose_round(setting: Setting) -> str | None:
    """A round that is here, or a new one; None: it came to nothing.

    Raises:
        desk.Back: `0`.
    """
    rounds = setting.home.rounds()
    new = "开始一次新的测评"
    if not rounds:
        return _guarded(setting)
    number = setting.desk.choose("哪一次测评？", [*(_name(setting, found) for found in rounds), new], back="离开")
    if number <= len(rounds):
        return rounds[number - 1]
    return _guarded(setting, back=True)


def _guarded(setting: Setting, *, back: bool = False) -> str | None:
    """A new round; a refusal is told and leads back to the first question."""
    try:
        return _new_round(setting)
    except RoundError as error:
        setting.desk.say("", str(error))
    except Back:
        if not back:
            raise
    return None


def _new_round(setting: Setting) -> str | None:
    """From a file with the 批复, or with nine questions instead.

    Raises:
        desk.Back: `0` at the first question.
        RoundError: refused; nothing was written.
    """
    files = waiting_files(setting)
    options = ["有批复文件（.auth）：验箱封箱", "没有批复文件：回答九个问题，在本机批复"]
    number = setting.desk.choose("开始一次新的测评：", options, default=1 if files else None, back="离开")
    try:
        if number == 1:
            return seal(setting, choose_file(setting.desk, "哪一份批复？", files, [called(path) for path in files]))
        issued = authorise_here(setting)
        return seal(setting, issued.path, issued.activation_code)
    except Back:
        return None


def _name(setting: Setting, round_id: str) -> str:
    try:
        found = round_status(setting.home, round_id)
    except RoundError:
        return f"{round_id}（文件无法读取）"
    rehearsal = "【演练】" if found.mode == "rehearsal" else ""
    return f"{rehearsal}{found.title}（{STATE_NAMES[found.state]}）"


def _walk(setting: Setting, round_id: str) -> bool:
    """Go on with one round until it is left; True: nothing is left to do."""
    while True:
        try:
            found = round_status(setting.home, round_id)
        except RoundError as error:
            setting.desk.say("", str(error))
            return False
        try:
            if _step(setting, found):
                return True
        except Back:
            return False
        except RoundError as error:
            setting.desk.say("", str(error))
            setting.desk.pause()


def _step(setting: Setting, found: Status) -> bool:
    """What comes next; True: the last question was answered.

    Raises:
        desk.Back: `0`.
        RoundError: refused.
    """
    match found.state:
        case "opened":
            _vote_or_count(setting, found)
        case "stopped":
            count(setting, found)
        case "closed" | "void":
            finish(setting, found)
            return True
        case _:
            setting.desk.say("投票界面在另一个窗口开着。请在那里继续，或结束投票后再来。")
            setting.desk.choose("现在：", ["再看一次"])
    return False


def _vote_or_count(setting: Setting, found: Status) -> None:
    """A box that was sealed: vote, or, where somebody voted and the kiosk can't be ended in order, count."""
    desk = setting.desk
    desk.heading(found.title)
    desk.say(f"箱号：{found.box_words}", progress(found))
    ways = [("继续投票", vote), ("投票已结束，开箱计票", count), ("作废本次测评", void)]
    if not (found.issued or found.collected):  # 定点, the first is not known
        desk.say("还没有宣读的，请先宣读：票箱为空，现在封箱，开始投票。")
        ways = [("开始投票", vote), ("制作投票凭条（打印后裁开，团员凭号码投票）", make_paper), ways[-1]]
    _, act = ways[desk.choose("现在：", [name for name, _ in ways], back="离开") - 1]
    act(setting, found)
