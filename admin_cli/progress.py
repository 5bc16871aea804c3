"""`progress`: who is done and who is not, against the deadline; on screen, as a 通报, a table, a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.progress_bar import ProgressBar

from admin_cli.inputs import COUNT, DAY, FILE, OPTIONAL_LINE, check_suffix
from admin_cli.newfiles import NewFiles
from admin_cli.papers.circular import Progress, Share, Unfinished, circular
from admin_cli.papers.picture import ProgressPicture, png, svg
from admin_cli.papers.sheets import Row, Table, workbook
from admin_cli.registries import registry_option, registry_to_read
from admin_cli.session import Session, command
from admin_cli.summary_files import NO_LINE
from canvass.ledger import ledger_organisations
from canvass.listings import listings
from canvass.progress import Missing, Stand, missing, stand_by_line, stand_by_organisation
from canvass.registry import Registry
from rounds.errors import BadInput

_LISTED_AT_MOST = 200
_HEAD = ("名称", "应完成", "已完成", "完成率", "需重新测评", "其中未经签名验证", "其中逾期")
_BAR = 24
_UNFINISHED_HEAD = ("战线", "上级团组织", "代码", "团支部", "情况", "联系人", "电话", "依据", "台账")


@command(
    "progress",
    "工作进度督查：按战线和团组织列出应完成、已完成的团支部数，点名未完成的并附联系方式。\n"
    "作废和无效的列为需重新测评；截止日当天完成的不算逾期。\n"
    "下级报送包列为未报送、作废、有冲突而本登记库尚无结果的一并计入，注明由哪个单位第几次报送包列出；结果到后不重复计。",
    example="progress --deadline 2017-04-01\nprogress --deadline 2017-04-01 --out 督查通报.docx --picture 进度.png",
)
@click.option("--deadline", required=True, type=DAY, metavar="日期", help="完成时限，如 2017-04-01。")
@click.option("--year", type=COUNT, metavar="年", help="测评年度（默认为完成时限的上一年）。")
@click.option("--path", metavar="路径", help="只看这一团组织及其下级：各级代码以斜线相连，如 /50/5001/。")
@click.option("--unit", default="", type=OPTIONAL_LINE, metavar="单位", help="通报的落款单位（默认取自台账）。")
@click.option("--out", type=FILE, metavar="F.docx", help="写出《工作进度督查通报》。")
@click.option("--table", type=FILE, metavar="F.xlsx", help="写出进度表和未完成名单（Excel 表格）。")
@click.option("--picture", type=FILE, metavar="F.svg|F.png", help="写出各战线进度图，供张贴。")
@registry_option
def progress(session: Session, deadline: date, year: int | None, **given: Any) -> None:  # noqa: ANN401  click's values
    """Show the progress, and write what was asked for."""
    path = given["path"]
    if path is not None and not (path.startswith("/") and path.endswith("/")):
        raise BadInput("--path 须以斜线开头和结尾，如 /50/5001/。")
    year = deadline.year - 1 if year is None else year
    day = session.now().date()
    with registry_to_read(session) as registry:
        listed = listings(registry, year=year)
        by_line = stand_by_line(registry, year=year, deadline=deadline, path=path, listed=listed)
        organisations = stand_by_organisation(registry, year=year, path=path, listed=listed)
        unfinished = missing(registry, year=year, path=path, listed=listed)
        unit = given["unit"] or _unit(registry, path)
    found = Progress(
        unit, deadline, day, _shares(by_line), _shares(organisations), [_unfinished(one) for one in unfinished]
    )
    written = _write(found, by_line, organisations, unfinished, given)
    _show(session, found, by_line, organisations, unfinished)
    session.output.lines(*(f"已写出：{file}" for file in written))
    session.output.answer(_answer(year, found, by_line, organisations, unfinished, written))


def _unit(registry: Registry, path: str | None) -> str:
    """The organisation that looks: the one of `path`, else the ledger's only root; '' where there are several."""
    listed = ledger_organisations(registry)
    found = [one.name for one in listed if (one.path == path if path else not one.parent)]
    return found[0] if len(found) == 1 else "________________"


def _shares(stands: Iterable[Stand]) -> list[Share]:
    return [_share(one) for one in stands]


def _share(one: Stand) -> Share:
    return Share(one.name or NO_LINE, one.done + one.unsigned, one.expected, one.again, one.unsigned)


def _unfinished(one: Missing) -> Unfinished:
    branch = one.branch
    contact = (branch.administrator, branch.telephone)
    basis = f"（据{_basis(one)}）" if one.reported else ""
    return Unfinished(branch.line or NO_LINE, branch.organisation, branch.name, one.state + basis, *contact)


def _basis(one: Missing) -> str:
    """Whose bundle says so, '' where this registry knows it by itself."""
    return f"“{one.reported.organisation}”第{one.reported.sequence}次报送包" if one.reported else ""


