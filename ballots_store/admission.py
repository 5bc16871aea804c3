"""Who may be let in next: a checked 开启口令, an armed keypad, or an unused 投票凭条, each for one attempt.

Nothing here is on any medium. Between unlock and cast the box remembers in memory alone whose session is open, so a
power cut in between gives the slip back by itself, and no file ever says which slip or member was at the machine.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from ballots_store.state import SLIP_SIZE, PinVerifier, SlipBook
from ballots_store.wiping import overwrite_derived
from rounds.codes import normalised_code
from rounds.errors import RuleRefusal
from rounds.keyfile import derive
from rounds.lockout import wait_after

_NUMBER = b"beikaobei slip number v1"
_PAPER = b"beikaobei slip paper v1"


@dataclass(frozen=True)
class Session:
    """For whom the open session is: a place of the roster, a slip's entry, or neither. Never written anywhere."""

    member: int | None = None
    slip: bytes | None = None


NOBODY = Session()


class Wait:
    """The monotonic side of one lockout; how many failures there were stands in the sealed state."""

    def __init__(self) -> None:
        """Nothing is known of the clock yet: after a restart a wait begins anew."""
        self._until: float | None = None

    def left_s(self, failures: int, now: float) -> float:
        """Seconds from the monotonic instant `now` until a try is taken; never negative."""
        if self._until is None:
            self.begin(failures, now)
        return max((self._until or 0.0) - now, 0.0)

    def begin(self, failures: int, now: float) -> None:
        """A try failed at `now`, the `failures`-th in a row."""
        self._until = now + wait_after(failures)

    def forget(self) -> None:
        """Begin anew at the next look."""
        self._until = None


class Door:
    """What was checked and not yet used, and whether the keypad is armed."""

    def __init__(self) -> None:
        """Shut, the keypad not armed."""
        self.pin_wait, self.slip_wait = Wait(), Wait()
        self.pin_checked = False
        self._slip: bytes | None = None
        self._armed = False

    def shut(self) -> None:
        """Whatever was checked before is used up."""
        self.pin_checked, self._slip = False, None

    def taken(self) -> tuple[bool, bytes | None]:
        """Whether somebody was admitted, and the slip's entry if it was by a slip; used up now."""
        admitted, slip = self.pin_checked or self._slip is not None, self._slip
        self.shut()
        return admitted, slip

    def try_pin(self, typed: bytes | bytearray, verifier: PinVerifier) -> bool:
        """Whether `typed` is the 开启口令; if so, somebody is admitted."""
        code = normalised_code(bytes(typed).decode(errors="replace")).encode()
        self.pin_checked = hmac.compare_digest(derive(code, verifier.salt, verifier.kdf), verifier.hashed)
        overwrite_derived(len(typed))
        return self.pin_checked

    def try_slip(self, number: bytes | bytearray, book: SlipBook, bound_to: bytes) -> bool:
        """Whether `number` is an unused slip of this round; if so, its holder is admitted."""
        entry = slip_entry(book.key, bound_to, number)
        self._slip = entry if entry in book.unused else None
        return self._slip is not None

    def arm(self) -> None:
        """The PIN that was just checked stands until `disarm`.

        Raises:
            RuleRefusal: none was.
        """
        checked, _ = self.taken()
        if not checked:
            raise RuleRefusal("须先由指导监督人员在小键盘上输入开启口令。")
        self._armed = True

    def call_next(self) -> None:
        """The armed keypad stands for one checked PIN.

        Raises:
            RuleRefusal: it is not armed.
        """
        self.shut()
        if not self._armed:
            raise RuleRefusal("小键盘未启用：请先由指导监督人员在小键盘上输入开启口令。")
        self.pin_checked = True

    def disarm(self) -> None:
        """The keypad needs the PIN again."""
        self._armed = False


def slip_entry(key: bytes, bound_to: bytes, number: bytes | bytearray) -> bytes:
    """What the sealed state keeps of a slip: HMAC-SHA-256 of its number, bound to this round on this box."""
    return _mac(key, _NUMBER + bound_to, number)[:SLIP_SIZE]


def paper_mark(key: bytes, file: bytes) -> bytes:
    """What the sealed state keeps of the printed file."""
    return _mac(key, _PAPER, file)


def _mac(key: bytes, purpose: bytes, data: bytes | bytearray) -> bytes:
    mac = hmac.new(key, purpose, hashlib.sha256)
    mac.update(data)  # as it lies: a slip's number is never copied on the way
    return mac.digest()
