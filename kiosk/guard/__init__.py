"""The input guard: pynput takes the whole keyboard, so that no shortcut of the desktop leaves the kiosk.

The session's configuration does the locking (deploy/); this is the second layer (KIOSK.md, "Locking the laptop").
Never needed to vote: while it holds nothing, keys come through the terminal as ever, and the locked screen says
键盘未锁定 and what to do. Off unless asked for (`--guard`): a grab takes the keyboard of the whole session, and only
who made the session knows that it is the kiosk's own.

| module | holds |
|---|---|
| states | what the locked screen says |
| keys | which keys pass; pure |
| watch | the thread that takes, watches and takes again |
| x11, listener | the grab through pynput's listener |
| windows | the hook through pynput's filter |

A listener is a key logger by nature. Nothing of a key is kept here: no list, no count, no time, no log, and no
exception leaves this package with a key in its frames.
"""

from __future__ import annotations

from kiosk.guard.states import GuardState
from kiosk.guard.watch import InputGuard, input_guard

__all__ = ["GuardState", "InputGuard", "input_guard"]
