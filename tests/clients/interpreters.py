"""The interpreters that clients run in which cannot share one: each has its packages in `.venv/clients/`, put there by make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

HERE: Final = Path(__file__).parent
PROGRAMS: Final = HERE / "programs"
SECONDS: Final = 240  # for one program, on a machine that is busy
CLIENTS: Final = Path(os.environ.get("HUB_TEST_CLIENTS") or Path(sys.prefix) / "clients")

CURRENT: Final = "misp-stix of 2026"
OLDER: Final = "misp-stix 2.4"
GENERATIONS: Final = (OLDER, CURRENT)


def interpreter(client: str) -> str:
    """The Python that has this client; the test is skipped where make has not put it there."""
    if client == CURRENT:
        return sys.executable
    python = CLIENTS / {OLDER: "misp", "pycti": "opencti", "TAXII 1": "misp"}[client] / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{client} is not installed: make clients")
    return str(python)


def run(client: str, program: str, argument: Any = None, *arguments: str) -> Any:
    """The JSON that a program prints, started in the client's own interpreter with JSON on its standard input."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PYTHON"))}
    done = subprocess.run(
        [interpreter(client), str(PROGRAMS / f"{program}.py"), *arguments],
        input=json.dumps(argument),
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return json.loads(done.stdout)
