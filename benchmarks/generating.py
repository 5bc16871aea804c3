"""Results by the thousand, with real keys and real signatures, faster than an officer's key derivation would allow.

What takes time in a true round is Argon2id, which an importer never runs: it sees sealed keys as text. So each round
here has fresh keys for everybody who signs, and one sealed text stands in all of them; of a sealing key, with which
nothing is ever sealed here, there is the public half alone. What is signed here is not read back: the importer does.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rounds_factory import MadeRound, make_round
from sqlalchemy import insert

from canvass.branch_years import rebuild
from canvass.directory import line_id
from canvass.ledger_schema import branches, organisations
from canvass.registry import Registry
from rounds.documents import AUTHORISATION, ZERO_REPORT, Authorisation, Officer, RoundKeys
from rounds.encoding import digest, encode
from rounds.envelope import Verified, sign
from rounds.keys import SecretKeys
from rounds.sharing import Holder

T = TypeVar("T", bound=msgspec.Struct)

REGISTERED = 30
BRANCHES_EACH = 50
"""Branches of one organisation at the bottom."""
CHILDREN_EACH = 20
"""Organisations below one."""
LINES = ("区县", "市直属", "高校", "中学")


class Generator:
    """Rounds of numbered branches, all authorised by one organisation."""

    def __init__(self, seed: int = 0) -> None:
        """`seed`: which rounds; equal seeds give equal counts, never equal keys."""
        self._random = random.Random(seed)  # noqa: S311  figures of a benchmark

    @cached_property
    def _model(self) -> MadeRound:
        return make_round(registered=REGISTERED, branch_code="B0", supervisor="李督导", since="2015年9月")

    def result(self, number: int) -> bytes:
        """A result of the branch `number`."""
        made = self._round(number)
        blank = self._random.randrange(3)
        satisfied = self._random.randrange(8, 28 - blank)
        return made.result(satisfied, 28 - blank - satisfied, blank)

    def _round(self, number: int) -> MadeRound:
        model = self._model
        activation, emergency, supervisor, teller = (self._keys() for _ in range(4))
        authorisation = self._authorisation(number, activation, emergency)
        record = msgspec.structs.replace(
            model.zero_report.record,
            authorisation_digest=authorisation.digest,
            round_id=authorisation.record.round_id,
            round_key=_sealing_public(),
            officers=(_officer("李督导", Holder.SUPERVISOR, supervisor), _officer("王计票", Holder.TELLER, teller)),
        )
        keys = [activation.signing, supervisor.signing, teller.signing]
        report = _as_read(model.zero_report, record, sign(record, ZERO_REPORT.official, keys))
        model = replace(model, authorisation=authorisation, zero_report=report)
        return replace(model, activation=activation, supervisor=supervisor, teller=teller)

    def _authorisation(self, number: int, activation: SecretKeys, emergency: SecretKeys) -> Verified[Authorisation]:
        model = self._model.authorisation.record
        record = msgspec.structs.replace(
            model,
            round_id=f"2016-{os.urandom(8).hex()}",
            branch=msgspec.structs.replace(model.branch, code=f"B{number}", name=f"第{number}团支部"),
            assessed=msgspec.structs.replace(model.assessed, name=f"书记{number % 20_000}"),
            activation=_with_keys(model.activation, activation),
            emergency=_with_keys(model.emergency, emergency),
        )
        data = sign(record, AUTHORISATION.official, [self._model.organisation.key.signing])
        return _as_read(self._model.authorisation, record, data)

    def _keys(self) -> SecretKeys:
        """A fresh signing key; the sealing key's private half, which nobody uses, is one for all."""
        return SecretKeys(Ed25519PrivateKey.generate(), self._model.supervisor.sealing)


def _sealing_public() -> bytes:
    """32 bytes of a canonical u coordinate: every one is the public half of some X25519 key, here or on the twist."""
    drawn = os.urandom(32)
    return drawn[:-1] + bytes([drawn[-1] & 0x7F])


def _as_read(model: Verified[T], record: T, data: bytes) -> Verified[T]:
    """What reading `data` would give, as far as the documents after it ask."""
    return msgspec.structs.replace(model, record=record, data=data, digest=digest(encode(record)))


def _with_keys(record: RoundKeys, keys: SecretKeys) -> RoundKeys:
    return msgspec.structs.replace(record, signing=keys.signing_public, sealing=_sealing_public())


def _officer(name: str, role: Holder, keys: SecretKeys) -> Officer:
    return Officer(name=name, role=role, sealing=_sealing_public(), signing=keys.signing_public)


def lay_ledger(registry: Registry, count: int, issuer: str) -> None:
    """A ledger of `count` branches B0, B1, …, in a tree whose root is `issuer`."""
    bottom = -(-count // BRANCHES_EACH)
    parents: list[int | None] = [None]
    while len(parents) - 1 < bottom:
        parents.append((len(parents) - 1) // CHILDREN_EACH + 1)
    with registry.writing() as connection:
        line_ids = [line_id(connection, name) for name in LINES]
        rows = _organisation_rows(parents, line_ids, issuer)
        connection.execute(insert(organisations), rows)
        for start in range(0, count, 50_000):
            some = range(start, min(start + 50_000, count))
            connection.execute(insert(branches), [_branch_row(at, len(parents) - bottom + 1) for at in some])
        rebuild(connection)


def _organisation_rows(parents: list[int | None], line_ids: list[int], issuer: str) -> list[dict[str, Any]]:
    paths: dict[int, str] = {}
    rows = []
    for number, parent in enumerate(parents, 1):
        paths[number] = f"{paths[parent] if parent else '/'}{number}/"
        row = {"id": number, "code": str(number), "name": f"团委{number}" if parent else issuer, "parent": parent}
        line = line_ids[number % len(line_ids)]
        rows.append({**row, "path": paths[number], "line": line, "own_line": True, "known": True})
    return [row | {"administrator": "某管理", "telephone": "023-1"} for row in rows]


def _branch_row(number: int, first: int) -> dict[str, Any]:
    return {
        "id": number + 1,
        "code": f"B{number}",
        "name": f"第{number}团支部",
        "organisation": first + number // BRANCHES_EACH,
        "secretary": "某人",
        "post": "",
        "since": "2015年9月",
        "registered": REGISTERED,
        "affiliated": True,
        "supervisor": "",
        "known": True,
    }
