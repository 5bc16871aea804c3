"""What lies on the disk and on the stick while people vote: constant sizes, no order, no time, no secret."""

from __future__ import annotations

import re
import secrets
import sqlite3
import struct
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from box_factory import (
    FIVE_BALLOTS,
    OPENED,
    PIN,
    SUPERVISOR,
    SUPERVISOR_CODE,
    TELLER,
    TELLER_CODE,
    MadeBox,
    Recorder,
    make_box,
)
from box_inside import keys_of
from sqlite_utils import Database

from ballots_store.box import BallotBox
from ballots_store.hooks import Hook
from ballots_store.store import BoxStore
from rounds.choices import Choice
from rounds.errors import RoundError, RuleRefusal


def sizes(made: MadeBox) -> dict[str, int]:
    """By the kind of file; the slots file is named after its box."""
    return {path.suffix + path.name[:3]: len(data) for path, data in made.files().items()}


def voted(made: MadeBox, choice: Choice) -> list[dict[str, int]]:
    """Sizes after the opening and after every event of an afternoon where everybody chooses `choice`."""
    seen = [sizes(made)]
    box = made.start()
    seen.append(sizes(made))
    for turn in range(4):
        made.unlock(box)
        seen.append(sizes(made))
        if turn == 2:
            box.void_session()
        else:
            box.cast(choice)
        seen.append(sizes(made))
    box.stop()
    box.close()
    return [*seen, sizes(made)]


@pytest.mark.parametrize(("members", "with_roster"), [(10, False), (10, True), (300, False), (300, True)])
def test_every_size_is_the_same_whatever_is_chosen(scratch: Path, members: int, *, with_roster: bool) -> None:
    runs = []
    for choice in Choice:
        folder = scratch / choice.name
        folder.mkdir()
        made = make_box(folder / "home", token=folder / "stick", members=members, with_roster=with_roster)
        runs.append(voted(made, choice))
    assert runs[0] == runs[1] == runs[2]
    box_sizes = {seen[".sqlitebox"] for seen in runs[0]}
    assert len(box_sizes) == 1
    after_start = runs[0][1:-1]
    assert all(seen == after_start[0] for seen in after_start)  # the log alone grows, at a start and at the stop
    assert {seen[".slotsbei"] for seen in runs[0]} == {12_288}


def test_sizes_tell_a_store_that_grows(scratch: Path) -> None:
    """The control: one row a ballot."""
    path = scratch / "plain.sqlite"
    store = sqlite3.connect(path)
    store.execute("CREATE TABLE ballots(choice BLOB)")
    seen = set()
    for _ in range(300):
        store.execute("INSERT INTO ballots VALUES(?)", [secrets.token_bytes(64)])
        store.commit()
        seen.add(path.stat().st_size)
    store.close()
    assert len(seen) > 1


WORDS = ("满意", "不满意", "空白", "satisfied", "unsatisfied", "blank", "SATISFIED", "BLANK")


def occurrences(files: Iterable[bytes]) -> dict[str, int]:
    """How often each word of a choice stands in `files`, in any usual spelling."""
    joined = b"\0".join(files)
    return {
        f"{word} {encoding}": joined.count(word.encode(encoding))
        for word in WORDS
        for encoding in ("utf-8", "utf-16-le", "gb18030")
    }


def moments(at: datetime) -> dict[str, bytes]:
    """The spellings of one moment that a file could hold."""
    seconds = at.timestamp()
    whole = int(seconds)
    forms = {"iso": at.isoformat(timespec="minutes")[:16].encode(), "clock": at.strftime("%H:%M:%S").encode()}
    forms["utc"] = datetime.fromtimestamp(whole, tz=OPENED.tzinfo).isoformat(sep=" ")[:16].encode()
    for unit, value in (("s", whole), ("ms", whole * 1000), ("us", whole * 10**6), ("ns", whole * 10**9)):
        forms[f"decimal {unit}"] = str(value).encode()
        forms[f"{unit} 8 BE"], forms[f"{unit} 8 LE"] = value.to_bytes(8), value.to_bytes(8, "little")
    forms["s 4 BE"], forms["s 4 LE"] = whole.to_bytes(4), whole.to_bytes(4, "little")
    forms["float BE"], forms["float LE"] = struct.pack(">d", seconds), struct.pack("<d", seconds)
    return forms


def found(forms: dict[str, bytes], files: Iterable[bytes]) -> list[str]:
    held = list(files)
    return [name for name, form in forms.items() if any(form in data for data in held)]


