"""A progress bar on stderr for what takes long, where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")


def watched(steps: Iterable[T], total: int, title: str, *, show: bool) -> Iterator[T]:
    """`steps` as they come, counted on a bar of `total` where stderr is a terminal."""
    console = Console(file=sys.stderr)
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (show and console.is_terminal)) as progress:
        task = progress.add_task("", total=total)
        for step in steps:
            yield step
            progress.advance(task)
