"""`demo --script`: the votes that were announced are pressed on the real screens, and the count says the same."""

from __future__ import annotations

import asyncio
import sys

import pytest
from hall import stand
from kiosk_walk import PIN, MemoryBooth, heading
from terminal import Terminal
from textual import events

from kiosk import known_texts
from kiosk.known_votes import VOTES, KnownVotesApp, steps
from kiosk.timings import Timings
from rounds.choices import Choice

QUICK = Timings(settled_s=0.0, thanks_s=0.02, pause_after_cast_s=0.02, tick_s=0.01)


def scripted(booth: MemoryBooth) -> KnownVotesApp:
    return KnownVotesApp(booth, steps(PIN, VOTES), read_s=0.04, typing_s=0.015, timings=QUICK)


def test_what_was_announced_is_cast_in_that_order_under_captions() -> None:
    booth = MemoryBooth(heading(expected=len(VOTES) + 1, rehearsal=True))
    app, seen = scripted(booth), set[str]()

    async def tour() -> None:
        async with app.run_test() as pilot:
            while app.is_running and app._exit is False:  # noqa: SLF001  textual's own flag
                await pilot.pause(0.02)
                seen.update(line.strip() for line in screen(app) if "自动演示" in line)
                assert any("演练　演练　演练" in line for line in screen(app)) or not app.is_running

    asyncio.run(asyncio.wait_for(tour(), 90))
    assert app.status == 0
    assert not app.left
    assert [call for call in booth.calls if call[:1] == ("cast",)] == [("cast", vote) for vote in VOTES]  # type: ignore[index]  # strings and pairs
    assert booth.calls[-1] == "stop"
    for number, vote in enumerate(VOTES, 1):
        assert known_texts.caption(number, len(VOTES))(known_texts.pressing(vote)) in seen


def screen(app: KnownVotesApp) -> list[str]:
    rows = app.shown.rows(80, 24)
    return ["".join(segment.text for segment in row) for row in rows]


def test_the_keyboard_only_leaves() -> None:
    app = scripted(MemoryBooth(heading(rehearsal=True)))

    async def tour() -> None:
        async with app.run_test() as pilot:
            await pilot.pause(0.05)
            for key in "270415":
                app.post_message(events.Key(key, key))
            await pilot.pause(0.02)
            assert not app.left
            app.post_message(events.Key("escape", None))
            await pilot.pause(0.05)

    asyncio.run(tour())
    assert app.left
    assert app.status == 0


def test_a_count_that_differs_is_said_to_differ() -> None:
    good = {Choice.SATISFIED: 3, Choice.UNSATISFIED: 2, Choice.BLANK: 1}
    assert "两者一致" in known_texts.compared(VOTES, good)[0]
    assert "两者不一致" in known_texts.compared(VOTES, {**good, Choice.SATISFIED: 2})[0]


@pytest.mark.pty
def test_esc_leaves_the_announced_list_and_nothing_stays() -> None:
    with Terminal([sys.executable, "-m", "kiosk", "demo", "--script"]) as terminal:
        terminal.wait_for("合计：满意3票，不满意2票，空白1票。")
        assert "演练　演练　演练" in terminal.text()
        stand(terminal, 1.0)
        terminal.press("\x1b")
        assert terminal.exit_status() == 0
        assert "自动演示已中止" in terminal.raw.decode()
