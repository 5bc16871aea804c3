"""A flipped bit in every byte of box, journal, slots and documents: refused in one line, or without any effect.

Many bytes of a SQLite file mean nothing (free space, old journal pages): with those flipped the box must read exactly
as before. Whatever reads otherwise and is taken counts as wrongly accepted.
"""

from __future__ import annotations

import base64
import json
import random
import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from box_factory import CLOSED, MadeBox, organisation, roots
from box_inside import sealed_state
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from faults.scenes import CLOSE, Scene, Verdict, counted, make_scene, scratch
from faults.shim import SYNCS, Act, Fault
from faults.tallying import Row, meet

from ballots_store.held import START_SECRET, HeldBox
from rounds.chain import read_authorisation, read_card, read_result, read_void_report, read_zero_report
from rounds.envelope import authentication_encoding
from rounds.errors import RoundError

Read = Callable[[], object]
BITS = 8
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")  # sqlite.org/fileformat.html, 3


def flipped(data: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1 << bit
    return bytes(changed)


def judged(read: Read, true: object, untouched: Callable[[], bool] = lambda: True) -> Verdict:
    """`untouched`: asked when it was refused. `true`: what it may read; None where nothing may be read."""
    try:
        found = read()
    except RoundError as error:
        if "\n" in str(error):
            return Verdict.TRACEBACK
        return Verdict.FINE if untouched() else Verdict.WRONG
    except Exception:  # noqa: BLE001  anything else would be a traceback on a user's screen
        return Verdict.TRACEBACK
    return Verdict.FINE if found == true else Verdict.WRONG


# Documents ------------------------------------------------------------------------------------------------------------


def documents(folder: Path) -> dict[str, tuple[bytes, Callable[[bytes], object]]]:
    """One of each kind with its reader."""
    closed = make_scene(folder / "closed", members=6, votes=5, stick=False, roster=False).made
    voided = make_scene(folder / "voided", members=6, votes=5, stick=False, roster=False).made
    authorisation = read_authorisation(closed.issued.data, roots())
    return {
        ".pub": (organisation()[1], read_card),
        ".auth": (closed.issued.data, lambda data: read_authorisation(data, roots())),
        "zero report": (closed.opened.zero_report, lambda data: read_zero_report(data, authorisation)),
        ".result": (closed.close(present=6).result, lambda data: read_result(data, roots())),
        ".void": (voided.void(), lambda data: read_void_report(data, roots())),
    }


def careless_reader(data: bytes) -> object:
    """The control: any JSON, the first signature over the decoded payload, and nothing is spelled again."""
    envelope: dict[str, Any] = json.loads(data)
    payload = base64.b64decode(envelope["payload"])
    message = authentication_encoding(envelope["payloadType"], payload)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    public = next(iter(roots()))
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature as error:
        raise ValueError("signature") from error
    return payload


def in_documents(row: Row, folder: Path, *, quick: bool) -> None:
    """Every byte: its lowest bit, where base64 hides, and another one; quick: one bit of a spread."""
    draw = random.Random(5)  # noqa: S311  a spread, no secret
    for name, (data, read) in documents(folder).items():
        for at in range(0, len(data), 29 if quick else 1):
            for bit in (draw.randrange(BITS),) if quick else (0, draw.randrange(1, BITS)):
                changed = flipped(data, at, bit)
                row.add(judged(partial(read, changed), None), f"{name} byte {at} bit {bit}")
    card = organisation()[1]
    for at in range(len(card)):
        for bit in range(BITS):
            try:
                careless_reader(flipped(card, at, bit))
            except (ValueError, KeyError, TypeError, IndexError, RecursionError, AttributeError):
                row.add_control(Verdict.FINE)
            else:
                row.add_control(Verdict.WRONG)


# Box, journal, slots --------------------------------------------------------------------------------------------------


def content(made: MadeBox, start_key: bytes) -> object:
    """All that a start believes: documents, roster, sealed parts and the state."""
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        state = held.recover(start_key)
        return state, held.authorisation.digest, held.zero_report.digest, held.store.roster


def start_key_of(made: MadeBox) -> bytes:
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        return held.join_secret(START_SECRET, held.open_holders(made.codes(), CLOSED))


def in_file(row: Row, path: Path, read: Read, places: Iterable[int], draw: random.Random) -> None:
    """Flip, look, put everything back; what was refused was also left as it was found."""
    true = read()
    kept = {beside: beside.read_bytes() for beside in path.parent.iterdir() if beside.name.startswith(path.name[:10])}
    data = kept[path]
    for at in places:
        bit = draw.randrange(BITS)
        changed = flipped(data, at, bit)
        path.write_bytes(changed)
        verdict = judged(read, true, partial(_holds, path, changed))
        for beside, found in kept.items():
            beside.write_bytes(found)
        row.add(verdict, f"{path.name} byte {at} bit {bit}")


def _holds(path: Path, data: bytes) -> bool:
    return path.read_bytes() == data


def in_hot_journal(row: Row, scene: Scene, folder: Path, *, quick: bool) -> None:
    """A count killed in its transaction leaves a journal that counts; what comes of it flipped is old or refused."""
    place, stride = 1, 211 if quick else 1
    while not _is_hot(cut_off := scene.copied(folder / str(place))):
        if not meet(partial(CLOSE.run, cut_off), place, Fault(Act.KILL_BEFORE, kinds=SYNCS)).killed:
            raise AssertionError("no sync of a count leaves a hot journal")
        if _is_hot(cut_off):
            break
        place += 1
    made, start_key = cut_off.made, start_key_of(scene.made)
    box, journal = made.folder.box, journal_of(made)
    kept = {path: path.read_bytes() for path in (box, journal, made.slots)}
    true = content(made, start_key)
    draw = random.Random(13)  # noqa: S311  the same draw in every run
    for at in range(0, len(kept[journal]), stride):
        bit = draw.randrange(BITS)
        for path, data in kept.items():
            path.write_bytes(flipped(data, at, bit) if path == journal else data)
        row.add(judged(lambda: content(made, start_key), true), f"hot journal byte {at} bit {bit}")


def journal_of(made: MadeBox) -> Path:
    return made.folder.box.with_name(made.folder.box.name + "-journal")


def _is_hot(scene: Scene) -> bool:
    return journal_of(scene.made).read_bytes()[:8] == JOURNAL_MAGIC


def integrity_check(path: Path) -> bool:
    """The control: whether SQLite finds fault."""
    database = sqlite3.connect(path)
    try:
        return bool(database.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
    except (sqlite3.Error, UnicodeDecodeError):
        return False
    finally:
        database.close()


def in_box(row: Row, scene: Scene, *, quick: bool) -> None:
    """Every byte of the three files; quick: a spread."""
    made, draw = scene.made, random.Random(11)  # noqa: S311  the same draw in every run
    start_key = start_key_of(made)
    for path, stride in ((made.folder.box, 331), (journal_of(made), 499), (made.slots, 997)):
        places = range(0, path.stat().st_size, stride if quick else 1)
        in_file(row, path, lambda: content(made, start_key), places, draw)


def integrity_control(row: Row, scene: Scene) -> None:
    """Flips that change the sealed row: SQLite's own check sees nothing wrong with it."""
    made = scene.made
    data = made.folder.box.read_bytes()
    state = sealed_state(made)
    at = data.index(state[:64])
    for place in range(at, at + 200):
        made.folder.box.write_bytes(flipped(data, place, place % BITS))
        row.add_control(Verdict.WRONG if integrity_check(made.folder.box) else Verdict.FINE)
    made.folder.box.write_bytes(data)


def run(*, quick: bool) -> list[Row]:
    """Rows: documents; box, journal and slots."""
    papers = Row("a flipped bit in every byte of every document", control="a reader that does not spell it again")
    files = Row("a flipped bit in every byte of box, journal, slots", control="PRAGMA integrity_check")
    with scratch() as parent:
        in_documents(papers, parent, quick=quick)
        scene = make_scene(parent / "scene", members=6, votes=5, stick=True, roster=True)
        in_box(files, scene, quick=quick)
        in_hot_journal(files, scene, parent / "hot", quick=quick)
        integrity_control(files, scene)
        if counted(scene.made).collected != len(scene.before):
            raise AssertionError("the box was not left as it was")
    return [papers, files]
