"""`beikaobei-admin`: the group of all commands, and what happens to an error.

No traceback ever reaches a user: whatever was raised becomes one line on stderr and an exit code (`admin_cli.exits`).
"""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Sequence

import click

from admin_cli.catalogue import Catalogue
from admin_cli.chinese import PROGRAM, usage_line
from admin_cli.exits import Exit, exit_for
from admin_cli.output import say_error
from admin_cli.session import common_options
from rounds.errors import RoundError, VerificationFailure

cli = Catalogue(
    PROGRAM,
    help="团支部书记“背靠背”满意度测评：批复、封箱、计票、报送。\n每条命令都可用 --help 查看说明和示例。",
    params=common_options(),
)
cli.example = "demo"

_SYSTEM_ERRORS = {
    errno.ENOENT: "文件或文件夹不存在",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已满",
    errno.EROFS: "磁盘是只读的",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EEXIST: "文件已存在",
    errno.ENAMETOOLONG: "文件名过长",
    errno.EIO: "磁盘读写出错",
}


def main(args: Sequence[str] | None = None) -> int:
    """Run one command (`args`: the words after the program's name, default the process's) and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a non-UTF-8 terminal must not end a close half-way
    try:
        code = cli.main(args=None if args is None else list(args), prog_name=PROGRAM, standalone_mode=False)
    except SystemExit:  # click's own answer to a reader that has gone
        return Exit.DONE
    except BaseException as error:  # noqa: BLE001  the one place that turns every error into a line and a code
        _report(error)
        return exit_for(error)
    return int(code or Exit.DONE)


def _report(error: BaseException) -> None:
    """One line for the user; a terminal that has gone is not told anything."""
    try:
        say_error(message_for(error))
    except OSError:
        return


def message_for(error: BaseException) -> str:
    """What `error` says to the user: what is wrong and what to do."""
    if isinstance(error, VerificationFailure):
        return f"{error}（未通过的检查：{error.check}）"
    if isinstance(error, RoundError):
        return str(error)
    if isinstance(error, click.ClickException):
        return usage_line(error)
    if exit_for(error) is Exit.INTERRUPTED:
        return "已中断。"
    if isinstance(error, OSError):
        return _system_line(error)
    return f"程序内部错误（{type(error).__name__}），未完成；请用 status 查看测评状态，并将本行报告给维护人员。"


def _system_line(error: OSError) -> str:
    reason = _SYSTEM_ERRORS.get(error.errno or 0, f"系统错误{error.errno}")
    where = f"“{error.filename}”" if error.filename else "文件"
    return f"无法读写{where}（{reason}）：请核对路径、权限和磁盘。"


if __name__ == "__main__":
    sys.exit(main())
