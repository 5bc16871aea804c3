"""Stock Textual asking for the PIN with its own Input widget, then two screens further."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Input, Static


class Page(Screen[None]):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def compose(self) -> ComposeResult:
        yield Static(f"PAGE {self.number}")
        if self.number == 1:
            yield Input(password=True)

    def on_input_submitted(self) -> None:
        self.app.switch_screen(Page(2))

    def key_space(self) -> None:
        self.app.switch_screen(Page(self.number + 1))


class Asking(App[None]):
    def on_mount(self) -> None:
        self.push_screen(Page(1))


if __name__ == "__main__":
    Asking().run()
