"""未发出的投票凭条: counted by two officers before the tally."""

from __future__ import annotations

import unicodedata

import click

from admin_cli.inputs import COUNT
from admin_cli.secrets_in import ask
from admin_cli.session import Session
from ballots_store.errors import LeftoverMissing
from rounds.documents import Result
from rounds.results import claimed_slips, is_stationed

leftover_option = click.option(
    "--leftover", type=COUNT, metavar="L", help="未发出的投票凭条张数，用了凭条的测评必填，计票前清点。"
)


def ask_leftover(missing: LeftoverMissing) -> int:
    """Ask until a number is typed that can be meant.

    Raises:
        click.Abort: the person gave up.
    """
    while True:
        question = f"共制作投票凭条{missing.made}张，未发出多少张（请当场清点）"
        digits = unicodedata.normalize("NFKC", ask(question))
        if digits.isascii() and digits.isdigit() and int(digits[:9]) <= missing.made:
            return int(digits)
        click.echo(f"请输入0至{missing.made}之间的整数。", err=True)


def warn_about_slips(session: Session, record: Result) -> None:
    """A slip more than people who signed for one: somebody may have drawn two, or one was lost."""
    slips = claimed_slips(record)
    if slips is not None and is_stationed(record) and slips.handed_out > record.present:
        session.output.warn(
            f"发出凭条{slips.handed_out}张，签到领取{record.present}人：请核对是否有人多领或凭条遗失，并在报告中说明。"
        )
