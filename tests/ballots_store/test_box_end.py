"""What a cut in the middle of a round's end leaves to do, done by whoever asks for the end (`HeldBox.finish_end`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from box_factory import FIVE_BALLOTS, MadeBox, make_box
from box_inside import keys_of, meta_of, with_nonce

from ballots_store import closing as module
from ballots_store.closing import stored_end
from rounds.choices import Choice
from rounds.errors import Unreadable, VerificationFailure


class _Cut(BaseException):
    """Nothing of the program runs after this but what lets the files go."""


@pytest.fixture
def made(scratch: Path) -> MadeBox:
    return make_box(scratch / "home", token=scratch / "stick").vote(FIVE_BALLOTS)


def cut(step: str) -> None:
    if step == "before erase slot":
        raise _Cut


def cut_while_closing(made: MadeBox) -> None:
    with pytest.raises(_Cut):
        made.close(hook=cut)
    assert keys_left(made) == 2


def keys_left(made: MadeBox) -> int:
    return sum(map(any, keys_of(made.slots.read_bytes())))


def ask(made: MadeBox) -> bytes | None:
    return stored_end(made.home, made.round_id, token=made.token)


def test_the_key_goes_and_the_count_stays(made: MadeBox) -> None:
    cut_while_closing(made)
    assert ask(made) is not None
    assert keys_left(made) == 1
    assert len(with_nonce(made)) == 1
    before = made.files()
    assert ask(made) is not None
    assert {path for path, data in made.files().items() if data != before[path]} <= {made.folder.lock}


def test_without_the_stick_the_end_is_given_and_the_key_goes_later(made: MadeBox) -> None:
    cut_while_closing(made)
    assert made.token is not None
    away = made.token.rename(made.token.with_name("in a pocket"))
    assert ask(made) is not None
    assert len(with_nonce(made)) == 1
    away.rename(made.token)
    assert keys_left(made) == 2
    ask(made)
    assert keys_left(made) == 1


def plant(made: MadeBox, end: bytes, area: bytes) -> None:
    with closing(sqlite3.connect(made.folder.box)) as box, box:
        box.executemany("INSERT OR REPLACE INTO meta(k, v) VALUES(?, ?)", [("end", end), ("end area", area)])


ENDS: dict[str, Callable[[MadeBox, Path], bytes]] = {
    "no document": lambda _made, _folder: b"{}",
    "another round's": lambda _made, folder: make_box(folder).vote([Choice.SATISFIED] * 5).close().result,
}


@pytest.mark.parametrize("name", ENDS)
def test_an_end_that_is_not_this_rounds_takes_no_key(
    made: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Else a program on the laptop could have the stick lose the ballots by a row in the box."""
    end = ENDS[name](made, scratch / "other")
    copy = made.copied(scratch / "copy")
    for box in (made, copy):
        plant(box, end, bytes([1 - with_nonce(box)[0]]))
    before = made.files()
    with pytest.raises((Unreadable, VerificationFailure)):
        ask(made)
    assert {path for path, data in made.files().items() if data != before[path]} <= {made.folder.lock}
    with monkeypatch.context() as trusting:
        trusting.setattr(module, "read_end", lambda *_any: None)
        ask(copy)
    live = with_nonce(made)[0]
    assert any(keys_of(made.slots.read_bytes())[live])
    assert not any(keys_of(copy.slots.read_bytes())[live])  # the control


@pytest.mark.parametrize("area", [b"", b"\2", b"\0\0"])
def test_an_area_that_there_is_not_is_passed_over(made: MadeBox, area: bytes) -> None:
    cut_while_closing(made)
    end = meta_of(made)["end"]
    plant(made, end, area)
    assert ask(made) == end
    assert keys_left(made) == 2
