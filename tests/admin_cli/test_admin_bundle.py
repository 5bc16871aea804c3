"""`bundle` and `import F.bundle` as two clerks call them; what is wrong with one is a line and changes nothing."""

from __future__ import annotations

import gzip
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from admin_script import Admin, Ran

from admin_cli import bundle as bundle_module
from canvass.handing_up import Handover, remember
from rounds.errors import Unreadable


@pytest.fixture(scope="session")
def _sent(tmp_path_factory: pytest.TempPathFactory, _closed: Admin) -> Admin:
    """A home that has imported its result and handed it up in 1.bundle."""
    folder = tmp_path_factory.mktemp("sent") / "copy"
    shutil.copytree(_closed.folder, folder)
    made = Admin(folder)
    made.codes = dict(_closed.codes)
    assert made.run("import", made.path("r.result")).code == 0
    assert make(made, "1").json["sequence"] == 1
    return made


@pytest.fixture
def sent(tmp_path: Path, _sent: Admin) -> Admin:
    shutil.copytree(_sent.folder, tmp_path / "copy")
    made = Admin(tmp_path / "copy")
    made.codes = dict(_sent.codes)
    return made


def make(admin: Admin, name: str, *more: object) -> Ran:
    ran = admin.run(
        "bundle", "--org-key", admin.path("org.key"), "--out", admin.path(f"{name}.bundle"), "--json", *more
    )
    assert ran.code == 0, ran.err
    return ran


def above(admin: Admin, *words: object) -> Ran:
    """A command at the level above, which has enrolled this organisation."""
    other = {"BEIKAOBEI_HOME": str(admin.path("above"))}
    assert admin.run("trust", "add", admin.path("org.pub"), "--yes", **other).code == 0
    return admin.run(*words, **other)


def test_a_bundle_goes_up_once_and_its_result_counts_there(sent: Admin) -> None:
    taken = above(sent, "import", sent.path("1.bundle"), "--json")
    assert taken.code == 0, taken.err
    assert {name: taken.json[name] for name in ("imported", "duplicates", "conflicts", "rejected")} == {
        "imported": 1,
        "duplicates": 0,
        "conflicts": 0,
        "rejected": 0,
    }
    assert [one["path"] for one in taken.json["files"]] == [f"{sent.path('1.bundle')}（第1份）"]
    (told,) = taken.json["bundles"]
    assert (told["fate"], told["sequence"], told["rounds"], told["states"]["accepted"]) == ("imported", 1, 1, 1)
    again = above(sent, "import", sent.folder, "--json").json  # the folder holds r.result too
    assert (again["duplicates"], again["bundles"][0]["fate"]) == (2, "duplicate")
    shown = above(sent, "import", sent.path("1.bundle"))
    assert "第1次，清单列测评1次（已报送1次" in shown.out
    assert len(above(sent, "summary", "--json").json["rows"]) == 1


def test_the_next_one_is_numbered_on_and_the_last_is_written_again(sent: Admin) -> None:
    again = make(sent, "again", "--again")
    assert sent.path("again.bundle").read_bytes() == sent.path("1.bundle").read_bytes()
    assert again.json["digest"]
    following = make(sent, "2").json
    assert (following["sequence"], following["documents"]) == (2, 0)
    gap = above(sent, "import", sent.path("2.bundle"))
    assert gap.code == 3
    assert "缺少第1次报送包" in gap.out
    assert above(sent, "import", sent.path("2.bundle"), sent.path("1.bundle")).code == 0


@pytest.mark.parametrize("more", [(), ("--year", 2015)])
def test_nothing_to_hand_up_is_no_bundle(closed: Admin, more: tuple[object, ...]) -> None:
    """A home that has imported nothing, and one that has nothing of that year: no file, no registry, no number."""
    key = ("bundle", "--org-key", closed.path("org.key"), "--out")
    if more:
        assert closed.run("import", closed.path("r.result")).code == 0
    before, listed = closed.files(), sorted(closed.home.path.iterdir())
    ran = closed.run(*key, closed.path("1.bundle"), *more)
    assert ran.code == 1
    assert "没有可报送的测评" in ran.error
    assert (closed.files(), sorted(closed.home.path.iterdir())) == (before, listed)
    assert closed.run("bundle", "--again", *key[1:], closed.path("1.bundle")).code == 1
    assert closed.run("import", closed.path("r.result")).code == 0
    assert make(closed, "1").json["sequence"] == 1  # the control


