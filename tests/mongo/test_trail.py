"""Over MongoDB a change and its entry in the audit trail are two documents: the entry is written once, even if the writer is killed between them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson
import pytest

from hub.audit.state import Finding, content_of
from hub.audit.verify import Verification
from hub.errors import StoreError
from hub.store import trail
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.store import MongoStore
from hub.store.records import HIDDEN, AccountRow, RecordLevel
from hub.taxii.filters import VersionMatch
from tests.mongo import server
from tests.server.making import an_id
from tests.store.making import START, Clock, add, batch, candidate

WRITING: Final = frozenset(
    "InsertRows KeepStatuses Show Touch IsNoted AddEntry Finish Wipe PutAccount MarkAccountNoted".split()
)
OpenStore = Callable[..., MongoStore]
Change = Callable[[MongoStore, str, int], Any]


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of these tests' own: each works in collections of its own."""
    address = server.database_uri(server.shared_uri(), tmp_path_factory.mktemp("trail"))
    options: dict[str, Any] = {"clock": Clock(), "lock_seconds": 5, "status_milliseconds": 1}
    MongoStore(address, create=True, **options).close()
    yield address
    server.forget(address)


@pytest.fixture
def open_store(uri: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenStore]:
    """Opens the store as another process would."""
    monkeypatch.setattr("hub.store.mongo.commit.POLITE_WAITS", 0)
    stores: list[MongoStore] = []

    def opener(observe: Callable[[str, str], None] | None = None) -> MongoStore:
        options: dict[str, Any] = {"clock": Clock(), "lock_seconds": 20, "status_milliseconds": 3_600_000}
        stores.append(MongoStore(uri, observe=observe, **options))
        return stores[-1]

    yield opener
    for store in stores:
        store.close()


def verified(store: MongoStore) -> list[Finding]:
    """All that is not as the trail says."""
    return list(Verification(store, examine=lambda _: (), pause=lambda: None).run(()))


def entries_about(store: MongoStore, name: str) -> list[dict[str, Any]]:
    """What the trail says of a collection, or of the account of that name."""
    abouts = [content_of(entry) or {} for entry in store.trail()]
    return [about for about in abouts if about.get("collection") == name or about.get("account") == name]


class KilledError(BaseException):
    """The process dies."""


def killed_before(moment: int, steps: list[str]) -> Callable[[str, str], None]:
    """An observer that ends the work before the step of that number, as if the process had died there."""

    def observe(when: str, step: str) -> None:
        if when == "before":
            if len(steps) == moment:
                raise KilledError
            steps.append(step)

    return observe


def account(name: str, **changes: Any) -> AccountRow:
    fields: dict[str, Any] = {"password_hash": "argon2id-hash", "key_hashes": (), "disabled": False} | changes
    return AccountRow(name, "cert", "ID", created_at=START, **fields)


def restored(store: MongoStore, collection: str, _number: int) -> int:
    return store.restore(collection, START + 99, list(store.records("archive")))


