"""The guide up to the sealed box: nine questions or a file, trust, checks, codes; and the kiosk it starts."""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from typing import Any

import pytest
from admin_script import Admin
from guide_sitting import LOOK, NAME, READ_ALOUD, Answers, Guided, ask, new_codes

from admin_cli.guide.nine import _read_month, _read_window
from admin_cli.readiness import Checked
from ballots_store.held import HeldBox
from ballots_store.trust import enrolled
from rounds.errors import BadInput

FILE = (("开始一次新的测评", "1"), ("哪一份批复", "1"))
THIS = ("是这一次测评吗", "")
DISK = ("密钥放在哪里", "1")
OPENED = ("已发出0张，收回0张", "0")
LEAVE = ("开始一次新的测评", "0")
AGAIN = ("哪一次测评", "0")


@pytest.fixture
def hall(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> Admin:
    """An organisation, an authorisation in the current folder, nothing opened."""
    admin.make_organisation()
    admin.issue("r.auth", supervisor="李四")
    monkeypatch.chdir(admin.folder)
    return admin


def activation(admin: Admin) -> tuple[str, str]:
    return "[启用码", admin.codes["BEIKAOBEI_ACTIVATION"]


def opening(admin: Admin) -> Answers:
    return (*FILE, THIS, DISK, *LOOK, *NAME, activation(admin), *new_codes(admin), *READ_ALOUD)


def zero_report(admin: Admin) -> str:
    return admin.home.folder(admin.home.rounds()[0]).zero_report.read_text(encoding="utf-8")


def test_opened_from_a_file(hall: Admin) -> None:
    sitting = Guided(hall).sit(*opening(hall), OPENED, AGAIN)
    assert hall.run("status", "--json").json["state"] == "opened"
    assert "箱号：" in sitting.text
    assert not [code for code in hall.codes.values() if code in sitting.text]


@pytest.mark.parametrize("questions", range(len(FILE) + 14))
def test_ctrl_c_at_any_question_before_the_sealing_leaves_nothing(hall: Admin, questions: int) -> None:
    answers = opening(hall)[:questions]
    Guided(hall).sit(*answers)
    rounds = hall.home.rounds_path
    assert not rounds.exists() or not list(rounds.iterdir())


def test_the_wrong_file_and_a_path_that_is_none(hall: Admin) -> None:
    hall.path("wrong.auth").write_text("not an authorisation", encoding="utf-8")
    Guided(hall).sit(
        FILE[0],
        ("wrong.auth", "3"),
        ("文件的路径", "/no/such.auth"),
        ("没有这个文件", f"'{hall.path('r.auth')}'"),
        THIS,
    )
    refused = Guided(hall).sit(FILE[0], ("其他位置", "2"), LEAVE)
    assert "批复文件无法识别" in refused.text


def test_an_unknown_issuer_is_enrolled_only_after_comparing(hall: Admin) -> None:
    hall.home = type(hall.home)(hall.path("other"))
    refused = Guided(hall).sit(*FILE, ("逐字核对指纹", ""), LEAVE)
    assert "没有登记" in refused.text
    assert not enrolled(hall.home)
    Guided(hall).sit(*FILE, ("逐字核对指纹", "2"), THIS)
    assert list(enrolled(hall.home).values()) == ["某市团委"]
    hall.path("org.pub").unlink()
    hall.home = type(hall.home)(hall.path("third"))
    assert "索取名片" in Guided(hall).sit(*FILE, LEAVE).text


def test_a_wrong_activation_code_three_times(hall: Admin) -> None:
    other = "0000-0000-0000-0000"
    wrong = [("[启用码", typed) for typed in ("x", other, hall.codes["BEIKAOBEI_EMERGENCY"])]
    sitting = Guided(hall).sit(*FILE, THIS, DISK, *LOOK, *NAME, *wrong, LEAVE)
    assert "启用码三次不正确，没有封箱" in sitting.text
    assert hall.home.rounds() == []


def test_names_and_codes_that_will_not_do(hall: Admin) -> None:
    codes = list(new_codes(hall))
    codes[:2] = [
        ("[请设定指导监督人员口令", "12345678"),
        ("过于简单", hall.codes["BEIKAOBEI_SUPERVISOR_CODE"]),
        ("[请再输入一次", "something-else"),
        ("两次输入不一致", hall.codes["BEIKAOBEI_SUPERVISOR_CODE"]),
        ("[请再输入一次", hall.codes["BEIKAOBEI_SUPERVISOR_CODE"]),
        ("[请设定计票人口令", hall.codes["BEIKAOBEI_SUPERVISOR_CODE"]),
        ("不得相同", hall.codes["BEIKAOBEI_TELLER_CODE"]),
    ]
    del codes[7]  # 请设定计票人口令, answered above
    teller = (("计票人姓名", "张　三"), ("不得担任", "李四"), ("不得为同一人", ""), ("须为1至60个", "王五"))
    Guided(hall).sit(*FILE, THIS, DISK, *LOOK, *teller, activation(hall), *codes, *READ_ALOUD)
    assert len(hall.home.rounds()) == 1


def test_what_the_checks_leave_to_people(hall: Admin) -> None:
    checked = Checked(
        remarks=("电源：未接通。", "汉字显示：不能确定（由会场核对）。"),
        opening_refused=(),
        warnings=("电源：未接通。请接通电源。",),
        findings=(
            ask("显示器", "只有一块屏幕，是吗？不是的，请断开。", if_no="refuse"),
            ask("汉字显示", "下面四个字能看清吗？不能的，请换终端。", if_no="refuse"),
            ask("休眠", "休眠已关闭，是吗？不是的，请关闭。"),
        ),
    )
    rows = (("四个字能看清吗", "2"), ("请换终端", ""), ("再按 Enter", "1"), ("休眠已关闭", "2"))
    look = (
        ("请关闭", "2"),
        ("时间不准", "1"),
        ("投影、电视", "2"),
        ("请拔掉投影", "1"),
        ("摄像头", "1"),
        ("谁的", "4"),
    )
    owner = (
        ("电脑是谁的", "张　三"),
        ("不宜作票箱", "1"),
    )
    rest = (*rows, *look, *owner, *NAME, activation(hall), *new_codes(hall), *READ_ALOUD)
    sitting = Guided(hall, checked=checked).sit(*FILE, THIS, DISK, *rest)
    assert "请接通电源" in sitting.text
    assert "只有一块屏幕" not in sitting.text  # asked in the guide's own words
    report = json.loads(base64.b64decode(json.loads(zero_report(hall))["payload"]))
    assert report["laptop"] == "张　三"
    lines = "\n".join(report["readiness"])
    for line in ("电源：未接通。", "汉字显示：到场人员确认无误。", "休眠：到场人员说明不符合要求。", "电脑的时间不准"):
        assert line in lines
    assert "（由会场核对）" not in lines


def test_checks_that_refuse_and_checks_that_do_not_answer(hall: Admin) -> None:
    refusing = Checked(remarks=(), opening_refused=("显示器：连接了2台。请断开。",), warnings=())
    sitting = Guided(hall, checked=refusing).sit(*FILE, THIS, DISK, LEAVE)
    assert "连接了2台" in sitting.text
    assert "未能检查" in Guided(hall, checked=None).sit(*FILE, THIS, DISK, LOOK[0]).text


def test_nine_questions_and_the_second_time_eight(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(admin.folder)
    key = ("[请设定密钥口令", "86420975"), ("[请再输入一次密钥口令", "86420975")
    nine = (
        ("没有批复文件", "2"),
        ("1/9", "某团委"),
        ("2/9", "一班"),
        ("3/9", "0"),
        ("2/9", "二班"),
        ("3/9", "张三"),
        ("4/9", ""),
        ("5/9", "２０１５０９"),
        ("6/9", "12"),
        ("7/9", "2"),
        ("8/9", ""),
        ("9/9", ""),
    )
    change = (
        ("书记不参加投票", "10"),
        ("测评年度", "99"),
        ("4位数字", "2016"),
        ("测评年度：2016", "11"),
        ("性质", "2"),
    )
    copied = ("应急信封　二班", "")
    first = Guided(admin).sit(*nine, *change, ("演练，结果", ""), *key, copied, ("指导监督人员：未载明", "0"), LEAVE)
    assert "86420975" not in first.text
    (file,) = admin.home.path.glob("*.auth")
    second = Guided(admin).sit(("开始一次新的测评", "2"), ("2/9", "三班"), ("3/9", "0"), ("2/9", "0"), LEAVE)
    assert "1/9" not in second.text
    shown = admin.run("verify", file, "--json").json
    assert (shown["mode"], shown["registered"]) == ("rehearsal", 12)


def test_codes_on_paper_leave_the_screen(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(admin.folder)
    asked = [("没有批复文件", "2"), ("1/9", "某团委"), ("2/9", "一班"), ("3/9", "张三"), ("4/9", ""), ("5/9", "")]
    asked += [("6/9", "12"), ("7/9", ""), ("8/9", "李四"), ("9/9", ""), ("以上无误", "")]
    asked += [("[请设定密钥口令", "86420975"), ("[请再输入一次密钥口令", "86420975")]
    stopped = Guided(admin).sit(*asked)
    assert "启用码（交指导监督人员）" in stopped.text
    assert not list(admin.home.path.glob("*.auth"))  # nobody has the codes: there must be no file
    again = Guided(admin).sit(
        *asked[:1], *asked[2:11], ("[密钥口令", "wrong-one"), ("不正确", "86420975"), ("密封", "")
    )
    assert again.wiped
    assert "启用码（交指导监督人员）" not in again.text
    assert len(list(admin.home.path.glob("*.auth"))) == 1


def test_three_wrong_codes_at_the_kiosk_lead_to_the_envelope_by_name(hall: Admin) -> None:
    started: list[list[str]] = []

    def kiosk(words: Any) -> int:
        started.append(list(words))
        return 3 if "--emergency" not in words else 143

    hall.open()
    sitting = Guided(hall, kiosk).sit(
        ("哪一次测评", ""), ("现在：", ""), ("应急信封　第一团支部", ""), ("投票界面已退出", "0"), AGAIN
    )
    assert [("--emergency" in words) for words in started] == [False, True]
    assert "可以随时由两名工作人员重新开始" in sitting.text


def test_slips_are_offered_before_the_first_unlock(hall: Admin) -> None:
    hall.open()
    guided = Guided(hall)
    sitting = guided.sit(
        ("哪一次测评", ""),
        ("制作投票凭条", "2"),
        ("凭条文件写到哪里", "1"),
        *guided.codes(),
        ("已制作6张", ""),
        OPENED,
        AGAIN,
    )
    assert len(list(hall.home.path.glob("*.docx"))) == 1
    assert "计票前清点" in sitting.text


def test_a_box_in_other_hands(hall: Admin) -> None:
    round_id = hall.open()["round_id"]
    with HeldBox(hall.home, round_id, token=None):
        sitting = Guided(hall).sit(("投票进行中", ""), ("在另一个窗口开着", ""), ("再看一次", "0"), AGAIN)
    assert "结束投票后再来" in sitting.text


@pytest.mark.parametrize(("typed", "read"), [("", ""), ("201509", "2015年9月"), ("二零一五年", "二零一五年")])
def test_months(typed: str, read: str) -> None:
    assert _read_month(typed) == read


@pytest.mark.parametrize("typed", ["201513", "2015", "20150", "1"])
def test_no_months(typed: str) -> None:
    with pytest.raises(BadInput):
        _read_month(typed)


def test_windows() -> None:
    now = datetime(2017, 4, 1, 9, 30, tzinfo=UTC)
    assert _read_window("", now) == ("", "")
    expected = ("2017-04-01T09:00:00+00:00", "2017-04-01T16:30:00+00:00")
    assert _read_window("０９００１６３０", now) == _read_window("09:00-16:30", now) == expected
    for typed in ("16300900", "08000900", "09002560", "0900163", "x", "090016300"):
        with pytest.raises(BadInput):
            _read_window(typed, now)


def test_not_without_a_terminal_and_not_as_json(admin: Admin) -> None:
    assert "在终端中运行" in admin.run("guide").error
    assert "没有 --json" in admin.run("guide", "--json").error
    assert admin.run("guide").code == 2
    assert not os.path.lexists(admin.home.path)
