"""Files written whole or not at all, and read with a cap."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ballots_store.errors import StorageFailure
from ballots_store.reasons import reason

_CHUNK = 1024 * 1024


def read_capped(path: Path, cap: int, what: str) -> bytes:
    """The bytes of `path`, at most `cap`; `what` names the file to the user.

    Raises:
        StorageFailure: it can't be read or is larger.
    """
    try:
        with path.open("rb") as file:
            data = file.read(cap + 1)
    except (OSError, ValueError):
        raise StorageFailure(f"无法读取{what}“{path}”：请核对路径和权限。") from None
    if len(data) > cap:
        raise StorageFailure(f"{what}“{path}”过大（超过{cap}字节）：请核对是否选错文件。")
    return data


def check_can_create(path: Path) -> None:
    """Refuse early what `write_new` would refuse after the work is done.

    Raises:
        StorageFailure: the file exists, its folder does not, or can't be written.
    """
    folder = path.parent
    if path.exists() or path.is_symlink():
        raise StorageFailure(f"“{path}”已存在，不予覆盖：请换一个文件名。")
    if not folder.is_dir():
        raise StorageFailure(f"文件夹“{folder}”不存在：请先建立，或核对U盘是否插好。")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StorageFailure(f"文件夹“{folder}”不可写：请换一个位置。")


def write_new(path: Path, data: bytes) -> None:
    """Create `path` (0600) with `data`, durable when this returns: temp → fsync → link → fsync of the folder.

    Raises:
        StorageFailure: the file exists or can't be written; nothing of it is left then.
    """
    check_can_create(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        write_synced(temporary, data)
        _name(temporary, path)
        sync_folder(path.parent)
    except FileExistsError:
        raise StorageFailure(f"“{path}”已存在，不予覆盖：请换一个文件名。") from None
    except OSError as error:
        raise StorageFailure(f"无法写入“{path}”（{reason(error)}）：请检查磁盘空间和权限。") from None
    finally:
        with suppress(OSError):  # on a read-only or vanished medium the error that stands says more
            temporary.unlink(missing_ok=True)


def write_over(path: Path, data: bytes) -> None:
    """Create or replace `path` (0600), whole and durable: temp → fsync → rename → fsync of the folder.

    Raises:
        StorageFailure: it can't be written; what stood there before stands.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        write_synced(temporary, data)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageFailure(f"无法写入“{path}”（{reason(error)}）：请检查磁盘空间和权限。") from None
    finally:
        with suppress(OSError):  # on a read-only or vanished medium the error that stands says more
            temporary.unlink(missing_ok=True)


def make_folders(folder: Path) -> None:
    """Create `folder` and whatever of its parents is missing (0700), durable when this returns.

    Raises:
        OSError: it can't be made.
    """
    if folder.is_dir():
        return
    make_folders(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def identity(path: Path) -> tuple[int, int] | None:
    """Which file the name stands for, None where it stands for none: compared with itself later, never stored."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def publish(finished: Path, path: Path) -> None:
    """Give the finished, synced file its name, never replacing another; durable when this returns.

    Raises:
        OSError: it can't be; the file is still there under one of its names.
    """
    _name(finished, path)
    finished.unlink(missing_ok=True)
    sync_folder(path.parent)


def _name(temporary: Path, path: Path) -> None:
    """Give the finished file its name without replacing another: link, or rename where there are no links (FAT)."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        temporary.rename(path)


def write_synced(path: Path, data: bytes) -> None:
    """Create `path` (0600) and write all of `data` through to the medium; the folder is not synced.

    Raises:
        OSError: whatever the system says; a short write counts as an error (a full disk gives short writes first).
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def erase(path: Path) -> None:
    """Put zeros over the whole file, through to the medium, and remove it; nothing to do where it is gone.

    Raises:
        OSError: it can't be written or removed; it may be overwritten in part.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        with path.open("r+b") as file:
            overwrite(file)
        path.unlink()
        sync_folder(path.parent)


def overwrite(file: BinaryIO) -> None:
    """Put zeros over the whole of an open file, through to the medium.

    Raises:
        OSError: it can't be written; it may be overwritten in part.
    """
    left = file.seek(0, os.SEEK_END)
    file.seek(0)
    while left > 0:
        left -= file.write(bytes(min(left, _CHUNK)))
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make names created in or removed from `folder` durable; a no-op where folders can't be opened (Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
