"""复核计票: two holders count the frozen box again and hold it against its signed result; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ballots_store.closing import issuer_roots
from ballots_store.held import END, ROUND_SECRET, START_SECRET, HeldBox
from ballots_store.home import Home
from ballots_store.sealing import box_seal, open_ballots
from rounds.chain import kind_of, read_result
from rounds.documents import RESULT, Result
from rounds.envelope import Verified
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.lifecycle import Stage
from rounds.results import Figures, figures_of
from rounds.rules import Outcome
from rounds.sharing import Holder
from rounds.tally import Tally, count
from rounds.words import BOX_WORDS, words


@dataclass(frozen=True)
class Recount:
    """A recount that agrees with the result, to the last ballot."""

    result: Result
    digest: str
    """Of the result's payload, hex."""
    tally: Tally
    seal_words: str
    holders: tuple[Holder, ...]

    @property
    def figures(self) -> Figures:
        """The figures of the signed result, which the recount found again."""
        return figures_of(self.result)

    @property
    def emergency_used(self) -> bool:
        """Whether the emergency holder opened this recount, or anything before it."""
        return Holder.EMERGENCY in self.holders or self.result.conduct.emergency_used


def recount_round(
    home: Home, round_id: str, codes: Mapping[Holder, str], *, now: datetime, token: Path | None = None
) -> Recount:
    """Count a closed round's ballots again with two holders' codes; no ballot order and no voter exists to be seen.

    Raises:
        BoxInUse, BoxDestroyed: see `ballots_store.lock.hold`.
        RuleRefusal: the round was not counted (not closed, void, or too few voters), or fewer than two holders.
        VerificationFailure: a wrong code, an altered box, or a count that is not the signed one.
        StorageFailure: the box or the key slots can't be read.
    """
    with HeldBox(home, round_id, token=token) as held:
        end = _counted_end(held)
        holders = held.open_holders(codes, now)
        state = held.recover(held.join_secret(START_SECRET, holders))
        if state.stage is not Stage.CLOSED:
            raise VerificationFailure("stage", "票箱的状态与结果文件不符：票箱文件被改动，请报告上级团组织。")
        round_secret = held.join_secret(ROUND_SECRET, holders)
        tally = count(open_ballots(state.ballots, round_secret, held.bound_to))
        seal = box_seal(held.zero_report.record.round_key, state.ballots)
    _compare(end.record, tally, seal)
    return Recount(end.record, end.digest, tally, words(seal, BOX_WORDS), tuple(holders))


def _counted_end(held: HeldBox) -> Verified[Result]:
    data = held.store.stored(END)
    if data is None:
        raise RuleRefusal("本次测评尚未计票，不能复核：请先用 close 开箱计票。")
    if kind_of(data) is not RESULT:
        raise RuleRefusal("本次测评已作废，票箱未开启，没有票数可以复核。")
    end = read_result(data, issuer_roots(held)).end
    if end.record.outcome is Outcome.INVALID:
        raise RuleRefusal("参与人数未达三分之二，票箱未开启，没有票数可以复核。")
    return end


def _compare(result: Result, tally: Tally, seal: bytes) -> None:
    signed = (result.satisfied, result.unsatisfied, result.invalid)
    if (tally.satisfied, tally.unsatisfied, tally.blank) != signed:
        raise VerificationFailure(
            "recount",
            f"复核的票数（满意{tally.satisfied}、不满意{tally.unsatisfied}、无效{tally.blank}）与结果文件不符："
            "请保留票箱和结果文件，报告上级团组织。",
        )
    if seal.hex() != result.box_seal:
        raise VerificationFailure("seal", "票箱的封箱码与结果文件不符：请保留票箱和结果文件，报告上级团组织。")
