"""`ledger template|import|list|export`: the upper organisation's ledger (台账) of organisations and branches."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from admin_cli.exits import Exit
from admin_cli.inputs import FILE
from admin_cli.newfiles import NewFiles
from admin_cli.output import say_error
from admin_cli.registries import registry_option, registry_to_read, registry_to_write
from admin_cli.session import Session, command, group
from admin_cli.sheets import Sheet, csv_file, workbook
from canvass.ledger import (
    Change,
    LedgerBranch,
    LedgerImport,
    LedgerOrganisation,
    import_ledger,
    ledger_branches,
    ledger_organisations,
)
from canvass.ledger_rows import (
    BRANCH_COLUMNS,
    BRANCHES_TITLE,
    HEADING,
    NO,
    ORGANISATION_COLUMNS,
    ORGANISATIONS_TITLE,
    YES,
)
from canvass.tables import read_tables
from rounds.errors import BadInput

_LISTED_AT_MOST = 200
_WIDTHS = {1: 30, 2: 18, 4: 24}


def _organisation_sheet(rows: Iterable[LedgerOrganisation] = ()) -> Sheet:
    cells = ((o.code, o.name, o.parent, o.administrator, o.telephone, o.line) for o in rows)
    return Sheet(ORGANISATIONS_TITLE, ORGANISATION_COLUMNS, cells, _WIDTHS)


def _branch_sheet(rows: Iterable[LedgerBranch] = ()) -> Sheet:
    cells = (
        (
            b.code,
            b.name,
            b.organisation_code,
            b.secretary,
            b.post,
            b.since,
            b.registered,
            YES if b.affiliated else NO,
            b.supervisor,
            b.grade,
        )
        for b in rows
    )
    return Sheet(BRANCHES_TITLE, BRANCH_COLUMNS, cells, _WIDTHS)


_TABLES = f"{ORGANISATIONS_TITLE}或{BRANCHES_TITLE}"
_out_option = click.option("--out", required=True, type=FILE, metavar="F.xlsx", help="写出的文件（.xlsx 或 .csv）。")
_what_option = click.option("--table", metavar="表", help=f".csv 只能装一张表：{_TABLES}（默认{BRANCHES_TITLE}）。")


def _write(out: Path, sheets: dict[str, Sheet], table: str | None) -> None:
    wanted = table or BRANCHES_TITLE
    if wanted not in sheets:
        raise BadInput(f"--table 只能是 {' 或 '.join(sheets)}。")
    is_csv = out.suffix.lower() == ".csv"
    if not is_csv and out.suffix.lower() != ".xlsx":
        raise BadInput("--out 的文件名须以 .xlsx 或 .csv 结尾。")
    with NewFiles(out) as files:
        files.write(out, csv_file(sheets[wanted]) if is_csv else workbook(list(sheets.values())))


@command("template", "写出空白台账模板，填好后用 ledger import 导入。", example="ledger template --out 台账.xlsx")
@_out_option
@_what_option
def template_command(session: Session, out: Path, table: str | None) -> None:
    """Write the empty tables."""
    _write(out, {ORGANISATIONS_TITLE: _organisation_sheet(), BRANCHES_TITLE: _branch_sheet()}, table)
    session.output.lines(f"台账模板已写出：{out}。先填“{ORGANISATIONS_TITLE}”，再填“{BRANCHES_TITLE}”。")
    session.output.answer({"path": str(out)})


@command(
    "import",
    "导入台账（.xlsx 含团组织、团支部两表，或各一个 .csv）。\n"
    "按代码新增或更新，列出改动；有任何一行不合格，则逐行列出原因，一行也不导入。",
    example="ledger import 台账.xlsx --dry-run\nledger import 台账.xlsx",
)
@click.argument("files", metavar="F…", nargs=-1, required=True, type=FILE)
@click.option("--dry-run", is_flag=True, help="只检查并列出将有的改动，不导入。")
@registry_option
def import_command(session: Session, files: tuple[Path, ...], dry_run: bool) -> Exit:
    """Take in filled tables, all or nothing."""
    tables = [table for path in files for table in read_tables(path, HEADING)]
    with registry_to_write(session) as registry:
        done = import_ledger(registry, tables, dry_run=dry_run)
    _show_import(session, done, dry_run=dry_run)
    return Exit.REFUSED if done.problems else Exit.DONE


def _show_import(session: Session, done: LedgerImport, *, dry_run: bool) -> None:
    if done.problems:
        for problem in done.problems:
            session.output.warn(str(problem))
        say_error(f"台账有{len(done.problems)}处不合格，没有导入任何一行：请按以上说明逐行改正后重新导入。")
    else:
        _show_changes(session, done.changes)
        verb = "检查通过，尚未导入" if dry_run else "已导入"
        session.output.lines(f"{verb}：团组织{done.organisations}行，团支部{done.branches}行。")
    session.output.answer(
        {
            "organisations": done.organisations,
            "branches": done.branches,
            "dry_run": dry_run,
            "imported": not dry_run and not done.problems,
            "changes": [vars(change) for change in done.changes],
            "problems": [vars(problem) for problem in done.problems],
        }
    )


def _show_changes(session: Session, changes: tuple[Change, ...]) -> None:
    new = [change for change in changes if not change.field]
    altered = [change for change in changes if change.field]
    if altered:
        rows = [(c.table, c.code, c.name, c.field, c.old, c.new) for c in altered[:_LISTED_AT_MOST]]
        session.output.table("改动", ("表", "代码", "名称", "栏目", "原为", "改为"), rows)
    session.output.lines(f"新增{len(new)}行，改动{len(altered)}处。")


@command("list", "列出台账中的团支部。", example="ledger list --path /50/5001/")
@click.option("--path", metavar="路径", help="只列这一团组织及其下级的：各级代码以斜线相连，如 /50/5001/。")
@registry_option
def list_command(session: Session, path: str | None) -> None:
    """List the ledger."""
    if path is not None and not (path.startswith("/") and path.endswith("/")):
        raise BadInput("--path 须以斜线开头和结尾，如 /50/5001/。")
    with registry_to_read(session) as registry:
        found = ledger_branches(registry, path=path)
        above = [one for one in ledger_organisations(registry) if path is None or one.path.startswith(path)]
    rows = [(b.code, b.name, b.organisation, b.line, b.secretary, b.registered, b.supervisor) for b in found]
    if rows:
        heads = ("代码", "团支部", "所属团组织", "战线", "书记", "团员数", "指导监督人")
        session.output.table("台账", heads, rows[:_LISTED_AT_MOST])
    session.output.lines(f"团组织{len(above)}个，团支部{len(found)}个。")
    session.output.answer({"organisations": [vars(one) for one in above], "branches": [vars(one) for one in found]})


@command("export", "导出台账，格式与导入的相同。", example="ledger export --out 台账.xlsx")
@_out_option
@_what_option
@registry_option
def export_command(session: Session, out: Path, table: str | None) -> None:
    """Write the ledger as the tables that can be imported again."""
    with registry_to_read(session) as registry:
        above, found = ledger_organisations(registry), ledger_branches(registry)
    _write(out, {ORGANISATIONS_TITLE: _organisation_sheet(above), BRANCHES_TITLE: _branch_sheet(found)}, table)
    session.output.lines(f"台账已导出：{out}（团组织{len(above)}个，团支部{len(found)}个）。")
    session.output.answer({"path": str(out), "organisations": len(above), "branches": len(found)})


ledger = group(
    "ledger",
    "台账：团组织和团支部的名册，供批复、导入、督查使用。",
    [template_command, import_command, list_command, export_command],
)
