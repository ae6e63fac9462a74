"""What the tests of commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import Command, commands


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs `hub …`, with a home of its own."""
    run = commands(tmp_path, monkeypatch, capfd)
    monkeypatch.setenv("HOME", str(tmp_path))
    return run


@pytest.fixture
def command_with_store(command: Command) -> Command:
    """The same, after `hub init`."""
    command("init")
    return command
