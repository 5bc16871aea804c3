"""Which files a folder holds, in which order; the bytes of each, however the system hands them over."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from canvass.importing import expand
from canvass.receiving import read_file
from rounds.errors import Unreadable

CAP = 1_000


@pytest.mark.parametrize("size", [0, 1, CAP - 1, CAP])
def test_a_file_is_read_to_its_end(tmp_path: Path, size: int) -> None:
    path, data = tmp_path / "a", os.urandom(size)
    path.write_bytes(data)
    assert read_file(path, CAP) == read_file(str(path), CAP) == data


@pytest.mark.parametrize("size", [CAP + 1, CAP + 2, 10 * CAP])
def test_more_than_the_cap_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(size))
    with pytest.raises(Unreadable, match="过大"):
        read_file(path, CAP)


@pytest.mark.parametrize("step", [1, 7, CAP])
def test_bytes_that_come_a_few_at_a_time_are_all_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A network drive may give less than it was asked for in the middle of a file; so may a signal."""
    path, data, read = tmp_path / "a", os.urandom(CAP), os.read
    path.write_bytes(data)
    monkeypatch.setattr(os, "read", lambda descriptor, size: read(descriptor, min(size, step)))
    assert read_file(path, CAP) == data


def test_a_file_that_grows_between_the_two_looks_is_read_to_its_end_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is only what is asked for first; the control is the file that did not grow."""
    path, look = tmp_path / "a", os.fstat

    def stale(descriptor: int) -> os.stat_result:
        found = look(descriptor)
        with path.open("ab") as more:
            more.write(b"more")
        return found

    path.write_bytes(b"some")
    assert read_file(path, CAP) == b"some"
    monkeypatch.setattr(os, "fstat", stale)
    assert read_file(path, CAP) == b"somemore"
    path.write_bytes(bytes(CAP))
    with pytest.raises(Unreadable, match="过大"):
        read_file(path, CAP)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_file_that_says_that_it_is_empty_and_is_not_is_read_all_the_same() -> None:
    assert read_file(Path("/proc/self/stat"), 10_000).startswith(str(os.getpid()).encode())


NAMES = (
    "a.result",
    "a/b.void",
    "a-b.result",
    "a b/c.result",
    "a/b/c.result",
    "a.b/x.result",
    "B.RESULT",
    "一/二.result",
)


def test_a_folder_comes_in_the_order_of_its_paths_however_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    wanted = sorted(tmp_path / name for name in NAMES)
    assert expand([tmp_path]) == wanted
    assert expand([tmp_path / "a" / "..", Path(f"{tmp_path}//")])[-len(NAMES) :] == wanted
    monkeypatch.chdir(tmp_path)
    assert expand([Path(), Path("a.result")]) == sorted(map(Path, NAMES))
