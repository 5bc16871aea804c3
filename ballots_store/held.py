"""A box in this process's hands: lock, file, slots and documents; recovery and the one durable commit.

`commit` is the only way that the state changes between opening and close; `BallotBox` (the kiosk) and `closing` stand
on it. Key slot 0 opens area 0 of the store, slot 1 area 1; between two commits one pair holds the state, of the other
only the key of the next state lies ready. The order of the writes in `commit` and `settle` is what the box's safety
rests on; see each comment.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from filelock import BaseFileLock

from ballots_store import ended, log
from ballots_store.attested import check_parts
from ballots_store.errors import StorageFailure
from ballots_store.home import Home, RoundFolder
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.lock import hold, make_sure_of_name
from ballots_store.sealing import KEY_SIZE, NONCE_SIZE, binding, open_share, open_state, seal_state, state_cipher
from ballots_store.slots import KeySlots, slots_name
from ballots_store.state import BoxState, decode_state, encode_public, encode_state, is_one_change
from ballots_store.store import DAMAGED, BoxStore, Content
from ballots_store.wiping import overwrite_derived
from rounds.chain import read_authorisation, read_zero_report
from rounds.codes import normalised_code, read_printed_code
from rounds.documents import Authorisation, RoundKeys, ZeroReport
from rounds.encoding import decode
from rounds.envelope import Verified
from rounds.errors import RuleRefusal, VerificationFailure
from rounds.issuing import Draw, open_round_keys, roster_digest
from rounds.keyfile import MAX_SIZE
from rounds.keys import SecretKeys
from rounds.sharing import HOLDER_NAMES, Holder, join

ROUND_SECRET = b"round key"
START_SECRET = b"start key"
END = "end"
"""Under which name of the box's meta its signed end lies."""


def part_name(purpose: bytes, holder: Holder) -> str:
    """Under which name of the box's meta a holder's share of a secret lies."""
    return f"{purpose.decode()} {holder.value}"


def slots_path(folder: RoundFolder, token: Path | None, box_id: bytes) -> Path:
    """Where the key slots lie: on the 票箱U盘 under a name of this box's own, or beside the box."""
    return folder.path / "slots" if token is None else token / slots_name(box_id)


