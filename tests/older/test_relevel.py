"""A store of an older hub is brought up to date: every record has the level of today's rules, or is hidden (law L5).

`store.sql`, `documents.jsonl` and `archive.jsonl` were made by `make.py` with the code of 834ad97, which took all of it.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import pymongo
import pytest
from bson import json_util

from hub.cli import AWAY, DONE, main
from hub.community.facts import ARCHIVED_KINDS
from hub.community.hub import Hub
from hub.errors import NotFoundError, StoreUnavailableError, UnprocessableError
from hub.settings import Limits
from hub.sharing.archive import read_archive, write_archive
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.declared import load_catalogue
from hub.sharing.hidden import HiddenObject, hidden_objects, remove, show_at
from hub.sharing.relevel import RelevelResult, relevel
from hub.sharing.seed import remove_surplus, seed
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.mongo.store import MongoStore
from hub.store.records import Record, RecordLevel
from hub.store.sqlite.store import SqliteStore
from tests.conftest import Template, assemble, clients_of
from tests.durations import HOUR
from tests.mongo import server
from tests.older.make import md5_id
from tests.server.making import DECLARATIONS, LAST, START, Client, Clock, address, an_id, at, ids, indicator

HERE: Final = Path(__file__).parent
MADE_AT: Final = 1_772_700_000_000  # milliseconds since 1970; later than all that is in the files
ALL: Final = ["partner", "sg-soc", "sg-cert"]
MEMBERS: Final = ["sg-soc", "sg-cert"]
CERTS: Final = ["sg-cert"]
FILE: Final = f"file--{md5_id()}"

# what an older hub held in `feeds`, who sees it from now on, and what is said of what is hidden
HELD: Final[dict[str, tuple[str, list[str], str]]] = {
    "marked in the hub's own words": (an_id(1), ALL, ""),
    "an observable of two members": (address(1)["id"], ALL, ""),
    "a note that names it": (an_id(1, "note"), ALL, ""),
    "a label above the marking": (an_id(10), MEMBERS, ""),
    "a label above the collection": (an_id(11), [], "It is marked TLP:RED"),
    "an id in an extension": (an_id(13), MEMBERS, ""),
    "an id in an external reference": (an_id(14), [], "It is marked TLP:RED"),
    "a definition that says a level": (an_id(15, "marking-definition"), MEMBERS, ""),
    "what it marks": (an_id(15), MEMBERS, ""),
    "a definition that is marked": (an_id(16, "marking-definition"), [], "It is marked TLP:RED"),
    "a marking whose definition is nowhere": (an_id(17), [], "definition is neither held here"),
    "an unmarked definition": (an_id(18, "marking-definition"), CERTS, ""),
    "what is marked with it": (an_id(18), ALL, ""),
    "unmarked, alone": (an_id(20), CERTS, ""),
    "unmarked, in a lower container": (an_id(21), MEMBERS, ""),
    "unmarked, in a container": (an_id(22), MEMBERS, ""),
    "unmarked, in a container that came later": (an_id(23), CERTS, ""),
    "unmarked, in a container above the collection": (an_id(24), [], "has the level of grouping--"),
    "a version below a newer one": (an_id(30), MEMBERS, ""),
    "a translation below its object": (an_id(31, "language-content"), MEMBERS, ""),
    "a translation of what is hidden": (an_id(11, "language-content"), [], "which is hidden"),
    "a translation of what is hidden with its container": (an_id(24, "language-content"), [], "which is TLP:RED"),
    "a revocation above what was readable": (an_id(32), [], "would never learn that it is revoked"),
    "a revocation of what was unmarked": (an_id(33), MEMBERS, ""),
    "a text that gives an observable away": (an_id(40, "note"), [], "an observable's id gives its value away"),
    "one that named it before it was held": (an_id(42, "note"), ALL, ""),
    "an unmarked observable": (address(44)["id"], CERTS, ""),
    "what named it at its level of that time": (an_id(44, "note"), MEMBERS, ""),
    "another member as the author": (an_id(50, "marking-definition"), [], "names another member as its author"),
    "relayed, and revoked by another member": (an_id(51, "malware"), ALL, "belongs to another member"),
    "an observable, and another's contradiction": (FILE, ALL, "it contradicts"),
}


@dataclass
class Older:
    """A store of an older hub, opened by this version."""

    store: Store
    catalogue: Catalogue
    clock: Clock

    def init(self) -> list[RelevelResult]:
        """What `hub init` does with objects."""
        for collection in self.catalogue:
            seed(self.store, self.catalogue, collection)
            remove_surplus(self.store, collection)
        return list(relevel(self.store, self.catalogue, Limits(), self.clock.now))

    def hidden(self) -> dict[str, HiddenObject]:
        return {hidden.id: hidden for hidden in hidden_objects(self.store, self.catalogue)}

    def hub(self) -> Hub:
        return assemble(self.store, self.catalogue, self.clock, Limits())


@pytest.fixture(scope="session")
def newer_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """As a hub is declared today: unmarked objects are read by CERTs alone."""
    folder = tmp_path_factory.mktemp("declared")
    shutil.copytree(DECLARATIONS / "collections", folder / "collections")
    file = folder / "collections" / "region" / "shared" / "feeds.toml"
    file.write_text(file.read_text().replace('= "amber"', '= "amber+strict"'))
    return load_catalogue(folder / "collections", DECLARATIONS / "profiles")


def open_sqlite(folder: Path, clock: Clock) -> Store:
    return SqliteStore(folder / "hub.sqlite", clock=clock, lock_seconds=5, status_milliseconds=72 * HOUR, create=True)


def older_sqlite(folder: Path, clock: Clock) -> Store:
    connection = sqlite3.connect(folder / "hub.sqlite")
    connection.executescript((HERE / "store.sql").read_text())
    connection.close()
    return open_sqlite(folder, clock)


def older_mongo(folder: Path, clock: Clock) -> Store:
    uri = server.database_uri(server.shared_uri(), folder)
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri)
    with client:
        documents: dict[str, list[dict[str, Any]]] = {}
        for line in (HERE / "documents.jsonl").read_text().splitlines():
            name, document = json_util.loads(line)
            documents.setdefault(name, []).append(document)
        for name, content in documents.items():
            client.get_default_database()[name].insert_many(content)
    return MongoStore(uri, clock=clock, lock_seconds=5, status_milliseconds=72 * HOUR, create=True)


def imported(folder: Path, clock: Clock, catalogue: Catalogue) -> Store:
    store = open_sqlite(folder, clock)
    list(read_archive(store, catalogue, HERE / "archive.jsonl", now=clock.now, fact_kinds=ARCHIVED_KINDS))
    return store


def open_older(kind: str, folder: Path, catalogue: Catalogue, template: Template) -> Older:
    clock = Clock(START)
    if kind == "archive":
        store = imported(folder, clock, catalogue)
    else:
        store = older_sqlite(folder, clock) if kind == "sqlite" else older_mongo(folder, clock)
    accounts = SqliteStore(template.folder / "hub.sqlite", clock=clock, lock_seconds=5, status_milliseconds=1)
    for account in accounts.list_accounts():
        store.put_account(account)
    accounts.close()
    return Older(store, catalogue, clock)


@pytest.fixture(params=["sqlite", "mongo"])
def older(
    request: pytest.FixtureRequest, tmp_path: Path, newer_catalogue: Catalogue, template: Template
) -> Iterator[Older]:
    older = open_older(request.param, tmp_path, newer_catalogue, template)
    yield older
    older.store.close()


@dataclass
class UpToDate(Older):
    """The same, up to date; the tests of one store share it, and only read. `before`: the records that members sent."""

    before: dict[tuple[str, int], Record]

    def records(self) -> dict[tuple[str, int], Record]:
        """Every record, by collection and place."""
        return records_of(self)


def records_of(older: Older) -> dict[tuple[str, int], Record]:
    return {
        (collection.id, record.place): record
        for collection in older.catalogue
        for record in older.store.records(collection.id)
    }


@pytest.fixture(scope="module", params=["sqlite", "mongo", "archive"])
def up_to_date(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    newer_catalogue: Catalogue,
    template: Template,
) -> Iterator[UpToDate]:
    older = open_older(request.param, tmp_path_factory.mktemp("older"), newer_catalogue, template)
    before = {
        key: record
        for key, record in records_of(older).items()
        if record.publishers != ("",) and record.id not in older.catalogue.own_objects
    }
    older.init()
    yield UpToDate(older.store, older.catalogue, older.clock, before)
    older.store.close()


# the mongo parameter is skipped where there is no server, see `tests.mongo.skipping`


def readers_of(as_account: Callable[[str], Client], *object_ids: str) -> dict[str, list[str]]:
    """Who sees each of them, by all ways of reading; they agree."""
    readers: dict[str, list[str]] = {object_id: [] for object_id in object_ids}
    for reader in ALL:
        client = as_account(reader)
        by_id = set(ids(client.objects("feeds", id=",".join(object_ids))))
        assert by_id == set(object_ids).intersection(ids(client.everything("feeds")))
        assert by_id == set(ids(client.manifest("feeds", id=",".join(object_ids), version="all")))
        for object_id in by_id:
            readers[object_id].append(reader)
            assert client.versions("feeds", object_id)
    return readers


def seen(as_account: Callable[[str], Client], object_id: str) -> list[str]:
    """The readers who see it."""
    return readers_of(as_account, object_id)[object_id]


def test_every_record_has_the_level_of_todays_rules_or_is_hidden_with_the_reason(
    up_to_date: UpToDate, template: Template
) -> None:
    """A row of `HELD` for each: nobody below the level sees it, and what is hidden is listed."""
    as_account = clients_of(up_to_date.hub(), template)
    hidden, readers_now = up_to_date.hidden(), readers_of(as_account, *(object_id for object_id, _, _ in HELD.values()))
    for case, (object_id, readers, reason) in HELD.items():
        assert readers_now[object_id] == readers, case
        assert (object_id in hidden) is bool(reason), case
        assert not reason or reason in hidden[object_id].reason, case
    store, catalogue = up_to_date.store, up_to_date.catalogue
    unknown = [collection.alias for collection in catalogue if store.has_unknown_levels(collection.id)]
    assert unknown == []


def test_no_record_is_dropped_or_moved(up_to_date: UpToDate) -> None:
    """Each record is there, at its place; its level is no lower than before."""
    after = up_to_date.records()
    assert up_to_date.before
    for key, record in up_to_date.before.items():
        assert (after[key].id, after[key].body, after[key].publishers) == (record.id, record.body, record.publishers)
        assert after[key].lowest_level <= after[key].level
        assert after[key].level >= record.level


def test_what_the_hub_put_in_is_restored(up_to_date: UpToDate, template: Template) -> None:
    """A member had revoked an extension definition of the hub's."""
    shown = clients_of(up_to_date.hub(), template)("partner").everything("feeds", type="extension-definition")
    assert len(shown) == 7
    assert not any(content.get("revoked") for content in shown)


