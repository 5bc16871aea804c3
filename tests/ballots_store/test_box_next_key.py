"""The key of the next state lies ready on the 票箱U盘; whoever copied the stick before a session gains nothing by it.

He has the images of the disk after every change and both holders' codes besides (docs/adr/0026).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from box_factory import VOTING, MadeBox, make_box
from box_inside import keys_of, states_in

from ballots_store.box import BallotBox
from ballots_store.errors import TokenAway
from ballots_store.held import START_SECRET, HeldBox
from ballots_store.sealing import open_state
from ballots_store.state import BoxState
from rounds.choices import Choice
from rounds.issuing import Draw


@pytest.fixture
def made(scratch: Path) -> MadeBox:
    made = make_box(scratch / "home", token=scratch / "stick")
    made.start().close()
    return made


def opened_by_the_copy(made: MadeBox, copied: Callable[[MadeBox, BallotBox], bytes], *, unlocked: bool) -> int:
    """The stick is copied between two turns or in a session: how many of the states after it the copy opens.

    The one that counted then may lie on the disk a moment longer (`HeldBox.commit`), and says nothing new.
    """
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        start_key, bound_to = held.join_secret(START_SECRET, held.open_holders(made.codes(), VOTING)), held.bound_to
    opened = 0
    with closing(made.start(wait_for_token=True)) as box:
        made.cast(box, Choice.SATISFIED)
        verbs = [partial(made.unlock, box), partial(box.cast, Choice.UNSATISFIED)]
        if unlocked:
            verbs.pop(0)()
        keys = keys_of(copied(made, box))
        assert all(any(key) for key in keys)  # the next one's lies ready
        known = states_in(made.folder.box.read_bytes())
        for verb in (*verbs, partial(made.unlock, box), partial(box.cast, Choice.BLANK)):
            verb()
            states = states_in(made.folder.box.read_bytes())
            later = [state for state in states if state not in known]
            found = [open_state(state, key, start_key, bound_to) for state in later for key in keys]
            opened += any(plain is not None for plain in found)
    return opened


def as_it_lies(made: MadeBox, _box: BallotBox) -> bytes:
    """The slots file, copied while the stick is in."""
    return made.slots.read_bytes()


def pulled_and_put_back(made: MadeBox, box: BallotBox) -> bytes:
    """The slots file, copied while the kiosk waits for the stick."""
    slots, token = made.slots, made.token
    assert token is not None
    out = token.with_name("out")
    token.rename(out)
    with pytest.raises(TokenAway):
        box.check_token()
    copied = (out / slots.name).read_bytes()
    out.rename(token)
    box.resume()
    return copied


def test_a_stick_copied_between_two_turns_opens_no_later_state(made: MadeBox) -> None:
    assert opened_by_the_copy(made, as_it_lies, unlocked=False) == 0


def test_nor_does_one_that_was_out_in_a_session(made: MadeBox) -> None:
    assert opened_by_the_copy(made, pulled_and_put_back, unlocked=True) == 0


def test_without_another_key_at_the_unlock_one_would_open(made: MadeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(HeldBox, "renew", lambda _held, _draw: None)
    assert opened_by_the_copy(made, as_it_lies, unlocked=False) > 0


def test_with_the_key_that_is_found_ready_one_would_open(made: MadeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: `settle` that goes on with it. And where the stick stays in, what is left (docs/adr/0026)."""
    assert opened_by_the_copy(made, as_it_lies, unlocked=True) == 1
    monkeypatch.setattr(HeldBox, "settle", believing_the_next_key)
    assert opened_by_the_copy(made, pulled_and_put_back, unlocked=True) > 0


def believing_the_next_key(held: HeldBox, _state: BoxState, _draw: Draw) -> None:
    held._next_key = held._key_slots().keys()[1 - held._slot]  # noqa: SLF001  the fault is planted inside
