"""An entry point that forgets to clean the environment before it imports textual."""

from __future__ import annotations

import sys

from textual.app import ComposeResult
from textual.widgets import Label

from kiosk.hardened import HardenedApp, HardenedScreen, run_hardened


class Only(HardenedScreen):
    def compose(self) -> ComposeResult:
        yield Label("START")


class Tainted(HardenedApp):
    def on_mount(self) -> None:
        self.push_screen(Only())


if __name__ == "__main__":
    sys.exit(run_hardened(Tainted()))
