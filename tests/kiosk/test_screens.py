"""Every screen of KIOSK.md's table: what stands on it and where its keys lead."""

from __future__ import annotations

from typing import Any

import pytest
from kiosk_walk import DUTIES, PIN, SEAL_WORDS, SIZES, MemoryBooth, heading, run, walking
from textual.content import Content

from kiosk.theme import OFFICIAL, REHEARSAL
from rounds.choices import Choice

MARKUP = "第三团支部[red]书记[/red][/]张三[@click=app.exit]2016年度"


@pytest.mark.parametrize("size", SIZES)
def test_a_ballot_from_locked_to_locked(size: tuple[int, int]) -> None:
    async def tour() -> None:
        async with walking(size=size) as walk:
            shown = walk.text()
            for text in ("已投 0 / 应参加 6", "有效线 4", "箱号：山海云天", "请下一位团员上前，由指导监督人员开启"):
                assert text in shown
            assert heading().title in shown
            shown = await walk.to_aside()
            for text in ("不记姓名、不记时间、不记先后；封箱期间无法读出任何一票", "我已独自一人，开始填写", "张三"):
                assert text in shown
            shown = await walk.go(("⏎", "不选请按3（空白票，按无效票计）"))
            assert "不满意" in shown
            shown = await walk.go(("1", "按 Enter 投票后不能更改"))
            assert "您的选择：满意" in shown
            shown = await walk.go(("⏎", "已投入票箱，请离开"))
            assert "满意 " not in shown.replace(heading().title, "")
            await walk.advance(1.5)
            await walk.see("已投 1 / 应参加 6")
            assert walk.booth.calls == [("unlock", None), ("cast", Choice.SATISFIED)]

    run(tour())


@pytest.mark.parametrize("size", SIZES)
def test_the_duties_stand_in_full_where_there_is_room(size: tuple[int, int]) -> None:
    async def tour() -> None:
        async with walking(size=size) as walk:
            shown = await walk.to_aside()
            assert DUTIES in "".join(shown.split())

    run(tour())


def test_long_texts_give_way_before_the_promises_do() -> None:
    async def tour() -> None:
        booth = MemoryBooth(heading(title="很长的标题" * 40))
        async with walking(booth) as walk:
            shown = await walk.to_aside()
            assert "……" in shown
            assert "不记姓名、不记时间、不记先后；封箱期间无法读出任何一票" in shown
            assert "我已独自一人，开始填写" in shown

    run(tour())


@pytest.mark.parametrize("key", ["1", "2", "3"])
def test_every_ballot_takes_the_same_keys_and_sounds(key: str) -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.go(
                (f"{PIN}⏎", "其他人员请远离投票区域"),
                ("⏎", "不选请按3"),
                (key, "按 Enter 投票后不能更改"),
                ("⏎", "已投入票箱，请离开"),
            )
            assert walk.booth.calls == [("unlock", None), ("cast", Choice(int(key)))]
            assert walk.app.bells == 2

    run(tour())


def test_the_review_differs_in_the_name_of_the_choice_alone() -> None:
    shown: list[list[str]] = []

    async def tour(key: str) -> None:
        async with walking() as walk:
            shown.append((await walk.to_review(key)).split("\n"))

    for key in "123":
        run(tour(key))
    differing = [y for y, lines in enumerate(zip(*shown, strict=True)) if len(set(lines)) > 1]
    assert len(differing) == 1
    lines = [screen[differing[0]] for screen in shown]
    assert len({line.index("您的选择：") for line in lines}) == 1
    assert [line.split("：")[1] for line in lines] == ["满意", "不满意", "不作选择（空白票，按无效票计）"]


def test_thanks_are_the_same_whatever_was_chosen() -> None:
    shown = set()

    async def tour(key: str) -> None:
        async with walking() as walk:
            shown.add(await walk.to_thanks(key))

    for key in "123":
        run(tour(key))
    assert len(shown) == 1


