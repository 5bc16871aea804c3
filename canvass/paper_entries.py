"""The rounds without signatures that are in, of each its last attempt, for reports."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from canvass.codes import paper_round_id
from canvass.ledger import below
from canvass.ledger_schema import branches, lines, organisations
from canvass.paper_disputes import agreed_ids, disputed_ids
from canvass.registry import Registry
from canvass.schema import LAST_PAPER, OUTCOMES, papers, words
from rounds.rules import Outcome


@dataclass(frozen=True)
class PaperEntry:
    """One round without signatures; `checked`: two people's tables were compared."""

    year: int
    attempt: int
    """More than 1: held again after 无效, or put right; the earlier entries are kept and count no more."""
    line: str
    organisation: str
    path: str
    branch_code: str
    branch: str
    secretary: str
    since: str
    method: str
    held: str
    supervisor: str
    registered: int
    collected: int
    satisfied: int | None
    invalid: int | None
    outcome: Outcome
    remark: str
    checked: bool
    disputed: bool
    """Somebody has entered other figures, and nobody has settled which are right."""

    @property
    def round_id(self) -> str:
        """What it is called where rounds are named."""
        return paper_round_id(self.year, self.branch_code)

    @property
    def unsatisfied(self) -> int | None:
        """不满意票数; None below quorum."""
        if self.satisfied is None or self.invalid is None:
            return None
        return self.collected - self.invalid - self.satisfied


_TEXTS = {name: words.alias(f"{name}_words") for name in ("secretary", "since", "method", "held", "supervisor")}
_ENTRIES: Select[Any] = (
    select(
        papers.c.id,
        papers.c.year,
        papers.c.attempt,
        lines.c.name.label("line"),
        organisations.c.name.label("organisation"),
        organisations.c.path,
        branches.c.code.label("branch_code"),
        branches.c.name.label("branch"),
        *(table.c.word.label(name) for name, table in _TEXTS.items()),
        papers.c.registered,
        papers.c.collected,
        papers.c.satisfied,
        papers.c.invalid,
        papers.c.outcome,
        papers.c.remark,
    )
    .join_from(papers, branches)
    .join(organisations, organisations.c.id == branches.c.organisation)
    .join(lines, lines.c.id == organisations.c.line)
)
for _name, _table in _TEXTS.items():
    _ENTRIES = _ENTRIES.join(_table, _table.c.id == papers.c[_name])
_ENTRIES = _ENTRIES.where(LAST_PAPER)


def _entry(row: Any, disputed: Collection[int], agreed: Collection[int]) -> PaperEntry:  # noqa: ANN401  of `_ENTRIES`
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    number, code = values.pop("id"), values.pop("branch_code") or ""
    known = {"branch_code": code, "outcome": OUTCOMES[row.outcome]}
    return PaperEntry(**values | known, checked=number in agreed, disputed=number in disputed)


def paper_entries(registry: Registry, *, year: int | None = None, path: str | None = None) -> list[PaperEntry]:
    """The rounds without signatures below `path` (None: all), of each its last attempt, by organisation and branch.

    Raises:
        Unreadable: the registry failed.
    """
    query = _ENTRIES.order_by(organisations.c.path, branches.c.code, branches.c.name)
    query = query if year is None else query.where(papers.c.year == year)
    with registry.reading() as connection:
        disputed, agreed = disputed_ids(connection), agreed_ids(connection)
        found = connection.execute(query if path is None else query.where(below(path)))
        return [_entry(row, disputed, agreed) for row in found]
