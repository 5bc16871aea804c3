"""Questions and answers: numbered choices, numbers, lines and codes, through two streams of lines.

A digit may be full-width. `0` goes back everywhere. Enter alone takes the default, which the prompt names. What was
typed at a hidden prompt is never shown, and no answer is ever part of a message.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from rich.cells import cell_len

from admin_cli.chinese import wrap
from admin_cli.output import printable
from rounds.errors import BadInput

WIDTH = 78
"""Columns of a line; a terminal of 80 leaves the last two free."""
_MOST_DIGITS = 7
_ROOM = 20
"""Columns that an answer may take beside its question."""
T = TypeVar("T")


class Back(Exception):
    """Somebody answered `0`."""


class Lines(Protocol):
    """A terminal, line by line."""

    def write(self, line: str) -> None:
        """One line."""

    def read(self, prompt: str) -> str:
        """What is typed after `prompt`, up to Enter.

        Raises:
            KeyboardInterrupt, EOFError: nobody goes on.
        """

    def read_hidden(self, prompt: str) -> str:
        """The same, unseen."""

    def wipe(self) -> None:
        """Take everything off the screen, and out of what can be scrolled back to."""


class Desk:
    """Where the guide asks; whoever sits there answers by digits and Enter."""

    def __init__(self, lines: Lines) -> None:
        """`lines`: the terminal."""
        self._lines = lines

    def heading(self, title: str) -> None:
        """The name of a step, set off from what came before."""
        self._lines.write("")
        self._lines.write(f"==== {printable(title)} ====")

    def say(self, *sentences: str) -> None:
        """Sentences, wrapped."""
        for sentence in sentences:
            for line in wrap(printable(sentence), WIDTH) or [""]:
                self._lines.write(line)

    def warn(self, sentence: str) -> None:
        """Something to be heeded."""
        self.say(f"注意：{sentence}")

    def read_aloud(self, *sentences: str) -> None:
        """What is to be read to the hall, set apart."""
        self._lines.write("")
        self._lines.write("【请宣读】")
        for sentence in sentences:
            for line in wrap(printable(sentence), WIDTH - 4):
                self._lines.write(f"    {line}")
        self._lines.write("")

    def wipe(self) -> None:
        """Take codes off the screen."""
        self._lines.wipe()

    def pause(self, what: str = "继续") -> None:
        """Wait for Enter."""
        self._lines.read(f"按 Enter {what}：")

    def choose(self, question: str, options: Sequence[str], *, default: int | None = 1, back: str = "返回") -> int:
        """The number (1…) of one of `options`; `default` is what Enter alone takes, 0 or a number; None: nothing.

        Raises:
            Back: `0`.
        """
        self.say(question)
        for number, option in enumerate((*options, back), start=1):
            self._option(number if number <= len(options) else 0, option)
        enter = "" if default is None else f"，直接按 Enter 为{default}"
        while True:
            typed = folded(self._lines.read(f"请按数字，再按 Enter（0至{len(options)}{enter}）："))
            if not typed and default is not None:
                typed = str(default)
            if typed == "0":
                raise Back
            if _is_number(typed) and 1 <= int(typed) <= len(options):
                return int(typed)
            self.say(f"请按0至{len(options)}的数字，再按 Enter。")

    def number(self, question: str) -> int:
        """A number of people, at least 1.

        Raises:
            Back: `0`.
        """
        while True:
            typed = folded(self._lines.read(f"{question}（数字，再按 Enter；0返回）："))
            if typed == "0":
                raise Back
            if _is_number(typed) and int(typed):
                return int(typed)
            self.say("请输入数字，再按 Enter。")

    def count(self, question: str, most: int) -> int:
        """A number from 0 to `most`: here 0 is an answer, and there is no way back."""
        while True:
            typed = folded(self._lines.read(f"{question}（0至{most}）："))
            if _is_number(typed) and int(typed) <= most:
                return int(typed)
            self.say(f"请输入0至{most}之间的整数，再按 Enter。")

    def text(self, question: str, read: Callable[[str], T], *, default: str = "") -> T:
        """A line, as `read` makes it; `default`: what Enter alone stands for, told in the prompt.

        Raises:
            Back: `0`.
        """
        prompt = self._prompt(question, f"（0返回；直接按 Enter 为{default}）：" if default else "（0返回）：")
        while True:
            typed = self._lines.read(prompt).strip()
            if folded(typed) == "0":
                raise Back
            try:
                return read(typed)
            except BadInput as error:
                self.say(str(error))

    def secret(self, label: str) -> str:
        """A code, typed unseen; never empty.

        Raises:
            Back: `0`.
        """
        while True:
            typed = self._lines.read_hidden(f"{label}（输入时不显示；0返回）：")
            if folded(typed) == "0":
                raise Back
            if typed.strip():
                return typed
            self.say("没有输入，请重新输入。")

    def new_secret(self, label: str, read: Callable[[str], str]) -> str:
        """A code that is set now, typed twice; `read` checks and normalises it.

        Raises:
            Back: `0`.
        """
        while True:
            try:
                first = read(self.secret(f"请设定{label}"))
                if read(self.secret(f"请再输入一次{label}")) == first:
                    return first
            except BadInput as error:
                self.say(str(error))
            else:
                self.say("两次输入不一致，请重新设定。")

    def _prompt(self, question: str, hint: str) -> str:
        """Question and hint on one line, where there is room left for the answer."""
        if cell_len(question + hint) <= WIDTH - _ROOM:
            return question + hint
        self.say(question)
        return hint

    def _option(self, number: int, option: str) -> None:
        first, *rest = wrap(printable(option), WIDTH - 6)
        self._lines.write(f"  {number}　{first}")
        for line in rest:
            self._lines.write(f"      {line}")


def folded(typed: str) -> str:
    """`typed` with full-width digits as plain ones and without outer spaces."""
    return unicodedata.normalize("NFKC", typed).strip()


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS
