"""A file too large for memory, written under a temporary name beside its place until it may bear its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from ballots_store.files import check_can_create, publish
from ballots_store.reasons import reason
from rounds.errors import Unreadable


class Staged:
    """As a context: the file is written whole and synced, then named; whatever fails before that leaves nothing."""

    def __init__(self, path: Path) -> None:
        """Refuse early what could not be created at the end.

        Raises:
            Unreadable: the file exists, or its folder is missing or not writable.
        """
        check_can_create(path)
        self.path = path
        self._temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")

    def write(self, write: Callable[[BinaryIO], None]) -> None:
        """Write the content through to the medium (0600).

        Raises:
            Unreadable: it can't be written (a full disk, a stick that is gone).
        """
        try:
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unreadable(f"无法写入“{self.path}”（{reason(error)}）：请检查磁盘空间和权限。") from None

    def publish(self, remedy: str) -> None:
        """Give the written file its name; `remedy` says what to do where that fails.

        Raises:
            Unreadable: it can't be.
        """
        try:
            publish(self._temporary, self.path)
        except OSError as error:
            raise Unreadable(f"无法写入“{self.path}”（{reason(error)}）：{remedy}") from None

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing under the temporary name."""
        with suppress(OSError):  # on a vanished medium the error that stands says more
            self._temporary.unlink(missing_ok=True)
