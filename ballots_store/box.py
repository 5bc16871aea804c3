"""The ballot box in the hall: what the kiosk does between a start by two officers and the end of voting.

    start → (admit → unlock → cast | void_session)* → stop | close

`admit` takes what was typed on the locked screen: a 投票凭条号 where there are slips, else the 开启口令 (`check_pin`).
After `check_pin` the supervisor's own keypad may be armed: `call_next` then stands for the PIN until `disarm`.

Every verb returns only after its change is durable. After a failed write the object is dead (`BoxStopped`): nothing
was acknowledged, and the next start finds on disk either the state before or the state after.

One failure need not end it: the 票箱U盘 pulled out. A box started with `wait_for_token` answers `TokenAway`, takes no
verb, and `resume` goes on once the stick is back: it runs the recovery of a start with the A still in memory, finds on
the medium the state before or the state after, and in the first case commits the same state, with the same sealed
ballot, again. A state is a value, so a change can be there once or not at all, never twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ballots_store import log
from ballots_store.admission import NOBODY, Door, Session
from ballots_store.errors import BoxStopped, TokenAway
from ballots_store.heading import check_window, heading, restart_note
from ballots_store.held import START_SECRET, HeldBox
from ballots_store.home import Home
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.sealing import box_seal, seal_ballot
from ballots_store.session import BoxFull, Figures, MiscopiedSlip, Stopped, WrongPin, WrongSlip
from ballots_store.state import BoxState
from rounds.choices import Choice
from rounds.errors import RoundError, RuleRefusal
from rounds.issuing import Draw
from rounds.lifecycle import Event, Stage, advance, check_restart
from rounds.lockout import tries_left
from rounds.rules import quorum_met
from rounds.sharing import Holder
from rounds.slips import SLIP_DIGITS, is_slip_number
from rounds.words import BOX_WORDS, words


@dataclass(frozen=True)
class _Change:
    """A state to be made durable, and where the session stands then."""

    state: BoxState
    stage: Stage
    session: Session = NOBODY


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
        self._session = NOBODY
        self._door = Door()
        self._alive = True
        self.heading = heading(held, state)
        self.restart_note: str | None = None
        self.unlogged: list[str] = []  # warnings of the log, for when there is a plain terminal to say them on

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
        log.append_after(held.folder.log, "started", clock(), box.unlogged.append)
        return box

    @staticmethod
    def _started(
        held: HeldBox, codes: Mapping[Holder, str], clock: Callable[[], datetime], draw: Draw, hook: Hook
    ) -> tuple[BoxState, str | None]:
        held.check_open()
        holders = held.open_holders(codes, clock())
        found = held.recover(held.join_secret(START_SECRET, holders))
        advance(found.stage, Event.START)
        check_restart(found.stage, quorum_met=quorum_met(held.capacity, found.collected))
        if held.is_stationed and not found.slips.made:
            raise RuleRefusal("尚未制作投票凭条，定点投票无法开始：请先用 beikaobei-admin slips 制作并打印。")
        held.settle(found, draw)
        with step(hook, "start"):
            held.commit(state := found.started(emergency=Holder.EMERGENCY in codes), draw)
        return state, restart_note(found)

    def confirm(self, *, count_agrees: bool) -> None:
        """What both officers say about the count shown after a restart (an older copy shows as a count that fell).

        Raises:
            RuleRefusal: they say that it is another; the box is let go.
        """
        if not count_agrees:
            log.append_after(self._held.folder.log, "count_disputed", self._clock(), self.unlogged.append)
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
        return self._door.pin_wait.left_s(self._state.failures, now)

    def slip_wait_s(self, now: float) -> float:
        """The same for slips, which have a counter of their own: a prankster's numbers keep no supervisor waiting."""
        return self._door.slip_wait.left_s(self._state.slip_failures, now)

    def check_pin(self, pin: bytes | bytearray, now: float) -> None:
        """Check the 开启口令 at the monotonic instant `now`; a failure is durable before it is reported.

        Raises:
            WrongPin: wrong, or still to wait.
        """
        self._check_alive()
        self._door.shut()
        if (wait := self.wait_s(now)) > 0:
            raise WrongPin(0, wait, tried=False)
        if self._door.try_pin(pin, self._state.pin):
            self._state = replace(self._state, failures=0)
        else:
            self._commit(_Change(self._state.with_wrong_pin(), self._stage, self._session))
            self._door.pin_wait.begin(self._state.failures, now)
            raise WrongPin(tries_left(self._state.failures), self.wait_s(now))

    def admit(self, typed: bytes | bytearray, now: float) -> None:
        """Check what was typed on the locked screen: where there are slips, ten digits are one, else it is a PIN.

        Gathered, a PIN of ten digits still opens: it is tried after the slips, and counted with them.

        Raises:
            WrongPin, WrongSlip: wrong, or still to wait; each has a counter of its own.
            MiscopiedSlip: 定点, and no slip of any round; nothing is counted.
        """
        if self.heading.stationed and not is_slip_number(typed):
            raise MiscopiedSlip
        if self.heading.slips and len(typed) == SLIP_DIGITS:
            self._check_slip(typed, now)
        else:
            self.check_pin(typed, now)

    def _check_slip(self, number: bytes | bytearray, now: float) -> None:
        self._check_alive()
        self._door.shut()
        if (wait := self.slip_wait_s(now)) > 0:
            raise WrongSlip(0, wait, tried=False)
        if self._door.try_slip(number, self._state.slips, self._held.bound_to):
            self._state = replace(self._state, slip_failures=0)
        elif self.heading.stationed or not self._door.try_pin(number, self._state.pin):
            self._commit(_Change(self._state.with_wrong_slip(), self._stage, self._session))
            self._door.slip_wait.begin(self._state.slip_failures, now)
            raise WrongSlip(tries_left(self._state.slip_failures), self.slip_wait_s(now))

    def arm(self) -> None:
        """After a checked PIN: from now on `call_next` stands for it, until `disarm` or the end of this process.

        Raises:
            RuleRefusal: no PIN was checked.
        """
        self._check_alive()
        self._door.arm()

    def call_next(self) -> None:
        """Let the armed keypad stand for one checked PIN.

        Raises:
            RuleRefusal: it is not armed.
        """
        self._check_alive()
        self._door.call_next()

    def disarm(self) -> None:
        """The keypad needs the PIN again (unplugged, paused, stopped)."""
        self._door.disarm()

    def unlock(self, member: int | None) -> None:
        """Issue one ballot to who was admitted; `member` is a position of the roster, None without one.

        Raises:
            BoxFull: everybody who may vote has voted.
            WindowClosed: outside the authorised time; a slip stays unused.
            RuleRefusal: nobody was admitted, the member has voted, or a session is open.
            TokenAway: the 票箱U盘 is out; found out before anything was issued, wherever that can be told.
        """
        self._check_alive()
        admitted, slip = self._door.taken()  # one PIN or slip, one attempt, refused or not
        stage = advance(self._stage, Event.UNLOCK)
        session = Session(member, slip)
        if not admitted:
            raise RuleRefusal("须先由指导监督人员输入开启口令，或输入投票凭条号。")
        self._check_may_vote(session)
        check_window(self._held.authorisation.record, self._clock())
        self.check_token()  # so that no voter is caught by a stick that is out already
        with step(self._hook, "unlock"):
            self._commit(_Change(self._state.unlocked(), stage, session), renew=True)

    def cast(self, choice: Choice) -> None:
        """Put the ballot in and mark the member or use up the slip in one commit; on return the voter may be told.

        Raises:
            RuleRefusal: no session is open, or the member has voted.
            BoxStopped: it could not be made durable; nothing may be acknowledged.
            TokenAway: nor may it here, until `resume` has returned.
        """
        self._check_alive()
        stage = advance(self._stage, Event.CAST)
        self._check_may_vote(self._session)
        with step(self._hook, "cast"):
            sealed = seal_ballot(choice, self._held.zero_report.record.round_key, self._held.bound_to)
            state = self._state.with_ballot(sealed, self._session.member, self._session.slip)
            self._commit(_Change(state, stage), awaited=True)

    def void_session(self) -> None:
        """End the open session without a ballot (未投).

        Raises:
            RuleRefusal: no session is open.
        """
        self._check_alive()
        stage = advance(self._stage, Event.VOID_SESSION)
        with step(self._hook, "void session"):
            self._commit(_Change(self._state.voided(), stage))

    def note_helped(self) -> None:
        """Count one voter who took a helper of his own choice."""
        self._check_alive()
        self._commit(_Change(replace(self._state, helped=self._state.helped + 1), self._stage, self._session))

    def stop(self) -> Stopped:
        """End the voting and freeze the box; its seal is what `close` computes again.

        Raises:
            RuleRefusal: a session is open.
        """
        self._check_alive()
        stage = advance(self._stage, Event.STOP)
        with step(self._hook, "stop"):
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
                self._door.pin_wait.forget()  # a wrong PIN or slip may have been counted: its wait begins now
                self._door.slip_wait.forget()
                self._arrive(change)
        return change is not None

    def close(self) -> None:
        """Let the box go; an open session stays pending and counts as 未投 at the next start."""
        self.disarm()
        if self._alive:
            self._alive = False
            self._held.close()

    def _check_may_vote(self, session: Session) -> None:
        member = session.member
        if (member is None) != (not self.heading.roster):
            raise RuleRefusal("有名册的测评须先选定团员，无名册的不得选定。")
        if member is not None and (member not in range(len(self.heading.roster)) or self._state.marked(member)):
            raise RuleRefusal("该团员已投票或不在名册中：请核对序号。")
        if session.slip is None and self.heading.stationed:
            raise RuleRefusal("定点投票须用投票凭条开启：请输入投票凭条号。")
        if session.slip is not None and session.slip not in self._state.slips.unused:
            raise RuleRefusal("该投票凭条已使用。")
        if self._state.collected >= self.heading.expected:
            raise BoxFull

    def _commit(self, change: _Change, *, renew: bool = False, awaited: bool = False) -> None:
        """Make `change` durable and stand there; `renew`: under a key that lay on no stick; `awaited`: by a voter."""
        self._interrupted = change
        with self._watched():
            if renew:
                self._held.renew(self._draw)
            self._held.commit(change.state, self._draw, awaited=awaited)
            self._arrive(change)

    def _arrive(self, change: _Change) -> None:
        self._state = self._durable = change.state
        self._stage, self._session, self._interrupted = change.stage, change.session, None
        if change.stage is Stage.STOPPED:
            log.append_after(self._held.folder.log, "stopped", self._clock(), self.unlogged.append)

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

    def _check_alive(self) -> None:
        """No verb on a dead box, nor on one that does not know what is on its medium."""
        if not self._alive:
            raise BoxStopped
        if self._away:
            raise TokenAway("票箱U盘已拔出，投票暂停：请插回原U盘。", "票箱U盘已拔出")
