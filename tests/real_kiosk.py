"""The product's own kiosk in a real terminal, on a box that the test made with a cheap KDF."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from box_factory import CHEAP_KDF, OPENED
from hall import start_voting
from terminal import Terminal

from ballots_store.rehearsal import Rehearsal, make_rehearsal


def rehearsed(folder: Path, *, members: int = 6) -> Rehearsal:
    """An opened rehearsal round in a home of its own."""
    return make_rehearsal(folder / "home", members=members, now=OPENED, kdf=CHEAP_KDF)


def run_kiosk(rehearsal: Rehearsal, *words: str, rows: int = 24, columns: int = 80) -> Terminal:
    """`beikaobei-kiosk` on that home; nothing has been typed yet."""
    return Terminal(
        [sys.executable, "-m", "kiosk", *words],
        env={"BEIKAOBEI_HOME": str(rehearsal.home.path)},
        rows=rows,
        columns=columns,
        cwd=rehearsal.home.path,
    )


@contextmanager
def voting(rehearsal: Rehearsal) -> Iterator[Terminal]:
    """The kiosk, started by both officers; after a restart they agree to the count."""
    with run_kiosk(rehearsal) as terminal:
        start(terminal, rehearsal)
        yield terminal


def start(terminal: Terminal, rehearsal: Rehearsal) -> None:
    """Both codes, and 一致 where the count is asked about."""
    start_voting(terminal, supervisor=rehearsal.supervisor_code, teller=rehearsal.teller_code)
    terminal.wait_until(
        lambda: "请下一位团员上前" in terminal.text() or "一致吗" in terminal.text(),
        "the locked screen or the question",
    )
    if "一致吗" in terminal.text():
        terminal.press("1\r")
        terminal.wait_for("请下一位团员上前")
