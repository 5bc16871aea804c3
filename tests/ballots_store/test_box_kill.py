"""kill -9 before and after every step of every durable operation: no half state, nothing acknowledged is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest
from box_factory import VOTING, MadeBox, make_box, make_issued, make_request, memory_folder, open_box, roots
from box_inside import keys_of, with_nonce
from killing import Acknowledge, Fate, Switch, Work, killed_at, steps_of

from ballots_store.box import BallotBox
from ballots_store.closing import stored_end
from ballots_store.held import START_SECRET, HeldBox
from ballots_store.sealing import open_state
from ballots_store.state import BoxState, decode_state, encode_public
from ballots_store.status import round_status
from rounds.chain import read_result, read_void_report
from rounds.choices import Choice
from rounds.documents import Result
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.issuing import Draw
from rounds.lifecycle import Stage

BEFORE = (Choice.SATISFIED, Choice.SATISFIED, Choice.UNSATISFIED, Choice.BLANK)
Operation = Callable[[MadeBox], Work]


def started(made: MadeBox, switch: Switch) -> BallotBox:
    return made.start(hook=switch.call)


def start(made: MadeBox) -> Work:
    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        switch.on = True
        started(made, switch)
        acknowledge("start")

    return work


def unlock(made: MadeBox) -> Work:
    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        box = started(made, switch)
        switch.on = True
        made.unlock(box)
        acknowledge("unlock")

    return work


def cast(made: MadeBox) -> Work:
    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        box = started(made, switch)
        made.unlock(box)
        switch.on = True
        box.cast(Choice.UNSATISFIED)
        acknowledge("cast")
        box.check_token()  # what the voter was not kept waiting for

    return work


def cast_acknowledged_early(made: MadeBox) -> Work:
    """The control: it tells the voter first."""

    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        box = started(made, switch)
        made.unlock(box)
        switch.on = True
        acknowledge("cast")
        box.cast(Choice.UNSATISFIED)

    return work


def void_session(made: MadeBox) -> Work:
    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        box = started(made, switch)
        made.unlock(box)
        switch.on = True
        box.void_session()
        acknowledge("void_session")

    return work


def stop(made: MadeBox) -> Work:
    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        box = started(made, switch)
        switch.on = True
        box.stop()
        acknowledge("stop")

    return work


def close(made: MadeBox) -> Work:
    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        switch.on = True
        made.close(present=4, hook=switch.call)
        acknowledge("close")

    return work


def void(made: MadeBox) -> Work:
    def work(switch: Switch, acknowledge: Acknowledge) -> None:
        switch.on = True
        made.void(hook=switch.call)
        acknowledge("void")

    return work


@pytest.fixture(scope="module")
def four_cast() -> Iterator[MadeBox]:
    """Four of six have voted, with a stick; each kill takes a copy."""
    with memory_folder() as folder:
        yield make_box(folder / "home", token=folder / "stick").vote(BEFORE)


def kills(made: MadeBox, operation: Operation, folder: Path) -> Iterator[tuple[str, bool, MadeBox, Fate]]:
    """(step, whether its commit is done by then, the box as the killed process left it, its fate) for every step."""
    steps = steps_of(operation(made.copied(folder / "dry")))
    committed = steps.index("after commit")
    assert steps.index("before commit") < committed
    for place, step in enumerate(steps):
        copy = made.copied(folder / str(place))
        fate = killed_at(place, operation(copy))
        assert fate.killed, (step, fate.error)
        yield step, place >= committed, copy, fate
        shutil.rmtree(folder / str(place))


def counted(made: MadeBox) -> Result:
    """Close at the end of everything: the ballots are opened, so none is doubled or changed."""
    return made.close(present=6).end


def still_open(made: MadeBox) -> list[BoxState]:
    """Every state that two codes and the stick open, from outside: whichever key, whichever area."""
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        start_key = held.join_secret(START_SECRET, held.open_holders(made.codes(), VOTING))
        tried = product(held.store.states(), keys_of(made.slots.read_bytes()))
        plains = [open_state(area, key, start_key, held.bound_to) for area, key in tried]
        return [decode_state(plain, held.capacity, roster_used=False) for plain in plains if plain is not None]


def choices(result: Result) -> tuple[int | None, ...]:
    return result.satisfied, result.unsatisfied, result.invalid


def test_kill_in_cast(four_cast: MadeBox, scratch: Path, record_property: Callable[[str, object], None]) -> None:
    survived = 0
    for step, committed, made, fate in kills(four_cast, cast, scratch):
        box = made.start()
        inside = box.figures().collected == 5
        assert inside == committed, step
        assert inside or not fate.acknowledged, step
        assert box.restart_note is not None
        assert ("未投" in box.restart_note) == (not inside), step
        box.close()
        result = counted(made)
        assert (result.issued, result.collected) == (5, 4 + inside)
        assert choices(result) == (2, 1 + inside, 1), step
        survived += 1
    assert survived >= 10
    record_property("kills_survived", survived)


def test_kill_finds_an_acknowledgement_before_the_commit(four_cast: MadeBox, scratch: Path) -> None:
    lost = 0
    for _step, _committed, made, fate in kills(four_cast, cast_acknowledged_early, scratch):
        assert fate.acknowledged == ("cast",)
        box = made.start()
        lost += box.figures().collected == 4
        box.close()
    assert lost > 0


def erasing_first(
    held: HeldBox, state: BoxState, draw: Draw, meta: Mapping[str, bytes] | None = None, **_how: bool
) -> None:
    """The control: `HeldBox.commit` with the old key erased before the new state is durable."""
    slots, free = held._key_slots(), 1 - held._slot  # noqa: SLF001  the order under test
    sealed = held._seal(state, held._cipher(held._next_key), draw)  # noqa: SLF001  the fault is planted inside
    slots.write(held._slot, bytes(32))  # noqa: SLF001  the fault is planted inside
    held._hook("before commit")  # noqa: SLF001  the fault is planted inside
    held.store.update(encode_public(state), {free: sealed}, meta=meta)
    held._hook("after commit")  # noqa: SLF001  the fault is planted inside
    held._slot = free  # noqa: SLF001  the fault is planted inside


def test_kill_finds_a_key_erased_before_the_commit(
    four_cast: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fates = []
    with monkeypatch.context() as patched:
        patched.setattr(HeldBox, "commit", erasing_first)
        for place in range(4):
            made = four_cast.copied(scratch / str(place))
            fates.append((made, killed_at(place, cast(made))))
    unreadable = 0
    for made, fate in fates:
        assert fate.killed
        try:
            made.start().close()
        except VerificationFailure:
            unreadable += 1
    assert unreadable > 0


def test_kill_in_unlock(four_cast: MadeBox, scratch: Path) -> None:
    for step, committed, made, _fate in kills(four_cast, unlock, scratch):
        box = made.start()
        assert (box.figures().issued, box.figures().collected) == (4 + committed, 4), step
        assert box.restart_note is not None
        assert ("未投" in box.restart_note) == committed, step
        made.cast(box, Choice.SATISFIED)
        assert box.figures().issued == 5 + committed
        box.close()
        result = counted(made)
        assert (result.issued, result.collected, choices(result)) == (5 + committed, 5, (3, 1, 1)), step


def test_kill_in_void_session(four_cast: MadeBox, scratch: Path) -> None:
    for step, committed, made, _fate in kills(four_cast, void_session, scratch):
        box = made.start()
        assert (box.figures().issued, box.figures().collected) == (5, 4), step
        assert box.restart_note is not None
        assert ("未投" in box.restart_note) == (not committed), step
        box.close()
        result = counted(made)
        assert (result.issued, choices(result)) == (5, (2, 1, 1)), step


def test_kill_in_start(four_cast: MadeBox, scratch: Path) -> None:
    """Also what a start finds that comes after two kills, one in a cast and one in the start after it."""
    for step, committed, made, _fate in kills(four_cast, start, scratch):
        made.vote([Choice.SATISFIED])
        result = counted(made)
        assert choices(result) == (3, 1, 1), step
        assert result.conduct.starts == 2 + committed, step


@pytest.mark.parametrize("in_cast", ["before commit", "after update", "after commit", "before erase slot"])
def test_kill_in_cast_then_in_every_step_of_start(four_cast: MadeBox, scratch: Path, in_cast: str) -> None:
    steps = steps_of(cast(four_cast.copied(scratch / "dry")))
    broken = four_cast.copied(scratch / "broken")
    assert killed_at(steps.index(in_cast), cast(broken)).killed
    inside = in_cast in {"after commit", "before erase slot"}
    for step, _committed, made, _fate in kills(broken, start, scratch / "again"):
        result = counted(made)
        assert choices(result) == (2, 1 + inside, 1), step
        assert result.issued == 5


def test_kill_in_stop(four_cast: MadeBox, scratch: Path) -> None:
    for step, committed, made, _fate in kills(four_cast, stop, scratch):
        assert round_status(made.home, made.round_id).state == ("stopped" if committed else "opened"), step
        if committed:
            with pytest.raises(RuleRefusal, match="已停止投票"):
                made.start()
        else:
            made.start().close()
        result = counted(made)
        assert result.conduct.stopped == committed, step
        assert choices(result) == (2, 1, 1)


def test_kill_in_close(four_cast: MadeBox, scratch: Path) -> None:
    """Closed exactly when its result exists; else it is counted again, with the same counts."""
    left = 0
    for step, committed, made, _fate in kills(four_cast, close, scratch):
        left += committed and len(still_open(made)) > 1
        kept = stored_end(made.home, made.round_id, token=made.token)
        assert (kept is not None) == committed, step
        assert round_status(made.home, made.round_id).state == ("closed" if committed else "opened"), step
        if kept is None:
            kept = made.close(present=4).result
        else:
            with pytest.raises(RuleRefusal, match="已经结束"):
                made.close(present=4)
        assert choices(read_result(kept, roots()).end.record) == (2, 1, 1), step
        assert stored_end(made.home, made.round_id, token=made.token) == kept
        assert [state.stage for state in still_open(made)] == [Stage.CLOSED], step
        assert len(with_nonce(made)) == 1, step
    assert left > 0  # the control: before anybody asked for the end, the state with the poll book was open as well


def test_kill_in_void(four_cast: MadeBox, scratch: Path) -> None:
    left = 0
    for step, committed, made, _fate in kills(four_cast, void, scratch):
        left += committed and len(still_open(made)) > 1
        kept = stored_end(made.home, made.round_id, token=made.token)
        assert (kept is not None) == committed, step
        if kept is None:
            assert choices(counted(made)) == (2, 1, 1)
        else:
            assert read_void_report(kept, roots()).end.record.collected == 4
            assert [state.stage for state in still_open(made)] == [Stage.VOID], step
            with pytest.raises(RuleRefusal):
                made.start()
    assert left > 0


@pytest.mark.parametrize("stick", [False, True])
def test_kill_in_open(scratch: Path, *, stick: bool) -> None:
    issued = make_issued()

    def opening(folder: Path) -> Callable[[Switch, Acknowledge], None]:
        token = folder / "stick" if stick else None
        request = make_request(issued, token=token)

        def work(switch: Switch, acknowledge: Acknowledge) -> None:
            switch.on = True
            open_box(folder / "home", issued, request, hook=switch.call)
            acknowledge("open")

        return work

    def fresh(name: str) -> Path:
        (scratch / name / "stick").mkdir(parents=True)
        return scratch / name

    steps = steps_of(opening(fresh("dry")))
    published = steps.index("after publish")
    for place, step in enumerate(steps):
        folder = fresh(str(place))
        assert killed_at(place, opening(folder)).killed
        request = make_request(issued, token=folder / "stick" if stick else None)
        if place >= published:
            with pytest.raises(RuleRefusal, match="已在本机封箱"):
                open_box(folder / "home", issued, request)
            continue
        made = open_box(folder / "home", issued, request)
        made.vote([Choice.SATISFIED] * 4)
        assert made.home.rounds() == [issued.round_id], step
        assert counted(made).satisfied == 4, step
