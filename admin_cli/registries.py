"""The registry as commands meet it: this home's SQLite file, or a PostgreSQL that `--registry` names."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from admin_cli.session import Session
from canvass.lock_holder import holder_of
from canvass.registry import BUSY_SECONDS, Registry, open_registry

ENVIRONMENT = "BEIKAOBEI_REGISTRY"
"""Names the registry where --registry does not: a database's password need not stand on the command line."""

_MOMENT = 0.5
"""Seconds that an importer's commit may take without anybody hearing of it."""


def registry_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that gives a command `--registry`; what it says is kept in the session."""

    def keep(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        session = context.ensure_object(Session)
        session.registry_given = value or session.registry_given

    return click.option(
        "--registry",
        metavar="URL",
        callback=keep,
        expose_value=False,
        help=f"登记库地址（默认 {ENVIRONMENT}，再次为数据文件夹中的 SQLite 文件）；"
        "PostgreSQL：postgresql+psycopg://用户@主机/数据库。",
    )(function)


@contextmanager
def registry_to_write(session: Session) -> Iterator[Registry]:
    """The registry, made on first use.

    Raises:
        BadInput, Unreadable: it cannot be opened.
    """
    given = _given(session)
    if given is None:
        session.home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _opened(session, given or session.home.registry_path) as registry:
        yield registry


@contextmanager
def registry_to_read(session: Session) -> Iterator[Registry]:
    """The registry; an empty one in memory where this home has none yet, since looking must not write.

    Raises:
        BadInput, Unreadable: it cannot be opened.
    """
    own = session.home.registry_path
    with _opened(session, _given(session) or (own if own.exists() else "sqlite:///:memory:")) as registry:
        yield registry


def _given(session: Session) -> str | None:
    return session.registry_given or os.environ.get(ENVIRONMENT) or None


@contextmanager
def _opened(session: Session, place: str | Path) -> Iterator[Registry]:
    _tell_whom_we_wait_for(session, place)
    registry = open_registry(place)
    try:
        yield registry
    finally:
        registry.dispose()


def _tell_whom_we_wait_for(session: Session, place: str | Path) -> None:
    """Say who keeps the file locked, unless he is done within a moment; whoever opens it waits for him in silence."""
    database = place if isinstance(place, Path) else Path(place.removeprefix("sqlite:///"))
    until = time.monotonic() + _MOMENT
    while (holder := holder_of(database)) and time.monotonic() < until:
        time.sleep(_MOMENT / 20)
    if holder:
        session.output.warn(
            f"登记库正被另一个程序（{holder}）写入，须等它完成，最多等{BUSY_SECONDS:.0f}秒：可先结束该程序。"
        )
