"""What a result must say, recomputed from its own figures; the file's verdict is never believed."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from rounds.documents import AUTHORISATION, Authorisation, Result, SlipCount, VoidReport
from rounds.encoding import decode
from rounds.envelope import Envelope, decode_payload
from rounds.errors import RoundError, RuleRefusal, VerificationFailure
from rounds.rules import Outcome, Priority, decide
from rounds.sharing import Holder
from rounds.tally import Account, Tally, check_account

OUTCOME_NAMES = {
    Outcome.SATISFIED: "满意",
    Outcome.UNSATISFIED: "不满意",
    Outcome.INVALID: "本次测评无效（参与人数未达团员总数三分之二）",
}
PRIORITY_NAMES = {
    Priority.MUNICIPAL: "市级及以上交流培训和评选表彰的优先推荐对象；符合入党条件的，可作为“推优入党”的优先推荐对象",
    Priority.DISTRICT: "区县级评选表彰的优先推荐对象",
}


class Figures(msgspec.Struct, frozen=True):
    """A result's figures as the JSON and the tables name them; None where the box stays unopened."""

    registered: int
    present: int
    issued: int
    collected: int
    valid: int | None
    invalid: int | None
    satisfied: int | None
    unsatisfied: int | None
    rate: str | None
    rate_percent: str | None
    outcome: Outcome
    priorities: tuple[Priority, ...]


def figures(account: Account, tally: Tally | None) -> Figures:
    """The figures of a round; `tally` None below quorum.

    Raises:
        RuleRefusal: the account does not add up.
        BadInput: the tally and the account contradict each other about the quorum.
    """
    check_account(account)
    decision = decide(account.registered, account.collected, tally.satisfied if tally else None)
    if tally and tally.collected != account.collected:
        raise RuleRefusal(
            f"票箱中有{tally.collected}张，计数为{account.collected}张，两者不符：停止计票，报告上级团组织。"
        )
    if not decision.quorum_met:
        tally = None
    return Figures(
        registered=account.registered,
        present=account.present,
        issued=account.issued,
        collected=account.collected,
        valid=tally.valid if tally else None,
        invalid=tally.blank if tally else None,
        satisfied=tally.satisfied if tally else None,
        unsatisfied=tally.unsatisfied if tally else None,
        rate=decision.rate_text,
        rate_percent=decision.rate_percent,
        outcome=decision.outcome,
        priorities=decision.priorities,
    )


_claim = attrgetter(*Figures.__struct_fields__)
"""The figures in their order, of a result file as of `Figures`."""


def figures_of(result: Result) -> Figures:
    """The figures that a result file claims."""
    return Figures(*_claim(result))


def check_result(result: Result, authorisation: Authorisation) -> None:
    """Recompute outcome and account from the claimed counts (the importer's and `verify`'s check).

    Raises:
        VerificationFailure: the counts do not add up or the claim is another than what follows from them.
    """
    tally = _claimed_tally(result)
    account = Account(
        registered=authorisation.registered,
        expected=authorisation.expected,
        present=result.present,
        issued=result.issued,
        collected=result.collected,
        method=authorisation.method,
        slips=claimed_slips(result),
    )
    try:
        recomputed = figures(account, tally)
    except RoundError:
        raise VerificationFailure("account", "测评结果的票数不能自洽，不予采用。") from None
    if _claim(result) != _claim(recomputed):
        raise VerificationFailure("outcome", "测评结果与所载票数不符，不予采用。")
    if (result.outcome is Outcome.INVALID) != bool(result.below_quorum_reason):
        raise VerificationFailure("reason", "未达三分之二而结束的须写明原因，已达的则不得有，不予采用。")


def claimed_slips(end: Result | VoidReport) -> SlipCount | None:
    """The slips that an end of a round speaks of, None where there were none."""
    return end.slips or None


def is_stationed(end: Result | VoidReport) -> bool:
    """Whether the authorisation inside says 定点; for showing, as nothing is verified here."""
    envelope = decode(end.chain.authorisation.encode(), Envelope, AUTHORISATION.title, AUTHORISATION.cap)
    return decode_payload(envelope, AUTHORISATION).method == "stationed"


