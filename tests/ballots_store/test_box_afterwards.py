"""After the count: the frozen box on the stick, the recount, and the end of a box."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from box_factory import (
    CLOSED,
    EMERGENCY,
    FIVE_BALLOTS,
    PAIRS,
    SUPERVISOR,
    SUPERVISOR_CODE,
    TELLER,
    TELLER_CODE,
    MadeBox,
    kept,
    make_box,
    roots,
)
from box_inside import sealed_state
from killing import Acknowledge, Switch, killed_at, steps_of

from ballots_store.closing import stored_end
from ballots_store.destroying import DestroyedNote, DestroyRequest, destroy_round, finish, read_note, unfinished
from ballots_store.errors import BoxDestroyed, StorageFailure
from ballots_store.frozen import copy_to_token, frozen_home
from ballots_store.recounting import Recount, recount_round
from ballots_store.status import round_status
from rounds.chain import read_result
from rounds.choices import Choice
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.sharing import Holder


@pytest.fixture
def made(scratch: Path) -> MadeBox:
    return make_box(scratch / "home", token=scratch / "stick").vote(FIVE_BALLOTS)


@pytest.fixture
def closed(made: MadeBox) -> MadeBox:
    made.close()
    return made


def recounted(made: MadeBox, *holders: Holder, **more: Any) -> Recount:
    arguments = {"token": made.token, "now": CLOSED} | more
    return recount_round(made.home, made.round_id, made.codes(*holders), **arguments)


def destroyed(made: MadeBox, *holders: Holder, token_lost: bool = False, **more: Any) -> DestroyedNote:
    request = DestroyRequest(made.round_id, made.codes(*holders), token_lost)
    return destroy_round(made.home, request, **({"token": made.token, "now": CLOSED} | more))


# The copy on the stick ------------------------------------------------------------------------------------------------


def test_the_frozen_box_on_the_stick_can_be_counted_elsewhere(closed: MadeBox, scratch: Path) -> None:
    assert closed.token is not None
    copy = copy_to_token(closed.home, closed.round_id)
    assert copy == frozen_home(closed.token).folder(closed.round_id).path
    assert copy_to_token(closed.home, closed.round_id) == copy  # again: replaced
    assert not list(copy.glob(".*"))
    elsewhere = scratch / "another laptop"
    shutil.copytree(closed.token, elsewhere)
    shutil.rmtree(closed.home.path)
    there = replace(closed, home=frozen_home(elsewhere), request=replace(closed.request, token=elsewhere))
    assert there.home.pick(None) == closed.round_id
    assert recounted(there).tally.satisfied == 3
    end = stored_end(there.home, there.round_id)
    assert end == (there.folder.path / "end.json").read_bytes()
    assert end is not None
    assert read_result(end, roots()).end.record.collected == 5


def test_without_a_stick_nothing_is_copied(scratch: Path) -> None:
    made = make_box(scratch / "home").vote(FIVE_BALLOTS)
    with pytest.raises(RuleRefusal, match="尚未结束"):
        copy_to_token(made.home, made.round_id)
    made.close()
    assert copy_to_token(made.home, made.round_id) is None


def test_a_stick_that_lies_is_found_out(closed: MadeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake stick takes every write and gives back something else."""
    real = Path.replace

    def wrong(self: Path, target: Path) -> Path:
        self.write_bytes(self.read_bytes()[:-1] + b"?")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", wrong)
    with pytest.raises(StorageFailure, match="不一致"):
        copy_to_token(closed.home, closed.round_id)
    monkeypatch.undo()
    assert copy_to_token(closed.home, closed.round_id)  # the control


def test_a_stick_that_is_out_is_named(closed: MadeBox) -> None:
    assert closed.token is not None
    closed.token.rename(closed.token.with_name("out"))
    with pytest.raises(StorageFailure, match="请插上本次测评的票箱U盘"):
        copy_to_token(closed.home, closed.round_id)


# The recount ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", PAIRS)
def test_any_two_holders_count_again_and_change_nothing(closed: MadeBox, pair: tuple[Holder, ...]) -> None:
    before = kept(closed)
    again = recounted(closed, *pair)
    assert (again.tally.satisfied, again.tally.unsatisfied, again.tally.blank) == (3, 1, 1)
    assert again.emergency_used == (EMERGENCY in pair)
    assert again.holders == pair
    assert kept(closed) == before
    assert recounted(closed, *pair) == again


