"""What moves a collection for a reader: exactly what the reader may see; and where workers send listeners."""

from __future__ import annotations

from typing import Any

import pytest

from hub.community.hub import Hub
from hub.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from hub.server.app import create_app
from hub.sharing import access
from hub.sharing.events import CollectionView, ViewWatcher, collection_views, newest_places
from hub.sharing.members import Account, AccountKind
from hub.stix.tlp import TLP
from tests.conftest import ClientOf, Template
from tests.server.listening import account_of
from tests.server.making import (
    ACCOUNTS,
    COLLECTIONS,
    Client,
    an_id,
    indicator,
)

READERS = [None, *ACCOUNTS]


# --- what is told ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", list(TLP), ids=lambda level: level.name)
def test_only_what_a_reader_may_see_moves_its_collection(hub: Hub, as_account: ClientOf, level: TLP) -> None:
    """For each level and each account: an event exactly if the account then finds the object there."""
    alias = "circle" if level is TLP.RED else "id"
    collection = hub.catalogue.find("region", alias)
    assert collection is not None
    views = [CollectionView(collection.id, clearance) for clearance in TLP]
    watcher = ViewWatcher(hub.store)
    watcher.look(views)
    as_account("id-cert").publish(alias, indicator(1, level=level))
    seen = watcher.look(views)
    watcher.close()
    for name in READERS:
        clearance = access.readable_level(account_of(name), collection)
        if clearance is not None:
            seen_any = seen[CollectionView(collection.id, clearance)] > 0
            assert seen_any == bool(as_account(name).objects(alias)), name
            assert seen_any == (level <= clearance), name


def test_what_is_hidden_changes_no_event_of_a_reader(hub: Hub, indonesia: Client) -> None:
    """A reader up to GREEN gets no event about an AMBER object, nor of a newer AMBER version of a GREEN one."""
    green, amber = CollectionView(COLLECTIONS["id"], TLP.GREEN), CollectionView(COLLECTIONS["id"], TLP.AMBER)
    indonesia.publish("id", indicator(1, level=TLP.GREEN), indicator(3, level=TLP.GREEN))
    before = newest_places(hub.store, [green, amber])
    indonesia.publish("id", indicator(2, level=TLP.AMBER), indicator(1, 2, level=TLP.AMBER))
    after = newest_places(hub.store, [green, amber])
    assert after[green] == before[green]
    assert after[amber] > before[amber]


def test_what_goes_away_is_no_news(hub: Hub, indonesia: Client) -> None:
    view = CollectionView(COLLECTIONS["id"], TLP.AMBER_STRICT)
    indonesia.publish("id", indicator(1), indicator(2))
    before = newest_places(hub.store, [view])[view]
    assert indonesia.delete("id", an_id(2)).status_code == 200
    assert newest_places(hub.store, [view])[view] < before


@pytest.mark.sqlite  # which tells by itself whether anything was committed
def test_a_look_costs_nothing_where_nothing_was_committed(hub: Hub, indonesia: Client) -> None:
    """The second look reads no head: a view whose collection did not move is not even mentioned."""
    view = CollectionView(COLLECTIONS["id"], TLP.GREEN)
    watcher = ViewWatcher(hub.store)
    assert watcher.look([view]) == {view: 0}
    assert watcher.look([view]) == {}
    indonesia.publish("id", indicator(1))
    assert watcher.look([view])[view] > 0
    watcher.close()


@pytest.mark.sqlite  # which tells by itself whether anything was committed
def test_another_collection_that_moves_tells_nothing_of_this_one(hub: Hub, indonesia: Client) -> None:
    here, there = CollectionView(COLLECTIONS["incidents"], TLP.GREEN), CollectionView(COLLECTIONS["id"], TLP.GREEN)
    watcher = ViewWatcher(hub.store)
    watcher.look([here, there])
    indonesia.publish("id", indicator(1))
    assert list(watcher.look([here, there])) == [there]
    watcher.close()


@pytest.mark.parametrize("name", READERS)
def test_an_account_listens_to_what_it_reads_and_to_nothing_else(hub: Hub, name: str | None) -> None:
    """With and without `collection`: the same answers as for reading the collection itself."""
    account = account_of(name)
    readable = {alias for alias in COLLECTIONS if _level(hub, account, alias) is not None}
    if readable:
        views = collection_views(hub.catalogue, account, "region", ())
        assert {view.collection for view in views} == {COLLECTIONS[alias] for alias in readable}
    else:  # an API root without a collection that this account could know of is a missing one
        with pytest.raises(NotFoundError):
            collection_views(hub.catalogue, account, "region", ())
    for alias in set(COLLECTIONS) - {"drill"}:
        collection = hub.catalogue.find("region", alias)
        assert collection is not None
        if alias in readable:
            level = _level(hub, account, alias)
            assert level is not None
            assert collection_views(hub.catalogue, account, "region", [alias]) == (
                CollectionView(collection.id, level),
            )
            continue
        missing = UnauthenticatedError if account is None else NotFoundError
        with pytest.raises(ForbiddenError if access.may_know_of(account, collection) else missing):
            collection_views(hub.catalogue, account, "region", [alias])


def _level(hub: Hub, account: Account | None, alias: str) -> TLP | None:
    collection = hub.catalogue.find("region", alias)
    return None if collection is None else access.readable_level(account, collection)


def test_a_proof_lasts_as_long_as_the_credentials_do(hub: Hub) -> None:
    """A new key, a disabled account and a deleted one end it; nothing else does."""
    account = Account("late", AccountKind.CERT, "SG")
    hub.credentials.add(account, None)
    first = hub.credentials.fingerprint(account)
    assert first is not None
    assert hub.credentials.fingerprint(account) == first
    hub.credentials.rotate("late", None)
    second = hub.credentials.fingerprint(account)
    assert second not in (None, first)
    hub.credentials.disable("late")
    assert hub.credentials.fingerprint(account) is None
    assert hub.credentials.fingerprint(Account("nobody", AccountKind.CERT, "SG")) is None


# --- the way there --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "public_url", "location"),
    [
        (8022, "", "http://hub.test:8022/region/events?collection=id"),
        (8022, "https://hub.example", "https://hub.example:8022/region/events?collection=id"),
        ("https://events.example/", "", "https://events.example/region/events?collection=id"),
    ],
)
def test_a_worker_sends_listeners_on(
    hub: Hub, template: Template, there: str | int, public_url: str, location: str
) -> None:
    """After the same checks as for reading."""
    app = create_app(hub, events=there, public_url=public_url)

    def ask(name: str | None, path: str) -> Any:
        headers = {} if name is None else {"Authorization": f"Bearer {template.keys[name]}"}
        return app.test_client().get(path, headers=headers, base_url="http://hub.test")

    answer = ask("sg-cert", "/region/events?collection=id")
    assert (answer.status_code, answer.headers["Location"]) == (307, location)
    assert ask(None, "/region/events?collection=id").status_code == 401
    assert ask("partner", "/region/events?collection=id").status_code == 404
    assert ask("operator", "/region/events?collection=id").status_code == 404
    assert ask("sg-cert", "/nowhere/events").status_code == 404


def test_a_hub_without_events_says_so(as_account: ClientOf) -> None:
    answer = as_account("sg-cert").get("/region/events/")
    assert answer.status_code == 404
    assert "poll" in answer.json["description"]
