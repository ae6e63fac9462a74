"""What is printed at the end of a run: figures that tests measured, and which tests were left out, and why.

In a parallel run the tests run in other processes than the one that says it: they hand both over when they end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

_FIGURES: Final = pytest.StashKey[list[str]]()
_LEFT_OUT: Final = pytest.StashKey[dict[str, int]]()
_SUMMARY: Final = "summary"


@dataclass(frozen=True)
class Figures:
    """Takes the figures of one test."""

    config: pytest.Config
    test: str

    def note(self, figures: Mapping[str, object]) -> None:
        """One line at the end of the run."""
        add_line(self.config, f"{self.test}: " + ", ".join(f"{value} {name}" for name, value in figures.items()))


def add_line(config: pytest.Config, line: str) -> None:
    """One more line at the end of the run."""
    config.stash.setdefault(_FIGURES, []).append(line)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test says its figures."""
    return Figures(request.config, request.node.nodeid)


def leave_out(config: pytest.Config, kind: str, reason: str) -> None:
    """Count a test of some kind, such as `MongoDB`, that is not run."""
    counts = config.stash.setdefault(_LEFT_OUT, {})
    words = f"{kind} tests skipped: {reason}"
    counts[words] = counts.get(words, 0) + 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand both over, in a process of a parallel run."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        stash = session.config.stash
        output[_SUMMARY] = (stash.get(_FIGURES, []), stash.get(_LEFT_OUT, {}))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take both from a process of a parallel run; each of them leaves out the same tests."""
    lines, counts = getattr(node, "workeroutput", {}).get(_SUMMARY, ([], {}))
    node.config.stash.setdefault(_FIGURES, []).extend(lines)
    node.config.stash.setdefault(_LEFT_OUT, {}).update(counts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason, and one for each test with figures."""
    stash = terminalreporter.config.stash
    for words, count in stash.get(_LEFT_OUT, {}).items():
        terminalreporter.write_line(f"{count} {words}")
    for line in stash.get(_FIGURES, []):
        terminalreporter.write_line(line)
