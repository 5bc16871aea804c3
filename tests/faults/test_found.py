"""What the campaign found and was mended: a roster changed in the box's file, and a laptop whose clock shows 1970."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from box_factory import MadeBox, kept, make_box, make_issued, make_request, memory_folder, open_box

from ballots_store.errors import StorageFailure
from rounds.choices import Choice
from rounds.errors import RuleRefusal, VerificationFailure

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def made() -> Iterator[MadeBox]:
    with memory_folder() as folder:
        yield make_box(folder / "home", with_roster=True).vote([Choice.SATISFIED] * 4)


def change_roster(made: MadeBox, *statements: str) -> None:
    database = sqlite3.connect(made.folder.box)
    with database:
        for statement in statements:
            database.execute(statement)
    database.close()


@pytest.mark.parametrize(
    "statements",
    [
        ("UPDATE roster SET member = '007 外人' WHERE pos = 5",),
        ("UPDATE roster SET pos = 100 WHERE pos = 0", "UPDATE roster SET pos = 0 WHERE pos = 5"),
        ("DELETE FROM roster WHERE pos = 5",),
        ("DELETE FROM roster",),
    ],
    ids=["another name", "another order", "one fewer", "none"],
)
def test_a_changed_roster_is_refused(made: MadeBox, statements: tuple[str, ...]) -> None:
    made.start().close()  # the control: as it was opened, it starts
    change_roster(made, *statements)
    before = kept(made)
    with pytest.raises(VerificationFailure, match="名册"):
        made.start()
    with pytest.raises(VerificationFailure, match="名册"):
        made.close()
    assert kept(made) == before


@pytest.mark.parametrize("recorded", [b"/media/\xf5sb", b"/media/\0usb"])
def test_a_damaged_path_of_the_stick_is_one_line(made: MadeBox, recorded: bytes) -> None:
    made.start().close()  # the control
    database = sqlite3.connect(made.folder.box)
    with database:
        database.execute("UPDATE meta SET v = ? WHERE k = 'token'", [recorded])
    database.close()
    with pytest.raises(StorageFailure, match="票箱文件损坏"):
        made.start()


def test_a_clock_in_1970_is_named_before_anything_is_done(made: MadeBox, tmp_path: Path) -> None:
    before = kept(made)
    with pytest.raises(RuleRefusal, match="本机时间是1970年"):
        made.start(clock=lambda: EPOCH)
    with pytest.raises(RuleRefusal, match="本机时间是1970年"):
        made.close(now=EPOCH)
    assert kept(made) == before
    made.start().close()
    issued = make_issued()
    with pytest.raises(RuleRefusal, match="本机时间是1970年"):
        open_box(tmp_path / "home", issued, make_request(issued), now=EPOCH)
    assert open_box(tmp_path / "home", issued, make_request(issued)).home.rounds() == [issued.round_id]
