"""Opened rounds in a folder of the test's own, made through `ballots_store` itself with the cheapest KDF.

    made = make_box(tmp_path / "home", members=6, token=None)      official, opened by two officers at OPENED
    box = made.start()                                             a BallotBox; `made.cast(box, Choice.SATISFIED)`
    made.vote([Choice.SATISFIED] * 4)                              start, cast each, let go
    made.slips()                                                   the numbers of the round's slips; `cast_by_slip`
    printed_slips(issued)                                          numbers printed with the 批复, and their `.slips`
    made.close(present=5) · made.void("停电") · made.copied(folder)  the count, the void end, the whole home elsewhere

Clocks are values: nothing here asks the machine's.
"""

from __future__ import annotations

import functools
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ballots_store.box import BallotBox
from ballots_store.brought_slips import seal_slips
from ballots_store.closing import Closed, CloseRequest, close_round
from ballots_store.home import Home, RoundFolder
from ballots_store.hooks import Hook, no_hook
from ballots_store.opening import Opened, OpenRequest, open_round
from ballots_store.slip_making import SlipRequest, SlipSheet, make_slips
from ballots_store.trust import enrol
from ballots_store.voiding import VoidRequest, void_round
from rounds.chain import read_authorisation
from rounds.choices import Choice
from rounds.issuing import (
    Draw,
    IssuedAuthorisation,
    OrganisationKey,
    RoundPlan,
    authorise,
    new_organisation,
    open_organisation_key,
    roster_digest,
)
from rounds.keyfile import KdfParameters
from rounds.sharing import Holder
from rounds.slips import draw_numbers

CHEAP_KDF = KdfParameters(lanes=1, memory_kib=8192, passes=1)
CHINA = timezone(timedelta(hours=8))
OPENED = datetime(2099, 4, 1, 14, 0, tzinfo=CHINA)
VOTING = datetime(2099, 4, 1, 14, 30, tzinfo=CHINA)
CLOSED = datetime(2099, 4, 1, 15, 20, tzinfo=CHINA)

SUPERVISOR_CODE = "督导口令-梧桐街七号"
TELLER_CODE = "计票口令-江边灯塔下"
PIN = "482915"
SUPERVISOR, TELLER, EMERGENCY = Holder.SUPERVISOR, Holder.TELLER, Holder.EMERGENCY
PAIRS = ((SUPERVISOR, TELLER), (SUPERVISOR, EMERGENCY), (TELLER, EMERGENCY))
FIVE_BALLOTS = (Choice.SATISFIED, Choice.SATISFIED, Choice.SATISFIED, Choice.UNSATISFIED, Choice.BLANK)


class Recorder:
    """A source of random bytes that remembers what it gave."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    def __call__(self, size: int) -> bytes:
        self.given.append(secrets.token_bytes(size))
        return self.given[-1]


@contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder in memory where the system has one: kill -9 asks nothing of a disk, and syncs cost nothing there."""
    memory = Path("/dev/shm")  # noqa: S108  Linux's own name for it
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    with TemporaryDirectory(dir=memory if usable else None) as folder:
        yield Path(folder)


def voting_clock() -> datetime:
    """A clock that stands still while people vote."""
    return VOTING


@dataclass(frozen=True)
class MadeBox:
    """One opened round with every code that its officers hold."""

    home: Home
    issued: IssuedAuthorisation
    request: OpenRequest
    opened: Opened
    roster: tuple[str, ...] = ()

    @property
    def round_id(self) -> str:
        return self.issued.round_id

    @property
    def folder(self) -> RoundFolder:
        return self.home.folder(self.round_id)

    @property
    def token(self) -> Path | None:
        return self.request.token

    @property
    def slots(self) -> Path:
        """The one file that holds the key slots."""
        if self.token is None:
            return self.folder.path / "slots"
        return next(self.token.glob("*.slots"))

    def codes(self, *holders: Holder) -> dict[Holder, str]:
        """The codes of `holders`, supervisor and teller when none is named."""
        every = {SUPERVISOR: SUPERVISOR_CODE, TELLER: TELLER_CODE, EMERGENCY: self.issued.emergency_code}
        return {holder: every[holder] for holder in holders or (SUPERVISOR, TELLER)}

    def start(self, *holders: Holder, clock: Callable[[], datetime] = voting_clock, **more: Any) -> BallotBox:
        return BallotBox.start(
            self.home, self.round_id, self.codes(*holders), clock=clock, **({"token": self.token} | more)
        )

    def unlock(self, box: BallotBox, member: int | None = None) -> None:
        """PIN and unlock; with a roster, the first member who has not voted."""
        box.check_pin(PIN.encode(), 0.0)
        box.unlock(box.unmarked()[0] if self.roster and member is None else member)

    def cast(self, box: BallotBox, choice: Choice, member: int | None = None) -> None:
        """One whole session."""
        self.unlock(box, member)
        box.cast(choice)

    def vote(self, choices: Iterable[Choice]) -> MadeBox:
        """Start, let everybody vote, let the box go without a stop."""
        box = self.start()
        for choice in choices:
            self.cast(box, choice)
        box.close()
        return self

    def slips(self, count: int | None = None, *, out: Path | None = None, **more: Any) -> tuple[str, ...]:
        """Make the round's slips; the numbers, which nothing else remembers."""
        sheets: list[SlipSheet] = []

        def render(sheet: SlipSheet) -> bytes:
            sheets.append(sheet)
            return b"paper"

        request = SlipRequest(self.round_id, self.codes(), out or self.home.path.parent / "slips.docx", count)
        make_slips(self.home, request, render, **({"token": self.token, "now": OPENED} | more))
        return sheets[0].numbers

    def close(
        self, *holders: Holder, present: int = 5, reason: str = "", leftover: int | None = None, **more: Any
    ) -> Closed:
        request = CloseRequest(self.round_id, self.codes(*holders), present, reason, leftover)
        return close_round(self.home, request, **({"token": self.token, "now": CLOSED} | more))

    def void(self, reason: str = "会场停电，无法继续。", *holders: Holder, **more: Any) -> bytes:
        codes = self.codes(*holders)
        return void_round(
            self.home, VoidRequest(self.round_id, codes, reason), **({"token": self.token, "now": CLOSED} | more)
        )

    def copied(self, folder: Path) -> MadeBox:
        """The home and the stick as they stand, in `folder`: what somebody took away, or puts back later."""
        shutil.copytree(self.home.path, folder / "home")
        token = None
        if self.token is not None:
            token = folder / "stick"
            shutil.copytree(self.token, token)
        return replace(self, home=Home(folder / "home"), request=replace(self.request, token=token))

    def files(self) -> dict[Path, bytes]:
        """Every file of the home and of the stick with its bytes."""
        roots = (self.home.path,) if self.token is None else (self.home.path, self.token)
        return {path: path.read_bytes() for root in roots for path in sorted(root.rglob("*")) if path.is_file()}