def test_unknown_keys_are_answered() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.go(("x", "请输入数字"))
            await walk.to_aside()
            await walk.go(("x", "请按 Enter\n"), ("⏎", "不选请按3"))
            for key in "x904⏎⌫":
                assert "请按1或2" not in walk.text() or key != "x"
                await walk.go((key, "请按1或2"))
            await walk.go(("3", "不作选择（空白票，按无效票计）"), ("7", "请按 Enter 或 0"))
            assert walk.booth.calls == [("unlock", None)]

    run(tour())


def test_zero_on_the_review_goes_back_with_nothing_marked() -> None:
    async def tour() -> None:
        async with walking() as walk:
            first = await walk.to_ballot()
            await walk.go(("2", "按 Enter 投票后不能更改"))
            assert await walk.go(("0", "不选请按3")) == first
            assert walk.booth.calls == [("unlock", None)]

    run(tour())


def test_the_locked_screen_takes_nothing_after_a_cast() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_thanks()
            await walk.press(f"{PIN}⏎")
            await walk.advance(1.5)
            await walk.see("请稍候，暂不接受输入")
            await walk.press(f"{PIN}⏎")
            await walk.advance(2.9)
            await walk.press(f"{PIN}⏎0⏎")
            assert "已投 1 / 应参加 6" in walk.text()
            assert walk.booth.issued == 1
            await walk.advance(0.1)
            await walk.see("开启口令：\n")
            await walk.to_aside()  # the control: the same keys open it afterwards
            assert walk.booth.issued == 2

    run(tour())


def test_thanks_stand_for_their_time() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_thanks()
            await walk.press("⏎0⎋1")
            await walk.advance(1.4)
            await walk.see("已投入票箱，请离开")
            await walk.advance(0.1)
            await walk.see("已投 1 / 应参加 6")

    run(tour())


def test_the_locked_screen_names_the_weaker_storage_and_the_hint() -> None:
    async def tour(*, same_disk: bool) -> bool:
        async with walking(MemoryBooth(heading(key_on_same_disk=same_disk))) as walk:
            return "密钥与票箱同在本机磁盘（未使用票箱U盘）" in walk.text()

    async def both() -> None:
        assert await tour(same_disk=True)
        assert not await tour(same_disk=False)

    run(both())


@pytest.mark.parametrize("size", [(80, 24), (120, 33)])
def test_markup_in_a_title_is_drawn_as_it_stands(size: tuple[int, int]) -> None:
    async def tour() -> None:
        booth = MemoryBooth(heading(title=MARKUP, roster=("[b]甲[/b]", "[/]")))
        async with walking(booth, size=size) as walk:
            assert MARKUP in walk.text()
            shown = await walk.go((f"{PIN}⏎", "尚未投票的团员"))
            assert "[b]甲[/b]" in shown
            assert "[/]\n" in shown

    run(tour())
    with pytest.raises(Exception, match=r"closing|tag"):  # the control: as markup it is an error
        Content.from_markup(MARKUP)


def test_the_rehearsal_is_named_on_every_screen() -> None:
    async def tour() -> None:
        async with walking(MemoryBooth(heading(rehearsal=True, roster=("甲", "乙")))) as walk:
            steps = [
                ("", "有效线"),
                (f"{PIN}⏎", "尚未投票的团员"),
                ("1⏎", "其他人员请远离投票区域"),
                ("⎋", "填写已中止"),
                ("0⏎", "其他人员请远离投票区域"),
                ("⏎", "不选请按3"),
                ("1", "按 Enter 投票后不能更改"),
                ("⏎", "已投入票箱，请离开"),
            ]
            for step in steps:
                assert "演练" in await walk.go(step)
                assert {background(style) for _, style, _ in walk.strips()[1]} == {REHEARSAL.ink}
                grounds = {background(segment.style) for strip in walk.strips() for segment in strip}
                assert grounds <= {REHEARSAL.ink, REHEARSAL.paper}

    run(tour())


def background(style: Any) -> str:
    return str(style.bgcolor.get_truecolor().hex)


def test_an_official_round_has_no_banner() -> None:
    async def tour() -> None:
        async with walking() as walk:
            assert "演练" not in walk.text()
            drawn = str([list(strip) for strip in walk.strips()])
            assert OFFICIAL.ink in drawn
            assert REHEARSAL.ink not in drawn

    run(tour())


