"""Lines for a terminal: cleaned, wrapped with kinsoku, measured in cells.

Rich wraps Chinese between any two characters; printed Chinese never begins a line with ；。， or ends one with 《
(KIOSK.md, "The screen from ten paces"). Text comes from documents that other people wrote: nothing in it may reach the
terminal as a control.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

NO_START = frozenset("；。，、！？：…—）》」』】〕”’%％,.;:!?)]}")
"""Characters that never begin a line."""
NO_END = frozenset("（《「『【〔“‘([{")
"""Characters that never end a line."""

ELLIPSIS = "……"

_OBEYED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


_TWINS = {"“": "「", "”": "」", "‘": "『", "’": "』", "—": "－", "…": "．", "·": "・", "×": "Ｘ", "√": "Ｖ"}
"""What stands for common characters of ambiguous width where a terminal draws those two cells wide."""
_GETA = "〓"
"""A printer's mark for a character that cannot be set."""


class _Terminal:
    """How the terminal of this process draws; asked once, before the first screen."""

    ambiguous_wide = False


def assume(*, ambiguous_wide: bool) -> None:
    """Lay out for a terminal that draws characters of ambiguous width two cells wide, or one (`kiosk.probe`)."""
    _Terminal.ambiguous_wide = ambiguous_wide


def ambiguous_is_wide() -> bool:
    """Whether the terminal draws characters of ambiguous width (▀ “ …) two cells wide."""
    return _Terminal.ambiguous_wide


def clean(text: str) -> str:
    """Replace what a terminal might obey or reorder (controls, bidi marks, halves of pairs) by a space; keep line ends.

    Private and not yet assigned characters stay: rare characters of names live there. Where the terminal draws
    characters of ambiguous width in two cells, twins of certain width take their place: nothing may shift a line.
    """
    shown = "".join(map(_of_certain_width, text)) if _Terminal.ambiguous_wide else text
    return "".join(" " if unicodedata.category(c) in _OBEYED and c != "\n" else c for c in shown)


def _of_certain_width(character: str) -> str:
    """The character, its twin or plain form ('①' → '1'), or the printer's mark where it has neither."""
    if not _is_ambiguous(character):
        return character
    twin = _TWINS.get(character) or unicodedata.normalize("NFKC", character)
    return _GETA if any(map(_is_ambiguous, twin)) else twin


def _is_ambiguous(character: str) -> bool:
    return unicodedata.east_asian_width(character) == "A"


def wrap(text: str, width: int) -> list[str]:
    """Break `text` into lines of at most `width` cells (at least 2), with kinsoku and whole ASCII words.

    A word or a run of punctuation wider than a line is broken anywhere: a line too long would be worse.
    """
    lines: list[str] = []
    for paragraph in clean(text).split("\n"):
        lines.extend(_wrapped(paragraph, max(2, width)))
    return lines


def wrap_groups(text: str, width: int) -> list[str]:
    """Break `text` at its spaces only, so that words to be compared stay whole; a group too wide is broken as prose."""
    lines = [""]
    for group in clean(text).split():
        longer = f"{lines[-1]} {group}".lstrip(" ")
        if cell_len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(group)
    return [part for line in lines for part in wrap(line, width)]


def _wrapped(paragraph: str, width: int) -> list[str]:
    lines = [""]
    for cluster in _clusters(paragraph):
        for piece in _pieces(cluster, width):
            if cell_len(lines[-1]) + cell_len(piece) > width:
                lines.append("")
            lines[-1] += piece if lines[-1] else piece.lstrip(" ")
    return [line.rstrip(" ") for line in lines]


def _clusters(paragraph: str) -> Iterator[str]:
    """Yield the shortest pieces between which a line may break."""
    cluster = ""
    for character in paragraph:
        if cluster and _may_break(cluster[-1], character):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _may_break(before: str, after: str) -> bool:
    if after in NO_START or before in NO_END or unicodedata.combining(after):
        return False
    return not (_in_word(before) and _in_word(after))


def _in_word(character: str) -> bool:
    return character.isascii() and not character.isspace()


def _pieces(cluster: str, width: int) -> Iterator[str]:
    """Yield `cluster` whole, or cut where it would not fit on a line of its own."""
    piece = ""
    for character in cluster:
        if piece and cell_len(piece) + cell_len(character) > width:
            yield piece
            piece = ""
        piece += character
    yield piece


def fit(lines: Sequence[str], height: int, width: int) -> list[str]:
    """The first `height` lines; where some were left out, the last one ends in an ellipsis within `width` cells."""
    if len(lines) <= height:
        return list(lines)
    if height <= 0:
        return []
    return [*lines[: height - 1], cut(lines[height - 1] + ELLIPSIS, width, always=True)]


def cut(text: str, width: int, *, always: bool = False) -> str:
    """`text` on one line of at most `width` cells, with an ellipsis where it was shortened.

    `always`: `text` ends in an ellipsis already, which is kept when it must be shortened.
    """
    line = clean(text).replace("\n", " ")
    if cell_len(line) <= width:
        return line
    ellipsis = clean(ELLIPSIS)
    body = line.removesuffix(ellipsis) if always else line
    return set_cell_size(body, max(0, width - cell_len(ellipsis))).rstrip(" ") + ellipsis


def pad(text: str, width: int) -> str:
    """`text` filled with spaces to exactly `width` cells, or cut there."""
    return set_cell_size(text, width)


def centred(text: str, width: int) -> str:
    """`text` in the middle of `width` cells."""
    return pad(" " * max(0, (width - cell_len(text)) // 2) + text, width)
