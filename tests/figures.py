"""Figures that tests found out, said at the end of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pytest

_KEPT: Final = pytest.StashKey[list[str]]()


@dataclass(frozen=True)
class Figures:
    """Takes them down for one test."""

    config: pytest.Config
    test: str

    def note(self, found: Mapping[str, object]) -> None:
        """One line at the end of the run."""
        told = ", ".join(f"{value} {name}" for name, value in found.items())
        self.config.stash.setdefault(_KEPT, []).append(f"{self.test}: {told}")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test says its figures."""
    return Figures(request.config, request.node.nodeid)


def say(terminalreporter: pytest.TerminalReporter) -> None:
    """At the end of the run."""
    for line in terminalreporter.config.stash.get(_KEPT, []):
        terminalreporter.write_line(line)
