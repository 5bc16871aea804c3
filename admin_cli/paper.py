"""`import --paper`: a filled 附件4 of rounds without signatures, and how such rounds are shown apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from admin_cli.exits import Exit
from admin_cli.output import say_error
from admin_cli.registries import registry_to_write
from admin_cli.session import Session
from canvass.paper import PaperImport, import_paper, read_paper
from canvass.paper_entries import PaperEntry
from rounds.errors import BadInput
from rounds.results import OUTCOME_NAMES

TITLE = "未经签名验证（纸质或暖青汇，单列，不计入合计）"
_COLUMNS = (
    "上级团组织",
    "团支部",
    "书记",
    "团员总数",
    "参与",
    "满意",
    "不满意",
    "无效",
    "测评结果",
    "双人录入",
    "公示起止时间",
    "测评编号",
)


def import_paper_table(
    session: Session, paths: tuple[Path, ...], paper: Path, second: Path | None, year: int | None
) -> Exit:
    """Enter a filled table, all rows or none.

    Raises:
        BadInput: it does not say of which year, or names other files besides.
    """
    if paths or year is None:
        raise BadInput("--paper 须同时用 --year 指明测评年度，且不与其他文件一同导入。")
    if second is not None and second.resolve() == paper.resolve():
        raise BadInput("--second 须是另一人另行录入的文件，不能是同一个文件。")
    first, other = read_paper(paper), None if second is None else read_paper(second)
    # A workbook says when it was saved; two people's .csv of the same figures may well be the same bytes.
    if other is not None and other.digest == first.digest and paper.suffix.lower() != ".csv":
        raise BadInput("--second 与 --paper 逐字节相同，是复制的文件：须由另一人对照原件另行录入。")
    with registry_to_write(session) as registry:
        done = import_paper(registry, first, year=year, now=session.now(), second=other)
    for problem in done.problems:
        session.output.warn(str(problem))
    if done.disputed:
        session.output.warn(
            f"有{done.disputed}个团支部此前录入的数字不同，已记为不一致，核实前不予确认、不公示："
            "请两人重新核对原件、分别录入，用 --paper 和 --second 一并导入；"
            "两份一致的，与已录入的相同即解除，不同即以此更正。"
        )
    if done.problems:
        say_error(f"附件4有{len(done.problems)}处须更正，没有录入任何一行：请按以上说明更正后重新录入。")
    else:
        session.output.lines(f"已录入{done.entered}个团支部（未经签名验证），重复{done.duplicates}个。")
        session.output.lines(*(f"其中{line}" for count, line in _parts(done) if count))
    session.output.answer(
        {
            "entered": done.entered,
            "duplicates": done.duplicates,
            "problems": [vars(problem) for problem in done.problems],
            "disputed": done.disputed,
            "settled": done.settled,
            "rerun": done.rerun,
            "replaced": done.replaced,
        }
    )
    return Exit.REFUSED if done.problems else Exit.DONE


def _parts(done: PaperImport) -> tuple[tuple[int, str], ...]:
    return (
        (done.rerun, f"{done.rerun}个系无效后重新测评，以这一次为准，原录入保留备查。"),
        (done.replaced, f"{done.replaced}个按两人一致的录入更正，原录入保留备查。"),
        (done.settled, f"{done.settled}个原记为不一致的，已核对一致。"),
    )


def show_papers(
    session: Session, entries: Sequence[PaperEntry], spans: Mapping[str, str], beside: Mapping[str, str]
) -> None:
    """A table of their own; nothing where there are none.

    `spans`: 公示起止时间 by the round's id; `beside`: what is said of those that have a signed result beside them.
    """
    if entries:
        session.output.table(TITLE, _COLUMNS, [_cells(entry, spans) for entry in entries])
    told = ((entry, beside[entry.round_id]) for entry in entries if entry.round_id in beside)
    session.output.lines(*(f"{entry.branch}（{entry.round_id}）：{what}。" for entry, what in told))


def _cells(entry: PaperEntry, spans: Mapping[str, str]) -> tuple[object, ...]:
    counts = (entry.registered, entry.collected, entry.satisfied, entry.unsatisfied, entry.invalid)
    checked = "两份不一致，待核实" if entry.disputed else "是" if entry.checked else "否"
    head = (entry.organisation, entry.branch, entry.secretary, *counts)
    return (*head, OUTCOME_NAMES[entry.outcome], checked, spans.get(entry.round_id, ""), entry.round_id)


def paper_answer(entry: PaperEntry, spans: Mapping[str, str], beside: Mapping[str, str]) -> dict[str, object]:
    """One entry in JSON."""
    more = {"unsatisfied": entry.unsatisfied, "round_id": entry.round_id}
    apart = {"publicity": spans.get(entry.round_id, ""), "beside": beside.get(entry.round_id)}
    return vars(entry) | more | apart
