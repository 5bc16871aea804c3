"""From ten paces nobody reads a choice off the screen: the states of all choices, compared cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from every_screen import SCREENS, SIZES, cells, dressed, hall, is_ambiguous
from rich.segment import Segment

from kiosk import texts
from kiosk.giant import hands, largest
from kiosk.layout import assume
from kiosk.screens import ballot
from kiosk.screens.base import Hall, KioskScreen
from kiosk.screens.board import PLAIN, REVERSED, Row, centred_row, middle
from kiosk.screens.voter import ReviewScreen
from kiosk.theme import OFFICIAL
from rounds.choices import Choice

Screen = Callable[[Hall, Choice], KioskScreen]
WORD_CELLS = max(len(name) for name in texts.REVIEWED.values()) * 2


def tells(screen: Screen, size: tuple[int, int]) -> list[str]:
    """What gives the choice away across a room; empty for a screen that keeps it."""
    pictures = [cells(dressed(screen(hall(), choice).rows(*size), size[0], OFFICIAL)) for choice in Choice]
    found = []
    for y, lines in enumerate(zip(*pictures, strict=True)):
        places = [x for x, here in enumerate(zip(*lines, strict=True)) if len(set(here)) > 1]
        if not places:
            continue
        found.append(f"row {y}: cells {places[0]}-{places[-1]}")
        if any(len({style for _, style in here}) > 1 for here in zip(*lines, strict=True)):
            found.append(f"row {y}: another colour or brightness")
        if any(is_ambiguous(line[x][0] or "x") for line in lines for x in places):
            found.append(f"row {y}: drawn, not written")
        if places[-1] - places[0] >= WORD_CELLS:
            found.append(f"row {y}: more than a word")
    return found if len(found) != 1 else []


class GiantReview(ReviewScreen):
    """A planted fault: the choice stands giant above its text."""

    def body(self, width: int, height: int) -> Sequence[Row]:
        name = texts.LABELS.get(self._choice or Choice.BLANK, "空白")
        return [*(middle(line, width) for line in largest((name,), width, height)), centred_row(name, width)]


class BrightReview(ReviewScreen):
    """A planted fault: one of the choices is reversed."""

    def body(self, width: int, height: int) -> Sequence[Row]:
        rows = [*super().body(width, height)]
        if self._choice is Choice.UNSATISFIED:
            rows[0] = tuple(Segment(segment.text, REVERSED) for segment in rows[0])
        return rows


class ShiftedReview(ReviewScreen):
    """A planted fault: one of the choices stands a row lower."""

    def body(self, width: int, height: int) -> Sequence[Row]:
        rows = [*super().body(width, height)]
        return [*rows[1:], rows[0]] if self._choice is Choice.UNSATISFIED else rows


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_review_differs_in_one_word_of_body_size(size: tuple[int, int]) -> None:
    assert not tells(ReviewScreen, size)
    for biased in (GiantReview, BrightReview, ShiftedReview):  # the controls
        assert tells(biased, size), biased.__name__


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_but_the_review_knows_the_choice(size: tuple[int, int]) -> None:
    def covered(shown: Hall, choice: Choice) -> KioskScreen:
        screen = ReviewScreen(shown, choice)
        screen.forget()
        return screen

    pictures = [cells(covered(hall(), choice).rows(*size)) for choice in Choice]
    assert pictures[0] == pictures[1] == pictures[2]
    uncovered = [cells(ReviewScreen(hall(), choice).rows(*size)) for choice in Choice]
    assert uncovered[0] != uncovered[1]  # the control


def occurrences(group: Sequence[Row], block: Sequence[Row]) -> int:
    """How often `block` stands in `group`, cell for cell."""
    whole, part = cells(list(group)), cells(list(block))
    height, width = len(part), len(part[0])
    return sum(
        all(whole[y + dy][x : x + width] == part[dy] for dy in range(height))
        for y in range(len(whole) - height + 1)
        for x in range(len(whole[0]) - width + 1)
    )


def fair(group: Sequence[Row]) -> bool:
    """Whether 满意 stands twice at one and the same giant size: once alone, once behind 不."""
    sizes = [hand for hand in hands() if occurrences(group, hand.write("满意"))]
    return [occurrences(group, hand.write("满意")) for hand in sizes] == [2] and bool(
        occurrences(group, sizes[0].write("不满意"))
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_both_choices_have_one_size_and_one_look(size: tuple[int, int]) -> None:
    group = ballot.group(size[0], 20 if size[1] < 30 else size[1] - 11)
    assert fair(group)
    styles = {style for line in cells(list(group)) for _, style in line}
    assert len(styles) == 3  # plain, strong for the words, reversed for what is all ink
    large, small = (hand for hand in hands() if hand.size in (24, 16))
    biased = [*large.write("满意"), *small.write("不满意")]
    widest = max(sum(segment.cell_length for segment in line) for line in biased)
    padded = [(*line, Segment(" " * (widest - sum(s.cell_length for s in line)), PLAIN)) for line in biased]
    assert not fair(padded)  # the control: the first prototype


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_both_choices_take_the_same_room(size: tuple[int, int]) -> None:
    lines = cells(list(ballot.group(size[0], 20 if size[1] < 30 else size[1] - 11)))
    assert len({len(line) for line in lines}) == 1
    texts_of = ["".join(character for character, _ in line) for line in lines]
    one = next((y, line.index("1　满意")) for y, line in enumerate(texts_of) if "1　满意" in line)
    two = next((y, line.index("2　不满意")) for y, line in enumerate(texts_of) if "2　不满意" in line)
    assert one[0] == two[0] or one[1] == two[1]  # beside or below each other


@pytest.mark.parametrize("size", [(80, 24), (120, 33), (160, 45), (240, 67), (320, 90)], ids=str)
@pytest.mark.parametrize("wide", [False, True])
def test_a_ballot_stands_at_every_size(size: tuple[int, int], wide: bool) -> None:
    assume(ambiguous_wide=wide)
    try:
        shown = ["".join(segment.text for segment in row) for row in SCREENS["ballot"](hall()).rows(*size)]
    finally:
        assume(ambiguous_wide=False)
    assert len(shown) == size[1]
    for text in (texts.CHOOSE, texts.BLANK_KEY, "满意", "不满意"):
        assert any(text in line for line in shown)
