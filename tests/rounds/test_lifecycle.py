"""Every pair of stage and event, the lockout's table, and that no stage is a dead end."""

from __future__ import annotations

import pytest

from rounds.errors import RuleRefusal
from rounds.lifecycle import STAGE_NAMES, TRANSITIONS, Event, Stage, advance, check_restart
from rounds.lockout import tries_left, wait_after

# Written out a second time, by stage, so that a row changed in the module shows here.
EXPECTED = {
    Stage.AUTHORISED: {Event.OPEN: Stage.OPENED},
    Stage.OPENED: {Event.START: Stage.LOCKED, Event.CLOSE: Stage.CLOSED, Event.VOID: Stage.VOID},
    Stage.LOCKED: {Event.UNLOCK: Stage.UNLOCKED, Event.LEAVE: Stage.OPENED, Event.STOP: Stage.STOPPED},
    Stage.UNLOCKED: {Event.CAST: Stage.LOCKED, Event.VOID_SESSION: Stage.LOCKED, Event.LEAVE: Stage.OPENED},
    Stage.STOPPED: {Event.START: Stage.LOCKED, Event.CLOSE: Stage.CLOSED, Event.VOID: Stage.VOID},
    Stage.CLOSED: {Event.DESTROY: Stage.DESTROYED},
    Stage.VOID: {Event.DESTROY: Stage.DESTROYED},
    Stage.DESTROYED: {},
}
EVENT_WORDS = {
    Event.OPEN: "验箱封箱",
    Event.START: "启动投票",
    Event.UNLOCK: "开启一次填写",
    Event.CAST: "投票",
    Event.VOID_SESSION: "结束未投的填写",
    Event.LEAVE: "离开",
    Event.STOP: "停止投票",
    Event.CLOSE: "开箱计票",
    Event.VOID: "作废",
    Event.DESTROY: "销毁",
}
PAIRS = [(stage, event) for stage in Stage for event in Event]
ALLOWED = [pair for pair in PAIRS if pair[1] in EXPECTED[pair[0]]]
REFUSED = [pair for pair in PAIRS if pair[1] not in EXPECTED[pair[0]]]


def test_the_table_is_the_whole_table() -> None:
    assert len(PAIRS) == 80
    assert len(ALLOWED) == len(TRANSITIONS) == 15
    assert set(STAGE_NAMES) == set(Stage)
    assert set(EVENT_WORDS) == set(Event)


@pytest.mark.parametrize(("stage", "event"), ALLOWED)
def test_allowed(stage: Stage, event: Event) -> None:
    assert advance(stage, event) is EXPECTED[stage][event]


@pytest.mark.parametrize(("stage", "event"), REFUSED)
def test_refused_by_name(stage: Stage, event: Event) -> None:
    with pytest.raises(RuleRefusal) as caught:
        advance(stage, event)
    assert str(caught.value) == f"本次测评{STAGE_NAMES[stage]}，不能{EVENT_WORDS[event]}。"


def reachable(start: Stage) -> set[Stage]:
    found, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        ahead = {after for (before, _), after in TRANSITIONS.items() if before is here}
        waiting.extend(ahead - found)
        found |= ahead
    return found


def test_every_stage_is_reached_and_every_stage_reaches_the_end() -> None:
    assert reachable(Stage.AUTHORISED) == set(Stage)
    for stage in Stage:
        assert Stage.DESTROYED in reachable(stage)
    assert reachable(Stage.DESTROYED) == {Stage.DESTROYED}


def test_no_ballot_enters_after_the_end() -> None:
    for stage in (Stage.CLOSED, Stage.VOID, Stage.DESTROYED):
        assert Stage.UNLOCKED not in reachable(stage)


def test_one_unlock_gives_one_ballot() -> None:
    """CAST leads only from UNLOCKED to LOCKED: two casts cannot follow each other."""
    casts = [(before, after) for (before, event), after in TRANSITIONS.items() if event is Event.CAST]
    assert casts == [(Stage.UNLOCKED, Stage.LOCKED)]


def test_voting_goes_on_after_the_stop_only_below_quorum() -> None:
    check_restart(Stage.STOPPED, quorum_met=False)
    check_restart(Stage.OPENED, quorum_met=True)  # the kiosk was left, not stopped
    with pytest.raises(RuleRefusal, match="不能再投票"):
        check_restart(Stage.STOPPED, quorum_met=True)


@pytest.mark.parametrize(
    ("failures", "wait", "left"),
    [
        (-1, 0.0, 6),
        (0, 0.0, 5),
        (1, 0.0, 4),
        (4, 0.0, 1),
        (5, 15.0, 0),
        (6, 30.0, 0),
        (7, 60.0, 0),
        (8, 60.0, 0),
        (20, 60.0, 0),
        (65_535, 60.0, 0),
        (10**9, 60.0, 0),
    ],
)
def test_lockout(failures: int, wait: float, left: int) -> None:
    assert wait_after(failures) == wait
    assert tries_left(failures) == left
