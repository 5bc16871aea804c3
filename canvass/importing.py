"""Files and folders → the registry: one transaction a file, each file with its fate and the reason for it.

A stopped import (Ctrl-C, kill, a full disk) leaves whole files in or out; running it again goes on where it was, since
what is in already is a duplicate. Nothing is ever written over: another payload for the same round is a conflict.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from canvass.receiving import read_file, receive
from canvass.registering import Fate, MissingPredecessor, register
from canvass.registry import Registry
from rounds.chain import Roots
from rounds.errors import RoundError, RuleRefusal, Unreadable

__all__ = ["Fate", "FileFate", "expand", "import_files"]

SUFFIXES = (".result", ".void")


@dataclass(frozen=True)
class FileFate:
    """One file's fate; `reason` is a line for the clerk, empty where the file was simply imported."""

    path: str
    fate: Fate
    reason: str


def import_files(registry: Registry, paths: Iterable[Path], *, roots: Roots, now: datetime) -> Iterator[FileFate]:
    """Import each file, yielding its fate; a repeated attempt found before its predecessor is tried again at the end.

    So a folder's result does not depend on the names of its files. `now` (aware) is recorded, and judges nothing.

    Raises:
        Unreadable: the registry itself failed; the files yielded before are in, this one and the rest are not.
    """
    early: list[tuple[int, int, Path]] = []
    for place, path in enumerate(paths):
        try:
            yield _import_file(registry, path, roots, now)
        except MissingPredecessor as missing:
            early.append((missing.attempt, place, path))
    for _, _, path in sorted(early):
        try:
            yield _import_file(registry, path, roots, now)
        except MissingPredecessor as missing:
            yield FileFate(_shown(path), Fate.REJECTED, str(missing))


def expand(paths: Iterable[Path]) -> list[Path]:
    """The files to import: files as named, folders as the `.result` and `.void` files under them, sorted.

    Names that begin with a dot are left out of folders: other systems strew such files on a stick.

    Raises:
        Unreadable: a path that does not exist, or a folder that cannot be listed.
    """
    found: dict[Path, None] = {}
    for path in paths:
        try:
            folder = stat.S_ISDIR(path.stat().st_mode)
        except (OSError, ValueError):
            raise Unreadable(f"路径不存在或无法访问：{_shown(path)}。请核对后重试。") from None
        found.update(dict.fromkeys(_under(path) if folder else [path]))
    return list(found)


def _under(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise Unreadable(f"文件夹无法读取：{_shown(error.filename)}。请检查U盘是否已拔出、是否有读取权限。")

    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        listed = (name for name in names if not name.startswith("."))
        found += [Path(parent, name) for name in listed if name.lower().endswith(SUFFIXES)]
    return sorted(found)


def _import_file(registry: Registry, path: Path, roots: Roots, now: datetime) -> FileFate:
    """Verify outside the transaction, so that the lock is held for the writing alone.

    Raises:
        MissingPredecessor: the file may be imported once another one is.
        Unreadable: the registry failed.
    """
    try:
        end = receive(read_file(path), roots)
    except RoundError as error:
        return FileFate(_shown(path), Fate.REJECTED, str(error))
    try:
        with registry.writing() as connection:
            fate, reason = register(connection, end, now)
    except MissingPredecessor:
        raise
    except RuleRefusal as error:
        return FileFate(_shown(path), Fate.REJECTED, str(error))
    return FileFate(_shown(path), fate, reason)


def _shown(path: Path | str) -> str:
    """A path as text that any terminal can take: a stick's file names may be no UTF-8, or hold control characters."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
