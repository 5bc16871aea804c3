"""Named steps inside the durable operations, so that a test can stop the process before or after each one.

The hook is an argument of every operation and does nothing in the product; no environment variable reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Hook = Callable[[str], None]


def no_hook(_step: str) -> None:
    """The product's hook."""


@contextmanager
def step(hook: Hook, name: str) -> Iterator[None]:
    """Announce `before NAME`, run the block, announce `after NAME`."""
    hook(f"before {name}")
    yield
    hook(f"after {name}")
