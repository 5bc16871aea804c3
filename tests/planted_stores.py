"""Stores that keep the order of casting, each in its own way: the controls of the examiner and of the box's tests.

Each `plant_*(folder, ballots)` writes the ballots (a secret token of 32 bytes and a choice each) one by one, as the
programs do that somebody would write first, and leaves the store as it lies on disk after the last.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

Ballot = tuple[bytes, str]
CHOICES = ("满意", "不满意", "空白")


def some_ballots(count: int) -> list[Ballot]:
    """`count` ballots in a random order of random tokens."""
    return [(secrets.token_bytes(32), secrets.choice(CHOICES)) for _ in range(count)]


def _connect(path: Path, *pragmas: str) -> sqlite3.Connection:
    store = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous=OFF", *pragmas):
        store.execute(f"PRAGMA {pragma}")
    return store


def plant_rowid(folder: Path, ballots: Sequence[Ballot]) -> None:
    """A table with SQLite's hidden numbers, vacuumed at the end."""
    store = _connect(folder / "ballots.db", "secure_delete=ON")
    store.execute("CREATE TABLE ballots(token BLOB)")
    for token, _ in ballots:
        store.execute("INSERT INTO ballots VALUES(?)", [token])
    store.execute("VACUUM")
    store.close()


def plant_random_key(folder: Path, ballots: Sequence[Ballot]) -> None:
    """WITHOUT ROWID, a random key, secure_delete: nothing says the order but the cells' places."""
    store = _connect(folder / "ballots.db", "secure_delete=ON")
    store.execute("CREATE TABLE ballots(token BLOB PRIMARY KEY) WITHOUT ROWID")
    for token, _ in ballots:
        store.execute("INSERT INTO ballots VALUES(?)", [token])
    store.close()


def plant_wal(folder: Path, ballots: Sequence[Ballot]) -> None:
    """The same in WAL mode, as the disk stands while people vote."""
    working = folder / "working"
    working.mkdir()
    store = _connect(working / "ballots.db", "journal_mode=WAL", "wal_autocheckpoint=0")
    store.execute("CREATE TABLE ballots(token BLOB PRIMARY KEY) WITHOUT ROWID")
    for token, _ in ballots:
        store.execute("INSERT INTO ballots VALUES(?)", [token])
    for name in ("ballots.db", "ballots.db-wal"):
        shutil.copy(working / name, folder / name)
    store.close()
    shutil.rmtree(working)


def plant_counters(folder: Path, ballots: Sequence[Ballot]) -> None:
    """One row of counters in clear, in WAL mode."""
    working = folder / "working"
    working.mkdir()
    store = _connect(working / "counts.db", "journal_mode=WAL", "wal_autocheckpoint=0")
    store.execute("CREATE TABLE counts(id INTEGER PRIMARY KEY, a INT, b INT, c INT)")
    store.execute("INSERT INTO counts VALUES(1, 0, 0, 0)")
    for _, choice in ballots:
        column = "abc"[CHOICES.index(choice)]
        store.execute(f"UPDATE counts SET {column} = {column} + 1")  # noqa: S608  one of three letters
    for name in ("counts.db", "counts.db-wal"):
        shutil.copy(working / name, folder / name)
    store.close()
    shutil.rmtree(working)


def plant_rebuilt(folder: Path, ballots: Sequence[Ballot]) -> None:
    """A new sorted file after every cast, renamed over the last; the old ones as an image's free blocks keep them."""
    kept = []
    for count in range(1, len(ballots) + 1):
        path = folder / "next.db"
        store = _connect(path)
        store.execute("CREATE TABLE ballots(token BLOB PRIMARY KEY) WITHOUT ROWID")
        store.executemany("INSERT INTO ballots VALUES(?)", sorted((token,) for token, _ in ballots[:count]))
        store.close()
        kept.append(path.read_bytes())
        path.unlink()
    (folder / "disk.img").write_bytes(bytes(8192) + b"".join(kept))


