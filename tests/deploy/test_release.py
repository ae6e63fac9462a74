"""A release can be made again by anybody, byte for byte, and contains what an installed hub needs."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.places import TOP


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two builds of the same sources, as `make release` makes them."""
    folder = tmp_path_factory.mktemp("wheels")
    for name in ("one", "two"):
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / name)],
            cwd=TOP,
            env={"SOURCE_DATE_EPOCH": "1767225600", "PATH": "/usr/bin:/bin", "PYTHONHASHSEED": str(len(name))},
            capture_output=True,
            check=True,
            timeout=120,
        )
    return sorted(folder.rglob("*.whl"))


def test_two_builds_are_the_same_bytes(wheels: list[Path]) -> None:
    """A person who doubts a wheel builds it and compares."""
    assert len({hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels}) == 1


def test_a_wheel_holds_declarations_and_what_deploy_writes_out(wheels: list[Path]) -> None:
    """And nothing that was compiled here."""
    names = zipfile.ZipFile(wheels[0]).namelist()
    deployed = {
        f"hub/deploy/{path.relative_to(TOP / 'hub' / 'deploy')}" for path in (TOP / "hub" / "deploy").rglob("*.*")
    }
    assert {name for name in deployed if not name.endswith(".d")} - {"hub/deploy/systemd"} <= set(names)
    assert any(name.startswith("hub/defaults/collections/") for name in names)
    assert not any(name.endswith((".pyc", ".sqlite")) for name in names)
