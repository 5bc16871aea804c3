"""Crash states rebuilt from a trace: every write, sync and change of a name, with whatever was not synced lost or torn.

The model is stricter than ext4: a sector (512 bytes) that was not synced may be there or not, each by itself; a name
that was created, changed or removed holds only once its folder was synced, each by itself; a sync makes durable only
what was written before it to that file.
"""

from __future__ import annotations

import os
import random
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from box_inside import pragma
from faults.power_cuts import without_guards
from faults.scenes import Acknowledge, Scene, Verdict, make_scene, scratch
from faults.shim import Act, Fault, arm, mark, trace
from faults.tallying import Row
from killing import in_child

from ballots_store.files import write_new
from ballots_store.home import Home
from rounds.choices import Choice
from rounds.errors import RoundError

SECTOR = 512
_HEAD = struct.Struct("<IIIIQQ")
WRITE, TRUNCATE, SYNC, CREATE, RENAME, LINK, UNLINK, MKDIR, RMDIR, MARK = range(1, 11)


@dataclass(frozen=True)
class Op:
    """One line of the trace."""

    kind: int
    inode: int
    offset: int
    path: str
    data: bytes


def read_trace(path: Path) -> list[Op]:
    raw, at, ops = path.read_bytes(), 0, []
    while at < len(raw):
        kind, size, path_size, _, inode, offset = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        name, at = raw[at : at + path_size].decode(), at + path_size
        ops.append(Op(kind, inode, offset, name, raw[at : at + size]))
        at += size
    return ops


@dataclass
class Disk:
    """Names → inodes → bytes."""

    names: dict[str, int] = field(default_factory=dict)
    files: dict[int, bytearray] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, folder: Path) -> Disk:
        disk = cls()
        for path in folder.rglob("*"):
            if path.is_dir():
                disk.folders.add(str(path))
            else:
                disk.names[str(path)] = path.stat().st_ino
                disk.files[path.stat().st_ino] = bytearray(path.read_bytes())
        return disk

    def copy(self) -> Disk:
        return Disk(dict(self.names), {inode: bytearray(data) for inode, data in self.files.items()}, set(self.folders))

    def apply(self, op: Op) -> None:
        if op.kind == WRITE:
            data = self.files.setdefault(op.inode, bytearray())
            data.extend(bytes(max(op.offset + len(op.data) - len(data), 0)))
            data[op.offset : op.offset + len(op.data)] = op.data
        elif op.kind == TRUNCATE:
            data = self.files.setdefault(op.inode, bytearray())
            del data[op.offset :]
            data.extend(bytes(op.offset - len(data)))
        else:
            self._rename(op)

    def _rename(self, op: Op) -> None:
        target = op.data.decode()
        if op.kind == CREATE:
            self.names[op.path] = op.inode
            self.files.setdefault(op.inode, bytearray())
        elif op.kind == MKDIR:
            self.folders.add(op.path)
        elif op.kind == UNLINK:
            self.names.pop(op.path, None)
        elif op.kind == LINK and op.path in self.names:
            self.names[target] = self.names[op.path]
        elif op.kind == LINK:
            self.names[target] = op.inode
        elif op.kind == RENAME:
            self._move(op.path, target, op.inode)

    def _move(self, old: str, new: str, inode: int) -> None:
        if old in self.folders:
            self.folders = {
                new + name[len(old) :] if (name + "/").startswith(old + "/") else name for name in self.folders
            }
            self.names = {
                new + name[len(old) :] if name.startswith(old + "/") else name: found
                for name, found in self.names.items()
            }
        else:
            self.names.pop(old, None)
            self.names[new] = inode

    def write(self, root: Path, to: Path) -> None:
        """Lay the tree that stood at `root` down at `to`."""
        for folder in sorted(self.folders):
            (to / os.path.relpath(folder, root)).mkdir(parents=True, exist_ok=True)
        for name, inode in self.names.items():
            path = to / os.path.relpath(name, root)
            if path.parent.is_dir():  # a file in a folder whose name was lost is lost
                path.write_bytes(self.files.get(inode, b""))


def _folder_of(op: Op) -> str:
    return os.path.dirname(op.data.decode() or op.path)  # noqa: PTH120  the trace speaks in strings


def _pieces(op: Op) -> Iterator[Op]:
    """A write as its sectors; everything else as it is."""
    if op.kind != WRITE:
        yield op
        return
    at = 0
    while at < len(op.data):
        size = min(SECTOR - (op.offset + at) % SECTOR, len(op.data) - at)
        yield replace(op, offset=op.offset + at, data=op.data[at : at + size])
        at += size


