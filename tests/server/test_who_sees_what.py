"""Laws L4 and L5 as one table: every kind of account × TLP level × kind of collection × endpoint.

What each account may see is written down here by hand, as in collections/README.md. In every collection lie objects of
every level that it takes, and two whose versions rise and fall in level; whatever an account asks, all endpoints,
filters, counts and headers must tell the same story, which is computed here from the table alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hub.community.hub import Hub
from hub.settings import Limits
from hub.sharing.catalogue import Catalogue
from hub.stix.tlp import TLP, TLP1_IDS, TLP2_IDS
from tests import keeping
from tests.conftest import ClientOf, Template, assemble, clients_of
from tests.durations import HOUR
from tests.server.making import (
    FIRST,
    IDENTITIES,
    LAST,
    START_TEXT,
    Clock,
    Content,
    an_id,
    as_envelope,
    at,
    identity,
    indicator,
    marked,
    note,
    pairs,
    stamp,
    statement,
)

# R S A G C: the highest level that is seen. "-": written to, and not read (403). "?": neither (404; 401 without
# credentials). A column for each collection.
READS = """
            id  alerts  incidents  feeds  bulletins  inbox  circle  pair
id-cert     S   S       S          S      S          -      R       S
sg-cert     S   S       S          S      S          -      R       ?
my-cert     S   S       S          S      S          -      ?       S
th-cert     S   S       S          S      S          -      ?       ?
id-soc      ?   ?       A          A      A          ?      ?       ?
sg-soc      ?   ?       A          A      A          ?      ?       ?
th-soc      ?   ?       A          A      A          ?      ?       ?
partner     ?   ?       ?          G      G          ?      ?       ?
operator    ?   ?       ?          ?      ?          ?      ?       ?
None        ?   ?       ?          ?      C          ?      ?       ?
"""
WRITERS = {
    "id": {"id-cert"},
    "alerts": {"id-cert", "sg-cert", "my-cert", "th-cert"},
    "incidents": {"id-cert", "sg-cert", "my-cert", "th-cert"},
    "feeds": {"id-cert", "sg-cert", "my-cert", "th-cert"},
    "bulletins": {"id-cert", "sg-cert"},
    "inbox": {"id-cert", "sg-cert", "my-cert", "th-cert"},
    "circle": {"id-cert"},
    "pair": {"id-cert", "my-cert"},
}
HIGHEST = {"incidents": TLP.AMBER, "feeds": TLP.AMBER, "bulletins": TLP.AMBER, "circle": TLP.RED}
LETTERS = {"C": TLP.CLEAR, "G": TLP.GREEN, "A": TLP.AMBER, "S": TLP.AMBER_STRICT, "R": TLP.RED}

_header, *_rows = READS.strip().splitlines()
NAMES = _header.split()
TABLE = [
    (None if account == "None" else account, collection, cell)
    for account, *cells in (row.split() for row in _rows)
    for collection, cell in zip(NAMES, cells, strict=True)
]
READABLE = [(account, collection, LETTERS[cell]) for account, collection, cell in TABLE if cell in LETTERS]
CLOSED = [(account, collection, cell) for account, collection, cell in TABLE if cell not in LETTERS]
RISING, FALLING = 50, 51


@dataclass(frozen=True)
class RootOverview:
    """What was published to a collection, in order, each with the level that it has."""

    content: Content
    level: TLP

    @property
    def pair(self) -> tuple[str, str]:
        return pairs([self.content])[0]


def shelves(collection: str) -> list[RootOverview]:
    levels = [level for level in TLP if level <= HIGHEST.get(collection, TLP.AMBER_STRICT)]
    shelf_list = [RootOverview(indicator(10 + level, level=level), level) for level in levels]
    shelf_list += [
        RootOverview(note(20 + level, object_marking_refs=[TLP1_IDS[level]]), level)
        for level in levels
        if level in TLP1_IDS
    ]
    # a granular marking raises the level of the whole object
    shelf_list += [
        RootOverview(
            note(30 + level, granular_markings=[{"marking_ref": TLP2_IDS[level], "selectors": ["content"]}]), level
        )
        for level in levels
        if level > TLP.GREEN
    ]
    # a newer version governs the older ones: raised, they are for those who may see the newest
    shelf_list += [RootOverview(indicator(RISING, 1 + n, level=level), levels[-1]) for n, level in enumerate(levels)]
    shelf_list += [
        RootOverview(indicator(FALLING, 1 + n, level=level), level) for n, level in enumerate(reversed(levels))
    ]
    # a definition has the level that it is marked with, and unmarked that of the collection (here its highest)
    shelf_list.append(RootOverview(statement(5, **marked(TLP.CLEAR)), TLP.CLEAR))
    shelf_list.append(RootOverview(statement(6), levels[-1]))
    # the members' own identities are for every reader, however they are marked
    shelf_list.append(
        RootOverview(identity(1, id=IDENTITIES["ID"], created_by_ref=IDENTITIES["ID"], **marked(TLP.GREEN)), TLP.CLEAR)
    )
    if collection == "feeds":
        shelf_list.append(RootOverview(note(40, level=None), TLP.AMBER))
    return shelf_list


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, template: Template, catalogue: Catalogue) -> Iterator[Hub]:
    """A hub where Indonesia put the shelves into every collection."""
    folder = shutil.copytree(template.folder, tmp_path_factory.mktemp("table") / "store")
    clock = Clock()
    store = keeping.open_store(folder, clock=clock, lock_seconds=5, status_milliseconds=72 * HOUR)
    hub = assemble(store, catalogue, clock, Limits())
    indonesia = clients_of(hub, template)("id-cert")
    for collection in NAMES:
        for shelf in shelves(collection):  # one by one: each at a date of its own in the order above
            indonesia.publish(collection, shelf.content)
            clock.now += 1000
    yield hub
    store.close()
    keeping.DATABASES.take_back(folder)


@pytest.fixture(scope="module")
def client_of(filled: Hub, template: Template) -> ClientOf:
    return clients_of(filled, template)


def seen(collection: str, clearance: TLP) -> list[RootOverview]:
    return [shelf for shelf in shelves(collection) if shelf.level <= clearance]


def chosen(candidates: list[RootOverview], version: str) -> list[RootOverview]:
    """The last, first or all versions of each object among those found."""
    if version == "all":
        return candidates
    pick = max if version == "last" else min
    ends = {shelf.pair[0]: pick(s.pair for s in candidates if s.pair[0] == shelf.pair[0]) for shelf in candidates}
    return [shelf for shelf in candidates if ends[shelf.pair[0]] == shelf.pair]


@pytest.mark.parametrize(("account", "collection", "clearance"), READABLE)
def test_objects_and_manifest_show_what_the_level_allows(
    client_of: ClientOf, account: str | None, collection: str, clearance: TLP
) -> None:
    """By version, type and id, whole or page by page: the same objects on both, and no gap where one is hidden."""
    client = client_of(account)
    for version in ("last", "first", "all"):
        for kind in (None, "indicator", "note,identity"):
            visible = chosen(seen(collection, clearance), version)
            expected = [s.pair for s in visible if kind is None or s.content["type"] in kind.split(",")]
            for limit in (None, 1, 3):
                filters: dict[str, Any] = {"version": version, "type": kind, "limit": limit}
                objects = client.everything(collection, **filters)
                assert pairs(objects) == expected
                records = client.everything(collection, "manifest", **filters)
                assert [(record["id"], record["version"]) for record in records] == expected


@pytest.mark.parametrize(("account", "collection", "clearance"), READABLE)
def test_one_object_and_its_versions_show_what_the_level_allows(
    client_of: ClientOf, account: str | None, collection: str, clearance: TLP
) -> None:
    """An object of which this account may see no version answers like a missing one, on every address."""
    client = client_of(account)
    visible = seen(collection, clearance)
    for name in dict.fromkeys(shelf.pair[0] for shelf in shelves(collection)):
        own_shelves = [shelf for shelf in visible if shelf.pair[0] == name]
        response, versions = (
            client.get(at(collection, "objects", name)),
            client.get(at(collection, "objects", name, "versions")),
        )
        if not own_shelves:
            assert (response.status_code, versions.status_code) == (404, 404)
            assert client.objects(collection, id=name, version="all") == []
            missing = client.get(at(collection, "objects", an_id(777)))
            assert response.json["description"].replace(name, "") == missing.json["description"].replace(an_id(777), "")
            continue
        assert response.json["objects"] == [shelf.content for shelf in chosen(own_shelves, "last")]
        assert versions.json["versions"] == [shelf.pair[1] for shelf in own_shelves]
        for version in ("first", "all"):
            contents = client.get(at(collection, "objects", name), version=version).json["objects"]
            assert contents == [shelf.content for shelf in chosen(own_shelves, version)]
        for shelf in (s for s in shelves(collection) if s.pair[0] == name):
            exact = client.get(at(collection, "objects", name), version=shelf.pair[1]).json.get("objects", [])
            assert exact == ([shelf.content] if shelf in own_shelves else [])


@pytest.mark.parametrize(("account", "collection", "clearance"), READABLE)
def test_counts_and_headers_tell_of_visible_objects_only(
    client_of: ClientOf, filled: Hub, account: str | None, collection: str, clearance: TLP
) -> None:
    """The dates of the first and last visible record; `more` and the store's counts do not know of the others."""
    client = client_of(account)
    visible = seen(collection, clearance)
    page = client.get(at(collection, "objects"), version="all")
    records = client.get(at(collection, "manifest"), version="all")
    dates = [record["date_added"] for record in records.json["objects"]]
    assert len(dates) == len(visible)
    assert (page.headers[FIRST], page.headers[LAST]) == (dates[0], dates[-1])
    assert dates[0] >= START_TEXT
    assert client.get(at(collection, "objects"), version="all", limit=len(visible)).json["more"] is False
    declared = filled.catalogue.find("region", collection)
    assert declared is not None
    assert filled.store.counts(declared.id, clearance)[0] == len(visible)


