"""停止投票、开箱计票, and 作废: two holders end a round, and sign what came of it.

Nothing is counted before 实到 stands against 收回; the signed end and the stage change are one commit, so a round is
closed exactly when its result exists.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from msgspec import UNSET

from ballots_store import log
from ballots_store.errors import BelowQuorum, LeftoverMissing
from ballots_store.held import ROUND_SECRET, START_SECRET, HeldBox
from ballots_store.home import Home
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.sealing import box_seal, open_ballots
from ballots_store.state import BoxState
from rounds.chain import RoundEnd, read_result, read_void_report
from rounds.documents import RESULT, VOID, Chain, Conduct, LogLine, Result, SlipCount, VoidReport
from rounds.encoding import is_fit, plain, stamp
from rounds.envelope import sign
from rounds.errors import BadInput, RuleRefusal
from rounds.issuing import Draw
from rounds.keys import SecretKeys
from rounds.lifecycle import Event, Stage, advance
from rounds.results import figures
from rounds.rules import MAX_COUNT, quorum_met, quorum_needed
from rounds.sharing import Holder
from rounds.tally import Account, Tally, check_account, count
from rounds.version import VERSION
from rounds.words import BOX_WORDS, words

END = "end"
"""Under which name of the box's meta its signed end lies."""
_LONGEST_REASON = 200


@dataclass(frozen=True)
class CloseRequest:
    """What the two officers bring to the count; codes as typed."""

    round_id: str
    codes: Mapping[Holder, str]
    present: int
    """实到人数 from the 签到表."""
    below_quorum_reason: str = ""
    """Ends a round with too few voters; ignored where enough have voted."""
    leftover: int | None = None
    """未发出的投票凭条, counted before the tally; None in a round without slips."""


@dataclass(frozen=True)
class VoidRequest:
    """What two holders bring to end a round without a count; codes as typed."""

    round_id: str
    codes: Mapping[Holder, str]
    reason: str
    present: int | None = None
    """实到, where it is known."""
    leftover: int | None = None
    """未发出的投票凭条, where they were counted."""


@dataclass(frozen=True)
class Closed:
    """A closed round: the signed result's bytes, its record, and the 封箱码."""

    result: bytes
    end: Result
    seal_words: str


def close_round(
    home: Home,
    request: CloseRequest,
    *,
    now: datetime,
    token: Path | None = None,
    draw: Draw = secrets.token_bytes,
    hook: Hook = no_hook,
) -> Closed:
    """Count a round and sign its result; kept in the box, so that it can be exported again (`stored_end`).

    Raises:
        BoxInUse: the kiosk runs.
        BelowQuorum: too few ballots and no reason given; the box stays open.
        RuleRefusal: the figures contradict each other, or the round has ended already.
        BadInput: the reason is not plain text.
        VerificationFailure: a wrong code, an altered box, or a ballot that does not open; nothing is counted.
        StorageFailure: a file can't be read or written.
    """
    reason = _check_reason(request.below_quorum_reason) if request.below_quorum_reason else ""
    with HeldBox(home, request.round_id, token=token, hook=hook) as held:
        holders, state = _recovered(held, request.codes, Event.CLOSE, now)
        account = _account(held, state, request)
        check_account(account)
        _check_used(state, account)
        tally = _tally(held, state, holders, account, reason)
        if tally is not None:
            reason = ""
        ended = state.ended(Stage.CLOSED)
        seal = box_seal(held.zero_report.record.round_key, state.ballots)
        record = _result(held, state, account, tally, tuple(holders), reason=reason, seal=seal, now=now)
        signers = [keys.signing for keys in holders.values()]
        result = sign(record, RESULT.payload_type(rehearsal=held.authorisation.rehearsal), signers)
        _read_back(held, result)
        held.settle(state, draw)
        with step(hook, "close"):
            held.commit(ended, draw, meta={END: result})
        log.append(held.folder.log, "closed", now)
    return Closed(result, record, words(seal, BOX_WORDS))


def void_round(
    home: Home,
    request: VoidRequest,
    *,
    now: datetime,
    token: Path | None = None,
    draw: Draw = secrets.token_bytes,
    hook: Hook = no_hook,
) -> bytes:
    """End a round without a result; the box stays unopened, no ballot is read.

    Raises:
        BoxInUse, RuleRefusal, BadInput, VerificationFailure, StorageFailure: as `close_round`.
    """
    reason = _check_reason(request.reason)
    if request.present is not None and not 0 <= request.present <= MAX_COUNT:
        raise BadInput(f"实到人数须在0至{MAX_COUNT}之间：请按签到表核对。")
    with HeldBox(home, request.round_id, token=token, hook=hook) as held:
        holders, state = _recovered(held, request.codes, Event.VOID, now)
        slips = _slips(state, request.leftover)
        record = VoidReport(
            chain=_chain(held),
            collected=state.collected,
            conduct=_conduct(held, state, tuple(holders), "void", now),
            ended=stamp(now),
            issued=_issued(held, state, slips),
            present=request.present,
            reason=reason,
            signers=tuple(holders),
            slips=slips or UNSET,
            software=VERSION,
        )
        signers = [keys.signing for keys in holders.values()]
        report = sign(record, VOID.payload_type(rehearsal=held.authorisation.rehearsal), signers)
        read_void_report(report, issuer_roots(held))
        held.settle(state, draw)
        with step(hook, "void"):
            held.commit(state.ended(Stage.VOID), draw, meta={END: report})
        log.append(held.folder.log, "void", now)
    return report


