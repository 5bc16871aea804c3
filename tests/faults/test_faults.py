"""The fault campaign's quick mode: each part loses, doubles and wrongly accepts nothing, and its control is caught.

The full campaign is `python -m benchmarks faults`; this runs the same code on a sample.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from faults.shim import cannot_preload

from benchmarks.faults import PARTS, campaign, holds, table_line

pytestmark = pytest.mark.skipif(bool(cannot_preload()), reason=cannot_preload() or "calls can be failed here")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_the_campaign(part: str, record_property: Callable[[str, object], None]) -> None:
    rows = list(campaign((part,), quick=True))
    done = [row for row in rows if not row["skipped"]]
    if not done:
        pytest.skip("; ".join(row["skipped"] for row in rows))
    for row in done:
        assert holds(row), table_line(row)
        record_property(row["what"], row["tried"])
    assert sum(row["tried"] for row in done) > 0
