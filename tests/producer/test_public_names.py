"""`import hub`: light, and with the names that analysts use."""

from __future__ import annotations

import subprocess
import sys

import pytest

import hub


def test_importing_hub_loads_nothing_else() -> None:
    """No package of anybody else, and of ours two small files.

    What it uses of the standard library is loaded first: whether Python has it already depends on how it was installed.
    """
    code = "import __future__, importlib, sys; old = set(sys.modules); import hub; print(*set(sys.modules) - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == ["hub", "hub.version"]


@pytest.mark.parametrize("name", hub.__all__)
def test_each_public_name_is_there(name: str) -> None:
    """It is loaded when it is asked for, and `dir(hub)` shows it before."""
    assert name in dir(hub)
    assert getattr(hub, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    """In Python's own words."""
    with pytest.raises(AttributeError, match="no attribute 'conect'"):
        hub.conect  # noqa: B018 - asked for, on purpose
