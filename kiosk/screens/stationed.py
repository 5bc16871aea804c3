"""What the locked screen says where slips open a session, and how a stationed kiosk rests between two voters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk import texts
from kiosk.booth import Heading
from kiosk.screens.board import EMPTY, STRONG, Row, centred_row


@dataclass(frozen=True)
class EntryWords:
    """The words around the locked screen's one prompt; with slips they never say which of the two was typed."""

    call: str
    prompt: str
    keys: str
    checking: str
    wrong: str
    window: str = ""


_PIN = EntryWords(texts.NEXT_MEMBER, texts.PIN_PROMPT, texts.LOCKED_KEYS, texts.CHECKING, texts.WRONG_PIN)
_PIN_OR_SLIP = EntryWords(
    texts.PIN_OR_SLIP_CALL,
    texts.PIN_OR_SLIP_PROMPT,
    texts.PIN_OR_SLIP_KEYS,
    texts.PIN_OR_SLIP_CHECKING,
    texts.WRONG_PIN_OR_SLIP,
)


def entry_words(heading: Heading) -> EntryWords:
    """The words for this round."""
    if heading.stationed:
        window = texts.window(heading.opens, heading.closes)
        checking = texts.PIN_OR_SLIP_CHECKING
        return EntryWords(texts.SLIP_CALL, texts.SLIP_PROMPT, texts.SLIP_KEYS, checking, texts.WRONG_SLIP, window)
    return _PIN_OR_SLIP if heading.slips else _PIN


def resting(heading: Heading, step: int, width: int, height: int) -> Sequence[Row]:
    """A few lines that stand at another height every while, so that no screen keeps them after days."""
    lines = [
        centred_row(texts.STATIONED, width, STRONG),
        centred_row(texts.window(heading.opens, heading.closes), width),
        centred_row(texts.box(heading.box_words), width),
    ]
    above = step * 2 % max(height - len(lines), 1)
    return [*[EMPTY] * above, *lines, *[EMPTY] * (height - len(lines) - above)]
