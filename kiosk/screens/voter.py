"""The voter's screens: stand aside, ballot, review, thanks.

The screen is part of the box (SECRECY.md): whatever is chosen, there are as many key presses, the same places, one
size, one colour, one brightness and one sound. The choice lives in one place, the review, and is dropped when it is
cast, covered or left.
"""

from __future__ import annotations

from collections.abc import Sequence

from kiosk import texts
from kiosk.giant import largest
from kiosk.layout import fit, pad
from kiosk.screens import ballot
from kiosk.screens.base import Hall, KioskScreen
from kiosk.screens.board import EMPTY, STRONG, Row, centred_row, middle, row, row_width, spelled
from kiosk.screens.frame import column, column_width, headline
from rounds.choices import Choice

_AROUND_GROUP = 3
"""Rows of the ballot around the two choices: what to do, the key for a blank ballot, an empty one before it."""


class VoterScreen(KioskScreen):
    """A screen on which the voter is alone: Esc and idling drop the choice at once and end in no ballot."""

    KEY_LINE = texts.CALL_SUPERVISOR

    def typed(self, key: str, character: str | None) -> None:
        """Esc asks for the supervisor; everything else is the screen's."""
        if key == "escape":
            self.forget()
            self.hall.flow.cancel()
        else:
            self.chosen(key, character)

    def chosen(self, key: str, character: str | None) -> None:
        """Take a key other than Esc."""
        raise NotImplementedError

    def expired(self) -> None:
        """The voter has gone: never cast for anyone."""
        self.hall.flow.void()


class AsideScreen(VoterScreen):
    """Asks the others to step away; who is assessed, how to vote, what is not recorded."""

    def body(self, width: int, height: int) -> Sequence[Row]:
        """The promises always stand; the duties, read aloud before the voting, give way where rows are few."""
        text_width = column_width(width)
        left = " " * ((width - text_width) // 2)
        rows = [
            *(row(left + line) for line in self._assessed(text_width)[: height - 7]),
            row(left + texts.HOW_TO),
            row(left + texts.SECRECY),
        ]
        heading = self.hall.booth.heading
        duties = fit(column(texts.DUTIES + heading.duties, width), height - len(rows) - 3, text_width)
        name = self._giant_name(width, height - len(rows) - len(duties) - 4)
        top = [centred_row(texts.STAY_AWAY, width, STRONG), EMPTY, *name]
        return [*top, *rows, EMPTY, *(row(left + line) for line in duties)]

    def prompt(self) -> str:
        """The one key that goes on."""
        return texts.ALONE

    def chosen(self, key: str, character: str | None) -> None:
        """Enter: alone."""
        del character
        if key == "enter":
            self.hall.flow.mark()
        else:
            self.message = texts.PRESS_ENTER

    def _giant_name(self, width: int, height: int) -> list[Row]:
        """Who is assessed, giant where it fits and every character of the name is there; and an empty row."""
        written = largest((self.hall.booth.heading.assessed[0][1],), width - 4, height)
        return [*(middle(line, width) for line in written), EMPTY] if written else []

    def _assessed(self, width: int) -> list[str]:
        rows = (("", texts.ASSESSED), *self.hall.booth.heading.assessed)
        return [line for label, value in rows for line in fit(column(_labelled(label, value), width), 2, width)]


def _labelled(label: str, value: str) -> str:
    return f"　{label}：{value}" if label else f"{value}："


class BallotScreen(VoterScreen):
    """The two choices at one size in one colour, none marked; a blank ballot is below, apart (附件1: two 等次)."""

    DENSE = True

    def body(self, width: int, height: int) -> Sequence[Row]:
        """The choices as one group, as large as both fit; the key for a blank ballot below."""
        group = ballot.group(width, height - _AROUND_GROUP)
        gaps = min(2, height - _AROUND_GROUP - len(group))
        return [
            centred_row(texts.CHOOSE, width),
            *[EMPTY] * min(1, gaps),
            *(middle(line, width) for line in group),
            *[EMPTY] * max(1, gaps),
            centred_row(texts.BLANK_KEY, width),
        ]

    def chosen(self, key: str, character: str | None) -> None:
        """`1`, `2` and `3` go to the review; every other key is told what to press."""
        del key
        choice = _BY_KEY.get(character or "")
        if choice is None:
            self.message = texts.PRESS_1_OR_2
        else:
            self.hall.flow.review(choice)


_BY_KEY = {str(choice.value): choice for choice in Choice}


class ReviewScreen(VoterScreen):
    """Names the choice in text of body size, at the same place for all three; Enter casts, 0 goes back."""

    HELD_A_CHOICE = True

    def __init__(self, hall: Hall, choice: Choice) -> None:
        """Hold `choice`: the only place it stands until it is cast or dropped."""
        super().__init__(hall)
        self._choice: Choice | None = choice

    def body(self, width: int, height: int) -> Sequence[Row]:
        """The choice, or that it is covered."""
        del height
        if self._choice is None:
            return [EMPTY, EMPTY, centred_row(texts.COVERED, width, STRONG), EMPTY, EMPTY]
        line = _reviewed(width)[self._choice]
        return [line, EMPTY, centred_row(texts.FINAL, width), EMPTY, EMPTY]

    def prompt(self) -> str:
        """What Enter does."""
        return "" if self._choice is None else texts.CAST_KEY

    def forget(self) -> None:
        """Drop the choice."""
        self._choice = None

    def passed(self, since_key_s: float) -> None:
        """Cover the choice when nobody has touched a key for a while."""
        if since_key_s >= self.hall.timings.cover_s:
            self.forget()
            self.message = self.message if self._alerted else ""

    def chosen(self, key: str, character: str | None) -> None:
        """Enter casts what is shown; covered, Enter starts again."""
        self.message = ""
        if self._choice is None:
            self._answer_covered(key)
        elif key == "enter":
            self._cast()
        elif character == "0":
            self.forget()
            self.hall.flow.mark()
        else:
            self.message = texts.PRESS_ENTER_OR_0

    def _answer_covered(self, key: str) -> None:
        if key == "enter":
            self.hall.flow.mark()
        else:
            self.message = texts.PRESS_ENTER

    def _cast(self) -> None:
        # Taken out before the box is asked: whatever happens there, this screen cannot cast again.
        choice, self._choice = self._choice, None
        if choice is not None:
            self.hall.flow.cast(choice)


def _reviewed(width: int) -> dict[Choice, Row]:
    """The line of each choice at one place, character by character.

    Rich and Textual keep texts that they have measured, and freed memory keeps those that they have drawn: always all
    three are measured, and what is drawn is single characters (tests/secrecy scans the process for the rest).
    """
    widest = max(texts.REVIEWED.values(), key=len)
    slot = row_width(row(texts.YOUR_CHOICE + widest))
    return {
        choice: middle(spelled(pad(texts.YOUR_CHOICE + name, slot)), width) for choice, name in texts.REVIEWED.items()
    }


class ThanksScreen(KioskScreen):
    """Says that the ballot is in and nothing else; takes no key."""

    idles = False

    def body(self, width: int, height: int) -> Sequence[Row]:
        """One sentence, the same whatever was chosen."""
        return headline(texts.THANKS, width, height, *texts.THANKS_BIG)

    def passed(self, since_key_s: float) -> None:
        """Lock after the time of thanks."""
        if since_key_s >= self.hall.timings.thanks_s:
            self.hall.flow.lock(after_cast=True)
