"""What the two officers are asked on the plain terminal, before the screen is full: codes unseen, answers by digit."""

from __future__ import annotations

import getpass
import locale
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from kiosk import tty
from kiosk.probe import CJK_REFUSAL, TerminalFacts, probe
from rounds.errors import BadInput, RoundError, Unreadable, VerificationFailure
from rounds.sharing import HOLDER_NAMES, Holder

TRIES = 3
R = TypeVar("R")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
OFFICERS = (Holder.SUPERVISOR, Holder.TELLER)
_CODE_NAMES = {holder: f"{name}口令" for holder, name in HOLDER_NAMES.items()} | {Holder.EMERGENCY: "应急码"}


def check_terminal() -> TerminalFacts:
    """Refuse a terminal on which nobody could vote, before any code is asked for; how this one draws.

    Raises:
        BadInput: no terminal, or one that can't show Chinese.
    """
    if (refusal := tty.refusal()) is not None:
        raise BadInput(refusal)
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if encoding.lower().replace("-", "") != "utf8":
        raise BadInput(f"终端的文字编码是{encoding}，不是UTF-8，汉字无法显示：请在UTF-8环境（如 LANG=C.UTF-8）下启动。")
    facts = probe()
    if not facts.cjk_ok:
        raise BadInput(CJK_REFUSAL)
    return facts


def say(line: str) -> None:
    """One line on the plain terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def ask_holders(*, emergency: bool) -> tuple[Holder, Holder]:
    """Whose codes start the kiosk: both officers', or one officer's and the 应急码 from the sealed envelope.

    Raises:
        EOFError, KeyboardInterrupt: nobody answered.
    """
    if not emergency:
        return OFFICERS
    present = OFFICERS[int(choose("在场的是 1指导监督人员 2计票人：", ("1", "2"))) - 1]
    return present, Holder.EMERGENCY


def ask_codes(holders: Sequence[Holder] = OFFICERS) -> dict[Holder, str]:
    """The holders' codes, typed unseen, in that order.

    Raises:
        EOFError, KeyboardInterrupt: nobody typed one.
        BadInput: bytes that are no text.
    """
    try:
        return {holder: getpass.getpass(f"{_CODE_NAMES[holder]}（输入时不显示）：") for holder in holders}
    except UnicodeDecodeError:
        raise BadInput("输入中有无法识别的字节：请重新启动后再输入。") from None


def with_codes(attempt: Callable[[Mapping[Holder, str]], R], holders: Sequence[Holder] = OFFICERS) -> R:
    """Ask for two holders' codes and pass them to `attempt`; wrong ones are asked for again, three times in all.

    Raises:
        RoundError: what `attempt` raised in the end.
    """
    left = TRIES
    while True:
        try:
            return attempt(ask_codes(holders))
        except VerificationFailure as failure:
            left -= 1
            if failure.check != "code" or not left:
                raise
            say(f"{failure}（还可再试{left}次）")


def choose(question: str, answers: Sequence[str]) -> str:
    """One of `answers`, asked for until it is given.

    Raises:
        EOFError, KeyboardInterrupt: nobody answered.
    """
    while True:
        try:
            with tty.echoing():
                answer = input(question).strip().translate(_FULL_WIDTH)
        except UnicodeDecodeError:
            continue
        if answer in answers:
            return answer
        say(f"请按{'或'.join(answers)}，再按 Enter。")


def line_for(error: BaseException) -> tuple[str, int]:
    """What the terminal is told of `error`, and the exit code."""
    if isinstance(error, VerificationFailure):
        return f"错误：{error}（未通过的检查：{error.check}）", error.exit_code
    if isinstance(error, RoundError):
        return f"错误：{error}", error.exit_code
    if isinstance(error, KeyboardInterrupt | EOFError):
        return "已中断。", 130
    if isinstance(error, OSError):
        return "错误：无法读写文件或终端：请核对路径、权限和磁盘。", Unreadable.exit_code
    return f"错误：程序内部错误（{type(error).__name__}），已停止：请由两名工作人员重新启动。", Unreadable.exit_code
