"""The allow-list: digits, Enter, Backspace and Escape, pressed alone. Pure.

Everything else that a keyboard can send ends here: it has no name, so nothing can be done with it.
"""

from __future__ import annotations

SHIFT, CONTROL, MOD1, MOD3, MOD4 = 1, 1 << 2, 1 << 3, 1 << 5, 1 << 6
"""X.h: with one of these (Ctrl, Alt, Hyper, Super) a key is a shortcut, not a digit."""
_SHORTCUT = CONTROL | MOD1 | MOD3 | MOD4

_NAMED = {0xFF0D: "enter", 0xFF8D: "enter", 0xFF08: "backspace", 0xFF1B: "escape"}
"""keysymdef.h: Return, KP_Enter, BackSpace, Escape."""
_DIGITS = {0x30 + digit: str(digit) for digit in range(10)}
_KEYPAD = {0xFFB0 + digit: str(digit) for digit in range(10)}
_KEYPAD_UNLOCKED = dict(
    zip((0xFF9E, 0xFF9C, 0xFF99, 0xFF9B, 0xFF96, 0xFF9D, 0xFF98, 0xFF95, 0xFF97, 0xFF9A), "0123456789", strict=True),
)
"""KP_Insert, KP_End … KP_Prior: the keypad without NumLock; 0xFF9D is pynput's <65437>, the 5."""
_NAMES = _NAMED | _DIGITS


def allowed_x11(plain: int, shifted: int, state: int) -> str | None:
    """The kiosk's name of a key that may pass, else None.

    Args:
        plain: the key's keysym without Shift.
        shifted: with Shift. One of the two is a keypad's digit whatever NumLock says.
        state: X's modifier mask at the press.
    """
    if state & _SHORTCUT:
        return None
    keypad = _KEYPAD.get(shifted) or _KEYPAD.get(plain) or _KEYPAD_UNLOCKED.get(plain)
    return keypad or _NAMES.get(shifted if state & SHIFT and shifted else plain)


_VK_PASS = (
    frozenset({0x08, 0x0D, 0x1B, 0x90})  # VK_BACK, VK_RETURN, VK_ESCAPE, VK_NUMLOCK
    | frozenset(range(0x30, 0x3A))  # the row of digits
    | frozenset(range(0x60, 0x6A))  # VK_NUMPAD0 … 9
)
_ALT_DOWN = 0x20
"""LLKHF_ALTDOWN of KBDLLHOOKSTRUCT.flags."""


def passes_on_windows(virtual_key: int, flags: int) -> bool:
    """Whether a Windows key goes on to the console: digits, Enter, Backspace, Escape, NumLock, without Alt.

    Modifiers themselves never pass, so that no combination can be formed.

    Args:
        virtual_key: KBDLLHOOKSTRUCT.vkCode.
        flags: KBDLLHOOKSTRUCT.flags.
    """
    return virtual_key in _VK_PASS and not flags & _ALT_DOWN
