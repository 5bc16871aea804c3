"""The pages of one announcement: giant figures with the same as ordinary text beside them, nothing read or decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from rich.cells import cell_len

from kiosk import texts
from kiosk.giant import largest
from kiosk.grid import Shown, bar, grid, table
from kiosk.layout import fit, pad, wrap_groups
from kiosk.qr import fitting
from kiosk.screens.board import EMPTY, PLAIN, STRONG, Row, beside, centred_row, middle, row, row_width
from kiosk.screens.frame import column, column_width, headline
from rounds.results import OUTCOME_NAMES, PRIORITY_NAMES, Figures, reason_sentence
from rounds.rules import Outcome

_WORDS_WIDTH = 32
"""Cells beside the QR code for 箱号 and fingerprint."""
_GAP = 3
_BARS_WIDTH = 100
"""Cells of the longest bar with its label and count."""
_HIGH = 40
"""Rows of a body from which a bar is drawn thicker."""

OUTCOMES_BIG = {
    Outcome.SATISFIED: ("测评结果：满意", "满意"),
    Outcome.UNSATISFIED: ("测评结果：不满意", "不满意"),
    Outcome.INVALID: ("本次测评无效", "无效"),
}
"""The outcome in giant writing, in full and short."""


@dataclass(frozen=True)
class Announcement:
    """One verified result as the hall sees it.

    Below quorum `figures` has None for whatever would need an open box; the pages then say that it stayed closed.
    """

    title: str
    figures: Figures
    expected: int
    """应到: the members who were expected to take part, the secretary only where he votes (RULES.md section 1)."""
    box_words: str
    """箱号."""
    fingerprint_words: str
    """The first words of the result file's digest."""
    code: str
    """What the QR code holds: round, counts and the whole digest, in capitals and digits."""
    sentence: str
    """本次测评应参加团员X名…, the sentence that is read aloud."""
    rehearsal: bool = False
    warning: str = ""
    """One line on every page, e.g. that the signing organisation is not enrolled (未验证)."""
    remarks: tuple[str, ...] = ()
    """Sentences below the reason: restarts, 启用应急码 and what else the result admits."""


