"""A slip and its ballot cannot be tied: by place, snapshots, sizes or statements; nothing of a number stays."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from box_factory import VOTING, MadeBox, cast_by_slip, make_box
from box_inside import statements_of
from hall import fill_in, press_when, stand
from leaks import cannot_read_memory, in_files, in_memory, in_process, spelled
from real_kiosk import rehearsed, voting
from secrecy_experiments import cast_unchecked, unlock_unchecked
from slip_experiments import slip_box, slip_experiment
from terminal import Terminal

from ballots_store.slip_making import SlipRequest, SlipSheet, make_slips
from rounds.choices import Choice
from rounds.sharing import Holder
from rounds.slips import grouped


@pytest.mark.parametrize("printed", [False, True], ids=["made in the hall", "printed with the authorisation"])
def test_no_slip_can_be_tied_to_a_ballot(scratch: Path, *, printed: bool) -> None:
    found = slip_experiment(scratch, 12, printed=printed)
    assert found.places_are_chance, found
    assert found.snapshots == 0
    assert found.control_places.rate == 1.0
    assert found.control_snapshots == 1.0


def test_every_size_is_the_same_whichever_slip_chooses_what(scratch: Path) -> None:
    runs = []
    for at, choice in enumerate(Choice):
        folder = scratch / choice.name
        folder.mkdir()
        made = make_box(folder / "home", token=folder / "stick", members=40)
        sizes = [_sizes(made)]
        slips = made.slips()
        box = made.start()
        for number in slips[at * 5 :][:8]:
            sizes.append(_sizes(made))
            cast_by_slip(box, number, choice)
        cast_unchecked(box, choice)
        sizes.append(_sizes(made))
        box.close()
        runs.append(sizes)
    assert runs[0] == runs[1] == runs[2]
    assert len({seen["box.sqlite"] for seen in runs[0]}) == 1
    assert all(seen == runs[0][1] for seen in runs[0][1:])  # at the start and at the making the log alone grew
    assert runs[0][0] != runs[0][1]  # the control: what grows is seen


def _sizes(made: MadeBox) -> dict[str, int]:
    return {re.sub("[0-9a-f]{16}", "", path.name): len(data) for path, data in made.files().items()}


def test_slip_or_pin_whatever_is_chosen_the_same_statements_run(scratch: Path) -> None:
    made = make_box(scratch / "home", members=12)
    slips = made.slips()
    box, seen = made.start(), []
    for at, choice in enumerate([*Choice] * 4):
        with statements_of(box) as said:
            if at % 2:
                cast_by_slip(box, slips[at], choice)
            else:
                unlock_unchecked(box)
                box.cast(choice)
            box.check_token()  # as the locked screen does, after the thanks
        seen.append("\n".join(said))
    with statements_of(box) as said:  # the control: what says something else is seen
        box.note_helped()
    box.close()
    assert len(set(seen)) == 1
    assert len(re.findall(r"area\d", seen[0])) == 4  # unlock and cast, each with its spoiling
    assert len(said) < len(seen[0].splitlines())


@pytest.mark.parametrize("printed", [False, True], ids=["made in the hall", "printed with the authorisation"])
def test_no_number_is_in_clear_on_any_medium(scratch: Path, *, printed: bool) -> None:
    made, slips = slip_box(scratch, members=6, printed=printed)
    if printed:  # the file that brought them, forgotten on the stick
        (scratch / "stick" / "投票凭条.slips").write_bytes(made.request.slips or b"")
    box = made.start()
    for number in slips[:5]:
        box.admit(number.encode(), 0.0)
        box.unlock(None)
        assert _in_clear(made, slips) == set()
        box.cast(Choice.SATISFIED)
        assert _in_clear(made, slips) == set()
    box.close()
    made.close(leftover=1)
    assert _in_clear(made, slips) == set()
    (made.folder.path / "note").write_text(slips[0])
    assert _in_clear(made, slips) == {slips[0]}  # the control


def _in_clear(made: MadeBox, slips: tuple[str, ...]) -> set[str]:
    forms = {number: (*spelled(number), *spelled(grouped(number)), *_binary(number)) for number in slips}
    assert made.token is not None
    return in_files([made.home.path, made.token], forms)


def _binary(number: str) -> tuple[bytes, ...]:
    """As a number in eight bytes; four could stand anywhere by chance."""
    return int(number).to_bytes(8), int(number).to_bytes(8, "little")


@pytest.mark.pty
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="reads /proc, which this system does not have")
def test_the_kiosk_keeps_no_number(scratch: Path) -> None:
    rehearsal = rehearsed(scratch)
    sheets: list[SlipSheet] = []

    def render(sheet: SlipSheet) -> bytes:
        sheets.append(sheet)
        return b"paper"

    codes = {Holder.SUPERVISOR: rehearsal.supervisor_code, Holder.TELLER: rehearsal.teller_code}
    request = SlipRequest(rehearsal.round_id, codes, scratch / "slips.docx")
    make_slips(rehearsal.home, request, render, now=VOTING)
    numbers = sheets[0].numbers
    needles = {number: spelled(number) for number in numbers}
    with voting(rehearsal) as terminal:
        for number, choice in zip(numbers, (1, 2), strict=False):
            type_slip(terminal, number)
            fill_in(terminal, choice)
            press_when(terminal, "按 Enter 投票后不能更改", "\r")
            terminal.wait_for("已投入票箱，请离开")
            terminal.wait_for("请下一位团员上前")
            assert in_files([scratch], needles) == in_process(terminal.pid, needles) == set()
            assert not any(form in terminal.raw for forms in needles.values() for form in forms)
            if reason := cannot_read_memory():
                sys.stderr.write(f"memory not scanned: {reason}\n")
            else:
                assert not any(in_memory(terminal.pid, needles).values())
        control = {"entry": spelled("开启口令或投票凭条号")}  # the control: what is there is found
        assert cannot_read_memory() or in_memory(terminal.pid, control)["entry"] > 0


def type_slip(terminal: Terminal, number: str) -> None:
    terminal.wait_gone("请稍候")
    stand(terminal)
    press_when(terminal, "开启口令或投票凭条号：", number)
    terminal.wait_for("*" * len(number))
    terminal.press("\r")
