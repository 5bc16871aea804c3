"""Which rounds a step of 确认 and 公示 is for, and how one without signatures is marked wherever it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any

import click

from admin_cli.inputs import COUNT
from admin_cli.papers.officers import METHODS
from admin_cli.papers.publicity import Held
from admin_cli.session import Session
from canvass.counted import CountedRound, counted_rounds, title_of
from canvass.paper_entries import paper_entries
from canvass.paper_rounds import beside_signed, contradicted_rounds, paper_rounds, rounds_named
from canvass.registry import Registry
from rounds.errors import BadInput
from rounds.publicity import Publicity

_ONLINE = "暖青汇"
_BLANK = "________"
_NAMED_AT_MOST = 10
"""Of the rounds that a warning is about; all of them are counted."""


@dataclass(frozen=True)
class Choice:
    """What the command line says: rounds by name, or all that stand where the step begins."""

    named: tuple[str, ...]
    every: bool
    year: int | None
    on_paper: bool
    """With `every`: those without signatures, and no others."""


def chosen(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that gives a command its rounds, as `choice`."""
    options = (
        click.argument("named", metavar="[测评编号…]", nargs=-1),
        click.option("--all", "every", is_flag=True, help="所有可以办理这一步的测评（不含未经签名验证的）。"),
        click.option("--paper", "on_paper", is_flag=True, help="与 --all 同用：改为办理未经签名验证的（纸质测评）。"),
        click.option("--year", type=COUNT, metavar="年", help="与 --all 同用：只办理这一测评年度的。"),
    )

    @wraps(function)
    def gathered(*args: Any, named: tuple[str, ...], every: bool, year: int | None, on_paper: bool, **more: Any) -> Any:  # noqa: ANN401  click's values
        return function(*args, choice=Choice(named, every, year, on_paper), **more)

    made: Callable[..., Any] = gathered
    for option in reversed(options):
        made = option(made)
    return made


def rounds_of(registry: Registry, choice: Choice, stands: Publicity, today: date) -> list[CountedRound]:
    """The rounds that were named, wherever they stand; with --all those that stand at `stands`.

    Raises:
        BadInput: neither or both; a round that is not there; --paper beside names.
        RuleRefusal: a named round's result does not count.
    """
    if bool(choice.named) == choice.every:
        raise BadInput("请写明测评编号，或用 --all 办理全部，二者选一；编号见 summary --json。")
    if choice.named and choice.on_paper:
        raise BadInput("--paper 须与 --all 同用：单独办理的写明编号即可，如 2016-paper-TM-02。")
    if choice.named:
        return rounds_named(registry, choice.named)
    read = paper_rounds if choice.on_paper else counted_rounds
    return [one for one in read(registry, year=choice.year) if one.publicity(today) is stands]


def tell_left(session: Session, registry: Registry, choice: Choice, stands: Publicity) -> None:
    """After --all: how many rounds without signatures still stand at `stands`; with --paper: how many are disputed."""
    if choice.every and choice.on_paper:
        _tell_disputed(session, registry, choice.year)
    elif choice.every:
        today = session.now().date()
        left = [one for one in paper_rounds(registry, year=choice.year) if one.publicity(today) is stands]
        if left:
            session.output.warn(f"另有{len(left)}个未经签名验证的（纸质测评）未办理：核对原件后加 --paper 单独办理。")


def warn_contradicted(session: Session, registry: Registry, year: int | None) -> list[str]:
    """Say which rounds are still confirmed or posted though their figures are contradicted; their names."""
    named = [one.round_id for one in contradicted_rounds(registry, year=year)]
    if named:
        listed = "、".join(named[:_NAMED_AT_MOST]) + ("等" if len(named) > _NAMED_AT_MOST else "")
        session.output.warn(
            f"{len(named)}个已确认或公示的测评现有冲突、录入不一致或另有签名结果（{listed}）："
            "请撤下公示，并用 objection 编号 --withdraw 写明原因登记。"
        )
    return named


def _tell_disputed(session: Session, registry: Registry, year: int | None) -> None:
    beside = beside_signed(registry, year=year)
    entries = paper_entries(registry, year=year)
    disputed = sum(one.disputed and one.round_id not in beside for one in entries)
    if disputed:
        session.output.warn(f"另有{disputed}个两份录入的数字不一致，未办理：请先核实（见 summary）。")


def mark_of(one: CountedRound) -> str:
    """What has to stand wherever the round is shown; '' for a signed one."""
    if one.signed:
        return ""
    return f"未经签名验证（{_ONLINE if _ONLINE in one.method else '纸质测评'}）"


def held_of(registry: Registry, one: CountedRound) -> Held:
    """The round in the words of its papers; what nobody has entered is left to be filled in by hand."""
    return Held(
        organisation=one.issuer,
        branch=one.branch,
        secretary=one.secretary,
        title=title_of(registry, one),
        figures=one.figures,
        held=one.held or _BLANK,
        method=METHODS["stationed" if one.stationed else "gathered"] if one.signed else one.method or _BLANK,
        supervisor=one.supervisor or _BLANK,
        mark=mark_of(one),
        checked=one.checked,
    )
