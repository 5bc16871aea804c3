"""销毁: two holders end the life of a box that was closed or made void (docs/adr/0008).

The note that says so is written first and is what counts: from then on nothing opens the box. Then the keys, the box
and what lies beside it are overwritten and removed, on the disk and on the 票箱U盘; a destruction that was cut off is
finished by the next call, without codes. Authorisation, zero report and the signed end stay: a round never vanishes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from ballots_store.closing import read_end
from ballots_store.errors import StorageFailure, TokenAway
from ballots_store.files import erase, read_capped, write_over
from ballots_store.frozen import frozen_home
from ballots_store.held import END, START_SECRET, HeldBox, slots_path
from ballots_store.home import Home, RoundFolder
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.lock import take
from ballots_store.reasons import reason
from ballots_store.state import decode_public
from ballots_store.store import journal_path, rebuilt_path
from rounds.documents import Result
from rounds.encoding import Digest, Time, decode, encode, stamp
from rounds.errors import RuleRefusal
from rounds.lifecycle import Event, Stage, advance
from rounds.sharing import Holder
from rounds.version import VERSION

_MAX_NOTE = 16 * 1024


class DestroyedNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`destroyed.json`: what was destroyed, when, on whose codes."""

    at: Time
    box_id: Digest
    complete: bool
    """False while files may still be there: the next `destroy` goes on."""
    end: Literal["result", "void"]
    end_digest: Digest
    holders: tuple[Holder, ...]
    round_id: str
    software: str
    token: str
    """The folder of the 票箱U盘; empty where the keys lay on the same disk."""
    token_lost: bool
    """The holders said that the stick is lost: its keys were not overwritten."""


@dataclass(frozen=True)
class DestroyRequest:
    """What two holders bring; codes as typed."""

    round_id: str
    codes: Mapping[Holder, str]
    token_lost: bool = False


def destroy_round(
    home: Home, request: DestroyRequest, *, now: datetime, token: Path | None = None, hook: Hook = no_hook
) -> DestroyedNote:
    """Destroy the box of a closed or void round; durable when this returns.

    Raises:
        BoxInUse: a process holds it.
        RuleRefusal: it is neither closed nor void, fewer than two holders, or destroyed already.
        VerificationFailure: a wrong code, or an altered box.
        StorageFailure: a file or the stick can't be reached or written; once the note was written, `finish` goes on.
    """
    folder = home.folder(request.round_id)
    with HeldBox(home, request.round_id, token=token, hook=hook) as held:
        note, end = _note(held, request, now)
        with step(hook, "end"):
            write_over(folder.end, end)
        with step(hook, "note"):
            write_over(folder.destroyed, encode(note))
    return finish(home, request.round_id, hook=hook)


def unfinished(home: Home, round_id: str) -> bool:
    """Whether a destruction was begun and cut off.

    Raises:
        StorageFailure: the note can't be read.
    """
    note = read_note(home, round_id)
    return note is not None and not note.complete


def read_note(home: Home, round_id: str) -> DestroyedNote | None:
    """The note of a destroyed round; None where there is none.

    Raises:
        StorageFailure, Unreadable: it can't be read.
    """
    path = home.folder(round_id).destroyed
    if not path.exists():
        return None
    return decode(read_capped(path, _MAX_NOTE, "销毁记录"), DestroyedNote, "销毁记录", _MAX_NOTE)


def finish(home: Home, round_id: str, *, hook: Hook = no_hook) -> DestroyedNote:
    """Overwrite and remove what is left of a box whose destruction is noted.

    Raises:
        RuleRefusal: no destruction was begun.
        BoxInUse, StorageFailure: see `destroy_round`.
    """
    note = read_note(home, round_id)
    if note is None:
        raise RuleRefusal("本次测评尚未销毁。")
    folder = home.folder(round_id)
    lock = take(folder)
    try:
        for path in _doomed(folder, note):
            with step(hook, f"overwrite {path.suffix}"):
                _overwrite(path)
        done = msgspec.structs.replace(note, complete=True)
        with step(hook, "complete"):
            write_over(folder.destroyed, encode(done))
    finally:
        lock.release()
    folder.lock.unlink(missing_ok=True)
    return done


def _note(held: HeldBox, request: DestroyRequest, now: datetime) -> tuple[DestroyedNote, bytes]:
    """What will stand in the note, and the signed end; everything that can refuse does so here."""
    data = held.store.stored(END)
    if data is None:
        advance(decode_public(held.store.public())[0], Event.DESTROY)
        raise RuleRefusal("票箱中没有签名的结果，不能销毁：请保留票箱并报告上级团组织。")
    end = read_end(held, data).end
    counted = isinstance(end.record, Result)
    advance(Stage.CLOSED if counted else Stage.VOID, Event.DESTROY)
    holders = held.open_holders(request.codes, now)
    held.join_secret(START_SECRET, holders)  # two of them, and of this very box
    _check_stick(held, token_lost=request.token_lost)
    note = DestroyedNote(
        at=stamp(now),
        box_id=held.bound_to.hex(),
        complete=False,
        end="result" if counted else "void",
        end_digest=end.digest,
        holders=tuple(holders),
        round_id=request.round_id,
        software=VERSION,
        token=str(held.token.resolve()) if held.token else "",
        token_lost=request.token_lost,
    )
    return note, data


def _check_stick(held: HeldBox, *, token_lost: bool) -> None:
    """The keys are what matters: without the stick they are not destroyed."""
    try:
        held.check_token()
    except TokenAway as away:
        if not token_lost:
            raise StorageFailure(
                f"{away}密钥须一并销毁；票箱U盘确已遗失的，加 --token-lost，销毁记录将载明。"
            ) from None
    else:
        if token_lost:
            raise RuleRefusal("票箱U盘已插好，密钥可以一并销毁：请去掉 --token-lost。")


def _doomed(folder: RoundFolder, note: DestroyedNote) -> Iterator[Path]:
    """Every file that could help to open the box, the keys first."""
    token = Path(note.token) if note.token else None
    if not note.token_lost:
        if token is not None and not token.is_dir():
            raise StorageFailure(f"销毁尚未完成：找不到票箱U盘文件夹“{token}”，请插回后再次执行 destroy。")
        yield slots_path(folder, token, bytes.fromhex(note.box_id))
    yield from _secret_files(folder)
    if token is not None and not note.token_lost:
        copy = frozen_home(token).folder(note.round_id)
        yield from _secret_files(copy)
        if copy.path.resolve() != folder.path.resolve():
            yield from (copy.authorisation, copy.zero_report, copy.end, copy.lock)


def _secret_files(folder: RoundFolder) -> tuple[Path, ...]:
    rebuilt = rebuilt_path(folder.box)
    return (folder.path / "slots", folder.journal, folder.box, folder.log, rebuilt, journal_path(rebuilt))


def _overwrite(path: Path) -> None:
    """Put zeros over the whole file, through to the medium, and remove it; nothing to do where it is gone."""
    try:
        erase(path)
    except OSError as error:
        raise StorageFailure(
            f"销毁尚未完成：无法覆盖“{path}”（{reason(error)}），请检查磁盘和票箱U盘，再次执行 destroy。"
        ) from None
