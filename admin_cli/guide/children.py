"""The kiosk as a child on the same terminal: started, waited for, and never outliving this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from admin_cli.guide.terminal import set_right
from admin_cli.readiness import environment


def run_kiosk(words: Sequence[str]) -> int:
    """Run `beikaobei-kiosk words…` on this terminal; its exit status, negative when a signal ended it."""
    # "-P": a folder named kiosk where the officers happen to stand is not the kiosk
    line = [sys.executable, "-P", "-m", "admin_cli.guide.tethered", str(os.getpid()), "-P", "-m", "kiosk", *words]
    with _left_to_the_child():
        status = subprocess.run(line, env=environment(os.environ), check=False).returncode  # noqa: S603  our program, no shell
    set_right(after_crash=status < 0)
    return status


@contextmanager
def _left_to_the_child() -> Iterator[None]:
    """Ctrl-C is the child's alone; a handler, unlike SIG_IGN, is not inherited through exec."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
