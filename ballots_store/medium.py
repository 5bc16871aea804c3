"""What the folders of a round lie on, as far as the system tells: refused where the box's promises can't hold there.

The box overwrites old keys in place and waits for each write to be on the medium (SECRECY.md). A copy-on-write file
system keeps what was overwritten, a synced folder sends every state of the box away, a network folder decides for
itself when a write is durable, and data=journal keeps each page once more. The judgement is pure: `judge` takes the
texts of /proc as values; `survey` reads them. Where nothing can be told (Windows, macOS) nothing is said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_COPY_ON_WRITE = frozenset({"btrfs", "zfs", "bcachefs", "nilfs2", "f2fs"})
"""f2fs and nilfs2 write a log: an overwritten page goes elsewhere there as well."""
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "gfs2", "ocfs2", "beegfs"}
    | {"9p", "virtiofs", "vboxsf", "vmhgfs", "drvfs", "prl_fs"}
)
"""Folders of another machine, or of the machine around this virtual one."""
_REMOTE_FUSE = frozenset(
    {"sshfs", "rclone", "glusterfs", "ceph", "s3fs", "davfs", "davfs2", "curlftpfs", "gvfsd-fuse", "onedriver"}
    | {"google-drive-ocamlfuse", "vmhgfs-fuse"}
)
_LOCAL_FUSE = frozenset({"fuseblk"})  # ntfs-3g and exfat-fuse on a device of this machine
_SYNCED = re.compile(
    r"(dropbox|onedrive|坚果云|我的坚果云|nutstore|icloud|mobile documents|google ?drive|googledrive|baidusyncdisk"
    r"|百度网盘|百度云|wpsdrive|wps云盘|微云|nextcloud|owncloud|seafile|tresorit|pcloud)",
    re.IGNORECASE,
)
"""A folder whose name begins so is one that a program keeps in step with a server."""
_MARKERS = (".dropbox.cache", ".stfolder", ".owncloudsync.log", ".nextcloudsync.log")
"""What such programs leave in the folder they keep in step, and nowhere else."""
_OCTAL = re.compile(r"\\([0-7]{3})")
_MEMORY = frozenset({"tmpfs", "ramfs"})


@dataclass(frozen=True)
class Mount:
    """One line of /proc/self/mountinfo."""

    device: str
    """major:minor"""
    point: PurePosixPath
    kind: str
    options: frozenset[str]


@dataclass(frozen=True)
class Facts:
    """What the system says, as it says it; empty where it says nothing."""

    mountinfo: str = ""
    swaps: str = ""
    power: str = ""
    """/sys/power/state"""
    flash: frozenset[str] = field(default_factory=frozenset)
    """Devices (major:minor) that say of themselves that nothing in them rotates, or that they can be taken out."""


@dataclass(frozen=True)
class Survey:
    """One Chinese line each; a refusal is a reason not to open a box there."""

    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __add__(self, other: Survey) -> Survey:
        """Both, each line once."""
        return Survey(
            tuple(dict.fromkeys(self.refusals + other.refusals)), tuple(dict.fromkeys(self.warnings + other.warnings))
        )


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """The mounts in the order of the text (proc(5)); a line that is none is left out."""
    return tuple(mount for line in text.splitlines() if (mount := _mount(line)) is not None)


def _mount(line: str) -> Mount | None:
    head, separator, tail = line.partition(" - ")
    fields, rest = head.split(" "), tail.split(" ")
    if not separator or len(fields) < 6 or len(rest) < 3:  # noqa: PLR2004  proc(5) counts them
        return None
    point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[4])
    return Mount(fields[2], PurePosixPath(point), rest[0], frozenset(",".join((fields[5], rest[2])).split(",")))


def mount_of(path: PurePosixPath, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that `path` (absolute, without links) lies in; of two on one point the later one covers the other."""
    fitting = [mount for mount in mounts if path.is_relative_to(mount.point)]
    return max(enumerate(fitting), key=lambda item: (len(item[1].point.parts), item[0]))[1] if fitting else None


def judge(path: PurePosixPath, facts: Facts, *, markers: Sequence[str] = (), what: str = "数据文件夹") -> Survey:
    """What is to be said of the folder `path`, named `what`; `markers`: files of sync programs found above it."""
    mount = mount_of(path, parse_mountinfo(facts.mountinfo))
    refusals = [*_kind_refusals(mount, what), *_sync_refusals(path, markers, what)]
    return Survey(tuple(refusals), tuple(_medium_warnings(mount, facts, what)))


