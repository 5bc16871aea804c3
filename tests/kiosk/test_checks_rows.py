"""Every other row: what is planted is seen, and the same laptop without it is the control."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from planted_laptop import KEYPAD_KEYS, MOUNTS, SWAPS, Laptop, WindowsHall, row, written

from ballots_store.medium import Survey
from kiosk.checks import keys, laptop, storage, terminal
from kiosk.checks.model import Level, Surroundings


@pytest.fixture
def good(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


@dataclass(frozen=True)
class Facts:
    ambiguous_wide: bool = False
    cjk_ok: bool = True
    answered: bool = True


def test_terminal_size(good: Laptop) -> None:
    assert row(terminal.size(good.around())) == ("ok", "120列33行")
    assert terminal.size(good.around(terminal_size=lambda: (80, 24))).level is Level.OK
    for size in ((79, 24), (80, 23)):
        assert terminal.size(good.around(terminal_size=lambda size=size: size)).level is Level.REFUSE
    assert terminal.size(good.around(terminal_size=lambda: None)).level is Level.ASK


def test_width_as_the_terminal_answered(good: Laptop) -> None:
    assert terminal.width(good.around()) == []  # nobody asked it
    levels = [
        (Facts(), Level.OK),
        (Facts(ambiguous_wide=True), Level.OK),
        (Facts(answered=False), Level.OK),
        (Facts(cjk_ok=False), Level.REFUSE),
    ]
    for facts, level in levels:
        (found,) = terminal.width(good.around(terminal_facts=lambda facts=facts: facts))
        assert found.level is level


def test_encoding_and_glyphs(good: Laptop) -> None:
    asked = terminal.glyphs(good.around())
    assert (asked.level, "下面四个字能看清吗" in asked.remedy) == (Level.ASK, True)
    assert terminal.glyphs(good.around(encoding=lambda: "gb18030")).level is Level.REFUSE


def test_power(good: Laptop) -> None:
    assert laptop.power(good.around()).level is Level.OK
    written(good.sys / "class/power_supply/AC/online", "0\n")
    written(good.sys / "class/power_supply/BAT0/type", "Battery\n")
    written(good.sys / "class/power_supply/BAT0/status", "Discharging\n")
    assert row(laptop.power(good.around())) == ("warn", "正在用电池供电")
    written(good.sys / "class/power_supply/BAT0/status", "Charging\n")
    written(good.sys / "class/power_supply/AC/online", "1\n")
    assert laptop.power(good.around()).level is Level.OK


def test_power_where_nothing_is_listed(tmp_path: Path) -> None:
    assert laptop.power(Surroundings(platform="linux", sys_root=tmp_path)).level is Level.ASK


GNOME = {"DISPLAY": ":0", "XDG_CURRENT_DESKTOP": "ubuntu:GNOME", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/bus"}
IDLE = "gsettings get org.gnome.desktop.session idle-delay"


def test_sleep_and_lock(good: Laptop) -> None:
    around = good.around(environment=GNOME)
    assert laptop.sleep(around).level is Level.OK
    good.answers[IDLE] = "uint32 300\n"
    assert row(laptop.sleep(around)) == ("warn", "空闲后关闭屏幕并锁屏")
    good.answers["systemd-inhibit --list --no-pager --mode=block"] = "kiosk 1000 u 1 x sleep:idle 投票 block\n"
    assert laptop.sleep(around).level is Level.OK
    del good.answers["systemd-inhibit --list --no-pager --mode=block"]
    good.answers[IDLE] = "uint32 0\n"
    assert laptop.sleep(around).level is Level.OK
    good.answers["xset q"] = "Screen Saver:\n  timeout:  600    cycle:  600\nDPMS (Energy Star):\n  DPMS is Enabled\n"
    assert row(laptop.sleep(around)) == ("warn", "屏幕保护已启用；显示器会自动关闭（DPMS）")


def test_sleep_where_nothing_tells(good: Laptop) -> None:
    assert laptop.sleep(good.around(environment={})).level is Level.ASK


def test_swap(good: Laptop) -> None:
    assert laptop.swap(good.around()).level is Level.OK
    written(good.proc / "swaps", f"{SWAPS}/dev/zram0 partition 1 0 100\n")
    assert laptop.swap(good.around()).level is Level.OK
    written(good.proc / "swaps", f"{SWAPS}/dev/dm-1 partition 1 0 -2\n")
    assert laptop.swap(good.around()).level is Level.WARN
    written(good.sys / "power/state", "freeze mem disk\n")
    assert "可以休眠" in laptop.swap(good.around()).seen
    written(good.sys / "class/block/dm-1/dm/uuid", "LVM-abc\n")
    (good.sys / "class/block/dm-1/slaves/dm-0").mkdir(parents=True)
    assert laptop.swap(good.around()).level is Level.WARN
    written(good.sys / "class/block/dm-0/dm/uuid", "CRYPT-LUKS2-abc\n")  # LVM on LUKS
    assert laptop.swap(good.around()).level is Level.OK
    written(good.proc / "swaps", f"{SWAPS}/swapfile file 1 0 -2\n")
    assert laptop.swap(good.around()).level is Level.WARN


def test_core_dumps(good: Laptop) -> None:
    assert laptop.core(good.around()).level is Level.OK
    assert laptop.core(good.around(core_dumps_off=lambda: False)).level is Level.WARN


def test_clock(good: Laptop) -> None:
    assert row(laptop.clock(good.around())) == ("ok", "2026年11月23日14时05分（+0800），已与网络校时")
    good.answers["timedatectl show --property=NTPSynchronized --value"] = "no\n"
    asked = laptop.clock(good.around())
    assert (asked.level, "2026年11月23日14时05分" in asked.seen) == (Level.ASK, True)
    assert laptop.clock(good.around(now=lambda: datetime(1970, 1, 1, tzinfo=UTC))).level is Level.WARN


def test_input_method(good: Laptop) -> None:
    assert laptop.input_method(good.around()).level is Level.OK
    good.process(900, "fcitx5")
    good.process(901, "sogoupinyin-ser")  # the kernel's fifteen characters
    assert row(laptop.input_method(good.around())) == ("warn", "正在运行：Fcitx 5、搜狗拼音")


def test_what_the_medium_is(good: Laptop) -> None:
    told = Survey(("数据文件夹在btrfs文件系统上，不行：请改用ext4。",), ("--token指明的文件夹在同一磁盘上，不好。",))
    rows = storage.folder(good.around(survey=lambda _home, _token: told), good.home, good.home)
    assert [(found.name, found.level.value, found.remedy) for found in rows] == [
        ("数据文件夹", "refuse", "请改用ext4。"),
        ("票箱U盘", "warn", "封箱报告如实载明。"),
    ]
    (control,) = storage.folder(good.around(), good.home, None)
    assert control.level is Level.OK


def test_disk_speed_leaves_nothing_behind(good: Laptop) -> None:
    good.home.mkdir()
    quick = itertools.count(step=0.001)
    assert storage.speed(good.around(monotonic=lambda: next(quick)), good.home).level is Level.OK
    slow = itertools.count(step=0.5)
    found = storage.speed(good.around(monotonic=lambda: next(slow)), good.home)
    assert row(found) == ("warn", "每次写入约500毫秒，较慢")
    assert list(good.home.iterdir()) == []
    assert storage.speed(good.around(), good.home / "not" / "made" / "yet").level is not Level.REFUSE


def test_disk_space(good: Laptop) -> None:
    stick = good.folder / "stick"
    stick.mkdir()
    assert [found.level for found in storage.space(good.around(), good.home, stick)] == [Level.OK] * 2
    little = storage.space(good.around(free_bytes=lambda _folder: 100 * 1024**2), good.home, None)
    assert [row(found) for found in little] == [("warn", "剩余100兆字节，较少")]
    none = storage.space(good.around(free_bytes=lambda _folder: 1024**2), good.home, stick)
    assert [found.level for found in none] == [Level.REFUSE] * 2


def test_stick(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    assert storage.stick(None).level is Level.WARN
    assert row(storage.stick(stick)) == ("refuse", "没有找到")
    stick.mkdir()
    assert storage.stick(stick).level is Level.OK


def test_what_forgets_at_the_next_start_is_refused(good: Laptop) -> None:
    assert storage.restore(good.around(), good.home).level is Level.ASK  # a card can't be seen
    mounts = good.proc / "self/mountinfo"
    at = good.home.resolve()
    written(mounts, f"{MOUNTS}40 27 0:40 / {at} rw - tmpfs tmpfs rw\n")
    assert row(storage.restore(good.around(), good.home)) == ("refuse", "数据文件夹在内存中（tmpfs），断电即全部丢失")
    overlay = f"{MOUNTS}40 27 0:40 / {at} rw - overlay overlay rw,lowerdir=/ro,upperdir="
    written(mounts, f"{overlay}/run/overlay/up,workdir=/run/overlay/work\n")
    assert storage.restore(good.around(), good.home).level is Level.REFUSE
    written(mounts, f"{overlay}/srv/up,workdir=/srv/work\n")  # a container's: it lies on a disk
    assert storage.restore(good.around(), good.home).level is Level.ASK
    written(good.proc / "cmdline", "boot=live quiet\n")
    assert storage.restore(good.around(), good.home).level is Level.REFUSE
    written(good.proc / "cmdline", "boot=live persistence quiet\n")
    assert storage.restore(good.around(), good.home).level is Level.ASK


def test_what_restores_a_windows_disk_is_refused(tmp_path: Path) -> None:
    def found(**answers: object) -> Level:
        return storage.restore(Surroundings(platform="win32", windows=WindowsHall(**answers)), tmp_path).level

    assert found() is Level.ASK
    assert found(drivers=["DeepFrz.sys"]) is Level.REFUSE
    assert found(processes=["DefenderDaemon.exe"]) is Level.REFUSE


def test_keypad(good: Laptop) -> None:
    assert row(keys.keypad(good.around())) == ("ok", "未发现，以开启口令开启")
    block = '{}N: Name="{}"\nH: Handlers=sysrq kbd {} leds \nB: KEY={}\n\n'
    buttons = block.format("", "Power Button", "event0", "10000000000000 0")
    written(good.proc / "bus/input/devices", buttons)
    assert "未发现" in keys.keypad(good.around()).seen
    pad = block.format("", "SIGMACHIP USB Keyboard", "event5", KEYPAD_KEYS)
    written(good.proc / "bus/input/devices", buttons + pad)
    assert "无权读取：SIGMACHIP" in keys.keypad(good.around()).seen
    written(good.dev / "input/event5", "")
    assert row(keys.keypad(good.around())) == ("ok", "可以使用：SIGMACHIP USB Keyboard")


def test_input_guard(good: Laptop) -> None:
    assert keys.guard(good.around()).level is Level.OK
    wayland = keys.guard(good.around(environment={"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}))
    assert row(wayland) == ("warn", "未锁定：Wayland下不能锁定键盘")
    assert "X11" in wayland.remedy
    assert keys.guard(good.around(environment={})).level is Level.WARN
