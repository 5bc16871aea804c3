"""What the screens are told of a round: its fixed texts, its window, what happened before a restart."""

from __future__ import annotations

from datetime import datetime

from ballots_store.held import HeldBox
from ballots_store.session import Heading, WindowClosed
from ballots_store.state import BoxState
from rounds.chain import window
from rounds.documents import Authorisation
from rounds.rules import quorum_needed
from rounds.words import box_words


def heading(held: HeldBox, state: BoxState) -> Heading:
    """What stands on the screens of this round."""
    basis, report = held.authorisation.record, held.zero_report.record
    rows = (
        ("姓名", basis.assessed.name),
        ("何年何月任团支部书记", basis.assessed.since),
        ("单位及职务", basis.assessed.post),
    )
    return Heading(
        title=basis.title,
        assessed=tuple((label, value) for label, value in rows if value),
        duties="".join(f"（{at}）{duty}" for at, duty in enumerate(basis.duties, 1)),
        box_words=box_words(report.round_key),
        registered=basis.registered,
        expected=basis.expected,
        quorum_needed=quorum_needed(basis.registered),
        rehearsal=held.authorisation.rehearsal,
        key_on_same_disk=report.key_storage == "same_disk",
        roster=held.store.roster,
        method=basis.method,
        slips=bool(state.slips.made),
        opens=basis.opens,
        closes=basis.closes,
    )


def check_window(authorisation: Authorisation, now: datetime, *, early: bool = False) -> None:
    """Refuse to unlock outside the authorised time.

    `early`: the beginning does not count, as a stationed box is sealed, and its slips handed out, before it begins.

    Raises:
        WindowClosed: too early or too late; the message names the limit.
    """
    opens, closes = window(authorisation)
    if opens and now < opens and not early:
        raise WindowClosed(f"未到批复的开始时间（{authorisation.opens}），不能开启：请核对本机时间。")
    if closes and now > closes:
        raise WindowClosed(f"已过批复的结束时间（{authorisation.closes}），不再开启：请结束投票。")


def restart_note(found: BoxState) -> str | None:
    """What the officers are told after a restart, None at the first start."""
    if not found.starts:
        return None
    last = "停机时有一次填写未完成，未投入票箱，计为未投" if found.pending else "停机前投入的测评票均在票箱内"
    return f"已投{found.collected}张；{last}。"
