"""Attempts to tie a slip to a ballot: with the finished box and both codes, and with snapshots around every voter.

As in `secrecy_experiments`: functions of how often they are repeated, bounds of four standard deviations.
"""

from __future__ import annotations

import math
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path

from box_factory import (
    OPENED,
    SUPERVISOR,
    TELLER,
    MadeBox,
    cast_by_slip,
    make_box,
    make_issued,
    make_request,
    open_box,
    printed_slips,
)
from secrecy_experiments import CHANCE, SIGMAS, GuessRate, Snapshot, random_choices, rate, snapshot

from ballots_store.admission import slip_entry
from ballots_store.held import ROUND_SECRET, START_SECRET, HeldBox
from ballots_store.sealed_ballots import SealedBallots
from ballots_store.sealing import open_ballots, open_state
from ballots_store.state import BoxState, decode_state
from rounds.choices import Choice

_ORDERS = 3
"""In which slips are held against ballots: as drawn, by number, by entry."""
Vote = tuple[str, Choice]
"""A slip's number and what its holder chose: the truth, which no file has."""


@dataclass(frozen=True)
class Officers:
    """What two officers' codes open."""

    start_key: bytes
    round_secret: bytes
    bound_to: bytes
    capacity: int

    @classmethod
    def of(cls, made: MadeBox) -> Officers:
        with HeldBox(made.home, made.round_id, token=made.token) as held:
            holders = held.open_holders(made.codes(SUPERVISOR, TELLER), OPENED)
            start_key, round_secret = (held.join_secret(what, holders) for what in (START_SECRET, ROUND_SECRET))
            return cls(start_key, round_secret, held.bound_to, held.capacity)

    def choices(self, ballots: Iterable[bytes]) -> list[Choice]:
        return list(open_ballots(ballots, self.round_secret, self.bound_to))

    def state(self, snapshot: Snapshot, keys: Sequence[bytes]) -> BoxState | None:
        for key, state in product(keys, snapshot.states):
            plain = open_state(state, key, self.start_key, self.bound_to)
            if plain is not None:
                return decode_state(plain, self.capacity, roster_used=False)
        return None


@dataclass(frozen=True)
class Afternoon:
    """One round by slips: the paper's numbers as drawn, who chose what in which order, a snapshot before and after."""

    paper: tuple[str, ...]
    votes: tuple[Vote, ...]
    snapshots: tuple[Snapshot, ...]
    officers: Officers


def slip_box(folder: Path, *, members: int, printed: bool = False) -> tuple[MadeBox, tuple[str, ...]]:
    """An opened box and the numbers on the paper; `printed`: they came with the 批复, known to whoever drew them."""
    token = folder / "stick"
    if not printed:
        made = make_box(folder / "opened", token=token, members=members)
        return made, made.slips()
    issued = make_issued(members=members)
    numbers, file = printed_slips(issued)
    token.mkdir()
    return open_box(folder / "opened", issued, make_request(issued, token=token, slips=file)), numbers


def watch(made: MadeBox, paper: tuple[str, ...], count: int) -> Afternoon:
    """`count` voters with slips drawn unseen, and a copy of disk and stick around each."""
    officers = Officers.of(made)
    numbers = list(paper)
    secrets.SystemRandom().shuffle(numbers)
    votes = tuple(zip(numbers[:count], random_choices(count), strict=True))
    box = made.start()
    snapshots = [snapshot(made)]
    for number, choice in votes:
        cast_by_slip(box, number, choice)
        snapshots.append(snapshot(made))
    box.close()
    return Afternoon(paper, votes, tuple(snapshots), officers)


def by_place(afternoon: Afternoon) -> Iterator[GuessRate]:
    """Guesses from the last state alone, opened by both officers who also kept the paper: the i-th used slip, in each
    order that could tell something, cast the i-th ballot."""
    last = afternoon.snapshots[-1]
    state = afternoon.officers.state(last, last.keys)
    assert state is not None
    key, bound_to = state.slips.key, afternoon.officers.bound_to
    truth = dict(afternoon.votes)
    used = [
        number for number in afternoon.paper if slip_entry(key, bound_to, number.encode()) not in state.slips.unused
    ]
    assert set(used) == set(truth)
    opened = afternoon.officers.choices(state.ballots)
    by_entry = sorted(used, key=lambda number: slip_entry(key, bound_to, number.encode()))
    for order in (used, sorted(used), by_entry):
        yield rate([(opened, [truth[number] for number in order])])


