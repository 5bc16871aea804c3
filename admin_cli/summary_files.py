"""`summary --out --csv --template`: 附件4 as a file, with a 合计 for each 战线 and one for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from admin_cli.inputs import FILE, OPTIONAL_LINE, OPTIONAL_NAME, check_suffix
from admin_cli.newfiles import NewFiles
from admin_cli.papers.dates import chinese_date, chinese_span
from admin_cli.papers.sheets import Annex4, Row, Table, annex4_workbook
from admin_cli.papers.template import CAP, fill_template
from admin_cli.session import Session
from admin_cli.sheets import Sheet, csv_file
from ballots_store.files import read_capped
from canvass.paper_entries import PaperEntry
from canvass.summary import COLUMNS, Average, Cells, Summary, SummaryRow, total
from rounds.errors import BadInput
from rounds.publicity import Period
from rounds.results import OUTCOME_NAMES

NO_LINE = "未分战线"
UNSIGNED_COLUMNS = (
    "战线",
    "上级团组织",
    "团支部",
    "书记",
    "团员总数",
    "参与",
    "满意",
    "不满意",
    "无效",
    "测评结果",
    "备注",
    "公示起止时间",
)


def summary_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What the files are called and who fills them in."""
    options = (
        click.option("--out", type=FILE, metavar="F.xlsx", help="写出附件4（Excel 表格）。"),
        click.option("--csv", type=FILE, metavar="F.csv", help="写出附件4各行（.csv，UTF-8）。"),
        click.option("--template", type=FILE, metavar="T.xlsx", help="套用本单位的附件4模板；须与 --out 同用。"),
        click.option("--unit", default="", type=OPTIONAL_LINE, metavar="单位", help="表头的填报单位。"),
        click.option("--clerk", default="", type=OPTIONAL_NAME, metavar="姓名", help="表头的填报人。"),
    )
    for option in reversed(options):
        function = option(function)
    return function


def write_summary(session: Session, found: Summary, unsigned: Sequence[Cells], given: Mapping[str, Any]) -> list[Path]:
    """Write what was asked for, all files or none; their paths. `unsigned`: `unsigned_rows`.

    Raises:
        BadInput: a template without --out, or a file name that says something else.
        RuleRefusal: more rows than a sheet of Excel holds.
        Unreadable: a file exists, or can't be read or written.
    """
    out, as_csv, template = given["out"], given["csv"], given["template"]
    if template is not None and out is None:
        raise BadInput("--template 须与 --out 同用：模板本身不改动，填好的另存为 --out。")
    for path, suffix in ((out, ".xlsx"), (as_csv, ".csv")):
        if path is not None:
            check_suffix(path, suffix)
    wanted = [path for path in (out, as_csv) if path is not None]
    with NewFiles(*wanted) as files:
        if out is not None:
            form = Annex4(COLUMNS, annex4_rows(found.rows), given["unit"], given["clerk"], chinese_date(session.now()))
            files.write(out, _workbook(form, found.averages, unsigned, template))
        if as_csv is not None:
            files.write(as_csv, csv_file(Sheet("附件4", COLUMNS, (row.cells for row in annex4_rows(found.rows)))))
    return wanted


def _workbook(form: Annex4, averages: Iterable[Average], unsigned: Sequence[Cells], template: Path | None) -> bytes:
    """A unit's own template gets the rows alone; our workbook has the averages and the unsigned rounds apart."""
    if template is not None:
        return fill_template(read_capped(template, CAP, "模板"), form)
    means = [Row((one.name, one.formula, f"{one.value_percent}%" if one.value else "")) for one in averages]
    apart = [Table("平均满意度", ("名称", "算法", "平均满意度"), means)]
    if unsigned:
        apart.append(Table("未经签名验证", UNSIGNED_COLUMNS, [Row(cells) for cells in unsigned]))
    return annex4_workbook(form, apart)


def unsigned_rows(entries: Iterable[PaperEntry], spans: Mapping[str, str], beside: Mapping[str, str]) -> list[Cells]:
    """A row each; `spans` and `beside` as `admin_cli.paper.show_papers` takes them."""
    return [_unsigned_cells(one, spans.get(one.round_id, ""), beside.get(one.round_id, "")) for one in entries]


def _unsigned_cells(one: PaperEntry, span: str, beside: str) -> Cells:
    counts = ("" if count is None else count for count in (one.satisfied, one.unsatisfied, one.invalid))
    head = (one.line, one.organisation, one.branch, one.secretary, one.registered, one.collected)
    disputed = "两份录入不一致，待核实" if one.disputed else ""
    remark = "；".join(filter(None, (beside, disputed, one.remark)))
    return (*head, *counts, OUTCOME_NAMES[one.outcome], remark, span)


def rows_by_line(rows: Iterable[SummaryRow]) -> list[tuple[str, list[SummaryRow]]]:
    """The rows of each 战线, by its name."""
    listed = sorted(rows, key=lambda row: row.line)
    return [(line, list(found)) for line, found in groupby(listed, key=lambda row: row.line)]


def annex4_rows(rows: Iterable[SummaryRow]) -> Iterator[Row]:
    """The rows by 战线, numbered through, a 合计 after each 战线; at the end 总计 where there are several."""
    number = 0
    groups = rows_by_line(rows)
    for line, found in groups:
        for number, row in enumerate(found, number + 1):  # noqa: B020  it goes on counting
            yield Row((number, *row.cells()[1:]))
        yield _sum(f"{line or NO_LINE}合计", found)
    if len(groups) != 1:
        yield _sum("总计", [row for _, found in groups for row in found])


def _sum(name: str, rows: Sequence[SummaryRow]) -> Row:
    return Row((name, *total(rows).cells()[1:]), is_sum=True)


def publicity_spans(posted: Mapping[str, Period]) -> dict[str, str]:
    """公示起止时间 as it is printed, by the round's id."""
    return {named: chinese_span(period.first, period.last) for named, period in posted.items()}


def with_publicity(found: Summary, spans: Mapping[str, str]) -> Summary:
    """`found` with 公示起止时间 in the rows that have one."""
    return replace(found, rows=tuple(_with_span(row, spans) for row in found.rows)) if spans else found


def _with_span(row: SummaryRow, spans: Mapping[str, str]) -> SummaryRow:
    span = spans.get(row.round_id)
    return row if span is None else replace(row, publicity=span)
