"""`demo --script`: votes announced beforehand, cast before everybody's eyes, counted: what goes in comes out.

The program presses the keys on the kiosk's own screens, as the keyboard would and through the same gate; the box, the
count and the codes are those of any rehearsal. A caption says what is being pressed. Of the keyboard only Esc counts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from textual import events

from ballots_store.box import BallotBox
from ballots_store.closing import CloseRequest, close_round
from ballots_store.rehearsal import Rehearsal, make_rehearsal
from kiosk import known_texts, prompts, texts, tty
from kiosk.app import KioskApp
from kiosk.booth import Booth
from kiosk.fittings import Fittings
from kiosk.hardened import run_hardened
from kiosk.screens.base import KioskScreen
from kiosk.screens.locked import LockedScreen
from kiosk.screens.sheet import SheetApp
from kiosk.screens.supervisor import EndScreen, MenuPinScreen, MenuScreen, StoppedScreen
from kiosk.screens.voter import AsideScreen, BallotScreen, ReviewScreen
from kiosk.timings import Timings
from kiosk.voting import now
from rounds.choices import Choice
from rounds.sharing import Holder

YES, NO, BLANK = Choice.SATISFIED, Choice.UNSATISFIED, Choice.BLANK
VOTES = (YES, NO, YES, BLANK, NO, YES)
"""What is announced and cast, in this order: no choice comes in one block."""
READ_S = 1.4
"""How long a caption stands before its key is pressed."""
TYPING_S = 0.12
_SHEET_S = 12.0


@dataclass(frozen=True)
class Step:
    """On `screen` say `caption`, then press `keys`."""

    screen: type[KioskScreen]
    caption: str
    keys: Sequence[str]


class ScriptKey(events.Key):
    """A key that the script presses; the keyboard's are plain ones."""


class KnownVotesApp(KioskApp):
    """The kiosk, pressed by a script; every other key but Esc is dropped."""

    left = False
    """Whether somebody left with Esc."""

    def __init__(
        self,
        booth: Booth,
        steps: Iterator[Step],
        *,
        read_s: float = READ_S,
        typing_s: float = TYPING_S,
        timings: Timings | None = None,
    ) -> None:
        """Press `steps` on the kiosk of `booth`; a caption stands `read_s` seconds, a key `typing_s`."""
        super().__init__(
            booth, timings=timings or Timings(), clock=time.monotonic, fittings=Fittings(caption=self._say_now)
        )
        self._steps = steps
        self._step: Step | None = next(steps, None)
        self._keys: list[str] = []
        self._read_s, self._typing_s = read_s, typing_s
        self._due = 0.0
        self._caption = ""

    def on_mount(self) -> None:
        """Look at the screen now and then, as a person does."""
        self.set_interval(self._typing_s, self._look)

    async def on_event(self, event: events.Event) -> None:
        """Of the keyboard only Esc counts."""
        if isinstance(event, events.Key) and not isinstance(event, ScriptKey):
            if event.key == "escape":
                self.left = True
                self.exit(0)
        else:
            await super().on_event(event)

    def _look(self) -> None:
        if self._keys:
            self._press()
        elif self._step is not None and isinstance(self.shown, self._step.screen) and not self._is_busy():
            self._follow(self._step)

    def _follow(self, step: Step) -> None:
        """First the caption, then, once it could be read, the keys."""
        if not self._due:
            self._say(step.caption)
            self._due = time.monotonic() + self._read_s
        elif time.monotonic() >= self._due:
            self._keys, self._due = list(step.keys), 0.0
            self._step = next(self._steps, None)

    def _press(self) -> None:
        """Press the next key once the screen takes one: a person who sees no answer waits and presses again."""
        if not self._stage.is_ready:
            return
        key = self._keys.pop(0)
        if not self._keys:
            self._caption = ""
        self.post_message(ScriptKey(key, key if len(key) == 1 else None))

    def _say_now(self) -> str:
        return self._caption

    def _say(self, caption: str) -> None:
        self._caption = caption
        self.shown.show()

    def _is_busy(self) -> bool:
        return self.shown.prompt() == texts.PAUSE


