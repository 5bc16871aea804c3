"""A storm of keys, sizes, signals, bad bytes, pastes and floods over a whole round, beside a script that really votes.

The script alone knows the 开启口令 and alone presses Enter on a voter's screen at its time; whatever else reaches the
kiosk is noise. So at the end the box must hold the script's ballots and no others, and the kiosk must have answered
after each gust. `weather` says what fell: an exit, a silence, or a ballot that the script did not cast.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import attacks
from box_factory import OPENED
from hall import end_voting, stand, unlock
from real_kiosk import rehearsed, start
from terminal import Terminal

from ballots_store.closing import CloseRequest, close_round
from ballots_store.rehearsal import Rehearsal
from ballots_store.status import round_status
from rounds.sharing import Holder

PLANTED = Path(__file__).parent / "kiosk" / "apps" / "planted_kiosk.py"
SCREENS = {"locked": "请下一位团员上前", "aside": "我已独自一人", "ballot": "不选请按3", "review": "按 0 返回重选"}
ANSWERS = {"locked": "请输入数字", "aside": "请按 Enter\n", "ballot": "请按1或2", "review": "请按 Enter 或 0"}
NEVER = frozenset(b"\r\nMOu")
"""Bytes of Enter in any spelling (also ESC O M and CSI 13 u): on a voter's screen only the script may press it."""
SEQUENCES = (b"\x1b[A", b"\x1b[5~", b"\x1b[15~", b"\x1b[1;5C", b"\x1bOP", b"\x1b[Z", b"\x1ba", b"\x1b", b"\x7f", b"\t")
CODES = (
    b"\x1b[99999999u",
    b"\x1b[55296u",
    b"\x1b[122;1;55296:xu",
    b"\x1b[?1;2c",
    b"\x1b]52;c;1\a",
    b"\x1b]11;rgb:0/0/0",
)
BYTES = (
    b"\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xf8\x88",
    b"\xe6\xbb",
    "满".encode(),
    "２".encode(),
    b"\x00",
    b"\x1a",
)
MOUSE = (b"\x1b[<0;5;1m", b"\x1b[I", b"\x1b[200~", b"\x1b[201~")
GUST = 16
"""Tokens typed at once: few enough bytes that the kiosk hears them instead of dropping them as a flood."""
PATIENCE_S = 20.0


class FellError(Exception):
    """What the storm did to a kiosk."""


@dataclass
class Log:
    """What was done to one kiosk and what it was asked to cast."""

    keys: int = 0
    attacks: Counter[str] = field(default_factory=Counter)
    unlocked: int = 0
    cast: Counter[int] = field(default_factory=Counter)


