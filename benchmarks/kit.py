"""`kit --all-pending` for two hundred branches, whole: authorisations, papers and slips, folders on the disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

from admin_script import Admin
from ledger_books import write_book

from benchmarks.measuring import Measurement, seconds

TITLE = "kit: two hundred branches in one command, against a minute"
BRANCHES = 200
MINUTE = 60.0
AIM = 1.0


def run() -> list[Measurement]:
    """The command as a clerk runs it, with the real key derivation."""
    with tempfile.TemporaryDirectory() as folder:
        admin = Admin(Path(folder))
        admin.make_organisation()
        organisation = ("50", "某市团委", "", "王同志", "023-1234", "高校")
        branches = [
            (f"B{at}", f"第{at}团支部", "50", f"书记{at}", "", "2015年9月", 45, "是", "李督导")
            for at in range(BRANCHES)
        ]
        book = write_book(admin.path("ledger.xlsx"), [organisation], branches)
        if admin.run("ledger", "import", book).code:
            raise AssertionError("the ledger was refused")
        words = ("kit", "--all-pending", "--org-key", admin.path("org.key"), "--year", 2016, "--out", admin.path("out"))
        codes = []
        taken = seconds(lambda: codes.append(admin.run(*words).code))
        if codes != [0] or len(list(admin.path("out").iterdir())) != BRANCHES:
            raise AssertionError("not every branch got its folder")
    return [Measurement(f"kit, {BRANCHES} branches", "a minute", taken, MINUTE, "s", AIM)]
