"""A folder of files that appears whole or not at all: built beside its place under a hidden name, then renamed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from ballots_store.errors import StorageFailure
from ballots_store.files import sync_folder, write_synced
from ballots_store.reasons import reason

_UNFIT = '<>:"/\\|?*'
_LONGEST = 120
"""Bytes of a folder's name: every file system takes 255, and the files inside need a path too."""


def folder_name(text: str) -> str:
    """`text` as a folder's name on Linux and Windows alike: no separators, no trailing dots, bounded.

    Two texts may get one name; whoever writes into it finds it there.
    """
    plain = "".join("_" if char in _UNFIT or not char.isprintable() else char for char in text)
    return plain.encode()[:_LONGEST].decode(errors="ignore").strip(". ") or "_"


def write_folder(place: Path, files: Mapping[str, bytes]) -> None:
    """Create the folder `place` (0700) with `files` by name, durable when this returns.

    What an interrupted run left under the hidden name is removed first: it may hold codes.

    Raises:
        StorageFailure: the folder exists, or can't be written: then nothing of it is left.
    """
    if place.exists():
        raise StorageFailure(f"文件夹“{place}”已存在，不予覆盖：请换一个位置。")
    hidden = place.with_name(f".{place.name}.未完成")
    shutil.rmtree(hidden, ignore_errors=True)
    try:
        hidden.mkdir(mode=0o700)
        for name, data in files.items():
            write_synced(hidden / name, data)
        sync_folder(hidden)
        hidden.rename(place)
        sync_folder(place.parent)
    except BaseException as error:
        shutil.rmtree(hidden, ignore_errors=True)
        if isinstance(error, OSError):
            raise StorageFailure(f"无法写入文件夹“{place}”（{reason(error)}）：请检查磁盘空间和权限。") from None
        raise
