"""Starts and codes: the emergency holder, wrong codes, the log of the round."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from box_factory import (
    EMERGENCY,
    FIVE_BALLOTS,
    SUPERVISOR,
    SUPERVISOR_CODE,
    TELLER,
    TELLER_CODE,
    VOTING,
    MadeBox,
    kept,
    roots,
)

from ballots_store.box import BallotBox
from rounds.chain import read_result
from rounds.choices import Choice
from rounds.documents import Result
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.sharing import Holder

SATISFIED = Choice.SATISFIED


def test_stopped_with_enough_ballots_nobody_votes_on(made: MadeBox) -> None:
    box = made.start()
    for choice in FIVE_BALLOTS[:3]:
        made.cast(box, choice)
    box.stop()
    box.close()
    box = made.start()  # 3 of 6: 还差1人, 继续投票
    made.cast(box, SATISFIED)
    box.stop()
    box.close()
    before = kept(made)
    with pytest.raises(RuleRefusal, match="请开箱计票"):
        made.start()
    assert kept(made) == before
    assert made.close(present=4).end.conduct.starts == 2


@pytest.mark.parametrize("pair", [(SUPERVISOR, EMERGENCY), (TELLER, EMERGENCY)])
def test_the_emergency_holder_is_recorded(made: MadeBox, pair: tuple[Holder, ...]) -> None:
    box = made.start(*pair)
    for choice in FIVE_BALLOTS:
        made.cast(box, choice)
    box.close()
    end = made.close().end  # closed without it: the start is remembered
    assert end.conduct.emergency_used
    assert end.signers == (SUPERVISOR, TELLER)


def test_without_the_emergency_holder_nothing_is_recorded(made: MadeBox) -> None:
    """The control; and closing with it is recorded too."""
    made.vote(FIVE_BALLOTS)
    other = made.copied(made.home.path.parent / "other")
    assert not made.close().end.conduct.emergency_used
    end = other.close(TELLER, EMERGENCY).end
    assert end.conduct.emergency_used
    assert set(end.signers) == {TELLER, EMERGENCY}


def test_all_three_holders_may_come(made: MadeBox) -> None:
    assert made.vote(FIVE_BALLOTS).close(SUPERVISOR, TELLER, EMERGENCY).end.collected == 5


WRONG_CODES: dict[str, Mapping[Holder, str]] = {
    "supervisor": {SUPERVISOR: "不是这个口令吧", TELLER: TELLER_CODE},
    "teller": {SUPERVISOR: SUPERVISOR_CODE, TELLER: SUPERVISOR_CODE},
    "exchanged": {SUPERVISOR: TELLER_CODE, TELLER: SUPERVISOR_CODE},
    "emergency": {SUPERVISOR: SUPERVISOR_CODE, EMERGENCY: "0000-0000-0000-0000"},
    "no code": {SUPERVISOR: "", TELLER: ""},
    "no text": {SUPERVISOR: "\udcff\udcfe", TELLER: TELLER_CODE},
}


@pytest.mark.parametrize("codes", WRONG_CODES.values(), ids=WRONG_CODES)
def test_a_wrong_code_is_logged_and_changes_nothing(made: MadeBox, codes: Mapping[Holder, str]) -> None:
    before = kept(made)
    with pytest.raises(VerificationFailure, match="不正确") as refused:
        BallotBox.start(made.home, made.round_id, codes, clock=lambda: VOTING)
    assert refused.value.check == "code"
    assert kept(made) == before
    assert made.folder.log.read_text().count('"wrong_code"') == 1
    made.vote(FIVE_BALLOTS)
    lines = [line.event for line in made.close().end.conduct.log]
    assert lines == ["opened", "wrong_code", "started", "closed"]


def test_no_holder_or_one_is_refused(made: MadeBox) -> None:
    for codes in ({}, {SUPERVISOR: SUPERVISOR_CODE}, {EMERGENCY: made.issued.emergency_code}):
        with pytest.raises(RuleRefusal, match="两名"):
            BallotBox.start(made.home, made.round_id, codes, clock=lambda: VOTING)


def test_a_damaged_log_is_admitted_and_the_counts_hold(made: MadeBox) -> None:
    made.vote(FIVE_BALLOTS)
    made.folder.log.write_bytes(b'{"at":"\xff\n')
    conduct = made.close().end.conduct
    assert not conduct.log_complete
    assert [line.event for line in conduct.log] == ["closed"]
    assert conduct.starts == 1


def test_a_log_that_was_filled_does_not_stop_a_count(made: MadeBox) -> None:
    """Whoever types wrong codes for an hour, or writes into the log, must not make a result that nobody can read."""
    made.vote(FIVE_BALLOTS)
    made.folder.log.write_bytes(made.folder.log.read_bytes().splitlines(keepends=True)[0] * 5000)
    closed = made.close()
    assert not closed.end.conduct.log_complete
    assert len(read_result(closed.result, roots()).end.record.conduct.log) == 2000


def test_a_missing_log_is_admitted(made: MadeBox) -> None:
    made.vote(FIVE_BALLOTS)
    made.folder.log.unlink()
    assert not made.close().end.conduct.log_complete


def test_helped_voters_are_counted(made: MadeBox) -> None:
    box = made.start()
    for choice in FIVE_BALLOTS:
        made.unlock(box)
        box.note_helped()
        box.cast(choice)
    box.close()
    end: Result = made.close().end
    assert end.conduct.helped == 5
