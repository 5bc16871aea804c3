"""确认 and 公示 (附件 2, 5): which step may follow which, and which days a 公示 lasts; every date is an argument.

    已计票 → 已确认 → 公示中 → 公示期满, with 异议处理中 between; a confirmation can be withdrawn, and its 公示 with it

“测评结果经上一级团组织确认后，应在公告栏、团属网站、暖青汇 APP 等平台进行公示，公示时间为 3 天”.
Decided: natural days, the first one the day after posting; working days by a switch. 公示期满 is no step of anybody's:
the days pass. What has stood for its three days stands; it is withdrawn only where the figures are contradicted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rounds.errors import BadInput, RuleRefusal

DAYS = 3
"""“公示时间为 3 天”."""
_SATURDAY = 5
_LONGEST = 60
"""Days that are searched for working days: longer than any run of holidays."""


class Publicity(StrEnum):
    """Where a counted result stands."""

    COUNTED = "counted"
    CONFIRMED = "confirmed"
    POSTED = "posted"
    DISPUTED = "disputed"
    ENDED = "ended"


PUBLICITY_NAMES = {
    Publicity.COUNTED: "已计票",
    Publicity.CONFIRMED: "已确认",
    Publicity.POSTED: "公示中",
    Publicity.DISPUTED: "异议处理中",
    Publicity.ENDED: "公示期满",
}


class Step(StrEnum):
    """What the upper organisation does with a result."""

    CONFIRM = "confirm"
    POST = "post"
    OBJECT = "object"
    SETTLE = "settle"
    """The objection was looked into and the result stands."""
    WITHDRAW = "withdraw"
    """The confirmation is taken back, and the 公示 with it; the result is counted and no more."""


STEP_NAMES = {
    Step.CONFIRM: "确认",
    Step.POST: "公示",
    Step.OBJECT: "登记异议",
    Step.SETTLE: "处理异议（维持）",
    Step.WITHDRAW: "撤回确认",
}
_STEPS = {
    (Publicity.COUNTED, Step.CONFIRM): Publicity.CONFIRMED,
    (Publicity.CONFIRMED, Step.POST): Publicity.POSTED,
    (Publicity.CONFIRMED, Step.WITHDRAW): Publicity.COUNTED,
    (Publicity.POSTED, Step.OBJECT): Publicity.DISPUTED,
    (Publicity.POSTED, Step.WITHDRAW): Publicity.COUNTED,
    (Publicity.DISPUTED, Step.SETTLE): Publicity.POSTED,
    (Publicity.DISPUTED, Step.WITHDRAW): Publicity.COUNTED,
}


@dataclass(frozen=True)
class Period:
    """The days of one 公示, both ends included."""

    first: date
    last: date


@dataclass(frozen=True)
class StepTaken:
    """One step that was taken on `day`; `period` belongs to a POST."""

    step: Step
    day: date
    period: Period | None = None


def publicity_period(posted: date, *, working_days: bool = False, holidays: frozenset[date] = frozenset()) -> Period:
    """The three days after `posted`; with `working_days` no Saturday, no Sunday and none of `holidays` among them.

    Raises:
        BadInput: so many holidays that no three days are found.
    """
    following = (posted + timedelta(days=ahead) for ahead in range(1, _LONGEST + 1))
    days = [day for day in following if not working_days or _is_working(day, holidays)][:DAYS]
    if len(days) < DAYS:
        raise BadInput(f"公示后{_LONGEST}天内找不到{DAYS}个工作日：请核对节假日。")
    return Period(days[0], days[-1])


def _is_working(day: date, holidays: frozenset[date]) -> bool:
    return day.weekday() < _SATURDAY and day not in holidays


def publicity_on(steps: Iterable[StepTaken], today: date) -> Publicity:
    """Where a result stands on `today` after `steps`, in their order.

    An objection that is still open keeps the 公示 from ending; one that was settled leaves its days as posted.
    """
    stands, period = Publicity.COUNTED, None
    for taken in steps:
        stands = _STEPS[stands, taken.step]
        period = taken.period or period
    ended = stands is Publicity.POSTED and period is not None and today > period.last
    return Publicity.ENDED if ended else stands


def take_step(steps: Iterable[StepTaken], step: Step, day: date, *, contradicted: bool = False) -> Publicity:
    """Where the result stands after `step` on `day`.

    `contradicted`: something calls the figures in question; then a 公示 that is over is withdrawn too.

    Raises:
        RuleRefusal: the step may not follow, or `day` lies before the step that it follows.
    """
    listed = list(steps)
    stands = publicity_on(listed, day)
    ended = stands is Publicity.ENDED and step is Step.WITHDRAW and contradicted
    after = _STEPS.get((Publicity.POSTED if ended else stands, step))
    if after is None:
        raise RuleRefusal(f"该测评结果{PUBLICITY_NAMES[stands]}，不能{STEP_NAMES[step]}。")
    if listed and day < listed[-1].day:
        raise RuleRefusal(
            f"日期早于上一步（{STEP_NAMES[listed[-1].step]}，{listed[-1].day.isoformat()}）：请核对日期。"
        )
    return after
