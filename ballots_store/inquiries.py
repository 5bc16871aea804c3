"""What may be asked of a box without changing it: its authorisation, its 票箱U盘, whether a holder's code opens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from ballots_store.errors import TokenAway
from ballots_store.held import HeldBox
from ballots_store.home import Home
from ballots_store.slots import slots_name
from rounds.documents import Authorisation
from rounds.sharing import Holder


def authorised(home: Home, round_id: str) -> Authorisation:
    """The authorisation that the box was opened under.

    Raises:
        BoxInUse, StorageFailure, VerificationFailure: as `HeldBox`.
    """
    with HeldBox(home, round_id, token=None) as held:
        return held.authorisation.record


def check_code(home: Home, round_id: str, holder: Holder, code: str, *, now: datetime) -> None:
    """See whether `code` opens the holder's keys; a wrong one is logged, as at every start and count.

    Raises:
        VerificationFailure: a wrong code, or altered keys.
        BoxInUse, RuleRefusal, StorageFailure: as `HeldBox`.
    """
    with HeldBox(home, round_id, token=None) as held:
        held.open_holders({holder: code}, now)


def find_token(home: Home, round_id: str, places: Iterable[Path]) -> Path | None:
    """The folder where this box's 票箱U盘 is now: the recorded one, else one of `places`; None on the same disk.

    Raises:
        TokenAway: it is in none of them.
        BoxInUse, StorageFailure, VerificationFailure: as `HeldBox`.
    """
    with HeldBox(home, round_id, token=None) as held:
        recorded, name = held.token, slots_name(held.bound_to)
    if recorded is None:
        return None
    for folder in (recorded, *places):
        if (folder / name).is_file():
            return folder
    raise TokenAway(f"没有找到本次测评的票箱U盘（封箱时在“{recorded}”）：请插好原来的U盘。", "票箱U盘未插好")
