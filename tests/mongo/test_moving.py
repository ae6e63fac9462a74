"""A hub moves from SQLite to MongoDB and back: what its readers, writers and those who poll a status have stays good."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.community.facts import ARCHIVED_KINDS
from hub.community.hub import Hub
from hub.sharing.archive import read_archive, write_archive
from tests import keeping
from tests.conftest import OpenHub, Template, clients_of
from tests.mongo import server
from tests.server.making import Clock, address, an_id, at, indicator, note


def moved(old: Hub, new: Hub, file: Path, now: int) -> None:
    file.write_bytes(
        b"".join(write_archive(old.store, old.catalogue, secret=old.secret, made_at=0, fact_kinds=ARCHIVED_KINDS))
    )
    list(read_archive(new.store, new.catalogue, file, now=now, fact_kinds=ARCHIVED_KINDS))


def body(file: Path) -> list[str]:
    """The lines of an archive, except the heads, which an import sets ahead."""
    return [line for line in file.read_text(encoding="utf-8").splitlines() if '"head":' not in line]


@pytest.fixture
def uri() -> str:
    """A server is at hand; where there is none, the test is left out."""
    return server.shared_uri()


def test_nothing_is_lost_on_the_way_to_mongodb_and_back(
    uri: str, open_hub: OpenHub, template: Template, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Objects with places, accounts, facts, statuses and the secret: the second archive is the first, line by line."""
    monkeypatch.setenv(keeping.NAMED, keeping.SQLITE)
    source = open_hub()
    client = clients_of(source, template)("id-cert")
    client.publish("id", *(indicator(n) for n in range(5)), address(1))
    client.publish("id", indicator(1, version=2))
    client.delete("id", an_id(2))
    status = client.add("alerts", note(7), note(8, author="SG"))["id"]
    source.store.put_facts("ledger", {"one": b"{}"})
    token = client.get(at("id", "objects"), limit=2).json["next"]
    monkeypatch.setenv(keeping.NAMED, keeping.MONGO)
    target = open_hub(folder=tmp_path / "there", create=True)
    moved(source, target, tmp_path / "first.jsonl", clock.now)
    again = open_hub(folder=tmp_path / "there")  # started again, as the operator does
    monkeypatch.setenv(keeping.NAMED, keeping.SQLITE)
    (tmp_path / "back").mkdir()
    returned_hub = open_hub(folder=tmp_path / "back", create=True)
    moved(again, returned_hub, tmp_path / "second.jsonl", clock.now)
    assert sorted(body(tmp_path / "second.jsonl")) == sorted(body(tmp_path / "first.jsonl"))
    reopened = clients_of(again, template)("id-cert")
    assert reopened.get(at("id", "objects"), next=token).json == client.get(at("id", "objects"), next=token).json
    path = f"/region/status/{status}/"
    assert reopened.get(path).get_data() == client.get(path).get_data()
    assert clients_of(returned_hub, template)("id-cert").get(path).get_data() == client.get(path).get_data()
