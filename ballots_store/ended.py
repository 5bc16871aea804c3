"""A round's end in its box: which state ended, and what a kill right after that left behind.

The commit that ends a round is followed by no start, which would take the last key. Whoever asks for the end takes it,
and needs no code for that (docs/adr/0026).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

from ballots_store.errors import StorageFailure, TokenAway
from ballots_store.hooks import Hook, step
from ballots_store.sealing import KEY_SIZE, NONCE_SIZE
from ballots_store.slots import KeySlots
from ballots_store.store import BoxStore, Content

_STATE = "ended state"


def noted(sealed: Content) -> dict[str, bytes]:
    """What the box's meta says of the state that ended: which it is by its content, so that no flipped bit misleads."""
    return {_STATE: sha256(sealed).digest()}


def finish(store: BoxStore, slots: Callable[[], KeySlots], hook: Hook) -> None:
    """Take the key and the nonce of the state before the end, poll book and all; never the only ones.

    What can't be reached is left to the next time, or to `destroying`: the end is given all the same.
    """
    with suppress(StorageFailure):
        states, ended = store.states(), store.stored(_STATE)
        kept = [place for place, state in enumerate(states) if sha256(state).digest() == ended]
        if len(kept) != 1:  # a state that was never read, as after a lost stick, or damage
            return
        stale = 1 - kept[0]
        with suppress(TokenAway):
            _take_key(slots(), stale, hook)
        if all(any(state[:NONCE_SIZE]) for state in states):
            store.count_change(hook)
            with step(hook, "spoil area"):
                store.spoil(stale, NONCE_SIZE)


def _take_key(slots: KeySlots, stale: int, hook: Hook) -> None:
    if all(map(any, slots.keys())):
        with step(hook, "erase slot"):
            slots.write(stale, bytes(KEY_SIZE))
