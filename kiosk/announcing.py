"""From a result file to the pages in the hall; what `verify` refuses is not announced."""

from __future__ import annotations

from pathlib import Path

from ballots_store.files import read_capped
from ballots_store.home import Home
from ballots_store.trust import enrolled
from kiosk import prompts
from kiosk.announcement import Announcement, AnnouncementApp
from kiosk.hardened import run_hardened
from rounds.chain import RoundEnd, read_card, read_result
from rounds.documents import CARD, RESULT, Result
from rounds.results import figures_of
from rounds.words import FINGERPRINT_WORDS, box_words, words

_CODE_DIGEST = 32
"""Hex digits of the result's digest in the QR code: 128 bits."""


def announce(home: Home, path: Path, trusted_card: Path | None) -> int:
    """Show the result `path` page by page until Esc; the exit status.

    Raises:
        RoundError: no terminal, or a file that does not verify.
    """
    roots = enrolled(home)
    if trusted_card is not None:
        card = read_card(read_capped(trusted_card, CARD.cap, CARD.title)).record
        roots[card.signing] = card.name
    verified = read_result(read_capped(path, RESULT.cap, RESULT.title), roots)
    prompts.check_terminal()
    return run_hardened(AnnouncementApp(announcement_of(verified)))


def announcement_of(verified: RoundEnd[Result]) -> Announcement:
    """The pages' content from a verified result."""
    result, basis = verified.end.record, verified.authorisation.record
    shown = figures_of(result)
    counts = f"{result.collected}/{result.satisfied or 0}/{result.unsatisfied or 0}"
    code = f"{result.chain.round_id} {counts} {verified.end.digest[:_CODE_DIGEST]}"
    return Announcement(
        title=basis.title,
        figures=shown,
        box_words=box_words(verified.zero_report.record.round_key),
        fingerprint_words=words(bytes.fromhex(verified.end.digest), FINGERPRINT_WORDS),
        code=code.upper(),  # capitals and digits make the smaller code
        rehearsal=verified.end.rehearsal,
        remarks=tuple(_remarks(result, verified)),
    )


def _remarks(result: Result, verified: RoundEnd[Result]) -> list[str]:
    """What the result admits, in the order in which a reader would ask."""
    conduct = result.conduct
    restarts = max(conduct.starts - 1, 0)
    remarks = [
        f"未达三分之二而结束的原因：{result.below_quorum_reason}。" if result.below_quorum_reason else "",
        f"团支部书记{'参加' if verified.authorisation.record.secretary_votes else '不参加'}测评。",
        f"投票中重新启动{restarts}次，开启口令输错{conduct.wrong_codes}次，由他人协助填写{conduct.helped}人。",
        f"启用应急码：{'是' if conduct.emergency_used else '否'}。",
        "" if conduct.stopped else "票箱未经投票界面封存即计票。",
        "密钥与票箱同在本机磁盘。" if verified.zero_report.record.key_storage == "same_disk" else "",
    ]
    return [remark for remark in remarks if remark]