def check_void(end: VoidReport, authorisation: Authorisation) -> None:
    """Hold the figures of a void report against each other.

    Raises:
        VerificationFailure: they do not add up.
    """
    slips, stationed = claimed_slips(end), authorisation.method == "stationed"
    adds_up = end.collected <= end.issued or stationed  # a slip too many may be the very reason to end it
    if slips is not None:
        adds_up &= slips.leftover <= slips.made <= authorisation.expected
        adds_up &= not stationed or end.issued == slips.handed_out
    if not adds_up:
        raise VerificationFailure("account", "作废报告的票数不能自洽，不予采用。")


def _claimed_tally(result: Result) -> Tally | None:
    """The claimed counts, all or none of them."""
    satisfied, unsatisfied, blank = result.satisfied, result.unsatisfied, result.invalid
    if satisfied is None or unsatisfied is None or blank is None:
        return None
    return Tally(satisfied, unsatisfied, blank)


def check_signers(end: Result | VoidReport, signers: tuple[str, ...]) -> None:
    """The record names exactly those who signed it, in the order in which they did, and admits the emergency holder.

    The order is demanded so that one end has one file: this house has always written the signatures as the record names
    the signers.

    Raises:
        VerificationFailure: it does not.
    """
    if end.signers != signers:
        if sorted(end.signers) != sorted(signers):
            raise VerificationFailure("signers", "文件所载签名人与实际签名人不符，不予采用。")
        raise VerificationFailure("signature order", "文件上签名的次序被改动，与所载签名人的次序不符，不予采用。")
    if Holder.EMERGENCY in end.signers and not end.conduct.emergency_used:
        raise VerificationFailure("signers", "启用了应急码而未载明，不予采用。")


def result_sentence(shown: Figures, *, expected: int | None = None) -> str:
    """The sentence that is announced and printed (附件 2, 4; RULES.md 8).

    Args:
        shown: the figures of the result.
        expected: 应参加 (`Authorisation.expected`), N-1 where the secretary does not vote; N when not given.
    """
    due = shown.registered if expected is None else expected
    opening = f"本次测评应参加团员{due}名，实际参与{shown.collected}名；"
    if shown.outcome is Outcome.INVALID:
        ending = f"{OUTCOME_NAMES[shown.outcome]}，票箱未开启。"
        return f"{opening}发出测评票{shown.issued}张，收回{shown.collected}张；{ending}"
    return (
        f"{opening}发出测评票{shown.issued}张，收回{shown.collected}张，其中有效{shown.valid}张，无效{shown.invalid}张；"
        f"满意{shown.satisfied}票，不满意{shown.unsatisfied}票，满意度{shown.rate_percent}%，"
        f"测评结果：{OUTCOME_NAMES[shown.outcome]}。"
    )


def entered_sentence(shown: Figures) -> str:
    """The same of a round that was entered from a table: nobody has said how many ballots were handed out."""
    return (
        f"本次测评应参加团员{shown.registered}名，实际参与{shown.collected}名；"
        f"收回测评票{shown.collected}张，其中有效{shown.valid}张，无效{shown.invalid}张；"
        f"满意{shown.satisfied}票，不满意{shown.unsatisfied}票，满意度{shown.rate_percent}%，"
        f"测评结果：{OUTCOME_NAMES[shown.outcome]}。"
    )


def reason_sentence(shown: Figures) -> str:
    """Why the outcome is what it is, with 至少X票."""
    decision = decide(shown.registered, shown.collected, shown.satisfied)
    if shown.outcome is Outcome.INVALID:
        return (
            f"参与测评人数须达团员总数{shown.registered}名的三分之二及以上（至少{decision.quorum_needed}名），"
            f"实际{shown.collected}名，还差{decision.quorum_needed - shown.collected}名。"
        )
    return (
        f"满意{shown.satisfied}票，不满意{shown.unsatisfied}票，无效{shown.invalid}票。"
        f"满意票数须高于实际参与测评人数{shown.collected}人的50%（至少{decision.satisfied_needed}票），"
        f"测评结果：{OUTCOME_NAMES[shown.outcome]}。"
    )
