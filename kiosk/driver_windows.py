"""The driver for a Windows console: Textual's own, with what can be taken from it.

Not covered by the pty tests: the console's input passes through Textual's parser, so an unclosed paste is kept out only
by the terminal's settings there (KIOSK.md, Windows: shortcuts unbound, Assigned Access).
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from textual.drivers.windows_driver import WindowsDriver

    class KioskDriver(WindowsDriver):
        """Has the few names of `kiosk.driver.KioskDriver` that the app calls."""

        can_suspend = False
        active = False

        def take_terminal(self) -> None:
            """Do nothing: no process is stopped and continued on Windows."""

        def abandon(self) -> None:
            """Do nothing: a console window takes its process with it."""

        def open_url(self, url: str, new_tab: bool = True) -> None:
            """Open nothing."""