class Pages:
    """The pages of one announcement; each draws itself in at most `width` × `height` cells."""

    def __init__(self, announcement: Announcement) -> None:
        """Prepare the pages of `announcement`."""
        self._shown = announcement
        self.all = (self.attendance, self.account, self.votes, self.outcome, self.box)

    def attendance(self, width: int, height: int) -> Sequence[Row]:
        """应到, 实到."""
        counts = (self._shown.expected, self._shown.figures.present)
        return _figures(texts.ATTENDANCE, counts, texts.persons, width, height)

    def account(self, width: int, height: int) -> Sequence[Row]:
        """发出, 收回, 有效, 无效."""
        figures = self._shown.figures
        counts = (figures.issued, figures.collected, figures.valid, figures.invalid)
        return _figures(texts.ACCOUNT, counts, texts.sheets, width, height)

    def votes(self, width: int, height: int) -> Sequence[Row]:
        """满意, 不满意, 满意度, and a bar for each count; below quorum only that the box stayed closed."""
        figures = self._shown.figures
        if figures.rate_percent is None:
            return headline(texts.BOX_CLOSED, width, height, *texts.BOX_CLOSED_BIG)
        counts = (figures.satisfied, figures.unsatisfied)
        rate = f"{figures.rate_percent}%"
        shown = [*_shown(texts.VOTES[:2], counts, texts.votes), Shown(texts.VOTES[2], rate, rate)]
        thick = 2 if height >= _HIGH else 1
        bars = self._bars(width, thick)
        if written := grid(shown, width, height - len(bars) - 1):
            return [*written, EMPTY, *bars]
        inline = [*map(self._with_bar, shown[:2], counts), shown[2]]
        return grid(inline, width, height) or [*table(shown, width, height - len(bars) - 1), EMPTY, *bars]

    def _with_bar(self, one: Shown, count: int | None) -> Shown:
        return replace(one, share=Fraction(count or 0, self._shown.figures.collected))

    def _bars(self, width: int, thick: int) -> list[Row]:
        """满意, 不满意, 无效 as bars `thick` rows high; a bar of every ballot collected would take the whole width."""
        figures = self._shown.figures
        counts = (figures.satisfied or 0, figures.unsatisfied or 0, figures.invalid or 0)
        lines = [f"{pad(label, 6)} {count:>7} " for label, count in zip(texts.BARS, counts, strict=True)]
        whole = min(width - 4, _BARS_WIDTH)
        longest = whole - cell_len(lines[0])
        rows: list[Row] = []
        for line, count in zip(lines, counts, strict=True):
            drawn = bar(Fraction(count, figures.collected), longest)
            rows.extend([(*row(line), *drawn), *[(*row(" " * cell_len(line)), *drawn)] * (thick - 1)])
            rows.extend([EMPTY] * (thick - 1))
        return [(*row(" " * ((width - whole) // 2)), *line) for line in rows]

    def outcome(self, width: int, height: int) -> Sequence[Row]:
        """The outcome, why, the whole sentence and what the result admits; giant where the sentences leave room."""
        figures = self._shown.figures
        priorities = (PRIORITY_NAMES[priority] for priority in figures.priorities)
        sentences = (reason_sentence(figures), *priorities, self._shown.sentence, *self._shown.remarks)
        wrapped = [line for sentence in sentences for line in column(sentence, width)]
        name = OUTCOME_NAMES[figures.outcome]
        plain = [centred_row(line, width, STRONG) for line in column(texts.outcome(name), width)]
        big = largest(OUTCOMES_BIG[figures.outcome], width - 4, height - len(plain) - len(wrapped) - 1)
        head = [*(middle(line, width) for line in big), *plain]
        lines = fit(wrapped, height - len(head) - 1, column_width(width))
        left = " " * ((width - max(map(row_width, map(row, lines)))) // 2)
        return [*head, EMPTY, *(row(left + line) for line in lines)]

    def box(self, width: int, height: int) -> Sequence[Row]:
        """箱号 and fingerprint in words, the code beside them where it fits."""
        words = [
            *(row(line, STRONG) for line in wrap_groups(texts.box(self._shown.box_words), _WORDS_WIDTH)),
            EMPTY,
            *(row(line) for line in wrap_groups(texts.fingerprint(self._shown.fingerprint_words), _WORDS_WIDTH)),
        ]
        code = fitting(self._shown.code, width - 4 - _GAP - _WORDS_WIDTH, height)
        if not code:
            return [*(middle(line, width) for line in words), EMPTY, centred_row(texts.NO_ROOM_FOR_CODE, width)]
        words = [*words, EMPTY, *(row(line) for line in texts.CODE_NOTE)]
        blank = [EMPTY] * ((len(code) - len(words)) // 2)
        right = [*blank, *words, *[EMPTY] * len(code)][: len(code)]
        code_width = row_width(code[0])
        left = " " * ((width - code_width - _GAP - _WORDS_WIDTH) // 2)
        return [(*row(left, PLAIN), *line) for line in beside(code, right, code_width, _GAP)]


def _shown(labels: Sequence[str], counts: Sequence[int | None], spelled: Callable[[int | None], str]) -> list[Shown]:
    """Labelled counts, figures filled to one width so that they stand below each other."""
    widest = max(len(str(count)) for count in counts)
    figures = ["" if count is None else str(count).rjust(widest) for count in counts]
    return [
        Shown(label, spelled(count), figure or spelled(count))
        for label, count, figure in zip(labels, counts, figures, strict=True)
    ]


def _figures(
    labels: Sequence[str],
    counts: Sequence[int | None],
    spelled: Callable[[int | None], str],
    width: int,
    height: int,
) -> list[Row]:
    shown = _shown(labels, counts, spelled)
    return grid(shown, width, height) or table(shown, width, height)