class HeldBox:
    """One round's box, held by this process until `close`."""

    def __init__(self, home: Home, round_id: str, *, token: Path | None, hook: Hook = no_hook) -> None:
        """Hold the box of `round_id`; `token` overrides the folder of the 票箱U盘 that opening recorded.

        Raises:
            BoxInUse: another process holds it.
            StorageFailure, VerificationFailure: it can't be read, or its documents do not hold.
        """
        self.folder = home.folder(round_id)
        self._hook = hook
        self._token = token
        self._slots: KeySlots | None = None
        self._slot, self._size = 0, 0
        self._start_key, self._next_key = b"", b""
        self._next_cipher: AESGCM | None = None
        self._both_open = self._unspoiled = False
        self._lock: BaseFileLock = hold(self.folder)
        try:
            make_sure_of_name(self.folder)
            self.store = BoxStore(self.folder.box)
        except BaseException:
            self._lock.release()
            raise
        try:
            self._read_documents(round_id)
        except BaseException:
            self.close()
            raise

    def _read_documents(self, round_id: str) -> None:
        """The box's own documents; the state opens only under a binding to these very ones."""
        try:
            roots = {self.store.meta("issuer"): self.store.meta("issuer_name").decode()}
        except UnicodeDecodeError:
            raise StorageFailure("票箱文件损坏：请保留文件并报告上级团组织。") from None
        self.authorisation: Verified[Authorisation] = read_authorisation(self.store.meta("authorisation"), roots)
        self.zero_report: Verified[ZeroReport] = read_zero_report(self.store.meta("zero_report"), self.authorisation)
        self.bound_to = binding(self.authorisation.digest, self.zero_report.digest)
        if self.authorisation.record.round_id != round_id:
            raise VerificationFailure("round", "票箱属于另一次测评：文件被调换，请保留文件并报告上级团组织。")
        self._check_roster()
        names = [part_name(purpose, holder) for purpose in (ROUND_SECRET, START_SECRET) for holder in Holder]
        check_parts(self.store.meta, names, self.bound_to, self.zero_report.record.officers)

    def _check_roster(self) -> None:
        """The authorised names, each at its place: the marks of the poll book say who has voted by place alone."""
        roster = self.store.roster
        expected = roster_digest(roster) if roster else ""
        if self.authorisation.record.roster_digest != expected or list(roster) != sorted(roster):
            raise VerificationFailure(
                "roster", "票箱中的名册与批复不符：票箱文件损坏或被改动，请保留文件并报告上级团组织。"
            )

    def check_open(self) -> None:
        """See that the round has no end yet: after one without its 票箱U盘 the sealed state does not know of it.

        Raises:
            RuleRefusal: it has.
        """
        if self.store.stored(END) is not None:
            raise RuleRefusal("本次测评已经结束，结束文件已保存在本机：不能再投票、计票或作废。")

    @property
    def capacity(self) -> int:
        """How many ballots the state has room for: the registered members."""
        return self.authorisation.record.registered

    @property
    def is_stationed(self) -> bool:
        """定点: only slips open a session."""
        return self.authorisation.record.method == "stationed"

    def open_holders(self, codes: Mapping[Holder, str], now: datetime) -> dict[Holder, SecretKeys]:
        """The private halves of the holders whose codes are given; a wrong one is logged.

        Raises:
            RuleRefusal: a clock that is plainly wrong; no code is tried.
            VerificationFailure: a wrong code, or altered keys.
        """
        log.check_clock(now)
        try:
            return {holder: self._open_holder(holder, code) for holder, code in codes.items()}
        except VerificationFailure:
            log.append(self.folder.log, "wrong_code", now)
            raise
        finally:
            for code in codes.values():
                overwrite_derived(len(code.encode(errors="replace")))

    def _open_holder(self, holder: Holder, typed: str) -> SecretKeys:
        if holder is Holder.EMERGENCY:
            code = read_printed_code(typed, "应急码")
            return open_round_keys(self.authorisation.record.emergency, code, "应急码")
        record = decode(self.store.meta(f"officer {holder.value}"), RoundKeys, "工作人员密钥", MAX_SIZE)
        certified = {officer.role: officer for officer in self.zero_report.record.officers}[holder]
        if (record.signing, record.sealing) != (certified.signing, certified.sealing):
            raise VerificationFailure("officer keys", "工作人员密钥与封箱报告不符：票箱文件被改动，请报告上级团组织。")
        return open_round_keys(record, normalised_code(typed), f"{HOLDER_NAMES[holder]}口令")

    def join_secret(self, purpose: bytes, holders: Mapping[Holder, SecretKeys]) -> bytes:
        """The round key's private half (`ROUND_SECRET`) or A (`START_SECRET`) from two holders' shares.

        Raises:
            RuleRefusal: fewer than two holders.
            VerificationFailure: an altered share.
        """
        round_key = self.zero_report.record.round_key
        shares = {
            holder: open_share(self.store.meta(part_name(purpose, holder)), purpose, keys.sealing, round_key)
            for holder, keys in holders.items()
        }
        try:
            return join(shares)
        except ValueError:
            raise VerificationFailure(
                "shares", "票箱中的密钥分份互相矛盾：票箱文件被改动，请保留文件并报告上级团组织。"
            ) from None

    def recover(self, start_key: bytes) -> BoxState:
        """Open the state under A and the slot that holds its key; nothing is written.

        Both pairs open where a commit was cut off between its area and the end of the old key: nobody was told of it,
        but it is complete, and so it counts.

        Raises:
            StorageFailure: no pair opens, and an area is damaged.
            VerificationFailure: no pair opens, or two that are not one change apart: the box was altered, rolled back
                or is another one.
        """
        keys, areas = self._key_slots().keys(), self.store.states()
        opened = {
            place: self._decoded(plain)
            for place, (sealed, key) in enumerate(zip(areas, keys, strict=True))
            if (plain := open_state(sealed, key, start_key, self.bound_to)) is not None
        }
        if not opened and not all(areas):
            raise StorageFailure(DAMAGED)
        if not opened or (len(opened) > 1 and not is_one_change(*opened.values())):
            raise VerificationFailure(
                "slots", "密钥打不开票箱：票箱或密钥文件被改动、替换或不属于同一次测评，请停止使用并报告上级团组织。"
            )
        self._slot = max(opened, key=lambda place: opened[place].progress)
        self._both_open = len(opened) > 1
        self._size = len(areas[self._slot])
        self._start_key = start_key
        return opened[self._slot]

    def _decoded(self, plain: bytes) -> BoxState:
        roster_used, slips_only = self.zero_report.record.roster_used, self.is_stationed
        return decode_state(plain, self.capacity, roster_used=roster_used, slips_only=slips_only)

    def settle(self, state: BoxState, draw: Draw) -> None:
        """Make sure that the state just read is on the medium, then put a fresh key for the next into the other slot.

        Where both pairs open, a killed process may have left the later one in the page cache alone. Overwriting the
        older key then, and losing power, would leave a state that no key opens: so the later one is first written again
        under its key (with a new nonce, so that every page of it is written), while the older one still stands. Where
        one pair opens, it was on the medium before the other key was touched. The other area is spoiled as `commit`
        does it: after `rejoin` no commit need follow. A file of which the other area, or the counts, can't be read or
        written any more is made anew beside it and takes its name; else the next commit would have nowhere to go.

        The key that lay ready in the other slot is never used after this (see `renew`).
        """
        slots, public = self._key_slots(), encode_public(state)
        sealed = self._seal(state, self._cipher(slots.keys()[self._slot]), draw)
        damaged = not self.store.takes(public, sealed)
        if damaged:
            self.store.rebuild(public, self._slot, sealed, hook=self._hook)
        else:
            self.store.clear_rebuilt()
        self.store.count_change(self._hook)
        if self._both_open and not damaged:
            with step(self._hook, "reseal"):
                self.store.rewrite(public, self._slot, sealed, hook=self._hook)
        self._ready(1 - self._slot, draw(KEY_SIZE), "erase stale slot")
        self._both_open, self._unspoiled = False, True
        self._catch_up()

    def renew(self, draw: Draw) -> None:
        """Put another key ready: whoever copied the stick before has the key of no later state (docs/adr/0026).

        Raises:
            TokenAway: the key slots can't be written; nothing else was.
        """
        self._ready(1 - self._slot, draw(KEY_SIZE), "renew key")

    def commit(
        self, state: BoxState, draw: Draw, meta: Mapping[str, bytes] | None = None, *, awaited: bool = False
    ) -> None:
        """Make `state` the box's content, under the key that lies ready; durable when this returns. After `settle`.

        `awaited`: a voter waits for this; the next `check_token`, `commit` or `close` catches up on the rest.

        Raises:
            TokenAway: the key slots can't be reached, found before the state was written (the old one stands) or after
                it (the new one does); `rejoin` finds out which.
            ValueError: no key lies ready: nothing was settled, or the round has ended.
            StorageFailure: what is on disk is the old state or the new one, each with its key.
        """
        if not self._next_key:
            raise ValueError("no key lies ready")
        stale, free = self._slot, 1 - self._slot
        self._key_slots().check_path()  # a stick that is gone stops it here, before anything is written
        self._unspoiled = False  # from here on the other area is the new state's
        with step(self._hook, "commit"):  # its key is on the medium: a state without it would be lost
            cipher = self._next_cipher or self._cipher(self._next_key)
            sealed = self._seal(state, cipher, draw)
            self._put(free, state, sealed, {**meta, **ended.noted(sealed)} if meta else {})
        self._slot = free
        # Only now: before the commit is durable the old state is the true one.
        self._ready(stale, b"" if meta else draw(KEY_SIZE), "erase slot")
        self._unspoiled = True
        if not awaited:
            self._catch_up()

    def _ready(self, slot: int, key: bytes, name: str) -> None:
        """Overwrite a stale key with the next state's, which opens nothing yet; b"" (nothing follows): with zeros."""
        self._next_key, self._next_cipher = b"", None
        with step(self._hook, name):
            self._key_slots().write(slot, key or bytes(KEY_SIZE))
        self._next_key = key

    def _catch_up(self) -> None:
        """What need not keep a voter waiting: the old area, and what the next commit seals with."""
        self._spoil()
        if self._next_key and self._next_cipher is None:
            self._next_cipher = self._cipher(self._next_key)

    def _spoil(self) -> None:
        """Take the nonce of the area whose key is gone: a copy of the stick, put back, finds none that it opens."""
        if self._unspoiled:
            self._unspoiled = False  # once: after an error the store must be let go, and the next start does it
            with step(self._hook, "spoil area"):
                self.store.spoil(1 - self._slot, NONCE_SIZE)

    def finish_end(self) -> None:
        """After the end: see `ballots_store.ended.finish`."""
        ended.finish(self.store, self._key_slots, self._hook)

    def _put(self, area: int, state: BoxState, sealed: Content, meta: Mapping[str, bytes]) -> None:
        """In place while the round runs.

        What changes the shape of the file goes through the journal: the commit that ends the round adds to it, the one
        that brings slips makes both areas larger, and so takes the old state with it.
        """
        if len(sealed) != self._size:
            self._size, areas = len(sealed), {area: sealed, 1 - area: bytes(len(sealed))}
            self.store.update(encode_public(state), areas, hook=self._hook, meta=meta)
        elif meta:
            self.store.update(encode_public(state), {area: sealed}, hook=self._hook, meta=meta)
        else:
            self.store.rewrite(encode_public(state), area, sealed, hook=self._hook)

    @property
    def token(self) -> Path | None:
        """The folder of the 票箱U盘: the one given, else the one that opening recorded; None on the same disk.

        Raises:
            StorageFailure: the box does not say.
        """
        recorded = self.store.meta("token")
        if not recorded:
            return None
        try:
            path = recorded.decode()
        except UnicodeDecodeError:
            path = "\0"
        if "\0" in path:
            raise StorageFailure("票箱文件损坏：请保留文件并报告上级团组织。")
        return self._token or Path(path)

    def check_token(self) -> None:
        """See that the key slots can be reached; nothing is written there.

        Raises:
            TokenAway: they can't.
            StorageFailure: the box can't be written.
        """
        self._catch_up()  # first: where the stick was taken out it matters most
        self._key_slots().check()

    def rejoin(self, draw: Draw) -> BoxState:
        """Open the slots by their path again and find out what is on the medium, exactly as a start does.

        Raises:
            TokenAway: the slots can't be reached, or went away again.
            VerificationFailure: they do not open the box.
            StorageFailure: the box can't be written.
        """
        self._let_slots_go()  # the descriptor may belong to a mount that is gone, though the name is back
        found = self.recover(self._start_key)
        self.settle(found, draw)
        return found

    def close(self) -> None:
        """Let everything go; the key A is forgotten."""
        with suppress(StorageFailure):  # the next start does it
            self._spoil()
        self._start_key = self._next_key = b""
        self._next_cipher = None
        self._let_slots_go()
        self.store.close()
        self._lock.release()

    def __enter__(self) -> Self:
        """Hold the box for a block."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let everything go."""
        self.close()

    def _seal(self, state: BoxState, cipher: AESGCM, draw: Draw) -> Content:
        return seal_state(encode_state(state, self.capacity), cipher, self.bound_to, draw)

    def _cipher(self, key: bytes) -> AESGCM:
        return state_cipher(key, self._start_key, self.bound_to)

    def _key_slots(self) -> KeySlots:
        if self._slots is None:
            self._slots = KeySlots(slots_path(self.folder, self.token, self.bound_to), self.bound_to)
        return self._slots

    def _let_slots_go(self) -> None:
        if self._slots is not None:
            self._slots.close()
            self._slots = None
