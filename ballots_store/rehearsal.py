"""A throwaway round to play with: organisation, officers and codes made on the spot, through the real code."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ballots_store.home import Home
from ballots_store.opening import Opened, OpenRequest, open_round
from ballots_store.trust import enrol, enrolled
from rounds.codes import read_officer_code, read_pin
from rounds.errors import BadInput
from rounds.issuing import Draw, RoundPlan, authorise, new_organisation, open_organisation_key
from rounds.keyfile import STANDARD_KDF, KdfParameters

_DIGITS = 10
_CODE_DIGITS = 8
_PIN_DIGITS = 6


@dataclass(frozen=True)
class Rehearsal:
    """A rehearsal round, opened, with every code that its officers would hold."""

    home: Home
    round_id: str
    activation_code: str
    emergency_code: str
    supervisor_code: str
    teller_code: str
    pin: str
    roots: dict[bytes, str]
    authorisation: bytes
    opened: Opened


def make_rehearsal(
    folder: Path, *, members: int, now: datetime, draw: Draw = secrets.token_bytes, kdf: KdfParameters = STANDARD_KDF
) -> Rehearsal:
    """Authorise and open a rehearsal of `members` registered members in the home `folder`.

    Raises:
        RoundError: whatever authorising and opening raise.
    """
    home = Home(folder)
    passphrase = _code(draw)
    key_file, card = new_organisation("演练团委", passphrase, draw, kdf)
    enrol(home, card)
    plan = RoundPlan(
        branch_name="演练团支部",
        secretary="演练书记",
        year=now.year,
        registered=members,
        post="演练团支部书记",
        supervisor="演练指导监督人",
        place="演练会场",
        rehearsal=True,
        title=f"演练团支部书记{now.year}年度满意度测评",
    )
    issued = authorise(plan, open_organisation_key(key_file, passphrase), now=now, draw=draw, kdf=kdf)
    supervisor_code, teller_code = _code(draw), _code(draw)
    pin, roots = _digits(draw, _PIN_DIGITS, read_pin), enrolled(home)
    request = OpenRequest(
        authorisation=issued.data,
        activation_code=issued.activation_code,
        teller_name="演练计票人",
        supervisor_code=supervisor_code,
        teller_code=teller_code,
        pin=pin,
        rehearsal=True,
    )
    opened = open_round(home, request, roots=roots, now=now, draw=draw, kdf=kdf)
    return Rehearsal(
        home=home,
        round_id=issued.round_id,
        activation_code=issued.activation_code,
        emergency_code=issued.emergency_code,
        supervisor_code=supervisor_code,
        teller_code=teller_code,
        pin=pin,
        roots=roots,
        authorisation=issued.data,
        opened=opened,
    )


def _digits(draw: Draw, length: int, read: Callable[[str], str]) -> str:
    """A random code of digits that `read` accepts: about one in 400 repeats a block, or runs up or down."""
    while True:
        number = int.from_bytes(draw(16)) % _DIGITS**length
        with suppress(BadInput):
            return read(str(number).zfill(length))


def _code(draw: Draw) -> str:
    return _digits(draw, _CODE_DIGITS, lambda typed: read_officer_code(typed, "演练口令"))
