"""What all tests share: hypothesis without a clock, a desk for the registry, pty tests marked in the report."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from canvass_desk import POSTGRESQL, Desk, new_desk, postgresql_address
from dealing import dealt, waits
from hypothesis import HealthCheck, settings

from ballots_store.medium import mount_of, parse_mountinfo, read_facts

pytest_plugins = ["admin_fixtures", "box_fixtures"]

# No official box is opened in memory, where some systems keep /tmp (Debian 13, Fedora): tests need a disk.
_PLACE = mount_of(PurePosixPath(tempfile.gettempdir()), parse_mountinfo(read_facts().mountinfo))
if _PLACE is not None and _PLACE.kind == "tmpfs":
    os.environ["TMPDIR"] = tempfile.tempdir = "/var/tmp"  # noqa: S108  the system's folder for them on a disk

# Screens are drawn for 256 colours wherever the tests run; those of other terminals name theirs.
os.environ["TERM"] = "xterm-256color"

# On a busy machine a slow example is slow, not wrong.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Iterator[Desk]:
    """For what is SQLite's alone."""
    with new_desk(tmp_path / "desk") as made:
        yield made


needs_postgresql = pytest.mark.skipif(
    not os.environ.get(POSTGRESQL), reason=f"no PostgreSQL: {POSTGRESQL} names none (.ci/run starts one as root)"
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A registry on each back end in turn."""
    if request.param == "sqlite":
        with new_desk(tmp_path / "desk") as made:
            yield made
    else:
        with postgresql_address() as url, new_desk(tmp_path / "desk", url) as made:
            yield made


def cores() -> int:
    return os.cpu_count() or 1


def pytest_xdist_auto_num_workers() -> int:
    """Three workers more than there are cores: theirs are the tests that mostly wait, as people do before a screen."""
    return cores() + 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """CI reads from the report whether a pty test was skipped; tests that wait begin beside tests that compute."""
    for item in items:
        if item.get_closest_marker("pty"):
            item.user_properties.append(("pty", "1"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > cores():
        waiting = {item.path for item in items if waits(item)}
        items[:] = dealt(items, workers, workers - cores(), lambda item: item.path in waiting)
