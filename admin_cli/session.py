"""What every command is given: the home, the way to answer, the clock; and the two options that all commands have."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from admin_cli.chinese import Command, Group
from admin_cli.output import Output
from ballots_store.home import Home


@dataclass
class Session:
    """One invocation: filled while click parses, read by the command."""

    home_given: Path | None = None
    as_json: bool = False
    registry_given: str | None = None

    @property
    def home(self) -> Home:
        """The data folder: --home, else BEIKAOBEI_HOME, else the platform's."""
        return Home(self.home_given) if self.home_given else Home.default(os.environ)

    @property
    def output(self) -> Output:
        """Where the answer goes."""
        return Output(as_json=self.as_json)

    def now(self) -> datetime:
        """The moment, with this machine's offset; the only place where a command reads the clock."""
        return datetime.now().astimezone()


pass_session = click.make_pass_decorator(Session)


def _set_home(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    session = context.ensure_object(Session)
    session.home_given = value or session.home_given


def _set_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    session = context.ensure_object(Session)
    session.as_json = value or session.as_json


def common_options() -> list[click.Parameter]:
    """--home and --json, which stand on every command and may also stand before it."""
    return [
        click.Option(
            ["--home"],
            metavar="DIR",
            type=click.Path(path_type=Path),
            callback=_set_home,
            expose_value=False,
            help="数据文件夹（默认 BEIKAOBEI_HOME，再次为系统的数据文件夹）。",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            callback=_set_json,
            expose_value=False,
            help="标准输出只给一个 JSON 对象，供脚本使用。",
        ),
    ]


def command(name: str, text: str, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """A decorator that makes a function (given the `Session` first) a command with `text` as its help."""

    def decorate(function: Callable[..., Any]) -> Command:
        made = click.command(name, cls=Command, help=text, example=example)(pass_session(function))
        made.params.extend(common_options())
        return made

    return decorate


def group(name: str, text: str, commands: list[Command]) -> Group:
    """A group of commands with `text` as its help."""
    return Group(name, help=text, commands=commands, params=common_options())
