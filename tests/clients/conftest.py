"""A hub as it is shipped, with an account of each kind, a collection for RED, and one that is public."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.clients.readers import ACCOUNTS, PUBLIC, RED
from tests.places import TOP
from tests.server.process import HubProcess


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory, store_kind: str) -> Iterator[HubProcess]:
    """The hub of one file of tests; it runs."""
    folder = tmp_path_factory.mktemp("shipped")
    declared = folder / "collections"
    shutil.copytree(TOP / "collections", declared)
    closed_folder = declared / "asean" / "closed"
    closed_folder.mkdir()
    (closed_folder / "red.toml").write_text(RED, encoding="utf-8")
    (closed_folder / "public.toml").write_text(PUBLIC, encoding="utf-8")
    settings = {"HUB_COLLECTIONS": str(declared), "HUB_PROFILES": str(TOP / "profiles"), "HUB_WORKERS": "1"}
    process = HubProcess(folder, settings, forked=True)
    try:
        process.init(*((name, kind, member) for name, (kind, member) in ACCOUNTS.items()))
        process.start()
        yield process
    finally:
        process.end()
