"""Click in Chinese: help pages laid out for wide characters, and click's own complaints as one line.

Click's words come from gettext at the moment of use, and it measures every character as one column. Here the classes
that click offers for it (Command, Group, Context, HelpFormatter) are subclassed instead.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = "beikaobei-admin"
_NEVER_FIRST = "，。；：、）》”！？…"
_FIRST_COLUMN_MAX = 26
_HEADINGS = {"Positional arguments": "参数", "Commands": "命令"}


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` columns; wide characters count two, and no line begins with ，。；：）.

    A word of ASCII (an option, a path) is moved whole, unless it is longer than a line.
    """
    lines: list[str] = []
    line: list[str] = []
    for piece in _pieces(text):
        if line and cell_len("".join(line)) + cell_len(piece) > width:
            rest = _taken_along(line) if piece in _NEVER_FIRST else []
            lines.append("".join(line).rstrip())
            line = rest
        if line or piece != " ":
            line.append(piece)
    last = "".join(line).rstrip()
    return [*lines, last] if last else lines


def _taken_along(line: list[str]) -> list[str]:
    """What goes to the next line before a stop that can't begin it: a character, and the stops that follow that one."""
    taken: list[str] = []
    while len(line) > 1:
        taken.insert(0, line.pop())
        if taken[0] not in _NEVER_FIRST:
            break
    return taken


def _pieces(text: str) -> list[str]:
    """Single wide characters and whole ASCII words, spaces apart."""
    pieces: list[str] = []
    for char in text:
        if pieces and pieces[-1] != " " and char != " " and char.isascii() and pieces[-1].isascii():
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


class Formatter(click.HelpFormatter):
    """Help pages with Chinese headings, measured in columns."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line 用法."""
        head = f"{prefix or '用法：'}{prog} "
        first, *rest = wrap(args, max(self.width - cell_len(head), 30)) or [""]
        self.write(f"{head}{first}".rstrip() + "\n")
        for line in rest:
            self.write(" " * cell_len(head) + line + "\n")

    def write_heading(self, heading: str) -> None:
        """A section's heading; click's own are translated."""
        self.write(f"{' ' * self.current_indent}{_HEADINGS.get(heading, heading)}：\n")

    def write_text(self, text: str) -> None:
        """Paragraphs, each source line a line of its own (examples must not be joined)."""
        for source in text.splitlines():
            for line in wrap(source, self.width - self.current_indent) or [""]:
                self.write(f"{' ' * self.current_indent}{line}".rstrip() + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = _FIRST_COLUMN_MAX, col_spacing: int = 2) -> None:
        """Terms and their explanations in two columns."""
        listed = list(rows)
        column = min(max((cell_len(term) for term, _ in listed), default=0), col_max) + col_spacing
        for term, explanation in listed:
            self._write_row(term, wrap(explanation, max(self.width - self.current_indent - column, 20)), column)

    def _write_row(self, term: str, lines: Sequence[str], column: int) -> None:
        indent = " " * self.current_indent
        if cell_len(term) > column - 2:
            self.write(f"{indent}{term}\n")
            term = ""
        for line in lines or [""]:
            self.write(f"{indent}{term}{' ' * (column - cell_len(term))}{line}".rstrip() + "\n")
            term = ""


class Context(click.Context):
    """A context that writes its help with `Formatter`."""

    formatter_class = Formatter


class _Chinese(click.Command):
    """What commands and groups share: the example, the help option, surplus arguments."""

    context_class = Context
    example: str = ""
    """The command line after the program's name; empty only for groups."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """--help, explained in Chinese."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示帮助。"
        return option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, the required ones marked so; a group's commands after them."""
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        rows = [
            (_spelling(option, ctx), f"{option.help or ''}{'（必填）' if option.required else ''}")
            for option in options
        ]
        with formatter.section("选项"):
            formatter.write_dl(rows)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        """What the command does, then its example."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(inspect.cleandoc(self.help or ""))
            for line in self.example.splitlines():
                formatter.write_text(f"例：{PROGRAM} {line}")


def _spelling(option: click.Option, ctx: click.Context) -> str:
    record = option.get_help_record(ctx)
    return record[0] if record else option.opts[0]


class Command(_Chinese):
    """One command."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:  # noqa: ANN401  click's own arguments
        """`example`: command lines after the program's name, one a line; the rest is click's."""
        kwargs |= {"options_metavar": "[选项]"}
        super().__init__(*args, **kwargs)
        self.example = example

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, and refuse what is left over (click would do it in English).

        Raises:
            click.UsageError: surplus arguments.
        """
        ctx.allow_extra_args = True
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise
        if rest and not ctx.resilient_parsing:
            raise click.UsageError(f"多余的参数：{' '.join(rest)}。", ctx)
        return rest


class Group(_Chinese, click.Group):
    """A command with commands under it."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  click's own arguments
        """All arguments are click's."""
        kwargs |= {"options_metavar": "[选项]", "subcommand_metavar": "命令 [选项]…"}
        # Without a command click would complain in English or print pages; this callback complains in one line.
        kwargs |= {"no_args_is_help": False, "invoke_without_command": True, "callback": _require_command}
        super().__init__(*args, **kwargs)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named.

        Raises:
            click.UsageError: there is none of that name; the nearest is suggested.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f"是不是要用 {near[0]}？" if near else f"可用的有：{'、'.join(self.list_commands(ctx))}。"
            raise click.UsageError(f"没有命令 {name}，{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.pass_context
def _require_command(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None and isinstance(ctx.command, click.Group):
        raise click.UsageError(f"缺少命令，可用的有：{'、'.join(ctx.command.list_commands(ctx))}。", ctx)


def usage_line(error: click.ClickException) -> str:
    """Click's complaint in one Chinese line, with the way to the help page."""
    wording = next((word for kind, word in _WORDINGS if isinstance(error, kind)), _plain)
    context = getattr(error, "ctx", None)
    remedy = f"用 {context.command_path} --help 查看用法。" if context is not None else ""
    return wording(error) + remedy


def _no_such_option(error: click.NoSuchOption) -> str:
    near = f"是不是要用 {error.possibilities[0]}？" if error.possibilities else ""
    return f"没有选项 {error.option_name}。{near}"


def _missing(error: click.MissingParameter) -> str:
    return f"缺少{_parameter(error)}。"


def _bad_option_use(error: click.BadOptionUsage) -> str:
    parameters = error.ctx.command.get_params(error.ctx) if error.ctx else []
    flags = {name for parameter in parameters if getattr(parameter, "is_flag", False) for name in parameter.opts}
    return f"选项 {error.option_name} {'不带值' if error.option_name in flags else '后面须有一个值'}。"


def _bad_value(error: click.BadParameter) -> str:
    return f"{_parameter(error)} 的值不对：{error.message}"


def _plain(error: click.ClickException) -> str:
    return error.message


def _parameter(error: click.BadParameter) -> str:
    parameter = error.param
    if isinstance(parameter, click.Argument):
        return f"参数 {parameter.metavar or parameter.human_readable_name}"
    return f"选项 {max(parameter.opts, key=len)}" if parameter else "选项"


_WORDINGS: tuple[tuple[type[click.ClickException], Callable[[Any], str]], ...] = (
    (click.NoSuchOption, _no_such_option),
    (click.MissingParameter, _missing),
    (click.BadOptionUsage, _bad_option_use),
    (click.BadParameter, _bad_value),
)
