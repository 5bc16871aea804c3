"""Making 投票凭条: the slips and their paper, or neither, wherever it is cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
from box_factory import OPENED, cast_by_slip, make_box

from ballots_store import slip_making
from ballots_store.errors import StorageFailure
from ballots_store.slip_making import SlipRequest, make_slips, part_of
from rounds.choices import Choice
from rounds.errors import RuleRefusal

SATISFIED = Choice.SATISFIED


class Cut(Exception):
    """The power, at one named step."""


STEPS = ("before paper", "after paper", "before slips", "before update", "after update", "after commit", "after slips")


@pytest.mark.parametrize("at", [*STEPS, "before publish paper"])
def test_cut_off_anywhere_there_are_slips_and_paper_or_neither(scratch: Path, at: str) -> None:
    made = make_box(scratch / "home", token=scratch / "stick")
    papers: list[tuple[str, ...]] = []

    def render(sheet: slip_making.SlipSheet) -> bytes:
        papers.append(sheet.numbers)
        return "\n".join(sheet.numbers).encode()

    def hook(step: str) -> None:
        if step == at:
            raise Cut

    out = scratch / "slips.docx"
    request = SlipRequest(made.round_id, made.codes(), out)
    with pytest.raises(Cut):
        make_slips(made.home, request, render, now=OPENED, token=made.token, hook=hook)
    assert not out.exists()
    done = make_slips(made.home, request, render, now=OPENED, token=made.token)
    assert done.resumed is (len(papers) == 1)
    assert not part_of(out).exists()
    box = made.start()
    for number in out.read_text().splitlines():
        cast_by_slip(box, number, SATISFIED)
    assert box.figures().collected == 6
    box.close()


def test_another_calls_stale_part_is_not_taken_for_the_paper(scratch: Path) -> None:
    made = make_box(scratch / "home")
    part_of(scratch / "stale.docx").write_bytes(b"numbers that open nothing")
    made.slips()
    with pytest.raises(RuleRefusal, match="已经制作过"):
        made.slips(out=scratch / "stale.docx")
    assert not (scratch / "stale.docx").exists()


def test_a_commit_that_fails_leaves_neither(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_box(scratch / "home")

    def full(*_anything: object, **_named: object) -> None:
        raise StorageFailure("磁盘已满")

    with monkeypatch.context() as broken:
        broken.setattr("ballots_store.store.BoxStore.update", full)
        with pytest.raises(StorageFailure):
            made.slips()
    found = list(scratch.glob("slips*"))
    assert [path.name for path in found] in ([], ["slips.docx.part"])
    assert len(made.slips()) == 6


def test_a_name_that_cannot_be_given_is_said_and_made_good(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_box(scratch / "home")

    def refused(_finished: Path, _path: Path) -> None:
        raise PermissionError(1, "no")

    with monkeypatch.context() as broken:
        broken.setattr(slip_making, "publish", refused)
        with pytest.raises(StorageFailure, match=r"已经生效.*slips\.docx\.part"):
            made.slips()
    with pytest.raises(IndexError):  # nothing is rendered again
        made.slips()
    assert (scratch / "slips.docx").read_bytes() == b"paper"
