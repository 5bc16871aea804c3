"""The guide after the voting: 签到人数, count or go on, forgotten codes, void, and what is left to do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from admin_script import Admin
from guide_sitting import Guided

from ballots_store.closing import CloseRequest, close_round
from ballots_store.destroying import DestroyRequest, destroy_round, unfinished
from ballots_store.frozen import frozen_home
from rounds.sharing import Holder

THIS = ("哪一次测评？", "")


def end_of(admin: Admin) -> dict[str, Any]:
    (path,) = (admin.home.path / "results").iterdir()
    return admin.run("verify", path, "--json").json


def state(admin: Admin) -> str:
    return str(admin.run("status", "--json").json["state"])


def test_counted_and_left(voted: Admin) -> None:
    guided = Guided(voted)
    sitting = guided.sit(
        THIS, ("签到表上的实到人数", "５"), ("开箱计票（输入", ""), *guided.codes(), ("测评结果：满意", "0")
    )
    assert "收回5张" in sitting.text
    assert end_of(voted)["figures"]["outcome"] == "satisfied"
    assert not [code for code in voted.codes.values() if code in sitting.text]


@pytest.mark.parametrize("forgotten", [0, 1])
def test_a_forgotten_code_leads_to_the_envelope_by_name(voted: Admin, forgotten: int) -> None:
    guided = Guided(voted)
    codes = list(guided.codes())
    label, right = codes[forgotten]
    codes[forgotten : forgotten + 1] = [
        *[(label, "wrong-code-1")] * 3,
        ("应急信封　第一团支部", "2"),  # one more try of one's own
        *[(label, "wrong-code-2")] * 3,
        ("应急信封　第一团支部", ""),
        ("[应急码", "K7QF-2M9X"),
        ("对照纸面重新输入", voted.codes["BEIKAOBEI_EMERGENCY"].lower()),
    ]
    sitting = guided.sit(THIS, ("实到人数", "5"), ("开箱计票（输入", ""), *codes, ("启用应急码：是", "0"))
    assert "（还可再试1次）" in sitting.text
    assert right not in sitting.text
    assert "emergency" in end_of(voted)["signers"]


def test_two_forgotten_codes_open_nothing(voted: Admin) -> None:
    guided = Guided(voted)
    supervisor, teller = ([(label, "wrong-code-1")] * 3 for label, _ in guided.codes())
    sitting = guided.sit(
        THIS,
        ("实到人数", "5"),
        ("开箱计票（输入", ""),
        *supervisor,
        ("应急信封　第一团支部", ""),
        ("[应急码", voted.codes["BEIKAOBEI_EMERGENCY"]),
        *teller,
        ("应急信封　第一团支部", ""),
        ("应急码只能代替其中一人", ""),
    )
    assert "报告上级团组织" in sitting.text
    assert state(voted) == "stopped"


def test_too_few_voters_go_on_by_default(admin: Admin) -> None:
    round_id = admin.hold("满满不")
    started: list[list[str]] = []

    def kiosk(words: Any) -> int:
        started.append(list(words))
        admin.vote("满")
        return 0

    guided = Guided(admin, kiosk)
    sitting = guided.sit(
        THIS,
        ("实到人数", "4"),
        ("还差1人", ""),
        ("收回4张", "4"),
        ("开箱计票（输入", ""),
        *guided.codes(),
        ("测评结果：", "0"),
    )
    assert started == [[round_id, "--home", str(admin.home.path)]]
    assert "继续投票" in sitting.text
    assert end_of(admin)["figures"]["collected"] == 4


def test_ended_below_the_quorum_with_a_reason_by_number(admin: Admin) -> None:
    admin.hold("满满不")
    guided = Guided(admin)
    guided.sit(THIS, ("实到人数", "3"), ("还差1人", "2"), ("结束的原因", "1"), *guided.codes(), ("本次测评无效", "0"))
    figures = end_of(admin)["figures"]
    assert (figures["outcome"], figures["satisfied"]) == ("invalid", None)
    assert figures["below_quorum_reason"] == "多数团员请假或外出，人数不足"


def test_more_ballots_than_people_is_explained_and_never_forced(voted: Admin) -> None:
    guided = Guided(voted)
    sitting = guided.sit(
        THIS,
        ("实到人数", "７"),
        ("多于登记注册团员6名", "4"),
        ("收回的票数多于实到人数", ""),
        ("实到人数", "4"),
        ("收回的票数多于实到人数", "2"),
        ("确定作废吗", ""),
        ("实到人数", "0"),
        ("哪一次测评", "0"),
    )
    assert "有没有漏签" in sitting.text
    assert state(voted) == "stopped"


def test_slips_that_were_not_handed_out_are_counted_before_the_tally(admin: Admin) -> None:
    round_id = admin.begin()
    guided = Guided(admin)
    made = (("制作投票凭条", "2"), ("凭条文件写到哪里", "1"), *guided.codes(), ("已制作6张", ""))
    guided.sit(THIS, *made, ("已发出0张", "0"), ("哪一次测评", "0"))
    admin.vote("")
    ending = (("还差4人", "2"), ("结束的原因", "3"), *guided.codes())
    guided.sit(THIS, ("实到人数", "2"), *ending, ("共制作投票凭条6张", "7"), ("0至6之间的整数", "６"), ("无效", "0"))
    shown = end_of(admin)
    assert (shown["round_id"], shown["figures"]["outcome"]) == (round_id, "invalid")


def test_void_on_request_with_a_reason_of_ones_own(voted: Admin) -> None:
    guided = Guided(voted)
    guided.sit(
        THIS,
        ("实到人数", "4"),
        ("收回的票数多于实到人数", "2"),
        ("确定作废吗", "2"),
        ("作废的原因", "5"),
        ("原因", ""),
        ("原因须为", "清点不符"),
        *guided.codes(),
        ("票箱未开启", "0"),
    )
    assert end_of(voted)["reason"] == "清点不符"
    assert state(voted) == "void"
    again = Guided(voted).sit(
        THIS, ("清除本机", ""), ("写到哪里", "1"), ("直接按 Enter 为2", ""), ("保留", ""), ("为0", "")
    )
    assert "公布结果" not in again.text


@pytest.mark.parametrize("questions", range(1, 5))
def test_ctrl_c_at_any_question_of_the_count_changes_nothing(voted: Admin, questions: int) -> None:
    guided = Guided(voted)
    answers = (THIS, ("实到人数", "5"), ("开箱计票（输入", ""), *guided.codes())
    sitting = guided.sit(*answers[:questions])
    assert sitting.text.endswith("^C")
    assert state(voted) == "stopped"


def test_a_closed_round_is_announced_recounted_and_destroyed(closed: Admin) -> None:
    shown: list[str] = []

    def kiosk(words: Any) -> int:
        shown.extend(words)
        return 0

    guided = Guided(closed, kiosk)
    guided.sit(
        THIS,
        ("公布结果", ""),
        ("接下来", "3"),
        *guided.codes(),
        ("本机的票箱重新点了一遍", ""),
        ("保留到公示期满", ""),
        ("直接按 Enter 为0", "4"),
        ("现在怎么办", "2"),
        ("确定吗", ""),
        ("接下来", "4"),
        ("现在怎么办", "2"),
        ("确定吗", "2"),
        *guided.codes(),
    )
    assert shown[0] == "announce"
    assert Path(shown[1]).suffix == ".result"
    assert closed.home.rounds() == []
    assert end_of(closed)["valid"] is True  # the result outlives the box


def test_a_destruction_that_was_cut_off_is_finished_first(closed: Admin) -> None:
    round_id = closed.home.rounds()[0]

    def cut_off(name: str) -> None:
        if name == "after note":  # from here on nothing opens the box
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        destroy_round(closed.home, DestroyRequest(round_id, codes_of(closed)), now=datetime.now(UTC), hook=cut_off)
    assert unfinished(closed.home, round_id)
    sitting = Guided(closed).sit(("开始一次新的测评", "0"))
    assert "上次销毁中断，现已继续完成" in sitting.text
    assert not unfinished(closed.home, round_id)


def codes_of(admin: Admin) -> dict[Holder, str]:
    return {holder: admin.codes[f"BEIKAOBEI_{holder.name}_CODE"] for holder in (Holder.SUPERVISOR, Holder.TELLER)}


def voted_with_a_stick(admin: Admin, folder: Path) -> tuple[Path, Path]:
    """Where the stick of a round that was voted in is, and where it will be found."""
    before, now = folder / "before", folder / "now"
    before.mkdir()
    admin.make_organisation()
    admin.issue("r.auth", supervisor="李四")
    admin.open("--token", before)
    admin.vote("满满满满")
    return before, now


def test_the_last_key_that_a_cut_count_left_goes_wherever_the_stick_is_now(admin: Admin, tmp_path: Path) -> None:
    before, now = voted_with_a_stick(admin, tmp_path)

    def cut_off(name: str) -> None:
        if name == "before erase slot":
            raise KeyboardInterrupt

    request = CloseRequest(admin.home.rounds()[0], codes_of(admin), present=4)
    with pytest.raises(KeyboardInterrupt):
        close_round(admin.home, request, now=datetime.now(UTC), hook=cut_off)
    before.rename(now)
    (slots,) = now.glob("*.slots")

    def keys() -> int:
        return sum(any(slots.read_bytes()[at : at + 32]) for at in (4096, 8192))

    Guided(admin).sit(THIS, ("接下来", "0"))
    assert keys() == 2
    Guided(admin, media=(now,)).sit(THIS, ("接下来", "0"))
    assert keys() == 1


def test_the_copy_on_another_stick(closed: Admin, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    guided = Guided(closed, media=(stick,))
    sitting = guided.sit(THIS, ("接下来", "2"), ("写到哪里", "1"), ("已写入U盘，并逐个读回", "0"))
    (copy,) = stick.iterdir()
    assert copy.name in sitting.text
    assert copy.read_bytes() == closed.path("r.result").read_bytes()


def test_the_ballot_box_stick_is_found_where_it_is_now(admin: Admin, tmp_path: Path) -> None:
    before, now = voted_with_a_stick(admin, tmp_path)
    before.rename(now)
    away = Guided(admin).sit(THIS, ("实到人数", "4"), ("开箱计票（输入", ""))
    assert "没有找到本次测评的票箱U盘" in away.text
    guided = Guided(admin, media=(tmp_path / "none", now))
    sitting = guided.sit(
        THIS,
        ("实到人数", "4"),
        ("开箱计票（输入", ""),
        *guided.codes(),
        ("测评结果", "2"),
        ("已写入U盘，并逐个读回", "3"),
        *guided.codes(),
        ("U盘上的副本重新点了一遍", "0"),
    )
    assert frozen_home(now).rounds() == admin.home.rounds()
    assert f"beikaobei/rounds/{admin.home.rounds()[0]}/box.sqlite" in sitting.text
