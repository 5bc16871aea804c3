"""The house's arrows: checked as the linter reads the source and as the interpreter loads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("rounds", "ballots_store", "canvass", "kiosk", "admin_cli")
DATABASES = {"sqlite3", "sqlite_utils", "sqlalchemy"}
SCREENS = {"textual", "pynput"}
COMMANDS = {"click", "rich"}


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)


def modules_of(package: str) -> list[str]:
    """Every module of a package but `__main__`, which would run."""
    files = sorted((ROOT / package).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


def loaded_by(modules: list[str]) -> set[str]:
    """The top-level packages in a fresh interpreter after importing these modules."""
    done = python(f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})")
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("rounds", SCREENS | DATABASES | COMMANDS | {"ballots_store", "canvass", "kiosk", "admin_cli", "filelock"}),
        # sqlite-utils loads click for its own command; that this house does not, the linter's contract says
        ("ballots_store", SCREENS | {"sqlalchemy", "canvass", "kiosk", "admin_cli"}),
        ("canvass", SCREENS | COMMANDS | {"sqlite_utils", "ballots_store", "kiosk", "admin_cli"}),
    ],
)
def test_what_a_package_never_loads(package: str, forbidden: set[str]) -> None:
    loaded = loaded_by(modules_of(package))
    assert package in loaded
    assert loaded & forbidden == set()


def test_the_kiosks_command_starts_without_the_guard_and_the_registry() -> None:
    loaded = loaded_by(["kiosk.__main__"])
    assert loaded & {"pynput", "canvass", "sqlalchemy", "admin_cli"} == set()


def test_the_commands_never_load_a_widget() -> None:
    assert loaded_by(modules_of("admin_cli")) & SCREENS == set()


def test_control_the_probe_sees_what_is_loaded() -> None:
    assert {"sqlite3", "click"} <= loaded_by(["sqlite3", "click"])


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).with_name("lint-imports")),
        "--no-cache",
        "--config",
        str(folder / "pyproject.toml"),
    ]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, env={"COLUMNS": "200"})


def test_the_linters_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert " 0 broken" in done.stdout


def test_control_the_linter_sees_an_arrow_the_wrong_way(tmp_path: Path) -> None:
    """The same contracts over a copy of the house in which the core asks for the clock and for a widget."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    assert lint(tmp_path).returncode == 0
    (tmp_path / "rounds" / "clock.py").write_text("import time\n\nimport kiosk\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("BROKEN") == 2
