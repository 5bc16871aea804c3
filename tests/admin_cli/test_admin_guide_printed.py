"""The guide and the slips that came with the 批复: found beside it on the stick, asked about, or passed over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from admin_script import Admin
from guide_sitting import LOOK, NAME, READ_ALOUD, Answers, Guided, new_codes
from paper_samples import slip_numbers

from ballots_store.held import START_SECRET, HeldBox

FILE = (("开始一次新的测评", "1"), ("哪一份批复", "1"))
THIS = ("是这一次测评吗", "")
USE = "用印好的凭条吗"
OPENED = ("已发出0张，收回0张", "0")
AGAIN = ("哪一次测评", "0")
SAID = ("已载入投票凭条6张", "")


@pytest.fixture
def hall(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> Admin:
    """A stick with an authorisation and its slips; the laptop's own folder is empty."""
    admin.make_organisation()
    (admin.folder / "stick").mkdir()
    (admin.folder / "here").mkdir()
    monkeypatch.chdir(admin.folder / "here")
    admin.authorise("--supervisor", "李四", "--slips", admin.path("stick/凭条.docx"), out="stick/r.auth")
    return admin


def guided(hall: Admin) -> Guided:
    return Guided(hall, media=(hall.path("stick"),))


def rest(hall: Admin, *after: tuple[str, str]) -> Answers:
    """From the question where the keys go to the end."""
    code = ("[启用码", hall.codes["BEIKAOBEI_ACTIVATION"])
    where = ("密钥放在哪里", "2")  # the stick is the first answer
    return (where, *LOOK, *NAME, code, *new_codes(hall), *READ_ALOUD, *after, OPENED, AGAIN)


def slips_in(hall: Admin) -> int:
    (round_id,) = hall.home.rounds()
    with HeldBox(hall.home, round_id, token=None) as held:
        holders = held.open_holders(hall.officers(), datetime.now(UTC))
        return held.recover(held.join_secret(START_SECRET, holders)).slips.made


def test_found_on_the_stick_and_taken_in(hall: Admin) -> None:
    sitting = guided(hall).sit(*FILE, THIS, (USE, "1"), *rest(hall, SAID))
    assert slips_in(hall) == 6
    assert "删除凭条的 .slips 文件" in sitting.text


def test_gathered_nothing_is_taken_for_granted_and_they_may_be_left_out(hall: Admin) -> None:
    sitting = guided(hall).sit(*FILE, THIS, (USE, ""), ("请按0至2的数字", "2"), *rest(hall))
    assert slips_in(hall) == 0
    assert "已载入投票凭条" not in sitting.text


def test_another_rounds_file_is_passed_over_and_not_asked_about(hall: Admin) -> None:
    mine = hall.path("stick/凭条.slips").read_bytes()
    kept = dict(hall.codes)
    hall.authorise("--supervisor", "李四", "--slips", hall.path("凭条.docx"), out="other.auth")
    hall.codes.update(kept)
    hall.path("凭条.slips").replace(hall.path("stick/凭条.slips"))
    sitting = guided(hall).sit(*FILE, THIS, *rest(hall))
    assert "另一次批复" not in sitting.text
    assert slips_in(hall) == 0
    assert mine != hall.path("stick/凭条.slips").read_bytes()


def test_a_damaged_file_stops_until_somebody_decides(hall: Admin) -> None:
    place = hall.path("stick/凭条.slips")
    whole = place.read_bytes()
    place.write_bytes(whole[:-1])
    guided(hall).sit(*FILE, THIS, ("损坏、被改动", ""), ("请按0至1的数字", "0"), ("开始一次新的测评", "0"))
    assert hall.home.rounds() == []
    hall.path("here/good.slips").write_bytes(whole)  # a good one beside it: nothing stands in the way
    guided(hall).sit(*FILE, THIS, ("用印好的凭条吗", "0"), ("开始一次新的测评", "0"))
    hall.path("here/good.slips").unlink()
    guided(hall).sit(*FILE, THIS, ("损坏、被改动", "1"), *rest(hall))
    assert slips_in(hall) == 0


def test_stationed_enter_takes_them_and_the_count_asks_what_is_left(hall: Admin) -> None:
    for name in ("r.auth", "凭条.docx", "凭条.slips"):
        hall.path(f"stick/{name}").unlink()
    window = ("--opens", "2026-01-01T08:00:00+08:00", "--closes", "2099-01-01T08:00:00+08:00")
    paper = ("--slips", hall.path("stick/凭条.docx"), "--method", "stationed", *window)
    hall.authorise("--supervisor", "李四", *paper, out="stick/r.auth")
    (*begin, _opened, again) = rest(hall, SAID)
    sitting = guided(hall).sit(*FILE, THIS, (USE, ""), *begin, ("已收回0张；", "0"), again)
    assert "None" not in sitting.text
    assert slips_in(hall) == 6
    hall.vote_by_slips(slip_numbers(hall.path("stick/凭条.docx").read_bytes())[:4], stop=False)
    counted = guided(hall).sit(
        ("哪一次测评", "1"),
        ("继续投票", "2"),  # no longer what is asked before the first ballot
        ("：收回4张。", "4"),
        ("票数够了", "1"),
        *guided(hall).codes(),
        ("共制作投票凭条6张", "2"),
    )
    assert "None" not in counted.text
    assert hall.run("status", "--json").json["state"] == "closed"


def test_a_round_without_such_a_file_is_not_asked(hall: Admin) -> None:
    for path in Path(hall.path("stick")).glob("*.slips"):
        path.unlink()
    sitting = guided(hall).sit(*FILE, THIS, *rest(hall))
    assert USE not in sitting.text
