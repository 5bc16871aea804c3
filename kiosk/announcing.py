"""From a result file to the pages in the hall; what `verify` refuses is not announced."""

from __future__ import annotations

from pathlib import Path

from ballots_store.files import read_capped, write_new
from ballots_store.home import Home
from ballots_store.trust import enrolled
from kiosk import prompts
from kiosk.announcement import AnnouncementApp
from kiosk.bulletin import bulletin
from kiosk.hardened import run_hardened
from kiosk.layout import assume
from kiosk.pages import Announcement
from rounds.chain import RoundEnd, read_card, read_result
from rounds.documents import CARD, RESULT, Result
from rounds.results import figures_of, result_sentence
from rounds.words import FINGERPRINT_WORDS, box_words, words


def announce(home: Home, path: Path, trusted_card: Path | None, text: Path | None = None) -> int:
    """Show the result `path` page by page until Esc; the exit status.

    Args:
        home: where the trusted organisations are enrolled.
        path: the result file.
        trusted_card: the card of one more organisation to trust.
        text: a new file for the same as plain text (公布.txt), written whole before the first page is shown.

    Raises:
        RoundError: no terminal, a file that does not verify, or a text file that exists or cannot be written.
    """
    roots = enrolled(home)
    if trusted_card is not None:
        card = read_card(read_capped(trusted_card, CARD.cap, CARD.title)).record
        roots[card.signing] = card.name
    shown = announcement_of(read_result(read_capped(path, RESULT.cap, RESULT.title), roots))
    assume(ambiguous_wide=prompts.check_terminal().ambiguous_wide)
    if text is not None:
        write_new(text, bulletin(shown))
    return run_hardened(AnnouncementApp(shown))


def announcement_of(verified: RoundEnd[Result]) -> Announcement:
    """The pages' content from a verified result."""
    result, basis = verified.end.record, verified.authorisation.record
    shown = figures_of(result)
    return Announcement(
        title=basis.title,
        figures=shown,
        expected=basis.expected,
        box_words=box_words(verified.zero_report.record.round_key),
        fingerprint_words=words(bytes.fromhex(verified.end.digest), FINGERPRINT_WORDS),
        code=_code(verified),
        sentence=result_sentence(shown, expected=basis.expected),
        rehearsal=verified.end.rehearsal,
        remarks=tuple(_remarks(result, verified)),
    )


def _code(verified: RoundEnd[Result]) -> str:
    """Round, 应到/实到/发出/收回/有效/无效/满意/不满意 and the whole digest; what stays uncounted is '-'.

    Capitals, digits and ' /-' alone: QR codes hold those in fewer modules than other text.
    """
    result = verified.end.record
    expected = verified.authorisation.record.expected
    account = (expected, result.present, result.issued, result.collected, result.valid, result.invalid)
    counts = (*account, result.satisfied, result.unsatisfied)
    spelled = "/".join("-" if count is None else str(count) for count in counts)
    return f"{result.chain.round_id} {spelled} {verified.end.digest}".upper()


def _remarks(result: Result, verified: RoundEnd[Result]) -> list[str]:
    """What the result admits, in the order in which a reader would ask."""
    conduct = result.conduct
    restarts = max(conduct.starts - 1, 0)
    basis = verified.authorisation.record
    absent = f"不参加测评，应到{basis.expected}人；是否达到三分之二仍按登记注册团员{basis.registered}名计算"
    remarks = [
        f"未达三分之二而结束的原因：{result.below_quorum_reason}。" if result.below_quorum_reason else "",
        f"团支部书记{'参加测评' if basis.secretary_votes else absent}。",
        f"投票中重新启动{restarts}次，开启口令输错{conduct.wrong_codes}次，由他人协助填写{conduct.helped}人。",
        f"启用应急码：{'是' if conduct.emergency_used else '否'}。",
        "" if conduct.stopped else "票箱未经投票界面封存即计票。",
        "密钥与票箱同在本机磁盘。" if verified.zero_report.record.key_storage == "same_disk" else "",
    ]
    return [remark for remark in remarks if remark]
