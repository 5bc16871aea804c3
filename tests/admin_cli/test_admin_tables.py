"""Tables on a screen: no window is so narrow that a value is lost."""

from __future__ import annotations

import sys

import pytest
from terminal import ROOT, Terminal

HEAD = ["序号", "战线", "上级团组织", "团支部名称", "书记", "任职时间", "团员总数", "参与人数", "参与率", "满意票数",
        "不满意票数", "无效票数", "满意度", "测评结果", "测评方式", "测评时间", "指导监督人"]  # fmt: skip
ROWS = [
    ["1", "高校", "计算机学院团委", "二年级一班团支部", "张三丰", "2015年9月", "30", "27", "90.00%", "20",
     "5", "2", "74.07%", "满意", "集中投票", "2017年3月30日", "李督导"],
    ["2", "中学", "附属中学团委", "高二一班团支部", "赵六", "", "40", "20", "50.00%", "", "", "", "", "无效",
     "暖青汇", "2017年3月31日", "王督导"],
]  # fmt: skip
OURS = f"from admin_cli.output import Output; Output(as_json=False).table('汇总表', {HEAD}, {ROWS})"
RICH = f"""
from rich.console import Console
from rich.table import Table
table = Table(*{HEAD})
for row in {ROWS}:
    table.add_row(*row)
Console().print(table)
"""

pytestmark = pytest.mark.pty


def lost(program: str, columns: int) -> list[str]:
    """The words of the table that can't be read in one piece on a terminal of so many columns."""
    with Terminal(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT)}, rows=200, columns=columns
    ) as terminal:
        assert terminal.exit_status() == 0
        text = terminal.text()
    return [word for word in [*HEAD, *ROWS[0], *ROWS[1]] if word not in text]


@pytest.mark.parametrize("columns", [40, 80, 100, 120])
def test_every_value_of_a_wide_table_can_be_read(columns: int) -> None:
    assert lost(OURS, columns) == []


def test_control_a_table_that_is_squeezed_loses_words() -> None:
    assert lost(RICH, 80)


def test_a_wide_window_shows_a_table() -> None:
    assert lost(OURS, 240) == []
