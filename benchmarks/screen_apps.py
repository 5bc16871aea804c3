"""What `benchmarks.screens` runs in a terminal: the kiosk on a real box, or an app with one line.

    python -m benchmarks.screen_apps kiosk FOLDER | empty

Both say when they are about to paint: imports and the opening of the box are not counted.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

EMPTY, READY = "EMPTY", "ready to paint"
REST_S = 0.5
"""A process that has just worked hard (imports, key derivation) is put behind others by a busy machine."""


def _empty() -> None:
    from textual.app import App, ComposeResult  # noqa: PLC0415  each app imports what it needs, and that is measured
    from textual.widgets import Static  # noqa: PLC0415  as above

    class Empty(App[None]):
        """One line."""

        def compose(self) -> ComposeResult:
            """The line."""
            yield Static(EMPTY)

    _say_ready()
    Empty().run()


def _kiosk(folder: Path) -> None:
    from box_factory import make_box  # noqa: PLC0415  as above

    import benchmarks  # noqa: F401, PLC0415  finds the tests' factory
    from kiosk.app import KioskApp  # noqa: PLC0415  as above
    from kiosk.hardened import run_hardened  # noqa: PLC0415  as above
    from kiosk.timings import Timings  # noqa: PLC0415  as above

    box = make_box(folder / "home", members=45).start()
    _say_ready()
    run_hardened(KioskApp(box, timings=Timings(settled_s=0.0), clock=time.monotonic))
    box.close()


def _say_ready() -> None:
    time.sleep(REST_S)
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "kiosk":
        _kiosk(Path(sys.argv[2]))
    else:
        _empty()
