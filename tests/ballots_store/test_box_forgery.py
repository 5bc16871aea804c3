"""Boxes rolled back, swapped, forged or damaged between two starts: refused in one line, and left as found."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from box_factory import EMERGENCY, FIVE_BALLOTS, SUPERVISOR, VOTING, MadeBox, kept, make_box
from box_fixtures import refused
from box_inside import PAGE, live_area, live_key, meta_of, set_state

from ballots_store import held as held_module
from ballots_store import sealing
from ballots_store.errors import TokenAway
from ballots_store.held import ROUND_SECRET, START_SECRET, HeldBox, part_name
from ballots_store.sealed_ballots import BALLOT_SIZE, SealedBallots
from ballots_store.sealing import seal_ballot, seal_share, seal_state, state_cipher
from ballots_store.state import decode_state, encode_state
from ballots_store.store import BoxStore
from rounds.choices import Choice
from rounds.errors import RuleRefusal, Unreadable, VerificationFailure
from rounds.sharing import Holder, split


def set_meta(made: MadeBox, **values: bytes) -> None:
    """Change values of the box's meta from outside; names with '_' for a space."""
    database = sqlite3.connect(made.folder.box)
    for name, value in values.items():
        changed = database.execute("UPDATE meta SET v = ? WHERE k = ?", [value, name.replace("_", " ")]).rowcount
        assert changed == 1
    database.commit()
    database.close()


def test_an_older_copy_of_everything_shows_as_a_count_that_fell(scratch: Path) -> None:
    made = make_box(scratch / "home", token=scratch / "stick").vote(FIVE_BALLOTS[:2])
    older = made.copied(scratch / "older")
    made.vote(FIVE_BALLOTS[2:])
    box = made.start()
    assert box.restart_note is not None
    assert "已投5张" in box.restart_note  # the control
    box.close()
    put_back(older, made, box=True, slots=True)
    box = made.start()
    assert box.restart_note is not None
    assert "已投2张" in box.restart_note
    with pytest.raises(RuleRefusal, match="不一致"):
        box.confirm(count_agrees=False)
    with pytest.raises(Unreadable):
        box.void_session()
    assert made.folder.log.read_text().count("count_disputed") == 1
    made.start().close()  # and it is let go


@pytest.mark.parametrize("piece", ["box", "slots"])
def test_half_of_an_older_copy_is_refused(scratch: Path, piece: str) -> None:
    made = make_box(scratch / "home", token=scratch / "stick").vote(FIVE_BALLOTS[:2])
    older = made.copied(scratch / "older")
    made.vote(FIVE_BALLOTS[2:])
    put_back(older, made, box=piece == "box", slots=piece == "slots")
    assert "密钥打不开票箱" in str(refused(made))


def with_an_older_stick(scratch: Path, *, unlocked: bool) -> MadeBox:
    """The stick copied before an unlock and a cast, or between them, and put back when the kiosk is off."""
    made = make_box(scratch / "home", token=scratch / "stick").vote(FIVE_BALLOTS[:2])
    box = made.start()
    older = made.copied(scratch / "older")
    made.unlock(box)
    if unlocked:
        older = made.copied(scratch / "between")
    box.cast(Choice.SATISFIED)
    box.close()
    put_back(older, made, box=False, slots=True)
    return made


def test_the_stick_of_before_the_session_is_refused(scratch: Path) -> None:
    assert "密钥打不开票箱" in str(refused(with_an_older_stick(scratch, unlocked=False)))


def test_the_stick_of_one_commit_before_takes_no_ballot_away(scratch: Path) -> None:
    """It has the key that lay ready, which is that of the state that counts."""
    made = with_an_older_stick(scratch, unlocked=True)
    assert made.close(present=3, reason="人数不足，择日重新测评").end.collected == 3


def with_the_stick_that_was_out(scratch: Path) -> MadeBox:
    """Pulled out between unlock and cast, copied, put back; the copy comes back when the kiosk is off."""
    made = make_box(scratch / "home", token=scratch / "stick").vote(FIVE_BALLOTS[:2])
    box = made.start(wait_for_token=True)
    made.unlock(box)
    older = made.copied(scratch / "older")
    with without_stick(made), pytest.raises(TokenAway):
        box.check_token()
    assert not box.resume()
    box.cast(Choice.SATISFIED)
    box.close()
    put_back(older, made, box=False, slots=True)
    return made