def steps(pin: str, votes: Sequence[Choice]) -> Iterator[Step]:
    """Every key of a round with these votes, from the first 开启口令 to the end of voting."""
    voters = chain.from_iterable(_voter(pin, number, vote, len(votes)) for number, vote in enumerate(votes, 1))
    return chain(voters, _ending(pin))


def _voter(pin: str, number: int, vote: Choice, of: int) -> Iterator[Step]:
    say = known_texts.caption(number, of)
    yield Step(LockedScreen, say(known_texts.UNLOCK), [*pin, "enter"])
    yield Step(AsideScreen, say(known_texts.ALONE), ["enter"])
    yield Step(BallotScreen, say(known_texts.pressing(vote)), [str(vote.value)])
    yield Step(ReviewScreen, say(known_texts.CAST), ["enter"])


def _ending(pin: str) -> Iterator[Step]:
    yield Step(LockedScreen, known_texts.TO_MENU, ["0", "enter"])
    yield Step(MenuPinScreen, known_texts.MENU_PIN, [*pin, "enter"])
    yield Step(MenuScreen, known_texts.END, ["3"])
    yield Step(EndScreen, known_texts.END_SURE, ["2"])
    yield Step(StoppedScreen, known_texts.COUNT, ["enter"])


def demonstrate(votes: Sequence[Choice] = VOTES) -> int:
    """Announce the votes, cast them, count them, compare; the exit status: 0, also when somebody left with Esc.

    Raises:
        RoundError: the temporary folder can't be used, or the count failed.
    """
    prompts.check_terminal()
    prompts.say(known_texts.PREPARING)
    with tempfile.TemporaryDirectory(prefix="beikaobei-demo-") as folder:
        # One more than votes: with everybody's vote in, the kiosk would ask for the end instead of the next member.
        rehearsal = make_rehearsal(Path(folder), members=len(votes) + 1, now=now())
        title = rehearsal.opened.title
        status, goes_on = _announce(title, votes)
        if goes_on:
            status, goes_on = _vote(rehearsal, votes)
        if goes_on:
            return _compare(title, rehearsal, votes)
    prompts.say(known_texts.LEFT)
    return status


def _announce(title: str, votes: Sequence[Choice]) -> tuple[int, bool]:
    return _sheet(title, known_texts.announced(votes), known_texts.ANNOUNCED_KEYS)


def _vote(rehearsal: Rehearsal, votes: Sequence[Choice]) -> tuple[int, bool]:
    box = BallotBox.start(rehearsal.home, rehearsal.round_id, _codes(rehearsal), clock=now)
    try:
        app = KnownVotesApp(box, steps(rehearsal.pin, votes))
        status = run_hardened(app, on_hangup=box.close)
        return status, status == 0 and not app.left
    finally:
        box.close()


def _compare(title: str, rehearsal: Rehearsal, votes: Sequence[Choice]) -> int:
    request = CloseRequest(rehearsal.round_id, _codes(rehearsal), present=len(votes))
    end = close_round(rehearsal.home, request, now=now(), warn=tty.say).end
    counted = {YES: end.satisfied or 0, NO: end.unsatisfied or 0, BLANK: end.invalid or 0}
    lines = known_texts.compared(votes, counted)
    status, _ = _sheet(title, lines, known_texts.COMPARED_KEYS)
    for line in (texts.REHEARSAL, *lines):
        prompts.say(line)
    return status


def _sheet(title: str, lines: Sequence[str], keys: str) -> tuple[int, bool]:
    app = SheetApp(title, lines, keys, stands_s=_SHEET_S)
    status = run_hardened(app)
    return status, app.went_on and status == 0


def _codes(rehearsal: Rehearsal) -> dict[Holder, str]:
    return {Holder.SUPERVISOR: rehearsal.supervisor_code, Holder.TELLER: rehearsal.teller_code}
