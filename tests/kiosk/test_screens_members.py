"""The member screen: with a roster the supervisor chooses who votes before anything is issued."""

from __future__ import annotations

import pytest
from kiosk_walk import PIN, SIZES, MemoryBooth, heading, run, walking

ROSTER = tuple(f"团员{number:03d}" for number in range(1, 301))


def test_the_member_is_chosen_by_number() -> None:
    async def tour() -> None:
        async with walking(MemoryBooth(heading(roster=("甲", "乙", "丙")))) as walk:
            shown = await walk.go((f"{PIN}⏎", "尚未投票的团员"))
            assert "1　甲" in shown
            assert walk.booth.calls == []
            await walk.go(("9⏎", "没有这个编号"), ("0⏎", "请下一位团员上前"))
            assert walk.booth.calls == []
            await walk.go((f"{PIN}⏎", "尚未投票的团员"), ("２⏎", "其他人员请远离投票区域"))
            assert walk.booth.calls == [("unlock", 1)]
            await walk.go(("⏎", "不选请按3"), ("1", "按 Enter 投票后不能更改"), ("⏎", "已投入票箱，请离开"))
            await walk.advance(1.5)
            await walk.advance(3)
            shown = await walk.go((f"{PIN}⏎", "尚未投票的团员"))
            assert "乙" not in shown
            await walk.go(("2⏎", "没有这个编号"))

    run(tour())


@pytest.mark.parametrize("size", SIZES)
def test_a_long_roster_is_paged_with_enter(size: tuple[int, int]) -> None:
    async def tour() -> None:
        async with walking(MemoryBooth(heading(roster=ROSTER)), size=size) as walk:
            first = await walk.go((f"{PIN}⏎", "尚未投票的团员"))
            pages = [first]
            while len(pages) < 10:
                await walk.press("⏎")
                await walk.pilot.pause(0.02)
                if walk.text() == first:
                    break
                pages.append(walk.text())
            assert all(any(name in page for page in pages) for name in ROSTER)
            assert len(pages) == {80: 6, 120: 2, 240: 1}[size[0]]
            await walk.go(("299⏎", "其他人员请远离投票区域"))
            assert walk.booth.calls == [("unlock", 298)]

    run(tour())
