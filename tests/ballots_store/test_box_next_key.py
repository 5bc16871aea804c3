"""The key of the next state lies ready on the 票箱U盘; whoever copied the stick while it was out gains nothing by it.

He has the images of the disk after every change and both holders' codes besides (docs/adr/0026).
"""

from __future__ import annotations

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


def opened_by_the_copy(made: MadeBox) -> int:
    """The stick is pulled out, copied and put back: how many of the states of the next two turns the copy opens."""
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        start_key, bound_to = held.join_secret(START_SECRET, held.open_holders(made.codes(), VOTING)), held.bound_to
    with closing(made.start(wait_for_token=True)) as box:
        made.cast(box, Choice.SATISFIED)
        copied = keys_of(pulled_and_put_back(made, box))
        assert all(any(key) for key in copied)  # the next one's lies ready
        opened = 0
        for choice in (Choice.UNSATISFIED, Choice.BLANK):
            for verb in (partial(made.unlock, box), partial(box.cast, choice)):
                verb()
                states = states_in(made.folder.box.read_bytes())
                found = [open_state(state, key, start_key, bound_to) for state in states for key in copied]
                opened += any(plain is not None for plain in found)
    return opened


def pulled_and_put_back(made: MadeBox, box: BallotBox) -> bytes:
    """The slots file, copied meanwhile."""
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


def test_a_stick_copied_while_it_was_out_opens_no_later_state(scratch: Path) -> None:
    assert opened_by_the_copy(make_box(scratch / "home", token=scratch / "stick")) == 0


def believing_the_next_key(held: HeldBox, _state: BoxState, _draw: Draw) -> None:
    held._next_key = held._key_slots().keys()[1 - held._slot]  # noqa: SLF001  the fault is planted inside


def test_with_the_key_that_lay_ready_the_next_state_would_open(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: `HeldBox.settle` that goes on with the key that it finds ready."""
    made = make_box(scratch / "home", token=scratch / "stick")
    made.start().close()
    monkeypatch.setattr(HeldBox, "settle", believing_the_next_key)
    assert opened_by_the_copy(made) > 0