def with_an_interrupted_unlock(scratch: Path) -> MadeBox:
    """The stick copied before an unlock that is completed when the stick is back; no other commit follows."""
    made = make_box(scratch / "home", token=scratch / "stick").vote(FIVE_BALLOTS[:2])
    steps: list[str] = []
    box = made.start(hook=lambda step: pulled_out_at("before erase slot", step, steps), wait_for_token=True)
    older = made.copied(scratch / "older")
    steps.append("armed")
    with pytest.raises(TokenAway):
        made.unlock(box)
    assert box.resume()
    assert (box.figures().issued, box.figures().collected) == (3, 2)
    box.close()
    put_back(older, made, box=False, slots=True)
    return made


def pulled_out_at(place: str, step: str, armed: list[str]) -> None:
    if armed and step == place:
        armed.clear()
        raise TokenAway("票箱U盘已拔出。", "票箱U盘已拔出")


@contextmanager
def without_stick(made: MadeBox) -> Iterator[None]:
    assert made.token is not None
    out = made.token.rename(made.token.with_name("out"))
    yield
    out.rename(made.token)


@pytest.mark.parametrize("older", [with_the_stick_that_was_out, with_an_interrupted_unlock])
def test_a_stick_that_had_the_key_of_the_older_state_is_refused(
    scratch: Path, older: Callable[[Path], MadeBox]
) -> None:
    """That state still lies in the other area, without its nonce."""
    assert "密钥打不开票箱" in str(refused(older(scratch)))


@pytest.mark.parametrize(
    ("older", "figures"), [(with_the_stick_that_was_out, (3, 2)), (with_an_interrupted_unlock, (2, 2))]
)
def test_unspoiled_the_older_area_would_open(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, older: Callable[[Path], MadeBox], figures: tuple[int, int]
) -> None:
    """The control: the ballot that the third voter was thanked for is gone, or the session that was opened for him."""
    monkeypatch.setattr(BoxStore, "spoil", lambda *_anything: None)
    box = older(scratch).start()
    assert (box.figures().issued, box.figures().collected) == figures
    box.close()


def test_two_open_areas_that_are_no_neighbours_are_refused(five_cast: MadeBox, scratch: Path) -> None:
    """An older state under a key of its own beside the live one, as only somebody with A could lay it there."""
    made = five_cast.copied(scratch / "here")
    beside_an_older_state(made, back=2)
    assert "密钥打不开票箱" in str(refused(made))
    made = five_cast.copied(scratch / "neighbours")
    beside_an_older_state(made, back=1)  # the control: as a commit leaves it that was cut off before its end
    box = made.start()
    assert box.figures().collected == 5
    box.close()


def beside_an_older_state(made: MadeBox, *, back: int) -> None:
    """Fill the free slot and area with the state that the box had `back` ballots ago."""
    key, free = secrets.token_bytes(32), 1 - live_area(made)
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        start_key = held.join_secret(START_SECRET, held.open_holders(made.codes(), VOTING))
        state = held.recover(start_key)
        names = [at for at in range(len(held.store.roster)) if state.marked(at)]
        kept_marks = names[: len(names) - back]
        book = sum(1 << at for at in kept_marks).to_bytes(len(state.poll_book), "little")
        count = state.collected - back
        first = SealedBallots.of([*state.ballots][:count])
        older = replace(state, collected=count, issued=state.issued - back + 1, poll_book=book, ballots=first)
        cipher = state_cipher(key, start_key, held.bound_to)
        sealed = seal_state(encode_state(older, held.capacity), cipher, held.bound_to, secrets.token_bytes)
    set_state(made, sealed, area=free)
    data = bytearray(made.slots.read_bytes())
    data[(free + 1) * PAGE : (free + 1) * PAGE + 32] = key
    made.slots.write_bytes(bytes(data))


