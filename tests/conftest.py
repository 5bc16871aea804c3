"""Marks each pty test in the report, so that CI can tell whether one was skipped."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("pty"):
            item.user_properties.append(("pty", "1"))