def judge_memory(facts: Facts) -> Survey:
    """What is to be said of the memory that holds A while people vote."""
    swaps = [line.split()[0] for line in facts.swaps.splitlines()[1:] if line.split()]
    if not any("zram" not in swap for swap in swaps):
        return Survey()
    line = "本机启用了交换分区，内存中的密钥可能写入磁盘：建议先关闭交换分区（swapoff -a）。"
    if "disk" in facts.power.split():
        line = "本机启用了交换分区且可以休眠，内存中的密钥可能写入磁盘：建议关闭交换分区，投票期间不要休眠。"
    return Survey(warnings=(line,))


def _kind_refusals(mount: Mount | None, what: str) -> Iterable[str]:
    if mount is None:
        return
    subtype = mount.kind.removeprefix("fuse.")
    if mount.kind in _COPY_ON_WRITE:
        yield f"{what}在{mount.kind}文件系统上，改写时保留旧内容，旧密钥不能抹去：请改用ext4等文件系统上的文件夹。"
    elif mount.kind in _NETWORK or (mount.kind.startswith("fuse") and subtype in _REMOTE_FUSE):
        yield f"{what}在网络或共享文件夹（{mount.kind}）上，不能确认写入已落盘：请改用本机磁盘上的文件夹。"
    if mount.kind in {"ext3", "ext4"} and "data=journal" in mount.options:
        yield f"{what}所在磁盘用data=journal挂载，日志中会保留旧密钥：请改用data=ordered挂载。"


def _sync_refusals(path: PurePosixPath, markers: Sequence[str], what: str) -> Iterable[str]:
    named = next((part for part in path.parts if _SYNCED.match(part)), "") or next(iter(markers), "")
    if named:
        yield f"{what}在同步盘中（{named[:20]}），票箱的每次变化都会被上传：请改用不同步的文件夹。"


def _medium_warnings(mount: Mount | None, facts: Facts, what: str) -> Iterable[str]:
    if mount is None:
        return
    if mount.device in facts.flash:
        yield f"{what}在固态或闪存介质上，芯片内可能保留已抹去的旧密钥。"
    if mount.kind == "overlay":
        yield f"{what}在叠加文件系统（overlay）上，不能确认下层磁盘的类型。"
    elif mount.kind in _MEMORY:
        yield f"{what}在内存中（{mount.kind}），断电即全部丢失。"
    elif mount.kind.startswith("fuse") and mount.kind not in _LOCAL_FUSE:
        yield f"{what}在用户态文件系统（{mount.kind}）上，不能确认写入已落盘。"


def survey(home: Path, token: Path | None) -> Survey:
    """What is to be said of the data folder, of the 票箱U盘 and of this machine's memory, before a box is opened."""
    home = home.resolve()
    found = judge_memory(facts := read_facts()) + _folder(home, facts, "数据文件夹")
    if token is None:
        return found
    token = token.resolve()
    return found + _folder(token, facts, "票箱U盘") + _same_disk(home, token)


def read_facts() -> Facts:
    """The facts of this machine."""
    mountinfo = _text(Path("/proc/self/mountinfo"))
    devices = {mount.device for mount in parse_mountinfo(mountinfo)}
    flash = frozenset(device for device in devices if _is_flash(Path("/sys/dev/block") / device))
    return Facts(mountinfo, _text(Path("/proc/swaps")), _text(Path("/sys/power/state")), flash)


def _folder(folder: Path, facts: Facts, what: str) -> Survey:
    if os.name != "posix":
        return judge(PurePosixPath(folder.as_posix()), Facts(), markers=_markers(folder), what=what)
    return judge(PurePosixPath(folder), facts, markers=_markers(folder), what=what)


def _same_disk(home: Path, token: Path) -> Survey:
    """A folder beside the box is no stick."""
    with suppress(OSError):
        existing = next(folder for folder in (home, *home.parents) if folder.exists())
        if existing.stat().st_dev == token.stat().st_dev:
            return Survey(warnings=("--token指明的文件夹与票箱在同一磁盘上，不是单独的U盘，密钥保护与不用U盘相同。",))
    return Survey()


def _markers(folder: Path) -> list[str]:
    """Marks that sync programs leave in their folders, above `folder`."""
    places = [place for place in (folder, *folder.parents) if len(place.parts) > 1]
    with suppress(OSError):
        return [marker for place in places for marker in _MARKERS if (place / marker).exists()]
    return []


def _is_flash(device: Path) -> bool:
    """A partition has its disk's queue and removability one folder up."""
    rotational = _text(device / "queue/rotational") or _text(device.resolve().parent / "queue/rotational")
    removable = _text(device / "removable") or _text(device.resolve().parent / "removable")
    return rotational.strip() == "0" or removable.strip() == "1"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
