"""The two key slots in one small fixed file: K_n for the state on disk, and room for the next.

The file lies on the 票箱U盘, or, weaker and said so, beside the box. It is written in place: a new file would leave the
old keys in free blocks. Layout: header (magic, box id) at 0, slot 0 at 4096, slot 1 at 8192; 12,288 bytes in all.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ballots_store.errors import StorageFailure, TokenAway
from ballots_store.files import identity, sync_folder, write_synced
from ballots_store.reasons import reason
from ballots_store.sealing import KEY_SIZE

_MAGIC = b"beikaobei-slots1"
_ID_SIZE = 32
_PAGE = 4096
_SIZE = 3 * _PAGE
SLOTS = (0, 1)
_sync = getattr(os, "fdatasync", os.fsync)
"""Not every system has the lighter one."""

_SHORT = {
    errno.ENOSPC: "票箱U盘已满",
    errno.EROFS: "票箱U盘是只读的，请解除写保护",
    errno.EACCES: "票箱U盘不可写，请检查权限",
    errno.EPERM: "票箱U盘不可写，请检查权限",
}
_ANY_SLOTS = "beikaobei-*.slots"
_PULLED = "票箱U盘已拔出"
_FOREIGN = "插入的是另一次测评的票箱U盘"
_DAMAGED = "票箱U盘上的密钥文件损坏"


def slots_name(box_id: bytes) -> str:
    """The file's name on a 票箱U盘, of this box's own: one stick may serve several rounds."""
    return f"beikaobei-{box_id.hex()[:16]}.slots"


def create_slots(path: Path, box_id: bytes, first_key: bytes) -> None:
    """Create the file with `first_key` in slot 0, durable when this returns. `box_id`: 32 bytes.

    Raises:
        StorageFailure: it exists or can't be written.
    """
    data = (_MAGIC + box_id).ljust(_PAGE, b"\0") + first_key.ljust(_PAGE, b"\0") + bytes(_PAGE)
    try:
        write_synced(path, data)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageFailure(f"无法在“{path.parent}”建立密钥文件（{reason(error)}）：请检查票箱U盘。") from None


def is_slots_of(path: Path, box_id: bytes) -> bool:
    """Whether the file holds the slots of the box `box_id`, be they cut off at any byte.

    Raises:
        OSError: it can't be read.
    """
    header = _MAGIC + box_id
    with path.open("rb") as file:
        return header.startswith(file.read(len(header)))


class KeySlots:
    """The open slots file of one box; every method raises TokenAway when the medium fails."""

    def __init__(self, path: Path, box_id: bytes) -> None:
        """Open the slots of the box `box_id`.

        Raises:
            TokenAway: the file is missing, damaged or another box's; it is left untouched.
        """
        self._path, self._box_id = path, box_id
        try:
            self._file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            raise _missing(path) from None
        except OSError as error:
            raise _failed(f"无法打开密钥文件“{path}”", error) from None
        self._identity = identity(path)
        try:
            self._check_header(self._read(0, _SIZE + 1))
        except StorageFailure:
            self.close()
            raise

    def check(self) -> None:
        """See that the file of this name is still the open one and can be read; some microseconds, nothing written.

        Raises:
            TokenAway: it is not.
        """
        self.check_path()
        if hasattr(os, "posix_fadvise"):
            with suppress(OSError):  # only a hint: without it an old page may answer for a stick that is out
                os.posix_fadvise(self._file, 0, _PAGE, os.POSIX_FADV_DONTNEED)
        self._check_header(self._read(0, _PAGE).ljust(_SIZE, b"\0"))

    def check_path(self) -> None:
        """See that the file of this name is still the open one; else a key would go into a file elsewhere.

        Raises:
            TokenAway: it is not.
        """
        if identity(self._path) != self._identity:
            raise TokenAway("密钥文件被移走或替换，或票箱U盘已拔出：停止使用，请插回原来的票箱U盘。", _PULLED)

    def keys(self) -> tuple[bytes, bytes]:
        """Both slots' 32 bytes; an erased one reads as zeros."""
        first, second = (self._read((slot + 1) * _PAGE, KEY_SIZE) for slot in SLOTS)
        return first, second

    def write(self, slot: int, key: bytes) -> None:
        """Put `key` into `slot`, durable when this returns."""
        self._write((slot + 1) * _PAGE, key)

    def close(self) -> None:
        """Let the file go."""
        with suppress(OSError):  # of a stick that is out: everything that mattered was synced, or was refused
            os.close(self._file)

    def __enter__(self) -> Self:
        """Use the slots for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the file go."""
        self.close()

    def _check_header(self, data: bytes) -> None:
        if len(data) != _SIZE or not data.startswith(_MAGIC):
            raise TokenAway(f"密钥文件“{self._path}”损坏或不是密钥文件：请核对票箱U盘。", _DAMAGED)
        if data[len(_MAGIC) : len(_MAGIC) + _ID_SIZE] != self._box_id:
            raise TokenAway(f"“{self._path}”是另一次测评的密钥：请插上本次测评的票箱U盘。", _FOREIGN)

    def _read(self, offset: int, size: int) -> bytes:
        try:
            os.lseek(self._file, offset, os.SEEK_SET)
            return os.read(self._file, size)
        except OSError as error:
            raise _failed("无法读取密钥文件", error) from None

    def _write(self, offset: int, data: bytes) -> None:
        self.check_path()
        try:
            os.lseek(self._file, offset, os.SEEK_SET)
            written = os.write(self._file, data)
            _sync(self._file)
        except OSError as error:
            raise _failed("无法写入密钥文件", error) from None
        if written != len(data):
            raise TokenAway("密钥文件未能写完：请检查票箱U盘是否已满或已拔出。", _SHORT[errno.ENOSPC])


def _missing(path: Path) -> TokenAway:
    """There is no such file: no stick, or the stick of another round."""
    folder = path.parent
    if any(folder.glob(_ANY_SLOTS)):
        return TokenAway(f"“{folder}”是另一次测评的票箱U盘：请插上本次测评的票箱U盘（--token 指明文件夹）。", _FOREIGN)
    return TokenAway(f"找不到密钥文件“{path}”：请插上本次测评的票箱U盘（--token 指明文件夹）。", "未检测到票箱U盘")


def _failed(what: str, error: OSError) -> TokenAway:
    short = _SHORT.get(error.errno or 0, f"票箱U盘读写出错（{reason(error)}）")
    return TokenAway(f"{what}（{reason(error)}）：请检查票箱U盘。", short)
