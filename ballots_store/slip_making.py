"""制作投票凭条: two holders make the round's slips, once, after the sealing and before the first unlock.

The numbers exist in clear on paper alone. No slips without a file and no file without its slips, whatever happens:
1. the file is rendered and written whole beside its place (`.part`), durable;
2. one commit puts the slips, and the mark of that very file, into the sealed state;
3. the file gets its name. Cut off between 2 and 3, the same command finds its own file by the mark and finishes;
cut off before 2, the slips of a `.part` open nothing and the next call overwrites it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ballots_store import log
from ballots_store.admission import paper_mark, slip_entry
from ballots_store.errors import StorageFailure
from ballots_store.files import check_can_create, publish, read_capped, write_over
from ballots_store.held import START_SECRET, HeldBox
from ballots_store.home import Home
from ballots_store.hooks import Hook, no_hook, step
from ballots_store.reasons import reason
from ballots_store.state import BoxState, SlipBook
from rounds.documents import Authorisation
from rounds.errors import BadInput, RuleRefusal
from rounds.issuing import Draw
from rounds.lifecycle import Stage
from rounds.sharing import Holder
from rounds.slips import draw_numbers
from rounds.words import box_words

_KEY_SIZE = 32
_LARGEST_FILE = 32 * 1024 * 1024
_ONCE = "投票凭条只制作一次，本次测评已经制作过：不能再次制作。确须更换的，请用 void 作废后重新批复。"


@dataclass(frozen=True)
class SlipRequest:
    """What two holders bring; codes as typed. `count` None: one for everybody who may vote."""

    round_id: str
    codes: Mapping[Holder, str]
    out: Path
    count: int | None = None


@dataclass(frozen=True)
class SlipSheet:
    """What stands on the paper; `numbers` in the order in which they were drawn, which no other file keeps."""

    title: str
    box_words: str
    """Empty where slips are printed before there is a box: then `round_id` tells whose they are."""
    rehearsal: bool
    opens: str
    closes: str
    numbers: tuple[str, ...]
    round_id: str = ""


Render = Callable[[SlipSheet], bytes]


@dataclass(frozen=True)
class SlipsMade:
    """How many slips the round has. `resumed`: an interrupted call was finished, nothing new was drawn."""

    round_id: str
    count: int
    resumed: bool


def make_slips(
    home: Home,
    request: SlipRequest,
    render: Render,
    *,
    now: datetime,
    token: Path | None = None,
    draw: Draw = secrets.token_bytes,
    hook: Hook = no_hook,
    warn: log.Warn = log.say,
) -> SlipsMade:
    """Make the slips of a round and their file, both or neither. `warn`: as `close_round`.

    Raises:
        BoxInUse: the kiosk runs.
        RuleRefusal: made already, a ballot was unlocked already, a roster, or the round is over.
        BadInput: more slips than voters, or none.
        VerificationFailure: a wrong code, or an altered box.
        StorageFailure: something can't be written; where it can't be told whether the slips are in, the line says how
            to find out.
    """
    check_can_create(request.out)
    with HeldBox(home, request.round_id, token=token, hook=hook) as held:
        check_no_roster(held.authorisation.record)
        count = _count(request, held.authorisation.record)
        holders = held.open_holders(request.codes, now)
        state = held.recover(held.join_secret(START_SECRET, holders))
        if state.slips.made:
            return _finished(request, state, hook)
        _check_state(state)
        numbers = draw_numbers(count, draw)
        file = render(_sheet(held, numbers))
        changed = replace(
            state,
            slips=slip_book(numbers, file, held.bound_to, draw),
            emergency_used=state.emergency_used or Holder.EMERGENCY in holders,
        )
        _make(held, state, changed, file, part_of(request.out), draw=draw, hook=hook)
        _publish(request.out, hook)
        log.append_after(held.folder.log, "slips_made", now, warn)
    return SlipsMade(request.round_id, count, resumed=False)


def part_of(out: Path) -> Path:
    """Where the file lies until its slips are in the box."""
    return out.with_name(f"{out.name}.part")


def check_no_roster(basis: Authorisation) -> None:
    """Slips and a roster exclude each other: choosing the member would tie them.

    Raises:
        RuleRefusal: the round has a roster.
    """
    if basis.roster_digest:
        raise RuleRefusal("本次测评使用花名册，不能使用投票凭条：凭条不得与姓名对应。")


def _count(request: SlipRequest, basis: Authorisation) -> int:
    count = basis.expected if request.count is None else request.count
    if not 1 <= count <= basis.expected:
        raise BadInput(f"投票凭条须为1至{basis.expected}张（应参加人数）：请核对 --count。")
    return count


def _check_state(state: BoxState) -> None:
    if state.stage is not Stage.OPENED:
        raise RuleRefusal("本次测评已停止投票或已经结束，不能再制作投票凭条。")
    if state.issued:
        raise RuleRefusal("本次测评已开始投票，不能再制作投票凭条：凭条须在封箱之后、第一次开启之前制作。")


def _sheet(held: HeldBox, numbers: tuple[str, ...]) -> SlipSheet:
    basis = held.authorisation.record
    return SlipSheet(
        title=basis.title,
        box_words=box_words(held.zero_report.record.round_key),
        rehearsal=held.authorisation.rehearsal,
        opens=basis.opens,
        closes=basis.closes,
        numbers=numbers,
    )


def slip_book(numbers: tuple[str, ...], file: bytes, bound_to: bytes, draw: Draw) -> SlipBook:
    """What the sealed state keeps of `numbers` and of the printed `file`, under a fresh key of this box."""
    key = draw(_KEY_SIZE)
    entries = sorted(slip_entry(key, bound_to, number.encode()) for number in numbers)
    return SlipBook(len(numbers), key, paper_mark(key, file), tuple(entries))


def _make(held: HeldBox, before: BoxState, after: BoxState, file: bytes, part: Path, *, draw: Draw, hook: Hook) -> None:
    """The `.part` and the commit; a commit that failed is looked up, since it may be on the medium all the same."""
    with step(hook, "paper"):
        write_over(part, file)
    try:
        held.settle(before, draw)
        with step(hook, "slips"):
            held.commit(after, draw)
    except StorageFailure as failure:
        if _is_in(held, after, draw, failure, part):
            return
        part.unlink(missing_ok=True)
        raise


def _is_in(held: HeldBox, after: BoxState, draw: Draw, failure: StorageFailure, part: Path) -> bool:
    try:
        return held.rejoin(draw) == after
    except StorageFailure:
        raise StorageFailure(
            f"{failure}投票凭条是否已经生效，目前无法确定：“{part}”请勿删除，排除故障后再次执行同一命令，由本机核实。"
        ) from None


def _finished(request: SlipRequest, state: BoxState, hook: Hook) -> SlipsMade:
    """The slips are in already: give an interrupted call's own file its name, else refuse.

    Raises:
        RuleRefusal: there is no such file.
    """
    part = part_of(request.out)
    with suppress(StorageFailure):
        if paper_mark(state.slips.key, read_capped(part, _LARGEST_FILE, "凭条文件")) == state.slips.paper:
            _publish(request.out, hook)
            return SlipsMade(request.round_id, state.slips.made, resumed=True)
    raise RuleRefusal(_ONCE)


def _publish(out: Path, hook: Hook) -> None:
    part = part_of(out)
    try:
        with step(hook, "publish paper"):
            publish(part, out)
    except OSError as error:
        raise StorageFailure(
            f"投票凭条已经生效，但文件未能改名为“{out}”（{reason(error)}）：凭条在“{part}”中，"
            "请改名后打印，或再次执行同一命令。"
        ) from None
