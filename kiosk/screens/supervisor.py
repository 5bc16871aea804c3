"""What the supervisor does besides letting voters in: menu, pause, helped voters, end of voting, cancel, not cast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len

from kiosk import texts
from kiosk.booth import Stopped
from kiosk.layout import pad, wrap_groups
from kiosk.screens.base import Hall, KioskScreen
from kiosk.screens.board import EMPTY, STRONG, Row, centred_row
from kiosk.screens.frame import column, column_width, headline
from kiosk.screens.pin import PinScreen


class SupervisorPin(PinScreen):
    """A PIN prompt with a headline and a reason."""

    HEADLINE: ClassVar[str]
    REASON: ClassVar[str] = ""

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Headline, then reason."""
        return [*headline(self.HEADLINE, width, height - 2), EMPTY, centred_row(self.REASON, width)]


class MenuPinScreen(SupervisorPin):
    """The PIN that opens the menu; nobody there: back to the locked screen."""

    HEADLINE = texts.MENU_PIN

    def accepted(self) -> None:
        """To the menu."""
        self.hall.flow.menu()

    def back(self) -> None:
        """`0` Enter: locked again."""
        self.hall.flow.lock()

    def expired(self) -> None:
        """Locked again."""
        self.hall.flow.lock()


class PausedScreen(SupervisorPin):
    """The voting is held."""

    HEADLINE = texts.PAUSED
    REASON = texts.PAUSED_WHY
    idles = False

    def accepted(self) -> None:
        """Locked, ready for the next voter."""
        self.hall.flow.lock()

    def back(self) -> None:
        """`0` Enter: the locked screen asks for the PIN as well."""
        self.hall.flow.lock()


class CancelScreen(SupervisorPin):
    """A voter pressed Esc: the choice is gone, the PIN ends the session.

    It idles like the voter's screens: a session that was left here must not stay open for the next person.
    """

    HEADLINE = texts.CANCEL
    REASON = texts.CANCEL_PIN
    KEY_LINE = texts.CANCEL_KEYS

    def accepted(self) -> None:
        """End the session without a ballot."""
        self.hall.flow.void()

    def back(self) -> None:
        """`0` Enter: the voter goes on from the beginning."""
        self.hall.flow.stand_aside()

    def expired(self) -> None:
        """End the session without a ballot."""
        self.hall.flow.void()


class NotCastScreen(SupervisorPin):
    """The session ended without a ballot; the supervisor sees it and locks. There is no way back to that session."""

    HEADLINE = texts.NOT_CAST
    REASON = texts.NOT_CAST_WHY
    KEY_LINE = texts.PIN_KEYS
    idles = False

    def body(self, width: int, height: int) -> Sequence[Row]:
        """With slips, that the slip is good again."""
        back = texts.SLIP_BACK if self.hall.booth.heading.slips else ""
        return [*super().body(width, height), EMPTY, centred_row(back, width)]

    def passed(self, since_key_s: float) -> None:
        """A stationed kiosk locks by itself: the supervisor may be far away, and nothing opens without a slip."""
        if self.hall.booth.heading.stationed and since_key_s >= self.hall.timings.not_cast_s:
            self.hall.flow.lock()

    def accepted(self) -> None:
        """Locked."""
        self.hall.flow.lock()


