"""One round's life as one table; every verb of the box, the kiosk and the commands is an event here."""

from __future__ import annotations

from enum import StrEnum

from rounds.errors import RuleRefusal


class Stage(StrEnum):
    """Where a round stands; LOCKED and UNLOCKED exist only while a kiosk process holds the box."""

    AUTHORISED = "authorised"
    OPENED = "opened"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    STOPPED = "stopped"
    CLOSED = "closed"
    VOID = "void"
    DESTROYED = "destroyed"


class Event(StrEnum):
    """What happens to a round."""

    OPEN = "open"
    START = "start"
    UNLOCK = "unlock"
    CAST = "cast"
    VOID_SESSION = "void_session"
    LEAVE = "leave"
    STOP = "stop"
    CLOSE = "close"
    VOID = "void"
    DESTROY = "destroy"


TRANSITIONS: dict[tuple[Stage, Event], Stage] = {
    (Stage.AUTHORISED, Event.OPEN): Stage.OPENED,
    (Stage.OPENED, Event.START): Stage.LOCKED,
    (Stage.STOPPED, Event.START): Stage.LOCKED,  # 继续投票; only below quorum, see `check_restart`
    (Stage.LOCKED, Event.UNLOCK): Stage.UNLOCKED,
    (Stage.UNLOCKED, Event.CAST): Stage.LOCKED,
    (Stage.UNLOCKED, Event.VOID_SESSION): Stage.LOCKED,
    (Stage.LOCKED, Event.LEAVE): Stage.OPENED,
    (Stage.UNLOCKED, Event.LEAVE): Stage.OPENED,  # the open session counts as 未投 at the next start
    (Stage.LOCKED, Event.STOP): Stage.STOPPED,
    (Stage.STOPPED, Event.CLOSE): Stage.CLOSED,
    (Stage.OPENED, Event.CLOSE): Stage.CLOSED,  # the kiosk never came to a stop; the result says so
    (Stage.STOPPED, Event.VOID): Stage.VOID,
    (Stage.OPENED, Event.VOID): Stage.VOID,
    (Stage.CLOSED, Event.DESTROY): Stage.DESTROYED,
    (Stage.VOID, Event.DESTROY): Stage.DESTROYED,
}

STAGE_NAMES = {
    Stage.AUTHORISED: "已批复、未启用",
    Stage.OPENED: "已封箱、可投票",
    Stage.LOCKED: "等待开启",
    Stage.UNLOCKED: "一名团员正在填写",
    Stage.STOPPED: "已停止投票",
    Stage.CLOSED: "已计票",
    Stage.VOID: "已作废",
    Stage.DESTROYED: "已销毁",
}

_EVENT_NAMES = {
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


def advance(stage: Stage, event: Event) -> Stage:
    """The stage after `event`.

    Raises:
        RuleRefusal: the table has no such row.
    """
    try:
        return TRANSITIONS[stage, event]
    except KeyError:
        raise RuleRefusal(f"本次测评{STAGE_NAMES[stage]}，不能{_EVENT_NAMES[event]}。") from None


def check_restart(stage: Stage, *, quorum_met: bool) -> None:
    """Voting that was stopped goes on only while too few have voted (“还差X人”, 继续投票).

    Raises:
        RuleRefusal: the round was stopped with enough ballots.
    """
    if stage is Stage.STOPPED and quorum_met:
        raise RuleRefusal("本次测评已停止投票且参与人数已达三分之二，不能再投票：请开箱计票（close）。")
