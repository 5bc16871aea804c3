"""The two key slots in one small fixed file: K_n for the state on disk, and room for the next.

The file lies on the 票箱U盘, or, weaker and said so, beside the box. It is written in place: a new file would leave the
old keys in free blocks. Layout: header (magic, box id) at 0, slot 0 at 4096, slot 1 at 8192; 12,288 bytes in all.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ballots_store.errors import StorageFailure
from ballots_store.files import identity, sync_folder, write_synced
from ballots_store.sealing import KEY_SIZE

_MAGIC = b"beikaobei-slots1"
_ID_SIZE = 32
_PAGE = 4096
_SIZE = 3 * _PAGE
SLOTS = (0, 1)
_sync = getattr(os, "fdatasync", os.fsync)
"""Not every system has the lighter one."""


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
        raise StorageFailure(f"无法在“{path.parent}”建立密钥文件（{error.strerror}）：请检查票箱U盘。") from None


class KeySlots:
    """The open slots file of one box; every method raises StorageFailure when the medium fails."""

    def __init__(self, path: Path, box_id: bytes) -> None:
        """Open the slots of the box `box_id`.

        Raises:
            StorageFailure: the file is missing, damaged or another box's; it is left untouched.
        """
        self._path = path
        try:
            self._file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            raise StorageFailure(f"找不到密钥文件“{path}”：请插上本次测评的票箱U盘（--token 指明文件夹）。") from None
        except OSError as error:
            raise StorageFailure(f"无法打开密钥文件“{path}”（{error.strerror}）：请检查票箱U盘。") from None
        self._identity = identity(path)
        try:
            self._check_header(box_id)
        except StorageFailure:
            self.close()
            raise

    def _check_header(self, box_id: bytes) -> None:
        data = self._read(0, _SIZE + 1)
        if len(data) != _SIZE or not data.startswith(_MAGIC):
            raise StorageFailure(f"密钥文件“{self._path}”损坏或不是密钥文件：请核对票箱U盘。")
        if data[len(_MAGIC) : len(_MAGIC) + _ID_SIZE] != box_id:
            raise StorageFailure(f"“{self._path}”是另一次测评的密钥：请插上本次测评的票箱U盘。")

    def keys(self) -> tuple[bytes, bytes]:
        """Both slots' 32 bytes; an erased one reads as zeros."""
        first, second = (self._read((slot + 1) * _PAGE, KEY_SIZE) for slot in SLOTS)
        return first, second

    def write(self, slot: int, key: bytes) -> None:
        """Put `key` into `slot`, durable when this returns."""
        self._write((slot + 1) * _PAGE, key)

    def erase(self, slot: int) -> None:
        """Overwrite `slot` in place, durable when this returns."""
        self.write(slot, bytes(KEY_SIZE))

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)

    def __enter__(self) -> Self:
        """Use the slots for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the file go."""
        self.close()

    def _read(self, offset: int, size: int) -> bytes:
        try:
            os.lseek(self._file, offset, os.SEEK_SET)
            return os.read(self._file, size)
        except OSError as error:
            raise StorageFailure(f"无法读取密钥文件（{error.strerror}）：请检查票箱U盘。") from None

    def _write(self, offset: int, data: bytes) -> None:
        if identity(self._path) != self._identity:  # else the key that opens the box would go into a file elsewhere
            raise StorageFailure("密钥文件被移走或替换，或票箱U盘已拔出：停止使用，请插回原来的票箱U盘。")
        try:
            os.lseek(self._file, offset, os.SEEK_SET)
            written = os.write(self._file, data)
            _sync(self._file)
        except OSError as error:
            raise StorageFailure(f"无法写入密钥文件（{error.strerror}）：请检查票箱U盘。") from None
        if written != len(data):
            raise StorageFailure("密钥文件未能写完：请检查票箱U盘是否已满或已拔出。")
