"""An X display of its own (Xvfb), a window manager, xterm with a program in it, and hands (xdotool)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest
from terminal import PATIENCE_S, ROOT

NEEDED = ("Xvfb", "openbox", "xterm", "xdotool", "script")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
needs_x = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
"""For every test that opens a display; .ci/run installs what is needed, so none is skipped there."""

SIZE = "1024x768x24"


class Screen:
    """One display; use `display()`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.env = {
            **{
                key: value
                for key, value in os.environ.items()
                if not key.startswith(("WAYLAND", "XDG_SESSION", "WINDOWID"))
            },
            "DISPLAY": name,
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
        }
        self._children: list[subprocess.Popen[bytes]] = []
        self.inhabitants: list[Callable[[], None]] = []
        """What ends the programs that would outlive their windows."""

    def start(self, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            argv,
            env={**self.env, **(env or {})},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._children.append(child)
        return child

    def window_manager(self) -> subprocess.Popen[bytes]:
        """Openbox with its stock configuration: all its shortcuts work."""
        manager = self.start("openbox", "--sm-disable")
        wait_until(lambda: self.xdotool("get_num_desktops") not in {"", "0"}, "the window manager")
        return manager

    def xdotool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self.env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        return done.stdout.strip()

    def press(self, *keys: str, delay_ms: int = 10) -> None:
        """Real key events, one combination after the other, `delay_ms` between two events."""
        for key in keys:
            self.xdotool("key", "--delay", str(delay_ms), key)

    def named(self, name: str) -> str:
        """The visible window with exactly this title; empty while there is none."""
        return self.xdotool("search", "--onlyvisible", "--name", f"^{name}$")

    def active(self) -> str:
        return self.xdotool("getactivewindow")

    def state(self) -> tuple[str, str, tuple[str, ...]]:
        """The active window, the desktop and the visible windows with a title."""
        desktop, *windows = self.xdotool("get_desktop", "search", "--onlyvisible", "--name", ".").split() or [""]
        return self.active(), desktop, tuple(sorted(windows))

    def picture(self, path: Path) -> Path:
        subprocess.run(["import", "-window", "root", str(path)], env=self.env, timeout=PATIENCE_S, check=True)
        return path

    def close(self) -> None:
        for end in self.inhabitants:
            end()
        for child in reversed(self._children):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # each leads a group of its own: a session's scripts go with it
            child.wait()


class Copy:
    """What a program in a terminal has drawn; `script` copies it into a file."""

    def __init__(self, path: Path, columns: int = 80, rows: int = 24) -> None:
        self.path = path
        self._read = 0
        self._emulator = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._emulator)

    def recorded(self, *argv: str) -> list[str]:
        """The command that runs `argv` and copies what it draws."""
        pid = self.path.with_suffix(".pid")
        inner = f"echo $$ > {pid}; exec {' '.join(argv)}"
        return ["script", "--quiet", "--flush", "--return", "--command", inner, str(self.path)]

    def text(self) -> str:
        if self.path.exists():
            with self.path.open("rb") as copy:
                copy.seek(self._read)
                data = copy.read()
            self._read += len(data)
            self._stream.feed(data)
        lines = (self._emulator.buffer[line] for line in range(self._emulator.lines))
        return "\n".join("".join(line[x].data for x in range(self._emulator.columns)).rstrip() for line in lines)

    def everything(self) -> str:
        """All that was ever drawn."""
        return self.path.read_bytes().decode("utf-8", "replace")

    def wait_for(self, wanted: str) -> None:
        wait_until(lambda: wanted in self.text(), lambda: f"{wanted!r}; the screen:\n{self.text()}")

    def kill(self) -> None:
        """End the program: `script` keeps it alive when its xterm is gone, and a guard waits for the next display."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(self.path.with_suffix(".pid").read_text()), signal.SIGKILL)


class Window(Copy):
    """A program in an xterm, and what it has drawn."""

    def __init__(self, screen: Screen, argv: Sequence[str], name: str, env: Mapping[str, str] | None = None) -> None:
        super().__init__(screen.folder / f"{name}.typescript")
        self.screen = screen
        self.name = name
        self.xterm = screen.start("xterm", "-T", name, "-geometry", "80x24", "-e", *self.recorded(*argv), env=env)
        screen.inhabitants.append(self.kill)
        wait_until(lambda: bool(self.id), f"the window {name}")

    @property
    def id(self) -> str:
        return self.screen.named(self.name)

    def running(self) -> bool:
        return self.xterm.poll() is None


@contextmanager
def display(folder: Path) -> Iterator[Screen]:
    """A display that nobody else uses, gone afterwards."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"],
        pass_fds=(writing,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as number:
        screen = Screen(f":{number.readline().strip()}", folder)
    try:
        yield screen
    finally:
        screen.close()
        server.terminate()
        server.wait()


def wait_until(condition: Callable[[], bool], what: str | Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what() if callable(what) else what}"
        time.sleep(0.02)


KIOSK = (sys.executable, "-m", "kiosk")

COMBINATIONS = (
    # the window manager's
    *(
        "alt+F4",
        "alt+Tab",
        "alt+space",
        "alt+F2",
        "super+d",
        "Super_L",
        "ctrl+alt+t",
        "ctrl+alt+Left",
        "ctrl+alt+Right",
    ),
    *("ctrl+Escape", "Print", "ctrl+alt+Delete", "ctrl+alt+F2"),
    # the terminal's
    *("F11", "ctrl+shift+n", "ctrl+shift+t", "ctrl+shift+w", "ctrl+shift+c", "ctrl+shift+v"),
    *("shift+Insert", "shift+Prior", "ctrl+plus"),
    # the program's
    *("ctrl+q", "ctrl+p", "ctrl+c", "ctrl+z", "ctrl+backslash"),
)
"""KIOSK.md, "Locking the laptop": the 27 combinations, as xdotool spells them."""
