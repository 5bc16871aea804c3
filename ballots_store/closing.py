"""停止投票、开箱计票: two holders end a round, and sign what came of it. 作废 stands in `voiding`.

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
from msgspec.structs import asdict

from ballots_store import log
from ballots_store.errors import BelowQuorum, LeftoverMissing
from ballots_store.held import END, ROUND_SECRET, START_SECRET, HeldBox
from ballots_store.home import Home
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.sealing import box_seal, open_ballots
from ballots_store.state import BoxState
from rounds.chain import RoundEnd, kind_of, read_result, read_void_report
from rounds.documents import RESULT, Chain, Conduct, LogLine, Result, SlipCount, VoidReport
from rounds.encoding import is_fit, plain, stamp
from rounds.envelope import sign
from rounds.errors import BadInput, RuleRefusal, VerificationFailure
from rounds.issuing import Draw
from rounds.keys import SecretKeys
from rounds.lifecycle import Event, Stage, advance
from rounds.results import figures
from rounds.rules import quorum_met, quorum_needed
from rounds.sharing import Holder
from rounds.tally import Account, Tally, check_account, count
from rounds.version import VERSION
from rounds.words import BOX_WORDS, words

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
    warn: log.Warn = log.say,
) -> Closed:
    """Count a round and sign its result; kept in the box, so that it can be exported again (`stored_end`).

    `warn` hears it where the log can't be written any more: the round is closed all the same.

    Raises:
        BoxInUse: the kiosk runs.
        BelowQuorum: too few ballots and no reason given; the box stays open.
        RuleRefusal: the figures contradict each other, or the round has ended already.
        BadInput: the reason is not plain text.
        VerificationFailure: a wrong code, an altered box, or a ballot that does not open; nothing is counted.
        StorageFailure: a file can't be read or written.
    """
    reason = check_reason(request.below_quorum_reason) if request.below_quorum_reason else ""
    with HeldBox(home, request.round_id, token=token, hook=hook) as held:
        holders, state = recovered(held, request.codes, Event.CLOSE, now)
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
        read_end(held, result)  # a result that no importer would take must not end a round
        held.settle(state, draw)
        with step(hook, "close"):
            held.commit(ended, draw, meta={END: result})
        log.append_after(held.folder.log, "closed", now, warn)
    return Closed(result, record, words(seal, BOX_WORDS))


def stored_end(home: Home, round_id: str, *, token: Path | None = None) -> bytes | None:
    """The signed end of a closed or void round, for exporting again; None while there is none.

    What a kill in the middle of `close_round` or `void_round` left to do is done.

    Raises:
        BoxInUse, StorageFailure, VerificationFailure: the box is held or can't be read.
    """
    with HeldBox(home, round_id, token=token) as held:
        end = held.store.stored(END)
        if end is not None:
            read_end(held, end)  # before a key is taken: an end that nobody signed is none
            held.finish_end()
        return end


def recovered(
    held: HeldBox, codes: Mapping[Holder, str], event: Event, now: datetime
) -> tuple[dict[Holder, SecretKeys], BoxState]:
    """Open the holders' keys and the state; a pending session counts as 未投."""
    held.check_open()
    holders = held.open_holders(codes, now)
    state = held.recover(held.join_secret(START_SECRET, holders))
    advance(state.stage, event)
    return holders, state


def _account(held: HeldBox, state: BoxState, request: CloseRequest) -> Account:
    basis = held.authorisation.record
    slips = slips_of(state, request.leftover)
    if slips is not None and request.leftover is None:
        raise LeftoverMissing(slips.made)
    return Account(
        registered=basis.registered,
        expected=basis.expected,
        present=request.present,
        issued=issued_of(held, state, slips),
        collected=state.collected,
        method=basis.method,
        slips=slips,
    )


def issued_of(held: HeldBox, state: BoxState, slips: SlipCount | None) -> int:
    """发出: sessions unlocked; stationed: slips handed out, as a session without a ballot gives its slip back."""
    return slips.handed_out if slips is not None and held.is_stationed else state.issued


def slips_of(state: BoxState, leftover: int | None) -> SlipCount | None:
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
        chain=chain_of(held),
        closed=stamp(now),
        conduct=conduct_of(held, state, signers, "closed", now),
        signers=signers,
        slips=slips,
        software=VERSION,
        supersedes="",
        **asdict(shown),
    )


def chain_of(held: HeldBox) -> Chain:
    """The documents that an end of this round stands on."""
    return Chain(
        authorisation=held.authorisation.data.decode(),
        authorisation_digest=held.authorisation.digest,
        mode=held.authorisation.record.mode,
        round_id=held.authorisation.record.round_id,
        zero_report=held.zero_report.data.decode(),
        zero_report_digest=held.zero_report.digest,
    )


def conduct_of(held: HeldBox, state: BoxState, signers: tuple[Holder, ...], event: str, now: datetime) -> Conduct:
    """How the round ran; `event`: what ends it, closed or void."""
    lines, complete = log.read(held.folder.log)
    ending = LogLine(at=stamp(now), event="closed" if event == "closed" else "void")
    stopped = state.stage is Stage.STOPPED
    return Conduct(
        emergency_used=state.emergency_used or Holder.EMERGENCY in signers,
        helped=state.helped,
        log=(*lines, ending),
        log_complete=complete and log.is_complete(lines, starts=state.starts, stopped=stopped),
        starts=state.starts,
        stopped=stopped,
        wrong_codes=state.wrong_pins,
    )


def issuer_roots(held: HeldBox) -> dict[bytes, str]:
    """The organisation that the box was opened under, as the root for reading the box's own documents."""
    return dict(zip(held.authorisation.signer_keys, held.authorisation.signers, strict=True))


def read_end(held: HeldBox, data: bytes) -> RoundEnd[Result] | RoundEnd[VoidReport]:
    """The end that the box has, verified.

    Raises:
        Unreadable, VerificationFailure: it does not hold, or is another round's.
    """
    roots = issuer_roots(held)
    end = read_result(data, roots) if kind_of(data) is RESULT else read_void_report(data, roots)
    if end.zero_report.digest != held.zero_report.digest:
        raise VerificationFailure("round", "票箱中的结果属于另一次测评：文件被改动，请保留文件并报告上级团组织。")
    return end


def check_reason(reason: str) -> str:
    """A reason as a document takes it.

    Raises:
        BadInput: empty, too long, or not plain text.
    """
    text = plain(reason)
    if not text or len(text) > _LONGEST_REASON or not is_fit(text):
        raise BadInput(f"原因须为1至{_LONGEST_REASON}个可见字符，写成一行：请重新填写。")
    return text
