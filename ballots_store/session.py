"""What the box tells the screens: plain values and the refusals that a screen answers by itself."""

from __future__ import annotations

from dataclasses import dataclass

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


class WrongPin(RuleRefusal):
    """The 开启口令 was wrong; the failure is already durable."""

    def __init__(self, tries_left: int, wait_s: float) -> None:
        """`tries_left` before a wait begins (0 when one has begun); `wait_s` seconds until the next try."""
        super().__init__("开启口令不正确")
        self.tries_left = tries_left
        self.wait_s = wait_s


class BoxFull(RuleRefusal):
    """Everybody who may vote has voted: nothing more is unlocked."""

    def __init__(self) -> None:
        """The line for the user."""
        super().__init__("应参加人员均已投票，不再开启：请由指导监督人员结束投票。")


class WindowClosed(RuleRefusal):
    """The authorised time has not begun or is over; it limits unlocking, not a session begun nor closing."""
