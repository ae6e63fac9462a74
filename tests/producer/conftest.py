"""A hub that runs for all tests of this folder, and a collection that is each test's own."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.producer.connection import HubConnection
from tests.ports import free_port
from tests.producer.offices import Office, Region, lone_office
from tests.producer.running import FRESH, QUICK, HubProcess, wait_for

_next = itertools.count()


@pytest.fixture(scope="session")
def running_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub that runs, for tests that leave it running."""
    hub = HubProcess(tmp_path_factory.mktemp("hub"))
    hub.start()
    yield hub
    hub.stop()


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory, store_kind: str) -> Iterator[Region]:
    """The hub with the collections and profiles as they are shipped, and an office for each member; it runs.

    Each file of tests has its own: otherwise one would find what another published in the same office.
    """
    new_region = Region(tmp_path_factory.mktemp("region"))
    new_region.make()
    new_region.start()
    yield new_region
    new_region.stop()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Indonesia's office, without a hub."""
    return lone_office(tmp_path, "ID")


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[HubProcess]:
    """A hub of the test's own, which it may stop and start; not started yet."""
    folder = tmp_path / "own-hub"
    folder.mkdir()
    hub = HubProcess(folder)
    yield hub
    hub.stop()


@pytest.fixture
def fresh(running_hub: HubProcess) -> str:
    """The alias of a collection that no other test uses: it holds nothing but what `hub init` put there."""
    number = next(_next)
    assert number < FRESH, "declare more fresh collections"
    return f"fresh-{number}"


@dataclass(frozen=True)
class Medallion:
    """Another server: OASIS's own, with its memory backend."""

    url: str
    collection: str = "52892447-4d7e-4f70-b94d-d7f22742ff63"

    def connection(self) -> HubConnection:
        """A connection with its only login."""
        return HubConnection(self.url, user="user", password="pass", patience=QUICK)


@pytest.fixture
def medallion(tmp_path: Path) -> Iterator[Medallion]:
    """One medallion with one empty collection and pages of at most 20 objects."""
    port = free_port()
    about = {"title": "Root", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 1_000_000}
    collection = {
        "id": Medallion.collection,
        "title": "Other",
        "can_read": True,
        "can_write": True,
        "media_types": ["application/stix+json;version=2.1"],
        "objects": [],
        "manifest": [],
    }
    url = f"http://127.0.0.1:{port}"
    data = {
        "/discovery": {"title": "Other", "default": f"{url}/root/", "api_roots": [f"{url}/root/"]},
        "root": {"information": about, "status": [], "collections": [collection]},
    }
    (tmp_path / "data.json").write_text(json.dumps(data), encoding="utf-8")
    settings = {
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(tmp_path / "data.json"),
        },
        "users": {"user": "pass"},
        "taxii": {"max_page_size": 20},
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    log = tmp_path / "medallion.log"
    words = [sys.executable, "-m", "medallion.scripts.run", "--port", str(port), str(tmp_path / "settings.json")]
    with log.open("wb") as file:
        process = subprocess.Popen(words, stdout=file, stderr=file)
    try:
        wait_for(f"{url}/taxii2/", process, log)
        yield Medallion(url)
    finally:
        process.kill()
        process.wait(60)
