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
from ballots_store.slip_making import SlipRequest, SlipSheet, make_slips
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
    """From the Enter behind 开启口令 or slip to the voter's first screen: a commit, and with a PIN Argon2id."""
    answers: float
    """From a key to the screen that answers it, added up over the three keys that lead on."""
    closed: float
    """From the cast to a kiosk that takes the next 开启口令: thanks and the pause, while the next member walks up."""


def run() -> list[Measurement]:
    """A row for each way of unlocking; the keypad's unlock, which derives nothing, is charged the PIN's share."""
    by_pin, by_slips = _voters(slips=False), _voters(slips=True)
    return [_row("PIN", by_pin), _row("slips", by_slips), _row("keypad", by_pin)]


def _voters(*, slips: bool) -> list[Visit]:
    with tempfile.TemporaryDirectory() as folder:
        rehearsal = make_rehearsal(Path(folder) / "home", members=VOTERS + 1, now=OPENED)  # one is absent
        keys = _printed(rehearsal, Path(folder)) if slips else [rehearsal.pin] * VOTERS
        with voting(rehearsal) as terminal:
            visits = [_visit(terminal, key, 1 + voter % 3) for voter, key in enumerate(keys)]
            end_voting(terminal, rehearsal.pin)
            terminal.exit_status()
        _check(rehearsal, leftover=1 if slips else None)
    return visits


def _printed(rehearsal: Rehearsal, folder: Path) -> list[str]:
    """The numbers on the slips that are handed out, one to each who comes."""
    drawn: list[str] = []

    def keep(sheet: SlipSheet) -> bytes:
        drawn.extend(sheet.numbers)
        return b"slips"

    make_slips(rehearsal.home, SlipRequest(rehearsal.round_id, _codes(rehearsal), folder / "slips"), keep, now=OPENED)
    return drawn[:VOTERS]


def _row(way: str, visits: list[Visit]) -> Measurement:
    people = UNLOCKING_S[way] + ASIDE_S + CHOOSING_S + REVIEW_S
    seconds = people + statistics.mean(
        max(WALKING_S, visit.closed) + visit.answers + visit.unlocking for visit in visits
    )
    note = f"{VOTERS} voters; people {people:.0f} s and {WALKING_S:.0f} s walking up are added, not slept"
    for name in ("unlocking", "answers", "closed"):
        note += f"; {name} {statistics.mean(getattr(visit, name) for visit in visits):.2f} s"
    return Measurement(f"one voter with {way}", f"{AIMS_S[way]:.0f} s", seconds, AIMS_S[way], "s", 1.0, note=note)


def _visit(terminal: Terminal, key: str, choice: int) -> Visit:
    """One voter, from the locked screen until it is the next one's turn."""
    stand(terminal, SETTLED_S)
    terminal.press(key)
    terminal.wait_for("*" * len(key))
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


def _codes(rehearsal: Rehearsal) -> dict[Holder, str]:
    return {Holder.SUPERVISOR: rehearsal.supervisor_code, Holder.TELLER: rehearsal.teller_code}


def _check(rehearsal: Rehearsal, *, leftover: int | None) -> None:
    """The 45 ballots are in, 15 of each kind: nobody was timed who did not vote."""
    request = CloseRequest(rehearsal.round_id, _codes(rehearsal), VOTERS, leftover=leftover)
    end = close_round(rehearsal.home, request, now=OPENED).end
    third = VOTERS // 3
    if (end.satisfied, end.unsatisfied, end.invalid) != (third, third, third):
        raise RuntimeError("the hall's tally is not the script's")