def stored_end(home: Home, round_id: str) -> bytes | None:
    """The signed end of a closed or void round, for exporting again; None while there is none.

    Raises:
        BoxInUse, StorageFailure, VerificationFailure: the box is held or can't be read.
    """
    with HeldBox(home, round_id, token=None) as held:
        return held.store.stored(END)


def _recovered(
    held: HeldBox, codes: Mapping[Holder, str], event: Event, now: datetime
) -> tuple[dict[Holder, SecretKeys], BoxState]:
    """Open the holders' keys and the state; a pending session counts as 未投."""
    if held.store.stored(END) is not None:
        raise RuleRefusal("本次测评已经结束，结果已保存在本机：不能再次计票或作废。")
    holders = held.open_holders(codes, now)
    state = held.recover(held.join_secret(START_SECRET, holders))
    advance(state.stage, event)
    return holders, state


def _account(held: HeldBox, state: BoxState, request: CloseRequest) -> Account:
    basis = held.authorisation.record
    slips = _slips(state, request.leftover)
    if slips is not None and request.leftover is None:
        raise LeftoverMissing(slips.made)
    return Account(
        registered=basis.registered,
        expected=basis.expected,
        present=request.present,
        issued=_issued(held, state, slips),
        collected=state.collected,
        method=basis.method,
        slips=slips,
    )


def _issued(held: HeldBox, state: BoxState, slips: SlipCount | None) -> int:
    """发出: sessions unlocked; stationed: slips handed out, as a session without a ballot gives its slip back."""
    return slips.handed_out if slips is not None and held.is_stationed else state.issued


def _slips(state: BoxState, leftover: int | None) -> SlipCount | None:
    """The round's slips; those that nobody counted are taken for handed out."""
    made = state.slips.made
    if not made:
        if leftover:
            raise BadInput("本次测评没有制作投票凭条：请去掉 --leftover。")
        return None
    if not 0 <= (leftover or 0) <= made:
        raise BadInput(f"本次测评制作了{made}张投票凭条，未发出的不能有{leftover}张：请重新清点。")
    return SlipCount(leftover=leftover or 0, made=made, wrong=state.wrong_slips)


def _check_used(state: BoxState, account: Account) -> None:
    """More slips used than were handed out: leftover ones were used, by whomever."""
    if account.slips is not None and state.slips.used > account.slips.handed_out:
        raise RuleRefusal(
            f"已用凭条多于发出的凭条（发出{account.slips.handed_out}张）：请重新清点未发出的凭条；"
            "确属如此的，用 void --reason 作废本次测评。"
        )


def _tally(
    held: HeldBox, state: BoxState, holders: Mapping[Holder, SecretKeys], account: Account, reason: str
) -> Tally | None:
    """The tally; None below quorum with a reason: the box is not opened then."""
    if not quorum_met(account.registered, account.collected):
        if not reason:
            raise BelowQuorum(account.collected, quorum_needed(account.registered) - account.collected)
        return None
    round_secret = held.join_secret(ROUND_SECRET, holders)
    return count(open_ballots(state.ballots, round_secret, held.bound_to))


def _result(
    held: HeldBox,
    state: BoxState,
    account: Account,
    tally: Tally | None,
    signers: tuple[Holder, ...],
    *,
    reason: str,
    seal: bytes,
    now: datetime,
) -> Result:
    shown = figures(account, tally)
    slips = account.slips or UNSET
    return Result(
        below_quorum_reason=reason,
        box_seal=seal.hex(),
        chain=_chain(held),
        closed=stamp(now),
        conduct=_conduct(held, state, signers, "closed", now),
        signers=signers,
        slips=slips,
        software=VERSION,
        supersedes="",
        **vars(shown),
    )


def _chain(held: HeldBox) -> Chain:
    return Chain(
        authorisation=held.authorisation.data.decode(),
        authorisation_digest=held.authorisation.digest,
        mode=held.authorisation.record.mode,
        round_id=held.authorisation.record.round_id,
        zero_report=held.zero_report.data.decode(),
        zero_report_digest=held.zero_report.digest,
    )


def _conduct(held: HeldBox, state: BoxState, signers: tuple[Holder, ...], event: str, now: datetime) -> Conduct:
    lines, complete = log.read(held.folder.log)
    ending = LogLine(at=stamp(now), event="closed" if event == "closed" else "void")
    return Conduct(
        emergency_used=state.emergency_used or Holder.EMERGENCY in signers,
        helped=state.helped,
        log=(*lines, ending),
        log_complete=complete,
        starts=state.starts,
        stopped=state.stage is Stage.STOPPED,
        wrong_codes=state.wrong_pins,
    )


def issuer_roots(held: HeldBox) -> dict[bytes, str]:
    """The organisation that the box was opened under, as the root for reading the box's own documents."""
    return dict(zip(held.authorisation.signer_keys, held.authorisation.signers, strict=True))


def _read_back(held: HeldBox, result: bytes) -> RoundEnd[Result]:
    """A result that no importer would take must not end a round."""
    return read_result(result, issuer_roots(held))


def _check_reason(reason: str) -> str:
    text = plain(reason)
    if not text or len(text) > _LONGEST_REASON or not is_fit(text):
        raise BadInput(f"原因须为1至{_LONGEST_REASON}个可见字符，写成一行：请重新填写。")
    return text
