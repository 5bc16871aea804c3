"""The frozen box of a closed round on the 票箱U盘, laid out as a home, so that every command reads it there.

    STICK/beikaobei-<16 hex digits>.slots      the key slots, where they always were
    STICK/beikaobei/rounds/ROUND/…             box, documents, log, and the signed end as a file

With it any two holders can count again on another machine: `--home STICK/beikaobei --token STICK`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ballots_store.errors import StorageFailure
from ballots_store.files import identity, make_folders, read_capped, write_over
from ballots_store.held import END, HeldBox, slots_path
from ballots_store.home import Home, RoundFolder
from ballots_store.lock import held as holding
from ballots_store.reasons import reason
from rounds.errors import RuleRefusal

_MAX_BOX = 64 * 1024 * 1024
_HOME = "beikaobei"


def frozen_home(token: Path) -> Home:
    """The home on a 票箱U盘 that holds frozen boxes."""
    return Home(token / _HOME)


def copy_to_token(home: Home, round_id: str, *, token: Path | None = None) -> Path | None:
    """Copy the frozen box and the signed end to the 票箱U盘, and read both back from the medium.

    Returns the folder of the copy; None where the keys lie on the same disk. Copying again replaces the copy.

    Raises:
        RuleRefusal: the round has not ended.
        TokenAway: the stick is not in; a folder of its name on the disk is not taken for it.
        StorageFailure: the stick can't be written, or does not give back what was written.
    """
    with HeldBox(home, round_id, token=token) as box:
        place, end = box.token, box.store.stored(END)
        if end is None:
            raise RuleRefusal("本次测评尚未结束，不能复制票箱：请先计票。")
        if place is None:
            return None
        box.check_token()
        slots = slots_path(box.folder, place, box.bound_to)
    source, target = home.folder(round_id), frozen_home(place).folder(round_id)
    if source.path.resolve() == target.path.resolve():
        return target.path
    with holding(source):
        files = _files(source, target)
        _copy({**files, target.end: end}, target, slots)
    return target.path


def _files(source: RoundFolder, target: RoundFolder) -> dict[Path, bytes]:
    """What the copy consists of; the journal is empty once the box was let go."""
    pairs = (
        (source.box, target.box),
        (source.authorisation, target.authorisation),
        (source.zero_report, target.zero_report),
        (source.log, target.log),
    )
    return {to: read_capped(path, _MAX_BOX, "票箱文件") for path, to in pairs if path.exists()}


def _copy(files: dict[Path, bytes], target: RoundFolder, slots: Path) -> None:
    try:
        make_folders(target.path)
    except OSError as error:
        raise StorageFailure(f"无法在票箱U盘上建立“{target.path}”（{reason(error)}）：请检查U盘。") from None
    _check_same_medium(slots, target.path)
    write_and_read_back(files)
    _check_same_medium(slots, target.path)


def _check_same_medium(slots: Path, folder: Path) -> None:
    """Pulled out in between, the stick leaves its folder behind on the disk: what lies there is on no stick."""
    found = identity(slots), identity(folder)
    if found[0] is None or found[1] is None or found[0][0] != found[1][0]:
        raise StorageFailure("复制途中票箱U盘被拔出：请插回原U盘，再次执行同一命令。")


def write_and_read_back(files: Mapping[Path, bytes]) -> None:
    """Write `files` to a medium, replacing what is there, and read each back from it; their folders exist.

    Raises:
        StorageFailure: it can't be written, or does not give back what was written.
    """
    for path, data in files.items():
        write_over(path, data)
    for path, data in files.items():
        if _from_medium(path, len(data)) != data:
            raise StorageFailure(f"U盘上的“{path}”读回后与写入的不一致：请更换U盘，再次执行同一命令。")


def _from_medium(path: Path, size: int) -> bytes:
    """Read past the page cache where the system lets us: what was written a moment ago would answer otherwise."""
    with suppress(OSError, AttributeError), path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return read_capped(path, size, "票箱文件")
