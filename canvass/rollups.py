"""Sums per organisation, 战线, year and state: kept with every change, read by every report.

    adding     `Deltas.add` what one branch's year contributes, `Deltas.apply` in the transaction of the change
    rebuilding `rebuild` from the ends themselves, after a ledger has moved branches about; tests compare the two
    reading    `totals`, `by_line`, `by_child`, `expectation`: rows read as rows printed, however many ends there are

What a branch's year contributes is a function of its ends and their standings (`contribution`), as a whole: a branch
with two valid rounds in one year is two rounds and one branch.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import add, attrgetter
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, bindparam, select

from canvass.ledger_schema import lines, organisations
from canvass.registry import Registry
from canvass.rollup_schema import COUNTS, RATE_UNIT, State, expected, rollups
from canvass.schema import EndKind, Standing
from canvass.upserts import upsert
from rounds.rules import Outcome, Priority, priorities

DONE = (State.SATISFIED, State.UNSATISFIED)
"""已完成: an accepted valid result."""
RERUN = (State.INVALID, State.VOID, State.UNSIGNED_INVALID)
"""需重新测评."""


_values = attrgetter(*COUNTS)


class Sums(msgspec.Struct, frozen=True, gc=False):
    """What one roll-up row adds up; every number is a plain sum over its rounds."""

    rounds: int = 0
    branches: int = 0
    """Branches, each counted once a year, in the best state that it has reached."""
    registered: int = 0
    issued: int = 0
    collected: int = 0
    invalid: int = 0
    satisfied: int = 0
    unsatisfied: int = 0
    municipal: int = 0
    """满意度 90% and above."""
    district: int = 0
    """满意度 80% and above, those of `municipal` included."""
    rate_units: int = 0
    """Sum of 满意度 in parts of `RATE_UNIT`."""

    def __add__(self, other: Sums) -> Sums:
        """The sum of both."""
        return Sums(*(mine + theirs for mine, theirs in zip(self.values(), other.values(), strict=True)))

    def __neg__(self) -> Sums:
        """What takes it away again."""
        return Sums(*(-value for value in self.values()))

    def values(self) -> tuple[int, ...]:
        """The numbers in the order of `COUNTS`."""
        found: tuple[int, ...] = _values(self)
        return found

    @property
    def weighted_rate(self) -> Fraction | None:
        """满意票数之和 ÷ 实际参与测评人数之和; None without ballots."""
        return Fraction(self.satisfied, self.collected) if self.collected else None

    @property
    def mean_rate(self) -> Fraction | None:
        """各团支部满意度之和 ÷ 个数, right to 10⁻¹²; None without rounds."""
        return Fraction(self.rate_units, RATE_UNIT * self.rounds) if self.rounds else None


if Sums.__struct_fields__ != COUNTS:
    raise AssertionError("Sums and the roll-up table name different sums")

States = Mapping[State, Sums]
"""What a report reads of one organisation or line; a state without rounds is missing."""


class RoundFigures(msgspec.Struct, frozen=True, gc=False):
    """One end, or one paper entry, as roll-ups see it; ballots are None where there are none."""

    id: int
    kind: EndKind
    outcome: Outcome | None
    standing: Standing
    previous: int | None
    registered: int
    issued: int
    collected: int
    invalid: int | None
    satisfied: int | None
    signed: bool = True
    disputed: bool = False


def contribution(found: Sequence[RoundFigures]) -> dict[State, Sums]:
    """What one branch's year adds to the roll-ups: one branch, in the best state of its rounds."""
    if len(found) == 1:  # nearly every branch; the same answer as below
        return {_state(found[0], set()): _sums(found[0], branches=1)}
    followed = {figures.previous for figures in found if figures.standing is Standing.ACCEPTED}
    states = [_state(figures, followed) for figures in found]
    best = states.index(min(states, key=_RANK.__getitem__)) if states else -1
    sums: dict[State, Sums] = {}
    for place, (state, figures) in enumerate(zip(states, found, strict=True)):
        one = _sums(figures, branches=int(place == best))
        sums[state] = sums[state] + one if state in sums else one
    return sums


_BEST = (
    State.SATISFIED,
    State.UNSATISFIED,
    State.CONFLICT,
    State.UNSIGNED,
    State.UNSIGNED_DISPUTED,
    State.INVALID,
    State.VOID,
    State.UNSIGNED_INVALID,
    State.WAITING,
    State.FOLLOWED,
    State.REPLACED,
)
_RANK = {state: rank for rank, state in enumerate(_BEST)}


