"""A registry that another program holds: who reads waits for nobody who only writes, or says at once for whom."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from admin_script import COMMAND, Admin, subprocess_environment
from rounds_factory import make_round, organisation

from canvass.lock_holder import holder_of

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN " + sys.argv[2])
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@pytest.fixture
def clerk(admin: Admin) -> Admin:
    card = admin.path("root.pub")
    card.write_bytes(organisation().card)
    assert admin.run("trust", "add", card, "--yes").code == 0
    admin.path("a.result").write_bytes(make_round(registered=6).result(5, 1))
    assert admin.run("import", admin.path("a.result")).code == 0
    return admin


@contextmanager
def held(database: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    """Another program with a transaction of its own."""
    command = [sys.executable, "-c", _HOLD, str(database), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def begin(clerk: Admin, *words: object) -> subprocess.Popen[str]:
    line, here = [*COMMAND, *map(str, words)], subprocess_environment(clerk)
    return subprocess.Popen(line, env=here, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_verify_says_at_once_whom_it_waits_for_and_goes_on_when_he_is_done(clerk: Admin) -> None:
    with held(clerk.home.registry_path, "EXCLUSIVE") as writer:
        verifying = begin(clerk, "verify", clerk.path("a.result"), "--json")
        assert verifying.stderr is not None
        told = verifying.stderr.readline()
        assert told.startswith("注意：登记库正被另一个程序（")
        assert f"进程号{writer.pid}）写入" in told
        assert verifying.poll() is None
        writer.communicate("\n")
        _, more = verifying.communicate()
    assert (verifying.returncode, more) == (0, "")


def test_verify_does_not_wait_for_a_writer_who_has_only_begun(clerk: Admin) -> None:
    with held(clerk.home.registry_path, "IMMEDIATE") as writer:
        assert holder_of(clerk.home.registry_path) == ""
        ran = clerk.run("verify", clerk.path("a.result"))
        assert (ran.code, ran.err, writer.poll()) == (0, "", None)


def test_who_holds_it_is_known_by_the_lock_alone(clerk: Admin) -> None:
    database = clerk.home.registry_path
    assert holder_of(database) == ""
    with held(database, "EXCLUSIVE") as writer:
        assert holder_of(database).endswith(f"进程号{writer.pid}")
        assert holder_of(clerk.path("a.result")) == ""
        assert holder_of(clerk.path("nowhere")) == ""
    assert holder_of(database) == ""
