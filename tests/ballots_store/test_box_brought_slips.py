"""投票凭条 printed with the 批复: in the box from its first state, as if `slips` had made them, or not at all.

Every refusal leaves no box behind, and the same request without the fault, or without the file, opens one.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from box_factory import (
    CLOSED,
    OPENED,
    PAPER,
    STATIONED,
    MadeBox,
    cast_by_slip,
    make_box,
    make_issued,
    make_request,
    open_box,
    printed_slips,
    roots,
)
from killing import Acknowledge, Switch, killed_at, steps_of

from ballots_store.admission import paper_mark, slip_entry
from ballots_store.box import BallotBox
from ballots_store.brought_slips import open_slips
from ballots_store.held import START_SECRET, HeldBox
from ballots_store.sealing import seal_share
from ballots_store.session import WrongSlip
from ballots_store.state import BoxState
from rounds import keys
from rounds.chain import read_authorisation
from rounds.choices import Choice
from rounds.documents import MAX_MEMBERS, SLIPS, Authorisation, SlipFile
from rounds.envelope import Verified, sign
from rounds.errors import BadInput, RoundError, RuleRefusal, VerificationFailure
from rounds.issuing import IssuedAuthorisation
from rounds.keys import SecretKeys
from rounds.slip_file import pack_slips
from rounds.slips import draw_numbers

SATISFIED, UNSATISFIED = Choice.SATISFIED, Choice.UNSATISFIED


def brought(folder: Path, **plan: object) -> tuple[MadeBox, tuple[str, ...]]:
    """A box opened with the slips that came with its 批复."""
    issued = make_issued(**{**STATIONED, **plan})
    numbers, file = printed_slips(issued)
    (folder / "stick").mkdir()
    return open_box(folder / "home", issued, make_request(issued, token=folder / "stick", slips=file)), numbers


def state_of(made: MadeBox) -> tuple[BoxState, bytes]:
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        start = held.join_secret(START_SECRET, held.open_holders(made.codes(), OPENED))
        return held.recover(start), held.bound_to


def verified(issued: IssuedAuthorisation) -> Verified[Authorisation]:
    return read_authorisation(issued.data, roots())


def takes(box: BallotBox, number: str) -> bool:
    try:
        box.admit(number.encode(), 0.0)
    except WrongSlip:
        return False
    return True


# Taken in -------------------------------------------------------------------------------------------------------------


def test_the_first_state_holds_them_as_if_slips_had_made_them(scratch: Path) -> None:
    made, numbers = brought(scratch)
    state, bound_to = state_of(made)
    book = state.slips
    assert (book.made, book.used, made.opened.slips) == (6, 0, 6)
    assert book.unused == tuple(sorted(slip_entry(book.key, bound_to, number.encode()) for number in numbers))
    assert book.paper == paper_mark(book.key, PAPER)
    other = make_box(scratch / "other", **STATIONED)
    same = state_of(other)[0]
    assert replace(state, slips=same.slips, pin=same.pin) == same
    assert made.folder.box.stat().st_size == other.folder.box.stat().st_size


def test_each_box_has_a_key_of_its_own(scratch: Path) -> None:
    """Whoever printed the slips does not know the entries, not even where they are the same slips."""
    issued = make_issued()
    _, file = printed_slips(issued)
    request = make_request(issued, slips=file)
    keys = {state_of(open_box(scratch / name, issued, request))[0].slips.key for name in ("a", "b")}
    assert len(keys) == 2
    assert bytes(32) not in keys


def test_a_whole_stationed_round(scratch: Path) -> None:
    made, numbers = brought(scratch)
    with pytest.raises(RuleRefusal, match="已经制作过"):
        made.slips()
    box = made.start()
    for number, choice in zip(numbers[1:], (SATISFIED, SATISFIED, SATISFIED, UNSATISFIED), strict=False):
        cast_by_slip(box, number, choice)
    box.stop()
    box.close()
    end = made.close(present=5, leftover=1, now=CLOSED).end
    assert (end.issued, end.collected, end.satisfied, end.unsatisfied) == (5, 4, 3, 1)
    assert end.slips
    assert (end.slips.made, end.slips.leftover, end.slips.wrong) == (6, 1, 0)
    assert [line.event for line in end.conduct.log][:3] == ["opened", "slips_made", "started"]


def test_one_number_opens_one_session(scratch: Path) -> None:
    made, numbers = brought(scratch)
    box = made.start()
    cast_by_slip(box, numbers[0], SATISFIED)
    assert not takes(box, numbers[0])
    with pytest.raises(RuleRefusal):
        box.unlock(None)
    box.close()
    box = made.start()  # nor after a restart
    assert [takes(box, number) for number in numbers] == [False] + [True] * 5
    box.close()


def test_the_zero_report_says_who_printed_them(scratch: Path) -> None:
    made, _ = brought(scratch)
    lines = _zero_report_lines(made)
    assert lines == ("投票凭条：6张，由签发批复的单位事先印制，封箱时载入票箱。",)
    assert _zero_report_lines(make_box(scratch / "other")) == ()  # the control


def _zero_report_lines(made: MadeBox) -> tuple[str, ...]:
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        return held.zero_report.record.readiness


@pytest.mark.parametrize(("lines", "opens"), [(39, True), (40, False)])
def test_its_line_counts_among_the_forty(scratch: Path, lines: int, *, opens: bool) -> None:
    issued = make_issued()
    request = make_request(issued, readiness=("电源：已接通。",) * lines)
    if opens:
        open_box(scratch / "home", issued, replace(request, slips=printed_slips(issued)[1]))
    else:
        with pytest.raises(BadInput, match="过长"):
            open_box(scratch / "home", issued, replace(request, slips=printed_slips(issued)[1]))
        open_box(scratch / "home", issued, request)  # the control: without slips there is room for it


# Refused --------------------------------------------------------------------------------------------------------------


def refused(folder: Path, issued: IssuedAuthorisation, file: bytes, **request: object) -> RoundError:
    """What the opening says; nothing of a box is left, and the right file opens one."""
    with pytest.raises(RoundError) as failure:
        open_box(folder / "home", issued, make_request(issued, slips=file, **request))
    assert not list((folder / "home").rglob("box.sqlite"))
    assert "\n" not in str(failure.value)
    return failure.value


@pytest.mark.parametrize("file", [b"", b"{}", b"not json", b"\xff\xfe", b"[" * 200_000])
def test_what_is_no_such_file(scratch: Path, file: bytes) -> None:
    issued = make_issued()
    failure = refused(scratch, issued, file)
    assert (failure.exit_code, "损坏、被改动，或不是投票凭条文件" in str(failure)) == (3, True)
    open_box(scratch / "home", issued, make_request(issued, slips=printed_slips(issued)[1]))


def test_another_document_another_round_and_another_attempt(scratch: Path) -> None:
    issued = make_issued()
    card = refused(scratch, issued, issued.data)
    assert (card.exit_code, "不是投票凭条文件" in str(card)) == (3, True)
    again = make_issued(attempt=2, previous_end="0" * 64)
    for other, attempt in ((make_issued(), 1), (again, 2)):
        failure = refused(scratch, issued, printed_slips(other)[1])
        assert failure.exit_code == 3
        assert f"另一次批复（测评编号{other.round_id}，第{attempt}次测评）" in str(failure)
    failure = refused(scratch, again, printed_slips(issued)[1])  # nor the first attempt's in the second
    assert (failure.exit_code, "第1次测评" in str(failure)) == (3, True)
    open_box(scratch / "home", issued, make_request(issued, slips=printed_slips(issued)[1]))


def test_a_rehearsals_slips_stay_in_the_rehearsal(scratch: Path) -> None:
    issued, rehearsal = make_issued(), make_issued(rehearsal=True)
    assert refused(scratch, issued, printed_slips(rehearsal)[1]).exit_code == 3
    record = SlipFile(
        attempt=1, authorisation_digest=verified(issued).digest, round_id=issued.round_id, sealed=bytes(80)
    )
    relabelled = sign(record, SLIPS.rehearsal, [issued.activation.signing])
    assert refused(scratch, issued, relabelled).exit_code == 3
    request = make_request(rehearsal, rehearsal=True, slips=printed_slips(rehearsal)[1])
    assert open_box(scratch / "home", rehearsal, request).opened.slips == 6


def test_a_roster_and_slips_exclude_each_other(scratch: Path) -> None:
    names = tuple(f"团员{number}" for number in range(6))
    issued = make_issued(roster=names)
    with pytest.raises(RuleRefusal, match="花名册"):
        printed_slips(issued)
    failure = refused(scratch, issued, printed_slips(make_issued())[1], roster=names)
    assert (failure.exit_code, "使用花名册，不能使用投票凭条" in str(failure)) == (1, True)
    open_box(scratch / "home", issued, make_request(issued, roster=names))  # the control


def test_the_file_is_refused_before_the_code_is_tried_and_the_code_before_its_numbers(scratch: Path) -> None:
    issued = make_issued()
    damaged = refused(scratch, issued, b"{}", activation_code="0000-0000-0000-0000")
    assert "投票凭条文件" in str(damaged)
    wrong = refused(scratch, issued, printed_slips(issued)[1], activation_code=make_issued().activation_code)
    assert (wrong.exit_code, "启用码不正确" in str(wrong)) == (3, True)


@pytest.mark.parametrize(("count", "votes"), [(7, True), (6, False), (0, True)])
def test_never_more_than_may_vote_and_never_none(count: int, *, votes: bool) -> None:
    issued = make_issued(secretary_votes=votes)
    with pytest.raises(BadInput, match="投票凭条须为1至"):
        printed_slips(issued, count)
    printed_slips(issued, 5)  # the control


def test_the_largest_round_has_room_for_everybody() -> None:
    issued = make_issued(members=MAX_MEMBERS)
    numbers, file = printed_slips(issued)
    assert len(file) <= SLIPS.cap
    assert len(open_slips(file, verified(issued), issued.activation).numbers) == len(numbers) == MAX_MEMBERS


# Attacked -------------------------------------------------------------------------------------------------------------


def forged(issued: IssuedAuthorisation, content: bytes, signer: SecretKeys) -> bytes:
    """A file with any content, sealed to the activation key as anybody can who has the `.auth`, signed by `signer`."""
    authorisation = verified(issued)
    to, bound = authorisation.record.activation.sealing, bytes.fromhex(authorisation.digest)
    record = SlipFile(
        attempt=1,
        authorisation_digest=authorisation.digest,
        round_id=issued.round_id,
        sealed=seal_share(content, b"beikaobei printed slips v1", to, bound),
    )
    return sign(record, SLIPS.official, [signer.signing])


def opens(file: bytes, issued: IssuedAuthorisation) -> bool:
    """Whether the numbers come out; what does not hold is always a failed verification, with exit code 3."""
    try:
        open_slips(file, verified(issued), issued.activation)
    except VerificationFailure as failure:
        return failure.exit_code != 3
    return True


def test_who_has_no_activation_code_brings_no_slips_of_his_own() -> None:
    issued = make_issued()
    content = pack_slips(draw_numbers(6, secrets.token_bytes), PAPER)
    assert not opens(forged(issued, content, SecretKeys.from_bytes(secrets.token_bytes(64))), issued)
    assert not opens(forged(issued, content, make_issued().activation), issued)
    assert opens(forged(issued, content, issued.activation), issued)  # the control


FLIPS = (0x01, 0x20, 0x80)


def test_every_byte_changed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = make_issued(members=3)
    _, file = printed_slips(issued)
    changed = [file[:at] + bytes([file[at] ^ flip]) + file[at + 1 :] for at in range(len(file)) for flip in FLIPS]
    assert opens(file, issued)
    assert not any(opens(one, issued) for one in changed)
    with monkeypatch.context() as looking_away:  # the control: signatures are not looked at
        looking_away.setattr(keys, "_holds", lambda *_anything: True)
        assert sum(opens(one, issued) for one in changed) > 0


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_every_end_cut_off_is_refused(cut: int) -> None:
    issued = make_issued()
    _, file = printed_slips(issued)
    assert not opens(file[:-cut], issued)
    assert not opens(file + b"\n" * cut, issued)
    assert opens(file, issued)


def _numbers(count: int) -> list[bytes]:
    return [number.encode() for number in sorted(draw_numbers(count, secrets.token_bytes))]


ODD: dict[str, Callable[[list[bytes]], bytes]] = {
    "none": lambda _: PAPER,
    "no digest": lambda numbers: b"".join(numbers)[:31],
    "too many": lambda _: PAPER + b"".join(_numbers(7)),
    "twice": lambda numbers: PAPER + b"".join([numbers[0], *numbers[:5]]),
    "not ascending": lambda numbers: PAPER + b"".join(reversed(numbers)),
    "a digit short": lambda numbers: PAPER + b"".join(numbers)[:-1],
    "no check digit": lambda numbers: PAPER + b"".join(numbers)[:-1] + b"%d" % ((numbers[-1][-1] - 47) % 10),
    "no digits": lambda numbers: PAPER + b"".join(numbers)[:-10] + "０".encode() * 3 + b"0",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_contents_are_refused_though_they_are_signed(name: str) -> None:
    issued, numbers = make_issued(), _numbers(6)
    assert not opens(forged(issued, ODD[name](numbers), issued.activation), issued)
    assert opens(forged(issued, PAPER + b"".join(numbers), issued.activation), issued)  # the control


@pytest.mark.parametrize("sealed", [b"", bytes(47), bytes(90), b"\xff" * 90])
def test_a_seal_that_is_none_is_refused_though_it_is_signed(sealed: bytes) -> None:
    issued = make_issued()
    record = SlipFile(attempt=1, authorisation_digest=verified(issued).digest, round_id=issued.round_id, sealed=sealed)
    assert not opens(sign(record, SLIPS.official, [issued.activation.signing]), issued)


def test_sealed_for_another_round_it_does_not_open_though_it_is_signed_here() -> None:
    issued, other = make_issued(), make_issued()
    content = PAPER + b"".join(_numbers(6))
    theirs = verified(other)
    record = SlipFile(
        attempt=1,
        authorisation_digest=verified(issued).digest,
        round_id=issued.round_id,
        sealed=seal_share(
            content,
            b"beikaobei printed slips v1",
            issued.activation.sealing_public,
            bytes.fromhex(theirs.digest),
        ),
    )
    assert not opens(sign(record, SLIPS.official, [issued.activation.signing]), issued)
    assert opens(forged(issued, content, issued.activation), issued)  # the control


# Cut off --------------------------------------------------------------------------------------------------------------


def test_killed_while_it_is_opened_there_is_a_box_with_its_slips_or_none(scratch: Path) -> None:
    issued = make_issued(members=4)
    numbers, file = printed_slips(issued)

    def opening(folder: Path, *, early: bool = False) -> Callable[[Switch, Acknowledge], None]:
        request = make_request(issued, token=folder / "stick", slips=None if early else file)

        def work(switch: Switch, acknowledge: Acknowledge) -> None:
            switch.on = True
            made = open_box(folder / "home", issued, request, hook=switch.call)
            if early:  # the control: opened first, then the slips
                made.slips(out=folder / "slips.docx", hook=switch.call)
            acknowledge("open")

        return work

    def whole(folder: Path, *, early: bool = False) -> bool:
        """No box yet, or one that has its slips."""
        request = make_request(issued, token=folder / "stick", slips=file)
        try:
            made = open_box(folder / "home", issued, request)
        except RuleRefusal:  # it stands already
            made = MadeBox(type(made_before.home)(folder / "home"), issued, request, made_before.opened)
        if early:
            return state_of(made)[0].slips.made == 4
        box = made.start()
        opened = [takes(box, number) for number in numbers]
        box.close()
        return opened == [True] * 4

    def fresh(name: str) -> Path:
        (scratch / name / "stick").mkdir(parents=True)
        return scratch / name

    made_before = open_box(fresh("before") / "home", issued, make_request(issued, slips=file))
    for early in (False, True):
        found = []
        steps = steps_of(opening(fresh(f"dry {early}"), early=early))
        assert {"before box", "after copies", "before publish", "after publish"} <= set(steps)
        for place in range(len(steps)):
            folder = fresh(f"{early} {place}")
            assert killed_at(place, opening(folder, early=early)).killed
            found.append(whole(folder, early=early))
            shutil.rmtree(folder)
        assert all(found) is not early, (early, list(zip(steps, found, strict=True)))
