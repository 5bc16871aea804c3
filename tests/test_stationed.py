"""A 定点 round of two days through both commands: slips printed, two officers start each day, leftovers counted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import docx
import pytest
from hall import PIN, Hall, fill_in, press_when, stand, start_voting
from terminal import Terminal

from rounds.slips import is_slip_number


@pytest.mark.pty
def test_a_stationed_round(tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    opened = authorised_and_opened(hall)
    refused = hall.admin("slips", "--out", "slips.docx", "--count", "4")
    assert (refused.code, hall.path("slips.docx").exists()) == (2, False)
    made = hall.ask("slips", "--out", "slips.docx")
    assert (made["count"], made["resumed"]) == (3, False)
    again = hall.admin("slips", "--out", "again.docx")
    assert (again.code, hall.path("again.docx").exists()) == (1, False)
    numbers = printed(hall.path("slips.docx"), opened)
    with hall.kiosk() as terminal:  # the first day
        start_voting(terminal)
        terminal.wait_for("请输入投票凭条号")
        assert opened["box_words"] in terminal.text()
        vote_by_slip(terminal, numbers[2], 1)
        wait_until_it_takes_slips(terminal)
        type_slip(terminal, numbers[2])
        terminal.wait_for("投票凭条号不正确或已使用")
        terminal.hang_up()
        assert terminal.exit_status() == 129
    with hall.kiosk() as terminal:  # the second
        start_voting(terminal)
        terminal.wait_for("已投1张，与停机前一致吗")
        terminal.press("1\r")
        vote_by_slip(terminal, numbers[0], 1)
        wait_until_it_takes_slips(terminal)
        end(terminal)
        assert terminal.exit_status() == 0
    counted(hall)


def authorised_and_opened(hall: Hall) -> dict[str, Any]:
    """The window has begun for the kiosk; that a box may be sealed before it is tests/ballots_store's."""
    hall.ask("keys", "new", "--name", "共青团演示大学委员会", "--out", "org.key")
    begins = datetime.now().astimezone() - timedelta(minutes=5)
    window = ("--opens", begins.isoformat(), "--closes", (begins + timedelta(days=2)).isoformat())
    issued = hall.authorise("--method", "stationed", *window, members=3)
    assert issued["method"] == "stationed"
    return hall.ask("open", "round.auth", "--teller", "王五", BEIKAOBEI_ACTIVATION=issued["activation_code"])


def printed(path: Path, opened: dict[str, Any]) -> list[str]:
    """The numbers on the slips, which have all that a slip needs."""
    (table,) = docx.Document(str(path)).tables
    cells = [cell.text for row in table.rows for cell in row.cells if cell.text]
    for text in cells:
        assert all(
            part in text for part in (opened["title"], "一次有效，与选择无关", opened["box_words"], "投票凭条号")
        )
    fonts = table._tbl.xml  # noqa: SLF001  what Word reads
    assert 'w:eastAsia="宋体"' in fonts
    assert fonts.count('w:val="dashed"') == 6
    numbers = [re.sub(r"\s", "", found[0]) for text in cells if (found := re.findall(r"\d{3} \d{3} \d{4}", text))]
    assert len(set(numbers)) == 3
    assert all(is_slip_number(number.encode()) for number in numbers)
    return numbers


def wait_until_it_takes_slips(terminal: Terminal) -> None:
    terminal.wait_for("请输入投票凭条号")
    terminal.wait_gone("请稍候")
    stand(terminal)


def type_slip(terminal: Terminal, number: str) -> None:
    terminal.press(number)
    terminal.wait_for("*" * len(number))
    terminal.press("\r")


def vote_by_slip(terminal: Terminal, number: str, choice: int) -> None:
    wait_until_it_takes_slips(terminal)
    type_slip(terminal, number)
    fill_in(terminal, choice)
    press_when(terminal, "按 Enter 投票后不能更改", "\r")
    terminal.wait_for("已投入票箱，请离开")


def end(terminal: Terminal) -> None:
    terminal.press("0\r")
    press_when(terminal, "进入管理菜单，请指导监督人员", f"{PIN}\r")
    press_when(terminal, "3　结束投票", "3")
    press_when(terminal, "结束后不能再投票", "2")
    press_when(terminal, "投票已结束", "\r")


def counted(hall: Hall) -> None:
    missing = hall.admin("close", "--present", "3", "--out", "round.result")
    assert (missing.code, "--leftover" in missing.err) == (2, True)
    too_many = hall.admin("close", "--present", "3", "--leftover", "2", "--out", "round.result")
    assert (too_many.code, "发出凭条1张" in too_many.err) == (1, True)
    assert not hall.path("round.result").exists()
    closed = hall.ask("close", "--present", "3", "--leftover", "0", "--out", "round.result")
    figures = {name: closed[name] for name in ("issued", "collected", "satisfied", "unsatisfied", "outcome")}
    assert figures == {"issued": 3, "collected": 2, "satisfied": 2, "unsatisfied": 0, "outcome": "satisfied"}
    assert closed["slips"] == {"made": 3, "leftover": 0, "wrong": 1}
    assert hall.ask("import", "round.result")["imported"] == 1
    assert "未交回" in hall.admin("close", "--present", "3", "--out", "again.result").out
