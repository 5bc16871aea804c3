"""The start of the kiosk: what is said before the codes, what ends it, and rounds whose files are damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from box_factory import make_box
from planted_laptop import Laptop

from ballots_store.errors import BoxInUse
from ballots_store.lock import held
from ballots_store.status import recorded_token
from kiosk.checks.at_start import say_findings, watch
from kiosk.checks.model import Finding, Level
from rounds.errors import RuleRefusal

REFUSING = Finding("显示器", Level.REFUSE, "连接了2台显示器", "请断开。")
WARNING = Finding("电源", Level.WARN, "正在用电池供电", "请接通电源。")
ASKING = Finding("摄像头", Level.ASK, "无法得知", "是吗？")
SPARED = Finding("票箱U盘", Level.REFUSE, "没有找到", "请插好。")


def test_nothing_wrong_says_nothing() -> None:
    said: list[str] = []
    say_findings([Finding("电源", Level.OK, "已接通电源")], said.append, official=True)
    assert said == []


def test_each_warning_is_a_line_and_the_questions_are_one() -> None:
    said: list[str] = []
    say_findings([WARNING, ASKING, SPARED], said.append, official=True)
    assert said == [
        "注意：电源：正在用电池供电。请接通电源。",
        "注意：票箱U盘：没有找到。请插好。",
        "请在会场核对：摄像头（beikaobei-kiosk check 逐项列出）。",
    ]


def test_an_official_start_ends_and_a_rehearsal_goes_on() -> None:
    said: list[str] = []
    with pytest.raises(RuleRefusal, match="连接了2台显示器"):
        say_findings([REFUSING, WARNING], said.append, official=True)
    assert said == ["注意：电源：正在用电池供电。请接通电源。"]  # the refusal itself is the error's line
    say_findings([REFUSING], said.append, official=False)
    assert said[-1] == "注意：显示器：连接了2台显示器。请断开。"


def test_the_stick_that_opening_recorded_is_looked_at(tmp_path: Path) -> None:
    made = make_box(tmp_path / "home", token=tmp_path / "stick")
    around = Laptop(tmp_path / "laptop").around()
    assert watch(around, made.home, made.round_id, None).token == (tmp_path / "stick").resolve()
    assert watch(around, made.home, made.round_id, tmp_path / "other").token == tmp_path / "other"
    plain = make_box(tmp_path / "second")
    assert recorded_token(plain.home, plain.round_id) is None
    with held(made.folder), pytest.raises(BoxInUse):
        recorded_token(made.home, made.round_id)


def test_only_a_readable_rehearsal_is_spared(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path / "laptop")
    laptop.display("HDMI-A-1")
    made = make_box(tmp_path / "home", rehearsal=True)
    rehearsal = watch(laptop.around(), made.home, made.round_id, None)
    assert (rehearsal.official, rehearsal.room()) == (False, None)
    made.folder.authorisation.write_bytes(b"{}")
    damaged = watch(laptop.around(), made.home, made.round_id, None)
    assert damaged.official
    assert "连接了2台显示器" in str(damaged.room())
