"""The organisations that this home has enrolled as roots: one `.pub` card each."""

from __future__ import annotations

from ballots_store.errors import StorageFailure
from ballots_store.files import make_folders, read_capped, write_over
from ballots_store.home import Home
from ballots_store.reasons import reason
from rounds.chain import read_card
from rounds.documents import CARD, OrganisationCard
from rounds.envelope import Verified
from rounds.keys import fingerprint


def enrol(home: Home, card: bytes) -> Verified[OrganisationCard]:
    """Enrol the organisation of `card`; enrolling it again changes nothing.

    Raises:
        Unreadable, VerificationFailure: the card does not hold.
        StorageFailure: the home can't be written.
    """
    verified = read_card(card)
    try:
        make_folders(home.trust_path)
    except OSError as error:
        raise StorageFailure(f"无法建立“{home.trust_path}”（{reason(error)}）：请检查数据文件夹的权限。") from None
    path = home.trust_path / f"{fingerprint(verified.record.signing)}.pub"
    if not (path.exists() and path.read_bytes() == card):
        write_over(path, card)
    return verified


def enrolled(home: Home) -> dict[bytes, str]:
    """Signing key → name of every enrolled organisation; {} when there is none.

    Raises:
        Unreadable, VerificationFailure: a card in the home is damaged.
    """
    if not home.trust_path.is_dir():
        return {}
    cards = (
        read_card(read_capped(path, CARD.cap, "组织名片")).record for path in sorted(home.trust_path.glob("*.pub"))
    )
    return {card.signing: card.name for card in cards}
