"""The room is part of the box (SECRECY.md): displays, programs that show the screen elsewhere, cameras.

`room_refusal` is the cheap look before every unlock; the others are rows of the table.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from kiosk import texts
from kiosk.checks.model import Finding, Level, Surroundings
from kiosk.checks.programs import Program, found_programs

DISPLAYS = "显示器"
PROGRAMS = "共享与远程程序"
CAMERAS = "摄像头"


def display_count(around: Surroundings) -> int | None:
    """How many displays are connected, the most that any source tells; None where none tells.

    A display that is connected and dark counts: a key turns it on.
    """
    if around.platform == "win32":
        return around.windows.display_count()
    told = [count for count in (_drm_count(around), around.x_outputs(around.environment)) if count]
    return max(told, default=None)


def _drm_count(around: Surroundings) -> int:
    states = (around.text(path).strip() for path in (around.sys_root / "class/drm").glob("card*-*/status"))
    return sum(state == "connected" for state in states)


def is_shown_elsewhere(around: Surroundings) -> bool:
    """Whether this session itself is drawn on another machine's screen."""
    if around.platform == "win32":
        return around.windows.is_remote_session()
    display = around.environment.get("DISPLAY", "")
    forwarded = bool(display) and not display.startswith((":", "unix:"))
    return forwarded or any(around.environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))


def displays(around: Surroundings) -> Finding:
    """One display, or nobody votes; where it can't be told, the hall is asked."""
    count = display_count(around)
    question = "只有本机一块屏幕显示投票画面，是吗？不是的，请关闭投影，断开其他显示器。"
    if count is not None and count > 1:
        remedy = "请断开投影和其他显示器（复制、扩展都不行），只留本机屏幕。"
        return Finding(DISPLAYS, Level.REFUSE, f"连接了{count}台显示器，别人能看到选票", remedy)
    if is_shown_elsewhere(around):
        return Finding(DISPLAYS, Level.ASK, "本机正被远程登录，画面可能显示在别处", question, Level.REFUSE)
    if count is None:
        return Finding(DISPLAYS, Level.ASK, "无法得知连接了几台显示器", question, Level.REFUSE)
    return Finding(DISPLAYS, Level.OK, "连接了1台显示器")


def process_names(around: Surroundings) -> list[str]:
    """The names of the running programs, as far as this user may see them."""
    if around.platform == "win32":
        return around.windows.process_names()
    return list(_linux_names(around))


def _linux_names(around: Surroundings) -> Iterator[str]:
    """Both names of each process: the one it gives itself, and its file's (an interpreter hides behind the other).

    Plain strings and system calls: this runs before every unlock, over some hundreds of processes.
    """
    root = str(around.proc_root)
    for number in _entries(root):
        if not number.isdigit():
            continue
        with suppress(OSError):  # it has ended meanwhile
            descriptor = os.open(f"{root}/{number}/comm", os.O_RDONLY)
            try:
                yield os.read(descriptor, 64).decode("utf-8", "replace").strip()
            finally:
                os.close(descriptor)
        with suppress(OSError):  # another user's process, or a thread of the kernel
            yield os.readlink(f"{root}/{number}/exe").rpartition("/")[2].removesuffix(" (deleted)")  # noqa: PTH115  speed, see above


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  names are wanted, not paths
    except OSError:
        return []


def _others_are_hidden(around: Surroundings) -> bool:
    """Where /proc is mounted with hidepid, nobody but root sees process 1."""
    return around.platform != "win32" and not around.text(around.proc_root / "1/comm")


def programs(around: Surroundings) -> Finding:
    """No program may show, record or hand over this screen."""
    names = process_names(around)
    found = found_programs(names)
    if any(program.refuse for program in found):
        return Finding(
            PROGRAMS, Level.REFUSE, f"正在运行：{_labels(found)}", "请全部退出（包括托盘和后台服务），再检查一次。"
        )
    if found:
        return Finding(PROGRAMS, Level.WARN, f"正在运行：{_labels(found)}", "请退出，至少确认没有在共享或录制屏幕。")
    if not names or _others_are_hidden(around):
        question = "投屏、共享、录屏、远程控制和电子教室程序都已退出，是吗？不是的，请全部退出。"
        return Finding(PROGRAMS, Level.ASK, "无法得知正在运行的程序", question, Level.REFUSE)
    return Finding(PROGRAMS, Level.OK, "未发现已知的投屏、共享、录屏、远程控制和电子教室程序")


def cameras(around: Surroundings) -> Finding:
    """No camera can be seen from here; the hall can see it."""
    own = any((around.dev_root).glob("video*")) if around.platform != "win32" else False
    seen = "本机带有摄像头，会场中的摄像头无法得知" if own else "会场中的摄像头无法得知"
    question = "摄像头、手机都拍不到屏幕和键盘，是吗？不是的，请遮挡或移开。"
    return Finding(CAMERAS, Level.ASK, seen, question, Level.REFUSE)


def room_refusal(around: Surroundings) -> str | None:
    """Why no voter may be let in just now, as one line of the locked screen; None when nothing is known against it."""
    count = display_count(around)
    if count is not None and count > 1:
        return texts.too_many_displays(count)
    shown = tuple(program for program in found_programs(process_names(around)) if program.refuse)
    return texts.shown_by(shown[0].label) if shown else None


def _labels(found: tuple[Program, ...]) -> str:
    return "、".join(program.label for program in found)
