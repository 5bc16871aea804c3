"""Codes coming in: from the environment for scripts, else asked for without echo on a terminal.

A code is never an argument (other users see those), never echoed, never part of a message. A new code is asked for
twice. A printed code whose check symbol is off counts as a wrong code: exit 3, like any other wrong one.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum

import click

from admin_cli.echo import hide_to_the_end, shown
from rounds.codes import read_officer_code, read_pin, read_printed_code
from rounds.errors import BadInput, VerificationFailure


class Secret(StrEnum):
    """The codes, by the environment variable that scripts set."""

    ORG_PASSPHRASE = "BEIKAOBEI_ORG_PASSPHRASE"  # noqa: S105  the name of a variable, not a secret
    NEW_ORG_PASSPHRASE = "BEIKAOBEI_NEW_ORG_PASSPHRASE"  # noqa: S105  see above
    ACTIVATION = "BEIKAOBEI_ACTIVATION"
    EMERGENCY = "BEIKAOBEI_EMERGENCY"
    SUPERVISOR_CODE = "BEIKAOBEI_SUPERVISOR_CODE"
    TELLER_CODE = "BEIKAOBEI_TELLER_CODE"
    PIN = "BEIKAOBEI_PIN"


LABELS = {
    Secret.ORG_PASSPHRASE: "密钥口令",
    Secret.NEW_ORG_PASSPHRASE: "新密钥口令",
    Secret.ACTIVATION: "启用码",
    Secret.EMERGENCY: "应急码",
    Secret.SUPERVISOR_CODE: "指导监督人员口令",
    Secret.TELLER_CODE: "计票人口令",
    Secret.PIN: "开启口令",
}

_PRINTED = {Secret.ACTIVATION, Secret.EMERGENCY}


def interactive() -> bool:
    """Whether somebody sits at a terminal and can be asked."""
    return sys.stdin.isatty()


def existing(secret: Secret) -> str:
    """A code that was set before, as typed; only a printed one can be told wrong at once, by its check symbol.

    Raises:
        BadInput: nobody can be asked and the variable is not set.
        VerificationFailure: it cannot be the right one.
        click.Abort: the person gave up.
    """
    given = _given(secret)
    try:
        return _readable(secret, given) if given else _asked(secret)
    except UnicodeEncodeError:
        raise VerificationFailure("code", f"{LABELS[secret]}不正确，或密钥文件被改动：请重新输入。") from None


def _asked(secret: Secret) -> str:
    """Ask, and again while a printed code is visibly miscopied: the paper is in the person's hand."""
    while True:
        typed = _ask(LABELS[secret])
        try:
            return _readable(secret, typed)
        except VerificationFailure as error:
            click.echo(str(error), err=True)


def _readable(secret: Secret, typed: str) -> str:
    typed.encode()  # undecodable bytes of a terminal or an environment are no code that anybody has set
    return read_printed_code(typed, LABELS[secret]) if secret in _PRINTED else typed


def new(secret: Secret) -> str:
    """A code that is set now, normalised; asked for twice, and again until it will do.

    Raises:
        BadInput: the variable's value will not do, or nobody can be asked and it is not set.
        click.Abort: the person gave up.
    """
    given = _given(secret)
    if given:
        return _checked(secret, given)
    while True:
        try:
            return _asked_twice(secret)
        except BadInput as error:
            click.echo(f"{error}", err=True)


def is_set(secret: Secret) -> bool:
    """Whether a script has set the variable."""
    return bool(os.environ.get(secret))


def ask(text: str) -> str:
    """Ask on the terminal (stderr, so that stdout stays the answer's); what is typed is shown and may be nothing.

    Raises:
        click.Abort: the person gave up.
    """
    with shown():
        return str(click.prompt(text, prompt_suffix="：", err=True, default="", show_default=False)).strip()


def question(text: str, answers: tuple[str, ...]) -> str:
    """Ask until one of `answers` is typed.

    Raises:
        click.Abort: the person gave up.
    """
    while True:
        typed = ask(text)
        # The Chinese keyboard makes full-width digits without being asked.
        answer = typed.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
        if answer in answers:
            return answer
        click.echo(f"请按{'或'.join(answers)}。", err=True)


def sentence(text: str) -> str:
    """Ask for a line of text until it is not empty.

    Raises:
        click.Abort: the person gave up.
    """
    while True:
        if typed := ask(text):
            return typed


def _given(secret: Secret) -> str:
    """The variable's value; asking must be possible where there is none."""
    value = os.environ.get(secret, "")
    if not value and not interactive():
        raise BadInput(f"缺少{LABELS[secret]}：请在终端上运行，或由脚本设置环境变量 {secret}。")
    return value


def _ask(label: str) -> str:
    hide_to_the_end()
    return str(click.prompt(label, hide_input=True, prompt_suffix="：", err=True, default="", show_default=False))


def _asked_twice(secret: Secret) -> str:
    label = LABELS[secret]
    first = _checked(secret, _ask(f"请设定{label}"))
    if first != _checked(secret, _ask(f"请再输入一次{label}")):
        raise BadInput("两次输入不一致：请重新设定。")
    return first


def _checked(secret: Secret, typed: str) -> str:
    return read_pin(typed) if secret is Secret.PIN else read_officer_code(typed, LABELS[secret])
