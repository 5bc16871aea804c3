"""The ballot box in the hall: what the kiosk does between a start by two officers and the end of voting.

    start → (check_pin → unlock → cast | void_session)* → stop | close

Every verb returns only after its change is durable. After a failed write the object is dead (`BoxStopped`): nothing
was acknowledged, and the next start finds on disk either the state before or the state after.

One failure need not end it: the 票箱U盘 pulled out. A box started with `wait_for_token` answers `TokenAway`, takes no
verb, and `resume` goes on once the stick is back: it runs the recovery of a start with the A still in memory, finds on
the medium the state before or the state after, and in the first case commits the same state, with the same sealed
ballot, again. A state is a value, so a change can be there once or not at all, never twice.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ballots_store import log
from ballots_store.errors import BoxStopped, TokenAway
from ballots_store.held import START_SECRET, HeldBox
from ballots_store.home import Home
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.sealing import box_seal, seal_ballot
from ballots_store.session import BoxFull, Figures, Heading, Stopped, WindowClosed, WrongPin
from ballots_store.state import BoxState
from ballots_store.wiping import overwrite_derived
from rounds.chain import window
from rounds.choices import Choice
from rounds.codes import normalised_code
from rounds.documents import Authorisation
from rounds.errors import RoundError, RuleRefusal
from rounds.issuing import Draw
from rounds.keyfile import derive
from rounds.lifecycle import Event, Stage, advance, check_restart
from rounds.lockout import tries_left, wait_after
from rounds.rules import quorum_met, quorum_needed
from rounds.sharing import Holder
from rounds.words import BOX_WORDS, box_words, words


@dataclass(frozen=True)
class _Change:
    """A state to be made durable, and where the session stands then."""

    state: BoxState
    stage: Stage
    member: int | None = None


class BallotBox:
    """One started box; made by `start`, fits `kiosk.booth.Booth`."""

    def __init__(
        self,
        held: HeldBox,
        state: BoxState,
        *,
        clock: Callable[[], datetime],
        draw: Draw,
        hook: Hook,
        wait_for_token: bool = False,
    ) -> None:
        """Take over a recovered and settled box; callers use `start`."""
        self._held = held
        self._state = self._durable = state
        self._stage = Stage.LOCKED
        self._wait_for_token = wait_for_token and held.token is not None
        self._away = False
        self._interrupted: _Change | None = None
        self._clock = clock
        self._draw = draw
        self._hook = hook
        self._member: int | None = None
        self._pin_checked = False
        self._retry_at: float | None = None
        self._alive = True
        self.heading = heading(held)
        self.restart_note: str | None = None

    @classmethod
    def start(
        cls,
        home: Home,
        round_id: str,
        codes: Mapping[Holder, str],
        *,
        clock: Callable[[], datetime],
        token: Path | None = None,
        wait_for_token: bool = False,
        draw: Draw = secrets.token_bytes,
        hook: Hook = no_hook,
    ) -> BallotBox:
        """Start the kiosk's box with two holders' codes. `clock` gives aware wall-clock times.

        `wait_for_token`: answer `TokenAway` and wait for `resume` where the 票箱U盘 fails; otherwise that stops the
        box, as any failed write does.

        Raises:
            BoxInUse: another process holds the box.
            RuleRefusal: the round is over, or stopped with enough ballots.
            VerificationFailure: a wrong code, or a box that was altered, swapped or rolled back.
            StorageFailure: a file can't be read or written; nothing was erased or re-initialised.
        """
        held = HeldBox(home, round_id, token=token, hook=hook)
        try:
            state, note = cls._started(held, codes, clock, draw, hook)
            box = cls(held, state, clock=clock, draw=draw, hook=hook, wait_for_token=wait_for_token)
        except BaseException:
            held.close()
            raise
        box.restart_note = note
        return box

    @staticmethod
    def _started(
        held: HeldBox, codes: Mapping[Holder, str], clock: Callable[[], datetime], draw: Draw, hook: Hook
    ) -> tuple[BoxState, str | None]:
        holders = held.open_holders(codes, clock())
        found = held.recover(held.join_secret(START_SECRET, holders))
        advance(found.stage, Event.START)
        check_restart(found.stage, quorum_met=quorum_met(held.capacity, found.collected))
        held.settle(found, draw)
        with step(hook, "start"):
            held.commit(state := found.started(emergency=Holder.EMERGENCY in codes), draw)
        log.append(held.folder.log, "started", clock())
        return state, _restart_note(found)

    def confirm(self, *, count_agrees: bool) -> None:
        """What both officers say about the count shown after a restart (an older copy shows as a count that fell).

        Raises:
            RuleRefusal: they say that it is another; the box is let go.
        """
        if not count_agrees:
            log.append(self._held.folder.log, "count_disputed", self._clock())
            self.close()
            raise RuleRefusal("已投张数与停机前不一致，停止使用：请保留本机和票箱U盘，报告上级团组织。")

    def figures(self) -> Figures:
        """The counts of the locked screen."""
        return Figures(issued=self._state.issued, collected=self._state.collected)

    def unmarked(self) -> tuple[int, ...]:
        """Positions of the roster that have not voted yet."""
        return tuple(at for at in range(len(self.heading.roster)) if not self._state.marked(at))

    def wait_s(self, now: float) -> float:
        """Seconds from the monotonic instant `now` until a PIN may be tried; after a restart the wait begins anew."""
        if self._retry_at is None:
            self._retry_at = now + wait_after(self._state.failures)
        return max(self._retry_at - now, 0.0)

    def check_pin(self, pin: bytes | bytearray, now: float) -> None:
        """Check the 开启口令 at the monotonic instant `now`; a failure is durable before it is reported.

        Raises:
            WrongPin: wrong, or still to wait.
        """
        self._check_alive()
        if (wait := self.wait_s(now)) > 0:
            raise WrongPin(0, wait)
        verifier = self._state.pin
        hashed = derive(normalised_code(bytes(pin).decode(errors="replace")).encode(), verifier.salt, verifier.kdf)
        overwrite_derived(len(pin))
        if hmac.compare_digest(hashed, verifier.hashed):
            self._state = replace(self._state, failures=0)
            self._pin_checked = True
            return
        self._commit(_Change(self._state.with_wrong_pin(), self._stage, self._member))
        self._retry_at = now + wait_after(self._state.failures)
        raise WrongPin(tries_left(self._state.failures), self.wait_s(now))

    def unlock(self, member: int | None) -> None:
        """Issue one ballot after a checked PIN; `member` is a position of the roster, None without one.

        Raises:
            BoxFull: everybody who may vote has voted.
            WindowClosed: outside the authorised time.
            RuleRefusal: no PIN was checked, the member has voted, or a session is open.
            TokenAway: the 票箱U盘 is out; found out before anything was issued, wherever that can be told.
        """
        self._check_alive()
        stage = advance(self._stage, Event.UNLOCK)
        checked, self._pin_checked = self._pin_checked, False  # one PIN, one attempt, refused or not
        if not checked:
            raise RuleRefusal("须先由指导监督人员输入开启口令。")
        self._check_may_vote(member)
        check_window(self._held.authorisation.record, self._clock())
        self.check_token()  # so that no voter is caught by a stick that is out already
        with self._stepped("unlock"):
            self._commit(_Change(self._state.unlocked(), stage, member))

    def cast(self, choice: Choice) -> None:
        """Put the ballot in and mark the member in one commit; when this returns the voter may be told.

        Raises:
            RuleRefusal: no session is open, or the member has voted.
            BoxStopped: it could not be made durable; nothing may be acknowledged.
            TokenAway: nor may it here, until `resume` has returned.
        """
        self._check_alive()
        stage = advance(self._stage, Event.CAST)
        self._check_may_vote(self._member)
        with self._stepped("cast"):
            sealed = seal_ballot(choice, self._held.zero_report.record.round_key, self._held.bound_to)
            self._commit(_Change(self._state.with_ballot(sealed, self._member), stage))

    def void_session(self) -> None:
        """End the open session without a ballot (未投).

        Raises:
            RuleRefusal: no session is open.
        """
        self._check_alive()
        stage = advance(self._stage, Event.VOID_SESSION)
        with self._stepped("void session"):
            self._commit(_Change(self._state.voided(), stage))

    def note_helped(self) -> None:
        """Count one voter who took a helper of his own choice."""
        self._check_alive()
        self._commit(_Change(replace(self._state, helped=self._state.helped + 1), self._stage, self._member))

    def stop(self) -> Stopped:
        """End the voting and freeze the box; its seal is what `close` computes again.

        Raises:
            RuleRefusal: a session is open.
        """
        self._check_alive()
        stage = advance(self._stage, Event.STOP)
        with self._stepped("stop"):
            self._commit(_Change(replace(self._state, stage=Stage.STOPPED), stage))
        return self.stopped()

    def stopped(self) -> Stopped:
        """What the officers write down, once the box is stopped.

        Raises:
            RuleRefusal: it is not.
        """
        if self._stage is not Stage.STOPPED:
            raise RuleRefusal("尚未结束投票：请先结束投票。")
        seal = box_seal(self._held.zero_report.record.round_key, self._state.ballots)
        return Stopped(collected=self._state.collected, seal_words=words(seal, BOX_WORDS))

    def check_token(self) -> None:
        """See that the 票箱U盘 is in; some microseconds, nothing written.

        Raises:
            TokenAway: it is not; until `resume` has returned no verb is taken.
            BoxStopped: this box waits for no stick, and the key slots can't be reached.
        """
        self._check_alive()
        with self._watched():
            self._held.check_token()

    def resume(self) -> bool:
        """Go on after `TokenAway`: find out what is on the medium and complete what was interrupted.

        Returns:
            Whether a change was interrupted; it is durable now, once.

        Raises:
            TokenAway: the stick is not back, or another one is in; nothing was changed.
            BoxStopped: what is on the medium is neither the state before nor the state after.
        """
        if not self._alive:
            raise BoxStopped
        change = self._interrupted
        with self._watched():
            found = self._held.rejoin(self._draw)
            if found == self._durable and change is not None:
                self._held.commit(change.state, self._draw)
            elif found != (change.state if change else self._durable):
                raise BoxStopped
            self._away = False
            if change is not None:
                self._retry_at = None  # a wrong PIN may have been counted: its wait begins now
                self._arrive(change)
        return change is not None

    def close(self) -> None:
        """Let the box go; an open session stays pending and counts as 未投 at the next start."""
        if self._alive:
            self._alive = False
            self._held.close()

    def _check_may_vote(self, member: int | None) -> None:
        if (member is None) != (not self.heading.roster):
            raise RuleRefusal("有名册的测评须先选定团员，无名册的不得选定。")
        if member is not None and (member not in range(len(self.heading.roster)) or self._state.marked(member)):
            raise RuleRefusal("该团员已投票或不在名册中：请核对序号。")
        if self._state.collected >= self.heading.expected:
            raise BoxFull

    def _commit(self, change: _Change) -> None:
        """Make `change` durable and stand where it leads."""
        self._interrupted = change
        with self._watched():
            self._held.commit(change.state, self._draw)
            self._arrive(change)

    def _arrive(self, change: _Change) -> None:
        self._state = self._durable = change.state
        self._stage, self._member, self._interrupted = change.stage, change.member, None
        if change.stage is Stage.STOPPED:
            log.append(self._held.folder.log, "stopped", self._clock())

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """A stick that is out can be waited for; after any other failure or interrupt this object is dead."""
        try:
            yield
        except BaseException as error:
            if isinstance(error, TokenAway) and self._wait_for_token:
                self._away = True
                raise
            self.close()
            if isinstance(error, RoundError):
                raise BoxStopped from None
            raise

    @contextmanager
    def _stepped(self, name: str) -> Iterator[None]:
        with step(self._hook, name):
            yield

    def _check_alive(self) -> None:
        """No verb on a dead box, nor on one that does not know what is on its medium."""
        if not self._alive:
            raise BoxStopped
        if self._away:
            raise TokenAway("票箱U盘已拔出，投票暂停：请插回原U盘。", "票箱U盘已拔出")


def heading(held: HeldBox) -> Heading:
    """What stands on the screens of this round."""
    basis, report = held.authorisation.record, held.zero_report.record
    rows = (
        ("姓名", basis.assessed.name),
        ("何年何月任团支部书记", basis.assessed.since),
        ("单位及职务", basis.assessed.post),
    )
    return Heading(
        title=basis.title,
        assessed=tuple((label, value) for label, value in rows if value),
        duties="".join(f"（{at}）{duty}" for at, duty in enumerate(basis.duties, 1)),
        box_words=box_words(report.round_key),
        registered=basis.registered,
        expected=basis.expected,
        quorum_needed=quorum_needed(basis.registered),
        rehearsal=held.authorisation.rehearsal,
        key_on_same_disk=report.key_storage == "same_disk",
        roster=held.store.roster,
    )


def check_window(authorisation: Authorisation, now: datetime) -> None:
    """Refuse to unlock outside the authorised time.

    Raises:
        WindowClosed: too early or too late; the message names the limit.
    """
    opens, closes = window(authorisation)
    if opens and now < opens:
        raise WindowClosed(f"未到批复的开始时间（{authorisation.opens}），不能开启：请核对本机时间。")
    if closes and now > closes:
        raise WindowClosed(f"已过批复的结束时间（{authorisation.closes}），不再开启：请结束投票。")


def _restart_note(found: BoxState) -> str | None:
    """What the officers are told after a restart, None at the first start."""
    if not found.starts:
        return None
    last = "停机时有一次填写未完成，未投入票箱，计为未投" if found.pending else "停机前投入的测评票均在票箱内"
    return f"已投{found.collected}张；{last}。"