def test_what_cannot_be_recounted_says_so(made: MadeBox, scratch: Path) -> None:
    with pytest.raises(RuleRefusal, match="尚未计票"):
        recounted(made)
    void = made.copied(scratch / "void")
    void.void()
    with pytest.raises(RuleRefusal, match="已作废"):
        recounted(void)
    few = make_box(scratch / "few").vote(FIVE_BALLOTS[:2])
    few.close(reason="多数团员外出实习")
    with pytest.raises(RuleRefusal, match="三分之二"):
        recounted(few)
    made.close()
    with pytest.raises(RuleRefusal, match="两名"):
        recounted(made, SUPERVISOR)
    codes = {SUPERVISOR: TELLER_CODE, TELLER: SUPERVISOR_CODE}
    with pytest.raises(VerificationFailure, match="不正确"):
        recount_round(made.home, made.round_id, codes, now=CLOSED, token=made.token)
    assert recounted(made).tally.collected == 5  # the control


def test_another_rounds_result_in_the_box_is_found_out(scratch: Path) -> None:
    """Same officers and codes: a result put into the box, validly signed, for other ballots."""
    one = make_box(scratch / "one").vote(FIVE_BALLOTS)
    other = one.copied(scratch / "other")
    one.close()
    other.vote([Choice.SATISFIED])
    other.close(present=6)
    with sqlite3.connect(one.folder.box) as ours:
        end = stored_end(other.home, other.round_id)
        ours.execute("UPDATE meta SET v = ? WHERE k = 'end'", [end])
    ours.close()
    with pytest.raises(VerificationFailure, match="不符"):
        recounted(one)


# The end of a box -----------------------------------------------------------------------------------------------------


def secrets_of(made: MadeBox) -> list[bytes]:
    """What must be nowhere afterwards: the live key, the sealed state, the officers' sealed keys."""
    slots = made.slots.read_bytes()
    state = sealed_state(made)
    with sqlite3.connect(made.folder.box) as box:
        keys = [row[0] for row in box.execute("SELECT v FROM meta WHERE k LIKE 'officer %'")]
    box.close()
    key = next(slots[at : at + 32] for at in (4096, 8192) if any(slots[at : at + 32]))
    return [key, state[:64], state[-64:], *(key[-64:] for key in keys)]


@pytest.mark.parametrize("pair", PAIRS)
def test_a_destroyed_box_is_gone_and_says_why(closed: MadeBox, pair: tuple[Holder, ...]) -> None:
    copy_to_token(closed.home, closed.round_id)
    end, wanted = stored_end(closed.home, closed.round_id), secrets_of(closed)
    assert end is not None
    assert all(any(piece in data for data in closed.files().values()) for piece in wanted)  # the control
    note = destroyed(closed, *pair)
    left = closed.files()
    assert not any(piece in data for data in left.values() for piece in wanted)
    assert {path.name for path in left} >= {"destroyed.json", "end.json", "authorisation.auth", "zero-report.json"}
    assert not [path for path in left if path.suffix in {".sqlite", ".slots"} or "journal" in path.name]
    assert read_result((closed.folder.path / "end.json").read_bytes(), roots()).end.digest == note.end_digest
    assert (note.complete, note.end, note.holders, note.token_lost) == (True, "result", pair, False)
    assert read_note(closed.home, closed.round_id) == note
    status = round_status(closed.home, closed.round_id)
    assert (status.state, status.collected) == ("destroyed", None)
    assert closed.home.rounds() == []
    assert closed.home.pick(closed.round_id) == closed.round_id
    for operation in opening_verbs(closed):
        with pytest.raises(BoxDestroyed, match="已由两名工作人员销毁"):
            operation()


def opening_verbs(made: MadeBox) -> tuple[Callable[[], object], ...]:
    return (
        made.start,
        made.close,
        made.void,
        lambda: stored_end(made.home, made.round_id, token=made.token),
        lambda: recounted(made),
        lambda: destroyed(made),
    )


def test_the_files_are_overwritten_before_they_are_removed(closed: MadeBox) -> None:
    """A hard link keeps what the removed name held."""
    watched = {path: path.with_name(f"{path.name}.link") for path in (closed.slots, closed.folder.box)}
    for path, link in watched.items():
        os.link(path, link)
    assert all(any(link.read_bytes()) for link in watched.values())
    destroyed(closed)
    assert not any(any(link.read_bytes()) for link in watched.values())