def put_back(older: MadeBox, made: MadeBox, *, box: bool, slots: bool) -> None:
    if box:
        for path in older.folder.path.glob("box.sqlite*"):
            shutil.copy(path, made.folder.path / path.name)
    if slots:
        shutil.copy(older.slots, made.slots)


def test_a_box_of_another_round_is_refused(scratch: Path) -> None:
    """Same officers, same codes, same laptop: even with box and slots swapped together."""
    one = make_box(scratch / "one").vote(FIVE_BALLOTS)
    other = make_box(scratch / "other", secretary="赵另选").vote(FIVE_BALLOTS[:1])
    put_back(other, one, box=True, slots=False)
    assert "另一次测评" in str(refused(one))
    put_back(other, one, box=True, slots=True)
    assert "另一次测评" in str(refused(one))


def test_slots_of_another_round_are_refused(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch / "here")
    other = make_box(scratch / "other", token=scratch / "other-stick")
    shutil.copy(other.slots, made.slots)
    assert "另一次测评的密钥" in str(refused(made))


@pytest.mark.parametrize("what", ["officer {}", "round key {}", "start key {}", "parts signed {}"])
def test_swapped_officers_are_refused(five_cast: MadeBox, scratch: Path, what: str) -> None:
    made = five_cast.copied(scratch)
    found = meta_of(made)
    one, other = what.format("supervisor"), what.format("teller")
    set_meta(made, **{one: found[other], other: found[one]})
    refused(made)


def test_shares_of_another_round_are_refused(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch / "here")
    other = meta_of(make_box(scratch / "other"))
    set_meta(made, **{name: value for name, value in other.items() if name.startswith(("start key", "parts"))})
    refused(made)


def forged_state(made: MadeBox, start_key: bytes, slot_key: bytes) -> bytearray:
    """Five ballots of the attacker's own choice: HPKE to the public round key authenticates nobody."""
    box = made.copied(made.home.path.parent / "spy").start()
    state = box._state  # noqa: SLF001  more than the attacker knows: only the ballots are his
    box.close()
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        round_key = held.zero_report.record.round_key
        ballots = sorted(seal_ballot(Choice.UNSATISFIED, round_key, held.bound_to) for _ in state.ballots)
        encoded = encode_state(type(state)(**(vars(state) | {"ballots": SealedBallots.of(ballots)})), held.capacity)
        cipher = state_cipher(slot_key, start_key, held.bound_to)
        return seal_state(encoded, cipher, held.bound_to, secrets.token_bytes)


def accepted(made: MadeBox) -> int | None:
    """How many 不满意 the officers would count: 5 shows that the forgery was taken, 1 that the true box was."""
    return made.close().end.unsatisfied


def test_a_state_forged_under_the_slot_key_alone_is_refused(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch / "here")
    set_state(made, forged_state(made, bytes(32), live_key(made)))
    assert "密钥打不开票箱" in str(refused(made))