def test_a_bundle_that_is_signed_with_another_key_of_this_home_is_warned_of(sent: Admin) -> None:
    assert make(sent, "2").err == ""  # the control
    words = ("keys", "new", "--name", "别的团委", "--out", sent.path("other.key"))
    assert sent.run(*words).code == 0
    ran = sent.run("bundle", "--org-key", sent.path("other.key"), "--out", sent.path("o.bundle"), "--json")
    assert (ran.code, ran.json["organisation"]) == (0, "别的团委")
    assert "此前由“某市团委”报送过，本次却由“别的团委”报送" in ran.err
    assert "清单中有1次测评既不是“别的团委”或其下级批复的" in ran.err


def test_what_cannot_be_written_is_not_remembered(sent: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    key = ("bundle", "--org-key", sent.path("org.key"), "--out")
    before = sent.files()
    assert "不予覆盖" in sent.run(*key, sent.path("1.bundle")).error
    assert sent.run(*key, sent.path("no/2.bundle")).code == 4
    assert sent.run(*key, sent.path("2.zip")).code == 2
    assert sent.run(*key, sent.path("2.bundle"), BEIKAOBEI_ORG_PASSPHRASE="wrong passphrase").code == 3

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(bundle_module, "write_bundle", full)
        ran = sent.run(*key, sent.path("2.bundle"))
        assert ran.code == 4
        assert "磁盘" in ran.error
    assert sent.files() == before
    assert make(sent, "2").json["sequence"] == 2  # the control: none of them took a number


def test_cut_off_before_it_has_its_name_it_is_written_again(sent: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered: list[Handover] = []

    def cut_off(registry: object, made: Handover, **more: object) -> None:
        remember(registry, made, **more)  # type: ignore[arg-type]  # handed through as it came
        remembered.append(made)
        raise Unreadable("断电")

    with monkeypatch.context() as patched:
        patched.setattr(bundle_module, "remember", cut_off)
        assert sent.run("bundle", "--org-key", sent.path("org.key"), "--out", sent.path("2.bundle")).code == 4
    assert not sent.path("2.bundle").exists()
    assert not list(sent.folder.glob(".*.tmp"))
    again = make(sent, "2", "--again").json
    assert (again["sequence"], again["digest"]) == (2, remembered[0].manifest.digest)


def bomb(_data: bytes) -> bytes:
    """A gigabyte of zeros where the manifest should stand."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return b"\x1f\x8b\x08\x00" + bytes(6) + block * 1024 + end + struct.pack("<II", 0, 1 << 30)


def repacked(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    def attack(data: bytes) -> bytes:
        return gzip.compress(b"".join(line + b"\n" for line in change(gzip.decompress(data).splitlines())), mtime=0)

    return attack


ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "a bomb": bomb,
    "cut short": lambda data: data[:-30],
    "a document left out": repacked(lambda lines: lines[:-1]),
    "a document twice": repacked(lambda lines: [*lines, lines[-1]]),
    "the manifest last": repacked(lambda lines: lines[::-1]),
    "a second member": lambda data: data + gzip.compress(b"more\n"),
    "a name in the header": lambda data: data[:3] + b"\x08" + data[4:10] + b"../../etc/passwd\0" + data[10:],
    "an altered document": repacked(lambda lines: [lines[0], lines[1].replace(b"A", b"B", 1)]),
    "padded base64": repacked(lambda lines: [lines[0].replace(b'","payloadType"', b'=","payloadType"'), *lines[1:]]),
    "a key twice": repacked(lambda lines: [lines[0][:-1] + b',"payloadType":"x"}', *lines[1:]]),
    "not gzip": gzip.decompress,
    "nothing": lambda _data: b"",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_altered_bundle_is_refused_whole(sent: Admin, attack: str) -> None:
    path = sent.path("1.bundle")
    good = path.read_bytes()
    path.write_bytes(ATTACKS[attack](good))
    assert path.read_bytes() != good
    ran = above(sent, "import", path, "--json")
    assert (ran.code, ran.err) == (3, "")
    (told,) = ran.json["files"]
    assert (told["fate"], told["path"]) == ("rejected", str(path))
    assert told["reason"]
    assert "\n" not in told["reason"]
    assert above(sent, "summary", "--json").json["rows"] == []
    path.write_bytes(good)
    assert above(sent, "import", path).code == 0  # the control


def test_a_stranger_s_bundle_is_refused(sent: Admin) -> None:
    ran = sent.run("import", sent.path("1.bundle"), "--json", BEIKAOBEI_HOME=str(sent.path("stranger")))
    assert ran.code == 3
    assert "未验证" in ran.json["files"][0]["reason"]
    assert above(sent, "import", sent.path("1.bundle")).code == 0  # the control
