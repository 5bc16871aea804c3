"""An X display of its own (Xvfb), a window manager, xterm with a program in it, and hands (xdotool)."""

from __future__ import annotations

import os
import shutil
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

    def window_manager(self, configuration: Path | None = None) -> None:
        """Openbox with its own stock configuration, or with ours."""
        words = ["--config-file", str(configuration)] if configuration else []
        self.start("openbox", "--sm-disable", *words)
        wait_until(lambda: self.xdotool("get_num_desktops") not in {"", "0"}, "the window manager")

    def xdotool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self.env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        return done.stdout.strip()

    def press(self, *keys: str) -> None:
        """Real key events, one combination after the other, with a hand's pause between two."""
        for key in keys:
            self.xdotool("key", "--clearmodifiers", key)
            time.sleep(0.05)

    def active(self) -> str:
        return self.xdotool("getactivewindow")

    def windows(self) -> set[str]:
        """The visible top-level windows that have a title or a class."""
        return set(self.xdotool("search", "--onlyvisible", "--name", ".").split())

    def desktop(self) -> str:
        return self.xdotool("get_desktop")

    def picture(self, path: Path) -> Path:
        subprocess.run(["import", "-window", "root", str(path)], env=self.env, timeout=PATIENCE_S, check=True)
        return path

    def close(self) -> None:
        for child in reversed(self._children):
            child.terminate()
        for child in reversed(self._children):
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


class Window:
    """A program in an xterm, and what it has drawn (through `script`, which copies the terminal into a file)."""

    def __init__(self, screen: Screen, argv: Sequence[str], name: str, env: Mapping[str, str] | None = None) -> None:
        self.screen = screen
        self.name = name
        self._copy = screen.folder / f"{name}.typescript"
        self._copy.write_bytes(b"")
        self._read = 0
        self._emulator = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._emulator)
        inner = f"exec {' '.join(argv)}"
        self.xterm = screen.start(
            *("xterm", "-T", name, "-geometry", "80x24"),
            *("-e", "script", "--quiet", "--flush", "--return", "--command", inner, str(self._copy)),
            env=env,
        )
        wait_until(lambda: bool(self.id), f"the window {name}")

    @property
    def id(self) -> str:
        return self.screen.xdotool("search", "--onlyvisible", "--name", f"^{self.name}$")

    def text(self) -> str:
        with self._copy.open("rb") as copy:
            copy.seek(self._read)
            data = copy.read()
        self._read += len(data)
        self._stream.feed(data)
        lines = (self._emulator.buffer[line] for line in range(self._emulator.lines))
        return "\n".join("".join(line[x].data for x in range(self._emulator.columns)).rstrip() for line in lines)

    def wait_for(self, wanted: str, timeout: float = PATIENCE_S) -> None:
        wait_until(lambda: wanted in self.text(), f"{wanted!r}; the screen:\n{self.text()}", timeout)

    def running(self) -> bool:
        return self.xterm.poll() is None

    def focus(self) -> None:
        self.screen.xdotool("windowactivate", "--sync", self.id)


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


def wait_until(condition: Callable[[], bool], what: str, timeout: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


KIOSK = (sys.executable, "-m", "kiosk")