@pytest.mark.parametrize(("account", "collection", "cell"), CLOSED)
def test_a_closed_collection_shows_nothing(
    client_of: ClientOf, account: str | None, collection: str, cell: str
) -> None:
    """403 where the account may know of it, else as if it were not there."""
    client = client_of(account)
    status = 403 if cell == "-" else 401 if account is None else 404
    name = an_id(RISING)
    for endpoint in (("objects",), ("manifest",), ("objects", name), ("objects", name, "versions")):
        response = client.get(at(collection, *endpoint))
        assert response.status_code == status
        assert name not in response.get_data(as_text=True).replace(at(collection, *endpoint), "")
    assert client.get(at(collection)).status_code == (200 if cell == "-" else status)
    listed = client.get("/region/collections/")
    aliases = {resource["alias"] for resource in listed.json.get("collections", [])}
    assert (collection in aliases) is (cell == "-")


@pytest.mark.parametrize(("account", "collection", "cell"), TABLE)
def test_rights_are_told_as_they_are(client_of: ClientOf, account: str | None, collection: str, cell: str) -> None:
    """can_read and can_write on the collection, and what POST and DELETE answer (TAXII 2.1, 5.5 and 5.7)."""
    client = client_of(account)
    reads, writes = cell in LETTERS, account in WRITERS[collection]
    is_known = cell != "?" or writes
    if is_known:
        resource = client.get(at(collection)).json
        assert (resource["can_read"], resource["can_write"]) == (reads, writes)
    hidden = 401 if account is None else 404
    posted = client.post(collection, as_envelope([{"type": "nothing"}])).status_code
    assert posted == (202 if writes else 401 if account is None else 403 if is_known else 404)
    deleted = client.delete(collection, an_id(999)).status_code
    if not is_known or (account is None and not reads):
        assert deleted == hidden
    elif reads and writes:
        assert deleted == 404, "there is no such object"
    elif account is None:
        assert deleted == 401, "a client must log in before it deletes"
    else:
        assert deleted == (403 if reads or writes else 404)


