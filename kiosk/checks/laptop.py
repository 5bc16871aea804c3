"""The laptop for an hour: power, sleep and lock, swap, core dumps, clock, input method."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kiosk.checks.model import Finding, Level, Surroundings
from kiosk.checks.programs import INPUT_METHODS, found_labels
from kiosk.checks.room import process_names

POWER, SLEEP, SWAP, CORE, CLOCK, INPUT = "电源", "休眠与锁屏", "交换分区", "内存转储", "时钟", "输入法"
_FIRST_YEAR, _LAST_YEAR = 2025, 2079
"""Outside these the clock's battery is empty (1970, 2000), not the calendar wrong."""
_NEVER = re.compile(r"\b0\b")
_X_TIMEOUT = re.compile(r"timeout:\s+(\d+)")
_GNOME = (
    ("org.gnome.desktop.session", "idle-delay", "空闲后关闭屏幕并锁屏"),
    ("org.gnome.settings-daemon.plugins.power", "sleep-inactive-ac-timeout", "空闲后自动挂起"),
)


def power(around: Surroundings) -> Finding:
    """A battery that runs empty loses no ballot, but the hall waits."""
    mains = around.windows.on_mains() if around.platform == "win32" else _linux_mains(around)
    if mains is None:
        return Finding(POWER, Level.ASK, "无法得知是否接通电源", "电源已经接通，是吗？不是的，请接通。")
    if not mains:
        return Finding(POWER, Level.WARN, "正在用电池供电", "请接通电源。")
    return Finding(POWER, Level.OK, "已接通电源")


def _linux_mains(around: Surroundings) -> bool | None:
    """Mains first; without such a supply, a battery that discharges; without a battery, can't tell."""
    supplies = list((around.sys_root / "class/power_supply").glob("*"))
    online = [
        around.text(supply / "online").strip()
        for supply in supplies
        if around.text(supply / "type").strip() in {"Mains", "USB"}
    ]
    if "1" in online:
        return True
    states = {
        around.text(supply / "status").strip()
        for supply in supplies
        # a mouse's battery has the scope "Device"
        if around.text(supply / "type").strip() == "Battery" and around.text(supply / "scope").strip() != "Device"
    }
    if states:
        return "Discharging" not in states and "0" not in online
    return False if "0" in online else None


def sleep(around: Surroundings) -> Finding:
    """A screen that locks itself in the middle of a vote asks the voter for somebody's password."""
    question = "自动锁屏、屏幕保护和休眠都已关闭，是吗？不是的，请在系统设置中关闭。"
    if around.platform == "win32":
        return Finding(SLEEP, Level.ASK, "无法得知本机的锁屏设置", question)
    told = list(_sleepers(around))
    if not told:
        return Finding(SLEEP, Level.ASK, "无法得知本机的锁屏和休眠设置", question)
    awake = [what for what, will in told if will]
    if awake and not _is_inhibited(around):
        return Finding(SLEEP, Level.WARN, "；".join(awake), "请在系统设置中关闭自动锁屏、屏幕保护和休眠。")
    return Finding(SLEEP, Level.OK, "未设置自动锁屏或休眠，或已被阻止")


def _sleepers(around: Surroundings) -> Iterator[tuple[str, bool]]:
    """What the desktop and the X server tell: what it is, and whether it will happen."""
    for schema, key, what in _GNOME:
        value = around.run(("gsettings", "get", schema, key)) if _has_desktop(around) else None
        if value is not None:
            yield what, _NEVER.search(value) is None
    if around.environment.get("DISPLAY") and (text := around.run(("xset", "q"))) is not None:
        timeout = _X_TIMEOUT.search(text)
        yield "屏幕保护已启用", timeout is not None and timeout[1] != "0"
        yield "显示器会自动关闭（DPMS）", "DPMS is Enabled" in text


