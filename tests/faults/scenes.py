"""The verbs of a round as work for a child that meets a fault, and what must be true afterwards.

`verify` looks with the product's own eyes (start, close, the stored end) and compares with what was acknowledged.
"""

from __future__ import annotations

import functools
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from box_factory import MadeBox, make_box, make_issued, make_request, open_box, roots

from ballots_store.closing import stored_end
from ballots_store.files import write_new
from ballots_store.home import Home
from rounds.chain import kind_of, read_result, read_void_report
from rounds.choices import Choice
from rounds.documents import RESULT, Result
from rounds.errors import RoundError, RuleRefusal

NEXT = Choice.UNSATISFIED
REASON = "人数不足，择日重新测评。"
Arm = Callable[[], None]
Acknowledge = Callable[[str], None]


class Verdict(StrEnum):
    """What a fault left behind."""

    FINE = "fine"
    LOST = "lost"
    DOUBLED = "doubled"
    WRONG = "wrongly accepted"
    TRACEBACK = "traceback"


@dataclass(frozen=True)
class Scene:
    """A box to try one verb on: `made` is copied for each try."""

    made: MadeBox
    before: tuple[Choice, ...]
    issued: int

    def copied(self, folder: Path) -> Scene:
        return replace(self, made=self.made.copied(folder))


@dataclass(frozen=True)
class Verb:
    """`run` prepares, arms the fault, does it, acknowledges."""

    name: str
    run: Callable[[Scene, Arm, Acknowledge], None]
    adds: tuple[Choice, ...] = ()


def _start(scene: Scene, arm: Arm, acknowledge: Acknowledge) -> None:
    arm()
    scene.made.start()
    acknowledge("start")


def _unlock(scene: Scene, arm: Arm, acknowledge: Acknowledge) -> None:
    box = scene.made.start()
    arm()
    scene.made.unlock(box)
    acknowledge("unlock")


def _cast(scene: Scene, arm: Arm, acknowledge: Acknowledge) -> None:
    box = scene.made.start()
    scene.made.unlock(box)
    arm()
    box.cast(NEXT)
    acknowledge("cast")


def _cast_early(scene: Scene, arm: Arm, acknowledge: Acknowledge) -> None:
    """The control: the voter is told before the commit."""
    box = scene.made.start()
    scene.made.unlock(box)
    arm()
    acknowledge("cast")
    box.cast(NEXT)


def _void_session(scene: Scene, arm: Arm, acknowledge: Acknowledge) -> None:
    box = scene.made.start()
    scene.made.unlock(box)
    arm()
    box.void_session()
    acknowledge("void_session")


def _stop(scene: Scene, arm: Arm, acknowledge: Acknowledge) -> None:
    box = scene.made.start()
    arm()
    box.stop()
    acknowledge("stop")


def _close(scene: Scene, arm: Arm, acknowledge: Acknowledge) -> None:
    arm()
    counted(scene.made)
    acknowledge("close")


def _void(scene: Scene, arm: Arm, acknowledge: Acknowledge) -> None:
    arm()
    scene.made.void()
    acknowledge("void")


CAST, CAST_EARLY = Verb("cast", _cast, (NEXT,)), Verb("cast", _cast_early, (NEXT,))
START = Verb("start", _start)
CLOSE = Verb("close", _close)
VERBS = (
    START,
    Verb("unlock", _unlock),
    CAST,
    Verb("void_session", _void_session),
    Verb("stop", _stop),
    CLOSE,
    Verb("void", _void),
)


def counted(made: MadeBox) -> Result:
    return made.close(present=made.opened.members, reason=REASON).end


def verify(scene: Scene, verb: Verb, acknowledged: tuple[str, ...]) -> Verdict:
    """What is there after the fault, against what was there before it and what was acknowledged."""
    done = verb.name in acknowledged
    try:
        return _ended(scene, verb, done=done) or _started(scene, verb, done=done)
    except RuleRefusal as refusal:
        if "已停止投票" not in str(refusal):
            raise
        return Verdict.WRONG if verb.name != "stop" else _held_against(scene, verb, done, counted(scene.made))
    except RoundError:
        return Verdict.LOST  # every ballot of the box with it


def _ended(scene: Scene, verb: Verb, *, done: bool) -> Verdict | None:
    """A round that has its signed end; None where it has not."""
    end = stored_end(scene.made.home, scene.made.round_id, token=scene.made.token)
    if end is None:
        return Verdict.LOST if done and verb.name in {"close", "void"} else None
    if kind_of(end) is RESULT:
        return _held_against(scene, verb, done, read_result(end, roots()).end.record)
    collected = read_void_report(end, roots()).end.record.collected
    return Verdict.FINE if verb.name == "void" and collected == len(scene.before) else Verdict.WRONG


