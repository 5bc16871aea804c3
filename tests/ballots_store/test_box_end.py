"""What a cut in the middle of a round's end leaves to do, done by whoever asks for the end (`ballots_store.ended`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from box_factory import FIVE_BALLOTS, OPENED, MadeBox, make_box
from box_inside import keys_of, live_area, meta_of, states_in, with_nonce

from ballots_store import closing as module
from ballots_store.closing import stored_end
from ballots_store.recounting import recount_round
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
    found = made.folder.box.read_bytes()
    assert ask(made) is not None
    assert keys_left(made) == 1
    assert len(with_nonce(made)) == 1
    assert found[:512] in made.folder.journal.read_bytes()  # page 1 in place could be torn, and the end with it
    before = made.files()
    assert ask(made) is not None
    assert changed_since(made, before) <= {made.folder.lock}


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


def plant(made: MadeBox, end: bytes, state: bytes) -> None:
    """An end in the box, and as the state that ended the one whose sealed bytes are `state`."""
    rows = [("end", end), ("ended state", sha256(state).digest())]
    with closing(sqlite3.connect(made.folder.box)) as box, box:
        box.executemany("INSERT OR REPLACE INTO meta(k, v) VALUES(?, ?)", rows)


ENDS: dict[str, Callable[[MadeBox, Path], bytes]] = {
    "no document": lambda _made, _folder: b"{}",
    "another round's": lambda _made, folder: make_box(folder).vote([Choice.SATISFIED] * 5).close().result,
}


@pytest.mark.parametrize("name", ENDS)
def test_an_end_that_is_not_this_rounds_takes_no_key(
    made: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Else a program on the laptop could have the stick lose a key by a row in the box."""
    end = ENDS[name](made, scratch / "other")
    box = made.start()  # so that the next key lies ready
    box.close()
    copy = made.copied(scratch / "copy")
    states = states_in(made.folder.box.read_bytes())
    for planted in (made, copy):
        plant(planted, end, states[1 - live_area(made)])
    before = made.files()
    with pytest.raises((Unreadable, VerificationFailure)):
        ask(made)
    assert changed_since(made, before) <= {made.folder.lock}
    assert keys_left(made) == 2
    with monkeypatch.context() as trusting:
        trusting.setattr(module, "read_end", lambda *_any: None)
        ask(copy)
    assert not any(keys_of(copy.slots.read_bytes())[live_area(made)])  # the control


def test_no_flipped_bit_takes_the_only_key(made: MadeBox) -> None:
    """Every bit of what the box says of the state that ended."""
    made.close()
    data = made.folder.box.read_bytes()
    noted = meta_of(made)["ended state"]
    at = data.index(noted)
    for bit in range(8 * len(noted)):
        flipped = bytearray(data)
        flipped[at + bit // 8] ^= 1 << bit % 8
        made.folder.box.write_bytes(flipped)
        assert ask(made) is not None
        assert keys_left(made) == 1
        assert made.folder.box.read_bytes() == flipped
    assert recount_round(made.home, made.round_id, made.codes(), now=OPENED, token=made.token).tally.satisfied == 3


def test_the_other_areas_name_takes_no_key_either(made: MadeBox) -> None:
    """Only a cut leaves two keys, and only of two is one taken."""
    made.close()
    end, states = meta_of(made)["end"], states_in(made.folder.box.read_bytes())
    plant(made, end, states[1 - live_area(made)])
    before = made.files()
    assert ask(made) == end
    assert changed_since(made, before) <= {made.folder.lock}


def changed_since(made: MadeBox, before: dict[Path, bytes]) -> set[Path]:
    return {path for path, data in made.files().items() if data != before[path]}
