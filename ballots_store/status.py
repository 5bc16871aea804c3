"""Where a round stands, without any key: read from the copies of its documents and the box's public counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ballots_store.errors import BoxInUse, StorageFailure
from ballots_store.files import read_capped
from ballots_store.home import DESTROYED_NOTE, Home, RoundFolder
from ballots_store.lock import held
from ballots_store.state import decode_public
from ballots_store.store import BoxStore
from rounds.documents import AUTHORISATION, ZERO_REPORT, Authorisation, Mode, ZeroReport
from rounds.encoding import decode
from rounds.envelope import Envelope, Kind, decode_payload
from rounds.rules import quorum_met, quorum_needed
from rounds.words import box_words

R = TypeVar("R", Authorisation, ZeroReport)

IN_USE = "in_use"


@dataclass(frozen=True)
class Status:
    """One round's standing; counts are None while a process holds the box, and never believed at close."""

    round_id: str
    state: str
    """opened, in_use, stopped, closed, void or destroyed."""
    registered: int
    issued: int | None
    """发出; None in a stationed round, where it follows from the slips left over and stands in the result."""
    collected: int | None
    quorum_needed: int
    quorum_met: bool | None
    mode: Mode
    title: str
    box_words: str


def round_status(home: Home, round_id: str) -> Status:
    """The standing of `round_id`; nothing is written and no key slot is touched.

    Raises:
        BadInput: not a round id.
        StorageFailure, VerificationFailure: its files are missing or damaged.
    """
    folder = home.folder(round_id)
    if (folder.path / DESTROYED_NOTE).exists():
        return _status(folder, round_id, "destroyed", None, None)
    try:
        with held(folder):
            store = BoxStore(folder.box)
            try:
                stage, issued, collected = decode_public(store.public())
            finally:
                store.close()
    except BoxInUse:
        return _status(folder, round_id, IN_USE, None, None)
    return _status(folder, round_id, stage.value, issued, collected)


def recorded_token(home: Home, round_id: str) -> Path | None:
    """The folder of the 票箱U盘 that opening recorded; None on the same disk.

    Raises:
        BadInput: not a round id.
        BoxInUse: a process holds the box, and watches the stick itself.
        StorageFailure, VerificationFailure: the box is missing or damaged.
    """
    folder = home.folder(round_id)
    with held(folder):
        store = BoxStore(folder.box)
        try:
            recorded = store.meta("token")
        finally:
            store.close()
    # of a damaged name the start of the kiosk says what is wrong: here it is a folder that is not there
    return Path(recorded.replace(b"\0", b"?").decode("utf-8", "replace")) if recorded else None


def _status(folder: RoundFolder, round_id: str, state: str, issued: int | None, collected: int | None) -> Status:
    basis: Authorisation = _unverified(folder, AUTHORISATION)
    report: ZeroReport = _unverified(folder, ZERO_REPORT)
    if basis.round_id != round_id or report.round_id != round_id:
        raise StorageFailure("测评文件夹中的批复或封箱报告不属于本次测评：请保留文件并报告上级团组织。")
    return Status(
        round_id=round_id,
        state=state,
        registered=basis.registered,
        issued=issued if basis.method == "gathered" else None,
        collected=collected,
        quorum_needed=quorum_needed(basis.registered),
        quorum_met=None if collected is None else quorum_met(basis.registered, collected),
        mode=basis.mode,
        title=basis.title,
        box_words=box_words(report.round_key),
    )


def _unverified(folder: RoundFolder, kind: Kind[R]) -> R:
    """For showing only; whoever acts on a document reads it through `rounds.chain`."""
    path = folder.authorisation if kind is AUTHORISATION else folder.zero_report
    data = read_capped(path, kind.cap, kind.title)
    return decode_payload(decode(data, Envelope, kind.title, kind.cap), kind)
