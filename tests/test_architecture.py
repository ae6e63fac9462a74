"""The house stays as it was drawn: who may import whom, what is pure, who reads settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
# Higher may import lower, never back; units of one row do not see each other.
LAYERS = (
    {"errors"},
    {"settings", "declarations"},
    {"stix"},
    {"taxii", "profile"},
    {"store"},
    {"sharing"},
    {"server", "producer"},
    {"cli", "wiring"},
    {"__init__", "__main__"},
)
RANK = {unit: rank for rank, units in enumerate(LAYERS) for unit in units}
TOGETHER = {"cli", "wiring"}  # the one row whose units work together
NEVER = {"server": {"store"}, "producer": {"server", "sharing", "store"}}
PURE = {"stix", "taxii", "profile"}
IMPURE = {"apsw", "flask", "os", "pathlib", "pymongo", "requests", "socket", "sqlite3"}
MODULES = sorted((TOP / "hub").rglob("*.py"))


def unit_of(module: Path) -> str:
    parts = module.relative_to(TOP / "hub").with_suffix("").parts
    return parts[0]


def imports(module: Path) -> Iterator[str]:
    """Every module that is imported, late imports among them, in full."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(TOP)))
def test_imports_go_down_only(module: Path) -> None:
    """Higher layers import lower ones, never back and never sideways; pure packages touch no files, nets or stores."""
    mine = unit_of(module)
    for name in imports(module):
        package, *rest = name.split(".")
        if mine in PURE:
            assert package not in IMPURE, f"hub/{mine} is pure, and imports {name}"
        theirs = rest[0] if package == "hub" and rest[0] in RANK else mine
        if theirs != mine:
            assert RANK[theirs] < RANK[mine] or {mine, theirs} <= TOGETHER, f"{mine} may not import {name}"
            assert theirs not in NEVER.get(mine, set()), f"{mine} may not import {name}"


def test_only_the_edges_read_settings() -> None:
    """Below hub/cli and hub/wiring.py everything gets its values as arguments: no environment, no settings file."""
    for module in MODULES:
        if unit_of(module) not in {"cli", "wiring"}:
            nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
            used = {node.id for node in nodes if isinstance(node, ast.Name)}
            used |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
            assert not used & {"load_settings", "environ", "getenv"}, module


def test_declarations_are_no_packages() -> None:
    """With an __init__.py in collections/, every Python started in the checkout would import it as the standard one."""
    for folder in ("collections", "profiles"):
        assert not list((TOP / folder).rglob("*.py"))


def test_public_names_are_sorted() -> None:
    """What analysts may use is one sorted list."""
    tree = ast.parse((TOP / "hub/__init__.py").read_text(encoding="utf-8"))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    lists = [node.value for node in assigned if ast.unparse(node.targets[0]) == "__all__"]
    assert len(lists) == 1
    names = ast.literal_eval(lists[0])
    assert names
    assert list(names) == sorted(set(names))
