"""One process holds a box, by a lock on a file of its own: closing the box file in a process drops SQLite's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from ballots_store.errors import BoxDestroyed, BoxInUse, StorageFailure
from ballots_store.files import sync_folder
from ballots_store.home import RoundFolder
from ballots_store.reasons import reason


def hold(folder: RoundFolder) -> FileLock:
    """Take the round's lock at once; the caller releases it. The system releases it when the process dies.

    Raises:
        BoxInUse: another process has it.
        BoxDestroyed: the box was destroyed, or its destruction has begun.
        StorageFailure: there is no such round, or its folder can't be written.
    """
    if folder.destroyed.exists():
        raise BoxDestroyed
    if not folder.box.exists():
        raise StorageFailure(f"票箱文件“{folder.box}”不存在：请核对数据文件夹（--home）。")
    return take(folder)


def take(folder: RoundFolder) -> FileLock:
    """Take the lock whatever the folder holds; `ballots_store.destroying` finishes what a kill left.

    Raises:
        BoxInUse, StorageFailure: see `hold`.
    """
    lock = FileLock(folder.lock, timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise BoxInUse from None
    except OSError as error:
        raise StorageFailure(f"无法锁定票箱（{reason(error)}）：请检查数据文件夹的权限。") from None
    return lock


@contextmanager
def held(folder: RoundFolder) -> Iterator[None]:
    """Hold the round's lock for a block.

    Raises:
        BoxInUse, StorageFailure: see `hold`.
    """
    lock = hold(folder)
    try:
        yield
    finally:
        lock.release()


def make_sure_of_name(folder: RoundFolder) -> None:
    """See that the folder keeps its name, before anybody votes, where its opening was killed at the very end.

    The page cache may have the name alone; lost with the power, it would leave a folder that the next opening clears
    away, ballots, keys and all (`ballots_store.leftovers`). Without its note a folder is never cleared.

    Raises:
        StorageFailure: it can't be told.
    """
    try:
        if folder.opening.exists():
            sync_folder(folder.path.parent)
            folder.opening.unlink(missing_ok=True)
    except OSError as error:
        raise StorageFailure(f"票箱文件夹无法读写（{reason(error)}）：请检查磁盘和权限。") from None
