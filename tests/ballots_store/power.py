"""Power cuts on a real ext4: a file system in an image, shut down by ioctl so that nothing un-synced reaches it.

with Disk(folder) as disk:     a fresh ext4, mounted at disk.mount
    disk.keep()                what stands now is what `fresh` brings back
    cut(disk.mount)            in a child: from here on no write reaches the image
    disk.after_the_cut()       mounted again, its journal recovered
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2


def cannot_cut() -> str:
    """Why no power can be cut here; empty when it can."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return "not root: no file system can be mounted to cut its power"
    for tool in ("mkfs.ext4", "mount", "umount", "strace"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    return ""


class Disk:
    """An ext4 in an image file, mounted through a loop device while the block lasts."""

    def __init__(self, folder: Path) -> None:
        self.image, self.kept, self.mount = folder / "disk.img", folder / "kept.img", folder / "disk"
        self._mounted = False

    def __enter__(self) -> Self:
        with self.image.open("wb") as file:
            file.truncate(16 << 20)
        self.mount.mkdir()
        run("mkfs.ext4", "-q", "-b", "1024", str(self.image))
        self._attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._detach()

    def keep(self) -> None:
        """Remember the disk as it stands, cleanly unmounted."""
        self._detach()
        shutil.copy(self.image, self.kept)
        self._attach()

    def fresh(self) -> None:
        """Bring back what was kept."""
        self._detach()
        shutil.copy(self.kept, self.image)
        self._attach()

    def after_the_cut(self) -> None:
        """Power is back: mount again, from what the image has."""
        self._detach()
        self._attach()

    def _attach(self) -> None:
        run("mount", "-o", "loop", str(self.image), str(self.mount))
        self._mounted = True

    def _detach(self) -> None:
        if self._mounted:
            run("umount", str(self.mount))
            self._mounted = False


def run(*command: str) -> None:
    """Run a system tool; its complaint is the error's text."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip())


def cut(mount: Path) -> None:
    """Shut the file system down without flushing anything."""
    descriptor = os.open(mount, os.O_RDONLY)
    fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    os.close(descriptor)


SYNCS, WRITES = "fsync,fdatasync", "write,pwrite64,ftruncate"
KILL = "error=EIO:signal=SIGKILL"


class Tracer:
    """strace on a child of this process: `fault` in place of call number `place` among `calls`."""

    def __init__(self, process: int, place: int, *, calls: str = SYNCS, fault: str = KILL) -> None:
        inject = f"inject={calls}:{fault}:when={place}"
        command = ["strace", "-f", "-e", f"trace={calls}", "-e", inject, "-p", str(process)]
        self._strace = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        stderr = self._strace.stderr
        self.attached = stderr is not None and "attached" in stderr.readline()

    def end(self) -> bool:
        """Wait for strace, which ends with its process; whether there was such a call."""
        return "INJECTED" in self._strace.communicate()[1]


def traced(work: Callable[[Callable[[], None]], int], place: int, **fault: str) -> tuple[int, bool] | None:
    """Run `work` in a child with one fault in it from the moment that it calls its argument on.

    Returns the child's exit code (`work`'s value, or minus a signal) and whether the fault came; None where strace may
    not attach.
    """
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = work(lambda: (os.write(ready[1], b"r"), os.read(go[0], 1), None)[2])
        finally:
            os._exit(code)
    os.close(ready[1])
    os.read(ready[0], 1)
    tracer = Tracer(child, place, **fault)
    os.write(go[1], b"g")
    _, status = os.waitpid(child, 0)
    came = tracer.end()
    for descriptor in (ready[0], *go):
        os.close(descriptor)
    return (os.waitstatus_to_exitcode(status), came) if tracer.attached else None
