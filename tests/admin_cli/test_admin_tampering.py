"""Changed bytes through the command line: a sample of each kind of file (rounds' own tests change every byte)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from admin_script import Admin

SAMPLE = 40
AUTHORIZE = "authorize --org-key org.key --branch-name 一 --secretary 二 --year 2016 --members 6"
KINDS = {"org.pub": "card", "org.key": "key", "r.auth": "authorisation", "r.result": "result"}


def _altered(data: bytes, seed: int) -> list[bytes]:
    """Single changed bytes all over `data`, then the usual accidents with files."""
    chooser = random.Random(seed)  # noqa: S311  a repeatable sample, no secret
    changed = []
    for at in chooser.sample(range(len(data)), SAMPLE):
        flipped = data[at] ^ (1 << chooser.randrange(8))
        changed.append(data[:at] + bytes([flipped]) + data[at + 1 :])
    return [
        *changed,
        data[:-1],
        data[1:],
        data + b"\n",
        data + data,
        data.replace(b":", b": ", 1),
        b"\xef\xbb\xbf" + data,
    ]


@pytest.mark.parametrize("name", KINDS)
def test_an_untouched_file_is_verified(closed: Admin, name: str) -> None:
    found = closed.run("verify", closed.path(name), "--json").json
    assert (found["kind"], found["valid"]) == (KINDS[name], True)


@pytest.mark.parametrize("name", KINDS)
def test_a_changed_byte_is_refused_and_the_check_named(closed: Admin, name: str) -> None:
    path = closed.path(name)
    for data in _altered(path.read_bytes(), seed=len(name)):
        path.write_bytes(data)
        ran = closed.run("verify", path, "--json")
        assert ran.code in {3, 4}, data
        assert not ran.json["valid"]
        assert f"未通过的检查：{ran.json['check']}" in ran.error


def test_a_key_file_is_shown_unverified_only_where_it_says_so(closed: Admin) -> None:
    path = closed.path("org.key")
    path.write_bytes(path.read_bytes().replace("某市团委".encode(), "别市团委".encode()))
    shown = closed.run("keys", "show", path, "--json", BEIKAOBEI_ORG_PASSPHRASE=None)
    assert (shown.code, shown.json["name"], shown.json["verified"]) == (0, "别市团委", False)
    assert "未经核验" in shown.err
    assert closed.run("keys", "show", path).code == 3


def test_a_changed_result_is_not_imported(closed: Admin) -> None:
    path = closed.path("r.result")
    whole = path.read_bytes()
    for data in _altered(whole, seed=7)[::6]:
        path.write_bytes(data)
        ran = closed.run("import", path, "--json")
        assert ran.code == 3
        assert [file["fate"] for file in ran.json["files"]] == ["rejected"]
        assert ran.json["files"][0]["reason"]
    assert closed.run("summary", "--json").json["rows"] == []
    path.write_bytes(whole)
    assert closed.run("import", path, "--json").json["imported"] == 1


def test_a_changed_authorisation_opens_nothing(closed: Admin, tmp_path: Path) -> None:
    closed.issue("second.auth")
    path, whole = closed.path("second.auth"), closed.path("second.auth").read_bytes()
    words = ("open", path, "--teller", "王五", "--supervisor", "李四", "--zero-report", tmp_path / "zero")
    rounds = closed.home.rounds()
    for data in _altered(whole, seed=11)[::6]:
        path.write_bytes(data)
        assert closed.run(*words).code in {3, 4}
        assert closed.home.rounds() == rounds
        assert not (tmp_path / "zero").exists()


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("BEIKAOBEI_SUPERVISOR_CODE", "close --present 5 --out {}"),
        ("BEIKAOBEI_TELLER_CODE", "void --reason 原因 --out {}"),
        ("BEIKAOBEI_EMERGENCY", "close --present 5 --emergency --out {}"),
        ("BEIKAOBEI_ACTIVATION", "open fresh.auth --teller 王五 --supervisor 李四 --zero-report {}"),
        (
            "BEIKAOBEI_ORG_PASSPHRASE",
            "authorize --org-key org.key --branch-name 一 --secretary 二 --year 2016 --members 6 --out {}",
        ),
        ("BEIKAOBEI_ORG_PASSPHRASE", "verify org.key"),
    ],
)
@pytest.mark.parametrize(
    "wrong", ["x", "wrong-but-long-enough", "0000-0000-0000-0000", "1" * 500, "\udcff坏字节坏字节坏字节"]
)
def test_a_wrong_code_is_one_message_and_exit_3(
    voted: Admin, monkeypatch: pytest.MonkeyPatch, variable: str, words: str, wrong: str
) -> None:
    monkeypatch.chdir(voted.folder)
    voted.issue("fresh.auth")
    before = voted.files()
    ran = voted.run(*words.format("new.file").split(), **{variable: wrong})
    assert ran.code == 3
    assert "未通过的检查：code" in ran.error
    assert wrong not in ran.err
    assert voted.files() == before
