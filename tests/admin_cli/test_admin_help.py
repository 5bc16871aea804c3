"""Every command has a Chinese help page with an example that parses; every name in the documents is a command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from admin_script import REPOSITORY, Admin
from rich.cells import cell_len

from admin_cli.__main__ import cli
from admin_cli.catalogue import COMMANDS
from admin_cli.chinese import Command, wrap

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
ENGLISH = ("Usage", "Options", "Commands", "Arguments", "Show this message", "required", "Error", "Missing", "Try ")


def _walk(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from _walk(command, (*words, name))


PAGES = dict(_walk(cli))
LEAVES = {words: command for words, command in PAGES.items() if isinstance(command, Command)}


@pytest.mark.parametrize("words", [(), *PAGES], ids=" ".join)
def test_help_is_chinese_and_fits_the_screen(admin: Admin, words: tuple[str, ...]) -> None:
    ran = admin.run(*words, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"用法：{' '.join(['beikaobei-admin', *words])}")
    for heading in ("选项：", "--home", "--json", "显示帮助。"):
        assert heading in ran.out
    assert not [word for word in ENGLISH if word in ran.out]
    assert max(map(cell_len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_an_example_that_parses(admin: Admin, words: tuple[str, ...]) -> None:
    command = LEAVES[words]
    shown = "".join(admin.run(*words, "--help").out.split())
    assert command.example
    for line in command.example.splitlines():
        assert "".join(f"例：beikaobei-admin{line}".split()) in shown
        assert tuple(line.split()[: len(words)]) == words
        _parse(shlex.split(line))


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_is_explained(words: tuple[str, ...]) -> None:
    options = [parameter for parameter in LEAVES[words].params if isinstance(parameter, click.Option)]
    assert {"--home", "--json"} <= {name for option in options for name in option.opts}
    for option in options:
        assert option.help, option.opts
        assert option.help.endswith("。"), option.opts


def test_the_overview_lists_the_catalogue(admin: Admin) -> None:
    shown = admin.run("--help").out
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.summary)}$", shown, re.MULTILINE), name


def test_readme_lists_every_command_and_no_other() -> None:
    table = re.findall(r"^\| (`[a-z].*?) \|", README.split("## The commands")[1].split("## ")[0], re.MULTILINE)
    rows = [row for row in table if "beikaobei-kiosk" not in row]
    assert {tuple(name.split()) for row in rows for name in re.findall(r"`([a-z -]+)`", row)} == set(LEAVES)


def _lines_in_documents() -> list[str]:
    documents = [README, *(path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "docs").rglob("*.md")))]
    found = [line for text in documents for line in re.findall(r"beikaobei-admin ([^`#\n]*)", text)]
    return [part.removeprefix("beikaobei-admin ") for line in found for part in line.split(" && ")]


@pytest.mark.parametrize("line", _lines_in_documents())
def test_command_lines_in_the_documents_parse(line: str) -> None:
    _parse(shlex.split(line))


def _parse(words: list[str]) -> None:
    """Read a command line as far as running it would: every word is a command, an option or a value."""
    group: click.Command = cli
    while isinstance(group, click.Group):
        name, *words = words
        found = group.get_command(click.Context(group), name)
        assert found is not None, name
        group = found
    group.make_context(group.name, words)


@pytest.mark.parametrize("line", ["opne r.auth --teller 王五", "open r.auth", "decide --registered six", "keys sho"])
def test_a_line_that_does_not_parse_would_be_found(line: str) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        _parse(shlex.split(line))


def test_lines_break_between_wide_characters_and_never_before_a_stop() -> None:
    text = "标准输出（只给一个对象），供脚本“使用”。" * 3
    for width in range(10, 40):
        lines = wrap(text, width)
        assert "".join(lines) == text
        assert max(map(cell_len, lines)) <= width
        assert not [line for line in lines if line[0] in "）”，。"]
    assert wrap("用 --below-quorum 写明", 8) == ["用", "--below-quorum", "写明"]
