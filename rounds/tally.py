"""Counting opened ballots, and the ballot account (发出、收回、有效、无效) that must add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from rounds.choices import Choice
from rounds.documents import Method, SlipCount
from rounds.errors import RuleRefusal, VerificationFailure

_MARKS = frozenset(Choice)


class Tally(msgspec.Struct, frozen=True):
    """Opened ballots by mark."""

    satisfied: int
    unsatisfied: int
    blank: int

    @property
    def collected(self) -> int:
        """收回: every ballot, blank ones included."""
        return self.satisfied + self.unsatisfied + self.blank

    @property
    def valid(self) -> int:
        """有效 = 满意 + 不满意."""
        return self.satisfied + self.unsatisfied


def encode_ballot(choice: Choice) -> bytes:
    """The plaintext of one ballot: one byte, whatever the choice."""
    return bytes([choice])


def decode_ballot(plaintext: bytes) -> Choice:
    """The mark of one opened ballot.

    Raises:
        VerificationFailure: not a ballot; nothing may be counted then.
    """
    if len(plaintext) == 1 and plaintext[0] in _MARKS:
        return Choice(plaintext[0])
    raise VerificationFailure("ballots", "票箱中有一张无法识别的测评票，停止计票：请保留票箱并报告上级团组织。")


def count(choices: Iterable[Choice]) -> Tally:
    """Count opened ballots; the order of `choices` has no say."""
    found = Counter(choices)
    return Tally(found[Choice.SATISFIED], found[Choice.UNSATISFIED], found[Choice.BLANK])


class Account(msgspec.Struct, frozen=True):
    """The ballot account. Gathered: 发出 = 收回 + 未投; stationed: 发出 = slips handed out = 收回 + 未交回."""

    registered: int
    expected: int
    present: int
    issued: int
    collected: int
    method: Method = "gathered"
    slips: SlipCount | None = None

    @property
    def not_cast(self) -> int:
        """未投 (sessions that ended without a ballot) or 未交回 (slips handed out that brought no ballot)."""
        return self.issued - self.collected


def check_account(account: Account) -> None:
    """Hold the figures against each other before anything is counted (RULES.md 1, 3, 4).

    Raises:
        RuleRefusal: P > 实到, P > 应参加, 实到 > N, 收回 > 发出, or slips that do not add up; nothing was changed.
    """
    if account.collected > account.present:
        raise RuleRefusal(
            f"收回{account.collected}张，实到{account.present}人：收回的票数多于发出的票数，无效。"
            "请按签到表核对实到人数；确属如此的，用 void --reason 作废本次测评。"
        )
    if account.present > account.registered:
        raise RuleRefusal(f"实到{account.present}人多于登记注册团员{account.registered}名：请按签到表核对实到人数。")
    _check_slips(account)
    if account.collected > account.expected or account.collected > account.issued:
        raise RuleRefusal(
            f"收回{account.collected}张，发出{account.issued}张，应参加{account.expected}人："
            "收回的票数多于发出的票数，无效，请用 void --reason 作废本次测评。"
        )


def _check_slips(account: Account) -> None:
    """Slips handed out are the 发出 of a stationed round, and never more than were made for those who may vote."""
    slips, stationed = account.slips, account.method == "stationed"
    if slips is None:
        if stationed:
            raise RuleRefusal("定点投票须用投票凭条，没有凭条的票数不能自洽：请报告上级团组织。")
        return
    if not 0 <= slips.leftover <= slips.made <= account.expected:
        raise RuleRefusal(
            f"投票凭条制作{slips.made}张，未发出{slips.leftover}张，应参加{account.expected}人，不能自洽："
            "请清点未发出的凭条。"
        )
    if stationed and account.issued != slips.handed_out:
        raise RuleRefusal(f"发出{account.issued}张，而投票凭条发出{slips.handed_out}张，两者不符：请清点未发出的凭条。")
    if stationed and account.collected > account.issued:
        raise RuleRefusal(
            f"收回{account.collected}张，发出凭条{account.issued}张：收回的票数多于发出的票数，无效。"
            "请重新清点未发出的凭条；确属如此的，用 void --reason 作废本次测评。"
        )
