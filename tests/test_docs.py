"""What a user can name is documented: commands, options, settings, keys of declarations, verbs, Python names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import hub
from hub.cli import COMMANDS
from hub.declarations import Table
from hub.profile.verbs import VERBS
from tests import reference
from tests.places import TOP

PAGES = sorted(
    [*TOP.glob("*.md"), *(TOP / "hub").rglob("*.md"), *TOP.glob("collections/*.md"), *TOP.glob("profiles/*.md")]
)
# Which page explains the keys that a file reads.
DECLARED_IN = {
    "hub/sharing/declared.py": "collections/README.md",
    "hub/sharing/members.py": "collections/README.md",
    "hub/profile/rules.py": "profiles/README.md",
}
GETTERS = {name for name in vars(Table) if not name.startswith("_")} - {"finish", "complaint"}


@pytest.mark.parametrize("page", reference.PAGES)
def test_pages_made_from_the_code_are_up_to_date(page: str) -> None:
    """`make docs` was run after the last change of a command or a setting."""
    assert (reference.DOCS / page).read_text(encoding="utf-8") == reference.PAGES[page](), "run `make docs`"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_an_example(command: str) -> None:
    """A reader of the page of commands can copy one line and change it."""
    page = (reference.DOCS / "commands.md").read_text(encoding="utf-8")
    section = page.partition(f"## hub {command}\n")[2].partition("\n## ")[0]
    assert f"hub {command}" in section.partition("```")[2]


@pytest.mark.parametrize(("source", "page"), DECLARED_IN.items())
def test_each_key_of_a_declaration_is_documented(source: str, page: str) -> None:
    """Every key that the code asks a TOML table for is in the page about that file."""
    text = (TOP / page).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse((TOP / source).read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in GETTERS
            and node.args
        ):
            key = node.args[0]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                assert re.search(rf"\b{re.escape(key.value)}\b", text), f"{source}: {key.value} is not in {page}"


def test_each_verb_is_documented() -> None:
    """profiles/README.md lists what a rule may demand."""
    text = (TOP / "profiles" / "README.md").read_text(encoding="utf-8")
    assert {verb for verb in VERBS if f"| `{verb}` |" not in text} == set()


@pytest.mark.parametrize("name", [name for name in hub.__all__ if not name.startswith("_")])
def test_each_public_python_name_is_documented(name: str) -> None:
    """hub/docs/python.md explains every name that `import hub` offers."""
    assert f"`{name}" in (reference.DOCS / "python.md").read_text(encoding="utf-8")


def test_the_readme_is_short() -> None:
    """The README is the user's page: at most 150 lines."""
    assert (TOP / "README.md").read_text(encoding="utf-8").count("\n") <= 150


def test_the_glossary_has_at_most_forty_terms() -> None:
    """More words than that, and nobody reads it."""
    rows = re.findall(r"^\| \*\*", (reference.DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert 20 <= len(rows) <= 40


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """No page points to a file that is not there."""
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.relative_to(TOP)}: {target}"


@pytest.mark.parametrize("decision", sorted((TOP / "hub/docs/adr").glob("*.md")), ids=lambda path: path.stem)
def test_each_decision_has_its_five_parts(decision: Path) -> None:
    """Number as in the file's name, date, context, options, decision, consequences."""
    text = decision.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(decision.name[:4])}. ")
    assert re.search(r"^Date: 20\d\d-\d\d-\d\d", text, re.MULTILINE)
    parts = ["## Context", "## Options", "## Decision", "## Consequences"]
    assert [line for line in text.splitlines() if line in parts] == parts
