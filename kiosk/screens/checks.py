"""What the checks found, for the supervisor: what is not well first, page by page."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk import texts
from kiosk.checks.model import Finding, Level
from kiosk.layout import wrap
from kiosk.screens.base import Hall, KioskScreen
from kiosk.screens.board import EMPTY, STRONG, Row, centred_row, row
from kiosk.screens.frame import column_width

_ORDER = (Level.REFUSE, Level.WARN, Level.ASK, Level.OK)


class ChecksScreen(KioskScreen):
    """Enter turns the page, 0 goes back to the menu; left alone, it locks."""

    KEY_LINE = texts.CHECKS_KEYS

    def __init__(self, hall: Hall, findings: Sequence[Finding]) -> None:
        """Show `findings`, the worst first."""
        super().__init__(hall)
        self._findings = sorted(findings, key=lambda finding: _ORDER.index(finding.level))
        self._page = 0

    def body(self, width: int, height: int) -> Sequence[Row]:
        """As many findings as fit, none of them torn over two pages."""
        pages = self._pages(column_width(width), height - 3)
        self._page %= len(pages)
        place = texts.page_of(self._page + 1, len(pages)) if len(pages) > 1 else ""
        lines = pages[self._page]
        rows = [row("  " + line) for line in lines]
        filler = [EMPTY] * (height - 3 - len(rows))
        return [centred_row(texts.CHECKS, width, STRONG), EMPTY, *rows, *filler, centred_row(place, width)]

    def _pages(self, width: int, height: int) -> list[list[str]]:
        pages: list[list[str]] = [[]]
        for finding in self._findings:
            lines = _lines(finding, width)[:height]
            if pages[-1] and len(pages[-1]) + len(lines) > height:
                pages.append([])
            pages[-1].extend(lines)
        return pages

    def typed(self, key: str, character: str | None) -> None:
        """Enter and 0."""
        self.message = ""
        if key == "enter":
            self._page += 1
        elif character == "0":
            self.hall.flow.menu()
        else:
            self.message = texts.CHECKS_KEYS

    def expired(self) -> None:
        """The supervisor has gone."""
        self.hall.flow.lock()


def _lines(finding: Finding, width: int) -> list[str]:
    """One finding; what to do about it stands below it, further in."""
    first = f"{texts.CHECK_LEVELS[finding.level]}　{finding.name}：{finding.seen}。"
    below = wrap(finding.remedy, width - 6) if finding.remedy and finding.level is not Level.OK else []
    head, *more = wrap(first, width - 6)
    return [head, *("      " + line for line in [*more, *below])]
