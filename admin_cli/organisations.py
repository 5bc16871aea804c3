"""Organisations as several commands meet them: whom this home trusts, and how a key is shown to people."""

from __future__ import annotations

from pathlib import Path

from ballots_store.files import read_capped
from ballots_store.home import Home
from ballots_store.trust import enrolled
from rounds.chain import read_card
from rounds.documents import CARD
from rounds.keys import fingerprint
from rounds.words import FINGERPRINT_WORDS, words


def fingerprint_words(public: bytes) -> str:
    """A public key's fingerprint as two people compare it."""
    return words(bytes.fromhex(fingerprint(public)), FINGERPRINT_WORDS)


def identity(name: str, public: bytes) -> dict[str, str]:
    """An organisation in JSON."""
    return {"name": name, "fingerprint": fingerprint(public), "fingerprint_words": fingerprint_words(public)}


def trusted_roots(home: Home, card: Path | None) -> dict[bytes, str]:
    """The enrolled organisations, and for this one command that of `card` (`--trust`).

    Raises:
        Unreadable, VerificationFailure: a card does not hold.
    """
    roots = enrolled(home)
    if card is not None:
        record = read_card(read_capped(card, CARD.cap, "组织名片")).record
        roots[record.signing] = record.name
    return roots
