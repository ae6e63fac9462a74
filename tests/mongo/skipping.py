"""Where there is no MongoDB server, its tests are left out, and one line says so and how to have them."""

from __future__ import annotations

import os

import pytest

from tests import figures, keeping
from tests.mongo import server

_left_out = pytest.StashKey[dict[str, int]]()


def _lacks(item: pytest.Item) -> str:
    """What the test needs and is not there; "" where it can run."""
    fixtures: list[str] = getattr(item, "fixturenames", [])
    callspec = getattr(item, "callspec", None)
    of_mongo = callspec is not None and (
        callspec.params.get("kind") == "mongo" or callspec.params.get("store_kind") == keeping.MONGO
    )
    if server.program() is not None or not (of_mongo or item.path.parent.name == "mongo"):
        return ""
    if "mongo" in fixtures:
        return server.HOW_TO_KILL
    needs = of_mongo or "open_store" in fixtures or "database" in fixtures or "uri" in fixtures
    return server.HOW if needs and server.NAMED not in os.environ else ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run."""
    left_out = config.stash.setdefault(_left_out, {})
    for item in list(items):
        if why := _lacks(item):
            items.remove(item)
            left_out[why] = left_out.get(why, 0) + 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and what was found out."""
    for why, count in terminalreporter.config.stash.get(_left_out, {}).items():
        terminalreporter.write_line(f"{count} MongoDB tests skipped: {why}")
    figures.say(terminalreporter)
