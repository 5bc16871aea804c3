"""`import` and `summary`: the upper organisation's registry of results."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from admin_cli.bundle import bundle_answer, bundle_fates, bundles_in, show_bundles
from admin_cli.choosing import warn_contradicted
from admin_cli.exits import Exit
from admin_cli.inputs import COUNT, FILE
from admin_cli.organisations import trusted_roots
from admin_cli.paper import import_paper_table, paper_answer, show_papers
from admin_cli.registries import registry_option, registry_to_read, registry_to_write
from admin_cli.session import Session, command
from admin_cli.summary_files import (
    annex4_rows,
    publicity_spans,
    rows_by_line,
    summary_options,
    unsigned_rows,
    with_publicity,
    write_summary,
)
from canvass.averages import mean_of_lines
from canvass.bundle_import import BundleFate
from canvass.importing import SUFFIXES, Fate, FileFate, expand, import_files
from canvass.paper_entries import paper_entries
from canvass.paper_rounds import beside_signed
from canvass.publicity import posted_periods
from canvass.summary import COLUMNS, Average, Summary, SummaryRow, Unsummed, summarise, total
from rounds.errors import BadInput

_FATE_NAMES = {
    Fate.IMPORTED: "已导入",
    Fate.DUPLICATE: "重复",
    Fate.CONFLICT: "冲突",
    Fate.REJECTED: "拒收",
}
_LISTED_AT_MOST = 200


@command(
    "import",
    "导入报送来的结果文件（.result）、作废报告（.void）和报送包（.bundle）；文件夹则导入其中全部。\n"
    "同一文件再次导入计为重复；同一次测评有两份不同结果的计为冲突，不汇总，待核实。",
    example="import 报送/一支部.result\nimport 第1次报送.bundle\nimport 报送/",
)
@click.argument("paths", metavar="PATH…", nargs=-1, type=FILE)
@click.option("--trust", "card", type=FILE, metavar="ORG.pub", help="本次采用的上级团组织名片（已登记的不必）。")
@click.option("--year", type=COUNT, metavar="年", help="只导入这一测评年度的结果，其他年度的拒收。")
@click.option(
    "--paper",
    type=FILE,
    metavar="F.xlsx",
    help="录入填好的附件4（纸质或暖青汇），计为未经签名验证；无效后重新测评的再次录入，测评时间须不同。",
)
@click.option(
    "--second",
    type=FILE,
    metavar="G.xlsx",
    help="另一人录入的同一批附件4：与 --paper 逐行一致才录入；与原录入不同的以此更正（已确认的须先撤回）。",
)
@registry_option
def import_command(
    session: Session,
    paths: tuple[Path, ...],
    card: Path | None,
    year: int | None,
    paper: Path | None,
    second: Path | None,
) -> Exit:
    """Import files and folders, or a filled 附件4; the exit code tells the worst fate."""
    if paper is not None:
        return import_paper_table(session, paths, paper, second, year)
    if not paths or second is not None:
        raise BadInput(
            "缺少参数 PATH…：请指明要导入的文件或文件夹；录入填好的附件4请用 --paper，--second 须与 --paper 同用。"
        )
    roots = trusted_roots(session.home, card)
    packed, files = bundles_in(expand(paths))
    if not packed and not files:
        named = "、".join(SUFFIXES)
        session.output.warn(f"没有找到可以导入的文件：文件夹中只取 {named}，请核对文件夹和文件名，或直接指明文件。")
    done: list[FileFate] = []
    bundles: list[BundleFate] = []
    terms: dict[str, Any] = {"roots": roots, "now": session.now(), "year": year}
    try:
        with registry_to_write(session) as registry:
            fates = chain(bundle_fates(registry, packed, bundles, **terms), import_files(registry, files, **terms))
            # A generator is taken in one by one: what was done before an interruption stands in the list.
            total = None if packed else len(files)  # what bundles hold is known only once they are read
            done.extend(_watched(fates, total, show=not session.as_json))
            if any(fate.fate is Fate.CONFLICT for fate in done):
                warn_contradicted(session, registry, year)
    except KeyboardInterrupt:
        session.output.warn(f"已处理{len(done)}个文件，其余未处理；已导入的保留，再次导入时计为重复。")
        raise
    return _show_fates(session, done, bundles)


def _watched(fates: Iterator[FileFate], total: int | None, *, show: bool) -> Iterator[FileFate]:
    """The fates as they come, with a progress bar on stderr where somebody watches."""
    columns = (TextColumn("导入"), BarColumn(), MofNCompleteColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not (show and console.is_terminal)) as progress:
        task = progress.add_task("", total=total)
        for fate in fates:
            yield fate
            progress.advance(task)


def _show_fates(session: Session, done: list[FileFate], bundles: list[BundleFate]) -> Exit:
    counts = Counter(fate.fate for fate in done)
    told = [fate for fate in done if len(done) <= _LISTED_AT_MOST or fate.fate in {Fate.CONFLICT, Fate.REJECTED}]
    rows = [(fate.path, _FATE_NAMES[fate.fate], fate.reason) for fate in told]
    session.output.table("导入情况", ("文件", "处理", "说明"), rows)
    session.output.lines("，".join(f"{name}{counts[fate]}个" for fate, name in _FATE_NAMES.items()) + "。")
    show_bundles(session, bundles)
    session.output.answer(
        {
            "imported": counts[Fate.IMPORTED],
            "duplicates": counts[Fate.DUPLICATE],
            "conflicts": counts[Fate.CONFLICT],
            "rejected": counts[Fate.REJECTED],
            "files": [{"path": fate.path, "fate": fate.fate, "reason": fate.reason} for fate in done],
            "bundles": [bundle_answer(fate) for fate in bundles],
        }
    )
    if counts[Fate.REJECTED]:
        return Exit.UNVERIFIED
    return Exit.REFUSED if counts[Fate.CONFLICT] else Exit.DONE


@command(
    "summary",
    "汇总已导入的测评结果（附件4的各栏，按战线合计），另列冲突、待确认、作废和无效的测评。\n"
    "可写出 Excel 表格（可套用本单位模板）和 .csv。",
    example="summary --year 2016\nsummary --year 2016 --out 附件4.xlsx --unit 共青团某某大学委员会",
)
@click.option("--year", type=COUNT, metavar="年", help="只汇总这一测评年度。")
@summary_options
@registry_option
def summary(session: Session, year: int | None, **given: Any) -> None:  # noqa: ANN401  click's values by name
    """Print the summary of the registry, and write it."""
    with registry_to_read(session) as registry:
        spans = publicity_spans(posted_periods(registry))
        found = with_publicity(summarise(registry, year=year), spans)
        unsigned, beside = paper_entries(registry, year=year), beside_signed(registry, year=year)
        contradicted = warn_contradicted(session, registry, year)
    found = replace(found, averages=(*found.averages, mean_of_lines(found.rows)))
    written = write_summary(session, found, unsigned_rows(unsigned, spans, beside), given)
    _show_rows(session, found)
    show_papers(session, unsigned, spans, beside)
    for average in found.averages:
        session.output.lines(_average_line(average))
    for title, unsummed in _apart(found).items():
        if unsummed:
            listed = [(end.branch, end.round_id, f"第{end.attempt}次", end.note) for end in unsummed]
            session.output.table(title, ("团支部", "测评编号", "次数", "说明"), listed)
    session.output.lines(*(f"已写出：{path}" for path in written))
    answer = _summary_answer(found) | {"unsigned": [paper_answer(entry, spans, beside) for entry in unsigned]}
    session.output.answer(answer | {"contradicted": contradicted, "files": [str(path) for path in written]})


def _show_rows(session: Session, found: Summary) -> None:
    """附件4 on the screen, without the columns that nobody has filled."""
    if not found.rows:
        session.output.lines("没有已导入的有效测评结果。")
        return
    rows = [row.cells for row in annex4_rows(found.rows) if row.is_sum or len(found.rows) <= _LISTED_AT_MOST]
    filled = [at for at in range(len(COLUMNS)) if any(row[at] != "" for row in rows)]
    listed = [[row[at] for at in filled] for row in rows]
    session.output.table("团支部书记“背靠背”满意度测评工作情况汇总表", [COLUMNS[at] for at in filled], listed)


def _apart(found: Summary) -> dict[str, tuple[Unsummed, ...]]:
    return {
        "冲突（不汇总，须核实）": found.conflicts,
        "更正件（不汇总，待确认）": found.waiting,
        "作废": found.voids,
        "无效（参与人数未达三分之二）": found.invalid,
    }


def _average_line(average: Average) -> str:
    value = "—" if average.value_percent is None else f"{average.value_percent}%"
    return f"{average.name}：{value}（{average.formula}）"


def _summary_answer(found: Summary) -> dict[str, object]:
    return {
        "rows": [_row_answer(row) for row in found.rows],
        "totals": vars(found.totals),
        "lines": {line: vars(total(rows)) for line, rows in rows_by_line(found.rows)},
        "averages": [
            {"name": average.name, "formula": average.formula, "rate_percent": average.value_percent}
            for average in found.averages
        ],
        "conflicts": [vars(end) for end in found.conflicts],
        "waiting": [vars(end) for end in found.waiting],
        "voids": [vars(end) for end in found.voids],
        "invalid": [vars(end) for end in found.invalid],
    }


def _row_answer(row: SummaryRow) -> dict[str, object]:
    rate = f"{row.rate.numerator}/{row.rate.denominator}"
    return vars(row) | {"rate": rate}