def _state(figures: RoundFigures, followed: set[int | None]) -> State:
    if figures.disputed:
        return State.UNSIGNED_DISPUTED
    if not figures.signed:
        return State.UNSIGNED if figures.outcome in _VALID else State.UNSIGNED_INVALID
    if figures.standing is not Standing.ACCEPTED:
        return _NOT_ACCEPTED[figures.standing]
    if figures.outcome in _VALID:
        return _VALID[figures.outcome]
    if figures.id in followed:
        return State.FOLLOWED
    return State.VOID if figures.kind is EndKind.VOID else State.INVALID


_NOT_ACCEPTED = {
    Standing.CONFLICT: State.CONFLICT,
    Standing.WAITING: State.WAITING,
    Standing.REPLACED: State.REPLACED,
}
_VALID: Mapping[Outcome | None, State] = {
    Outcome.SATISFIED: State.SATISFIED,
    Outcome.UNSATISFIED: State.UNSATISFIED,
}


def _sums(figures: RoundFigures, branches: int) -> Sums:
    registered, issued, collected = figures.registered, figures.issued, figures.collected
    if figures.satisfied is None or figures.invalid is None or not collected:
        return Sums(rounds=1, branches=branches, registered=registered, issued=issued, collected=collected)
    earned = priorities(collected, figures.satisfied)
    return Sums(
        rounds=1,
        branches=branches,
        registered=registered,
        issued=issued,
        collected=collected,
        invalid=figures.invalid,
        satisfied=figures.satisfied,
        unsatisfied=collected - figures.invalid - figures.satisfied,
        municipal=int(Priority.MUNICIPAL in earned),
        district=int(Priority.DISTRICT in earned),
        rate_units=(2 * RATE_UNIT * figures.satisfied + collected) // (2 * collected),
    )


_NOTHING = [0] * len(COUNTS)
Key = tuple[int, int, int, int]
"""Organisation, year, line, state."""


class Deltas:
    """Changes to the roll-ups, added up in memory before they are written once."""

    def __init__(self) -> None:
        """Nothing has changed yet."""
        self._direct: dict[Key, list[int]] = {}

    def add(self, organisation: int, line: int, year: int, sums: Mapping[State, Sums]) -> None:
        """A branch directly below `organisation` contributes `sums` more (less, where negative)."""
        for state, more in sums.items():
            key = (organisation, year, line, int(state))
            held = self._direct.get(key, _NOTHING)
            self._direct[key] = list(map(add, held, more.values()))

    def apply(self, connection: Connection) -> None:
        """Write what was added, to each organisation and all above it."""
        above = ancestors(connection, {key[0] for key in self._direct})
        changes: dict[Key, list[int]] = {}
        for (organisation, *rest), sums in self._direct.items():
            for one in above[organisation]:
                key: Key = (one, *rest)  # type: ignore[assignment]  # three integers, as they were taken off
                held = changes.setdefault(key, [0] * len(COUNTS))
                for place, value in enumerate(sums):
                    held[place] += value
        names = ("organisation", "year", "line", "state", *COUNTS)
        rows = [dict(zip(names, (*key, *sums), strict=True)) for key, sums in sorted(changes.items()) if any(sums)]
        if rows:
            connection.execute(upsert(connection, rollups, adding=COUNTS), rows)


def ancestors(connection: Connection, wanted: Iterable[int]) -> dict[int, list[int]]:
    """Each organisation with itself and all above it."""
    parent = organisations.c.parent
    query = select(organisations.c.id, parent).where(organisations.c.id.in_(bindparam("ids", expanding=True)))
    parents: dict[int, int | None] = {}
    missing = set(wanted)
    while missing:
        listed = list(missing)
        for start in range(0, len(listed), _CHUNK):
            parents.update(tuple(row) for row in connection.execute(query, {"ids": listed[start : start + _CHUNK]}))
        missing = {above for above in parents.values() if above is not None} - parents.keys()
    return {one: _line_of(one, parents) for one in parents}


_CHUNK = 500


def _line_of(one: int | None, parents: Mapping[int, int | None]) -> list[int]:
    found = []
    while one is not None:
        found.append(one)
        one = parents[one]
    return found


@dataclass(frozen=True)
class Organisation:
    """One organisation as reports name it; `path` ends with a slash, `line` is its 战线 or empty."""

    id: int
    code: str
    name: str
    path: str
    line: str
    administrator: str
    telephone: str