def weather(
    folder: Path,
    seed: int,
    *,
    keys: int,
    cycles: int,
    planted: str = "",
    only: Sequence[str] = (),
    pins: bool = True,
    patience_s: float = PATIENCE_S,
) -> Log:
    """Hold a round of `cycles` voters in a storm of `keys` keys; the log of a kiosk that withstood it.

    Args:
        folder: an empty one.
        seed: of everything random.
        keys: random keys in all.
        cycles: voters of the script.
        planted: a defect of `planted_kiosk.py`; none by default.
        only: names of attacks to choose from; all by default.
        patience_s: seconds without an answer after which the kiosk counts as silent.
        pins: whether the noise may also try codes (and the script then waits up to a minute).

    Raises:
        FellError: it exited, fell silent, or holds other ballots than the script's.
    """
    rehearsal = rehearsed(folder, members=10 * cycles)
    program = [str(PLANTED), planted] if planted else ["-m", "kiosk"]
    home = {"BEIKAOBEI_HOME": str(rehearsal.home.path)}
    with Terminal([sys.executable, *program], env=home, cwd=rehearsal.home.path) as terminal:
        start(terminal, rehearsal)
        storm = _Storm(terminal, rehearsal, random.Random(seed), only, patience_s)  # noqa: S311  to be repeated
        try:
            for cycle in range(cycles):
                storm.voter(keys // (cycles * 5), wrong_pins=pins and cycle == 0)
            storm.reach("locked")
            end_voting(terminal, rehearsal.pin)
            status = terminal.exit_status()
        except (AssertionError, OSError) as error:
            raise FellError(f"{_state(terminal)}: {str(error).splitlines()[0]}") from error
    if status:
        raise FellError(f"exit status {status}")
    _compare(rehearsal, storm.log)
    return storm.log


def _state(terminal: Terminal) -> str:
    terminal.pump(1.0)
    return "silent" if terminal.running() else f"exit status {terminal.exit_status()}"


def _compare(rehearsal: Rehearsal, log: Log) -> None:
    codes = {Holder.SUPERVISOR: rehearsal.supervisor_code, Holder.TELLER: rehearsal.teller_code}
    held = round_status(rehearsal.home, rehearsal.round_id)
    if (held.issued, held.collected) != (log.unlocked, log.cast.total()):
        raise FellError(
            f"{held.collected} ballots of {held.issued} unlocks; the script made {log.cast.total()} of {log.unlocked}"
        )
    request = CloseRequest(rehearsal.round_id, codes, log.cast.total(), "演练结束")
    end = close_round(rehearsal.home, request, now=OPENED).end
    wanted = tuple(log.cast[choice] for choice in (1, 2, 3))
    if end.satisfied is not None and (end.satisfied, end.unsatisfied, end.invalid) != wanted:
        raise FellError("other choices than the script's")


class _Storm:
    def __init__(
        self,
        terminal: Terminal,
        rehearsal: Rehearsal,
        generator: random.Random,
        names: Sequence[str],
        patience_s: float,
    ) -> None:
        self.log = Log()
        self._terminal = terminal
        self._rehearsal = rehearsal
        self._draw = generator
        self._patience_s = patience_s
        self._names = tuple(names) or tuple(sorted(attacks.HARMLESS))

    def voter(self, keys: int, *, wrong_pins: bool) -> None:
        """One voter of the script, with noise on every screen."""
        self._gusts("locked", keys, enter=wrong_pins)
        for screen in ("aside", "ballot", "review"):
            self._gusts(screen, keys)
        choice = self._draw.choice((1, 2, 3))
        self.reach("ballot")
        self._press(str(choice), "review")
        before = self._collected()
        stand(self._terminal, 0.5)
        self._terminal.press("\r")
        self._terminal.wait_for("已投入票箱，请离开", self._patience_s)
        self.log.cast[choice] += 1
        self._noise(keys)  # on the thanks and through the pause
        self.reach("locked")
        assert self._collected() == before + 1, "another count of ballots than the script's"

    def reach(self, screen: str) -> None:
        """Come to `screen` from wherever the noise has led, by the script's own keys."""
        tries = 0.0
        while tries < self._patience_s:
            assert self._terminal.running(), "gone"
            self._terminal.resize(24, 80)
            stand(self._terminal, 0.6)
            shown = self._terminal.text()
            if SCREENS[screen] in shown and "请稍候" not in shown:
                return
            tries += 0.0 if "请等待" in shown else 0.6  # a wait after wrong tries lasts up to a minute, and counts down
            self._step(shown, screen)
        raise AssertionError(f"never came to {screen} from\n{self._terminal.text()}")

    def _step(self, shown: str, screen: str) -> None:
        if "任意键" in shown:
            self._terminal.press("x")
        elif "填写已中止" in shown or "进入管理菜单，请" in shown:
            self._terminal.press("\x1b")
            stand(self._terminal, 0.3)
            self._terminal.press("0\r")
        elif SCREENS["locked"] in shown and "请稍候" not in shown and "请等待" not in shown:
            self._terminal.press("\x1b")  # digits of the noise may stand in the prompt
            stand(self._terminal, 0.3)
            unlock(self._terminal, self._rehearsal.pin)
            self._terminal.wait_for(SCREENS["aside"], self._patience_s)
            self.log.unlocked += 1
        elif screen == "aside" and (SCREENS["ballot"] in shown or SCREENS["review"] in shown):
            self._terminal.press("\x1b")
        elif SCREENS["aside"] in shown or "内容已遮住" in shown:
            self._press("\r", "ballot")
        elif SCREENS["ballot"] in shown:
            self._press("1", "review")
        elif SCREENS["review"] in shown and screen == "ballot":
            self._press("0", "ballot")

    def _press(self, key: str, leads_to: str) -> None:
        stand(self._terminal, 0.5)
        self._terminal.press(key)
        self._terminal.wait_for(SCREENS[leads_to], self._patience_s)

    def _gusts(self, screen: str, keys: int, *, enter: bool = False) -> None:
        """Noise, an attack, a burst of type-ahead; then it must still be the script's turn, and answer."""
        self.reach(screen)
        self._noise(keys, enter=enter)
        name = self._draw.choice(self._names)
        assert self._terminal.running(), "gone"
        attacks.HARMLESS[name](self._terminal)
        self.log.attacks[name] += 1
        if screen in {"aside", "ballot"}:
            self.reach(screen)
            self._terminal.press("\r2\r\r\r" if screen == "aside" else "2\r\r\r")
        self._answers(screen)

    def _noise(self, keys: int, *, enter: bool = False) -> None:
        left = keys
        while left > 0:
            count = min(left, self._draw.randrange(1, GUST))
            # a dead program reads nothing: our own write would block for ever
            assert self._terminal.running(), "gone"
            self._terminal.press(b"".join(self._token(enter=enter) for _ in range(count))[:60])
            self._terminal.pump(0.008)
            self.log.keys += count
            left -= count

    def _token(self, *, enter: bool) -> bytes:
        if enter and self._draw.random() < 0.1:
            return b"\r"
        kind = self._draw.random()
        if kind < 0.75:  # a key: mostly what a keyboard has
            allowed = [code for code in range(256 if kind < 0.05 else 127) if code not in NEVER and code != 0x1B]
            return bytes([self._draw.choice(allowed)])
        return self._draw.choice((SEQUENCES, SEQUENCES, CODES, BYTES, MOUSE)[self._draw.randrange(5)])

    def _answers(self, screen: str) -> None:
        """Wherever the noise has led, a key is answered."""
        self.reach(screen)
        self._terminal.press("x")
        self._terminal.wait_until(
            lambda: ANSWERS[screen] in f"{self._terminal.text()}\n", "an answer", self._patience_s
        )

    def _collected(self) -> int:
        """What the locked screen said last: the script's own last look at it."""
        found = re.findall(r"已投 (\d+) / 应参加", self._terminal.raw.decode(errors="replace"))
        return int(found[-1])