def _write(
    found: Progress, by_line: list[Stand], organisations: list[Stand], unfinished: list[Missing], given: dict[str, Any]
) -> list[Path]:
    builders: dict[str, Callable[[], bytes]] = {
        "out": lambda: circular(found),
        "table": lambda: _workbook(by_line, organisations, unfinished),
        "picture": lambda: _picture(found, given["picture"]),
    }
    for name, suffixes in (("out", (".docx",)), ("table", (".xlsx",)), ("picture", (".svg", ".png"))):
        if given[name] is not None:
            check_suffix(given[name], *suffixes)
    wanted = {given[name]: build for name, build in builders.items() if given[name] is not None}
    with NewFiles(*wanted) as files:
        for path, build in wanted.items():
            files.write(path, build())
    return list(wanted)


def _picture(found: Progress, path: Path) -> bytes:
    picture = ProgressPicture(found.organisation, found.day, found.deadline, [*found.lines, found.whole])
    return svg(picture) if path.suffix.lower() == ".svg" else png(picture)


def _workbook(by_line: Sequence[Stand], organisations: Sequence[Stand], unfinished: Sequence[Missing]) -> bytes:
    return workbook(
        [
            Table("分战线", _HEAD, [Row(_cells(one)) for one in by_line] + [Row(_cells(_sum(by_line)), is_sum=True)]),
            Table("分团组织", _HEAD[:-1], [Row(_cells(one)[:-1]) for one in organisations]),
            Table("未完成", _UNFINISHED_HEAD, [Row(_missing_cells(one)) for one in unfinished]),
        ]
    )


def _cells(one: Stand) -> tuple[str | int, ...]:
    share = _share(one)
    return (share.name, one.expected, share.done, share.percent, one.again, one.unsigned, one.late)


def _sum(stands: Sequence[Stand]) -> Stand:
    names = ("expected", "done", "again", "unsigned", "late")
    return Stand("合计", *(sum(getattr(one, name) for one in stands) for name in names))


def _missing_cells(one: Missing) -> tuple[str | int, ...]:
    branch = one.branch
    where = (branch.line or NO_LINE, branch.organisation, branch.code, branch.name)
    contact = (branch.administrator, branch.telephone)
    return (*where, one.state, *contact, _basis(one), "" if one.in_ledger else "未列入台账")


def _show(
    session: Session, found: Progress, by_line: list[Stand], organisations: list[Stand], unfinished: list[Missing]
) -> None:
    session.output.table(
        "分战线进度", (*_HEAD, "进度"), [_barred(one, *_cells(one)) for one in [*by_line, _sum(by_line)]]
    )
    rows = [_barred(one, *_cells(one)[:-1]) for one in organisations]
    session.output.table("分团组织进度", (*_HEAD[:-1], "进度"), rows)
    if unfinished:
        listed = [_missing_cells(one) for one in unfinished[:_LISTED_AT_MOST]]
        session.output.table("未完成的团支部", _UNFINISHED_HEAD, listed)
    more = len(unfinished) - _LISTED_AT_MOST
    if more > 0:
        session.output.lines(f"另有{more}个未列出：请用 --table 写出全部名单。")
    whole = found.whole
    session.output.lines(
        f"应完成{whole.expected}个，已完成{whole.done}个，完成率{whole.percent}，未完成{len(unfinished)}个。"
    )
    session.output.lines(*_reported_lines(unfinished))


def _reported_lines(unfinished: Sequence[Missing]) -> list[str]:
    told = Counter(_basis(one) for one in unfinished if one.reported)
    outside = sum(not one.in_ledger for one in unfinished)
    lines = [f"其中{count}个据{basis}所列。" for basis, count in told.items()]
    return [*lines, f"其中{outside}个未列入台账：请核对台账。"] if outside else lines


def _barred(one: Stand, *cells: str | int) -> tuple[object, ...]:
    return (*cells, ProgressBar(total=max(one.expected, 1), completed=one.done + one.unsigned, width=_BAR))


_UNFINISHED_FIELDS = ("line", "organisation", "code", "branch", "state", "contact", "telephone")


def _reported(one: Missing) -> dict[str, object]:
    said = one.reported
    return {
        "reported_by": said and said.organisation,
        "sequence": said and said.sequence,
        "round_id": said and said.round.round_id,
        "in_ledger": one.in_ledger,
    }


def _answer(
    year: int,
    found: Progress,
    by_line: list[Stand],
    organisations: list[Stand],
    unfinished: list[Missing],
    written: list[Path],
) -> dict[str, object]:
    return {
        "year": year,
        "deadline": found.deadline.isoformat(),
        "day": found.day.isoformat(),
        "total": vars(_sum(by_line)),
        "lines": [vars(one) for one in by_line],
        "organisations": [vars(one) for one in organisations],
        "unfinished": [
            dict(zip(_UNFINISHED_FIELDS, _missing_cells(one), strict=False)) | _reported(one) for one in unfinished
        ],
        "files": [str(path) for path in written],
    }
