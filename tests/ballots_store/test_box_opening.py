"""What an opening refuses, and what it leaves then: nothing."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from box_factory import (
    CHEAP_KDF,
    FIVE_BALLOTS,
    OPENED,
    SUPERVISOR_CODE,
    MadeBox,
    kept,
    make_issued,
    make_request,
    open_box,
)

from ballots_store.home import Home
from ballots_store.opening import open_round
from ballots_store.rehearsal import make_rehearsal
from ballots_store.status import round_status
from rounds.choices import Choice
from rounds.errors import BadInput, RoundError, RuleRefusal, VerificationFailure

SATISFIED = Choice.SATISFIED


REFUSED_OPENINGS: dict[str, tuple[dict[str, Any], type[RoundError], str]] = {
    "official as rehearsal": ({"rehearsal": True}, RuleRefusal, "正式批复"),
    "teller is the assessed": ({"teller_name": "张晓明"}, RuleRefusal, "被测评的"),
    "teller is the assessed, spaced": ({"teller_name": "张 晓　明"}, RuleRefusal, "被测评的"),
    "teller is the supervisor": ({"teller_name": "李督导"}, RuleRefusal, "同一人"),
    "another supervisor": ({"supervisor_name": "钱某某"}, RuleRefusal, "批复所载不符"),
    "one code for both": ({"teller_code": SUPERVISOR_CODE}, BadInput, "不得相同"),
    "one code for both, full width": (
        {"supervisor_code": "abcdefgz", "teller_code": "ａｂｃｄｅｆｇｚ"},
        BadInput,
        "不得相同",
    ),
    "short code": ({"teller_code": "七个字符的口令"}, BadInput, "字符"),
    "trivial PIN": ({"pin": "123456"}, BadInput, "过于简单"),
    "PIN of letters": ({"pin": "abcdef"}, BadInput, "位数字"),
    "no teller": ({"teller_name": " "}, BadInput, "缺少姓名"),
    "wrong activation code": ({"activation_code": "0000-0000-0000-0000"}, VerificationFailure, "启用码"),
    "no activation code": ({"activation_code": ""}, VerificationFailure, "启用码"),
    "a roster that none asked for": ({"roster": ("甲", "乙")}, RuleRefusal, "名册"),
    "a missing stick": ({"token": Path("/nonexistent/stick")}, RoundError, "票箱U盘"),
    "a name with a control character": ({"teller_name": "王\x07票"}, BadInput, "可见字符"),
    "a name that is too long": ({"teller_name": "王" * 61}, BadInput, "可见字符"),
    "a laptop in two lines": ({"laptop": "团委\n办公室"}, BadInput, "可见字符"),
    "a readiness line that is none": ({"readiness": ("",)}, BadInput, "验箱检查"),
    "too many readiness lines": ({"readiness": ("可以",) * 41}, BadInput, "验箱检查"),
}


@pytest.mark.parametrize("case", REFUSED_OPENINGS)
def test_what_an_opening_refuses(scratch: Path, case: str) -> None:
    changes, kind, words = REFUSED_OPENINGS[case]
    issued = make_issued()
    with pytest.raises(kind, match=words) as refused:
        open_box(scratch / "home", issued, make_request(issued, **changes))
    assert "\n" not in str(refused.value)
    assert not (scratch / "home" / "rounds").exists()
    open_box(scratch / "home", issued, make_request(issued))  # the control: without the change it opens


def test_supervisor_is_the_assessed(scratch: Path) -> None:
    """Where the authorisation names no supervisor, the one who comes is checked."""
    issued = make_issued(supervisor="")
    with pytest.raises(RuleRefusal, match="被测评的"):
        open_box(scratch / "home", issued, make_request(issued, supervisor_name="张晓明"))
    with pytest.raises(BadInput, match="缺少姓名"):
        open_box(scratch / "home", issued, make_request(issued))
    open_box(scratch / "home", issued, make_request(issued, supervisor_name="李督导"))


def test_a_rehearsal_opened_as_official(scratch: Path) -> None:
    issued = make_issued(rehearsal=True)
    with pytest.raises(RuleRefusal, match="演练批复"):
        open_box(scratch / "home", issued, make_request(issued))
    made = open_box(scratch / "home", issued, make_request(issued, rehearsal=True))
    box = made.start()
    assert box.heading.rehearsal
    box.close()
    assert round_status(made.home, made.round_id).mode == "rehearsal"


def test_a_second_opening_here(made: MadeBox) -> None:
    before = kept(made)
    with pytest.raises(RuleRefusal, match="已在本机封箱"):
        open_box(made.home.path, made.issued, made.request)
    assert kept(made) == before


@pytest.mark.parametrize("change", ["other", "missing", "fewer", "double"])
def test_another_roster_is_refused(scratch: Path, change: str) -> None:
    roster = ("甲", "乙", "丙")
    issued = make_issued(members=3, roster=roster)
    brought = {"other": ("甲", "乙", "丁"), "missing": (), "fewer": ("甲", "乙"), "double": (*roster, "丙")}[change]
    with pytest.raises(RuleRefusal, match="名册"):
        open_box(scratch / "home", issued, make_request(issued, roster=brought))
    made = open_box(scratch / "home", issued, make_request(issued, roster=tuple(reversed(roster))))
    assert len(made.roster) == 3


@pytest.mark.parametrize("roster", [("甲", "乙", "乙"), ("甲", "乙")])
def test_a_roster_that_does_not_fit_is_refused_even_when_signed(scratch: Path, roster: tuple[str, ...]) -> None:
    issued = make_issued(members=3, roster=roster)
    with pytest.raises(RuleRefusal, match="名册"):
        open_box(scratch / "home", issued, make_request(issued, roster=roster))


def test_an_untrusted_authorisation_is_refused(scratch: Path) -> None:
    issued = make_issued()
    with pytest.raises(VerificationFailure, match="未验证"):
        open_round(Home(scratch), make_request(issued), roots={}, now=OPENED)
    assert list(scratch.iterdir()) == []


def test_every_byte_written_is_for_its_owner_alone(made: MadeBox) -> None:
    made.vote(FIVE_BALLOTS)
    for path in (made.home.path, *made.home.path.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path.name


@pytest.mark.parametrize("unfit", [123123, 909090, 123456])
def test_a_rehearsal_always_opens(scratch: Path, unfit: int) -> None:
    """A random PIN that the policy refuses (one in 400 repeats a block) is drawn again, not raised."""
    drawn: list[int] = []

    def draw(size: int) -> bytes:
        drawn.append(size)
        return unfit.to_bytes(size) if size == 16 and drawn.count(16) == 4 else secrets.token_bytes(size)

    rehearsal = make_rehearsal(scratch, members=6, now=OPENED, draw=draw, kdf=CHEAP_KDF)
    assert drawn.count(16) > 5
    assert rehearsal.pin != str(unfit)
    assert round_status(rehearsal.home, rehearsal.round_id).state == "opened"
