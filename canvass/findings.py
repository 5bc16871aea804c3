"""督查情况: what visits and calls found out about the procedure of a branch, recorded for the year-end account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import Select, insert, select

from canvass.ledger import below, branch
from canvass.ledger_schema import branches, organisations
from canvass.registry import Registry
from canvass.supervision_schema import findings


class Way(IntEnum):
    """How it was found out (四、工作督查 2)."""

    VISIT = 1
    CALL = 2
    OTHER = 3


WAY_NAMES = {Way.VISIT: "第三方列席", Way.CALL: "电话回访", Way.OTHER: "其他"}


@dataclass(frozen=True)
class Finding:
    """One finding; `path` is that of the branch's organisation."""

    code: str
    branch: str
    organisation: str
    path: str
    year: int
    way: Way
    in_order: bool
    day: date
    note: str


_QUERY: Select[Any] = (
    select(
        findings,
        branches.c.code,
        branches.c.name,
        organisations.c.name.label("organisation_name"),
        organisations.c.path,
    )
    .join_from(findings, branches)
    .join(organisations, organisations.c.id == branches.c.organisation)
    .order_by(organisations.c.path, branches.c.code, findings.c.id)
)


def record_finding(
    registry: Registry, code: str, year: int, way: Way, day: date, *, in_order: bool, note: str, now: datetime
) -> None:
    """Note a finding about the ledger's branch of that code.

    Raises:
        RuleRefusal: the ledger has no such branch.
        Unreadable: the registry failed.
    """
    row = {"branch": branch(registry, code).id, "year": year, "way": int(way), "in_order": int(in_order)}
    with registry.writing() as connection:
        row_of_day = {"day": day.toordinal(), "note": note, "recorded": int(now.timestamp())}
        connection.execute(insert(findings).values(**row, **row_of_day))


def recorded_findings(
    registry: Registry, *, year: int | None = None, path: str | None = None, code: str | None = None
) -> list[Finding]:
    """What was recorded, by organisation and branch, in the order in which it was.

    Raises:
        Unreadable: the registry failed.
    """
    query = _QUERY if year is None else _QUERY.where(findings.c.year == year)
    query = query if path is None else query.where(below(path))
    query = query if code is None else query.where(branches.c.code == code)
    with registry.reading() as connection:
        return [
            Finding(
                code=row.code or "",
                branch=row.name,
                organisation=row.organisation_name,
                path=row.path,
                year=row.year,
                way=Way(row.way),
                in_order=bool(row.in_order),
                day=date.fromordinal(row.day),
                note=row.note,
            )
            for row in connection.execute(query)
        ]
