"""Boxes of any size and filling for the measurements, sealed by the real code without casting one by one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

from box_factory import CHEAP_KDF, OPENED, VOTING, MadeBox, make_issued, make_request, organisation, roots

from ballots_store.held import START_SECRET, HeldBox
from ballots_store.home import Home
from ballots_store.opening import open_round
from ballots_store.sealed_ballots import SealedBallots
from ballots_store.sealing import seal_ballot
from ballots_store.trust import enrol
from rounds.choices import Choice
from rounds.keyfile import KdfParameters


def opened_box(folder: Path, *, members: int, kdf: KdfParameters = CHEAP_KDF) -> MadeBox:
    """An opened box with a 票箱U盘 beside it in `folder`; `kdf` is what its officers' codes and PIN cost."""
    token = folder / "stick"
    token.mkdir(parents=True)
    issued = make_issued(members=members)
    request = make_request(issued, token=token)
    home = Home(folder / "home")
    enrol(home, organisation()[1])
    opened = open_round(home, request, roots=roots(), now=OPENED, kdf=kdf)
    return MadeBox(home, issued, request, opened)


def fill(made: MadeBox, ballots: int) -> None:
    """Put `ballots` sealed ballots in by one commit of the real store."""
    with HeldBox(made.home, made.round_id, token=made.token) as held:
        state = held.recover(held.join_secret(START_SECRET, held.open_holders(made.codes(), VOTING)))
        round_key = held.zero_report.record.round_key
        sealed = sorted(seal_ballot(Choice(1 + number % 3), round_key, held.bound_to) for number in range(ballots))
        held.settle(state, secrets.token_bytes)
        full = replace(state, issued=ballots, collected=ballots, ballots=SealedBallots.of(sealed))
        held.commit(full, secrets.token_bytes)