def kept(made: MadeBox) -> dict[Path, bytes]:
    """What a refusal must not change: every file but the log, which notes wrong codes, and the empty lock."""
    return {path: data for path, data in made.files().items() if path.name not in {"log.jsonl", "lock"}}


STATIONED: dict[str, Any] = {
    "method": "stationed",
    "opens": (OPENED + timedelta(minutes=15)).isoformat(),
    "closes": (OPENED + timedelta(days=2)).isoformat(),
}
"""A plan for a 定点 round; `VOTING` lies in its window."""


def cast_by_slip(box: BallotBox, number: str, choice: Choice, now: float = 0.0) -> None:
    """One whole session opened by a slip."""
    box.admit(number.encode(), now)
    box.unlock(None)
    box.cast(choice)


def roots() -> dict[bytes, str]:
    """What a reader passes that has enrolled the factory's organisation."""
    return {organisation()[0].public: organisation()[0].name}


@functools.cache
def organisation() -> tuple[OrganisationKey, bytes]:
    """One organisation a session: its key and its card."""
    passphrase = "正确的马电池订书钉"
    key_file, card = new_organisation("共青团某某大学委员会", passphrase, secrets.token_bytes, CHEAP_KDF)
    return open_organisation_key(key_file, passphrase), card


def make_issued(*, members: int = 6, roster: Sequence[str] = (), **plan: Any) -> IssuedAuthorisation:
    """A signed authorisation; `plan` goes to `RoundPlan`."""
    chosen: dict[str, Any] = {
        "branch_name": "土木工程学院2015级一班团支部",
        "secretary": "张晓明",
        "year": 2099,
        "registered": members,
        "supervisor": "李督导",
        "roster_digest": roster_digest(roster) if roster else "",
    }
    return authorise(
        RoundPlan(**(chosen | plan)),
        organisation()[0],
        now=OPENED - timedelta(days=9),
        draw=secrets.token_bytes,
        kdf=CHEAP_KDF,
    )


PAPER = hashlib.sha256(b"paper").digest()
"""Of what `printed_slips` printed."""


def printed_slips(issued: IssuedAuthorisation, count: int | None = None) -> tuple[tuple[str, ...], bytes]:
    """Numbers that the clerk drew, one for everybody, and the `.slips` file that goes to the hall."""
    authorisation = read_authorisation(issued.data, roots())
    numbers = draw_numbers(authorisation.record.expected if count is None else count, secrets.token_bytes)
    return numbers, seal_slips(numbers, PAPER, authorisation, issued.activation)


def make_request(issued: IssuedAuthorisation, **changes: Any) -> OpenRequest:
    """What both officers bring to the opening of `issued`."""
    request = OpenRequest(
        authorisation=issued.data,
        activation_code=issued.activation_code,
        teller_name="王计票",
        supervisor_code=SUPERVISOR_CODE,
        teller_code=TELLER_CODE,
        pin=PIN,
        laptop="团委办公室",
    )
    return replace(request, **changes)


def open_box(
    folder: Path,
    issued: IssuedAuthorisation,
    request: OpenRequest,
    *,
    now: datetime = OPENED,
    draw: Draw = secrets.token_bytes,
    hook: Hook = no_hook,
) -> MadeBox:
    """Open `issued` in the home `folder`; whatever `open_round` raises is raised."""
    home = Home(folder)
    enrol(home, organisation()[1])
    opened = open_round(home, request, roots=roots(), now=now, draw=draw, kdf=CHEAP_KDF, hook=hook)
    return MadeBox(home, issued, request, opened, tuple(sorted(request.roster)))


def make_box(
    folder: Path,
    *,
    members: int = 6,
    token: Path | None = None,
    with_roster: bool = False,
    rehearsal: bool = False,
    draw: Draw = secrets.token_bytes,
    **plan: Any,
) -> MadeBox:
    """An opened box; `plan` goes to `RoundPlan`. `token` is made if it does not exist."""
    roster = tuple(f"{number:03d} 团员{number}" for number in range(1, members + 1)) if with_roster else ()
    issued = make_issued(members=members, roster=roster, rehearsal=rehearsal, **plan)
    if token is not None:
        token.mkdir(exist_ok=True)
    return open_box(folder, issued, make_request(issued, roster=roster, rehearsal=rehearsal, token=token), draw=draw)
