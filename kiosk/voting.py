"""One run of the voting kiosk: two codes, a started box, the full screen, and the box let go whatever happens."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from ballots_store.box import BallotBox
from ballots_store.closing import CloseRequest, close_round
from ballots_store.home import Home
from ballots_store.rehearsal import Rehearsal, make_rehearsal
from kiosk import prompts, tty
from kiosk.app import KioskApp
from kiosk.checks.at_start import Watch, say_findings, watch
from kiosk.checks.model import Surroundings
from kiosk.fittings import Fittings
from kiosk.guard import input_guard
from kiosk.hardened import run_hardened
from kiosk.keypad import Keypad, finder
from kiosk.layout import assume, wrap
from kiosk.timings import Timings
from rounds.errors import RuleRefusal
from rounds.results import figures_of, reason_sentence, result_sentence
from rounds.sharing import Holder

DEMO_MEMBERS = 6


def now() -> datetime:
    """The moment, with this machine's offset."""
    return datetime.now().astimezone()


def vote(
    home: Home,
    round_id: str | None,
    token: Path | None,
    *,
    emergency: bool = False,
    guard: bool = False,
    keypad: str | None = None,
    around: Surroundings | None = None,
) -> int:
    """Hold the voting of one round; the exit status, 0 only after the voting was ended.

    `emergency`: the 应急码 stands in for one officer's code; the result says so. `guard`: take the whole keyboard.
    `keypad`: the supervisor's own, by vendor:product. `around`: where the checks look; this machine, unless one is
    given.

    Raises:
        RuleRefusal: a check found what would lose or show ballots (a rehearsal is warned only).
        RoundError: no such round, wrong codes, a box that can't be started.
        KeyboardInterrupt, EOFError: the officers broke off at the plain terminal.
    """
    assume(ambiguous_wide=prompts.check_terminal().ambiguous_wide)
    with tty.unseen(), ExitStack() as undo:
        chosen = home.pick(round_id)
        room = watch(around or Surroundings(), home, chosen, token)
        say_findings(room.checks(), _say_wrapped, official=room.official)
        grabbed = None
        if keypad is not None:
            grabbed = Keypad(finder(keypad))
            undo.callback(grabbed.close)
        holders = prompts.ask_holders(emergency=emergency)
        box = prompts.with_codes(lambda codes: _start(home, chosen, codes, token), holders)
        undo.callback(box.close)
        if grabbed is not None and box.heading.stationed:
            raise RuleRefusal("定点投票只凭投票凭条开启，不用小键盘：请去掉 --keypad 重新启动。")
        _confirm_count(box)
        return _run(box, watched=room, guard=guard, keypad=grabbed)


def demo(*, guard: bool = False) -> int:
    """A rehearsal round in a temporary home: the real box, the real screens, the PIN on the locked screen.

    `guard`: take the whole keyboard.

    Raises:
        RoundError: the temporary folder can't be used.
    """
    assume(ambiguous_wide=prompts.check_terminal().ambiguous_wide)
    prompts.say("正在准备演练（约需数秒）…")
    with tempfile.TemporaryDirectory(prefix="beikaobei-demo-") as folder:
        rehearsal = make_rehearsal(Path(folder), members=DEMO_MEMBERS, now=now())
        codes = {Holder.SUPERVISOR: rehearsal.supervisor_code, Holder.TELLER: rehearsal.teller_code}
        box = BallotBox.start(rehearsal.home, rehearsal.round_id, codes, clock=now)
        try:
            watched = watch(Surroundings(), rehearsal.home, rehearsal.round_id, None)
            status = _run(box, watched=watched, hint=f"演练用开启口令：{rehearsal.pin}", guard=guard)
            collected, expected = box.figures().collected, box.heading.expected
        finally:
            box.close()
        if status == 0:
            _count(rehearsal, codes, collected, expected)
    return status


def _start(home: Home, round_id: str, codes: Mapping[Holder, str], token: Path | None) -> BallotBox:
    return BallotBox.start(home, round_id, codes, token=token, clock=now, wait_for_token=True)


def _run(box: BallotBox, *, watched: Watch, hint: str = "", guard: bool = False, keypad: Keypad | None = None) -> int:
    _say_unlogged(box)
    fittings = Fittings(
        hint=hint,
        room=watched.room,
        checks=watched.checks,
        guard=input_guard() if guard else None,
        keypad=keypad,
    )
    app = KioskApp(box, timings=Timings(), clock=time.monotonic, fittings=fittings)
    status = run_hardened(app, on_hangup=box.close)
    _say_unlogged(box)
    return status


def _say_unlogged(box: BallotBox) -> None:
    """Each once, on stderr, while no screen is up."""
    while box.unlogged:
        tty.say(box.unlogged.pop(0))


def _say_wrapped(line: str) -> None:
    for part in wrap(line, shutil.get_terminal_size().columns):
        prompts.say(part)


def _confirm_count(box: BallotBox) -> None:
    """After a restart both officers compare the count: an older copy put back shows as one that fell."""
    if box.restart_note is not None:
        prompts.say(box.restart_note)
        question = f"已投{box.figures().collected}张，与停机前一致吗？1一致 2不一致："
        try:
            box.confirm(count_agrees=prompts.choose(question, ("1", "2")) == "1")
        finally:
            _say_unlogged(box)


def _count(rehearsal: Rehearsal, codes: dict[Holder, str], collected: int, expected: int) -> None:
    request = CloseRequest(rehearsal.round_id, codes, present=collected, below_quorum_reason="演练结束")
    shown = figures_of(close_round(rehearsal.home, request, now=now(), warn=tty.say).end)
    _say_wrapped(f"演练计票：{result_sentence(shown, expected=expected)}")
    _say_wrapped(reason_sentence(shown))
