"""Round-level events as JSON lines; never a cast, an unlock, a choice or a key press (SECRECY.md, Beside the box)."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from ballots_store.errors import StorageFailure
from ballots_store.files import sync_folder
from ballots_store.reasons import reason
from rounds.documents import LogLine
from rounds.encoding import stamp
from rounds.errors import RoundError, RuleRefusal

Warn = Callable[[str], None]
"""Takes one line for the people in the hall."""

_DONE = {
    "slips_made": "投票凭条已制成",
    "started": "已启动",
    "count_disputed": "已停止使用",
    "stopped": "已停止投票",
    "closed": "计票已完成，结果有效",
    "void": "已作废",
}
"""What stands although the log has no line of it."""
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


def say(line: str) -> None:
    """A warning where the caller takes none: Python's own way of saying it."""
    warnings.warn(line, RuntimeWarning, stacklevel=2)


def append_after(path: Path, event: str, at: datetime, warn: Warn) -> None:
    """Add the event of a change that is durable already: a failure is warned of, and neither undoes nor hides it.

    Nothing stands on the log alone: a box holds its own stage and counts, a signed end its own line, and a result says
    that its log is not complete where lines are missing (`is_complete`).
    """
    try:
        append(path, event, at)
    except RoundError as failure:
        warn(f"{_DONE[event]}，但未能记入测评日志：{failure}")


def is_complete(lines: tuple[LogLine, ...], *, starts: int, stopped: bool) -> bool:
    """Whether the log has a line for every start, and for the stop, that the box itself knows of."""
    events = [line.event for line in lines]
    return events.count("started") >= starts and ("stopped" in events or not stopped)


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
