"""Where the ballots lie: kind of medium, speed, space, the 票箱U盘, and what would undo it all at the next start."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ballots_store.medium import Mount, mount_of, parse_mountinfo
from kiosk.checks.model import Finding, Level, Surroundings
from kiosk.checks.programs import RESTORERS, found_labels
from kiosk.checks.room import process_names

FOLDER, SPEED, SPACE, STICK, RESTORE = "数据文件夹", "磁盘速度", "磁盘空间", "票箱U盘", "还原保护"
SAID_BY_THE_BOX = frozenset({STICK, SPEED})
"""Rows whose refusal the box itself makes, more exactly."""
_WRITES, _BLOCK = 9, 4096
_SLOW_S = 0.1
"""Of one write that waits for the medium. A cast makes about eight: above this the voter waits a second and more."""
_ROUND_BYTES = 32 * 1024 * 1024
"""Far more than the box of the largest branch, its journal, its frozen copy and the result."""
_STICK_BYTES = 8 * 1024 * 1024
_SCARCE = 8
"""This many times what is needed is plenty; below, something else may fill the disk meanwhile."""
_MEMORY = frozenset({"tmpfs", "ramfs"})
_OVERLAYS = frozenset({"overlay", "aufs", "unionfs"})
_LIVE = ("boot=live", "boot=casper", "rd.live.image", "overlayroot=", "systemd.volatile=")
_PERSISTENT = ("persistent", "persistence", "rd.live.overlay=", "overlayroot=disabled", "systemd.volatile=no")


def folder(around: Surroundings, home: Path, token: Path | None) -> list[Finding]:
    """What `ballots_store.medium` says of the data folder and the stick; the memory and what `restore` says aside."""
    found = around.survey(home, token)
    rows = [_told(line, Level.REFUSE) for line in found.refusals] + [_told(line, Level.WARN) for line in found.warnings]
    return rows if any(row.name == FOLDER for row in rows) else [Finding(FOLDER, Level.OK, "在本机磁盘上"), *rows]


def _told(line: str, level: Level) -> Finding:
    seen, _, remedy = line.rstrip("。").partition("：")
    about_stick = line.startswith((STICK, "--token"))
    return Finding(STICK if about_stick else FOLDER, level, seen, f"{remedy}。" if remedy else "封箱报告如实载明。")


def speed(around: Surroundings, home: Path) -> Finding:
    """How long one write takes that waits for the medium; the file has no name and is gone at once."""
    place = nearest(home)
    try:
        median = statistics.median(_write_times(around, place))
    except OSError:
        return Finding(SPEED, Level.REFUSE, "数据文件夹不能写入", "请检查权限和磁盘，或用 --home 另指文件夹。")
    seen = f"每次写入约{max(1, round(median * 1000))}毫秒"
    if median > _SLOW_S:
        return Finding(SPEED, Level.WARN, f"{seen}，较慢", "请换用更快的磁盘或U盘，或请团员投票后稍候。")
    return Finding(SPEED, Level.OK, seen)


def _write_times(around: Surroundings, place: Path) -> Iterator[float]:
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(_WRITES):
            begun = around.monotonic()
            os.pwrite(file.fileno(), bytes(_BLOCK), 0) if hasattr(os, "pwrite") else file.write(bytes(_BLOCK))
            getattr(os, "fdatasync", os.fsync)(file.fileno())
            yield around.monotonic() - begun


def space(around: Surroundings, home: Path, token: Path | None) -> list[Finding]:
    """A full disk stops a vote in the middle: the round must fit beforehand."""
    places = [(SPACE, home, _ROUND_BYTES)]
    if token is not None and token.is_dir():
        places.append((STICK, token, _STICK_BYTES))
    return [_space(around, *place) for place in places]


def _space(around: Surroundings, name: str, place: Path, needed: int) -> Finding:
    try:
        free = around.free_bytes(nearest(place))
    except OSError:
        return Finding(name, Level.ASK, "无法得知剩余空间", "剩余空间充足，是吗？不是的，请先清理。")
    seen = f"剩余{free // (1024 * 1024)}兆字节"
    if free < needed:
        return Finding(name, Level.REFUSE, f"{seen}，放不下本次测评", "请先清理磁盘，或换一个。")
    if free < needed * _SCARCE:
        return Finding(name, Level.WARN, f"{seen}，较少", "请清理磁盘，投票期间不要存入其他文件。")
    return Finding(name, Level.OK, seen)


def stick(token: Path | None) -> Finding:
    """There, and writable; whether it is a disk of its own, `folder` says."""
    if token is None:
        return Finding(
            STICK, Level.WARN, "未使用，密钥与票箱同在本机磁盘，保护较弱", "建议插入U盘，用 --token 指明文件夹。"
        )
    if not token.is_dir():
        return Finding(STICK, Level.REFUSE, "没有找到", "请插好U盘，并核对 --token 指明的文件夹。")
    if not os.access(token, os.W_OK | os.X_OK):
        return Finding(STICK, Level.REFUSE, "不可写", "请打开U盘的写保护开关，或换一个U盘。")
    return Finding(STICK, Level.OK, "已插入，可以写入")


def restore(around: Surroundings, home: Path) -> Finding:
    """A card or a program that undoes every change at the next start undoes the ballots too."""
    found = _undone_by(around, home)
    if found is not None:
        return Finding(RESTORE, Level.REFUSE, found, "请解除还原保护，或用 --home 另指不被还原的磁盘。")
    question = "本机没有还原卡，重启后不会还原磁盘，是吗？不是的，请解除保护，或换一台电脑。"
    return Finding(RESTORE, Level.ASK, "未发现还原软件；还原卡无法得知", question, Level.REFUSE)


def _undone_by(around: Surroundings, home: Path) -> str | None:
    names = process_names(around)
    if around.platform == "win32":
        names += around.windows.driver_names()
    labels = found_labels(RESTORERS, names)
    if labels:
        return f"正在运行{'、'.join(labels)}，重启后票箱会被还原掉"
    if around.platform == "win32":
        return None
    return _lost_at_restart(around, parse_mountinfo(around.text(around.proc_root / "self/mountinfo")), home)


def _lost_at_restart(around: Surroundings, mounts: tuple[Mount, ...], home: Path) -> str | None:
    mount = mount_of(PurePosixPath(home.resolve()), mounts)
    if mount is None:
        return None
    if mount.kind in _MEMORY:
        return f"数据文件夹在内存中（{mount.kind}），断电即全部丢失"
    if mount.kind in _OVERLAYS and (_is_live(around) or _upper_in_memory(mount, mounts)):
        return f"数据文件夹在只存于内存的叠加文件系统（{mount.kind}）上，重启后票箱会丢失"
    return None


def _is_live(around: Surroundings) -> bool:
    """Whether the system was started so that it forgets: a live medium without persistence, a frozen root."""
    words = around.text(around.proc_root / "cmdline").split()
    forgets = any(word.startswith(_LIVE) for word in words)
    return forgets and not any(word.startswith(_PERSISTENT) for word in words)


def _upper_in_memory(mount: Mount, mounts: tuple[Mount, ...]) -> bool:
    upper = next((option.removeprefix("upperdir=") for option in mount.options if option.startswith("upperdir=")), "")
    below = mount_of(PurePosixPath(upper), mounts) if upper.startswith("/") else None
    return below is not None and below.kind in _MEMORY


def nearest(place: Path) -> Path:
    """`place`, or the nearest folder above it that is there: a home is made at its first use."""
    place = place.absolute()
    return next((folder for folder in (place, *place.parents) if folder.is_dir()), place)
