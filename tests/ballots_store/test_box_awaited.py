"""What a cast leaves for later, so that no voter waits for it: the nonce of the area whose key is gone (ADR 26)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from box_factory import MadeBox, make_box
from box_inside import with_nonce

from ballots_store.box import BallotBox
from ballots_store.errors import BoxStopped, StorageFailure
from ballots_store.store import BoxStore
from rounds.choices import Choice


@pytest.fixture
def made(scratch: Path) -> MadeBox:
    return make_box(scratch / "home", token=scratch / "stick")


def cast_once(made: MadeBox) -> BallotBox:
    box = made.start()
    made.cast(box, Choice.SATISFIED)
    return box


LATER: dict[str, Callable[[MadeBox, BallotBox], object]] = {
    "the locked screen's next look": lambda _made, box: box.check_token(),
    "the next unlock": lambda made, box: made.unlock(box),
    "the end of voting": lambda _made, box: box.stop(),
    "the kiosk's end": lambda _made, box: box.close(),
}


@pytest.mark.parametrize("when", LATER)
def test_the_old_area_loses_its_nonce_a_moment_after_the_voter_is_told(made: MadeBox, when: str) -> None:
    box = cast_once(made)
    assert len(with_nonce(made)) == 2
    LATER[when](made, box)
    assert len(with_nonce(made)) == 1
    box.close()
    assert made.start().figures().collected == 1


def test_a_start_takes_it_where_the_kiosk_was_killed(made: MadeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    box = cast_once(made)
    with monkeypatch.context() as killed:
        killed.setattr(BoxStore, "spoil", lambda *_anything: None)
        box.close()
    assert len(with_nonce(made)) == 2
    box = made.start()
    assert len(with_nonce(made)) == 1
    assert box.figures().collected == 1
    box.close()


def test_nobody_but_a_voter_is_spared_it(made: MadeBox) -> None:
    box = made.start()
    for verb in (lambda: made.unlock(box), box.void_session, box.note_helped, box.stop):
        verb()
        assert len(with_nonce(made)) == 1, verb
    box.close()


def test_a_disk_that_fails_then_stops_the_box_and_the_ballot_stays(
    made: MadeBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def fails(*_anything: object) -> None:
        tries.append(1)
        raise StorageFailure("票箱文件无法读写")

    box = cast_once(made)
    with monkeypatch.context() as full:
        full.setattr(BoxStore, "spoil", fails)
        with pytest.raises(BoxStopped):
            box.check_token()
    assert tries == [1]  # a store that has failed is not written again
    box = made.start()
    assert (box.figures().collected, len(with_nonce(made))) == (1, 1)
    box.close()
