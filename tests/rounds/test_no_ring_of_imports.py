"""No two modules import each other when they run, not even late: import-linter looks at packages only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("rounds", "ballots_store", "canvass", "kiosk", "admin_cli")


def modules() -> dict[str, Path]:
    """Every module of the product by its name."""
    found = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in found}


def imported(node: ast.AST) -> Iterator[str]:
    """Every name that is imported when the module runs or a function of it is called; those for types alone are not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from imported(child)


def graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """Which of these modules each of them imports; a name inside a module counts for the module."""
    found: dict[str, set[str]] = {}
    for module, source in sources.items():
        names = imported(ast.parse(source))
        whole = {name if name in sources else name.rpartition(".")[0] for name in names}
        found[module] = whole & sources.keys()
    return found


def test_no_module_imports_one_that_imports_it() -> None:
    sources = {module: path.read_text(encoding="utf-8") for module, path in modules().items()}
    imports = graph(sources)
    assert sum(map(len, imports.values())) > len(sources)
    assert "kiosk.guard.states" in imports["kiosk.guard.x11"]
    TopologicalSorter(imports).prepare()  # raises where there is a ring


def test_a_late_import_makes_a_ring_and_one_for_types_does_not() -> None:
    """The control."""
    late = {"a": "def f():\n    from b import x", "b": "import a"}
    with pytest.raises(CycleError):
        TopologicalSorter(graph(late)).prepare()
    typed = {"a": "if TYPE_CHECKING:\n    from b import x", "b": "import a"}
    TopologicalSorter(graph(typed)).prepare()
    assert graph(typed) == {"a": set(), "b": {"a"}}
