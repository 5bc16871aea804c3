"""Named steps inside the durable operations, so that a test can stop the process before or after each one.

The hook is an argument of every operation and does nothing in the product; no environment variable reaches it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

Hook = Callable[[str], None]


def no_hook(_step: str) -> None:
    """The product's hook."""


class step:  # noqa: N801  reads as a verb where it is used, as contextlib's own do
    """Announce `before NAME`, run the block, announce `after NAME` if it came to its end."""

    __slots__ = ("_hook", "_name")

    def __init__(self, hook: Hook, name: str) -> None:
        """A class, since a cast has six of them and a generator costs three times as much."""
        self._hook, self._name = hook, name

    def __enter__(self) -> None:
        """Announce the beginning."""
        if self._hook is not no_hook:
            self._hook(f"before {self._name}")

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Announce the end."""
        if kind is None and self._hook is not no_hook:
            self._hook(f"after {self._name}")
