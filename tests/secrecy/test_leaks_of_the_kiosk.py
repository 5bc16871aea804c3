"""After each cast: the real kiosk's memory, core limit, environment, output, and every file that it could write."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from box_factory import memory_folder
from hall import fill_in, press_when, stand, start_voting, unlock
from leaks import (
    WORDS,
    cannot_read_memory,
    choice_words,
    core_limit,
    in_files,
    in_memory,
    in_process,
    open_files,
    spelled,
)
from real_kiosk import rehearsed
from rich.color import Color, ColorSystem
from terminal import Terminal

from ballots_store.rehearsal import Rehearsal
from kiosk import texts
from kiosk.theme import REHEARSAL
from rounds.choices import Choice

pytestmark = [
    pytest.mark.pty,
    pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="reads /proc, which this system does not have"),
]
TOY = Path(__file__).with_name("apps") / "toy_kiosk.py"
WORKING_FILES = {"box.sqlite", "box.sqlite-journal", "slots", "lock"}
_INK = Color.parse(REHEARSAL.ink).downgrade(ColorSystem.EIGHT_BIT).number
DRAWN = f"\x1b[0m\x1b[38;5;{_INK};48;5;16m"
"""What stands between two characters that Textual has drawn in the colours of a rehearsal."""


@pytest.fixture
def scratch() -> Iterator[Path]:
    with memory_folder() as folder:
        for name in ("tmp", "user", "work"):
            (folder / name).mkdir()
        yield folder


def run(scratch: Path, *argv: str, **environment: str) -> Terminal:
    """A program with a temporary folder, a user's folder and a working folder of its own."""
    places = {"TMPDIR": str(scratch / "tmp"), "HOME": str(scratch / "user"), "PYTHONDONTWRITEBYTECODE": "1"}
    return Terminal([sys.executable, *argv], env={**places, **environment}, cwd=scratch / "work")


def shown(choice: Choice) -> str:
    return texts.YOUR_CHOICE + texts.REVIEWED[choice]


def reviews() -> dict[str, tuple[bytes, ...]]:
    """The line that names a choice, as a text and as it was drawn."""
    whole = {choice.name: spelled(shown(choice)) for choice in Choice}
    drawn = {f"{choice.name} drawn": spelled(DRAWN.join(shown(choice)[4:8])) for choice in Choice}
    return whole | drawn


def codes_of(rehearsal: Rehearsal) -> dict[str, tuple[bytes, ...]]:
    return {
        "PIN": spelled(rehearsal.pin),
        "supervisor's code": spelled(rehearsal.supervisor_code),
        "teller's code": spelled(rehearsal.teller_code),
    }


def test_the_kiosk_keeps_nothing_of_a_cast(scratch: Path) -> None:
    rehearsal = rehearsed(scratch)
    codes, before = codes_of(rehearsal), choice_words([scratch])
    with run(scratch, "-m", "kiosk", BEIKAOBEI_HOME=str(rehearsal.home.path)) as terminal:
        start_voting(terminal, supervisor=rehearsal.supervisor_code, teller=rehearsal.teller_code)
        terminal.wait_for("请下一位团员上前")
        for choice in (Choice.UNSATISFIED, Choice.SATISFIED, Choice.BLANK):
            after = cast(terminal, choice, rehearsal.pin)
            assert not WORDS.search(after), choice
            assert choice_words([scratch]) == before
            assert in_files([scratch], codes) == set()
            assert in_process(terminal.pid, codes) == set()
            assert core_limit(terminal.pid) == "0"
            assert open_files(terminal.pid) <= WORKING_FILES
            check_memory(terminal.pid, codes)
        assert not any(form in terminal.raw for forms in codes.values() for form in forms)
        assert [path for name in ("tmp", "user", "work") for path in (scratch / name).rglob("*")] == []


def cast(terminal: Terminal, choice: Choice, pin: str) -> str:
    """One vote, the same keys for every choice but the one digit; what the terminal was sent from Enter to locked."""
    unlock(terminal, pin)
    fill_in(terminal, choice.value)
    assert shown(choice) in terminal.text()
    stand(terminal)
    if not cannot_read_memory():  # the control: while it is shown, the scan finds it
        assert in_memory(terminal.pid, reviews())[f"{choice.name} drawn"] > 0
    begun = len(terminal.raw)
    press_when(terminal, "按 Enter 投票后不能更改", "\r")
    terminal.wait_for("已投入票箱，请离开")
    terminal.wait_for("请下一位团员上前，由指导监督人员开启")
    return terminal.raw[begun:].decode(errors="replace")


def check_memory(pid: int, codes: Mapping[str, tuple[bytes, ...]]) -> None:
    """No code; and of the choice nothing that is not there for all three alike (texts that were measured)."""
    if reason := cannot_read_memory():
        sys.stderr.write(f"memory not scanned: {reason}\n")
        return
    found = in_memory(pid, {**codes, **reviews()})
    assert {name: found[name] for name in codes} == dict.fromkeys(codes, 0)
    assert len({found[choice.name] for choice in Choice}) == 1, found
    assert {found[f"{choice.name} drawn"] for choice in Choice} == {0}, found


def test_the_same_scans_find_everything_in_a_toy(scratch: Path) -> None:
    """The control: each of these places, in a kiosk that keeps PIN and choice."""
    pin, choice = "482915", Choice.UNSATISFIED
    needles = {"PIN": spelled(pin)}
    before = choice_words([scratch])
    with run(scratch, "-u", str(TOY)) as terminal:
        for prompt, answer in (("PIN:", pin), ("choice:", str(choice.value))):
            terminal.wait_until(partial(_stands, terminal, prompt), prompt)
            begun = len(terminal.raw)
            terminal.press(f"{answer}\r")
        terminal.wait_for("ready")
        assert WORDS.search(terminal.raw[begun:].decode())
        assert pin.encode() in terminal.raw
        assert choice_words([scratch]) - before == Counter({"不满意 utf-8": 1})
        assert in_files([scratch / "tmp"], needles) == in_files([scratch / "work"], needles) == {"PIN"}
        assert in_process(terminal.pid, needles) == {"PIN"}
        assert core_limit(terminal.pid) != "0" or _core_forbidden()
        assert not open_files(terminal.pid) <= WORKING_FILES
        if not cannot_read_memory():
            found = in_memory(terminal.pid, {**needles, **reviews()})
            assert found["PIN"] > 0
            assert found["UNSATISFIED"] > found["SATISFIED"] == found["BLANK"] == 0


def _stands(terminal: Terminal, prompt: str) -> bool:
    return prompt in terminal.text()


def _core_forbidden() -> bool:
    """Whether this very process may not dump core either: then the limit tells nothing here."""
    import resource  # noqa: PLC0415  there is no such module on Windows

    return resource.getrlimit(resource.RLIMIT_CORE)[1] == 0


@pytest.mark.skipif(bool(cannot_read_memory()), reason=cannot_read_memory() or "memory can be read")
def test_a_stock_input_widget_keeps_the_pin_two_screens_later(scratch: Path) -> None:
    """Why the PIN goes into a buffer of the kiosk's own: the control for `check_memory`'s zero."""
    pin = "593174"
    with run(scratch, str(TOY.with_name("stock_input.py"))) as terminal:
        terminal.wait_for("PAGE 1")
        stand(terminal)
        terminal.press(f"{pin}\r")
        for page, keys in (("PAGE 2", " "), ("PAGE 3", "")):
            terminal.wait_for(page)
            stand(terminal)
            terminal.press(keys)
        assert in_memory(terminal.pid, {"PIN": spelled(pin)})["PIN"] > 0
