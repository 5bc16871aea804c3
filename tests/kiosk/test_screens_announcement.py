"""The result in the hall: pages from one value, and the code beside the words."""

from __future__ import annotations

from typing import Any

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from kiosk_walk import SIZES, run
from rich.segment import Segment
from textual.pilot import Pilot

from kiosk.announcement import AnnouncementApp
from kiosk.pages import Announcement
from kiosk.qr import fitting
from kiosk.screens.board import Board, Row
from rounds.results import figures, result_sentence
from rounds.tally import Account, Tally

TITLE = "第三团支部书记[red]张三[/]2016年度满意度测评"
VALID = Tally(satisfied=15, unsatisfied=10, blank=5)


def announcement(*, tally: Tally | None = VALID, collected: int = 30, **more: Any) -> Announcement:
    account = Account(registered=40, expected=39, present=32, issued=31, collected=collected)
    shown = figures(account, tally)
    sentence = result_sentence(shown, expected=39)
    given: dict[str, Any] = {"code": "A" * 110, **more}
    return Announcement(TITLE, shown, 39, "山海云天", "春秋明月 东西南北", sentence=sentence, **given)


def shown(app: AnnouncementApp) -> str:
    board = app.screen.query_one(Board)
    return "\n".join(board.render_line(y).text.rstrip() for y in range(app.size.height))


async def press(pilot: Pilot[int], key: str) -> str:
    await pilot.pause(0.05)
    await pilot.press(key)
    await pilot.pause(0.05)
    app = pilot.app
    assert isinstance(app, AnnouncementApp)
    return shown(app)


async def pages(value: Announcement, size: tuple[int, int]) -> list[str]:
    """All pages in order; Enter after the last shows the first again, Esc leaves with status 0."""
    app = AnnouncementApp(value, settled_after_s=0.0)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.1)
        found = [shown(app)]
        found.extend([await press(pilot, "enter") for _ in range(4)])
        assert await press(pilot, "x") == found[-1]
        assert await press(pilot, "enter") == found[0]
        await pilot.press("escape")
    assert app.status == 0
    return found


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_of_a_valid_round(size: tuple[int, int]) -> None:
    async def tour() -> None:
        attendance, account, votes, outcome, box = await pages(announcement(), size)
        assert "应到　39 人" in attendance  # 40 registered, the secretary does not vote
        assert "实到　32 人" in attendance
        for line in ("发出　31 张", "收回　30 张", "有效　25 张", "无效　5 张"):
            assert line in account
        for line in ("满意　15 票", "不满意　10 票", "满意度　50.00%"):
            assert line in votes
        assert "测评结果：不满意" in outcome
        joined = "".join(outcome.split())
        assert "本次测评应参加团员39名，实际参与30名" in joined
        assert "满意票数须高于实际参与测评人数30人的50%（至少16票），测评结果：不满意。" in joined
        assert "箱号：山海云天" in box
        assert "春秋明月 东西南北" in box
        assert all(TITLE in page for page in (attendance, account, votes, outcome, box))

    run(tour())


@pytest.mark.parametrize("size", SIZES)
def test_an_invalid_round_shows_no_votes(size: tuple[int, int]) -> None:
    async def tour() -> None:
        found = await pages(announcement(tally=None, collected=20), size)
        assert found[1].count("未开箱") == 2
        assert "票箱未开启" in found[2]
        assert "本次测评无效（参与人数未达团员总数三分之二）" in "".join(found[3].split())
        assert not any("票数须高于" in page or "%" in page for page in found)

    run(tour())


def test_warnings_remarks_and_rehearsal_are_shown() -> None:
    async def tour() -> None:
        value = announcement(warning="未验证：签发机关未登记", remarks=("启用应急码：是。",), rehearsal=True)
        found = await pages(value, (80, 24))
        assert all("未验证：签发机关未登记" in page and "演练" in page for page in found)
        assert "启用应急码：是。" in found[3]

    run(tour())


def modules(rows: list[Row]) -> list[list[int]]:
    """Read a drawing back as modules, 1 = dark, from the colours alone."""
    matrix: list[list[int]] = []
    for line in rows:
        cells = [segment for segment in line for _ in segment.text]
        if any(segment.text == "  " for segment in line):
            matrix.append([above(segment) for segment in cells[::2]])
        else:
            matrix.append([above(segment) for segment in cells])
            matrix.append([below(segment) for segment in cells])
    return matrix


def below(segment: Segment) -> int:
    return above(segment) if segment.text == " " else dark(segment.style.color if segment.style else None)


def above(segment: Segment) -> int:
    return dark(segment.style.bgcolor if segment.style else None)


def dark(color: Any) -> int:
    return int(color.triplet.hex == "#000000")


@given(st.text("0123456789ABCDEF", min_size=1, max_size=120), st.integers(20, 240), st.integers(8, 67))
def test_the_code_is_drawn_as_it_is_or_not_at_all(text: str, width: int, height: int) -> None:
    rows = fitting(text, width, height)
    assert len(rows) <= height
    assert all(sum(segment.cell_length for segment in line) <= width for line in rows)
    exact = [list(line) for line in segno.make(text, micro=False, error="l").matrix]
    drawn = modules(rows)
    if drawn:
        border = (len(drawn[0]) - len(exact)) // 2
        assert border >= 1
        inner = [line[border : border + len(exact)] for line in drawn[border : border + len(exact)]]
        assert inner == exact
        outside = sum(map(sum, drawn)) - sum(map(sum, exact))
        assert outside == 0
    else:
        assert height < (len(exact) + 3) // 2 or width < len(exact) + 2


def test_the_whole_code_fits_into_the_smallest_window() -> None:
    code = f"2016-0123456789ABCDEF 5000/5000/5000/5000/5000/5000/5000/5000 {'A1' * 32}"
    assert fitting(code, 41, 20)
    assert not fitting("A" * 400, 41, 20)  # the control: a long text does not


def test_no_room_is_said() -> None:
    async def tour() -> None:
        value = announcement(code="A" * 400)
        found = await pages(value, (80, 24))
        assert "窗口放不下二维码，请放大窗口" in found[4]
        assert "箱号：山海云天" in found[4]

    run(tour())
