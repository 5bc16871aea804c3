"""`beikaobei-kiosk`: vote, `demo`, `announce`, `check`. The environment is cleaned before textual is imported."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ballots_store.home import Home
from kiosk import environment, tty

_VOTE_HELP = """\
用法：beikaobei-kiosk [测评编号] [--token 文件夹] [--keypad 编号] [--emergency]
                      [--guard] [--home 文件夹]
      beikaobei-kiosk demo [--script]
      beikaobei-kiosk announce 结果文件.result [--trust 名片.pub] [--text 公布.txt]
      beikaobei-kiosk check [测评编号]

打开投票界面。先后输入指导监督人员口令、计票人口令，之后全屏投票。
本机只有一次测评时，编号可以省略。

选项：
  --token 文件夹  票箱U盘所在的文件夹（默认用封箱时登记的位置）
  --keypad 编号   指导监督人员的小键盘，用 lsusb 的 厂商:产品 编号，如 1a2c:2124；
                  启动后在小键盘上输入一次开启口令，此后每按一次 Enter 开启一位
  --emergency     启用应急码，代替一名忘记口令或不在场的工作人员（结果载明）
  --guard         锁定整个键盘（限专用会话；亦可用 BEIKAOBEI_GUARD=1；默认 --no-guard）
  --home 文件夹   数据文件夹（默认用 BEIKAOBEI_HOME，或系统的数据文件夹）
  --help          显示帮助

例：beikaobei-kiosk 2016-0123456789abcdef --token /media/usb
"""
_DEMO_HELP = """\
用法：beikaobei-kiosk demo [--script] [--guard]

在临时文件夹中演练一次投票：开启口令显示在屏幕上，结束后计票，不留下任何文件。

选项：
  --script  自动演示：先公布要投的票，由程序逐票按键，再开箱计票，当场核对（约两分钟，按 Esc 离开）
  --guard   锁定整个键盘（限专用会话；默认 --no-guard）
  --help    显示帮助

例：beikaobei-kiosk demo
    beikaobei-kiosk demo --script
"""
_ANNOUNCE_HELP = """\
用法：beikaobei-kiosk announce 结果文件.result [--trust 名片.pub] [--text 公布.txt] [--home 文件夹]

核验结果文件后逐页公布：Enter 翻页，Esc 离开。核验不通过的，不予公布。

选项：
  --trust 名片.pub  除本机已登记的以外，另信任的上级团组织名片
  --text 公布.txt   另把公布的内容写成文本文件，供未到场的团员查阅（不覆盖已有文件）
  --home 文件夹     数据文件夹
  --help            显示帮助

例：beikaobei-kiosk announce 一班.result
"""


_CHECK_HELP = """\
用法：beikaobei-kiosk check [测评编号] [--token 文件夹] [--home 文件夹] [--json]

检查本机和会场：显示器、投屏和远程程序、终端、电源、锁屏、磁盘、票箱U盘、时钟、键盘等，逐项列出办法。
本机无法得知的，在终端中逐项询问。没有不符项的退出码为0，否则为1。不影响本机的测评。

选项：
  --token 文件夹  票箱U盘所在的文件夹（写了测评编号的，默认用封箱时登记的位置）
  --home 文件夹   数据文件夹
  --json          标准输出只给一个 JSON 对象，不提问，供脚本使用
  --help          显示帮助

例：beikaobei-kiosk check --token /media/usb
"""


class _Command(click.Command):
    """A command whose help is the Chinese page as it stands."""

    def get_help(self, ctx: click.Context) -> str:
        del ctx
        return (self.help or "").rstrip()


class _Commands(click.Group):
    """`beikaobei-kiosk [ROUND]` votes; the help of the whole is the help of voting."""

    command_class = _Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a command's name in front, the words are those of `vote`."""
        named = args[:1] and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["vote", *args])

    def get_help(self, ctx: click.Context) -> str:
        del ctx
        return _VOTE_HELP.rstrip()


_GUARD = click.option("--guard/--no-guard", envvar="BEIKAOBEI_GUARD", default=False)
_HOME = click.option("--home", type=click.Path(path_type=Path), default=None)


@click.group(cls=_Commands)
def cli() -> None:
    """Vote, rehearse or announce."""


@cli.command(help=_VOTE_HELP)
@click.argument("round_id", required=False)
@click.option("--token", type=click.Path(path_type=Path), default=None)
@click.option("--keypad", default=None)
@click.option("--emergency", is_flag=True)
@_GUARD
@_HOME
def vote(round_id: str | None, *, home: Path | None, **options: Any) -> int:  # noqa: ANN401  by name
    """Hold the voting of one round."""
    from kiosk import voting  # noqa: PLC0415  textual reads its variables at import: only after `scrub`

    return voting.vote(_home(home), round_id, **options)


@cli.command(help=_DEMO_HELP)
@click.option("--script", is_flag=True)
@_GUARD
def demo(*, script: bool, guard: bool) -> int:
    """A rehearsal to play with, or one that plays itself."""
    from kiosk import known_votes, voting  # noqa: PLC0415  as above

    return known_votes.demonstrate() if script else voting.demo(guard=guard)


@cli.command(help=_ANNOUNCE_HELP)
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--trust", type=click.Path(path_type=Path), default=None)
@click.option("--text", type=click.Path(path_type=Path), default=None)
@_HOME
def announce(result: Path, trust: Path | None, text: Path | None, home: Path | None) -> int:
    """Announce a verified result."""
    from kiosk import announcing  # noqa: PLC0415  as above

    return announcing.announce(_home(home), result, trust, text)


@cli.command(help=_CHECK_HELP)
@click.argument("round_id", required=False)
@click.option("--token", type=click.Path(path_type=Path), default=None)
@click.option("--json", "for_script", is_flag=True)
@_HOME
def check(round_id: str | None, *, token: Path | None, for_script: bool, home: Path | None) -> int:
    """Check the laptop and the hall."""
    from kiosk import probe  # noqa: PLC0415  voting needs them elsewhere, `announce` not at all
    from kiosk.checks import command, model  # noqa: PLC0415  as above

    # a script's stdout takes one object and no question to a terminal
    around = model.Surroundings() if for_script else model.Surroundings(terminal_facts=probe.probe)
    return command.check(_home(home), round_id, token, for_script=for_script, around=around)


def _home(given: Path | None) -> Home:
    return Home(given) if given else Home.default(os.environ)


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error is one line on stderr, never a traceback."""
    environment.scrub(os.environ)
    environment.forbid_core_dumps()
    environment.overwrite_freed_memory()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that can't show Chinese still gets the refusal
    try:
        return int(cli.main(args=args, prog_name="beikaobei-kiosk", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        tty.say("已中断。")
        return 130
    except click.ClickException as error:
        tty.say(_usage_line(error))
        return 2
    except BaseException as error:  # noqa: BLE001  the one place that turns every error into a line and a code
        from kiosk.prompts import line_for  # noqa: PLC0415  not needed before something failed

        line, code = line_for(error)
        tty.say(line)
        return code


def _usage_line(error: click.ClickException) -> str:
    """Click's complaint as one Chinese line that names what it is about."""
    if isinstance(error, click.NoSuchOption):
        what = f"没有选项 {error.option_name}"
    elif isinstance(error, click.BadOptionUsage):
        what = f"选项 {error.option_name} 后面须有一个值"
    elif isinstance(error, click.MissingParameter):
        what = "缺少参数：公布结果须指明结果文件"
    else:
        what = "命令行无法识别"
    return f"错误：{what}。用 beikaobei-kiosk --help 查看用法。"


if __name__ == "__main__":
    sys.exit(main())
