from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from admin_script import Admin
from derivations import Remembering

from rounds import keyfile


@pytest.fixture
def _remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are tested here, not derivations: `tests/rounds/test_keyfile.py` pays for those."""
    monkeypatch.setattr(keyfile, "Argon2id", Remembering)


@pytest.fixture
def admin(tmp_path: Path, _remembered: None) -> Admin:
    """A fresh home in a fresh folder."""
    return Admin(tmp_path)


@pytest.fixture(scope="session")
def organised(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Admin]:
    """Copies of one home with an organisation key and a round of 6 in which 3满 1不 1空 were cast."""
    first = Admin(tmp_path_factory.mktemp("organised"))
    first.hold("满不满空满")

    def copy(to: Path) -> Admin:
        shutil.copytree(first.folder, to / "copy")
        made = Admin(to / "copy")
        made.codes = dict(first.codes)
        return made

    return copy


@pytest.fixture
def voted(tmp_path: Path, organised: Callable[[Path], Admin], _remembered: None) -> Admin:
    """A home whose round has been voted in and stopped, ready for `close`."""
    return organised(tmp_path)


@pytest.fixture(scope="session")
def _closed(tmp_path_factory: pytest.TempPathFactory, organised: Callable[[Path], Admin]) -> Admin:
    made = organised(tmp_path_factory.mktemp("closed"))
    ran = made.run("close", "--present", 5, "--out", made.path("r.result"))
    assert ran.code == 0, ran.err
    return made


@pytest.fixture
def closed(tmp_path: Path, _closed: Admin, _remembered: None) -> Admin:
    """A home whose round is closed, with `r.result` beside it."""
    shutil.copytree(_closed.folder, tmp_path / "copy")
    made = Admin(tmp_path / "copy")
    made.codes = dict(_closed.codes)
    return made