_ORGANISATION = select(
    organisations.c.id,
    organisations.c.code,
    organisations.c.name,
    organisations.c.path,
    lines.c.name.label("line"),
    organisations.c.administrator,
    organisations.c.telephone,
).join_from(organisations, lines)


def roots(registry: Registry) -> list[Organisation]:
    """The organisations without one above, by path."""
    return _organisations(registry, None)


def children(registry: Registry, path: str) -> list[Organisation]:
    """The organisations directly below `path`, by path."""
    return _organisations(registry, path)


def rows_below(registry: Registry, path: str | None) -> tuple[str | None, list[Organisation]]:
    """The organisations that a table of `path` has as rows, and whose path that is.

    Without a path: those below the only root, or the roots, where there are several or nothing is below.
    """
    if path is None:
        tops = roots(registry)
        path = tops[0].path if len(tops) == 1 and children(registry, tops[0].path) else None
    return path, roots(registry) if path is None else children(registry, path)


def organisation_at(registry: Registry, path: str) -> Organisation | None:
    """The organisation whose path that is."""
    return next(iter(_read_organisations(registry, _ORGANISATION.where(organisations.c.path == path))), None)


def _organisations(registry: Registry, path: str | None) -> list[Organisation]:
    return _read_organisations(registry, _ORGANISATION.where(_below(path)).order_by(organisations.c.path))


def _read_organisations(registry: Registry, query: Select[Any]) -> list[Organisation]:
    with registry.reading() as connection:
        return [Organisation(**{**row._mapping, "code": row.code or ""}) for row in connection.execute(query)]  # noqa: SLF001  SQLAlchemy's public name


def _below(path: str | None) -> ColumnElement[bool]:
    if path is None:
        return organisations.c.parent.is_(None)
    above = select(organisations.c.id).where(organisations.c.path == path).scalar_subquery()
    return organisations.c.parent == above


def totals(registry: Registry, *, year: int | None = None, path: str | None = None) -> dict[State, Sums]:
    """The sums of everything below `path` (None: the whole registry), by state; `year` None: of all years.

    Raises:
        Unreadable: the registry failed.
    """
    found: dict[State, Sums] = defaultdict(Sums)
    for _, _, state, sums in _read(registry, year, _at(path)):
        found[state] += sums
    return dict(found)


def by_line(registry: Registry, *, year: int | None = None, path: str | None = None) -> dict[str, dict[State, Sums]]:
    """The same per 战线, whose name is empty where there is none."""
    found: dict[str, dict[State, Sums]] = defaultdict(lambda: defaultdict(Sums))
    for _, line, state, sums in _read(registry, year, _at(path)):
        found[line][state] += sums
    return {line: dict(states) for line, states in sorted(found.items())}


def by_child(registry: Registry, *, year: int | None = None, path: str | None = None) -> dict[int, dict[State, Sums]]:
    """The same per organisation directly below `path` (None: per root), by `Organisation.id`."""
    found: dict[int, dict[State, Sums]] = defaultdict(lambda: defaultdict(Sums))
    for organisation, _, state, sums in _read(registry, year, _below(path)):
        found[organisation][state] += sums
    return {organisation: dict(states) for organisation, states in found.items()}


def _at(path: str | None) -> ColumnElement[bool]:
    return _below(None) if path is None else organisations.c.path == path


def _read(registry: Registry, year: int | None, where: ColumnElement[bool]) -> list[tuple[int, str, State, Sums]]:
    query = select(organisations.c.id, lines.c.name, rollups.c.state, *(rollups.c[name] for name in COUNTS))
    query = query.join_from(rollups, organisations).join(lines, rollups.c.line == lines.c.id).where(where)
    if year is not None:
        query = query.where(rollups.c.year == year)
    with registry.reading() as connection:
        return [(row[0], row[1], State(row[2]), Sums(*row[3:])) for row in connection.execute(query)]


@dataclass(frozen=True)
class Expectation:
    """What the ledger expects below an organisation."""

    branches: int = 0
    registered: int = 0


def expectation(registry: Registry, *, path: str | None = None) -> dict[str, Expectation]:
    """The ledger's branches and registered members below `path`, per 战线; {} without a ledger."""
    query = select(lines.c.name, expected.c.branches, expected.c.registered).join_from(expected, organisations)
    query = query.join(lines, expected.c.line == lines.c.id).where(_at(path))
    found: Counter[str] = Counter()
    members: Counter[str] = Counter()
    with registry.reading() as connection:
        for line, branches, registered in connection.execute(query):
            found[line] += branches
            members[line] += registered
    return {line: Expectation(found[line], members[line]) for line in sorted(found)}
