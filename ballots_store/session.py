"""What the box tells the screens: plain values and the refusals that a screen answers by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rounds.documents import Method
from rounds.errors import RuleRefusal


@dataclass(frozen=True)
class Heading:
    """What stands on the screens of one round and never changes while it runs."""

    title: str
    """XX团支部书记XX年度满意度测评."""
    assessed: tuple[tuple[str, str], ...]
    """Rows of the form's 测评对象: (label, value), e.g. ("姓名", "张三")."""
    duties: str
    """备注 3, the five basic duties, as one text."""
    box_words: str
    """箱号: the first words of the round key's digest."""
    registered: int
    """N, 登记注册团员."""
    expected: int
    """应参加: N, or N-1 where the secretary does not vote."""
    quorum_needed: int
    """有效线: the smallest number of ballots that makes the round valid."""
    rehearsal: bool
    key_on_same_disk: bool
    """True: no 票箱U盘; the weaker storage is named on the opening screen."""
    roster: tuple[str, ...] = ()
    """Members by position, empty without a roster."""
    method: Method = "gathered"
    slips: bool = False
    """投票凭条 were made: the locked screen takes them."""
    opens: str = ""
    closes: str = ""
    """The authorised times as the authorisation spells them, empty without a limit."""

    @property
    def stationed(self) -> bool:
        """定点: slips alone open a session, the PIN opens the menu only."""
        return self.method == "stationed"


@dataclass(frozen=True)
class Figures:
    """What the locked screen shows: never a partial result."""

    issued: int
    collected: int


@dataclass(frozen=True)
class Stopped:
    """What the supervisor and teller write down when voting has ended."""

    collected: int
    seal_words: str
    """封箱码: words of SHA-256(public key ‖ sorted sealed ballots)."""


class _WrongNumber(RuleRefusal):
    """What was typed on the locked screen opens nothing; the failure is already durable."""

    LINE: ClassVar[str]

    def __init__(self, tries_left: int, wait_s: float, *, tried: bool = True) -> None:
        """`tries_left` before a wait begins (0 when one has begun); `wait_s` seconds until the next try.

        `tried`: False where it came too early, so that nobody knows whether it was wrong.
        """
        super().__init__(self.LINE)
        self.tries_left = tries_left
        self.wait_s = wait_s
        self.tried = tried


class WrongPin(_WrongNumber):
    """The 开启口令 was wrong."""

    LINE = "开启口令不正确"


class WrongSlip(_WrongNumber):
    """No unused slip of this round has that number.

    A used slip, one of another round and one that never was get the same answer: whether somebody's slip was used is
    nobody's business.
    """

    LINE = "投票凭条号不正确或已使用"


class MiscopiedSlip(RuleRefusal):
    """Not ten digits, or the check digit is off: no slip of any round, so nothing was tried and nothing is counted."""

    def __init__(self) -> None:
        """The line for the user."""
        super().__init__("投票凭条号为10位数字，请对照凭条重新输入")


class BoxFull(RuleRefusal):
    """Everybody who may vote has voted: nothing more is unlocked."""

    def __init__(self) -> None:
        """The line for the user."""
        super().__init__("应参加人员均已投票，不再开启：请由指导监督人员结束投票。")


class WindowClosed(RuleRefusal):
    """The authorised time has not begun or is over; it limits unlocking, not a session begun nor closing."""
