"""What an opening leaves that was killed: its unnamed folder, and key slots that no box has.

An opening writes down first where its slots will lie, and the next one in the same home clears away. A folder that
still has its own name was never a round: whoever holds a box makes sure of its name first (`HeldBox`). One lock for all
openings of a home says that nobody is at work in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from ballots_store.files import erase, read_capped, sync_folder, write_synced
from ballots_store.held import slots_path
from ballots_store.home import Home, RoundFolder
from ballots_store.slots import is_slots_of
from rounds.encoding import Digest, decode, encode
from rounds.errors import RuleRefusal, Unreadable

_PREFIX, _LOCK = ".opening-", ".opening.lock"
_MAX_NOTE = 16 * 1024
_PATIENCE_S = 30.0
"""An opening holds the lock for the time of a few writes; a slow stick takes seconds."""


class _Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`opening.json`: whose slots an unfinished opening may have made, and where."""

    box_id: Digest
    token: str
    """The folder of the 票箱U盘; empty where the keys lie beside the box."""


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Hold the lock of this home's openings for a block; wait for another one to end.

    Raises:
        RuleRefusal: it does not end.
        OSError: the folder can't be written.
    """
    lock = FileLock(
        home.rounds_path / _LOCK, timeout=_PATIENCE_S, mode=0o600, thread_local=False, fallback_to_soft=False
    )
    try:
        lock.acquire()
    except Timeout:
        raise RuleRefusal("本机正在为另一次测评封箱：请待其完成后重试。") from None
    try:
        yield
    finally:
        lock.release()


def begin(home: Home, token: Path | None, box_id: bytes) -> RoundFolder:
    """A folder for an opening, with the note of what will be made; durable when this returns. Hold the lock.

    Raises:
        OSError: it can't be written.
    """
    half = RoundFolder(home.rounds_path / f"{_PREFIX}{secrets.token_hex(8)}")
    half.path.mkdir(mode=0o700)
    where = str(token.resolve()) if token else ""
    try:
        write_synced(half.opening, encode(_Note(box_id=box_id.hex(), token=where)))
        sync_folder(half.path)
        sync_folder(home.rounds_path)
    except BaseException:
        undo(half.path)
        raise
    return half


def finished(folder: RoundFolder) -> None:
    """Drop the note of an opening whose folder has its name now; one that stays does no harm."""
    with suppress(OSError):
        folder.opening.unlink(missing_ok=True)


def clear(home: Home) -> tuple[Path, ...]:
    """Overwrite and remove what killed openings left; hold the lock. Return the folders that were left as they are.

    Left are those whose 票箱U盘 is out, whose slots file is not theirs, that can't be written, and those of a program
    that kept no note: a box of theirs may have keys that nothing here tells of.
    """
    found = sorted(path for path in home.rounds_path.glob(f"{_PREFIX}*") if path.is_dir() and not path.is_symlink())
    return tuple(path for path in found if not undo(path))


def undo(half: Path) -> bool:
    """Overwrite and remove an unfinished opening, the keys first and the note last; whether all of it is gone."""
    try:
        if (slots := _slots(half)) is not None:
            erase(slots)
        files = sorted(half.iterdir(), key=lambda path: path == RoundFolder(half).opening)
        for path in files:
            erase(path)
        half.rmdir()
        sync_folder(half.parent)
    except FileNotFoundError:
        return not half.exists()
    except (OSError, LookupError):
        return False
    return True


def _slots(half: Path) -> Path | None:
    """The slots file to erase; None where there is none.

    Raises:
        LookupError: it can't be said which it is, or it is another box's.
    """
    folder = RoundFolder(half)
    try:
        note = decode(read_capped(folder.opening, _MAX_NOTE, "封箱记录"), _Note, "封箱记录", _MAX_NOTE)
    except Unreadable:
        if set(half.iterdir()) <= {folder.opening}:
            return None  # killed before the note was whole: nothing was made yet
        raise LookupError from None
    token, box_id = Path(note.token) if note.token else None, bytes.fromhex(note.box_id)
    if token is not None and not token.is_dir():
        raise LookupError
    slots = slots_path(folder, token, box_id)
    if not slots.exists():
        return None
    if not is_slots_of(slots, box_id):
        raise LookupError
    return slots
