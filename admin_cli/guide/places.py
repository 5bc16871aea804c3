"""Where files and sticks are found, so that they can be chosen by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from admin_cli.guide.desk import Desk
from ballots_store.medium import parse_mountinfo, read_facts
from rounds.errors import BadInput

_REMOVABLE = ("/media", "/run/media")
"""Under which desktops mount what is plugged in."""
_MOST = 12
"""So many are listed; the rest by path."""


def removable_folders() -> list[Path]:
    """The mounted folders of sticks and cards, as /proc says; none where the system does not say."""
    points = [str(mount.point) for mount in parse_mountinfo(read_facts().mountinfo)]
    return sorted({Path(point) for point in points if point.startswith(tuple(f"{top}/" for top in _REMOVABLE))})


def found_files(folders: Iterable[Path], patterns: Sequence[str]) -> list[Path]:
    """The files in `folders` themselves that match one of `patterns`, each once; a folder that fails is left out."""
    found: dict[Path, Path] = {}
    for folder in folders:
        with suppress(OSError):
            for path in sorted(path for pattern in patterns for path in folder.glob(pattern) if path.is_file()):
                found.setdefault(path.resolve(), path)
    return list(found.values())


def choose_file(desk: Desk, question: str, files: Sequence[Path], names: Sequence[str] = ()) -> Path:
    """One of `files` by number (`names`: what each is called), or another by its path.

    Raises:
        desk.Back: `0`.
    """
    listed = [*(names or [str(path) for path in files])][:_MOST]
    other = "其他位置的文件（须输入路径）"
    if listed:
        number = desk.choose(question, [*listed, other])
        if number <= len(listed):
            return files[number - 1]
    else:
        desk.say(question, "本机、当前文件夹和U盘上都没有找到：请插好U盘，按0返回后再进入；或输入文件的路径。")
    return desk.text("文件的路径", _existing_file)


def choose_folder(desk: Desk, question: str, media: Callable[[], Sequence[Path]], without: str) -> Path | None:
    """A stick by number, None for `without`, or another folder by its path; a stick may be plugged in meanwhile.

    Raises:
        desk.Back: `0`.
    """
    while True:
        folders = media()[:_MOST]
        rest = [without, "刚插上U盘，再找一次", "其他文件夹（须输入路径）"]
        number = desk.choose(question, [*(f"U盘：{folder}" for folder in folders), *rest])
        if number <= len(folders):
            return folders[number - 1]
        match number - len(folders):
            case 1:
                return None
            case 3:
                return desk.text("U盘文件夹的路径", _existing_folder)


def _existing_file(typed: str) -> Path:
    path = _path(typed)
    if not path.is_file():
        raise BadInput("没有这个文件：请核对路径。")
    return path


def _existing_folder(typed: str) -> Path:
    path = _path(typed)
    if not path.is_dir():
        raise BadInput("没有这个文件夹：请插好U盘并核对路径。")
    return path


def _path(typed: str) -> Path:
    """A path as typed or dropped on the terminal, which quotes it."""
    text = typed.strip().strip("'\"")
    if not text or "\0" in text:
        raise BadInput("没有输入路径：请重新输入。")
    with suppress(RuntimeError):  # ~somebody who does not exist
        return Path(text).expanduser()
    return Path(text)