def test_keyed_by_the_slot_alone_the_same_forgery_is_counted(
    five_cast: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without A in the key, whoever has disk and stick votes for everybody."""
    made = five_cast.copied(scratch / "here")
    forged = forged_state(made, bytes(32), live_key(made))
    monkeypatch.setattr(
        sealing, "state_cipher", lambda key, _start_key, bound_to: state_cipher(key, bytes(32), bound_to)
    )
    set_state(made, forged)
    assert accepted(made) == 5


def planted_start_key(made: MadeBox) -> None:
    """Disk and stick in hand between two starts: an A of one's own, sealed to the holders' public keys."""
    mine, slot_key = secrets.token_bytes(32), secrets.token_bytes(32)
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        report = held.zero_report.record
        to = {officer.role: officer.sealing for officer in report.officers}
        to[EMERGENCY] = held.authorisation.record.emergency.sealing
    shares = split(mine, secrets.token_bytes(64))
    state = forged_state(made, mine, slot_key)
    set_meta(
        made,
        **{
            part_name(START_SECRET, holder): seal_share(shares[holder], START_SECRET, to[holder], report.round_key)
            for holder in Holder
        },
    )
    set_state(made, state)
    data = bytearray(made.slots.read_bytes())
    at = (live_area(made) + 1) * PAGE
    data[at : at + 32] = slot_key
    made.slots.write_bytes(bytes(data))


def test_a_start_key_of_the_attackers_own_is_refused(five_cast: MadeBox, scratch: Path) -> None:
    made = five_cast.copied(scratch / "here")
    planted_start_key(made)
    assert "密钥分份" in str(refused(made))


def test_without_the_officers_signatures_the_planted_key_is_taken(
    five_cast: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: sealed parts that nobody signed let the attacker replace every ballot."""
    made = five_cast.copied(scratch / "here")
    planted_start_key(made)
    monkeypatch.setattr(held_module, "check_parts", lambda *_anything: None)
    assert accepted(made) == 5


def test_contradicting_or_short_shares_are_refused_without_a_signature_check(
    five_cast: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second line of defence says its line too."""
    monkeypatch.setattr(held_module, "check_parts", lambda *_anything: None)
    for name, size in (("contradicting", 64), ("short", 62)):
        made = five_cast.copied(scratch / name)
        with HeldBox(made.home, made.round_id, token=made.token) as held:
            report = held.zero_report.record
        part = seal_share(secrets.token_bytes(size), START_SECRET, report.officers[0].sealing, report.round_key)
        set_meta(made, **{part_name(START_SECRET, SUPERVISOR): part})
        refused(made)


def test_a_planted_trigger_is_refused(five_cast: MadeBox, scratch: Path) -> None:
    """It would keep every old state. The control: SQLite runs it."""
    made = five_cast.copied(scratch)
    database = sqlite3.connect(made.folder.box)
    database.execute("CREATE TABLE kept(state BLOB)")
    database.execute("CREATE TRIGGER spy AFTER UPDATE ON area0 BEGIN INSERT INTO kept VALUES(old.state); END")
    database.execute("UPDATE area0 SET state = state")
    assert database.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    database.commit()
    database.close()
    assert "不是封箱时的样子" in str(refused(made))


@pytest.mark.parametrize("value", [7, 10**12, "文字", 1.5])
def test_values_that_are_no_blobs_are_refused(five_cast: MadeBox, scratch: Path, value: object) -> None:
    made = five_cast.copied(scratch)
    database = sqlite3.connect(made.folder.box)
    database.execute("UPDATE meta SET v = ? WHERE k = 'zero_report'", [value])
    database.commit()
    database.close()
    refused(made)


def test_a_forged_ballot_stops_the_count(five_cast: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ballot that does not open: nothing is counted, the box stays as it is."""
    made = five_cast.copied(scratch / "here")

    def with_a_stranger(data: bytes, capacity: int, *, roster_used: bool, slips_only: bool) -> object:
        state = decode_state(data, capacity, roster_used=roster_used, slips_only=slips_only)
        *others, _ = state.ballots
        ballots = SealedBallots.of([*others, secrets.token_bytes(BALLOT_SIZE)])
        return type(state)(**(vars(state) | {"ballots": ballots}))

    monkeypatch.setattr(held_module, "decode_state", with_a_stranger)
    before = kept(made)
    with pytest.raises(VerificationFailure, match="打不开"):
        made.close()
    assert kept(made) == before
    monkeypatch.undo()
    assert accepted(made) == 1


def test_a_round_key_of_the_attackers_own_opens_nothing(
    five_cast: MadeBox, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even with the signatures out of the way the ballots are sealed to the key of the zero report."""
    made = five_cast.copied(scratch / "here")
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        report = held.zero_report.record
    shares = split(secrets.token_bytes(32), secrets.token_bytes(64))
    parts = {
        part_name(ROUND_SECRET, officer.role): seal_share(
            shares[officer.role], ROUND_SECRET, officer.sealing, report.round_key
        )
        for officer in report.officers
    }
    set_meta(made, **parts)
    refused(made)
    monkeypatch.setattr(held_module, "check_parts", lambda *_anything: None)
    with pytest.raises(VerificationFailure, match="打不开"):
        made.close()
