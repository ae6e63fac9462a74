"""An analyst's machine has no server installed: what belongs to the hub says so in a sentence, and the rest works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

# `hub`, on a machine where these packages are not installed.
BASE: Final = """
import sys
for name in ("flask", "apsw", "argon2", "pymongo", "uvicorn", "prometheus_client"):
    sys.modules[name] = None
from hub.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BASE, *words],
        capture_output=True,
        text=True,
        check=False,
        env={"HUB_HOME": str(home), "PYTHONPATH": ":".join(sys.path), "PATH": ""},
    )


@pytest.mark.parametrize("command", ["serve", "init", "collections"])
def test_a_command_of_the_server_says_what_to_install(command: str, tmp_path: Path) -> None:
    done = run(command, home=tmp_path)
    assert done.returncode == 3
    assert "threat-sharing-hub[server]" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", ["convert", "publish", "follow", "withdraw", "outbox", "form", "alert", "board", "ask"]
)
def test_a_command_of_the_producer_needs_no_server(command: str, tmp_path: Path) -> None:
    done = run(command, "--help", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "example:" in done.stdout