def test_too_small_is_a_notice_and_no_exit() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_ballot()
            for width, height in [(79, 24), (80, 23), (20, 5), (1, 1), (3, 60)]:
                await walk.pilot.resize_terminal(width, height)
                await walk.press("2")
            await walk.pilot.resize_terminal(60, 20)
            assert "窗口太小，请恢复全屏" in await walk.see("窗口太小")
            await walk.press("1⏎⏎")
            await walk.pilot.resize_terminal(80, 24)
            await walk.see("不选请按3")
            assert walk.booth.calls == [("unlock", None)]
            await walk.go(("2", "您的选择：不满意"))  # the control: large again, the key counts

    run(tour())


def test_a_larger_window_is_used_at_once() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_ballot()
            await walk.pilot.resize_terminal(200, 50)
            await walk.see("不选请按3（空白票，按无效票计）")
            row = next(line for line in walk.text().split("\n") if "不选请按3" in line)
            assert row.index("不选") > 70

    run(tour())


def test_the_end_of_voting_from_the_menu() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_thanks()
            await walk.advance(1.5)
            await walk.advance(3)
            await walk.to_menu()
            shown = await walk.go(("3", "已投1张"))
            assert "有效线 4" in shown
            assert "还差3人" in shown
            await walk.go(("⏎", "请下一位团员上前"))
            await walk.to_menu()
            await walk.go(("3", "已投1张"), ("1", "请下一位团员上前"))
            assert "stop" not in walk.booth.calls
            await walk.to_menu()
            shown = await walk.go(("3", "已投1张"), ("2", "收回 1 张"))
            assert SEAL_WORDS in shown
            assert walk.booth.calls.count("stop") == 1
            await walk.go(("x", "请按 Enter\n"))
            await walk.press("⏎")
        assert walk.app.status == 0

    run(tour())


def test_above_the_quorum_nobody_is_missing() -> None:
    async def tour() -> None:
        booth = MemoryBooth()
        booth.collected = 4
        async with walking(booth) as walk:
            await walk.to_menu()
            assert "还差" not in await walk.go(("3", "已投4张"))

    run(tour())


def test_pause_and_helped_voters_from_the_menu() -> None:
    async def tour() -> None:
        async with walking() as walk:
            await walk.to_menu()
            await walk.go(("1", "投票暂停"), (f"{PIN}⏎", "请下一位团员上前"))
            await walk.to_menu()
            await walk.go(("2", "登记一名由他人协助填写的团员？"), ("0", "3　结束投票"))
            assert walk.booth.calls == []
            await walk.go(("2", "登记一名由他人协助填写的团员？"), ("1", "已登记一名由他人协助填写的团员"))
            assert walk.booth.calls == ["helped"]
            await walk.go(("7", "请按1、2、3、4或0"), ("0", "请下一位团员上前"))

    run(tour())


def test_everybody_has_voted() -> None:
    async def tour() -> None:
        booth = MemoryBooth(heading(expected=1, quorum_needed=1))
        async with walking(booth) as walk:
            await walk.to_thanks()
            await walk.advance(1.5)
            await walk.advance(3)
            shown = await walk.see("应参加人员均已投票")
            assert "请下一位团员上前" not in shown
            assert "按 0 再按 Enter" in shown
            await walk.press(f"{PIN}⏎")
            await walk.see("应参加人员均已投票")
            assert booth.issued == 1

    run(tour())


def test_a_full_box_is_no_error() -> None:
    async def tour() -> None:
        booth = MemoryBooth()
        booth.refuses = True
        async with walking(booth) as walk:
            await walk.go((f"{PIN}⏎", "应参加人员均已投票"))
            assert booth.calls == []
            assert walk.app.bells == 0

    run(tour())


def test_a_closed_window_is_said_and_nothing_is_issued() -> None:
    async def tour() -> None:
        booth = MemoryBooth()
        booth.window_closed = "已过批复的结束时间，不再开启：请结束投票。"
        async with walking(booth) as walk:
            shown = await walk.go((f"{PIN}⏎", "已过批复的结束时间"))
            assert "请下一位团员上前" in shown
            assert booth.calls == []
            booth.window_closed = ""
            await walk.go((f"{PIN}⏎", "其他人员请远离投票区域"))

    run(tour())
