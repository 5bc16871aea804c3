"""A whole round, as README's table numbers it: five of six members vote through the kiosk's real terminal.

3 满意, 1 不满意, 1 blank → 收回 5, 有效 4, 无效 1, 60.00%, 满意; the file imports once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hall import Hall, end_voting, press_when, start_voting, vote


@pytest.mark.pty
def test_flow(tmp_path: Path) -> None:
    hall = Hall(tmp_path)
    step_1_organisation_key(hall)
    issued = step_2_authorise(hall)
    opened = step_3_inspect_and_seal(hall, issued)
    seal_words = step_4_vote(hall, opened)
    closed = step_5_stop_and_count(hall, seal_words)
    step_5_announce(hall, opened)
    step_6_import(hall)
    step_7_publish(hall, closed)
    step_8_summary(hall, closed)


def step_1_organisation_key(hall: Hall) -> None:
    made = hall.ask("keys", "new", "--name", "共青团演示大学委员会", "--out", "org.key")
    assert made["name"] == "共青团演示大学委员会"
    assert hall.path("org.key").exists()
    assert hall.path("org.pub").exists()


def step_2_authorise(hall: Hall) -> dict[str, Any]:
    issued = hall.authorise()
    assert issued["activation_code"] != issued["emergency_code"]
    assert issued["activation_code"].encode() not in hall.path("round.auth").read_bytes()
    return issued


def step_3_inspect_and_seal(hall: Hall, issued: dict[str, Any]) -> dict[str, Any]:
    opened = hall.ask("open", "round.auth", "--teller", "王五", BEIKAOBEI_ACTIVATION=issued["activation_code"])
    assert opened["round_id"] == issued["round_id"]
    assert (opened["members"], opened["quorum_needed"]) == (6, 4)
    assert hall.ask("status")["state"] == "opened"
    return opened


def step_4_vote(hall: Hall, opened: dict[str, Any]) -> str:
    with hall.kiosk() as terminal:
        start_voting(terminal)
        for number, choice in enumerate((1, 2, 1, 3, 1)):
            terminal.wait_for(f"已投 {number} / 应参加 6")
            assert opened["box_words"] in terminal.text()
            vote(terminal, choice)
        status = hall.ask("status")
        assert (status["state"], status["collected"]) == ("in_use", None)
        seal_words = end_voting(terminal)
        assert terminal.exit_status() == 0
    status = hall.ask("status")
    assert (status["state"], status["issued"], status["collected"], status["quorum_met"]) == ("stopped", 5, 5, True)
    return seal_words


def step_5_stop_and_count(hall: Hall, seal_words: str) -> dict[str, Any]:
    closed = hall.ask("close", "--present", "5", "--out", "round.result")
    expected = {
        "registered": 6,
        "present": 5,
        "issued": 5,
        "collected": 5,
        "valid": 4,
        "invalid": 1,
        "satisfied": 3,
        "unsatisfied": 1,
        "rate": "3/5",
        "rate_percent": "60.00",
        "quorum_met": True,
        "outcome": "satisfied",
        "priorities": [],
    }
    assert {name: closed[name] for name in expected} == expected
    assert closed["seal_words"] == seal_words
    assert hall.ask("status")["state"] == "closed"
    assert hall.ask("verify", "round.result")["valid"] is True
    return closed


def step_5_announce(hall: Hall, opened: dict[str, Any]) -> None:
    with hall.kiosk("announce", "round.result", rows=33, columns=120) as terminal:
        for shown in ("应到", "收回", "60.00%", "至少3票", opened["box_words"]):
            terminal.wait_for(shown)
            press_when(terminal, shown, "\r")
        press_when(terminal, "应到", "\x1b")
        assert terminal.exit_status() == 0


def step_6_import(hall: Hall) -> None:
    first = hall.ask("import", "round.result")
    assert (first["imported"], first["duplicates"]) == (1, 0)
    second = hall.ask("import", "round.result")
    assert (second["imported"], second["duplicates"]) == (0, 1)


def step_7_publish(hall: Hall, closed: dict[str, Any]) -> None:
    (confirmed,) = hall.ask("confirm", "--all")["rounds"]
    assert (confirmed["round_id"], confirmed["publicity"]) == (closed["round_id"], "confirmed")
    hall.ask("notice", closed["round_id"], "--out", "notice.docx")
    assert hall.path("notice.docx").exists()
    (posted,) = hall.ask("publish", closed["round_id"], "--channel", "公告栏")["rounds"]
    assert (posted["publicity"], posted["channels"]) == ("posted", ["公告栏"])


def step_8_summary(hall: Hall, closed: dict[str, Any]) -> None:
    row = hall.ask("summary")["rows"][0]
    assert row["satisfied"] == closed["satisfied"]
    assert row["publicity"].endswith("日")
