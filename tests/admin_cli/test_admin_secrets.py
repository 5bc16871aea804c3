"""Codes come from the environment or a hidden prompt, and go nowhere else."""

from __future__ import annotations

import pytest
from admin_script import COMMAND, Admin, subprocess_environment
from terminal import Terminal

ASKING = {
    "keys new --name 某团委 --out new.key": ("BEIKAOBEI_ORG_PASSPHRASE",),
    "authorize --org-key org.key --branch-name 一 --secretary 二 --year 2016 --members 6 --out new.auth": (
        "BEIKAOBEI_ORG_PASSPHRASE",
    ),
    "open fresh.auth --teller 王五 --supervisor 李四": (
        "BEIKAOBEI_ACTIVATION",
        "BEIKAOBEI_SUPERVISOR_CODE",
        "BEIKAOBEI_TELLER_CODE",
        "BEIKAOBEI_PIN",
    ),
    "close --present 5 --out new.result": ("BEIKAOBEI_SUPERVISOR_CODE", "BEIKAOBEI_TELLER_CODE"),
    "close --present 5 --out new.result --emergency": ("BEIKAOBEI_EMERGENCY",),
    "void --reason 原因 --out new.void": ("BEIKAOBEI_SUPERVISOR_CODE", "BEIKAOBEI_TELLER_CODE"),
    "verify org.key": ("BEIKAOBEI_ORG_PASSPHRASE",),
}
MISSING = [(words, variable) for words, variables in ASKING.items() for variable in variables]


@pytest.mark.parametrize(("words", "variable"), MISSING)
@pytest.mark.parametrize("absent", [None, ""])
def test_without_a_terminal_the_missing_variable_is_named(
    voted: Admin, monkeypatch: pytest.MonkeyPatch, words: str, variable: str, absent: str | None
) -> None:
    monkeypatch.chdir(voted.folder)
    voted.issue("fresh.auth")
    before = voted.files()
    typed_in_vain = "\n".join(voted.codes.values())
    ran = voted.run(*words.split(), stdin=typed_in_vain, **{variable: absent})
    assert ran.code == 2
    assert variable in ran.error
    assert voted.files() == before


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BEIKAOBEI_SUPERVISOR_CODE", "short"),
        ("BEIKAOBEI_SUPERVISOR_CODE", "11111111"),
        ("BEIKAOBEI_TELLER_CODE", "12345678"),
        ("BEIKAOBEI_TELLER_CODE", "supervisor-4711"),
        ("BEIKAOBEI_PIN", "12345"),
        ("BEIKAOBEI_PIN", "123456"),
        ("BEIKAOBEI_PIN", "7309161234567"),
        ("BEIKAOBEI_PIN", "7309a6"),
    ],
)
def test_a_new_code_that_will_not_do(voted: Admin, variable: str, value: str) -> None:
    voted.issue("fresh.auth")
    words = ("open", voted.path("fresh.auth"), "--teller", "王五", "--supervisor", "李四")
    ran = voted.run(*words, **{variable: value})
    assert ran.code == 2
    assert value not in ran.error
    assert len(voted.home.rounds()) == 1


def test_no_code_is_ever_printed(voted: Admin) -> None:
    voted.issue("fresh.auth")
    said = [
        voted.run("open", voted.path("fresh.auth"), "--teller", "王五", "--supervisor", "李四"),
        voted.run("status", voted.home.rounds()[0]),
        voted.run("close", voted.home.rounds()[0], "--present", 5, "--out", voted.path("new.result")),
        voted.run("close", voted.home.rounds()[1], "--present", 5, "--out", voted.path("other.result")),
        voted.run("verify", voted.path("org.key")),
        voted.run("keys", "show", voted.path("org.key"), "--json"),
    ]
    assert {ran.code for ran in said} <= {0, 1}
    for ran in said:
        assert not [name for name, value in voted.codes.items() if value in ran.out + ran.err]
    left = [path.read_bytes() for path in voted.folder.rglob("*") if path.is_file()]
    for value in voted.codes.values():
        assert not [data for data in left if value.encode() in data]


