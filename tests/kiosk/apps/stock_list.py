"""Stock Textual with a list to page through: the widget that a voter screen must not have."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import OptionList


class Listing(App[int]):
    def compose(self) -> ComposeResult:
        yield OptionList(*(f"member {number}" for number in range(60)))


if __name__ == "__main__":
    app = Listing()
    app.run()
    sys.exit(app.return_code)