def test_no_choice_no_time_and_no_code_in_any_file(scratch: Path) -> None:
    made = make_box(scratch / "home", token=scratch / "stick", members=6, with_roster=True)
    before = occurrences(made.files().values())
    now = [OPENED]
    box = made.start(clock=lambda: now[0])
    sessions, really = [], set()
    for turn, choice in enumerate([*FIVE_BALLOTS, Choice.SATISFIED]):
        now[0] = OPENED + timedelta(days=1, minutes=7 * turn, seconds=13)
        sessions.append(now[0])
        made.cast(box, choice)
        really.add(int(time.time()))
        files = list(made.files().values())
        for session in sessions:
            assert found(moments(session), files) == []
        for second in really:
            machine = {"BE": second.to_bytes(4), "LE": second.to_bytes(4, "little"), "text": str(second).encode()}
            assert found(machine, files) == []
    now[0] = OPENED + timedelta(days=2)
    box.stop()
    box.close()
    files = list(made.files().values())
    assert occurrences(files) == before
    assert all(found(moments(session), files) == [] for session in sessions)
    printed = (made.issued.activation_code, made.issued.emergency_code)
    typed = [PIN, SUPERVISOR_CODE, TELLER_CODE, *printed, *(code.replace("-", "") for code in printed)]
    for secret in typed:
        for encoding in ("utf-8", "utf-16-le", "gb18030"):
            assert not any(secret.encode(encoding) in data for data in files)


def test_the_scan_finds_what_is_planted() -> None:
    """The control: every form that is looked for is found where it stands."""
    at = OPENED + timedelta(days=1)
    for name, form in moments(at).items():
        assert name in found(moments(at), [b"noise" + form + b"noise"])
    assert occurrences(["不满意".encode()])["满意 utf-8"] == 1


def test_what_the_start_wrote_is_found(scratch: Path) -> None:
    """The control on real files: the log holds round-level times, and the scan finds them."""
    made = make_box(scratch / "home")
    at = OPENED + timedelta(days=1)
    made.start(clock=lambda: at).close()
    assert "iso" in found(moments(at), made.files().values())


WINDOW = 16


def windows(data: bytes) -> set[bytes]:
    """Every 16 bytes in a row, wherever they begin."""
    return {data[at : at + WINDOW] for at in range(len(data) - WINDOW + 1)}


def left(blob: bytes, files: Iterable[bytes]) -> float:
    """Which part of the windows of `blob` stands in `files`; pages cut a few of a blob that stands there whole."""
    sought = windows(blob)
    return len(sought.intersection(*[set().union(*(windows(data) for data in files))])) / len(sought)


def sealed_row(box: BallotBox) -> bytes:
    held = box._held  # noqa: SLF001  the area as it lies in the file, while it is held
    return held.store.states()[held._slot]  # noqa: SLF001  the one that counts


@pytest.mark.parametrize("members", [6, 120])
def test_nothing_of_one_cast_stands_two_casts_later(scratch: Path, members: int) -> None:
    made = make_box(scratch / "home", token=scratch / "stick", members=members)
    box = made.start()
    rows: list[bytes] = []
    for choice in (*FIVE_BALLOTS, Choice.SATISFIED):
        made.unlock(box)
        rows.append(sealed_row(box))
        box.cast(choice)
        rows.append(sealed_row(box))
        files = made.files().values()
        assert left(rows[-1], files) > 0.9  # the control: found where it must be
        assert left(b"".join(rows[:-4]) or bytes(range(99)), files) == 0
        sealed = b"".join(box._state.ballots)  # noqa: SLF001  a sealed ballot lies inside the sealed state only
        assert left(sealed, files) == 0
    box.stop()
    box.close()
    assert made.close(present=6, reason="" if members == 6 else "人数不足，择日重新测评").end.collected == 6
    assert left(b"".join(rows[:-2]), made.files().values()) == 0


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_plain_store_keeps_it(scratch: Path, journal: str) -> None:
    """The control: the same row rewritten with SQLite's defaults (WAL), or one row a cast (DELETE)."""
    path = scratch / "plain.sqlite"
    store = sqlite3.connect(path, isolation_level=None)
    store.execute(f"PRAGMA journal_mode={journal}")
    store.execute("CREATE TABLE box(id INTEGER PRIMARY KEY, state BLOB)")
    states = [secrets.token_bytes(9000) for _ in range(4)]
    for turn, state in enumerate(states):
        row = turn if journal == "DELETE" else 1
        store.execute("INSERT OR REPLACE INTO box VALUES(?, ?)", [row, state])
    files = [file.read_bytes() for file in scratch.iterdir()]
    assert left(states[0], files) > 0
    store.close()