def split(ops: list[Op]) -> Iterator[tuple[list[Op], list[Op], tuple[str, ...]]]:
    """For a crash after each op: what is durable, what is pending, what had been acknowledged."""
    durable: list[Op] = []
    pending: list[Op] = []
    marks: list[str] = []
    for op in ops:
        if op.kind == MARK:
            marks.append(op.path)
        elif op.kind == SYNC:
            kept = [p for p in pending if not _synced(p, op)]
            durable += [p for p in pending if _synced(p, op)]
            pending = kept
        else:
            pending.extend(_pieces(op))
        yield durable, pending, tuple(marks)


def _synced(piece: Op, by: Op) -> bool:
    if piece.kind in {WRITE, TRUNCATE}:
        return piece.inode == by.inode
    return _folder_of(piece) == by.path


def choices(pending: list[Op], draw: random.Random, most: int) -> Iterator[list[Op]]:
    """Subsets of the pending: none, all, all but one, one alone, and random ones."""
    yield []
    if not pending:
        return
    yield pending
    for _ in range(most):
        which = draw.randrange(3)
        if which == 0:
            lost = draw.randrange(len(pending))
            yield pending[:lost] + pending[lost + 1 :]
        elif which == 1:
            yield [draw.choice(pending)]
        else:
            yield [piece for piece in pending if draw.random() < 0.5]


def states(
    base: Disk, ops: list[Op], draw: random.Random, most: int, stride: int
) -> Iterator[tuple[Disk, tuple[str, ...]]]:
    """Every crash state of the sample with what had been acknowledged by then; quick: after each `stride`-th call."""
    for place, (durable, pending, marks) in enumerate(split(ops)):
        if place % stride:
            continue
        ground = base.copy()
        for op in durable:
            ground.apply(op)
        for chosen in choices(pending, draw, most):
            state = ground.copy()
            for op in chosen:
                state.apply(op)
            yield state, marks


# What is traced -------------------------------------------------------------------------------------------------------

Work = Callable[[Acknowledge], None]
CASTS = 3
CAST_CALLS = 8
"""Writes and syncs of a cast, state to spoiling, on the larger of these."""
SIZES = (8, 200)
"""Members: a state of one page, and of three."""
PYTHONS_OWN = (
    ("synchronous=FULL", "synchronous=EXTRA"),
    ("journal_mode=DELETE", "journal_mode=PERSIST"),
    ("locking_mode=NORMAL", "locking_mode=EXCLUSIVE"),  # else SQLite keeps the journal that it was told to delete
)


def traced(folder: Path, work: Work) -> tuple[Disk, list[Op]]:
    """The tree before, and everything that `work` did to it in a child."""
    base = Disk.of(folder)
    with tempfile.TemporaryDirectory() as aside:
        path = Path(aside) / "trace"

        def child(_acknowledge: Acknowledge) -> None:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            trace(descriptor)
            try:
                work(mark)
            finally:
                trace(-1)

        fate = in_child(child)
        if fate.error:
            raise AssertionError(fate.error)
        return base, read_trace(path)


def session(scene: Scene, *, stop: bool) -> Work:
    """Start, three casts, a stop; each acknowledged."""

    def work(acknowledge: Acknowledge) -> None:
        box = scene.made.start()
        acknowledge("start")
        for _ in range(CASTS):
            scene.made.unlock(box)
            acknowledge("begun")
            box.cast(Choice.SATISFIED)
            acknowledge("cast")
        if stop:
            box.stop()
            acknowledge("stop")

    return work


def killed_then_restarted(scene: Scene, place: int) -> Work:
    """A cast killed at its call `place`, and a start after it: one trace, for nothing was synced between."""

    def work(acknowledge: Acknowledge) -> None:
        def cast(_acknowledge: Acknowledge) -> None:
            box = scene.made.start()
            scene.made.unlock(box)
            acknowledge("begun")
            arm(place, Fault(Act.KILL_BEFORE))
            box.cast(Choice.SATISFIED)
            acknowledge("cast")

        in_child(cast)
        scene.made.start()
        acknowledge("start")

    return work


