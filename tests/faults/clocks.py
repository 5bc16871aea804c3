"""Injected clocks: forwards, back, 1970, 2099, jumping at every reading; and a window, which must feel them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from box_factory import MadeBox, make_box, roots
from faults.scenes import REASON, Verdict, scratch
from faults.tallying import Row

from ballots_store.session import WindowClosed
from rounds.chain import read_result
from rounds.choices import Choice
from rounds.errors import RoundError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAR = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
NOON = datetime(2099, 4, 1, 6, 30, tzinfo=UTC)
Clock = Callable[[], datetime]
VOTES = (Choice.SATISFIED, Choice.UNSATISFIED, Choice.BLANK, Choice.SATISFIED)


def clocks() -> dict[str, Clock]:
    """Name → a clock; each call reads it once."""
    forwards, back, jumping = itertools.count(), itertools.count(), itertools.cycle((EPOCH, FAR, NOON))
    return {
        "forwards": lambda: NOON + timedelta(hours=next(forwards)),
        "back": lambda: NOON - timedelta(hours=next(back)),
        "1970": lambda: EPOCH,
        "2099": lambda: FAR,
        "year 1": lambda: datetime(1, 1, 1, tzinfo=UTC),
        "jumping": lambda: next(jumping),
    }


def held_through(made: MadeBox, clock: Clock) -> Verdict:
    """Vote and count under `clock`; what a clock makes the box refuse is tried again at noon, and nothing is lost."""
    cast = 0
    try:
        box = made.start(clock=clock)
        for choice in VOTES:
            made.cast(box, choice)
            cast += 1
        box.stop()
        box.close()
    except RoundError as error:
        if "\n" in str(error):
            return Verdict.TRACEBACK
    except Exception:  # noqa: BLE001  anything else would be a traceback on a user's screen
        return Verdict.TRACEBACK
    return _counted(made, clock, cast)


def _counted(made: MadeBox, clock: Clock, cast: int) -> Verdict:
    try:
        result = made.close(present=6, reason=REASON, now=clock()).result
    except RoundError:
        result = made.close(present=6, reason=REASON).result
    except Exception:  # noqa: BLE001  whatever ends it is counted
        return Verdict.TRACEBACK
    collected = read_result(result, roots()).end.record.collected
    if collected < cast:
        return Verdict.LOST
    return Verdict.FINE if collected == cast else Verdict.DOUBLED


def opened_at(folder: Path, clock: Clock) -> Verdict:
    """An opening at a strange hour works or is refused in one line."""
    from box_factory import make_issued, make_request, open_box  # noqa: PLC0415  only where it is needed

    issued = make_issued()
    try:
        open_box(folder, issued, make_request(issued), now=clock())
    except RoundError:
        open_box(folder, issued, make_request(issued))
    except Exception:  # noqa: BLE001  whatever ends it is counted
        return Verdict.TRACEBACK
    return Verdict.FINE


def run(*, quick: bool) -> list[Row]:
    """One row; the control is a round with a window, which each wrong clock must run into."""
    row = Row("clocks forwards, back, 1970, 2099, jumping", control="an authorised window")
    with scratch() as parent:
        for turn, (name, clock) in itertools.product(range(1 if quick else 10), clocks().items()):
            folder = parent / f"{turn} {name}"
            folder.mkdir()
            row.add(held_through(make_box(folder / "home", token=folder / "stick"), clock), name)
            row.add(opened_at(folder / "other", clock), f"opening, {name}")
        for name in ("1970", "2099"):
            opens, closes = ("2099-04-01T14:00:00+08:00", "2099-04-01T16:00:00+08:00")
            made = make_box(parent / f"window {name}", opens=opens, closes=closes)
            row.add_control(_feels(made, clocks()[name]))
    return [row]


def _feels(made: MadeBox, clock: Clock) -> Verdict:
    try:
        box = made.start(clock=clock)
    except RoundError:
        return Verdict.WRONG
    try:
        made.unlock(box)
    except WindowClosed:
        return Verdict.WRONG
    else:
        return Verdict.FINE
    finally:
        box.close()
