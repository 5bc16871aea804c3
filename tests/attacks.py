"""What a hand, a paste, a terminal or a shell can send to a terminal program. Each takes a running `Terminal`.

None of them looks at the screen: whether the program withstood is for the caller to ask.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

from terminal import Terminal

Attack = Callable[[Terminal], None]

SIZES = ((1, 1), (1, 80), (24, 1), (2, 3), (5, 20), (23, 80), (24, 79), (24, 80), (40, 120), (90, 300), (24, 80))
"""(rows, columns); the last is the usual one."""


def bad_utf8(terminal: Terminal) -> None:
    terminal.press(b"\xff")
    terminal.press(b"\xc3\x28\xe6\xbb\xed\xa0\x80\xf8\xfe\x80")


def unclosed_paste(terminal: Terminal) -> None:
    terminal.press(b"\x1b[200~")


def closed_paste(terminal: Terminal) -> None:
    terminal.press(b"\x1b[200~1\r\r\x1b[201~")


def big_paste(terminal: Terminal) -> None:
    terminal.press(b"\x1b[200~" + b"1\r" * 100_000)  # 200 kB


def raw_flood(terminal: Terminal) -> None:
    terminal.press(b"1\r" * 10_000)


def bad_kitty_codes(terminal: Terminal) -> None:
    for code in (b"99999999", b"1114112", b"55296", b"122;", b"122;0", b"1;;1114112", b";;", b"122;1;55296:x"):
        terminal.press(b"\x1b[" + code + b"u")


def unterminated_strings(terminal: Terminal) -> None:
    for opener in b"]P_^X":
        terminal.press(b"\x1b" + bytes([opener]) + b"52;c;1")


def terminal_reports(terminal: Terminal) -> None:
    for report in (b"?2048;1$y", b"?2026;9$y", b"48;1;1;1;1t", b"48;0;0;0;0t", b"1;1R", b"?1;2c", b"I", b"O"):
        terminal.press(b"\x1b[" + report)


def in_band_resize(terminal: Terminal) -> None:
    terminal.press(b"\x1b[48;1;1;1;1t")


def mouse_reports(terminal: Terminal) -> None:
    for report in (b"\x1b[<0;5;1M", b"\x1b[<0;5;1m", b"\x1b[M 11", b"\x1b[32;1;1M", b"\x1b[<99999999999;1;1M"):
        terminal.press(report)


def control_keys(terminal: Terminal) -> None:
    """Ctrl with every letter but those that are Enter, Tab and Backspace, and with @ \\ ] ^ _."""
    for code in {0, *range(1, 27), 28, 29, 30, 31} - {8, 9, 10, 13}:
        terminal.press(bytes([code]))


def function_keys(terminal: Terminal) -> None:
    for number in range(1, 35):
        for modifiers in (b"", b";2", b";5", b";9"):
            terminal.press(b"\x1b[%d" % number + modifiers + b"~")
    for letter in b"ABCDEFGHPQRSZ":
        terminal.press(b"\x1b[" + bytes([letter]))
        terminal.press(b"\x1bO" + bytes([letter]))


def noise(terminal: Terminal, seed: int = 20170401) -> None:
    """Random bytes without digits and Enter, so that nothing is chosen by chance."""
    generator = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    allowed = sorted(set(range(256)) - set(b"0123456789\r\n"))
    for _ in range(60):
        terminal.press(bytes(generator.choices(allowed, k=generator.randrange(1, 50))))
        terminal.pump(0)


def size_sweep(terminal: Terminal) -> None:
    """Every size with paging keys in between, then a storm of changes, at last 24 x 80."""
    for rows, columns in SIZES:
        terminal.resize(rows, columns)
        terminal.press(b"\x1b[6~\x1b[5~\x1b[F\x1b[H")
        terminal.pump(0.05)
    for step in range(300):
        terminal.resize(1 + step % 90, 1 + (step * 7) % 300)
        terminal.kill(signal.SIGWINCH)
    terminal.resize(24, 80)


def keyboard_signals(terminal: Terminal) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
        terminal.kill(number)
    terminal.kill(signal.SIGCONT)


def stop_and_continue(terminal: Terminal) -> None:
    terminal.kill(signal.SIGSTOP)
    terminal.kill(signal.SIGCONT)


def drum(terminal: Terminal, keys: str) -> None:
    """Type blindly, as fast as a held key repeats."""
    for key in keys:
        terminal.press(key)
        terminal.pump(0.02)


HARMLESS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        bad_utf8,
        unclosed_paste,
        closed_paste,
        big_paste,
        raw_flood,
        bad_kitty_codes,
        unterminated_strings,
        terminal_reports,
        mouse_reports,
        control_keys,
        function_keys,
        noise,
        size_sweep,
        keyboard_signals,
        stop_and_continue,
    )
}
"""Attacks after which a kiosk must stand on the same screen and take the next key."""