def plant_deleted(folder: Path, ballots: Sequence[Ballot]) -> None:
    """The journal deleted at every commit: an image keeps its pages in free blocks."""
    store = _connect(folder / "ballots.db", "journal_mode=PERSIST")
    store.execute("CREATE TABLE ballots(token BLOB PRIMARY KEY) WITHOUT ROWID")
    store.execute("VACUUM")
    kept = []
    for token, _ in ballots:
        store.execute("INSERT INTO ballots VALUES(?)", [token])
        kept.append((folder / "ballots.db-journal").read_bytes()[:9216].ljust(12288, b"\0"))
    store.execute("VACUUM")  # so that the cells' places say nothing
    store.close()
    image = bytes(8192) + b"".join(kept) + (folder / "ballots.db").read_bytes()
    for path in list(folder.iterdir()):
        path.unlink()
    (folder / "disk.img").write_bytes(image)


def plant_marks(folder: Path, ballots: Sequence[Ballot]) -> None:
    """A poll book whose 'no' becomes 'voted' at every cast: the cells move."""
    store = _connect(folder / "book.db", "page_size=8192")
    store.execute("CREATE TABLE book(member TEXT PRIMARY KEY, mark TEXT) WITHOUT ROWID")
    members = sorted(token.hex() for token, _ in ballots)
    store.executemany("INSERT INTO book VALUES(?, 'no')", [(member,) for member in members])
    for token, _ in ballots:
        store.execute("UPDATE book SET mark = 'voted' WHERE member = ?", [token.hex()])
    store.close()


def plant_clear(folder: Path, ballots: Sequence[Ballot]) -> None:
    """One row a ballot, the choice in clear."""
    store = _connect(folder / "ballots.db")
    store.execute("CREATE TABLE ballots(id INTEGER PRIMARY KEY, choice TEXT, token BLOB)")
    for token, choice in ballots:
        store.execute("INSERT INTO ballots(choice, token) VALUES(?, ?)", [choice, token])
    store.close()


def plant_files(folder: Path, ballots: Sequence[Ballot]) -> None:
    """One file a ballot, as their times tell."""
    for at, (token, _) in enumerate(ballots):
        path = folder / f"{token.hex()}.ballot"
        path.write_bytes(secrets.token_bytes(64))
        os.utime(path, ns=(at * 10**9, at * 10**9))


def plant_log(folder: Path, ballots: Sequence[Ballot]) -> None:
    """A log that notes every cast with its time, and nothing of the choice."""
    lines = [
        json.dumps({"at": f"2099-04-01T14:{at // 60:02}:{at % 60:02}+08:00", "event": "cast", "id": token.hex()})
        for at, (token, _) in enumerate(ballots)
    ]
    (folder / "log.jsonl").write_text("\n".join(lines) + "\n")


PLANTS: dict[str, tuple[Callable[[Path, Sequence[Ballot]], None], str, float]] = {
    "rowid table": (plant_rowid, "记录编号", 0.999),
    "WITHOUT ROWID, random key": (plant_random_key, "页内位置", 0.95),
    "WAL": (plant_wal, "预写日志", 0.999),
    "rebuild and rename": (plant_rebuilt, "旧副本份数", 0.999),
    "journal DELETE, image": (plant_deleted, "旧副本份数", 0.95),
    "text marks": (plant_marks, "页内位置", 0.2),
    "plain rows": (plant_clear, "记录编号", 0.999),
    "one file a ballot": (plant_files, "文件时间", 0.999),
    "log of casts": (plant_log, "日志", 0.999),
}
"""Name → how it is planted, which attack must find the order, and at which rank correlation at least.

Moved cells (text marks) tell a part of the order only, backwards: -0.38 on average, measured over twenty stores.
"""


def rank_correlation(order: Sequence[bytes], tokens: Sequence[bytes]) -> float:
    """Spearman's ρ between a recovered order (whatever contains a token, raw or hex) and the true one.

    What does not name any token is left out; nothing recovered is 0.
    """
    places = [
        place
        for record in order
        for place, token in enumerate(tokens)
        if token in record or token.hex().encode() in record
    ]
    ranks = {place: rank for rank, place in enumerate(sorted(places))}
    count = len(places)
    if count < 3 or len(ranks) != count:
        return 0.0
    squares = sum((guess - ranks[place]) ** 2 for guess, place in enumerate(places))
    return 1 - 6 * squares / (count * (count * count - 1))