def _has_desktop(around: Surroundings) -> bool:
    """Without a session bus `gsettings` answers with defaults that nobody obeys."""
    environment = around.environment
    return "GNOME" in environment.get("XDG_CURRENT_DESKTOP", "") and bool(environment.get("DBUS_SESSION_BUS_ADDRESS"))


def _is_inhibited(around: Surroundings) -> bool:
    """Whether a program holds sleep and idling off."""
    listed = around.run(("systemd-inhibit", "--list", "--no-pager", "--mode=block")) or ""
    return "idle" in listed and "sleep" in listed


def swap(around: Surroundings) -> Finding:
    """The keys in memory may reach a disk, unless what swaps is compressed memory or encrypted."""
    if around.platform == "win32":
        return Finding(SWAP, Level.OK, "由系统管理；投票结束后请关机")
    open_swaps = [line.split()[0] for line in around.text(around.proc_root / "swaps").splitlines()[1:] if line.split()]
    if not [place for place in open_swaps if "zram" not in place and not _is_encrypted(around, place)]:
        return Finding(SWAP, Level.OK, "未启用，或已加密")
    if "disk" in around.text(around.sys_root / "power/state").split():
        seen = "本机启用了交换分区且可以休眠，内存中的密钥可能写入磁盘"
        return Finding(SWAP, Level.WARN, seen, "建议关闭交换分区，投票期间不要休眠。")
    seen = "本机启用了交换分区，内存中的密钥可能写入磁盘"
    return Finding(SWAP, Level.WARN, seen, "建议先关闭交换分区（swapoff -a）。")


def _is_encrypted(around: Surroundings, place: str) -> bool:
    """Whether a swap device lies on dm-crypt, by itself or under LVM; of a swap file nothing is known."""
    device = around.sys_root / "class/block" / Path(place).name
    return place.startswith("/dev/") and _on_crypt(around, device)


def _on_crypt(around: Surroundings, device: Path) -> bool:
    if around.text(device / "dm/uuid").startswith("CRYPT-"):
        return True
    below = sorted((device / "slaves").glob("*"))
    return bool(below) and all(_on_crypt(around, around.sys_root / "class/block" / slave.name) for slave in below)


def core(around: Surroundings) -> Finding:
    """A crash must not write the kiosk's memory to a disk."""
    off = around.core_dumps_off()
    if off is None:
        return Finding(CORE, Level.OK, "由系统管理")
    if not off:
        return Finding(CORE, Level.WARN, "未能禁止，程序出错时内存可能写入磁盘", "请先执行 ulimit -c 0 再启动。")
    return Finding(CORE, Level.OK, "已禁止")


def clock(around: Surroundings) -> Finding:
    """The times of opening and closing are in signed files; only the hall knows what time it is."""
    now = around.now()
    shown = f"{now.year}年{now.month}月{now.day}日{now:%H}时{now:%M}分（{now:%z}）"
    if not _FIRST_YEAR <= now.year <= _LAST_YEAR:
        return Finding(CLOCK, Level.WARN, f"本机时间是{shown}，显然不对", "请在系统设置中校正日期和时间。")
    synchronised = around.run(("timedatectl", "show", "--property=NTPSynchronized", "--value"))
    if (synchronised or "").strip() == "yes":
        return Finding(CLOCK, Level.OK, f"{shown}，已与网络校时")
    return Finding(CLOCK, Level.ASK, f"本机时间是{shown}", "本机的日期和时间与手表一致，是吗？不是的，请先校正。")


def input_method(around: Surroundings) -> Finding:
    """An input method swallows digits until somebody notices that it is in Chinese mode."""
    found = found_labels(INPUT_METHODS, process_names(around))
    if found:
        remedy = "请切换到英文输入，或退出输入法，以免截去数字键。"
        return Finding(INPUT, Level.WARN, f"正在运行：{'、'.join(found)}", remedy)
    if around.platform == "win32":
        return Finding(INPUT, Level.ASK, "无法得知输入法的状态", "输入法已切换到英文，是吗？不是的，请切换。")
    return Finding(INPUT, Level.OK, "未发现正在运行的输入法")
