"""An analyst's machine has no server installed: what belongs to the hub says so in a sentence, and the rest works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# `hub`, on a machine where these packages are not installed. Each argument is a command, as JSON; one process runs them one
# after another, since most of what a command takes is to import what all need.
BASE: Final = """
import contextlib, io, json, sys
for name in ("flask", "apsw", "argon2", "pymongo", "uvicorn", "prometheus_client"):
    sys.modules[name] = None
from hub.cli import main
for words in map(json.loads, sys.argv[1:]):
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            code = main(words)
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, out.getvalue(), errors.getvalue()]))
"""


def run(*commands: Sequence[str], home: Path) -> dict[str, tuple[int, str, str]]:
    """The exit code of each command, by its name, and what it wrote to its output and to standard error."""
    done = subprocess.run(
        [sys.executable, "-c", BASE, *(json.dumps(command) for command in commands)],
        capture_output=True,
        text=True,
        check=True,
        env={"HUB_HOME": str(home), "PYTHONPATH": ":".join(sys.path), "PATH": ""},
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {command[0]: tuple(answer) for command, answer in zip(commands, answers, strict=True)}


def test_a_command_of_the_server_says_what_to_install(tmp_path: Path) -> None:
    for command, (code, _, errors) in run(["serve"], ["init"], ["collections"], home=tmp_path).items():
        assert code == 3, (command, errors)
        assert "threat-sharing-hub[server]" in errors, command
        assert "Traceback" not in errors, command


def test_a_command_of_the_producer_needs_no_server(tmp_path: Path) -> None:
    names = ("convert", "publish", "follow", "withdraw", "outbox", "form", "alert", "board", "ask")
    for command, (code, output, errors) in run(*([name, "--help"] for name in names), home=tmp_path).items():
        assert code == 0, (command, errors)
        assert "example:" in output, command
