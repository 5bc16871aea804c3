"""What is sealed inside an area of the box, as a value of constant size.

Layout, big endian: version u8 · stage u8 · pending u8 · emergency u8 · issued u32 · collected u32 · starts u16 ·
wrong PINs u16 · wrong in a row u16 · wrong slips u16 · wrong in a row u16 · helped u32 · KDF lanes u8, passes u8,
memory u32 · PIN salt 16, PIN hash 32 · slips made u32, slip key 32, paper 32 · poll book, one bit a member ·
where slips were made, the unused ones, 12 bytes each, sorted, then zeros · ballots, 49 bytes each, sorted, then zeros;
both up to the capacity.
No time, no sequence number, nothing per cast: two states differ only in what a voter could see on the locked screen.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from ballots_store.sealed_ballots import BALLOT_SIZE, SealedBallots
from rounds.errors import VerificationFailure
from rounds.keyfile import KdfParameters
from rounds.lifecycle import Stage

SLIP_SIZE = 12
"""HMAC-SHA-256 of a slip's number, cut: 96 bits tell at most 20,000 slips apart."""

_VERSION = 3
_FIXED = struct.Struct(">BBBBIIHHHHHIBBI16s32sI32s32s")
_PUBLIC = struct.Struct(">BBII")
_STAGES = (Stage.OPENED, Stage.STOPPED, Stage.CLOSED, Stage.VOID)
_LARGEST_U16 = 0xFFFF


@dataclass(frozen=True)
class PinVerifier:
    """Argon2id of the 开启口令; inside the sealed state nobody can try PINs against it."""

    salt: bytes
    hashed: bytes
    kdf: KdfParameters


@dataclass(frozen=True)
class SlipBook:
    """The round's 投票凭条. A used slip's entry is gone: nothing marks which it was, nor when, nor for which ballot."""

    made: int = 0
    key: bytes = bytes(32)
    """Under which the entries are HMACs of numbers."""
    paper: bytes = bytes(32)
    """HMAC of the file that was printed, so that an interrupted `slips` can tell its own file."""
    unused: tuple[bytes, ...] = ()
    """Sorted, so that no place says when a number was drawn or printed."""

    @property
    def used(self) -> int:
        """Slips whose ballot is in the box."""
        return self.made - len(self.unused)

    def without(self, entry: bytes) -> SlipBook:
        """The book once the ballot of `entry` is in."""
        return replace(self, unused=tuple(other for other in self.unused if other != entry))


NO_SLIPS = SlipBook()


