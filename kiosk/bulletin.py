"""公布.txt: the announced result as plain text, for the members who were absent (RULES.md section 8)."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk import texts
from kiosk.pages import Announcement
from rounds.results import OUTCOME_NAMES, PRIORITY_NAMES, reason_sentence


def bulletin(shown: Announcement) -> bytes:
    """The text of `shown`, UTF-8 with a byte-order mark and CRLF: the oldest Notepad in an office shows it right."""
    return "".join(f"{line}\r\n" for line in _lines(shown)).encode("utf-8-sig")


def _lines(shown: Announcement) -> Iterator[str]:
    figures = shown.figures
    yield f"{shown.title}结果公布"
    if shown.rehearsal:
        yield texts.REHEARSAL
    yield ""
    yield shown.sentence
    yield ""
    yield from _figures(shown)
    yield texts.outcome(OUTCOME_NAMES[figures.outcome])
    yield reason_sentence(figures)
    yield from (PRIORITY_NAMES[priority] for priority in figures.priorities)
    yield ""
    yield from (remark for remark in (shown.warning, *shown.remarks) if remark)
    yield ""
    yield texts.box(shown.box_words)
    yield texts.fingerprint(shown.fingerprint_words)
    yield f"{texts.CODE_TEXT}{shown.code}"


def _figures(shown: Announcement) -> Iterator[str]:
    figures = shown.figures
    attendance = zip(texts.ATTENDANCE, (shown.expected, figures.present), strict=True)
    yield "，".join(f"{label}{count}人" for label, count in attendance)
    account = (figures.issued, figures.collected, figures.valid, figures.invalid)
    yield "，".join(
        f"{label}{_close(texts.sheets(count))}" for label, count in zip(texts.ACCOUNT, account, strict=True)
    )
    if figures.rate_percent is None:
        yield texts.BOX_CLOSED
        return
    votes = (texts.votes(figures.satisfied), texts.votes(figures.unsatisfied), f"{figures.rate_percent}%")
    yield "，".join(f"{label}{_close(value)}" for label, value in zip(texts.VOTES, votes, strict=True))


def _close(value: str) -> str:
    return value.replace(" ", "")
