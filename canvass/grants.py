"""Which branches of the ledger still wait for their 批复, and the record of those that got one.

A branch waits when its year has no accepted valid result, nothing in dispute, and no authorisation that is still out;
nor a valid or disputed one entered from paper. After 无效 or 作废 it waits again, for the next attempt, which stands on
the signed end of the one before (after 无效 on paper, which nobody has signed, for the first).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from canvass.directory import next_id
from canvass.grant_schema import grants
from canvass.ledger import LedgerBranch, ledger_branches, ledger_organisations
from canvass.publicity_schema import DISPUTED_PAPER
from canvass.registry import Registry
from canvass.schema import LAST_PAPER, OUTCOME_CODES, OUTCOMES, EndKind, ends, papers, round_number, standings
from rounds.documents import Authorisation
from rounds.envelope import Verified
from rounds.errors import RuleRefusal
from rounds.rules import Outcome


@dataclass(frozen=True)
class Waiting:
    """A branch that waits for an authorisation: which attempt, and the digest (hex) of the end that it follows."""

    branch: LedgerBranch
    attempt: int = 1
    previous_end: str = ""


def scope_of(registry: Registry, issuer: str) -> str:
    """The path of the ledger's organisation named `issuer`: what it authorises outside of it, importers refuse.

    Raises:
        RuleRefusal: the ledger has no organisation of that name, or several.
    """
    found = [one.path for one in ledger_organisations(registry) if one.name == issuer]
    if len(found) != 1:
        how = "没有" if not found else "有不止一个"
        raise RuleRefusal(f"台账中{how}名为“{issuer}”的团组织：组织密钥的名称须与台账中的团组织名称一致。")
    return found[0]


def waiting(registry: Registry, *, year: int, path: str | None = None) -> list[Waiting]:
    """The branches below `path` that wait, by organisation and code.

    Raises:
        Unreadable: the registry failed.
    """
    listed = ledger_branches(registry, path=path)
    with registry.reading() as connection:
        held = _ends(connection, year)
        granted = _granted(connection, year)
        entered = select(papers.c.branch).where(papers.c.year == year, LAST_PAPER)
        settled = or_(papers.c.outcome != OUTCOME_CODES[Outcome.INVALID], DISPUTED_PAPER)
        on_paper = set(connection.scalars(entered.where(settled)))
    found = (_waiting(one, held[one.id], granted[one.id]) for one in listed if one.id not in on_paper)
    return [one for one in found if one is not None]


def record_grants(registry: Registry, granted: Iterable[tuple[int, Verified[Authorisation]]]) -> None:
    """Note that these authorisations were handed out, each with its branch's id; one that is known stays.

    Raises:
        Unreadable: the registry failed; none was noted.
    """
    with registry.writing() as connection:
        new = [(branch, one) for branch, one in granted if not _is_noted(connection, one.digest)]
        first = next_id(connection, grants)
        rows = [_row(first + at, branch, one) for at, (branch, one) in enumerate(new)]
        if rows:
            connection.execute(insert(grants), rows)


def _is_noted(connection: Connection, digest: str) -> bool:
    found = select(grants.c.id).where(grants.c.digest == bytes.fromhex(digest))
    return connection.scalar(found) is not None


def _ends(connection: Connection, year: int) -> dict[int, list[Any]]:
    columns = (ends.c.branch, ends.c.round, ends.c.kind, ends.c.outcome, ends.c.attempt, ends.c.digest)
    query = select(*columns, standings.c.standing).outerjoin_from(ends, standings).where(ends.c.year == year)
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(query.order_by(ends.c.attempt)):
        found[row.branch].append(row)
    return found


def _granted(connection: Connection, year: int) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for row in connection.execute(select(grants.c.branch, grants.c.round).where(grants.c.year == year)):
        found[row.branch].add(row.round)
    return found


def _waiting(branch: LedgerBranch, held: Sequence[Any], granted: set[int]) -> Waiting | None:
    """None where the branch is done, in dispute, or has an authorisation that is still out."""
    if any(end.standing is not None for end in held) or granted - {end.round for end in held}:
        return None
    if not held:
        return Waiting(branch)
    last = held[-1]
    if last.kind != EndKind.VOID and OUTCOMES[last.outcome] is not Outcome.INVALID:
        return None
    return Waiting(branch, last.attempt + 1, bytes(last.digest).hex())


def _row(number: int, branch: int, authorisation: Verified[Authorisation]) -> dict[str, int | bytes]:
    record = authorisation.record
    return {
        "id": number,
        "round": round_number(record.round_id),
        "digest": bytes.fromhex(authorisation.digest),
        "branch": branch,
        "year": record.year,
        "attempt": record.attempt,
        "issued": int(datetime.fromisoformat(record.issued).timestamp()),
    }
