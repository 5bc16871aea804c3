"""What two officers may get wrong on one laptop: each mistake has its own line and exit code, and changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from box_factory import CLOSED, FIVE_BALLOTS, make_box
from hall import SUPERVISOR_CODE, Hall, start_voting

from ballots_store.closing import CloseRequest, close_round
from ballots_store.home import Home
from rounds.documents import AUTHORISATION
from rounds.encoding import decode, encode
from rounds.envelope import Envelope

_Mistake = Callable[[Hall], tuple[int, str]]


def fingerprint(hall: Hall) -> dict[str, str]:
    """Every file of the home but the empty lock file and the log, in which a wrong code leaves its line."""
    aside = {"log.jsonl", "lock"}
    files = (path for path in sorted(hall.home.rglob("*")) if path.is_file() and path.name not in aside)
    return {str(path.relative_to(hall.home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def activation(hall: Hall) -> str:
    """Kept by the fixture beside the home, as the supervisor keeps it on paper."""
    return hall.path("启用码.txt").read_text()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """A home with one opened round, and files of other rounds to go wrong with."""
    hall = Hall(tmp_path_factory.mktemp("refusals"))
    hall.ask("keys", "new", "--name", "共青团演示大学委员会", "--out", "org.key")
    issued = hall.authorise()
    hall.path("启用码.txt").write_text(issued["activation_code"])
    hall.ask("open", "round.auth", "--teller", "王五", BEIKAOBEI_ACTIVATION=issued["activation_code"])
    other = hall.authorise("--rehearsal", out="rehearsal.auth")
    hall.path("演练启用码.txt").write_text(other["activation_code"])
    hall.authorise("--opens", "2016-03-01T14:00:00+08:00", "--closes", "2016-03-01T16:00:00+08:00", out="past.auth")
    hall.authorise(out="fresh.auth")
    twice = decode(hall.path("fresh.auth").read_bytes(), Envelope, "", AUTHORISATION.cap)
    doubled = Envelope(
        payload=twice.payload, payload_type=twice.payload_type, signatures=[*twice.signatures, *twice.signatures]
    )
    hall.path("twice.auth").write_bytes(encode(doubled))
    return hall


def _open(hall: Hall, file: str, *options: str, teller: str = "王五", **secrets: str) -> tuple[int, str]:
    answer = hall.admin("open", file, "--teller", teller, *options, BEIKAOBEI_ACTIVATION=activation(hall), **secrets)
    return answer.code, answer.err


def _close(hall: Hall, *options: str, present: str = "5", **secrets: str) -> tuple[int, str]:
    answer = hall.admin("close", "--present", present, "--out", "never.result", *options, **secrets)
    return answer.code, answer.err


MISTAKES: dict[str, tuple[_Mistake, int, str]] = {
    "a wrong officer's code": (
        lambda hall: _close(hall, BEIKAOBEI_SUPERVISOR_CODE="不是这一个口令"), 3, "指导监督人员口令不正确",
    ),
    "a wrong activation code": (lambda hall: _open(hall, "fresh.auth"), 3, "启用码不正确"),
    "the same key twice": (lambda hall: _open(hall, "twice.auth"), 3, "同一密钥签名两次"),
    "the secretary as teller": (lambda hall: _open(hall, "fresh.auth", teller="张三"), 1, "被测评的团支部书记不得"),
    "the supervisor as teller": (lambda hall: _open(hall, "fresh.auth", teller="李四"), 1, "不得为同一人"),
    "a rehearsal as official": (lambda hall: _open(hall, "rehearsal.auth"), 1, "演练批复"),
    "an official one as rehearsal": (lambda hall: _open(hall, "fresh.auth", "--rehearsal"), 1, "正式批复"),
    "a closed window": (lambda hall: _open(hall, "past.auth"), 1, "已过批复的结束时间"),
    "a second opening": (lambda hall: _open(hall, "round.auth"), 1, "已在本机封箱"),
    "the same code for both": (
        lambda hall: _open(hall, "fresh.auth", BEIKAOBEI_TELLER_CODE=SUPERVISOR_CODE), 2, "口令不得相同",
    ),
    "too few ballots": (_close, 1, "还差4人"),
    "one holder alone": (
        lambda hall: _close(hall, BEIKAOBEI_TELLER_CODE=SUPERVISOR_CODE), 3, "计票人口令不正确",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_has_its_line_and_changes_nothing(name: str, opened: Hall) -> None:
    mistake, code, fragment = MISTAKES[name]
    before = fingerprint(opened)
    assert before
    answer = mistake(opened)
    assert answer[0] == code, answer
    assert fragment in answer[1]
    assert len([line for line in answer[1].splitlines() if line.startswith("错误：")]) == 1
    assert "Traceback" not in answer[1]
    assert fingerprint(opened) == before
    assert not opened.path("never.result").exists()
    assert opened.ask("status")["state"] == "opened"


def test_every_mistake_has_a_line_of_its_own() -> None:
    fragments = [fragment for _, _, fragment in MISTAKES.values()]
    assert len(set(fragments)) == len(fragments)


@pytest.mark.pty
def test_close_while_the_kiosk_runs(opened: Hall) -> None:
    with opened.kiosk() as terminal:
        start_voting(terminal)
        terminal.wait_until(lambda: "一致吗" in terminal.text() or "请下一位" in terminal.text(), "the kiosk")
        before = fingerprint(opened)
        code, line = _close(opened)
        assert (code, "票箱正在使用中" in line) == (1, True)
        assert opened.ask("status")["state"] == "in_use"
        assert fingerprint(opened) == before


def test_more_ballots_than_people_present_is_refused_and_can_be_corrected(tmp_path: Path) -> None:
    made = make_box(tmp_path / "home").vote(FIVE_BALLOTS)
    hall = Hall(tmp_path)
    codes = made.codes()
    secrets = dict(zip(("BEIKAOBEI_SUPERVISOR_CODE", "BEIKAOBEI_TELLER_CODE"), codes.values(), strict=True))
    before = fingerprint(hall)
    answer = hall.admin("close", "--present", "4", "--out", "never.result", **secrets)
    assert answer.code == 1
    assert "收回5张，实到4人：收回的票数多于发出的票数，无效" in answer.err
    assert fingerprint(hall) == before
    assert not hall.path("never.result").exists()
    request = CloseRequest(made.round_id, codes, 5)
    assert close_round(Home(hall.home), request, now=CLOSED).end.collected == 5
