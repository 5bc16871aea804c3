"""Figures of this house, each beside its floor measured in the same run (DESIGN.md, last table).

The boxes and rounds that are measured come from the tests' own factories, so those folders are importable here.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

for _folder in (*(ROOT / "tests" / name for name in ("ballots_store", "admin_cli", "canvass")), ROOT / "tests", ROOT):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
