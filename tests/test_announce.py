"""`beikaobei-kiosk announce` shows what `verify` accepts, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from box_factory import FIVE_BALLOTS, MadeBox, make_box
from hall import press_when
from terminal import ROOT, Terminal

from ballots_store.trust import enrolled
from kiosk.announcing import announcement_of
from kiosk.bulletin import bulletin
from rounds.chain import read_result


def announce(home: Path, file: Path, *more: str) -> subprocess.CompletedProcess[bytes]:
    """Without a terminal: a file that verifies comes as far as the refusal to draw (2)."""
    return subprocess.run(
        [sys.executable, "-m", "kiosk", "announce", str(file), "--home", str(home), *more],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def counted(tmp_path: Path) -> tuple[MadeBox, Path]:
    made = make_box(tmp_path / "home").vote(FIVE_BALLOTS)
    file = tmp_path / "round.result"
    file.write_bytes(made.close().result)
    return made, file


def _flipped(data: bytes) -> bytes:
    at = data.index(b'"sig":"') + 40
    return data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :]


REFUSED: dict[str, tuple[Callable[[bytes], bytes], int, str]] = {
    "altered": (_flipped, 3, "未通过的检查"),
    "cut": (lambda data: data[:-1], 4, "无法识别"),
    "a line more": (lambda data: data + b"\n", 4, "格式不规范"),
    "no document": (lambda _: b"hello", 4, "无法识别"),
    "as it is": (lambda data: data, 2, "须在终端中启动"),  # the control
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_verify_is_not_announced(name: str, counted: tuple[MadeBox, Path]) -> None:
    made, file = counted
    change, code, fragment = REFUSED[name]
    file.write_bytes(change(file.read_bytes()))
    done = announce(made.home.path, file)
    assert (done.returncode, done.stderr.count(b"\n")) == (code, 1)
    assert fragment in done.stderr.decode()
    assert done.stdout == b""


def test_without_the_organisation_it_is_unverified(counted: tuple[MadeBox, Path], tmp_path: Path) -> None:
    _, file = counted
    done = announce(tmp_path / "another home", file)
    assert done.returncode == 3
    assert "未验证" in done.stderr.decode()


@pytest.mark.pty
def test_the_pages_of_a_round_below_quorum_hold_no_count(tmp_path: Path) -> None:
    made = make_box(tmp_path / "home").vote(FIVE_BALLOTS[:2])
    file = tmp_path / "round.result"
    file.write_bytes(made.close(present=2, reason="多数团员外出实习").result)
    argv = [sys.executable, "-m", "kiosk", "announce", str(file), "--home", str(made.home.path)]
    with Terminal(argv) as terminal:
        for shown in ("应到", "收回", "票箱未开启", "本次测评无效", "箱号"):
            press_when(terminal, shown, "\r")
        press_when(terminal, "应到", "\x1b")
        assert terminal.exit_status() == 0
    shown = terminal.raw.decode()
    assert "多数团员外出实习" in shown
    assert "满意2票" not in shown
    assert "不满意0票" not in shown


@pytest.mark.pty
def test_the_text_for_the_absent_says_what_the_pages_say(counted: tuple[MadeBox, Path], tmp_path: Path) -> None:
    made, file = counted
    text = tmp_path / "公布.txt"
    argv = [sys.executable, "-m", "kiosk", "announce", str(file), "--home", str(made.home.path), "--text", str(text)]
    with Terminal(argv) as terminal:
        press_when(terminal, "应到", "\x1b")
        assert terminal.exit_status() == 0
    data = text.read_bytes()
    lines = data.decode("utf-8-sig").split("\r\n")
    assert lines[2] == (
        "本次测评应参加团员6名，实际参与5名；发出测评票5张，收回5张，其中有效4张，无效1张；"
        "满意3票，不满意1票，满意度60.00%，测评结果：满意。"
    )
    assert {"应到6人，实到5人", "发出5张，收回5张，有效4张，无效1张", "满意3票，不满意1票，满意度60.00%"} <= set(lines)
    assert "至少3票" in data.decode("utf-8")
    code = next(line for line in lines if line.startswith("二维码内容")).split("：")[1].split(" ")
    assert code[1] == "6/5/5/5/4/1/3/1"
    assert len(code[2]) == 64
    with Terminal(argv) as terminal:  # never written over
        assert terminal.exit_status() == 4
    assert "已存在，不予覆盖" in terminal.raw.decode()
    assert text.read_bytes() == data
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]


def test_without_a_terminal_no_text_is_written(counted: tuple[MadeBox, Path], tmp_path: Path) -> None:
    made, file = counted
    text = tmp_path / "公布.txt"
    assert announce(made.home.path, file, "--text", str(text)).returncode == 2
    file.write_bytes(_flipped(file.read_bytes()))
    assert announce(made.home.path, file, "--text", str(text)).returncode == 3
    assert not text.exists()


@pytest.mark.parametrize(("secretary_votes", "due"), [(True, 6), (False, 5)])
def test_who_is_expected_is_who_may_vote(secretary_votes: bool, due: int, tmp_path: Path) -> None:
    made = make_box(tmp_path / "home", secretary_votes=secretary_votes).vote(FIVE_BALLOTS)
    shown = announcement_of(read_result(made.close().result, enrolled(made.home)))
    assert (shown.expected, shown.figures.registered) == (due, 6)
    assert shown.sentence.startswith(f"本次测评应参加团员{due}名，实际参与5名；")
    assert f"应到{due}人，实到5人" in bulletin(shown).decode()
    assert any("按登记注册团员6名计算" in remark for remark in shown.remarks) is not secretary_votes
    assert shown.code.split(" ")[1] == f"{due}/5/5/5/4/1/3/1"
    assert set(shown.code) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")  # the smaller kind of code
