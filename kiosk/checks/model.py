"""A finding, and what a check may look at."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from ballots_store.medium import Survey, survey
from kiosk.checks import asking, windows


class Level(StrEnum):
    """What follows from a finding."""

    OK = "ok"
    WARN = "warn"
    """Voting is possible; the zero report says it."""
    REFUSE = "refuse"
    """It would lose or show ballots: no official box is opened, no voting starts."""
    ASK = "ask"
    """This machine can't tell: people in the hall can."""


@dataclass(frozen=True)
class Finding:
    """One row of the table; every text can be read out."""

    name: str
    level: Level
    seen: str
    remedy: str = ""
    """What to do; of an `ask` row the question, put so that 是 is good, and what to do otherwise."""
    if_no: Level = Level.WARN
    """What an `ask` row becomes when the hall answers 不是."""


class TerminalFacts(Protocol):
    """What the terminal answered when it was asked how wide it draws (`kiosk.probe`)."""

    @property
    def ambiguous_wide(self) -> bool:
        """Whether characters such as ─ and … take two cells."""

    @property
    def cjk_ok(self) -> bool:
        """Whether a Chinese character takes two cells."""

    @property
    def answered(self) -> bool:
        """Whether the terminal answered at all."""


class WindowsPort(Protocol):
    """What Windows can be asked; None where it can't tell (`kiosk.checks.windows`)."""

    def display_count(self) -> int | None:
        """Active display targets; a mirrored projector counts."""

    def process_names(self) -> list[str]:
        """Names of the running programs, with .exe."""

    def driver_names(self) -> list[str]:
        """Names of the loaded drivers, with .sys."""

    def is_remote_session(self) -> bool:
        """Whether this session is shown on another machine (RDP)."""

    def on_mains(self) -> bool | None:
        """Whether mains power is connected."""


@dataclass(frozen=True)
class Surroundings:
    """Where a check looks; the defaults are this machine."""

    platform: str = sys.platform
    sys_root: Path = Path("/sys")
    proc_root: Path = Path("/proc")
    dev_root: Path = Path("/dev")
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    run: Callable[[Sequence[str]], str | None] = asking.command
    """The stdout of a command; None where it is not there or fails."""
    now: Callable[[], datetime] = lambda: datetime.now().astimezone()
    monotonic: Callable[[], float] = time.monotonic
    x_outputs: Callable[[Mapping[str, str]], int | None] = field(default_factory=asking.XOutputs)
    survey: Callable[[Path, Path | None], Survey] = survey
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    terminal_size: Callable[[], tuple[int, int] | None] = asking.terminal_size
    terminal_facts: Callable[[], TerminalFacts | None] = lambda: None
    encoding: Callable[[], str] = asking.encoding
    core_dumps_off: Callable[[], bool | None] = asking.core_dumps_off
    windows: WindowsPort = field(default_factory=windows.Windows)

    def text(self, path: Path) -> str:
        """The text of one of the system's files; empty where there is none."""
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
