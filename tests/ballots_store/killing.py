"""Work done in a process of its own that is killed at a named step, and what it had acknowledged by then.

steps = steps_of(lambda hook, acknowledge: …)          a dry run: every announcement, in order
fate = killed_at(7, work)                              SIGKILL at the 7th
"""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

Acknowledge = Callable[[str], None]


@dataclass
class Switch:
    """A hook that counts announcements once it is on; `call` is what the product gets."""

    at: Callable[[int, str], None]
    on: bool = False
    seen: list[str] = field(default_factory=list)

    def call(self, step: str) -> None:
        if self.on:
            self.seen.append(step)
            self.at(len(self.seen) - 1, step)


Work = Callable[[Switch, Acknowledge], None]
"""Prepares, turns the switch on, does the operation, acknowledges."""


@dataclass(frozen=True)
class Fate:
    """How a child ended."""

    signal: int
    acknowledged: tuple[str, ...]
    error: str

    @property
    def killed(self) -> bool:
        return self.signal == signal.SIGKILL


def steps_of(work: Work) -> tuple[str, ...]:
    """Every step that `work` announces, none forgotten: it runs whole."""
    switch = Switch(lambda _place, _step: None)
    work(switch, lambda _line: None)
    return tuple(switch.seen)


def killed_at(place: int, work: Work) -> Fate:
    """Run `work` in a child that is killed by SIGKILL at its announcement number `place`."""

    def kill(at: int, _step: str) -> None:
        if at == place:
            os.kill(os.getpid(), signal.SIGKILL)

    return in_child(lambda acknowledge: work(Switch(kill), acknowledge))


def in_child(work: Callable[[Acknowledge], None]) -> Fate:
    """Fork, run `work`, and collect what it acknowledged: one line each, written through before the next step."""
    said, complained = os.pipe(), os.pipe()
    with warnings.catch_warnings():
        # From 3.12 on Python warns of forking beside threads; this child takes no lock that they hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _run(work, said[1], complained[1])
    os.close(said[1])
    os.close(complained[1])
    with os.fdopen(said[0], "rb") as file:
        lines = file.read().decode().split()
    with os.fdopen(complained[0], "rb") as file:
        error = file.read().decode()
    _, status = os.waitpid(child, 0)
    return Fate(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, tuple(lines), error)


def _run(work: Callable[[Acknowledge], None], said: int, complained: int) -> None:
    try:
        work(lambda line: void(os.write(said, line.encode() + b"\n")))
    except BaseException:  # noqa: BLE001  the child must never return into pytest
        os.write(complained, traceback.format_exc().encode()[-4000:])
    finally:
        os._exit(0)


def void(_value: object) -> None:
    """Drop a value."""
