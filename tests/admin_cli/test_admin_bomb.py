"""A few megabytes that inflate to 4 GiB, given to the real commands, each a process: refused, in little memory."""

from __future__ import annotations

import gzip
import os
import resource
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from admin_script import COMMAND, Admin, subprocess_environment

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs the peak memory of one child")

MIB = 1 << 20
BLOCKS = 4096
"""Of one MiB each: 4 GiB."""
ALLOWED_MIB = 150
"""Above what the same command takes for a small file: a manifest of 64 MiB may be read, and grows by copying."""
_IN_TIME = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A reader that never ends is killed (one did not, on a second member behind a large first one); it takes a second."""
_HEAD = b"\x1f\x8b\x08\x00" + bytes(6)
_NAIVE = """
import gzip, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
with gzip.open(sys.argv[1]) as file:
    whole = []
    while piece := file.read(1 << 20):
        whole.append(piece)
"""


@cache
def zeros() -> bytes:
    """The deflate stream of 4 GiB of zeros, without its end: one block, which stands on nothing before it, repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)) * BLOCKS


def ended(stream: bytes, size: int) -> bytes:
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return _HEAD + stream + end + struct.pack("<II", 0, size & 0xFFFFFFFF)


def instead_of_a_manifest(_good: bytes) -> bytes:
    return ended(zeros(), BLOCKS * MIB)


def behind_a_good_manifest(good: bytes) -> bytes:
    first = gzip.decompress(good).splitlines()[0] + b"\n"
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(first) + packer.flush(zlib.Z_FULL_FLUSH)
    return ended(head + zeros(), len(first) + BLOCKS * MIB)


def in_4096_members(_good: bytes) -> bytes:
    return gzip.compress(bytes(MIB), mtime=0) * BLOCKS


BOMBS: Sequence[Callable[[bytes], bytes]] = (instead_of_a_manifest, behind_a_good_manifest, in_4096_members)


@dataclass(frozen=True)
class Watched:
    code: int
    err: str
    peak_mib: float


def watched(command: Sequence[object], environment: dict[str, str]) -> Watched:
    """Run a command and see how much memory it had at its largest."""
    process = subprocess.Popen(
        [sys.executable, "-c", _IN_TIME, *map(str, command)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Watched(process.returncode, err, usage.ru_maxrss * 1024 / MIB)


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("word", ["import", "verify"])
def test_a_bomb_is_refused_by_name_and_costs_no_memory(
    closed: Admin, word: str, bomb: Callable[[bytes], bytes]
) -> None:
    assert closed.run("import", closed.path("r.result")).code == 0
    assert closed.run("bundle", "--org-key", closed.path("org.key"), "--out", closed.path("1.bundle")).code == 0
    good = closed.path("1.bundle").read_bytes()
    environment, path = subprocess_environment(closed), closed.path("2.bundle")
    path.write_bytes(good[:-30])
    usual = watched([*COMMAND, word, path], environment)
    before = closed.home.registry_path.read_bytes()
    path.write_bytes(bomb(good))
    assert path.stat().st_size < 8 * MIB
    found = watched([*COMMAND, word, path], environment)
    assert found.code in {3, 4}
    assert found.code == usual.code
    assert "Traceback" not in found.err
    assert found.peak_mib < usual.peak_mib + ALLOWED_MIB
    assert closed.home.registry_path.read_bytes() == before
    ran = closed.run(word, path, "--json")
    told = ran.json["files"][0] if word == "import" else ran.json
    assert "报送包" in told["reason"]
    path.write_bytes(good)
    assert closed.run(word, path).code == 0  # the control of the refusal


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_reader_without_bounds_grows(tmp_path: Path, bomb: Callable[[bytes], bytes]) -> None:
    """The control of the memory: held at a gigabyte of address space, since the machine is shared."""
    path = tmp_path / "x.gz"
    path.write_bytes(bomb(gzip.compress(b"{}\n")))
    found = watched([sys.executable, "-c", _NAIVE, path, 1024 * MIB], dict(os.environ))
    assert "MemoryError" in found.err
    assert found.peak_mib > 2 * ALLOWED_MIB
    assert resource.getrlimit(resource.RLIMIT_AS)[1] != 1024 * MIB  # the child's limit, not ours