@dataclass(frozen=True)
class BoxState:
    """The content of the box; every change makes a new value."""

    stage: Stage
    pending: bool
    emergency_used: bool
    issued: int
    collected: int
    starts: int
    wrong_pins: int
    failures: int
    helped: int
    pin: PinVerifier
    poll_book: bytes
    ballots: SealedBallots
    wrong_slips: int = 0
    slip_failures: int = 0
    slips: SlipBook = NO_SLIPS

    @property
    def is_voting(self) -> bool:
        """Neither closed nor void: marks and slips still stand."""
        return self.stage in {Stage.OPENED, Stage.STOPPED}

    @property
    def progress(self) -> tuple[int, ...]:
        """What grows from one change of the box to the next: tells the later of two states without numbering them."""
        return (
            self.starts,
            _STAGES.index(self.stage),
            self.issued,
            self.collected,
            not self.pending,
            self.slips.made,
            self.wrong_pins,
            self.wrong_slips,
            self.helped,
        )

    def marked(self, member: int) -> bool:
        """Whether the member at `member` has voted."""
        return bool(self.poll_book[member // 8] >> (member % 8) & 1)

    def unlocked(self) -> BoxState:
        """One ballot issued; nothing says to whom."""
        return replace(self, issued=self.issued + 1, pending=True)

    def voided(self) -> BoxState:
        """The pending session ended without a ballot (未投)."""
        return replace(self, pending=False)

    def with_ballot(self, sealed: bytes, member: int | None, slip: bytes | None = None) -> BoxState:
        """The ballot is in and the member is marked or the slip gone, if there is one: one value, so one commit."""
        return replace(
            self,
            pending=False,
            collected=self.collected + 1,
            ballots=self.ballots.inserted(sealed),
            poll_book=self.poll_book if member is None else _with_bit(self.poll_book, member),
            slips=self.slips if slip is None else self.slips.without(slip),
        )

    def with_wrong_pin(self) -> BoxState:
        """One more wrong PIN, in all and in a row; the counts stay at their largest value."""
        return replace(
            self,
            failures=min(self.failures + 1, _LARGEST_U16),
            wrong_pins=min(self.wrong_pins + 1, _LARGEST_U16),
        )

    def with_wrong_slip(self) -> BoxState:
        """One more number that is no unused slip, counted as `with_wrong_pin` counts."""
        return replace(
            self,
            slip_failures=min(self.slip_failures + 1, _LARGEST_U16),
            wrong_slips=min(self.wrong_slips + 1, _LARGEST_U16),
        )

    def started(self, *, emergency: bool) -> BoxState:
        """A start by two holders; a pending session counts as 未投."""
        return replace(
            self,
            stage=Stage.OPENED,
            pending=False,
            starts=min(self.starts + 1, _LARGEST_U16),
            emergency_used=self.emergency_used or emergency,
        )

    def ended(self, stage: Stage) -> BoxState:
        """Closed or void: the poll book, the slips and the PIN are gone, the sealed ballots stay."""
        return replace(
            self,
            stage=stage,
            pending=False,
            poll_book=bytes(len(self.poll_book)),
            pin=replace(self.pin, salt=bytes(16), hashed=bytes(32)),
            slips=SlipBook(made=self.slips.made),
        )


def is_one_change(one: BoxState, other: BoxState) -> bool:
    """Whether two states can be those before and after a single commit; an older one put back is further away."""
    before, after = sorted((one, other), key=lambda state: state.progress)
    started, issued, collected = (
        getattr(after, count) - getattr(before, count) for count in ("starts", "issued", "collected")
    )
    kept = set(before.ballots) <= set(after.ballots)
    return kept and 0 <= started <= 1 and 0 <= issued <= 1 and 0 <= collected <= 1


def empty_state(capacity: int, pin: PinVerifier) -> BoxState:
    """The state that the zero report attests: no ballot, no mark. `capacity`: registered members."""
    return BoxState(
        stage=Stage.OPENED,
        pending=False,
        emergency_used=False,
        issued=0,
        collected=0,
        starts=0,
        wrong_pins=0,
        failures=0,
        helped=0,
        pin=pin,
        poll_book=bytes((capacity + 7) // 8),
        ballots=SealedBallots(),
    )


def encode_state(state: BoxState, capacity: int) -> bytes:
    """The bytes of `state`: as many for every state of a round, but that slips, where they are made, take room."""
    kdf = state.pin.kdf
    fixed = _FIXED.pack(
        _VERSION,
        _STAGES.index(state.stage),
        state.pending,
        state.emergency_used,
        state.issued,
        state.collected,
        state.starts,
        state.wrong_pins,
        state.failures,
        state.wrong_slips,
        state.slip_failures,
        state.helped,
        kdf.lanes,
        kdf.passes,
        kdf.memory_kib,
        state.pin.salt,
        state.pin.hashed,
        state.slips.made,
        state.slips.key,
        state.slips.paper,
    )
    slips = b"".join(state.slips.unused).ljust(_slip_room(state.slips.made, capacity), b"\0")
    ballots = state.ballots.packed
    return b"".join((fixed, state.poll_book, slips, ballots, bytes(capacity * BALLOT_SIZE - len(ballots))))


def decode_state(data: bytes, capacity: int, *, roster_used: bool, slips_only: bool = False) -> BoxState:
    """Read what `encode_state` wrote, and hold the marks against the ballots.

    `slips_only`: every ballot of the round comes by a slip (定点).

    Raises:
        VerificationFailure: marks, ballots and counts do not agree.
    """
    (version, stage, pending, emergency, issued, collected, starts, wrong, failures, wrong_slips, slip_failures, helped,
     lanes, passes, memory, salt, hashed, made, slip_key, paper) = _FIXED.unpack_from(data)  # fmt: skip
    book_size = (capacity + 7) // 8
    slips_at = _FIXED.size + book_size
    ballots_at = slips_at + _slip_room(made, capacity)
    book, slip_room, room = data[_FIXED.size : slips_at], data[slips_at:ballots_at], data[ballots_at:]
    entries = (slip_room[at : at + SLIP_SIZE] for at in range(0, len(slip_room), SLIP_SIZE))
    state = BoxState(
        stage=_STAGES[stage],
        pending=bool(pending),
        emergency_used=bool(emergency),
        issued=issued,
        collected=collected,
        starts=starts,
        wrong_pins=wrong,
        failures=failures,
        helped=helped,
        pin=PinVerifier(salt, hashed, KdfParameters(lanes=lanes, memory_kib=memory, passes=passes)),
        poll_book=book,
        ballots=SealedBallots(room[: collected * BALLOT_SIZE]),
        wrong_slips=wrong_slips,
        slip_failures=slip_failures,
        slips=SlipBook(made, slip_key, paper, tuple(entry for entry in entries if any(entry))),
    )
    if version != _VERSION or len(room) != capacity * BALLOT_SIZE:
        raise VerificationFailure("box state", "票箱内容的格式不符：请保留票箱并报告上级团组织。")
    _check_counts(state, room, roster_used=roster_used)
    _check_slips(state, slip_room, capacity, roster_used=roster_used, slips_only=slips_only)
    return state


def _check_counts(state: BoxState, room: bytes, *, roster_used: bool) -> None:
    """Exactly as many ballots as counted, all distinct, and as many marks where there is a poll book."""
    beyond = room[state.collected * BALLOT_SIZE :]
    marks = int.from_bytes(state.poll_book).bit_count()
    agree = (
        not any(beyond)
        and len(set(state.ballots)) == state.collected
        and all(any(ballot) for ballot in state.ballots)
        and state.collected + state.pending <= state.issued
        and marks == (state.collected if roster_used and state.is_voting else 0)
    )
    if not agree:
        raise VerificationFailure("poll book", "票箱中的票数与投票记录不符：停止使用，请保留票箱并报告上级团组织。")


def _check_slips(state: BoxState, room: bytes, capacity: int, *, roster_used: bool, slips_only: bool) -> None:
    """At most one slip gone for each ballot, exactly one where only slips open a session; none kept once it is over."""
    book = state.slips
    used = book.used if state.is_voting else 0
    agree = (
        room == b"".join(sorted(set(book.unused))).ljust(len(room), b"\0")
        and 0 <= used <= state.collected
        and book.made <= capacity
        and not (roster_used and book.made)
        and (state.is_voting or not book.unused)
        and (not slips_only or not state.is_voting or used == state.collected)
    )
    if not agree:
        raise VerificationFailure("slips", "票箱中的票数与投票凭条不符：停止使用，请保留票箱并报告上级团组织。")


def encode_public(state: BoxState) -> bytes:
    """What the locked screen shows anyway, readable without any key and never believed at close."""
    return encode_public_figures(state.stage, state.issued, state.collected)


def encode_public_figures(stage: Stage, issued: int, collected: int) -> bytes:
    """The same where the state itself can't be read."""
    return _PUBLIC.pack(_VERSION, _STAGES.index(stage), issued, collected)


def decode_public(data: bytes) -> tuple[Stage, int, int]:
    """Stage, issued, collected.

    Raises:
        VerificationFailure: not such bytes.
    """
    try:
        version, stage, issued, collected = _PUBLIC.unpack(data)
        return _STAGES[stage if version == _VERSION else -len(_STAGES) - 1], issued, collected
    except (struct.error, IndexError):
        raise VerificationFailure("box row", "票箱文件损坏或被改动：请保留票箱并报告上级团组织。") from None


def _slip_room(made: int, capacity: int) -> int:
    """Bytes for slips in the state: a round without any carries none through every cast."""
    return capacity * SLIP_SIZE if made else 0


def _with_bit(book: bytes, place: int) -> bytes:
    changed = bytearray(book)
    changed[place // 8] |= 1 << (place % 8)
    return bytes(changed)