def by_snapshots(afternoon: Afternoon, *, stick: bool) -> set[Vote]:
    """Ties from neighbouring states: the slip that vanished cast the ballot that came. `stick`: copied each time."""
    last = afternoon.snapshots[-1].keys
    officers = afternoon.officers
    opened = [officers.state(seen, (*seen.keys, *last) if stick else last) for seen in afternoon.snapshots]
    ties: set[Vote] = set()
    for before, after in pairwise(opened):
        if before is None or after is None:
            continue
        gone = set(before.slips.unused) - set(after.slips.unused)
        (choice,) = officers.choices(sorted(set(after.ballots) - set(before.ballots)))
        names = {slip_entry(after.slips.key, officers.bound_to, number.encode()): number for number in afternoon.paper}
        ties |= {(names[entry], choice) for entry in gone}
    return ties


@dataclass(frozen=True)
class SlipsFound:
    """What the experiment found."""

    places: GuessRate
    """Over every order of slips against the order of ballots."""
    snapshots: int
    """Ties found with the disk copied each time, the stick and both codes at the end."""
    control_places: GuessRate
    """The same guess at a box that keeps slips and ballots in the order of casting; must be 1."""
    control_snapshots: float
    """The share of ties found by somebody who copied the stick too each time; must be 1."""
    ballots: int
    """In each round."""

    @property
    def chance(self) -> float:
        """One guess in `ballots` meets its own ballot, of the others one in three is right."""
        return CHANCE + (1 - CHANCE) / self.ballots

    @property
    def bound(self) -> float:
        """The three orders of one round share its choices, so they count as one."""
        return SIGMAS * math.sqrt(self.chance * (1 - self.chance) / (self.places.tried / _ORDERS))

    @property
    def places_are_chance(self) -> bool:
        return abs(self.places.rate - self.chance) <= self.bound


def slip_experiment(folder: Path, rounds: int, *, ballots: int = 12, printed: bool = False) -> SlipsFound:
    """Vote `rounds` rounds by slips, made in the hall or `printed` before, and try to tie them."""
    made, paper = slip_box(folder, members=ballots + 3, printed=printed)
    afternoons = [_one(made, paper, folder / str(number), ballots) for number in range(rounds)]
    places = [found for afternoon in afternoons for found in by_place(afternoon)]
    whole = [len(by_snapshots(afternoon, stick=True) & set(afternoon.votes)) for afternoon in afternoons]
    return SlipsFound(
        places=_sum(places),
        snapshots=sum(len(by_snapshots(afternoon, stick=False)) for afternoon in afternoons),
        control_places=_sum([_in_order(made, paper, folder / f"kept{number}", ballots) for number in range(2)]),
        control_snapshots=sum(whole) / (rounds * ballots),
        ballots=ballots,
    )


def _one(made: MadeBox, paper: tuple[str, ...], place: Path, ballots: int) -> Afternoon:
    place.mkdir()
    try:
        return watch(made.copied(place), paper, ballots)
    finally:
        shutil.rmtree(place)


def _sum(rates: Sequence[GuessRate]) -> GuessRate:
    return GuessRate(sum(found.right for found in rates), sum(found.tried for found in rates))


def _in_order(made: MadeBox, paper: tuple[str, ...], place: Path, ballots: int) -> GuessRate:
    """The control: ballots kept as they came, and used slips in a list of their own."""
    place.mkdir()
    other, used = made.copied(place), list[str]()
    officers = Officers.of(other)
    truth = tuple(zip(paper[:ballots], random_choices(ballots), strict=True))
    with ballots_kept_as_they_come():
        box = other.start()
        for number, choice in truth:
            cast_by_slip(box, number, choice)
            used.append(number)
        kept = box._state.ballots  # noqa: SLF001  what the box holds
        box.close()
    shutil.rmtree(place)
    return rate([(officers.choices(kept), [dict(truth)[number] for number in used])])


@contextmanager
def ballots_kept_as_they_come() -> Iterator[None]:
    """A product that does not sort."""
    with_ballot = BoxState.with_ballot

    def unsorted(state: BoxState, sealed: bytes, member: int | None, slip: bytes | None = None) -> BoxState:
        return replace(with_ballot(state, sealed, member, slip), ballots=SealedBallots.of([*state.ballots, sealed]))

    setattr(BoxState, "with_ballot", unsorted)  # noqa: B010  mypy forbids the plain assignment
    try:
        yield
    finally:
        setattr(BoxState, "with_ballot", with_ballot)  # noqa: B010  as above
