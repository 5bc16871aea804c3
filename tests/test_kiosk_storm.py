"""A short storm (`python -m benchmarks storm` is the long one); its controls: three planted defects."""

from __future__ import annotations

from pathlib import Path

import pytest
from storm import FellError, weather

pytestmark = pytest.mark.pty
SHORT = ("bad_utf8", "bad_kitty_codes", "closed_paste", "keyboard_signals")


def test_the_kiosk_stands_in_a_storm(tmp_path: Path) -> None:
    log = weather(tmp_path, 20170401, keys=1000, cycles=1, only=SHORT, pins=False)
    assert log.keys >= 1000
    assert log.cast.total() == 1


@pytest.mark.parametrize(("defect", "noticed"), [("crash", "exit status"), ("hang", "silent")])
def test_the_storm_notices_what_is_planted(defect: str, noticed: str, tmp_path: Path) -> None:
    with pytest.raises(FellError, match=noticed):
        weather(tmp_path, 20170401, keys=400, cycles=1, planted=defect, only=SHORT[:1], pins=False, patience_s=8.0)
