"""`guide`: the command, and what Ctrl-C at any question says."""

from __future__ import annotations

import sys

import click

from admin_cli.exits import Exit
from admin_cli.guide.afternoon import lead, wait_for_boxes
from admin_cli.guide.children import run_kiosk
from admin_cli.guide.desk import Desk
from admin_cli.guide.places import removable_folders
from admin_cli.guide.setting import Setting
from admin_cli.guide.terminal import TerminalLines, led
from admin_cli.readiness import run_check
from admin_cli.session import Session, command
from rounds.errors import BadInput

_GO_ON = "再次运行 beikaobei-admin guide 即可从此处继续。"


@command(
    "guide",
    "一步一步带着做完一次测评：验箱封箱、投票、计票、公布、清除；只按数字和 Enter，姓名除外。\n"
    "中途停下的，再次运行即从停下处继续。没有批复文件的，先回答九个问题。",
    example="guide",
)
def guide(session: Session) -> int:
    """Lead through a whole round at a terminal."""
    if session.as_json:
        raise BadInput("guide 是问答式的，没有 --json：脚本请用 authorize、open、status、close 等命令。")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput("guide 要在终端中运行：标准输入和标准输出都不能改接到文件或管道。")
    try:
        wait_for_boxes(session.home, click.echo)
        with led():
            lead(_setting(session))
    except (KeyboardInterrupt, EOFError, click.Abort):
        click.echo()
        click.echo(f"已停下。{_GO_ON}")
        return Exit.INTERRUPTED
    click.echo("已离开。" + _GO_ON)
    return Exit.DONE


def _setting(session: Session) -> Setting:
    return Setting(
        desk=Desk(TerminalLines()),
        home=session.home,
        now=session.now,
        kiosk=run_kiosk,
        check=lambda token: run_check(session.home.path, token),
        media=removable_folders,
    )
