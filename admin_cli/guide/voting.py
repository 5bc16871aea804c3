"""投票: the kiosk as a child of this process, and what its end means."""

from __future__ import annotations

from admin_cli.guide.officers import ask_for_envelope
from admin_cli.guide.setting import Setting
from ballots_store.inquiries import authorised
from ballots_store.status import Status
from rounds.errors import VerificationFailure

_ENDED = 0


def vote(setting: Setting, found: Status) -> None:
    """Run the kiosk until it ends; the caller looks where the round stands then.

    Raises:
        desk.Back: `0` before the envelope.
        TokenAway: the 票箱U盘 is not plugged in.
    """
    desk, round_id = setting.desk, found.round_id
    token = setting.token(round_id)
    words = [round_id, *(["--token", str(token)] if token is not None else [])]
    desk.heading("投票")
    desk.say(
        "由指导监督人员、计票人先后输入自己的口令，之后全屏投票。",
        "投完后在投票界面按0，再输入开启口令进入管理菜单，选“结束投票”。",
    )
    status = setting.run_kiosk(*words)
    while status == VerificationFailure.exit_code and _envelope(setting, round_id):
        status = setting.run_kiosk(*words, "--emergency")
    if status != _ENDED:
        desk.heading("投票界面已退出")
        desk.say("已投入的票都在票箱内。可以随时由两名工作人员重新开始。")


def _envelope(setting: Setting, round_id: str) -> bool:
    """After three wrong codes; True: the kiosk is to start with the 应急码."""
    setting.desk.say("上面的错误如果说的不是口令不正确，请停下，保留电脑和U盘，报告上级团组织。")
    return ask_for_envelope(setting, authorised(setting.home, round_id), "一名工作人员")


def progress(found: Status) -> str:
    """What is known of the votes without any code."""
    return f"已{so_far(found)}；有效线：至少{found.quorum_needed}张。"


def so_far(found: Status) -> str:
    """发出 and 收回; 定点, what was handed out is known only once the slips left over are counted."""
    issued = "" if found.issued is None else f"发出{found.issued}张，"
    return f"{issued}收回{found.collected}张"
