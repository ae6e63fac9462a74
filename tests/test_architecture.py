"""The house stays as it was drawn: who may import whom, what is pure, who reads settings."""

from __future__ import annotations

import ast
import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.places import TOP

HUB = TOP / "hub"
# Two branches share the lowest units and do not see each other. In each, a unit imports those to its right, never back;
# units of one set do not see each other.
GROUND = (
    {"pages", "profile", "taxii", "protocol"},
    {"stix"},
    {"settings", "declarations"},
    {"errors", "version", "terminal", "notebook"},
)
SERVER = ({"server"}, {"audit"}, {"community"}, {"sharing"}, {"store"}, *GROUND)
PRODUCER = ({"desk"}, {"producer"}, {"release"}, {"rendering"}, {"reports", "home"}, *GROUND)
EDGES = {"cli", "wiring", "__init__", "__main__"}  # they see both branches
NEVER = {"server": {"store"}}  # the server asks the hub, never the store
PURE = {"stix", "taxii", "profile", "protocol"}
IMPURE = {"apsw", "flask", "os", "pathlib", "pymongo", "requests", "socket", "sqlite3", "time"}
MOST_LINES = 500  # of one file
LARGEST_SHARE = 1 / 3  # of all lines, in one folder of hub/
MODULES = sorted(set(HUB.rglob("*.py")) - set((HUB / "docs").rglob("*.py")))


def unit_of(module: Path) -> str:
    """The first folder below hub/, or the file itself."""
    return module.relative_to(HUB).with_suffix("").parts[0]


@dataclass(frozen=True)
class Contents:
    """What these tests ask about a file."""

    imports: tuple[str, ...]  # every name, in full; imports inside functions and below TYPE_CHECKING are among them
    names: frozenset[str]
    attributes_of_os: frozenset[str]


@functools.cache
def contents(module: Path) -> Contents:
    """Of one file, which is parsed once for all tests."""
    imports: list[str] = []
    names, attributes = set(), set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imports += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are written in full"
            imports += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            attributes.add(node.attr)
    return Contents(tuple(imports), frozenset(names), frozenset(attributes))


@functools.cache
def imported_modules(module: Path) -> frozenset[Path]:
    """The files of hub/ that a file imports."""
    return frozenset(target for name in contents(module).imports if (target := file_of(name)) is not None)


@functools.cache
def file_of(name: str) -> Path | None:
    """The file that holds an imported name: a module, a package, or the module that defines it."""
    parts = name.split(".")
    if parts[0] != "hub":
        return None
    for length in (len(parts), len(parts) - 1):
        path = TOP.joinpath(*parts[:length])
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def short(module: Path) -> str:
    """The file's path below hub/."""
    return str(module.relative_to(HUB))


def rank_of(unit: str, branch: Sequence[set[str]]) -> int | None:
    """How far to the right a unit is in a branch."""
    return next((rank for rank, units in enumerate(branch) if unit in units), None)


def may_import(importer: str, imported: str) -> bool:
    """Whether one unit of hub/ may import another."""
    if importer == imported:
        return True
    if importer in EDGES:
        return imported not in {"__init__", "__main__"} or importer == "__main__" or imported == "__init__"
    if imported in NEVER.get(importer, set()):
        return False
    for branch in (SERVER, PRODUCER):
        rank, imported_rank = rank_of(importer, branch), rank_of(imported, branch)
        if rank is not None and imported_rank is not None and imported_rank > rank:
            return True
    return imported == "__init__" and importer not in PURE  # the version, and what the package says of itself


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(TOP)))
def test_a_file_imports_what_its_layer_may(module: Path) -> None:
    """Higher layers import lower ones, never back and never sideways; pure packages touch no files, nets, clocks or stores."""
    importer = unit_of(module)
    for target in imported_modules(module):
        assert may_import(importer, unit_of(target)), f"{importer} may not import {target.relative_to(TOP)}"
    if importer in PURE:
        for name in contents(module).imports:
            assert name.split(".")[0] not in IMPURE, f"hub/{importer} is pure, and imports {name}"


def test_no_files_import_each_other_in_a_circle() -> None:
    """Not even below TYPE_CHECKING or inside a function: what needs each other is one thing, or is cut wrongly."""
    graph = {module: imported_modules(module) - {module} for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(short(module) for module in reversed(error.args[1])))


def test_formats_of_reports_do_not_import_each_other() -> None:
    """A format can be added or removed by itself; what formats share is in reports/reading."""
    formats = HUB / "reports" / "formats"
    for module in formats.rglob("*.py"):
        own = module.relative_to(formats).with_suffix("").parts[0]
        for target in imported_modules(module):
            if target.is_relative_to(formats):
                other = target.relative_to(formats).with_suffix("").parts[0]
                pair = f"{own} -> {other}"
                assert other in {own, "__init__"}, pair


def test_no_file_and_no_folder_is_too_large() -> None:
    """A file over 500 lines tells two stories, and so does a folder with more than a third of all lines."""
    lines = {module: module.read_text(encoding="utf-8").count("\n") for module in MODULES}
    assert {str(module.relative_to(TOP)) for module, count in lines.items() if count > MOST_LINES} == set()
    folders = Counter[str]()
    for module, count in lines.items():
        folders[unit_of(module)] += count
    unit, count = folders.most_common(1)[0]
    assert count <= LARGEST_SHARE * sum(lines.values()), f"hub/{unit} has {count} lines"


def test_only_the_edges_read_settings() -> None:
    """Below hub/cli and hub/wiring.py everything gets its values as arguments: no environment, no settings file."""
    for module in MODULES:
        if unit_of(module) not in {"cli", "wiring"}:
            assert "load_settings" not in contents(module).names, module
            assert not contents(module).attributes_of_os & {"environ", "getenv"}, module
            assert not {"os.environ", "os.getenv"} & set(contents(module).imports), module


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
