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
"""Columns of a table that nobody watches: a script or a file gets whole lines."""


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
        """A table for people; None is shown as —, a bar as a bar."""
        if self.as_json:
            return
        table = Table(title=Text(printable(title)), title_justify="left")
        for name in head:
            table.add_column(Text(name), overflow="fold")
        for row in rows:
            table.add_row(*map(_cell, row))
        with _quiet_pipe():
            _console().print(table)

    def facts(self, title: str, rows: Iterable[tuple[str, object]]) -> None:
        """A table of two columns, 项目 and 内容."""
        self.table(title, ("项目", "内容"), rows)

    def warn(self, line: str) -> None:
        """A warning: one line on stderr."""
        click.echo(f"注意：{one_line(line)}", err=True)


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


def _console() -> Console:
    """Stdout for people; made at each use, since tests and pipes exchange it."""
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    return (
        console
        if console.is_terminal
        else Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=_PIPED_WIDTH)
    )


@contextmanager
def _quiet_pipe() -> Iterator[None]:
    """A reader that has gone (`| head`) is no failure of the command: what it did is done."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
