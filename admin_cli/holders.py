"""Two holders at a command: whose codes are asked for, and the options that say so."""

from __future__ import annotations

import click

from admin_cli.inputs import FILE
from admin_cli.secrets_in import Secret, existing, interactive, is_set, question
from rounds.sharing import Holder

_OFFICERS = {Secret.SUPERVISOR_CODE: Holder.SUPERVISOR, Secret.TELLER_CODE: Holder.TELLER}
token_option = click.option("--token", type=FILE, metavar="DIR", help="票箱U盘的文件夹（默认为封箱时所用的）。")
emergency_option = click.option("--emergency", is_flag=True, help="启用应急码：代替一名不在场的工作人员，结果载明。")


def holder_codes(*, emergency: bool) -> dict[Holder, str]:
    """The codes of two holders: both officers, or the emergency holder with one of them.

    Raises:
        BadInput, VerificationFailure, click.Abort: see `admin_cli.secrets_in.existing`.
    """
    if not emergency:
        return {holder: existing(secret) for secret, holder in _OFFICERS.items()}
    officer = _officer_present()
    return {Holder.EMERGENCY: existing(Secret.EMERGENCY), _OFFICERS[officer]: existing(officer)}


def _officer_present() -> Secret:
    """Whose code goes with the 应急码: whichever a script has set (the supervisor's first), else asked."""
    for secret in _OFFICERS:
        if is_set(secret):
            return secret
    if not interactive():
        return Secret.SUPERVISOR_CODE
    answer = question("在场的是 1指导监督人员 2计票人", ("1", "2"))
    return Secret.SUPERVISOR_CODE if answer == "1" else Secret.TELLER_CODE
