"""Where a box may lie: judged from the system's own texts, given as values."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from ballots_store.medium import Facts, Survey, judge, judge_memory, mount_of, parse_mountinfo, read_facts, survey

PLAIN = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
36 27 0:27 / /dev/shm rw - tmpfs tmpfs rw
40 27 8:17 / /media/u/UDISK\\040A rw,nosuid - vfat /dev/sdb1 rw,utf8
not a mount
"""


def at(path: str, extra: str = "", **facts: object) -> Survey:
    return judge(PurePosixPath(path), Facts(PLAIN + extra, **facts))  # type: ignore[arg-type]  # a value per name


def mounted(kind: str, options: str = "rw") -> str:
    return f"50 27 0:50 / /srv/box rw,relatime - {kind} source {options}\n"


def test_an_ordinary_disk_passes_without_a_word() -> None:
    assert at("/srv/box/home") == Survey()
    assert at("/srv/box/home", mounted("ext4", "rw,data=ordered")) == Survey()
    assert at("/srv/box/home", mounted("xfs")) == Survey()
    assert at("/srv/box/home", mounted("fuseblk")) == Survey()
    assert judge(PurePosixPath("/anywhere"), Facts()) == Survey()  # nothing can be told, so nothing is said


@pytest.mark.parametrize("kind", ["btrfs", "zfs", "bcachefs", "f2fs", "nilfs2"])
def test_copy_on_write_is_refused(kind: str) -> None:
    (line,) = at("/srv/box/home", mounted(kind)).refusals
    assert kind in line
    assert at("/srv/boxes/home", mounted(kind)) == Survey()  # the control: beside it


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "vboxsf", "fuse.sshfs", "fuse.rclone"])
def test_a_network_folder_is_refused(kind: str) -> None:
    (line,) = at("/srv/box", mounted(kind)).refusals
    assert "网络" in line


def test_a_journal_of_data_is_refused() -> None:
    (line,) = at("/srv/box", mounted("ext4", "rw,data=journal")).refusals
    assert "data=journal" in line
    assert at("/srv/box", mounted("xfs", "rw,data=journal")) == Survey()


@pytest.mark.parametrize(
    "path",
    [
        "/home/u/Dropbox/测评",
        "/home/u/OneDrive - 某校/x",
        "/home/u/我的坚果云",
        "/home/u/Nutstore Files/a",
        "/Users/u/Library/Mobile Documents/x",
        "/home/u/Google Drive/x",
        "/home/u/BaiduSyncdisk",
    ],
)
def test_a_synced_folder_is_refused_by_its_name(path: str) -> None:
    (line,) = at(path).refusals
    assert "同步盘" in line


def test_a_synced_folder_is_refused_by_its_mark(tmp_path: Path) -> None:
    (tmp_path / "kept" / "home").mkdir(parents=True)
    assert not survey(tmp_path / "kept" / "home", None).refusals
    (tmp_path / "kept" / ".stfolder").mkdir()
    (line,) = survey(tmp_path / "kept" / "home", None).refusals
    assert ".stfolder" in line


def test_overlay_memory_and_unknown_fuse_are_warned_of() -> None:
    for kind, word in (("overlay", "overlay"), ("tmpfs", "断电"), ("fuse.gocryptfs", "用户态")):
        found = at("/srv/box", mounted(kind))
        assert found.refusals == ()
        assert word in "".join(found.warnings)


def test_flash_is_warned_of_by_its_device() -> None:
    flash = frozenset({"8:17"})
    assert at("/media/u/UDISK A/x", flash=flash).warnings  # the escaped space is a space
    assert not at("/srv", flash=flash).warnings


def test_swap_and_hibernation_are_warned_of() -> None:
    swaps = "Filename\tType\tSize\tUsed\tPriority\n{}\tpartition\t1\t0\t-2\n"
    assert judge_memory(Facts(swaps="Filename\tType\n")) == Survey()
    assert judge_memory(Facts(swaps=swaps.format("/dev/zram0"), power="freeze mem disk")) == Survey()
    assert "休眠" not in judge_memory(Facts(swaps=swaps.format("/dev/sda2"), power="freeze mem")).warnings[0]
    assert "休眠" in judge_memory(Facts(swaps=swaps.format("/dev/sda2"), power="freeze mem disk\n")).warnings[0]


def test_the_deepest_and_latest_mount_counts() -> None:
    mounts = parse_mountinfo(PLAIN + mounted("ext4") + mounted("btrfs") + "51 27 0:51 / /srv/box/in rw - nfs4 s rw\n")
    for path, kind in (
        ("/srv/box/x", "btrfs"),
        ("/srv/box/in/x", "nfs4"),
        ("/srv/boxing", "ext4"),
        ("/dev/shm/x", "tmpfs"),  # noqa: S108  a name in a text
    ):
        found = mount_of(PurePosixPath(path), mounts)
        assert found is not None
        assert found.kind == kind


def test_a_folder_beside_the_box_is_no_stick(tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    assert "同一磁盘" in "".join(survey(tmp_path / "home", tmp_path / "stick").warnings)
    assert "同一磁盘" not in "".join(survey(tmp_path / "home", None).warnings)


def test_this_machine_can_be_read() -> None:
    facts = read_facts()
    assert bool(parse_mountinfo(facts.mountinfo)) == Path("/proc/self/mountinfo").exists()


def test_every_line_fits_a_zero_report() -> None:
    """At most 200 characters each: they go into a signed document."""
    kinds = ("btrfs", "nfs4", "overlay", "tmpfs", "fuse.gocryptfs")
    found = [at("/srv/box/坚果云", mounted(kind), flash=frozenset({"0:50"})) for kind in kinds]
    lines = [line for one in found for line in one.refusals + one.warnings]
    assert len(lines) > len(kinds)
    assert max(map(len, lines)) <= 200
