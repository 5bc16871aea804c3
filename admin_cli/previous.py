"""The attempt before: what a new authorisation takes from the signed end of the last one."""

from __future__ import annotations

from pathlib import Path

from ballots_store.files import read_capped
from rounds.chain import Roots, RoundEnd, kind_of, read_result, read_void_report
from rounds.documents import RESULT, VOID, Result, VoidReport
from rounds.errors import BadInput, RuleRefusal
from rounds.issuing import RoundPlan
from rounds.rules import Outcome


def read_end(data: bytes, roots: Roots) -> RoundEnd[Result] | RoundEnd[VoidReport]:
    """A result or a void report with its verified chain.

    Raises:
        BadInput: another kind of file.
        UntrustedIssuer, Unreadable, VerificationFailure: whichever link does not hold.
    """
    kind = kind_of(data)
    if kind is RESULT:
        return read_result(data, roots)
    if kind is VOID:
        return read_void_report(data, roots)
    raise BadInput(f"这是{kind.title}，不是测评的结束文件：请选择 .result 或 .void 文件。")


def next_attempt(path: Path, plan: RoundPlan, roots: Roots) -> tuple[int, str]:
    """The number of the attempt after the one that ended in `path`, and that end's digest.

    Raises:
        RuleRefusal: that attempt has a valid result, or was another branch's, year's or mode's.
        BadInput, UntrustedIssuer, Unreadable, VerificationFailure: see `read_end`.
    """
    ended = read_end(read_capped(path, max(RESULT.cap, VOID.cap), "上一次的结束文件"), roots)
    before, end = ended.authorisation.record, ended.end.record
    if isinstance(end, Result) and end.outcome is not Outcome.INVALID:
        raise RuleRefusal("上一次测评有效，不能重新测评：只有无效或作废的测评可以重新批复。")
    if (before.branch.name, before.year) != (plan.branch_name, plan.year):
        raise RuleRefusal("上一次的结束文件属于另一个团支部或年度：请核对 --previous。")
    if ended.authorisation.rehearsal != plan.rehearsal:
        raise RuleRefusal("上一次与这一次一为演练、一为正式：请核对 --previous 和 --rehearsal。")
    return before.attempt + 1, ended.end.digest