def _started(scene: Scene, verb: Verb, *, done: bool) -> Verdict:
    box = scene.made.start()
    figures = box.figures()
    box.close()
    result = counted(scene.made)
    if (result.issued, result.collected) != (figures.issued, figures.collected):
        return Verdict.WRONG
    if done and verb.name == "unlock" and result.issued == scene.issued:
        return Verdict.LOST
    return _held_against(scene, verb, done, result)


def _held_against(scene: Scene, verb: Verb, done: bool, result: Result) -> Verdict:
    least, most = len(scene.before), len(scene.before) + len(verb.adds)
    if result.collected < (most if done else least):
        return Verdict.LOST
    if result.collected > most:
        return Verdict.DOUBLED
    inside = scene.before + verb.adds[: result.collected - least]
    marks = tuple(inside.count(choice) for choice in (Choice.SATISFIED, Choice.UNSATISFIED, Choice.BLANK))
    found = (result.satisfied, result.unsatisfied, result.invalid)
    return Verdict.FINE if found in {marks, (None, None, None)} else Verdict.WRONG


# Opening and export, which begin without a box ------------------------------------------------------------------------


@dataclass(frozen=True)
class Opening:
    """An authorisation to open in a fresh home, with or without a stick."""

    folder: Path
    issued: Any
    stick: bool

    @classmethod
    def fresh(cls, folder: Path, *, stick: bool) -> Opening:
        (folder / "stick").mkdir(parents=True)
        return cls(folder, _issued(), stick)

    def open(self) -> MadeBox:
        token = self.folder / "stick" if self.stick else None
        return open_box(self.folder / "home", self.issued, make_request(self.issued, token=token))

    def work(self, arm: Arm, acknowledge: Acknowledge) -> None:
        Home(self.folder / "home").rounds_path.mkdir(parents=True, exist_ok=True)
        arm()
        self.open()
        acknowledge("open")

    def verify(self, acknowledged: tuple[str, ...]) -> Verdict:
        """There and whole, or not there and opened once more without a hindrance."""
        home = Home(self.folder / "home")
        there = self.issued.round_id in home.rounds()
        if acknowledged and not there:
            return Verdict.LOST
        request = make_request(self.issued, token=self.folder / "stick" if self.stick else None)
        try:
            made = MadeBox(home, self.issued, request, _opened_once()) if there else self.open()
            made.vote([Choice.SATISFIED] * 4)
            result = counted(made)
        except RoundError:
            return Verdict.LOST
        return Verdict.FINE if result.satisfied == 4 else Verdict.WRONG


@functools.cache
def _issued() -> Any:
    return make_issued()


@functools.cache
def _opened_once() -> Any:
    """The figures of an opening of `_issued`; they are the same for each of them."""
    with scratch() as folder:
        return open_box(folder / "home", _issued(), make_request(_issued())).opened


def export(path: Path, data: bytes, arm: Arm, acknowledge: Acknowledge) -> None:
    arm()
    write_new(path, data)
    acknowledge("export")


def verify_export(path: Path, data: bytes, acknowledged: tuple[str, ...]) -> Verdict:
    """Not there (unless acknowledged) or whole; what is not there can be exported again."""
    if not path.exists():
        if acknowledged:
            return Verdict.LOST
        write_new(path, data)
    return Verdict.FINE if path.read_bytes() == data else Verdict.WRONG


# Boxes to try them on -------------------------------------------------------------------------------------------------


def make_scene(folder: Path, *, members: int, votes: int, stick: bool, roster: bool, pending: bool = False) -> Scene:
    """A box with `votes` ballots of changing choices in it; `pending`: a session was cut off."""
    before = tuple(Choice(1 + number % 3) for number in range(votes))
    folder.mkdir(parents=True, exist_ok=True)
    token = folder / "stick" if stick else None
    made = make_box(folder / "home", members=members, token=token, with_roster=roster).vote(before)
    if pending:
        box = made.start()
        made.unlock(box)
        box.close()
    return Scene(made, before, votes + pending)


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """A folder in memory, removed afterwards."""
    folder = (parent or Path("/dev/shm")) / f"faults-{secrets.token_hex(6)}"  # noqa: S108  Linux's name for memory
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
