"""Keyboards: the supervisor's keypad, and whether the input guard can hold the keyboard here."""

from __future__ import annotations

import os
import re

from kiosk.checks.model import Finding, Level, Surroundings

KEYPAD, GUARD = "小键盘", "输入锁定"
_NAME = re.compile(r'^N: Name="(.*)"$', re.MULTILINE)
_EVENT = re.compile(r"^H: Handlers=.*\bkbd\b.*\b(event\d+)\b", re.MULTILINE)
_KEYS = re.compile(r"^B: KEY=([0-9a-f ]+)$", re.MULTILINE)
_KEYPAD_CODES = (71, 72, 73, 75, 76, 77, 79, 80, 81, 82)
"""linux/input-event-codes.h: KEY_KP7 … KEY_KP0."""
_LONGEST = 24


def keypad(around: Surroundings) -> Finding:
    """Keyboards with a keypad, as the kernel lists them; the kiosk must be able to read one to use it."""
    if around.platform == "win32":
        return Finding(KEYPAD, Level.OK, "本系统不使用，以开启口令开启")
    listing = around.text(around.proc_root / "bus/input/devices")
    found = [block for block in listing.split("\n\n") if _EVENT.search(block) and _has_keypad(block)]
    if not found:
        return Finding(KEYPAD, Level.OK, "未发现，以开启口令开启")
    names = "、".join(dict.fromkeys(_name(block) for block in found))
    if any(_is_readable(around, block) for block in found):
        return Finding(KEYPAD, Level.OK, f"可以使用：{names}")
    return Finding(
        KEYPAD, Level.OK, f"已插入但无权读取：{names}；以开启口令开启", "要用小键盘，请将本用户加入 input 组。"
    )


def _name(block: str) -> str:
    found = _NAME.search(block)
    return (found[1] if found else "无名键盘")[:_LONGEST]


def _has_keypad(block: str) -> bool:
    """Whether the bitmap (hexadecimal words of 64 bits, the highest first) has every digit of a keypad."""
    found = _KEYS.search(block)
    words = [int(word, 16) for word in reversed(found[1].split())] if found else []
    bits = sum(word << (64 * position) for position, word in enumerate(words))
    return all(bits >> code & 1 for code in _KEYPAD_CODES)


def _is_readable(around: Surroundings, block: str) -> bool:
    found = _EVENT.search(block)
    return found is not None and os.access(around.dev_root / "input" / found[1], os.R_OK)


def guard(around: Surroundings) -> Finding:
    """What pynput can do here (KIOSK.md, Locking the laptop): hold the keyboard under X11, nothing under Wayland."""
    environment = around.environment
    if around.platform == "win32":
        return Finding(GUARD, Level.WARN, "未锁定：系统快捷键仍有效", "请用 deploy 文件夹中的设置，投票时有人看守。")
    if environment.get("XDG_SESSION_TYPE") == "wayland" or environment.get("WAYLAND_DISPLAY"):
        remedy = "请在登录画面改选X11（Xorg）会话，或用专用的投票会话；否则投票时有人看守。"
        return Finding(GUARD, Level.WARN, "未锁定：Wayland下不能锁定键盘", remedy)
    if environment.get("DISPLAY", "").startswith((":", "unix:")):
        return Finding(GUARD, Level.OK, "X11会话，可以锁定键盘")
    return Finding(GUARD, Level.WARN, "未锁定：不在X11会话中", "请用专用的投票会话，或投票时有人看守键盘。")
