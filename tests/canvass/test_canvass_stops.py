"""Stopped imports: a kill at any moment leaves whole files in or out, and the next run goes on where it was."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from canvass_desk import Desk, go, kill, new_desk, output
from rounds_factory import NOW, ROOTS, make_round, payload_digest
from sqlalchemy import event

from canvass import registry as registry_module
from canvass.importing import Fate, expand, import_files
from canvass.registry import Registry, open_registry
from rounds.errors import Unreadable

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs fork and SIGKILL")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Every fate that a good file can have: plain results, a conflict, a revision, a chain of two attempts."""
    plain = [make_round(branch_name=f"第{number}团支部") for number in range(8)]
    made = {f"{number}.result": one.result(4, 1) for number, one in enumerate(plain)}
    made["a.result"] = plain[0].reopened().result(4, 1)
    made["b.result"] = plain[1].result(5, 0, supersedes=payload_digest(made["1.result"]))
    made["d.void"] = (voided := make_round(branch_name="重新测评团支部")).void()
    made["c.result"] = voided.next_attempt(payload_digest(made["d.void"])).result(4, 1)
    return made


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> Any:
    """What one undisturbed run makes of the files."""
    with new_desk(tmp_path_factory.mktemp("single") / "desk") as desk:
        lay(desk, files)
        desk.take_in()
        return desk.facts()


def lay(desk: Desk, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        desk.put(name, data)


@pytest.mark.parametrize("acknowledged", [1, 5, 11])
def test_kill_9_keeps_what_was_reported_and_the_next_run_makes_the_same_rows(
    desk: Desk, files: dict[str, bytes], single: Any, acknowledged: int
) -> None:
    lay(desk, files)
    importer = desk.importer()
    go(importer, acknowledged)
    reported = [output(importer).readline() for _ in range(acknowledged)]
    kill(importer)
    assert len(desk.dump()["ends"]) == len(reported) == acknowledged
    fates = [fate.fate for fate in desk.take_in()]
    assert fates.count(Fate.DUPLICATE) == acknowledged
    assert desk.facts() == single


def test_a_kill_at_any_statement_leaves_whole_files(sqlite_desk: Desk, files: dict[str, bytes], single: Any) -> None:
    desk = sqlite_desk
    lay(desk, files)
    desk.registry.dispose()
    number = 0
    while killed_at(desk, number, lambda registry: registry):
        assert is_whole(desk)
        number += 1
    assert number > 8
    desk.take_in()
    assert desk.facts() == single


def test_without_the_transaction_such_a_kill_leaves_half_a_file(tmp_path: Path, files: dict[str, bytes]) -> None:
    """The control of the test above: the same kills, each statement committed by itself."""

    def committing_each(registry: Registry) -> Registry:
        event.remove(registry.engine, "begin", registry_module._on_begin)  # noqa: SLF001  the very thing to take away
        return registry

    whole = []
    for number in range(8):
        with new_desk(tmp_path / str(number)) as desk:
            lay(desk, files)
            desk.registry.dispose()
            assert killed_at(desk, number, committing_each)
            whole.append(is_whole(desk))
    assert not all(whole)


def killed_at(desk: Desk, number: int, prepare: Callable[[Registry], Registry]) -> bool:
    """Import in a child that kills itself before its `number`-th statement that writes; whether it came to that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of threads; the child touches none of them
        child = os.fork()
    if child == 0:
        import_and_die(desk, number, prepare)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def import_and_die(desk: Desk, number: int, prepare: Callable[[Registry], Registry]) -> None:
    seen = 0

    def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        nonlocal seen
        if statement.startswith(("INSERT", "UPDATE")):
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

    try:
        registry = prepare(open_registry(f"sqlite:///{desk.database}"))
        event.listen(registry.engine, "after_cursor_execute", count)
        for _ in import_files(registry, expand([desk.incoming]), roots=ROOTS, now=NOW, batch=2):
            pass
    finally:
        os._exit(0)  # never back into the test's own process


def is_whole(desk: Desk) -> bool:
    """Every envelope has its end, and the roll-ups are the sums of the ends."""
    counts = {name: len(rows) for name, rows in desk.dump().items()}
    try:
        desk.rolled_up()
    except AssertionError:
        return False
    finally:
        desk.registry.dispose()  # no connection of ours may stay open across the next fork
    return counts["envelopes"] == counts["ends"]


def test_two_processes_on_one_folder_make_the_rows_of_one(desk: Desk, files: dict[str, bytes], single: Any) -> None:
    lay(desk, files)
    importers = [desk.importer() for _ in range(2)]
    for importer in importers:
        go(importer)
    printed = [importer.communicate()[0].splitlines() for importer in importers]
    assert [importer.returncode for importer in importers] == [0, 0]
    fates = [line.split()[0] for line in printed[0] + printed[1]]
    assert fates.count(Fate.DUPLICATE) == len(files)
    assert fates.count(Fate.REJECTED) == 0
    assert desk.facts() == single


def test_four_processes_in_batches_lose_and_double_nothing(desk: Desk, files: dict[str, bytes], single: Any) -> None:
    """On PostgreSQL they are four clients of one server; on SQLite they take turns on one file."""
    lay(desk, files)
    importers = [desk.importer(batch=3) for _ in range(4)]
    for importer in importers:
        go(importer)
    fates = [line.split()[0] for importer in importers for line in importer.communicate()[0].splitlines()]
    assert [importer.returncode for importer in importers] == [0] * 4
    assert fates.count(Fate.DUPLICATE) == 3 * len(files)
    assert fates.count(Fate.REJECTED) == 0
    assert desk.facts() == single


def test_one_of_two_processes_killed_changes_nothing(desk: Desk, files: dict[str, bytes], single: Any) -> None:
    lay(desk, files)
    victim, survivor = desk.importer(), desk.importer()
    go(victim, 5)
    go(survivor)
    output(victim).readline()
    kill(victim)
    survivor.communicate()
    assert survivor.returncode == 0
    desk.take_in()
    assert desk.facts() == single


def test_a_writer_takes_the_lock_before_it_looks(desk: Desk) -> None:
    """Else two importers could both find a round empty; the control: two readers do look at the same time."""
    other = open_registry(desk.url, busy_seconds=0)
    with desk.registry.writing(), pytest.raises(Unreadable, match="另一个程序"), other.writing():
        pass
    with desk.registry.reading() as first, other.reading() as second:
        look = "SELECT count(*) FROM ends"
        assert first.exec_driver_sql(look).scalar() == second.exec_driver_sql(look).scalar() == 0
    other.dispose()
