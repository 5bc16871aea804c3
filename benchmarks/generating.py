"""Results by the thousand, with real keys and real signatures, faster than an officer's key derivation would allow.

What takes time in a true round is Argon2id, which an importer never runs: it sees sealed keys as text. So each round
here has fresh keys for its officers and a fresh box, signed as ever, and one sealed text stands in all of them.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cached_property
from typing import Any

import msgspec
from rounds_factory import MadeRound, make_round
from sqlalchemy import insert

from canvass.branch_years import rebuild
from canvass.directory import line_id
from canvass.ledger_schema import branches, organisations
from canvass.registry import Registry
from rounds.chain import read_authorisation, read_zero_report
from rounds.documents import AUTHORISATION, ZERO_REPORT, Officer
from rounds.envelope import sign
from rounds.keys import SecretKeys
from rounds.sharing import Holder

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
        secrets = [SecretKeys.from_bytes(self._bytes(64)) for _ in range(5)]
        activation, emergency, supervisor, teller, box = secrets
        data = self._authorisation(number, activation, emergency)
        authorisation = read_authorisation(data, model.organisation.roots)
        record = msgspec.structs.replace(
            model.zero_report.record,
            authorisation_digest=authorisation.digest,
            round_id=authorisation.record.round_id,
            round_key=box.sealing_public,
            officers=(_officer("李督导", Holder.SUPERVISOR, supervisor), _officer("王计票", Holder.TELLER, teller)),
        )
        keys = [activation.signing, supervisor.signing, teller.signing]
        report = read_zero_report(sign(record, ZERO_REPORT.official, keys), authorisation)
        model = replace(model, authorisation=authorisation, zero_report=report)
        return replace(model, activation=activation, supervisor=supervisor, teller=teller)

    def _authorisation(self, number: int, activation: SecretKeys, emergency: SecretKeys) -> bytes:
        model = self._model.authorisation.record
        record = msgspec.structs.replace(
            model,
            round_id=f"2016-{self._bytes(8).hex()}",
            branch=msgspec.structs.replace(model.branch, code=f"B{number}", name=f"第{number}团支部"),
            assessed=msgspec.structs.replace(model.assessed, name=f"书记{number % 20_000}"),
            activation=_with_keys(model.activation, activation),
            emergency=_with_keys(model.emergency, emergency),
        )
        return sign(record, AUTHORISATION.official, [self._model.organisation.key.signing])

    def _bytes(self, size: int) -> bytes:
        return random.SystemRandom().randbytes(size)


def _with_keys(record: Any, keys: SecretKeys) -> Any:  # noqa: ANN401  msgspec's replace takes any record
    return msgspec.structs.replace(record, signing=keys.signing_public, sealing=keys.sealing_public)


def _officer(name: str, role: Holder, keys: SecretKeys) -> Officer:
    return Officer(name=name, role=role, sealing=keys.sealing_public, signing=keys.signing_public)


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
