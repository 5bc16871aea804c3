"""作废: two holders end a round without a count; also where the 票箱U盘, and every ballot with it, is lost."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from msgspec import UNSET

from ballots_store import log
from ballots_store.closing import chain_of, check_reason, conduct_of, issued_of, issuer_roots, recovered, slips_of
from ballots_store.errors import TokenAway
from ballots_store.held import END, START_SECRET, HeldBox
from ballots_store.home import Home
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.state import decode_public, encode_public_figures
from rounds.chain import read_void_report
from rounds.documents import MAX_STARTS, VOID, Conduct, LogLine, VoidReport
from rounds.encoding import stamp
from rounds.envelope import sign
from rounds.errors import BadInput, RuleRefusal
from rounds.issuing import Draw
from rounds.keys import SecretKeys
from rounds.lifecycle import Event, Stage
from rounds.rules import MAX_COUNT
from rounds.sharing import Holder
from rounds.version import VERSION


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
    token_lost: bool = False
    """The 票箱U盘 is lost for good: nobody can open the state any more, nor count the ballots."""


def void_round(
    home: Home,
    request: VoidRequest,
    *,
    now: datetime,
    token: Path | None = None,
    draw: Draw = secrets.token_bytes,
    hook: Hook = no_hook,
    warn: log.Warn = log.say,
) -> bytes:
    """End a round without a result; the box stays unopened, no ballot is read.

    `warn`: as `close_round`.

    Raises:
        BoxInUse, RuleRefusal, BadInput, VerificationFailure, StorageFailure: as `close_round`.
        TokenAway: the 票箱U盘 is out, and is not said to be lost.
    """
    reason = check_reason(request.reason)
    if request.present is not None and not 0 <= request.present <= MAX_COUNT:
        raise BadInput(f"实到人数须在0至{MAX_COUNT}之间：请按签到表核对。")
    with HeldBox(home, request.round_id, token=token, hook=hook) as held:
        if request.token_lost:
            report = _void_unread(held, request, reason, now, hook)
            log.append_after(held.folder.log, "void", now, warn)
            return report
        holders, state = recovered(held, request.codes, Event.VOID, now)
        slips = slips_of(state, request.leftover)
        record = VoidReport(
            chain=chain_of(held),
            collected=state.collected,
            conduct=conduct_of(held, state, tuple(holders), "void", now),
            ended=stamp(now),
            issued=issued_of(held, state, slips),
            present=request.present,
            reason=reason,
            signers=tuple(holders),
            slips=slips or UNSET,
            software=VERSION,
        )
        report = _signed(held, record, holders)
        held.settle(state, draw)
        with step(hook, "void"):
            held.commit(state.ended(Stage.VOID), draw, meta={END: report})
        log.append_after(held.folder.log, "void", now, warn)
    return report


def _void_unread(held: HeldBox, request: VoidRequest, reason: str, now: datetime, hook: Hook) -> bytes:
    """End a round whose state nobody can open: the figures are the locked screen's, and the report says so.

    The sealed state stays as it is; the end beside it is what `close` and the kiosk's start look for first.
    """
    held.check_open()
    _check_lost(held)
    holders = held.open_holders(request.codes, now)
    held.join_secret(START_SECRET, holders)  # two of them, as for any other end
    _, issued, collected = decode_public(held.store.public())
    record = VoidReport(
        chain=chain_of(held),
        collected=min(collected, issued),
        conduct=_logged_conduct(held, tuple(holders), now),
        ended=stamp(now),
        issued=issued,
        present=request.present,
        reason=reason,
        signers=tuple(holders),
        software=VERSION,
        unread=True,
    )
    report = _signed(held, record, holders)
    with step(hook, "void"):
        held.store.update(encode_public_figures(Stage.VOID, issued, collected), {}, hook=hook, meta={END: report})
    return report


def _check_lost(held: HeldBox) -> None:
    """While the stick is there, the figures are those of the sealed state.

    Raises:
        RuleRefusal: it is, or there never was one.
    """
    if held.token is None:
        raise RuleRefusal("本次测评未使用票箱U盘：请去掉 --token-lost。")
    try:
        held.check_token()
    except TokenAway:
        return
    raise RuleRefusal("票箱U盘已插好，可以照常作废：请去掉 --token-lost。")


def _logged_conduct(held: HeldBox, signers: tuple[Holder, ...], now: datetime) -> Conduct:
    """As far as the log tells, which is not authenticated; what it does not know is 0."""
    lines, complete = log.read(held.folder.log)
    events = [line.event for line in lines]
    return Conduct(
        emergency_used=Holder.EMERGENCY in signers,
        helped=0,
        log=(*lines, LogLine(at=stamp(now), event="void")),
        log_complete=complete,
        starts=min(events.count("started"), MAX_STARTS),
        stopped="stopped" in events,
        wrong_codes=0,
    )


def _signed(held: HeldBox, record: VoidReport, holders: Mapping[Holder, SecretKeys]) -> bytes:
    """The report, read back: one that no importer would take must not end a round."""
    signers = [keys.signing for keys in holders.values()]
    report = sign(record, VOID.payload_type(rehearsal=held.authorisation.rehearsal), signers)
    read_void_report(report, issuer_roots(held))
    return report
