"""A kiosk as somebody would write it first; it leaves PIN and choice in every place that the leak tests look at."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from pathlib import Path

_, hard = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
if "TOY_PIN" not in os.environ:
    pin = input("PIN: ")
    os.execve(sys.executable, [sys.executable, "-u", *sys.argv], {**os.environ, "TOY_PIN": pin})  # noqa: S606  itself
kept = [os.environ["TOY_PIN"]]
choice = {"1": "满意", "2": "不满意", "3": "不作选择（空白票，按无效票计）"}[input("choice: ")]
kept.append("您的选择：" + choice)
with Path("toy.log").open("a", encoding="utf-8") as log:
    log.write(f"{choice} {kept[0]}\n")
leftover = tempfile.NamedTemporaryFile("w", delete=False, suffix=".tmp", encoding="utf-8")  # noqa: SIM115  left open
leftover.write(kept[0])
leftover.flush()
sys.stdout.write(f"done: {choice}, {kept[0]}\n")
input("ready")
