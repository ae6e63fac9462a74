"""Help of the command line: each command has some, and it costs little."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli import COMMANDS
from tests.commands import Command
from tests.server import process

HEAVY = (
    "apsw",
    "argon2",
    "flask",
    "limits",
    "uvicorn",
    "uvloop",
    "jsonschema_rs",
    "orjson",
    "pymongo",
    "requests",
    "stix2",
    "stix2patterns",
    "taxii2client",
    "werkzeug",
    "openpyxl",
    "yaml",
    "urllib3",
)  # fmt: skip - a list


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(command: Command, name: str) -> None:
    """On stdout."""
    result = command(name, "--help")
    assert "example:" in result.out
    assert f"hub {name}" in result.out.partition("example:")[2]


def test_an_unknown_command_is_a_usage_error(command: Command) -> None:
    """With the list of those that there are."""
    assert "init" in command("nothing", code=2).err


def test_hub_without_a_command_shows_its_commands(command: Command) -> None:
    """On stderr, as a usage error: nothing was done."""
    assert "commands:" in command(code=2).err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_is_light(arguments: list[str], tmp_path: Path) -> None:
    """No heavy module is imported to print it."""
    program = (
        "import sys, hub.cli\n"
        f"try: hub.cli.main({arguments!r})\n"
        "except SystemExit: pass\n"
        "print('IMPORTED', *sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=process.clean_environment()
    )
    imported = result.stdout.partition("IMPORTED")[2].split()
    assert "hub.cli" in imported
    assert set(HEAVY).isdisjoint(imported)


def test_the_command_runs_as_a_module(tmp_path: Path) -> None:
    """`python -m hub`, from any folder."""
    assert "commands:" in process.command("--help", environment={}, folder=tmp_path).stdout
