"""Starts the two sample apps and asks whether they still answer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from terminal import PATIENCE_S, Terminal, python

APPS = Path(__file__).parent / "apps"
_PROBES = cycle("abcdefghijklmnopqrstuvwxyz")


@contextlib.contextmanager
def hardened(*arguments: str, **options: Any) -> Iterator[Terminal]:
    with python(APPS / "hardened_sample.py", *arguments, **options) as terminal:
        yield terminal


@contextlib.contextmanager
def stock(**options: Any) -> Iterator[Terminal]:
    with python(APPS / "stock.py", **options) as terminal:
        yield terminal


def on_ballot(terminal: Terminal) -> Terminal:
    """Walk a sample app to its ballot screen, gate open."""
    terminal.wait_for("START")
    answers(terminal)
    terminal.press("\r")
    terminal.wait_for("BALLOT")
    answers(terminal)
    return terminal


def answers(terminal: Terminal, timeout: float = PATIENCE_S) -> bool:
    """Type a letter until it is shown: the gate is open and every key before it has been dealt with."""
    letter = next(_PROBES)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and terminal.running():
        terminal.press(letter)
        with contextlib.suppress(AssertionError):
            terminal.wait_for(f"last key <{letter}>", 0.25)
            return True
    return False
