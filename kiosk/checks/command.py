"""`beikaobei-kiosk check`: the table to read out, the questions to the hall, or one JSON object for a script."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ballots_store.home import Home
from kiosk import texts
from kiosk.checks.model import Finding, Level, Surroundings
from kiosk.checks.report import as_json, is_refused, run_checks
from kiosk.layout import pad, wrap

_NAME_WIDTH, _LEVEL_WIDTH, _BORDERS = 14, 4, 10
_WIDEST = 120


def check(home: Home, round_id: str | None, token: Path | None, *, for_script: bool, around: Surroundings) -> int:
    """Say how this laptop and hall are found; 0 when nothing refuses, 1 otherwise.

    `round_id`: the 票箱U盘 recorded when it was opened is looked at, unless `token` says another.

    Raises:
        RoundError: no such round.
        EOFError, KeyboardInterrupt: nobody answered.
    """
    findings = run_checks(around, home.path, token or _recorded(home, round_id))
    if for_script:
        _say(as_json(findings))
        return int(is_refused(findings))
    width = min(_WIDEST, shutil.get_terminal_size().columns)
    for line in table(findings, width):
        _say(line)
    if sys.stdin.isatty() and sys.stdout.isatty():
        findings = asked(findings, width)
    _say(verdict(findings))
    return int(is_refused(findings))


def _say(line: str) -> None:
    """One line of the answer, on stdout."""
    sys.stdout.write(f"{line}\n")


def _recorded(home: Home, round_id: str | None) -> Path | None:
    if round_id is None:
        return None
    from ballots_store.status import recorded_token  # noqa: PLC0415  0.3 s of imports that need no round

    return recorded_token(home, home.pick(round_id))


def asked(findings: Sequence[Finding], width: int) -> tuple[Finding, ...]:
    """Put each question to the hall; 是 settles the row, 不是 makes it what it then is.

    Raises:
        EOFError, KeyboardInterrupt: nobody answered.
    """
    return tuple(finding if finding.level is not Level.ASK else _put(finding, width) for finding in findings)


def _put(finding: Finding, width: int) -> Finding:
    from kiosk.prompts import choose  # noqa: PLC0415  needs a terminal, as this does

    question, mark, remedy = finding.remedy.partition("？")
    for line in wrap(f"{finding.name}：{finding.seen}。{question}{mark}", width):
        print(line)  # noqa: T201  a question of a command
    answer = choose("1是 2不是：", ("1", "2"))
    if answer == "2":
        print(remedy.partition("，")[2])  # noqa: T201  as above
    return _answered(finding, answer)


def _answered(finding: Finding, answer: str) -> Finding:
    return replace(finding, level=Level.OK if answer == "1" else finding.if_no)


def verdict(findings: Sequence[Finding]) -> str:
    """The last line."""
    refused = [finding.name for finding in findings if finding.level is Level.REFUSE]
    if refused:
        return f"不能开始：请先处理{'、'.join(dict.fromkeys(refused))}。"
    warned = [finding.name for finding in findings if finding.level is Level.WARN]
    return f"可以开始；请留意{'、'.join(dict.fromkeys(warned))}。" if warned else "可以开始。"


def table(findings: Sequence[Finding], width: int) -> list[str]:
    """The rows for a terminal `width` cells wide, lines broken as printed Chinese is (rich knows no kinsoku)."""
    from rich.box import ASCII  # noqa: PLC0415  a script needs no table
    from rich.console import Console  # noqa: PLC0415  as above
    from rich.table import Table  # noqa: PLC0415  as above

    room = max(20, width - _NAME_WIDTH - _LEVEL_WIDTH - _BORDERS)
    made = Table(box=ASCII, show_lines=False)
    made.add_column("项目", width=_NAME_WIDTH, no_wrap=True)
    made.add_column("情况", width=_LEVEL_WIDTH, no_wrap=True)
    made.add_column("说明和办法", width=room)
    for finding in findings:
        told = "\n".join(line for text in (f"{finding.seen}。", finding.remedy) if text for line in wrap(text, room))
        made.add_row(finding.name, texts.CHECK_LEVELS[finding.level], told)
    console = Console(width=width, color_system=None, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(made)
    return [pad(line, width).rstrip() for line in captured.get().splitlines()]