class ItemsScreen(KioskScreen):
    """Some items, each with one digit; left alone, it locks."""

    HEADLINE: ClassVar[str]
    ITEMS: ClassVar[tuple[str, ...]]

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Headline, what is to be known, the items below each other from one edge."""
        del height
        widest = max(map(cell_len, self.ITEMS))
        notes = [line for note in self.notes() for line in column(note, width)]
        items = [line for item in self.ITEMS for line in (centred_row(pad(item, widest), width), EMPTY)]
        return [
            centred_row(self.HEADLINE, width, STRONG),
            EMPTY,
            *(centred_row(line, width) for line in notes),
            EMPTY,
            *items,
        ]

    def notes(self) -> Sequence[str]:
        """What is to be known before choosing."""
        return ()

    def expired(self) -> None:
        """The supervisor has gone: a stranger must not choose."""
        self.hall.flow.lock()


class MenuScreen(ItemsScreen):
    """暂停, 登记, 结束, 检查, 返回."""

    HEADLINE = texts.MENU
    ITEMS = texts.MENU_ITEMS
    KEY_LINE = texts.MENU_KEYS

    def __init__(self, hall: Hall, message: str = "") -> None:
        """`message`: what has just been done."""
        super().__init__(hall)
        self.message = message

    def notes(self) -> Sequence[str]:
        """The counts, as on the locked screen."""
        heading = self.hall.booth.heading
        return (texts.cast_of(self.hall.booth.figures().collected, heading.expected),)

    def typed(self, key: str, character: str | None) -> None:
        """One digit."""
        del key
        flow = self.hall.flow
        match character:
            case "1":
                flow.pause()
            case "2":
                flow.ask_helped()
            case "3":
                flow.ask_end()
            case "4":
                flow.checks()
            case "0":
                flow.lock()
            case _:
                self.message = texts.MENU_KEYS


class HelpedScreen(ItemsScreen):
    """Asks before counting a helped voter: the count cannot be taken back."""

    HEADLINE = texts.HELPED_ASK
    ITEMS = texts.HELPED_ITEMS
    KEY_LINE = texts.PRESS_1_OR_0

    def notes(self) -> Sequence[str]:
        """Who may help (RULES.md section 1)."""
        return (texts.HELPED_RULE,)

    def typed(self, key: str, character: str | None) -> None:
        """One digit."""
        del key
        match character:
            case "1":
                self.hall.flow.helped()
            case "0":
                self.hall.flow.menu()
            case _:
                self.message = texts.PRESS_1_OR_0


class EndScreen(ItemsScreen):
    """Asks before the voting ends; going on is the default, below the quorum it is advised (RULES.md section 1)."""

    HEADLINE = texts.END_ASK
    ITEMS = texts.END_ITEMS
    KEY_LINE = texts.END_KEYS

    def notes(self) -> Sequence[str]:
        """How many have voted, how many are needed, how many are missing."""
        needed = self.hall.booth.heading.quorum_needed
        collected = self.hall.booth.figures().collected
        counts = f"{texts.cast_count(collected)}　{texts.quorum_line(needed)}"
        return (counts, texts.short_of(needed - collected)) if collected < needed else (counts, "")

    def typed(self, key: str, character: str | None) -> None:
        """One digit; Enter goes on voting."""
        if key == "enter" or character == "1":
            self.hall.flow.lock()
        elif character == "2":
            self.hall.flow.end()
        elif character == "0":
            self.hall.flow.menu()
        else:
            self.message = texts.END_KEYS


class StoppedScreen(KioskScreen):
    """收回票数 and 封箱码, until the supervisor has written them down."""

    idles = False

    def __init__(self, hall: Hall, stopped: Stopped) -> None:
        """Show what the box said when it was stopped."""
        super().__init__(hall)
        self._stopped = stopped

    def body(self, width: int, height: int) -> Sequence[Row]:
        """The count, then the words in full."""
        words = wrap_groups(self._stopped.seal_words, column_width(width))
        count = texts.collected_count(self._stopped.collected)
        return [
            centred_row(texts.STOPPED, width, STRONG),
            EMPTY,
            *headline(count, width, height - len(words) - 4),
            EMPTY,
            centred_row(texts.SEAL_WORDS, width),
            *(centred_row(line, width, STRONG) for line in words),
        ]

    def prompt(self) -> str:
        """What to do with them."""
        return texts.STOPPED_NOTE

    def typed(self, key: str, character: str | None) -> None:
        """Enter leaves the kiosk."""
        del character
        if key == "enter":
            self.hall.flow.leave()
        else:
            self.message = texts.PRESS_ENTER