def test_every_level_is_really_hidden_from_somebody(client_of: ClientOf) -> None:
    """The collections contain what the table is about: without this the tests above could pass over empty ones."""
    assert {shelf.level for collection in NAMES for shelf in shelves(collection)} == set(TLP)
    assert len(client_of("partner").everything("feeds", version="all")) < len(
        client_of("sg-soc").everything("feeds", version="all")
    )


@pytest.mark.parametrize("version", ["last", "first"])
def test_who_may_not_see_the_newest_version_sees_none(client_of: ClientOf, version: str) -> None:
    """Lowered step by step, each reader meets the versions from its own level on; raised, none but the highest."""
    readers = (None, "partner", "sg-soc", "sg-cert")
    falling = {
        account: pairs(client_of(account).objects("bulletins", id=an_id(FALLING), version=version))
        for account in readers
    }
    expected = dict.fromkeys(readers, 3) if version == "last" else {None: 3, "partner": 2, "sg-soc": 1, "sg-cert": 1}
    assert falling == {account: [(an_id(FALLING), stamp(n))] for account, n in expected.items()}
    rising = {
        account: pairs(client_of(account).objects("bulletins", id=an_id(RISING), version=version))
        for account in readers
    }
    newest = 3 if version == "last" else 1
    assert rising == {
        None: [],
        "partner": [],
        "sg-soc": [(an_id(RISING), stamp(newest))],
        "sg-cert": [(an_id(RISING), stamp(newest))],
    }
