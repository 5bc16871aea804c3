"""Every sentence of the kiosk's screens, in one place.

The wording follows the notice 渝青办〔2017〕4号 and RULES.md section 8. The sentences that KIOSK.md quotes are a
contract: they stand on the screen as they stand here, on one line even at 80 columns. No curly quotes: some terminals
draw them two cells wide.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from types import MappingProxyType
from typing import Final

from rounds.choices import Choice

# Every screen
REHEARSAL: Final = "演练　演练　演练　（本次投票仅供演练，结果不作数）"
CALL_SUPERVISOR: Final = "如需中止填写，请按 Esc，由指导监督人员处理"

# Locked
NEXT_MEMBER: Final = "请下一位团员上前，由指导监督人员开启"
ALL_VOTED: Final = "应参加人员均已投票"
ALL_VOTED_THEN: Final = "请指导监督人员按 0 再按 Enter，结束投票"
SAME_DISK: Final = "密钥与票箱同在本机磁盘（未使用票箱U盘）"
LOCKED_KEYS: Final = "指导监督人员：输入开启口令后按 Enter；按 0 再按 Enter 进入管理菜单"
PAUSE: Final = "请稍候，暂不接受输入"

# The supervisor's 开启口令
PIN_PROMPT: Final = "开启口令："
CHECKING: Final = "正在核对开启口令"
WRONG_PIN: Final = "开启口令不正确"
DIGITS_ONLY: Final = "请输入数字，再按 Enter"
FULL: Final = "输入已满，请按 Enter，或按 Esc 清除"
BACK_KEYS: Final = "输入开启口令后按 Enter；按 0 再按 Enter 返回"
PIN_KEYS: Final = "指导监督人员：输入开启口令后按 Enter"
MENU_PIN: Final = "进入管理菜单，请指导监督人员输入开启口令"

# Member
CHOOSE_MEMBER: Final = "尚未投票的团员（由指导监督人员输入编号）"
MEMBER_PROMPT: Final = "编号："
MEMBER_KEYS: Final = "输入编号后按 Enter；直接按 Enter 翻页；按 0 再按 Enter 返回"
NO_SUCH_MEMBER: Final = "没有这个编号，或者该团员已经投票"

# Stand aside
STAY_AWAY: Final = "其他人员请远离投票区域"
ASSESSED: Final = "测评对象"
HOW_TO: Final = "下一屏按 1 选满意，按 2 选不满意；投票前可以返回重选。"
DUTIES: Final = "团支部书记基本履职要求："
SECRECY: Final = "不记姓名、不记时间、不记先后；封箱期间无法读出任何一票"
ALONE: Final = "按 Enter：我已独自一人，开始填写"
PRESS_ENTER: Final = "请按 Enter"

# Ballot
CHOOSE: Final = "请在以下等次中选择其中一项"
BLANK_KEY: Final = "不选请按3（空白票，按无效票计）"
PRESS_1_OR_2: Final = "请按1或2"
LABELS: Final[Mapping[Choice, str]] = MappingProxyType({Choice.SATISFIED: "满意", Choice.UNSATISFIED: "不满意"})

# Review
YOUR_CHOICE: Final = "您的选择："
REVIEWED: Final[Mapping[Choice, str]] = MappingProxyType(
    {**LABELS, Choice.BLANK: "不作选择（空白票，按无效票计）"},
)
CAST_KEY: Final = "按 Enter 投票，按 0 返回重选"
FINAL: Final = "按 Enter 投票后不能更改"
PRESS_ENTER_OR_0: Final = "请按 Enter 或 0"
COVERED: Final = "内容已遮住，按 Enter 重新填写"

# Thanks, not cast, cancel
THANKS: Final = "已投入票箱，请离开"
THANKS_BIG: Final = ("已投入票箱请离开", "请离开")
NOT_CAST: Final = "本次未投票"
NOT_CAST_WHY: Final = "填写已中止或超时，没有测评票投入票箱，所作选择已清除"
CANCEL: Final = "填写已中止，所作选择已清除"
CANCEL_PIN: Final = "请指导监督人员输入开启口令，结束本次填写"
CANCEL_KEYS: Final = "输入开启口令后按 Enter；团员继续填写，按 0 再按 Enter"

# The supervisor's menu
MENU: Final = "管理菜单"
MENU_ITEMS: Final = ("1　暂停", "2　登记一名由他人协助填写的团员", "3　结束投票", "4　检查", "0　返回")
MENU_KEYS: Final = "请按1、2、3、4或0"
PAUSED: Final = "投票暂停"
STICK_AWAY: Final = "票箱U盘已拔出，请指导监督人员插回原U盘，投票暂停"
STICK_WHY: Final = "插回后自动继续。已投入的测评票不受影响。"
STICK_OPEN: Final = "正在投票的团员请稍候：插回后本机核实该票，不会丢失，也不会重复投入。"
PAUSED_WHY: Final = "请指导监督人员输入开启口令，恢复投票"
HELPED_ASK: Final = "登记一名由他人协助填写的团员？"
HELPED_RULE: Final = "协助人由团员本人选定，不得是测评对象或指导监督人员；只记人数，不记姓名。"
HELPED_ITEMS: Final = ("1　登记", "0　返回")
HELPED_DONE: Final = "已登记一名由他人协助填写的团员"
PRESS_1_OR_0: Final = "请按1或0"
END_ASK: Final = "结束投票？结束后不能再投票"
END_ITEMS: Final = ("1　继续投票", "2　结束投票", "0　返回")
END_KEYS: Final = "请按1、2或0；直接按 Enter 继续投票"
STOPPED: Final = "投票已结束"
SEAL_WORDS: Final = "封箱码"
STOPPED_NOTE: Final = "请指导监督人员和计票人记下收回票数和封箱码，然后按 Enter"


def box(words: str) -> str:
    """箱号, as the locked screen and the announcement show it."""
    return f"箱号：{words}"


def cast_of(collected: int, expected: int) -> str:
    """已投 N / 应参加 M."""
    return f"已投 {collected} / 应参加 {expected}"


def cast_big(collected: str, expected: str) -> str:
    """The same in giant writing, figures as they are to stand."""
    return f"已投{collected}/应参加{expected}"


def quorum_line(needed: int) -> str:
    """有效线 K: the smallest number of ballots that makes the round valid."""
    return f"有效线 {needed}"


def cast_count(collected: int) -> str:
    """已投N张, as the supervisor compares it."""
    return f"已投{collected}张"


def short_of(missing: int) -> str:
    """还差X人: below quorum, going on is the default (RULES.md section 1)."""
    return f"还差{missing}人，未达有效线；建议继续投票"


def token_state(short: str) -> str:
    """What is wrong with the stick just now."""
    return f"目前状态：{short}"


def collected_count(collected: int) -> str:
    """收回 P 张."""
    return f"收回 {collected} 张"


def please_wait(seconds: int) -> str:
    """请等待 X 秒, after too many wrong tries."""
    return f"请等待 {seconds} 秒"


def wrong_pin(tries_left: int) -> str:
    """What a wrong 开启口令 answers while tries are left, and when a wait has begun."""
    return f"{WRONG_PIN}，还可以再试 {tries_left} 次" if tries_left else f"{WRONG_PIN}，请等待"


def idle_alert(seconds: int) -> str:
    """Said after a minute without a key; any key answers and does nothing else."""
    return f"长时间没有按键：请按任意键继续，{seconds} 秒后自动退出"


def choice_line(choice: Choice) -> str:
    """Key and 等次 as ordinary text, beside or below the giant ones."""
    return f"{choice.value}　{LABELS[choice]}"


def page_of(page: int, pages: int) -> str:
    """第 X 页，共 Y 页."""
    return f"第 {page} 页，共 {pages} 页"


# Slips, stationed rounds, the supervisor's keypad
SLIP_CALL: Final = "请输入投票凭条号"
SLIP_PROMPT: Final = "投票凭条号："
SLIP_KEYS: Final = "输入凭条上的10位号码，按 Enter；指导监督人员按 0 再按 Enter 进入管理菜单"
SLIP_MISCOPIED: Final = "投票凭条号为10位数字，请对照凭条重新输入"
WRONG_SLIP: Final = "投票凭条号不正确或已使用"
PIN_OR_SLIP_CALL: Final = "请下一位团员上前，由指导监督人员开启，或输入投票凭条号"
PIN_OR_SLIP_PROMPT: Final = "开启口令或投票凭条号："
PIN_OR_SLIP_KEYS: Final = "输入开启口令或投票凭条号，按 Enter；按 0 再按 Enter 进入管理菜单"
PIN_OR_SLIP_CHECKING: Final = "正在核对"
WRONG_PIN_OR_SLIP: Final = "开启口令或投票凭条号不正确"
SLIP_BACK: Final = "投票凭条未使用，仍可再次使用"
REST_PROMPT: Final = "按任意键开始"
STATIONED: Final = "定点投票"
KEYPAD_ASKS: Final = "小键盘未启用：请指导监督人员在小键盘上输入开启口令，按 Enter"
KEYPAD_ARMED: Final = "小键盘已启用：在小键盘上按 Enter，开启下一位"
KEYPAD_AWAY: Final = "小键盘已拔出：请插回，或在本机输入开启口令"


def keypad_typed(bullets: str) -> str:
    """What was typed on the keypad, as bullets."""
    return f"小键盘 {PIN_PROMPT}{bullets}"


def keypad_wrong(tries_left: int, wait_s: float) -> str:
    """What a wrong 开启口令 on the keypad answers."""
    return f"小键盘：{wrong_entry(WRONG_PIN, tries_left, wait_s)}"


def wrong_entry(what: str, tries_left: int, wait_s: float) -> str:
    """What a wrong entry answers while tries are left, and when a wait has begun or still runs."""
    return f"{what}，还可以再试 {tries_left} 次" if tries_left else f"{what}，{please_wait(ceil(wait_s))}"


def window(opens: str, closes: str) -> str:
    """投票时间, as the authorisation has it, without seconds and offset; empty without one."""
    if not opens or not closes:
        return ""
    begin, end = (f"{text[5:7]}月{text[8:10]}日{text[11:16]}" for text in (opens, closes))
    return f"投票时间：{begin}至{end}"


# The announcement
ANNOUNCE_KEYS: Final = "按 Enter 翻页，按 Esc 退出"
ATTENDANCE: Final = ("应到", "实到")
ACCOUNT: Final = ("发出", "收回", "有效", "无效")
VOTES: Final = ("满意", "不满意", "满意度")
BARS: Final = ("满意", "不满意", "无效")
BOX_CLOSED: Final = "票箱未开启，不计满意票数"
BOX_CLOSED_BIG: Final = ("票箱未开启", "未开箱")
CODE_TEXT: Final = "二维码内容（测评编号、应到/实到/发出/收回/有效/无效/满意/不满意、结果文件摘要）："
CODE_NOTE: Final = ("二维码：测评编号、各项数字", "和结果文件摘要", "请拍照留存，与公示内容核对")
NO_ROOM_FOR_CODE: Final = "窗口放不下二维码，请放大窗口"
_UNOPENED: Final = "未开箱"


def persons(count: int | None) -> str:
    """X 人."""
    return f"{count} 人"


def sheets(count: int | None) -> str:
    """X 张; None where the box stays unopened."""
    return _UNOPENED if count is None else f"{count} 张"


def votes(count: int | None) -> str:
    """X 票; None where the box stays unopened."""
    return _UNOPENED if count is None else f"{count} 票"


def outcome(name: str) -> str:
    """测评结果：满意, 不满意 or 无效 with its reason."""
    return f"测评结果：{name}"


def fingerprint(words: str) -> str:
    """The result file's fingerprint, as two people compare it."""
    return f"结果文件指纹：{words}"


# The checks (kiosk.checks): the menu's screen, and why nobody is let in just now
CHECKS: Final = "本机和会场检查"
CHECKS_KEYS: Final = "按 Enter 翻页，按 0 返回"
CHECK_LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {"ok": "正常", "warn": "注意", "refuse": "不符", "ask": "核对"},
)
_LONGEST_LABEL = 12


def too_many_displays(count: int) -> str:
    """Why the locked screen lets nobody in; one line at 80 columns."""
    return f"连接了{count}台显示器，未开启：请断开投影和其他显示器后再开启"


def shown_by(program: str) -> str:
    """The same for a program that shows the screen elsewhere; its name is that of the table, never the process's."""
    return f"{program[:_LONGEST_LABEL]}正在运行，未开启：请退出该程序后再开启"
