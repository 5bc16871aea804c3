"""The two choices of the ballot as one group: one size, one colour, one shape, whatever the window.

Nothing here knows what a voter has chosen. Side by side where both fit, below each other where not, giant where the
window has room and as ordinary text on equal panels where it has not; the first way that fits is taken, for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from kiosk import layout, texts
from kiosk.giant import Hand, hands
from kiosk.layout import centred, pad
from kiosk.screens.board import EMPTY, STRONG, Row, beside, filled, middle, panel, row, row_width
from rounds.choices import Choice

_GAP = 6
"""Cells between two panels."""
_PANEL_WIDTH, _PANEL_HEIGHT = 44, 11
"""The largest panel of ordinary text, in cells."""
_FRAME_WIDTH, _FRAME_HEIGHT = 4, 2
"""Cells of a panel that are its frame."""
_PADDING = 2
"""Cells between frame and writing, both sides together."""
_MARGIN = 4
"""Cells of a line that stay free, both sides together."""
_COLUMN_GAP = 3
"""Cells between giant digit, giant label and text where the choices stand below each other."""

_CHOICES = (Choice.SATISFIED, Choice.UNSATISFIED)


def group(width: int, height: int) -> tuple[Row, ...]:
    """Both choices in at most `width` × `height` cells, every row of one width."""
    return _group(width, height, layout.ambiguous_is_wide())


@cache
def _group(width: int, height: int, ambiguous_wide: bool) -> tuple[Row, ...]:
    del ambiguous_wide  # `hands` knows it; here it is part of the cache's key
    return next(tuple(rows) for rows in _ways(width - _MARGIN, height) if rows)


def _ways(width: int, height: int) -> Iterator[list[Row]]:
    """Side by side as on the printed form, as large as it goes, then below each other."""
    for ways in ((_panels_with_digits, _panels), (_stacked,)):
        yield from (way(hand, width, height) for hand in hands() for way in ways)
    yield _plain_panels(width, height)


def _widest(hand: Hand) -> int:
    return max(hand.width(label) or 0 for label in texts.LABELS.values())


def _panels_with_digits(hand: Hand, width: int, height: int) -> list[Row]:
    """Panels side by side, the digit giant too; nothing where they do not fit."""
    return _side_by_side(hand, width, height, digits=True)


def _panels(hand: Hand, width: int, height: int) -> list[Row]:
    """Panels side by side; nothing where they do not fit."""
    return _side_by_side(hand, width, height, digits=False)


def _side_by_side(hand: Hand, width: int, height: int, *, digits: bool) -> list[Row]:
    panel_height = _FRAME_HEIGHT + 2 + hand.height * (1 + digits)
    if panel_height > height:  # looked at first: the bitmaps of that size need not be read
        return []
    panel_width = _FRAME_WIDTH + _PADDING + _widest(hand)
    if 2 * panel_width + _GAP > width:
        return []
    one, two = (panel(_written(hand, choice, digits=digits), panel_width, panel_height) for choice in _CHOICES)
    return beside(one, two, panel_width, _GAP)


def _written(hand: Hand, choice: Choice, *, digits: bool) -> list[Row]:
    """Digit and label of one choice, and both as ordinary text; as wide for one choice as for the other."""
    widest = _widest(hand)
    digit = [middle(line, widest) for line in hand.write(str(choice.value))] if digits else []
    label = [middle(line, widest) for line in hand.write(texts.LABELS[choice])]
    plain = row(centred(texts.choice_line(choice), widest), STRONG)
    return [*(filled(line, widest) for line in (*digit, *label, EMPTY)), plain]


def _stacked(hand: Hand, width: int, height: int) -> list[Row]:
    """One below the other: giant digit, giant label, and both as ordinary text; nothing where they do not fit."""
    if 2 * hand.height + 1 > height:
        return []
    texts_width = max(row_width(row(texts.choice_line(choice))) for choice in _CHOICES)
    digit_width = hand.width("0") or 0
    whole = digit_width + _widest(hand) + texts_width + 2 * _COLUMN_GAP
    if whole > width:
        return []
    one, two = (_line(hand, choice, digit_width, texts_width) for choice in _CHOICES)
    return [*one, filled(EMPTY, whole), *two]


def _line(hand: Hand, choice: Choice, digit_width: int, texts_width: int) -> list[Row]:
    plain = [filled(EMPTY, texts_width)] * hand.height
    plain[hand.height // 2] = row(pad(texts.choice_line(choice), texts_width), STRONG)
    label = [filled(line, _widest(hand)) for line in hand.write(texts.LABELS[choice])]
    right = beside(label, plain, _widest(hand), _COLUMN_GAP)
    return beside(hand.write(str(choice.value)), right, digit_width, _COLUMN_GAP)


def _plain_panels(width: int, height: int) -> list[Row]:
    """Ordinary text on two panels: for terminals on which nothing giant fits."""
    panel_width = min((width - _GAP) // 2, _PANEL_WIDTH)
    inner = panel_width - _FRAME_WIDTH
    one, two = (
        # One style over the whole width: cell for cell both panels look the same, however long the label.
        panel(
            [row(centred(line, inner), STRONG) for line in (str(choice.value), "", texts.LABELS[choice])],
            panel_width,
            min(height, _PANEL_HEIGHT),
        )
        for choice in _CHOICES
    )
    return beside(one, two, panel_width, _GAP)
