"""A bundle's import killed by SIGKILL in the middle: whole documents in or out, and the same import goes on there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from canvass_desk import Desk, kill, new_desk, output
from rounds_factory import NOW, ROOTS, make_round, payload_digest
from test_canvass_bundles import BELOW, CHILD, GRANDCHILD, PARENT, Upward, entrust, listed, of_child

from canvass.bundle_import import BundleFate, import_bundle
from canvass.importing import Fate
from canvass.trusting import import_trust

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")

_IMPORTER = """
import sys
from datetime import datetime
from pathlib import Path
from sqlalchemy import event
from canvass import registry as opened
from canvass.bundle_import import BundleFate, import_bundle
url, path, key, name, now, transactions = sys.argv[1:]
registry = opened.open_registry(url)
if transactions == "none":
    event.remove(registry.engine, "begin", opened._on_begin)

def tell(_connection, _cursor, statement, *_more):
    words = statement.split()
    if words[0] in ("INSERT", "UPDATE"):
        print(words[2] if words[0] == "INSERT" else words[1], flush=True)
        sys.stdin.readline()

event.listen(registry.engine, "after_cursor_execute", tell)
fate = BundleFate(path)
list(import_bundle(registry, Path(path), fate, roots={bytes.fromhex(key): name}, now=datetime.fromisoformat(now)))
print("the end", flush=True)
sys.stdin.readline()
"""
TABLES = (
    "trust_documents",
    "words",
    "issuers",
    "envelopes",
    "ends",
    "reasons",
    "standings",
    "rollups",
    "bundles_received",
)
"""Everything that the import of this bundle writes to, in its order."""


@dataclass(frozen=True)
class Case:
    """A bundle, the delegation that its sender needs, and what one undisturbed import makes of it."""

    bundle: bytes
    delegation: bytes
    facts: Any


def ready(desk: Desk, delegation: bytes) -> Desk:
    import_trust(listed(desk).registry, delegation, roots=ROOTS, now=NOW)
    return desk


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Results, a grandchild's delegation and its result, a void round with its second attempt, a conflict."""
    folder = tmp_path_factory.mktemp("case")
    with new_desk(folder / "parent") as parent, new_desk(folder / "child") as child:
        delegation = entrust(listed(parent), ROOTS, PARENT.key, CHILD.card, "/50/5001/")
        import_trust(listed(child).registry, delegation, roots=BELOW, now=NOW)
        entrust(child, BELOW, CHILD.key, GRANDCHILD.card, "/50/5001/")
        void, torn = of_child("TM-02", 30), of_child()
        ended = void.void()
        again = void.next_attempt(payload_digest(ended))
        below = make_round(by=GRANDCHILD, branch_code="TM-01")
        ends = [ended, again.result(29, 1), below.result(5, 1), torn.result(4, 2), torn.result(3, 3)]
        for data in ends:
            assert child.take(data, roots=BELOW).fate in {Fate.IMPORTED, Fate.CONFLICT}
        upward = Upward(child, parent)
        path = upward.hand_up()
        fate, _ = upward.take(path)
        assert (fate.fate, fate.contradictions) == (Fate.IMPORTED, [])
        yield Case(path.read_bytes(), delegation, facts(parent))


def facts(desk: Desk) -> Any:
    """What the registry holds, but for the row numbers and the name of the file."""
    dumped = desk.dump()
    columns = {"trust_documents": (1, 2, 3), "bundles_received": (1, 2, 3, 4, 5)}
    return desk.facts(), {name: [[row[at] for at in some] for row in dumped[name]] for name, some in columns.items()}


def start(desk: Desk, path: Path, transactions: str = "whole") -> subprocess.Popen[str]:
    ((key, name),) = ROOTS.items()
    where = (desk.url, str(path), key.hex(), name, NOW.isoformat(), transactions)
    return subprocess.Popen(
        [sys.executable, "-c", _IMPORTER, *where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def killed_at(desk: Desk, path: Path, table: str, transactions: str = "whole") -> list[str]:
    """Let the import run up to its first write to `table`, and kill it there; the tables that it wrote to."""
    process = start(desk, path, transactions)
    seen: list[str] = []
    while table not in seen:
        seen.append(output(process).readline().strip())
        assert seen[-1], f"it ended before: {seen}"
        if table not in seen:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
    kill(process)
    return seen


def is_whole(desk: Desk) -> bool:
    """Every envelope has its end, and the roll-ups are the sums of the ends."""
    counts = {name: len(rows) for name, rows in desk.dump().items()}
    try:
        desk.rolled_up()
    except AssertionError:
        return False
    return counts["envelopes"] == counts["ends"]


def take(desk: Desk, path: Path) -> BundleFate:
    fate = BundleFate(str(path))
    list(import_bundle(desk.registry, path, fate, roots=ROOTS, now=NOW))
    return fate


def test_the_import_writes_to_these_tables_in_this_order(sqlite_desk: Desk, case: Case) -> None:
    """So that every stop below is one: nothing is written to that no test stops at."""
    path = ready(sqlite_desk, case.delegation).put("1.bundle", case.bundle)
    seen = killed_at(sqlite_desk, path, "the end")
    assert tuple(dict.fromkeys(seen[:-1])) == TABLES
    assert facts(sqlite_desk) == case.facts


@pytest.mark.parametrize("table", TABLES)
def test_kill_9_at_any_write_leaves_whole_documents_and_the_same_rows_after_the_next_run(
    desk: Desk, case: Case, table: str
) -> None:
    path = ready(desk, case.delegation).put("1.bundle", case.bundle)
    killed_at(desk, path, table)
    assert is_whole(desk)
    assert desk.dump()["bundles_received"] == []
    fate = take(desk, path)
    assert (fate.fate, fate.contradictions) == (Fate.IMPORTED, [])
    assert facts(desk) == case.facts
    before = desk.dump()
    assert take(desk, path).fate is Fate.DUPLICATE
    assert desk.dump() == before


def test_killed_after_the_end_it_is_in(desk: Desk, case: Case) -> None:
    path = ready(desk, case.delegation).put("1.bundle", case.bundle)
    killed_at(desk, path, "the end")
    assert facts(desk) == case.facts
    assert take(desk, path).fate is Fate.DUPLICATE
    assert facts(desk) == case.facts


def test_killed_again_and_again_it_gets_there(desk: Desk, case: Case) -> None:
    path = ready(desk, case.delegation).put("1.bundle", case.bundle)
    for table in ("trust_documents", "envelopes", "rollups", "bundles_received"):
        killed_at(desk, path, table)
    assert take(desk, path).fate is Fate.IMPORTED
    assert facts(desk) == case.facts


def test_without_transactions_such_a_kill_leaves_half_a_document(tmp_path: Path, case: Case) -> None:
    """The control: the same kills at the same places, each statement committed by itself."""
    whole = []
    for table in ("envelopes", "ends"):
        with new_desk(tmp_path / table) as desk:
            path = ready(desk, case.delegation).put("1.bundle", case.bundle)
            desk.registry.dispose()
            killed_at(desk, path, table, "none")
            whole.append(is_whole(desk))
    assert not any(whole)