def test_of_two_that_write_the_entry_of_a_dead_writer_at_once_one_does(open_store: OpenStore) -> None:
    """Both have read the same end of the trail, and found no entry there, when the first of them inserts."""
    store = open_store()
    add(store, candidate(1, 1), collection="raced")
    with pytest.raises(KilledError):
        add(open_store(dying_before("AddEntry")), candidate(1, 2), collection="raced", status="raced")
    with pytest.raises(KilledError):
        open_store(dying_before("AddEntry")).put_account(account("raced-account"))
    ready = threading.Barrier(2, timeout=30)
    waited: set[tuple[int, str]] = set()

    def observe(when: str, step: str) -> None:
        turn = (threading.get_ident(), step)
        if (when, step) == ("before", "AddEntry") and turn not in waited:
            waited.add(turn)
            ready.wait()

    sweepers = [threading.Thread(target=open_store(observe).settle) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
    assert len(waited) == 2
    assert [about.get("status") for about in entries_about(store, "raced")] == [None, "raced"]
    assert len(entries_about(store, "raced-account")) == 1
    assert verified(store) == []


def dying_before(word: str) -> Callable[[str, str], None]:
    """An observer that ends the work before that step."""

    def observe(when: str, step: str) -> None:
        if (when, step) == ("before", word):
            raise KilledError

    return observe


def test_the_next_writer_writes_the_entry_that_is_missing_before_its_own(open_store: OpenStore) -> None:
    """So the entries of a collection, and those of an account, are in the order of the changes."""
    store = open_store()
    with pytest.raises(KilledError):
        add(open_store(dying_before("AddEntry")), candidate(1), collection="next", status="first")
    add(store, candidate(2), collection="next", status="second")
    assert [about["status"] for about in entries_about(store, "next")] == ["first", "second"]
    with pytest.raises(KilledError):
        open_store(dying_before("AddEntry")).put_account(account("next-account"))
    store.put_account(account("next-account", disabled=True))
    assert [about["disabled"] for about in entries_about(store, "next-account")] == [False, True]


def test_an_entry_that_comes_late_says_when_the_change_was_made(open_store: OpenStore, uri: str) -> None:
    """Not when somebody found that it was missing."""
    with pytest.raises(KilledError):
        add(open_store(dying_before("AddEntry")), candidate(1), collection="late")
    later = MongoStore(uri, clock=Clock(START + 1000), lock_seconds=5, status_milliseconds=1)
    later.settle()
    (about,) = entries_about(later, "late")
    later.close()
    assert about["at"] == START


def test_a_writer_that_wakes_after_others_wrote_its_entry_writes_no_second_one(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where its commit was removed from the log since."""
    monkeypatch.setattr("hub.store.mongo.commit.KEPT_ENTRIES", 1)
    other_store = open_store()

    def overtaken(when: str, step: str) -> None:
        if (when, step) == ("before", "ReadTrailEnd") and not asleep:
            asleep.append(step)
            for number in range(2, 6):
                add(other_store, candidate(number), collection="overtaken")

    asleep: list[str] = []
    add(open_store(overtaken), candidate(1), collection="overtaken")
    assert asleep
    assert len(entries_about(other_store, "overtaken")) == 5
    assert verified(other_store) == []


def test_two_changes_of_an_account_at_once_are_two_entries_and_the_last_is_what_is_kept(open_store: OpenStore) -> None:
    """The second process starts again from what the first one wrote."""
    other_store = open_store()

    def overtaken(when: str, step: str) -> None:
        if (when, step) == ("before", "PutAccount") and not asleep:
            asleep.append(step)
            other_store.put_account(account("twice", disabled=True))

    asleep: list[str] = []
    open_store(overtaken).put_account(account("twice"))
    assert [about["disabled"] for about in entries_about(other_store, "twice")] == [True, False]
    assert verified(other_store) == []


def test_what_somebody_else_changed_is_found_though_entries_come_late(open_store: OpenStore, database: Any) -> None:
    """A record, an account, an entry: settling writes entries of the hub's own changes only."""
    store = open_store()
    add(store, candidate(1), candidate(2), collection="changed")
    store.put_account(account("changed-account"))
    with pytest.raises(KilledError):
        add(open_store(dying_before("AddEntry")), candidate(3), collection="changed")
    key = mongo_rows.row_id("changed", START)
    row = database.objects.find_one({"_id": key})
    database.objects.update_one({"_id": key}, {"$set": {"owner": "MY"}})
    database.accounts.update_one({"_id": "changed-account"}, {"$set": {"kind": "operator"}})
    findings = verified(store)
    assert [finding.kind for finding in findings] == ["record", "account"]
    assert findings[0].location.startswith(f"changed {START} ")
    database.objects.replace_one({"_id": key}, row)
    database.accounts.update_one({"_id": "changed-account"}, {"$set": {"kind": "cert"}})
    assert verified(store) == []
    last = database.trail.find_one({}, sort=[("_id", -1)])
    database.trail.update_one({"_id": last["_id"]}, {"$set": {"text": orjson.dumps({"what": trail.PUBLISHED})}})
    assert "trail" in {finding.kind for finding in verified(store)}
    database.trail.replace_one({"_id": last["_id"]}, last)


def test_a_store_of_format_6_continues_with_entries_of_its_own_kind(
    open_store: OpenStore, uri: str, database: Any
) -> None:
    """Its accounts and entries have no names of changes; its number alone makes an older hub refuse it."""
    store = open_store()
    store.put_account(account("older"))
    database.accounts.update_many({}, {"$unset": {"change": "", "changed_at": "", "noted": ""}})
    database.trail.update_many({}, {"$unset": {"name": ""}})
    database.meta.update_one({"_id": "format"}, {"$set": {"number": 6}})
    with pytest.raises(StoreError, match="hub init"):
        open_store().ping()
    MongoStore(uri, clock=Clock(), lock_seconds=5, status_milliseconds=1, create=True).close()
    again = open_store()
    again.put_account(account("older", disabled=True))
    again.append(batch(candidate(1), collection="older"))
    assert [about["disabled"] for about in entries_about(again, "older") if "disabled" in about] == [False, True]
    assert verified(again) == []


# What is done before, the change during which the writer dies, and how many entries it has where it ends. Each time with
# an id of its own, since ids are looked up in all collections.
CHANGES: Final[dict[str, tuple[Change, Change, int]]] = {
    "a batch with a new version": (
        lambda store, name, number: add(store, candidate(number, 1), collection=name),
        lambda store, name, number: add(store, candidate(number, 2), collection=name, status=f"of {name}"),
        1,
    ),
    "a batch of repeats": (
        lambda store, name, number: add(store, candidate(number), collection=name),
        lambda store, name, number: add(store, candidate(number), collection=name, status=f"of {name}"),
        1,
    ),
    "a deletion of one version of two": (
        lambda store, name, number: add(store, candidate(number, 1), candidate(number, 2), collection=name),
        lambda store, name, number: store.delete(name, an_id(number), "ID", 4, VersionMatch(last=True)),
        1,
    ),
    "a purge": (
        lambda store, name, number: add(store, candidate(number), collection=name),
        lambda store, name, number: store.purge(name, an_id(number)),
        1,
    ),
    "other levels": (
        lambda store, name, number: add(store, candidate(number), collection=name),
        lambda store, name, number: store.set_levels(name, [RecordLevel(an_id(number), START, HIDDEN, "refused: why")]),
        1,
    ),
    "an import": (lambda store, _name, _number: add(store, candidate(1), collection="archive"), restored, 3),
    "a new account": (lambda *_: None, lambda store, name, _number: store.put_account(account(name)), 1),
    "an account's other password": (
        lambda store, name, _number: store.put_account(account(name)),
        lambda store, name, _number: store.put_account(account(name, password_hash="another")),
        1,
    ),
}


def test_a_writer_killed_anywhere_between_a_change_and_its_entry_leaves_no_change_without_one(
    open_store: OpenStore,
) -> None:
    """The process that settles afterwards writes it, once, for any number of runs. Verification reads all of them at the end."""
    store, numbers = open_store(), itertools.count(100)
    for case, (prepare, change, times) in CHANGES.items():
        # (1) what it does where nobody dies
        steps: list[str] = []
        number = next(numbers)
        prepare(store, f"{case} whole", number)
        before = store.trail_head().size
        change(open_store(killed_before(-1, steps)), f"{case} whole", number)
        assert store.trail_head().size == before + times
        first = next(index for index, step in enumerate(steps) if step in ("Insert", "PutAccount", "AddEntry"))
        assert "AddEntry" in steps[first:]
        # (2) killed before each step that writes, from the change on, and before the one that looks
        for moment in (index for index in range(first, len(steps)) if steps[index] in WRITING):
            name, number = f"{case} {moment}", next(numbers)
            prepare(store, name, number)
            before = store.trail_head().size
            with pytest.raises(KilledError):
                change(open_store(killed_before(moment, [])), name, number)
            store.settle()
            after = store.trail_head().size
            assert before <= after <= before + times, f"{case}, killed before {steps[moment]}"
            store.settle()
            assert store.trail_head().size == after, f"{case}, killed before {steps[moment]}"
            if case == "an import" and not list(store.records(name)):  # it is left closed: the next puts it right
                restored(store, name, number)
    assert verified(store) == []
