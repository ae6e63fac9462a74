"""How the tests are run: strictly also in several processes, and with what they measured said at the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import TOP
from tests.ports import free_port

_SUITE = """
import warnings
import pytest
from tests.summary import leave_out

def test_warns():
    warnings.warn("something is old")

@pytest.mark.no_such_mark
def test_marked():
    pass

def test_measures(figures, request):
    figures.note({"objects": 7})
    leave_out(request.config, "MongoDB", "no server")
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_warning_fails_and_figures_are_said_in_however_many_processes(tmp_path: Path, processes: str) -> None:
    """What a test of another process found out reaches the end of the run."""
    suite = _SUITE.replace("@pytest.mark.no_such_mark\n", "")
    lines = run(tmp_path, suite, processes)
    assert "FAILED" in lines
    assert "UserWarning: something is old" in lines
    assert "::test_measures: 7 objects" in lines
    assert "1 MongoDB tests skipped: no server" in lines
    assert lines.splitlines()[-1].startswith("1 failed, 2 passed")


def test_a_mark_that_nobody_declared_is_an_error(tmp_path: Path) -> None:
    """A slip in a mark would select nothing."""
    assert "'no_such_mark' not found in `markers`" in run(tmp_path, _SUITE, "2")


def run(folder: Path, suite: str, processes: str) -> str:
    file = folder / "test_suite.py"
    file.write_text(suite, encoding="utf-8")
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.summary",
        "-c",
        str(TOP / "pyproject.toml"),
        "-n",
        processes,
        "-p",
        "xdist",
    ]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the other plugins take seconds to load
    return subprocess.run(
        [*words, str(file)], capture_output=True, text=True, check=False, cwd=TOP, env=environment
    ).stdout


def test_a_port_is_given_to_one_process(tmp_path: Path) -> None:
    """Though nobody listens there yet; and only once."""
    own_ports = {free_port() for _ in range(20)}
    program = (
        "import sys; from tests.ports import folder, reserve\n"
        "print([reserve(folder() / port) for port in sys.argv[1:]])"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, *map(str, own_ports)], cwd=TOP, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == str([False] * 20)
