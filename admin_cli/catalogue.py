"""The commands by name: module, attribute, one line for the overview. Docs and tests read this list too."""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

import click

from admin_cli.chinese import Group


class Entry(NamedTuple):
    """Where one command stands."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "guide": Entry("guide.command", "guide", "一步一步带着做完一次测评，只按数字和 Enter。"),
    "keys": Entry("keys", "keys", "上级团组织的密钥：生成、查看。"),
    "trust": Entry("trust", "trust", "登记上级团组织的名片，只认登记过的单位签发的文件。"),
    "ledger": Entry("ledger", "ledger", "台账：团组织和团支部的名册，导入、查看、导出。"),
    "authorize": Entry("authorize", "authorize", "批复一次测评：生成 .auth 文件和纸面上的启用码、应急码。"),
    "kit": Entry("kit", "kit", "为台账中各团支部生成一套测评材料：批复、授权书、签到表等。"),
    "open": Entry("opening", "open_round_command", "验箱封箱：核对批复，生成票箱和封箱报告。"),
    "slips": Entry("slips", "slips", "制作投票凭条：写出供打印裁开的 Word 文件，只制作一次。"),
    "status": Entry("opening", "status", "查看一次测评进行到哪一步。"),
    "close": Entry("ending", "close", "停止投票后开箱计票，写出结果文件 .result。"),
    "recount": Entry("recount", "recount", "复核计票：把封存的票箱重新点一遍，与结果核对。"),
    "destroy": Entry("destroy", "destroy", "公示期满后销毁票箱：覆盖并删除密钥和选票。"),
    "void": Entry("ending", "void", "作废一次测评，不开箱，写出作废报告。"),
    "decide": Entry("decide", "decide", "只按通知的规则判定一组票数（人工计票用）。"),
    "verify": Entry("verify", "verify", "核验一个文件：是什么、谁签的、依据链是否完整。"),
    "import": Entry("registry", "import_command", "导入报送来的结果文件和作废报告。"),
    "summary": Entry("registry", "summary", "汇总已导入的测评结果。"),
    "confirm": Entry("publicity", "confirm", "上级团组织确认测评结果，或确认一份更正件。"),
    "notice": Entry("publicity", "notice_command", "写出公示（.docx）。"),
    "publish": Entry("publicity", "publish", "登记公示的日期和渠道，公示期3天。"),
    "objection": Entry("publicity", "objection", "登记和处理公示期内的异议。"),
    "followups": Entry("followups", "followups", "结果运用：优先推荐名单，不满意的后续事项。"),
    "report": Entry("publicity", "report_command", "不满意的，写出报同级党组织和上一级团组织的报告。"),
    "progress": Entry("progress", "progress", "工作进度督查：已完成、未完成的团支部，督查通报。"),
    "supervise-plan": Entry("supervise", "supervise_plan", "交叉组织实施：排定哪个团支部监督哪个，写入台账。"),
    "sample": Entry("sample", "sample", "督查抽样：按公开的种子抽取团支部，写出名单和回访单。"),
    "findings": Entry("findings", "findings", "登记和列出督查情况。"),
    "account": Entry("account", "account", "年终账：各团组织完成、结果、督查情况一览。"),
    "bundle": Entry("bundle", "bundle", "生成报送包，报上一级团组织。"),
    "secrecy-check": Entry("secrecy_check", "secrecy_check", "试着从磁盘内容还原投票的先后，检查票箱是否保密。"),
    "demo": Entry("demo", "demo", "自动演练一次完整的测评，逐步显示。"),
}


class Catalogue(Group):
    """The group of all commands; a command's module is imported when it is called, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The names in the order of a round."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """The command of that name, None when there is none."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        found = getattr(importlib.import_module(f"admin_cli.{entry.module}"), entry.attribute)
        return found if isinstance(found, click.Command) else None

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  whatever the command returns
        """Run the command; Ctrl-C becomes click's Abort here, before click writes a line of its own about it.

        Raises:
            click.Abort: the person gave up.
        """
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            if sys.stderr.isatty():
                click.echo(err=True)  # after the terminal's own ^C
            raise click.Abort from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        """The overview, from the list alone."""
        with formatter.section("命令"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])