def _terminal(admin: Admin, *words: str, with_codes: bool = False) -> Terminal:
    environment = subprocess_environment(admin)
    if not with_codes:
        environment = {name: value for name, value in environment.items() if name not in admin.codes}
    return Terminal([*COMMAND, *words], env=environment, cwd=admin.folder, columns=120)


@pytest.mark.pty
def test_a_new_passphrase_is_asked_for_twice_and_not_shown(admin: Admin) -> None:
    first, second = "长城长江长白山脉", "长城长江长白山峰"
    with _terminal(admin, "keys", "new", "--name", "某团委", "--out", "new.key") as terminal:
        for typed in ("short", first, second, first, first):
            terminal.answer("密钥口令：", typed)
        assert terminal.exit_status() == 0
        assert "须为8至128个字符" in terminal.text()
        assert "两次输入不一致" in terminal.text()
        for secret in (first, second, "short"):
            assert secret.encode() not in terminal.raw
    assert admin.run("verify", admin.path("new.key"), BEIKAOBEI_ORG_PASSPHRASE=first).code == 0


@pytest.mark.pty
@pytest.mark.parametrize("answer", ["1", "１", "2"])
def test_trust_add_shows_the_fingerprint_and_asks(closed: Admin, answer: str) -> None:
    closed.home = type(closed.home)(closed.path("other"))
    with _terminal(closed, "trust", "add", "org.pub") as terminal:
        terminal.wait_for("指纹：")
        terminal.wait_for("1一致，登记 2不一致，不登记")
        terminal.press("x\r")
        terminal.wait_for("请按1或2")
        terminal.press(f"{answer}\r")
        assert terminal.exit_status() == (1 if answer == "2" else 0)
    listed = closed.run("trust", "list", "--json").json["organisations"]
    assert len(listed) == (0 if answer == "2" else 1)


@pytest.mark.pty
@pytest.mark.parametrize("ends", [False, True])
def test_with_too_few_voters_the_officers_are_asked(admin: Admin, ends: bool) -> None:
    admin.hold("满满不")
    with _terminal(admin, "close", "--present", "3", "--out", "r.result", with_codes=True) as terminal:
        terminal.wait_for("还差1人 1继续投票 2结束")
        terminal.press("2\r" if ends else "1\r")
        if ends:
            terminal.wait_for("原因")
            terminal.press("多数团员外出实习\r")
        assert terminal.exit_status() == (0 if ends else 1)
        assert ("本次测评无效" in terminal.text()) is ends
    assert admin.run("status", "--json").json["state"] == ("closed" if ends else "stopped")
    assert admin.path("r.result").exists() is ends


@pytest.mark.pty
def test_the_officer_beside_the_emergency_code_is_asked_for(voted: Admin) -> None:
    with _terminal(voted, "close", "--present", "5", "--out", "r.result", "--emergency") as terminal:
        terminal.wait_for("在场的是 1指导监督人员 2计票人")
        terminal.press("2\r")
        terminal.answer("应急码：", voted.codes["BEIKAOBEI_EMERGENCY"][:-1])
        terminal.answer("应急码：", voted.codes["BEIKAOBEI_EMERGENCY"].lower())
        assert "请对照纸面重新输入" in terminal.text()
        terminal.answer("计票人口令：", voted.codes["BEIKAOBEI_TELLER_CODE"])
        assert terminal.exit_status() == 0
        assert voted.codes["BEIKAOBEI_TELLER_CODE"].encode() not in terminal.raw
    assert sorted(voted.run("verify", voted.path("r.result"), "--json").json["signers"]) == ["emergency", "teller"]


@pytest.mark.pty
@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl+C", "Ctrl+D"])
def test_giving_up_at_a_prompt_is_130_and_leaves_nothing(voted: Admin, key: str) -> None:
    before = voted.files()
    with _terminal(voted, "close", "--present", "5", "--out", "r.result") as terminal:
        terminal.wait_for("指导监督人员口令：")
        terminal.press(key)
        assert terminal.exit_status() == 130
        assert "已中断" in terminal.text()
        assert "Traceback" not in terminal.text()
    assert voted.files() == before
    assert voted.run("status", "--json").json["state"] == "stopped"
