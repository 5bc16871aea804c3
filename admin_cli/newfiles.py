"""Files that a command leaves: all of them or none."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from ballots_store.files import check_can_create, write_new
from rounds.errors import BadInput


class NewFiles:
    """As a context: every file written inside is removed again when the block fails."""

    def __init__(self, *planned: Path) -> None:
        """Refuse early what could not be created at the end.

        Raises:
            BadInput: two of `planned` are one file.
            Unreadable: one of `planned` exists, or its folder is missing or not writable.
        """
        self._undo = ExitStack()
        _check_distinct(planned)
        for path in planned:
            check_can_create(path)

    def write(self, path: Path, data: bytes) -> None:
        """Create `path` (0600), durable when this returns.

        Raises:
            Unreadable: it exists or can't be written.
        """
        write_new(path, data)
        self._undo.callback(_remover(path))

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep the files, or remove them when the block failed."""
        if error is None:
            self._undo.pop_all()
        self._undo.close()


def _check_distinct(planned: Sequence[Path]) -> None:
    places = Counter(Path(os.path.realpath(path.parent), path.name) for path in planned)
    for path, times in places.items():
        if times > 1:
            raise BadInput(f"一条命令要写的两个文件都叫“{path}”：请分别取名。")


def _remover(path: Path) -> Callable[[], None]:
    return lambda: path.unlink(missing_ok=True)
