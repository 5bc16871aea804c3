"""Where words go: answers to stdout, errors and warnings to stderr, one line each.

People get rich tables and sentences on stdout. With --json, stdout holds exactly one JSON object in UTF-8 and nothing
else. An error is one line on stderr, 错误：what is wrong and what to do; a warning one line, 注意：…. Nothing here ever
prints a code, except the two that `authorize` has just made.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click
import msgspec
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_PIPED_WIDTH = 160
"""Columns of a table that nobody watches, at least: a script or a file gets whole lines."""
_READABLE = 10
"""Columns in which five Chinese characters stand side by side; a table with less for a column is not read."""
_FRAME = 3
"""What rich draws around a column: a line and two blanks."""


@dataclass(frozen=True)
class Output:
    """The answer of one command, for people or for a script."""

    as_json: bool

    def answer(self, facts: Mapping[str, object]) -> None:
        """The JSON answer; nothing when people are asking."""
        if self.as_json:
            with _quiet_pipe():
                click.echo(msgspec.json.format(msgspec.json.encode(dict(facts))))

    def lines(self, *lines: str) -> None:
        """Sentences for people, never broken by the program."""
        if not self.as_json:
            with _quiet_pipe():
                for line in lines:
                    _console().print(Text(printable(line)), soft_wrap=True)

    def table(self, title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table for people; None is shown as —, a bar as a bar.

        Where a window is too narrow for its columns every row becomes a table of its own, name and value a line.
        """
        if self.as_json:
            return
        cells = [[_cell(value) for value in row] for row in rows]
        wanted = _columns([[Text(name) for name in head], *cells])
        console = _console(sum(wanted) + _FRAME * len(wanted) + 1)
        if not cells or sum(min(width, _READABLE) for width in wanted) + _FRAME * len(wanted) < console.width:
            tables = [_table(title, head, cells)]
        else:
            names = list(map(Text, head))
            tables = [
                _table("" if at else title, ("项目", "内容"), zip(names, row, strict=True))
                for at, row in enumerate(cells)
            ]
        with _quiet_pipe():
            for table in tables:
                console.print(table)

    def facts(self, title: str, rows: Iterable[tuple[str, object]]) -> None:
        """A table of two columns, 项目 and 内容."""
        self.table(title, ("项目", "内容"), rows)

    def warn(self, line: str) -> None:
        """A warning: one line on stderr."""
        click.echo(f"注意：{one_line(line)}", err=True)


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[Text | ProgressBar]]) -> Table:
    table = Table(title=Text(printable(title)) if title else None, title_justify="left")
    for name in head:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _columns(rows: Sequence[Sequence[Text | ProgressBar]]) -> list[int]:
    """How wide each column would be if nothing were broken; a bar takes what it gets."""
    return [
        max(cell.cell_len if isinstance(cell, Text) else _READABLE for cell in column)
        for column in zip(*rows, strict=True)
    ]


def _cell(value: object) -> Text | ProgressBar:
    if isinstance(value, ProgressBar):
        return value
    return Text("—" if value is None else printable(str(value)))


def say_error(line: str) -> None:
    """An error: one line on stderr."""
    click.echo(f"错误：{one_line(line)}", err=True)


def one_line(text: str) -> str:
    """`text` without line breaks and control characters."""
    return " ".join(printable(text).split())


def printable(text: str) -> str:
    """`text` with what could steer the terminal or hide itself replaced by �, and undecodable bytes too."""
    return "".join(
        "�" if char not in "\n\t" and unicodedata.category(char) in {"Cc", "Cf", "Cs"} else char for char in text
    )


def _console(wanted: int = 0) -> Console:
    """Stdout for people; made at each use, since tests and pipes exchange it. `wanted`: columns for whole lines."""
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(_PIPED_WIDTH, wanted)
    return console


@contextmanager
def _quiet_pipe() -> Iterator[None]:
    """A reader that has gone (`| head`) is no failure of the command: what it did is done."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
