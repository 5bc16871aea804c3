"""What the guard has, and the one line about it on the locked screen."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

Feed = Callable[[str], None]
"""Takes the name of one allowed key, from any thread, and returns at once."""


class GuardState(Enum):
    """已锁定 is said of `LOCKED` alone: the grab was obtained and is alive. All others say what to do."""

    LOCKED = "键盘已锁定"
    STARTING = "键盘未锁定：正在锁定，请稍候"
    LOST = "键盘未锁定：锁定中断，正在重新锁定"
    REFUSED = "键盘未锁定：另有程序占用键盘，请关闭其菜单、截图或锁屏程序"
    NOT_IN_FRONT = "键盘未锁定：投票窗口不在最前，请点击投票窗口"
    NO_WINDOW = "键盘未锁定：认不出投票窗口，请从专用会话启动（见 deploy/README.md）"
    WAYLAND = "键盘未锁定：Wayland 会话管不到键盘，请改用 X11 专用会话"
    NO_DISPLAY = "键盘未锁定：没有图形会话，请从 X11 专用会话启动"
    UNAVAILABLE = "键盘未锁定：pynput 不可用，请按说明重新安装"

    @property
    def is_locked(self) -> bool:
        """Whether no key can reach another program now."""
        return self is GuardState.LOCKED

    @property
    def retry_s(self) -> float:
        """Seconds until another try is worth its cost: a lost or refused grab at once, a missing display rarely."""
        return _SLOW_S if self in _STEADY else _QUICK_S


_QUICK_S = 0.2
"""KIOSK.md: rebuilt within 0.25 s."""
_SLOW_S = 2.0
_STEADY = frozenset({GuardState.NO_WINDOW, GuardState.WAYLAND, GuardState.NO_DISPLAY, GuardState.UNAVAILABLE})


class NotLocked(Exception):
    """The keyboard was not taken; `state` says why. Carries nothing else."""

    def __init__(self, state: GuardState) -> None:
        """`state`: what the locked screen shall say."""
        super().__init__(state.name)
        self.state = state