def test_an_old_key_stands_nowhere_after_the_next_commit(scratch: Path) -> None:
    made = make_box(scratch / "home", token=scratch / "stick")
    draw = Recorder()
    box = made.start(draw=draw)

    def keys() -> list[bytes]:
        return [given for given in draw.given if len(given) == 32]

    def standing(key: bytes) -> bool:
        return any(key in data for data in made.files().values())

    unlock, cast = partial(made.unlock, box), partial(box.cast, Choice.SATISFIED)
    number = len(keys())
    for verb in (unlock, cast, unlock, cast, unlock, box.void_session, box.note_helped):
        verb()
        number += 2 if verb is unlock else 1
        assert len(keys()) == number
        assert all(standing(key) for key in keys()[-2:])  # the control: that of the state on disk, and the next one
        assert not any(standing(old) for old in keys()[:-2])
    box.close()
    ended = made.close(present=2, reason="人数不足，择日重新测评")
    assert ended.end.collected == 2
    assert [any(key) for key in keys_of(made.slots.read_bytes())].count(True) == 1  # nothing comes after the end


def test_messages_hold_no_code(scratch: Path) -> None:
    """An error says neither the code that was typed nor a member's name."""
    made = make_box(scratch / "home", with_roster=True)
    said = []
    for codes in ({SUPERVISOR: "typed-in-vain-1", TELLER: TELLER_CODE}, {SUPERVISOR: SUPERVISOR_CODE, TELLER: PIN}):
        with pytest.raises(RoundError) as refused:
            BallotBox.start(made.home, made.round_id, codes, clock=lambda: OPENED)
        said.append(str(refused.value))
    box = made.start()
    made.cast(box, Choice.BLANK, 2)
    box.check_pin(PIN.encode(), 0.0)
    with pytest.raises(RuleRefusal) as refused_member:
        box.unlock(2)
    said.append(str(refused_member.value))
    box.close()
    assert len(said) == 3
    for text in said:
        assert not re.search(rf"typed-in-vain|{TELLER_CODE}|{PIN}|团员3", text)
        assert "\n" not in text


PRAGMAS = {
    "page_size": 4096,
    "auto_vacuum": 0,
    "secure_delete": 1,
    "temp_store": 2,
    "locking_mode": "exclusive",
    "journal_mode": "persist",
    "synchronous": 3,
    "foreign_keys": 1,
    "trusted_schema": 0,
}
"""As SQLite reports them (sqlite.org/pragma.html); SECRECY.md, The box."""


def in_force(database: Database) -> dict[str, object]:
    return {name: database.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}


def watched(verb: Callable[..., None], seen: list[dict[str, object]]) -> Callable[..., None]:
    """The verb, noting what its connection runs under before the transaction ends."""

    def noting(store: BoxStore, *given: Any, hook: Hook, **more: Any) -> None:
        def note(step: str) -> None:
            seen.extend([in_force(store._database)] * (step == "after update"))  # noqa: SLF001  this very connection
            hook(step)

        verb(store, *given, hook=note, **more)

    return noting


@pytest.mark.parametrize(("members", "page"), [(400, 4096), (700, 8192), (5_000, 32_768), (9_000, 65_536)])
def test_an_area_is_eight_pages_at_most(scratch: Path, members: int, page: int) -> None:
    made = make_box(scratch / "home", members=members).vote([Choice.SATISFIED])
    with closing(sqlite3.connect(made.folder.box)) as database:
        assert database.execute("PRAGMA page_size").fetchone() == (page,)
    assert made.close(present=1, reason="人数不足，择日重新测评").end.collected == 1


@pytest.mark.parametrize("verb", ["rewrite", "update"])
def test_every_pragma_is_in_force(scratch: Path, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """As the pages are written: in place, with every sync and no journal; what ends the round, under the journal."""
    made, seen = make_box(scratch / "home"), list[dict[str, object]]()
    with monkeypatch.context() as patched:
        patched.setattr(BoxStore, verb, watched(getattr(BoxStore, verb), seen))
        made.vote([Choice.SATISFIED])
        made.close(present=1, reason="人数不足，择日重新测评")
    expected = PRAGMAS if verb == "update" else PRAGMAS | {"journal_mode": "off"}
    assert seen
    assert all(found == expected for found in seen)
    plain = sqlite3.connect(scratch / "plain.sqlite")  # the control: SQLite's own defaults are others
    assert plain.execute("PRAGMA synchronous").fetchone()[0] != PRAGMAS["synchronous"]
    assert plain.execute("PRAGMA journal_mode").fetchone()[0] != PRAGMAS["journal_mode"]
    plain.close()
