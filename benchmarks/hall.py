"""45 voters, one by one, on the real kiosk in a real terminal; the people's times are added as KIOSK.md states them.

Only the machine's time is measured, from each key to the screen that answers it. Walking up, typing, reading and
choosing are arithmetic: with real people the same run would take 18 minutes and measure nothing more.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from box_factory import OPENED
from hall import end_voting, stand
from real_kiosk import voting
from terminal import Terminal

from ballots_store.closing import CloseRequest, close_round
from ballots_store.rehearsal import Rehearsal, make_rehearsal
from benchmarks.measuring import Measurement
from rounds.sharing import Holder

TITLE = "hall: 45 voters through a real terminal, with the human times of KIOSK.md added"
VOTERS = 45
WALKING_S, ASIDE_S, CHOOSING_S, REVIEW_S = 5.0, 3.0, 3.0, 2.0
UNLOCKING_S = {"PIN": 10.0, "slips": 6.0, "keypad": 1.0}
"""The supervisor types and steps away; a member types a slip's number; the supervisor's keypad from across the room."""
AIMS_S = {"PIN": 30.0, "slips": 20.0, "keypad": 20.0}
SETTLED_S = 0.6
"""Before each key: the gate's 0.4 s pass while people read, within their times."""


@dataclass(frozen=True)
class Visit:
    """The machine's share of one voter's time, in seconds."""

    unlocking: float
    """From the Enter of the 开启口令 to the voter's first screen: Argon2id and a commit."""
    answers: float
    """From a key to the screen that answers it, added up over the three keys that lead on."""
    closed: float
    """From the cast to a kiosk that takes the next 开启口令: thanks and the pause, while the next member walks up."""


def run() -> list[Measurement]:
    """A row for each way of unlocking."""
    with tempfile.TemporaryDirectory() as folder:
        rehearsal = make_rehearsal(Path(folder) / "home", members=VOTERS + 1, now=OPENED)  # one is absent
        with voting(rehearsal) as terminal:
            visits = [_visit(terminal, rehearsal.pin, 1 + voter % 3) for voter in range(VOTERS)]
            end_voting(terminal, rehearsal.pin)
            terminal.exit_status()
        _check(rehearsal)
    return [_row(way, visits) for way in UNLOCKING_S]


def _row(way: str, visits: list[Visit]) -> Measurement:
    people = UNLOCKING_S[way] + ASIDE_S + CHOOSING_S + REVIEW_S
    with_pin = way != "slips"
    seconds = people + statistics.mean(
        max(WALKING_S, visit.closed) + visit.answers + with_pin * visit.unlocking for visit in visits
    )
    note = f"{VOTERS} voters; people {people:.0f} s and {WALKING_S:.0f} s walking up are added, not slept"
    for name in ("unlocking", "answers", "closed"):
        note += f"; {name} {statistics.mean(getattr(visit, name) for visit in visits):.2f} s"
    if not with_pin:
        note += "; what the kiosk itself takes to check a slip is not measured, so no verdict"
    aim = 1.0 if with_pin else None
    return Measurement(f"one voter with {way}", f"{AIMS_S[way]:.0f} s", seconds, AIMS_S[way], "s", aim, note=note)


def _visit(terminal: Terminal, pin: str, choice: int) -> Visit:
    """One voter, from the locked screen until it is the next one's turn."""
    stand(terminal, SETTLED_S)
    terminal.press(pin)
    terminal.wait_for("*" * len(pin))
    unlocking = _press(terminal, "\r", "我已独自一人，开始填写")
    answers = _press(terminal, "\r", "不选请按3")
    answers += _press(terminal, str(choice), "按 Enter 投票后不能更改")
    answers += _press(terminal, "\r", "已投入票箱，请离开")
    began = time.perf_counter()
    terminal.wait_for("请下一位团员上前")
    terminal.wait_gone("请稍候")
    return Visit(unlocking, answers, time.perf_counter() - began)


def _press(terminal: Terminal, key: str, shown: str) -> float:
    stand(terminal, SETTLED_S)
    began = time.perf_counter()
    terminal.press(key)
    terminal.wait_for(shown)
    return time.perf_counter() - began


def _check(rehearsal: Rehearsal) -> None:
    """The 45 ballots are in, 15 of each kind: nobody was timed who did not vote."""
    codes = {Holder.SUPERVISOR: rehearsal.supervisor_code, Holder.TELLER: rehearsal.teller_code}
    end = close_round(rehearsal.home, CloseRequest(rehearsal.round_id, codes, VOTERS), now=OPENED).end
    third = VOTERS // 3
    if (end.satisfied, end.unsatisfied, end.invalid) != (third, third, third):
        raise RuntimeError("the hall's tally is not the script's")