def look(scene: Scene, marks: tuple[str, ...]) -> Verdict:
    """A start on the state: every acknowledged ballot is there, none more than was begun."""
    least, most = len(scene.before) + marks.count("cast"), len(scene.before) + marks.count("begun")
    try:
        box = scene.made.start()
    except RoundError as error:
        return Verdict.FINE if "stop" in marks[-1:] and "已停止投票" in str(error) else _stopped(error, marks)
    collected = box.figures().collected
    box.close()
    if collected < least:
        return Verdict.LOST
    return Verdict.FINE if collected <= most else Verdict.DOUBLED


def _stopped(error: RoundError, marks: tuple[str, ...]) -> Verdict:
    in_stop = marks.count("cast") == CASTS and "已停止投票" in str(error)
    return Verdict.FINE if in_stop else Verdict.LOST


def explore(scene: Scene, folder: Path, work: Work, most: int, stride: int = 1) -> Iterator[Verdict]:
    """`look` at every sampled crash state of `work` on the tree in `folder`."""
    base, ops = traced(folder, work)
    for state, marks in states(base, ops, random.Random(len(ops)), most, stride):  # noqa: S311  a spread, no secret
        with scratch() as there:
            state.write(folder, there)
            home, token = Home(there / "home"), scene.made.token and there / "stick"
            made = replace(scene.made, home=home, request=replace(scene.made.request, token=token))
            yield look(replace(scene, made=made), marks)


def explore_export(parent: Path, write: Callable[[Path, bytes], None], most: int) -> Iterator[Verdict]:
    """An export's crash states: not there (unless acknowledged) or whole."""
    data = os.urandom(5_000)
    with scratch(parent) as folder:
        path = folder / "r.result"

        def work(acknowledge: Acknowledge) -> None:
            write(path, data)
            acknowledge("export")

        base, ops = traced(folder, work)
        for state, marks in states(base, ops, random.Random(1), most, 1):  # noqa: S311  the same draw in every run
            with scratch(parent) as there:
                state.write(folder, there)
                copy = there / path.name
                if copy.exists():
                    yield Verdict.FINE if copy.read_bytes() == data else Verdict.WRONG
                else:
                    yield Verdict.LOST if marks else Verdict.FINE


def careless(path: Path, data: bytes) -> None:
    """The control: written and renamed, never synced."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(data)
    temporary.rename(path)


def run(*, quick: bool) -> list[Row]:
    """Rows: a session, kill → restart, export; controls with the pragmas of Python's SQLite among them."""
    session_row = Row("crash states of a session (start, casts, stop), replayed", control="journal DELETE + FULL")
    restart_row = Row("crash states of kill → restart, replayed", control="a restart without its two guards")
    export_row = Row("crash states of an export, replayed", control="an export without fsync")
    off_row = Row("crash states (counted above)", control="synchronous=OFF")
    most, stride, kills, guarded = (0, 2, (3,), (3,)) if quick else (10, 1, range(1, CAST_CALLS + 1), (2, 3))
    with scratch() as parent:

        def fresh(stick: bool, members: int = 8) -> tuple[Scene, Path]:
            folder = Path(tempfile.mkdtemp(dir=parent))
            return make_scene(folder, members=members, votes=2, stick=stick, roster=True), folder

        for stick, members in ((True, 8),) if quick else product((True, False), SIZES):
            scene, folder = fresh(stick, members)
            _fill(session_row, explore(scene, folder, session(scene, stop=True), most, stride))
        for place, members in product(kills, SIZES[:1] if quick else SIZES):
            scene, folder = fresh(False, members)
            _fill(restart_row, explore(scene, folder, killed_then_restarted(scene, place), most, stride))
        _fill(export_row, explore_export(parent, write_new, 40))
        for verdict in explore_export(parent, careless, 40):
            export_row.add_control(verdict)
        controls: list[tuple[Row, list[AbstractContextManager[None]]]] = [
            (off_row, [pragma("synchronous=OFF", "synchronous=EXTRA")]),
            (session_row, [pragma(instead, of) for instead, of in PYTHONS_OWN]),
        ]
        for row, changes in controls:
            with ExitStack() as changed:
                for change in changes:
                    changed.enter_context(change)
                scene, folder = fresh(stick=True)
                for verdict in explore(scene, folder, session(scene, stop=False), most // 2, stride):
                    row.add_control(verdict)
        for place in guarded:
            scene, folder = fresh(stick=False)
            with without_guards():
                for verdict in explore(scene, folder, killed_then_restarted(scene, place), most // 4, min(stride, 2)):
                    restart_row.add_control(verdict)
    return [session_row, restart_row, export_row, off_row]


def _fill(row: Row, verdicts: Iterator[Verdict]) -> None:
    for verdict in verdicts:
        row.add(verdict)