def test_only_an_ended_box_and_only_by_two_holders(made: MadeBox, scratch: Path) -> None:
    before = kept(made)
    with pytest.raises(RuleRefusal, match="不能销毁"):
        destroyed(made)
    box = made.start()
    box.stop()
    box.close()
    with pytest.raises(RuleRefusal, match="不能销毁"):
        destroyed(made)
    assert kept(made).keys() == before.keys()
    made.close()
    before = kept(made)
    for codes, error in (
        ({SUPERVISOR: SUPERVISOR_CODE}, RuleRefusal),
        ({}, RuleRefusal),
        ({SUPERVISOR: "不是这个口令吧", TELLER: TELLER_CODE}, VerificationFailure),
    ):
        with pytest.raises(error):
            destroy_round(made.home, DestroyRequest(made.round_id, codes), now=CLOSED, token=made.token)
    assert kept(made) == before
    void = make_box(scratch / "void")
    void.void()
    assert destroyed(void).end == "void"


def test_a_lost_stick_must_be_said_and_is_noted(closed: MadeBox) -> None:
    assert closed.token is not None
    with pytest.raises(RuleRefusal, match="--token-lost"):
        destroyed(closed, token_lost=True)  # it is there
    closed.token.rename(closed.token.with_name("lost"))
    alone = replace(closed, request=replace(closed.request, token=None))
    before = kept(alone)
    with pytest.raises(StorageFailure, match="--token-lost"):
        destroyed(closed)
    assert kept(alone) == before
    note = destroyed(closed, token_lost=True)
    assert (note.complete, note.token_lost) == (True, True)


def test_a_destruction_that_is_killed_is_finished(closed: MadeBox, scratch: Path) -> None:
    """At every step; what was noted is carried through, what was not leaves the box as it was."""
    copy_to_token(closed.home, closed.round_id)

    def work_on(made: MadeBox) -> Callable[[Switch, Acknowledge], None]:
        def work(switch: Switch, acknowledge: Acknowledge) -> None:
            switch.on = True
            destroyed(made, hook=switch.call)
            acknowledge("destroyed")

        return work

    steps = steps_of(work_on(closed.copied(scratch / "dry")))
    assert len(steps) > 10
    ends = set()
    for place, step in enumerate(steps):
        made = closed.copied(scratch / f"at {place}")
        fate = killed_at(place, work_on(made))
        assert fate.killed, fate.error
        assert fate.acknowledged == ()
        noted = read_note(made.home, made.round_id)
        ends.add(noted is not None)
        if noted is None:
            assert recounted(made).tally.collected == 5, step
            destroyed(made)
        else:
            assert unfinished(made.home, made.round_id) == (not noted.complete)
            with pytest.raises(BoxDestroyed):
                made.start()
            assert finish(made.home, made.round_id).complete
        names = {path.name for path in made.files()} - {".opening.lock"}
        assert names == {"destroyed.json", "end.json", "authorisation.auth", "zero-report.json", f"{card(made)}.pub"}
    assert ends == {True, False}


def card(made: MadeBox) -> str:
    return next(made.home.trust_path.iterdir()).stem


def test_a_stick_pulled_in_the_middle_is_waited_for(closed: MadeBox) -> None:
    assert closed.token is not None
    out = closed.token.with_name("out")

    def pull(step: str) -> None:
        if step == "after note":
            closed.token.rename(out)  # type: ignore[union-attr]  # checked above

    with pytest.raises(StorageFailure, match="再次执行 destroy"):
        destroyed(closed, hook=pull)
    assert closed.folder.box.exists()
    with pytest.raises(StorageFailure, match="插回"):
        finish(closed.home, closed.round_id)
    out.rename(closed.token)
    assert finish(closed.home, closed.round_id).complete
    assert not list(closed.token.glob("*.slots"))


def test_a_damaged_note_is_one_line(closed: MadeBox) -> None:
    destroyed(closed)
    closed.folder.destroyed.write_bytes(b"{}")
    with pytest.raises(Exception, match="销毁记录无法识别"):
        read_note(closed.home, closed.round_id)
    with pytest.raises(BoxDestroyed):
        closed.start()


def test_the_note_is_canonical(closed: MadeBox) -> None:
    note = destroyed(closed)
    assert closed.folder.destroyed.read_bytes() == msgspec.json.encode(note, order="sorted")
