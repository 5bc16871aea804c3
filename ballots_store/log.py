"""Round-level events as JSON lines; never a cast, an unlock, a choice or a key press (SECRECY.md, Beside the box)."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import msgspec

from ballots_store.errors import StorageFailure
from ballots_store.files import sync_folder
from ballots_store.reasons import reason
from rounds.documents import LogLine
from rounds.encoding import stamp
from rounds.errors import RuleRefusal

_MAX_SIZE = 512 * 1024
_MILLENNIUM = 2
_MAX_LINES = 1999
"""A result holds 2,000 lines (`rounds.documents.Conduct`); the last is its own end."""


def check_clock(now: datetime) -> None:
    """Refuse a clock whose time no document could carry (`rounds.encoding.Time`): an empty clock battery shows 1970.

    Raises:
        RuleRefusal: before 2000 or after 2999.
    """
    if now.year // 1000 != _MILLENNIUM:
        raise RuleRefusal(f"本机时间是{now.year}年，不正确：请校正本机的日期和时间后重试。")


def append(path: Path, event: str, at: datetime) -> None:
    """Add one event, durable when this returns.

    Raises:
        RuleRefusal: see `check_clock`.
        StorageFailure: it can't be written.
    """
    check_clock(at)
    line = msgspec.json.encode(msgspec.convert({"at": stamp(at), "event": event}, LogLine), order="sorted")
    try:
        fresh = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if fresh:
            sync_folder(path.parent)
    except OSError as error:
        raise StorageFailure(f"无法写入测评日志（{reason(error)}）：请检查磁盘空间和权限。") from None


def read(path: Path) -> tuple[tuple[LogLine, ...], bool]:
    """The events that can be read, and whether that is all: False where the file is missing, damaged or cut."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_SIZE)
    except OSError:
        return (), False
    lines: list[LogLine] = []
    complete = len(data) < _MAX_SIZE and data.endswith(b"\n")
    for raw in data.splitlines():
        try:
            lines.append(msgspec.json.decode(raw, type=LogLine))
        except (msgspec.MsgspecError, ValueError):
            complete = False
    return tuple(lines[:_MAX_LINES]), complete and len(lines) <= _MAX_LINES
