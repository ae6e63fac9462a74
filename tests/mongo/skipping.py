"""Where there is no MongoDB server, its tests are left out; `tests.summary` says so, and how to have them."""

from __future__ import annotations

import os

import pytest

from tests import keeping
from tests.mongo import server
from tests.summary import leave_out


def _reason_to_skip(item: pytest.Item) -> str:
    """What the test needs and what is missing; "" where it can run."""
    fixtures: list[str] = getattr(item, "fixturenames", [])
    callspec = getattr(item, "callspec", None)
    over_mongo = callspec is not None and (
        callspec.params.get("kind") == "mongo" or callspec.params.get("store_kind") == keeping.MONGO
    )
    if server.program() is not None or not (over_mongo or item.path.parent.name == "mongo"):
        return ""
    if "mongo" in fixtures:
        return server.HOW_TO_KILL
    needs_server = over_mongo or "open_store" in fixtures or "database" in fixtures or "uri" in fixtures
    return server.HOW if needs_server and server.NAMED not in os.environ else ""


def leave_out_mongo(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the tests out of `items` that cannot run."""
    for item in list(items):
        if reason := _reason_to_skip(item):
            items.remove(item)
            leave_out(config, "MongoDB", reason)