def test_run_again_it_changes_nothing(up_to_date: UpToDate) -> None:
    """Nor does it judge anything twice."""
    records = up_to_date.records()
    assert up_to_date.init() == []
    assert up_to_date.records() == records


def test_an_upgrade_that_was_broken_off_is_run_again(older: Older, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every step at which it stopped, the result is that of one run; until then a hub that is to open the store notices it."""
    for collection in older.catalogue:
        seed(older.store, older.catalogue, collection)
        remove_surplus(older.store, collection)
    monkeypatch.setattr("hub.sharing.relevel.LEVELS_AT_ONCE", 12)
    writes = 0
    stops = 0
    set_levels = older.store.set_levels

    def stopping(collection: str, levels: list[RecordLevel]) -> None:
        nonlocal writes
        writes += 1
        if writes % 3 == 0:
            raise StoreUnavailableError("killed")
        set_levels(collection, levels)

    monkeypatch.setattr(older.store, "set_levels", stopping)
    while True:
        try:
            list(relevel(older.store, older.catalogue, Limits(), older.clock.now))
        except StoreUnavailableError:
            stops += 1
            assert any(older.store.has_unknown_levels(collection.id) for collection in older.catalogue)
            continue
        break
    assert stops > 3
    assert {object_id for object_id, _, reason in HELD.values() if reason} <= older.hidden().keys()
    assert not any(older.store.has_unknown_levels(collection.id) for collection in older.catalogue)


def test_a_damaged_archive_is_refused_in_words(tmp_path: Path, newer_catalogue: Catalogue) -> None:
    """Two records at one place; nothing of it is put back."""
    lines = (HERE / "archive.jsonl").read_text().splitlines()
    last = next(index for index, line in enumerate(lines) if an_id(50, "marking-definition") in line)
    (tmp_path / "damaged.jsonl").write_text("\n".join([*lines[: last + 1], lines[last], *lines[last + 1 :]]))
    store = open_sqlite(tmp_path, Clock(START))
    with pytest.raises(UnprocessableError, match="the export is damaged"):
        list(read_archive(store, newer_catalogue, tmp_path / "damaged.jsonl", now=START, fact_kinds=ARCHIVED_KINDS))
    assert [record for collection in newer_catalogue for record in store.records(collection.id)] == []
    store.close()


# --- what the operator decides ---------------------------------------------------------------------------------------


@pytest.fixture
def upgraded(tmp_path: Path, newer_catalogue: Catalogue, template: Template) -> Iterator[Older]:
    """A store that `hub init` has brought up to date."""
    clock = Clock(START)
    older = Older(older_sqlite(tmp_path, clock), newer_catalogue, clock)
    accounts = SqliteStore(template.folder / "hub.sqlite", clock=clock, lock_seconds=5, status_milliseconds=1)
    for account in accounts.list_accounts():
        older.store.put_account(account)
    accounts.close()
    older.init()
    yield older
    older.store.close()


def feeds_of(older: Older) -> Collection:
    collection = older.catalogue.find("region", "feeds")
    assert collection is not None
    return collection


def test_what_is_released_reaches_readers_who_were_past_its_place(upgraded: Older, template: Template) -> None:
    """Law L1: a follower that has read everything gets it, at the level that the operator gave and nowhere below."""
    as_account = clients_of(upgraded.hub(), template)
    newest = {reader: as_account(reader).get(at("feeds", "objects"), limit=1000).headers[LAST] for reader in ALL}
    object_id = an_id(17)
    show_at(upgraded.store, upgraded.catalogue, feeds_of(upgraded), object_id, TLP.AMBER)
    received = {reader: ids(as_account(reader).objects("feeds", added_after=newest[reader])) for reader in ALL}
    assert received == {"partner": [], "sg-soc": [object_id], "sg-cert": [object_id]}
    assert object_id not in upgraded.hidden()


@pytest.mark.parametrize(
    ("object_id", "level", "words"),
    [
        (an_id(11), TLP.AMBER, "is marked TLP:RED by its member"),
        (an_id(17), TLP.RED, "takes nothing above TLP:AMBER"),
        (an_id(17), TLP.CLEAR, "is marked TLP:GREEN by its member"),
        (an_id(1), TLP.AMBER, "Nothing of indicator--"),
    ],
)
def test_the_operator_gives_no_level_below_the_stated_one_or_above_the_collection(
    upgraded: Older, object_id: str, level: TLP, words: str
) -> None:
    """In words that say what else to do."""
    with pytest.raises((NotFoundError, UnprocessableError), match=words):
        show_at(upgraded.store, upgraded.catalogue, feeds_of(upgraded), object_id, level)


def test_what_is_removed_is_gone_and_what_was_beside_it_stays(upgraded: Older, template: Template) -> None:
    """Another member's contradiction is removed; the first member's observable is as it was, and that member may improve it again."""
    before = [record.place for record in upgraded.store.history(feeds_of(upgraded).id, FILE)]
    assert remove(upgraded.store, feeds_of(upgraded), FILE) == 1
    assert [record.place for record in upgraded.store.history(feeds_of(upgraded).id, FILE)] == before[:1]
    assert seen(clients_of(upgraded.hub(), template), FILE) == ALL
    with pytest.raises(NotFoundError):
        remove(upgraded.store, feeds_of(upgraded), FILE)


def test_a_member_marks_again_what_is_hidden(upgraded: Older, template: Template) -> None:
    """A newer version is accepted as any other, and is seen; the hidden one stays hidden."""
    as_account = clients_of(upgraded.hub(), template)
    as_account("id-cert").publish("feeds", indicator(17, 2, level=TLP.AMBER))
    assert seen(as_account, an_id(17)) == MEMBERS
    assert len(as_account("sg-cert").objects("feeds", id=an_id(17), version="all")) == 1


def test_a_repeat_of_what_is_hidden_says_so(upgraded: Older, template: Template) -> None:
    """Otherwise its sender would believe that it is read."""
    hidden = upgraded.store.history(feeds_of(upgraded).id, an_id(40, "note"))[0]
    status = clients_of(upgraded.hub(), template)("id-cert").add("feeds", orjson.loads(hidden.body))
    assert "hidden" in status["successes"][0]["message"]


def test_hidden_objects_move_with_an_archive(upgraded: Older, tmp_path: Path) -> None:
    """As hidden, with their reasons; nothing is judged again."""
    lines = write_archive(upgraded.store, upgraded.catalogue, secret=None, made_at=0, fact_kinds=ARCHIVED_KINDS)
    (tmp_path / "new.jsonl").write_bytes(b"".join(lines))
    (tmp_path / "moved").mkdir()
    moved_store = open_sqlite(tmp_path / "moved", upgraded.clock)
    list(read_archive(moved_store, upgraded.catalogue, tmp_path / "new.jsonl", now=START, fact_kinds=ARCHIVED_KINDS))
    assert list(hidden_objects(moved_store, upgraded.catalogue)) == list(
        hidden_objects(upgraded.store, upgraded.catalogue)
    )
    assert not any(moved_store.has_unknown_levels(collection.id) for collection in upgraded.catalogue)
    moved_store.close()


def test_the_commands_of_an_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No other command opens an older store; `hub init` says what became of it; `hub levels` lists and decides."""
    older_sqlite(tmp_path, Clock(START)).close()
    for name, value in (
        ("HUB_STORE", f"sqlite:///{tmp_path / 'hub.sqlite'}"),
        ("HUB_COLLECTIONS", str(DECLARATIONS / "collections")),
        ("HUB_PROFILES", str(DECLARATIONS / "profiles")),
    ):
        monkeypatch.setenv(name, value)
    assert main(["collections"]) == AWAY
    assert "run `hub init`" in capsys.readouterr().err
    assert main(["init"]) == DONE
    printed = capsys.readouterr().out
    assert "objects are hidden from every reader until you decide" in printed
    assert an_id(11) in printed
    assert main(["levels", "list", "--json"]) == DONE
    rows = {row["id"]: row for row in map(orjson.loads, capsys.readouterr().out.splitlines())}
    assert rows[an_id(11)] == {
        "collection": "region/feeds",
        "id": an_id(11),
        "version": "2026-03-01T00:00:01.000Z",
        "publishers": ["ID"],
        "readable_at": "green",
        "reason": rows[an_id(11)]["reason"],
    }
    assert main(["levels", "release", "region/feeds", an_id(17), "--at", "green", "--yes"]) == DONE
    assert main(["levels", "remove", "region/feeds", an_id(11), an_id(14), "--yes"]) == DONE
    capsys.readouterr()
    assert main(["levels", "list"]) == DONE
    hidden_ids = {line.split()[1] for line in capsys.readouterr().out.splitlines()}
    assert hidden_ids == rows.keys() - {an_id(11), an_id(14), an_id(17)}
    assert main(["audit", "verify"]) == DONE
