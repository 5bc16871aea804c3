"""The product's own kiosk with one defect planted: the storm and the leak tests must notice.

planted_kiosk.py crash | hang | ungated
"""

from __future__ import annotations

import sys
import time

from kiosk.__main__ import main
from kiosk.gate import Gate
from kiosk.screens.voter import BallotScreen

_KEYS = frozenset("QWERTYqwerty")


def plant(defect: str) -> None:
    """Put the defect in."""
    sound = BallotScreen.chosen

    def crashes(screen: BallotScreen, key: str, character: str | None) -> None:
        if character in _KEYS:
            raise RuntimeError("planted")
        sound(screen, key, character)

    def hangs(screen: BallotScreen, key: str, character: str | None) -> None:
        if character in _KEYS:
            time.sleep(3600)
        sound(screen, key, character)

    if defect == "ungated":
        Gate.admits = lambda *_: True  # type: ignore[method-assign] # the defect
    else:
        setattr(BallotScreen, "chosen", {"crash": crashes, "hang": hangs}[defect])  # noqa: B010  mypy has no word for it


if __name__ == "__main__":
    plant(sys.argv.pop(1))
    sys.exit(main(sys.argv[1:]))
