"""A laptop and a hall in which everything is well, as files and answers; each test plants what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ballots_store.medium import Survey
from kiosk.checks.model import Finding, Surroundings
from kiosk.checks.windows import Windows

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=timezone(timedelta(hours=8)))
MOUNTS = "27 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n30 27 0:22 / /run rw - tmpfs tmpfs rw\n"
SWAPS = "Filename\tType\tSize\tUsed\tPriority\n"
KEYPAD_KEYS = "ff800000000007ff febeffdfffefffff fffffffffffffffe"
ANSWERS = {
    "timedatectl show --property=NTPSynchronized --value": "yes\n",
    "xset q": "Screen Saver:\n  timeout:  0    cycle:  600\nDPMS (Energy Star):\n  DPMS is Disabled\n",
}


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


class Laptop:
    """The files of one planted laptop; `around` looks at them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sys, self.proc, self.dev = folder / "sys", folder / "proc", folder / "dev"
        self.home = folder / "home"
        self.answers = dict(ANSWERS)
        self.display("eDP-1")
        written(self.sys / "class/power_supply/AC/type", "Mains\n")
        written(self.sys / "class/power_supply/AC/online", "1\n")
        written(self.proc / "swaps", SWAPS)
        written(self.proc / "self/mountinfo", MOUNTS)
        written(self.proc / "cmdline", "root=/dev/sda1 ro quiet\n")
        self.process(1, "systemd")
        self.process(700, "xterm")
        self.dev.mkdir()

    def display(self, connector: str, state: str = "connected") -> None:
        written(self.sys / f"class/drm/card0-{connector}/status", f"{state}\n")

    def process(self, number: int, comm: str, exe: str = "") -> None:
        written(self.proc / f"{number}/comm", f"{comm}\n")
        if exe:
            (self.proc / f"{number}/exe").symlink_to(exe)

    def run(self, words: Sequence[str]) -> str | None:
        return self.answers.get(" ".join(words))

    def around(self, **changes: Any) -> Surroundings:
        environment: Mapping[str, str] = {"DISPLAY": ":0"}
        good = Surroundings(
            platform="linux",
            sys_root=self.sys,
            proc_root=self.proc,
            dev_root=self.dev,
            environment=environment,
            run=self.run,
            now=lambda: NOW,
            x_outputs=lambda _environment: 1,
            survey=lambda _home, _token: Survey(),
            free_bytes=lambda _folder: 50 * 1024**3,
            terminal_size=lambda: (120, 33),
            encoding=lambda: "UTF-8",
            core_dumps_off=lambda: True,
        )
        return replace(good, **changes)


class WindowsHall(Windows):
    """A Windows that says what it is told to."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def display_count(self) -> int | None:
        count: int | None = self.answers.get("displays", 1)
        return count

    def process_names(self) -> list[str]:
        return ["explorer.exe", *self.answers.get("processes", [])]

    def driver_names(self) -> list[str]:
        return ["ntoskrnl.exe", *self.answers.get("drivers", [])]

    def is_remote_session(self) -> bool:
        return bool(self.answers.get("remote"))

    def on_mains(self) -> bool | None:
        return True


def row(found: Finding) -> tuple[str, str]:
    """Level and what was seen."""
    return found.level.value, found.seen
