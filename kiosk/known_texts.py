"""Every sentence of `demo --script`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rounds.choices import Choice

PREPARING: Final = "正在准备自动演示（约需数秒）…"
LEFT: Final = "自动演示已中止，没有留下任何文件。"
ANNOUNCED: Final = "以下测评票即将由程序逐票投入，请记住张数"
ANNOUNCED_KEYS: Final = "稍候自动开始；按 Enter 立即开始，按 Esc 离开"
COMPARED_KEYS: Final = "稍候自动结束；按 Enter 或 Esc 离开"
UNLOCK: Final = "指导监督人员输入开启口令，按 Enter"
ALONE: Final = "按 Enter，开始填写"
CAST: Final = "核对后按 Enter 投票"
TO_MENU: Final = "自动演示：票已投完，按 0 再按 Enter，进入管理菜单"
MENU_PIN: Final = "自动演示：指导监督人员输入开启口令，按 Enter"
END: Final = "自动演示：按 3，结束投票"
END_SURE: Final = "自动演示：按 2，确认结束投票"
COUNT: Final = "自动演示：按 Enter，开箱计票"
_NAMES: Final = {Choice.SATISFIED: "满意", Choice.UNSATISFIED: "不满意", Choice.BLANK: "空白"}


def caption(number: int, of: int) -> Callable[[str], str]:
    """What stands above the last line while one voter's keys are pressed."""
    return lambda what: f"自动演示（按 Esc 离开）　第{number}票，共{of}票：{what}"


def pressing(vote: Choice) -> str:
    """按 1 选满意."""
    return f"按 {vote.value} 选{_NAMES[vote]}"


def announced(votes: Sequence[Choice]) -> list[str]:
    """The votes before they are cast: one by one and added up."""
    each = "，".join(f"第{number}票{_NAMES[vote]}" for number, vote in enumerate(votes, 1))
    return [ANNOUNCED, f"{each}。", "", f"合计：{_sum(Counter(votes))}。"]


def compared(votes: Sequence[Choice], counted: Mapping[Choice, int]) -> list[str]:
    """The votes beside the count."""
    same = Counter(votes) == Counter(counted)
    verdict = "两者一致：投进去什么，数出来就是什么。" if same else "两者不一致：请停止使用，并报告上级团组织。"
    return [verdict, f"事先公布：{_sum(Counter(votes))}。", f"开箱计票：{_sum(counted)}。"]


def _sum(counts: Mapping[Choice, int]) -> str:
    return "，".join(f"{name}{counts.get(choice, 0)}票" for choice, name in _NAMES.items())
