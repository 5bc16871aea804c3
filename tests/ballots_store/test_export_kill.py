"""kill -9 before and after every system call of an export: the file is not there, or whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

from box_factory import make_issued, make_request, open_box
from killing import Acknowledge, in_child

from ballots_store.files import write_new
from ballots_store.home import Home
from ballots_store.opening import OpenRequest
from ballots_store.status import round_status
from rounds.choices import Choice

SYSTEM_CALLS = ("open", "fsync", "link", "unlink", "close", "rename", "replace", "mkdir")


def test_kill_in_export(scratch: Path, record_property: Callable[[str, object], None]) -> None:
    """Killed before and after every system call of an export: the file is not there or whole."""
    data = os.urandom(50_000)
    whole = 0
    for place in range(1000):
        folder = scratch / str(place)
        folder.mkdir()
        out = folder / "r.result"
        fate = in_child(partial(export, place, out, data))
        assert not out.exists() or out.read_bytes() == data
        if not fate.killed:
            assert fate.acknowledged == ("export",), fate.error
            break
        assert not fate.acknowledged
        if out.exists():
            whole += 1
        else:
            write_new(out, data)
            assert out.read_bytes() == data
    assert place > 8
    assert 0 < whole < place
    record_property("kills_survived", place)


def test_kill_in_a_plain_write_leaves_half_a_file(scratch: Path) -> None:
    """The control of the test above."""
    out = scratch / "r.result"

    def work(_acknowledge: Acknowledge) -> None:
        with out.open("wb", buffering=0) as file:
            file.write(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
            file.write(b"other half")

    assert in_child(work).killed
    assert out.read_bytes() == b"half"


def export(place: int, out: Path, data: bytes, acknowledge: Acknowledge) -> None:
    """In a child that dies at system call number `place`."""
    dying_at(place)
    write_new(out, data)
    acknowledge("export")


def dying_at(place: int) -> None:
    """Wrap every system call of this module's list in this process: it kills itself before or after one of them."""
    seen = 0

    def counting() -> None:
        nonlocal seen
        if seen == place:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    for name in SYSTEM_CALLS:
        setattr(os, name, wrapped(getattr(os, name), counting))


def test_kill_in_the_system_calls_of_an_opening(scratch: Path, record_property: Callable[[str, object], None]) -> None:
    """Finer than its named steps: opened whole, or not at all and then it can be opened again."""
    issued = make_issued()
    killed = opened = 0
    for place in range(0, 1000, 3):
        home, stick = scratch / str(place) / "home", scratch / str(place) / "stick"
        stick.mkdir(parents=True)
        request = make_request(issued, token=stick)

        def work(_acknowledge: Acknowledge, at: int = place, to: Path = home, asked: OpenRequest = request) -> None:
            dying_at(at)
            open_box(to, issued, asked)

        fate = in_child(work)
        assert fate.error == ""
        if not fate.killed:
            break
        killed += 1
        if Home(home).rounds():
            opened += 1
            assert round_status(Home(home), issued.round_id).collected == 0
        else:
            open_box(home, issued, request).vote([Choice.SATISFIED])
    assert killed > 10
    assert 0 < opened < killed
    record_property("kills_survived", killed)


def wrapped(call: Callable[..., object], counting: Callable[[], None]) -> Callable[..., object]:
    def counted_call(*arguments: object, **options: object) -> object:
        counting()
        value = call(*arguments, **options)
        counting()
        return value

    return counted_call
