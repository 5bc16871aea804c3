"""确认 → 公示: every step against the table, and the days of a 公示 counted another way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.errors import BadInput, RuleRefusal
from rounds.publicity import Period, Publicity, Step, StepTaken, publicity_on, publicity_period, take_step

FRIDAY = date(2017, 3, 31)
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def test_three_natural_days_from_the_day_after() -> None:
    assert publicity_period(date(2017, 4, 2)) == Period(date(2017, 4, 3), date(2017, 4, 5))
    assert publicity_period(date(2016, 12, 30)) == Period(date(2016, 12, 31), date(2017, 1, 2))


def test_three_working_days_leave_out_weekends_and_holidays() -> None:
    assert publicity_period(FRIDAY, working_days=True) == Period(date(2017, 4, 3), date(2017, 4, 5))
    qingming = frozenset({date(2017, 4, 3), date(2017, 4, 4)})
    assert publicity_period(FRIDAY, working_days=True, holidays=qingming) == Period(date(2017, 4, 5), date(2017, 4, 7))
    assert publicity_period(FRIDAY, holidays=qingming) == Period(date(2017, 4, 1), date(2017, 4, 3))
    with pytest.raises(BadInput, match="找不到3个工作日"):
        publicity_period(FRIDAY, working_days=True, holidays=frozenset(FRIDAY + timedelta(n) for n in range(70)))


@given(DAYS, st.sets(st.integers(1, 20)))
def test_working_days_counted_another_way(posted: date, off: set[int]) -> None:
    holidays = frozenset(posted + timedelta(ahead) for ahead in off)
    period = publicity_period(posted, working_days=True, holidays=holidays)
    span = [period.first + timedelta(ahead) for ahead in range((period.last - period.first).days + 1)]
    working = [day for day in span if day.isoweekday() <= 5 and day not in holidays]
    assert (len(working), working[0], working[-1]) == (3, period.first, period.last)
    before = [posted + timedelta(ahead) for ahead in range(1, (period.first - posted).days)]
    assert not [day for day in before if day.isoweekday() <= 5 and day not in holidays]


POSTED = StepTaken(Step.POST, date(2017, 4, 2), Period(date(2017, 4, 3), date(2017, 4, 5)))
CONFIRMED = StepTaken(Step.CONFIRM, date(2017, 4, 2))
OBJECTED = StepTaken(Step.OBJECT, date(2017, 4, 4))
WAYS = {
    Publicity.COUNTED: (),
    Publicity.CONFIRMED: (CONFIRMED,),
    Publicity.POSTED: (CONFIRMED, POSTED),
    Publicity.DISPUTED: (CONFIRMED, POSTED, OBJECTED),
}
ALLOWED = {
    (Publicity.COUNTED, Step.CONFIRM): Publicity.CONFIRMED,
    (Publicity.CONFIRMED, Step.POST): Publicity.POSTED,
    (Publicity.CONFIRMED, Step.WITHDRAW): Publicity.COUNTED,
    (Publicity.POSTED, Step.OBJECT): Publicity.DISPUTED,
    (Publicity.POSTED, Step.WITHDRAW): Publicity.COUNTED,
    (Publicity.DISPUTED, Step.SETTLE): Publicity.POSTED,
    (Publicity.DISPUTED, Step.WITHDRAW): Publicity.COUNTED,
}


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("stands", WAYS)
def test_every_step_from_every_state(stands: Publicity, step: Step) -> None:
    day = date(2017, 4, 5)
    assert publicity_on(WAYS[stands], day) is stands
    expected = ALLOWED.get((stands, step))
    if expected is not None:
        assert take_step(WAYS[stands], step, day) is expected
    else:
        with pytest.raises(RuleRefusal, match="不能"):
            take_step(WAYS[stands], step, day)


def test_the_days_pass_by_themselves_unless_somebody_objects() -> None:
    last, after = date(2017, 4, 5), date(2017, 4, 6)
    assert publicity_on(WAYS[Publicity.POSTED], last) is Publicity.POSTED
    assert publicity_on(WAYS[Publicity.POSTED], after) is Publicity.ENDED
    assert publicity_on(WAYS[Publicity.DISPUTED], after) is Publicity.DISPUTED
    settled = (*WAYS[Publicity.DISPUTED], StepTaken(Step.SETTLE, after))
    assert publicity_on(settled, after) is Publicity.ENDED
    with pytest.raises(RuleRefusal, match="公示期满，不能登记异议"):
        take_step(WAYS[Publicity.POSTED], Step.OBJECT, after)


def test_a_step_before_the_last_one_is_refused() -> None:
    with pytest.raises(RuleRefusal, match="日期早于上一步（公示，2017-04-02）"):
        take_step(WAYS[Publicity.POSTED], Step.OBJECT, date(2017, 4, 1))
