"""Every store keeps the audit trail in one chain, also when several write it at once, and seals what it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import orjson

from hub.audit.state import TrailState
from hub.protocol.checkpoint import START, link_of
from hub.store import trail
from hub.store.base import Store
from hub.store.chain import GONE, Act, unpack_seals
from hub.store.records import NOBODY, AccountRow
from tests.server.making import an_id
from tests.store.making import START as NOW
from tests.store.making import add, candidate

OpenStore = Callable[..., Store]


def entries_of(store: Store) -> list[dict[str, Any]]:
    """What each entry says, without the first."""
    return [orjson.loads(entry.text) for entry in store.trail() if entry.number > 1]


def test_entries_follow_each_other_by_number_and_link(store: Store) -> None:
    """From the first on, which a new store writes itself; the digests are what a member gets of them."""
    store.add_to_trail([Act("one", {"n": 1}), Act("two", {"n": 2})])
    entries = list(store.trail())
    assert [entry.number for entry in entries] == [1, 2, 3]
    link = START
    for entry in entries:
        link = link_of(link, entry.digest)
        assert entry.link == link
    head = store.trail_head()
    assert (head.size, head.link) == (3, link)
    assert store.trail_digests(1, 10) == [entry.digest for entry in entries[1:]]
    assert store.trail_digests(1, 1) == [entries[1].digest]
    assert store.trail_digests(9, 10) == []
    assert [entry.number for entry in store.trail(2)] == [3]


def test_the_trail_is_read_backwards_in_pages(store: Store) -> None:
    """Number and text alone, from the newest on."""
    store.add_to_trail([Act("one"), Act("two"), Act("three")])
    entries = {entry.number: entry.text for entry in store.trail()}
    assert store.trail_texts(100, 2) == [(4, entries[4]), (3, entries[3])]
    assert store.trail_texts(3, 10) == [(2, entries[2]), (1, entries[1])]
    assert store.trail_texts(1, 10) == []


def test_a_store_that_is_opened_again_goes_on(open_store: OpenStore) -> None:
    """One beginning, one key, however often `hub init` is run."""
    store = open_store()
    store.add_to_trail([Act("one")])
    again = open_store()
    again.add_to_trail([Act("two")])
    assert [entry["what"] for entry in entries_of(again)] == ["one", "two"]
    assert again.trail_key() == store.trail_key()
    assert len(store.trail_key()) == trail.KEY_BYTES


def test_a_batch_is_one_entry_with_a_seal_for_each_record(store: Store) -> None:
    """Who, for whom, how many of each verdict; a repeat changes nothing and is counted."""
    add(store, candidate(1), candidate(2), status="s1")
    add(store, candidate(1), candidate(3, version=1), status="s2")
    first, second = entries_of(store)
    assert (first["what"], first["collection"], first["head"]) == (trail.PUBLISHED, "shared", NOW + 1)
    assert (first["added"], first["repeat"], first["refused"]) == (2, 0, 0)
    assert (second["added"], second["repeat"]) == (1, 1)
    seals = [dict(unpack_seals(entry.seals)) for entry in store.trail()][1:]
    assert [sorted(some) for some in seals] == [[NOW, NOW + 1], [NOW + 2]]
    record = store.history("shared", an_id(1))[0]
    assert seals[0][NOW] == trail.seal_of(store.trail_key(), record)


def test_deletions_and_purges_name_no_object(store: Store) -> None:
    """Their ids are keyed there: with the key and the id one can tell that it was this one."""
    add(store, candidate(1), candidate(2))
    store.delete("shared", an_id(1), "ID", 4, account="id-cert")
    store.purge("shared", an_id(2))
    deleted, purged = entries_of(store)[-2:]
    key = store.trail_key()
    assert (deleted["what"], deleted["account"], deleted["member"]) == (trail.DELETED, "id-cert", "ID")
    assert deleted["object"] == trail.keyed_id(key, an_id(1))
    assert purged["object"] == trail.keyed_id(key, an_id(2))
    assert dict(unpack_seals(list(store.trail())[-1].seals)) == {NOW + 1: GONE}
    assert not any(an_id(number).encode() in entry.text for number in (1, 2) for entry in store.trail())


def test_an_account_has_a_seal_and_no_credential(store: Store) -> None:
    """The seal follows everything that is kept of it."""
    row = AccountRow("id-cert", "cert", "ID", "argon2id-hash", ("key-hash",), False, NOW)
    store.put_account(row)
    (entry,) = entries_of(store)
    assert (entry["what"], entry["account"], entry["disabled"]) == (trail.ACCOUNT, "id-cert", False)
    assert entry["seal"] == trail.account_seal(store.trail_key(), row)
    assert "hash" not in orjson.dumps(entry).decode()


def test_what_the_hub_adds_without_effect_is_no_entry(store: Store) -> None:
    """`hub init` is run again and again."""
    add(store, candidate(1, owner=NOBODY), publisher=NOBODY)
    before = store.trail_head()
    add(store, candidate(1, owner=NOBODY), publisher=NOBODY)
    assert store.trail_head() == before


def test_several_writers_make_one_chain(open_store: OpenStore) -> None:
    """The process that comes second reads the end again."""
    stores = [open_store(lock_seconds=60) for _ in range(3)]
    start = threading.Barrier(len(stores))

    def write(store: Store, name: str) -> None:
        start.wait()
        for number in range(10):
            store.add_to_trail([Act(name, {"n": number})])

    threads = [threading.Thread(target=write, args=(store, f"w{n}")) for n, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = TrailState().read(stores[0].trail(), stores[0].trail_key())
    assert (state.findings, state.head.size) == ([], 31)
    for name in ("w0", "w1", "w2"):
        assert [content["n"] for content in entries_of(stores[0]) if content["what"] == name] == list(range(10))


def test_standings_agree_with_the_records(store: Store) -> None:
    """In place order, each once."""
    add(store, candidate(1, version=1), candidate(2))
    add(store, candidate(1, version=2, level=3))
    standings = dict(store.standings("shared"))
    assert list(standings) == [record.place for record in store.records("shared")]
    assert [(standing.governing, standing.newest) for standing in standings.values()] == [
        (3, False),
        (1, True),
        (3, True),
    ]
    assert list(store.standings("nothing")) == []


def test_a_store_reports_the_room_that_it_takes(store: Store) -> None:
    """And how much room is left, where it knows."""
    size, free = store.space()
    assert size >= 0
    assert free is None or free > 0
