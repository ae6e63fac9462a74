"""The SQLite store's file: full, gone, replaced, locked, damaged, not its own; closed, copied, and for its user alone."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from hub.errors import StoreError, StoreFullError, StoreUnavailableError
from hub.store.base import Deletion, Store
from hub.store.batch import Verdict
from hub.store.sqlite.store import SqliteStore
from tests.server.making import an_id
from tests.store.making import ROOMY, Clock, add, asking, candidate, contents_of, stored_versions, verdicts
from tests.store.sqlite.calls import CALLS, calls_of
from tests.store.sqlite.conftest import Opener

WRITES = ("append", "delete", "purge", "sweep", "put_account", "restore", "put_secret")


# --- no room left ---------------------------------------------------------------------------------------------------


def _fill(store: Store) -> int:
    """Publish until there is no room; return how many objects were acknowledged."""
    for number in range(0, 10_000, 5):
        batch_candidates = [candidate(number + offset, note="x" * 900) for offset in range(5)]
        try:
            add(store, *batch_candidates, status=f"s{number}")
        except StoreFullError as error:
            assert "no room" in str(error)  # noqa: PT017 - which batch it is that fails is the point
            return number
    raise AssertionError("there was room without end")


def test_a_full_store_refuses_whole_batches_and_still_reads(open_sqlite: Opener) -> None:
    """Nothing of the batch that found no room is there, neither objects nor status nor head."""
    store = open_sqlite(max_pages=120)
    ids_kept = _fill(store)
    assert ids_kept > 0
    assert [content["id"] for content in contents_of(store, asking())] == [an_id(number) for number in range(ids_kept)]
    assert store.get_status(f"s{ids_kept}") is None
    assert store.counts("shared", 4)[0] == ids_kept
    assert store.head("shared") == store.counts("shared", 4)[1]
    store.ping()


def test_writes_work_again_when_there_is_room(open_sqlite: Opener) -> None:
    """After deletions, or with a larger disk; readers' places stay valid."""
    store = open_sqlite(max_pages=124)
    _fill(store)
    before = store.head("shared")
    for number in range(40):
        assert store.delete("shared", an_id(number), "ID", 4) is Deletion.DELETED
    assert verdicts(add(store, candidate(20_000))) == [Verdict.ADDED]
    assert store.head("shared") > before
    larger = open_sqlite(max_pages=240)
    assert (
        verdicts(add(larger, *(candidate(30_000 + offset, note="x" * 900) for offset in range(100))))
        == [Verdict.ADDED] * 100
    )


# --- gone, replaced, busy -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
def test_a_removed_file_is_noticed_in_words_and_comes_back_by_itself(
    open_sqlite: Opener, path: Path, call: str
) -> None:
    """Nothing is acknowledged into a file that nobody will find; put back, the store answers again."""
    store = open_sqlite()
    add(store, candidate(1))
    path.rename(path.with_suffix(".away"))
    with pytest.raises(StoreUnavailableError, match="was removed"):
        calls_of(store)[call]()
    assert not path.exists()
    path.with_suffix(".away").rename(path)
    calls_of(store)[call]()


def test_a_replaced_file_is_noticed_in_words(open_sqlite: Opener, path: Path) -> None:
    """Another store under the same name would give places out twice."""
    store = open_sqlite()
    add(store, candidate(1))
    shutil.copy(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").rename(path)
    with pytest.raises(StoreUnavailableError, match="was replaced"):
        store.read(asking(), ROOMY)
    with pytest.raises(StoreUnavailableError, match="was replaced"):
        add(store, candidate(2))


@pytest.mark.parametrize("call", WRITES)
def test_a_writer_waits_for_its_turn_only_so_long(open_sqlite: Opener, path: Path, call: str) -> None:
    """Another process holds the writers' lock: reads go on, writes answer that the store is busy."""
    store = open_sqlite(lock_seconds=0.05)
    add(store, candidate(1))
    with Path(f"{path}.lock").open("rb") as held_by_another:
        fcntl.flock(held_by_another, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailableError, match="busy"):
            calls_of(store)[call]()
        assert store.read(asking(), ROOMY).count == 1
    calls_of(store)[call]()


def test_threads_of_one_process_wait_for_each_other_only_so_long(open_sqlite: Opener) -> None:
    """The first lock is the process's own."""
    store = open_sqlite(lock_seconds=0.05)
    add(store, candidate(1))
    is_inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with store._files.writing():
            is_inside.set()
            leave.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    is_inside.wait()
    with pytest.raises(StoreUnavailableError, match="busy"):
        add(store, candidate(2))
    leave.set()
    holder.join()
    assert verdicts(add(store, candidate(2))) == [Verdict.ADDED]


def test_another_programs_lock_is_waited_for_only_so_long(open_sqlite: Opener, path: Path) -> None:
    """Someone opened the file with the sqlite3 shell and began to write."""
    store = open_sqlite(lock_seconds=0.05)
    add(store, candidate(1))
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="locked"):
        add(store, candidate(2))
    assert store.read(asking(), ROOMY).count == 1
    other.execute("ROLLBACK")
    other.close()
    assert verdicts(add(store, candidate(2))) == [Verdict.ADDED]


# --- not this hub's file --------------------------------------------------------------------------------------------


def test_a_missing_store_is_reported_with_the_way_to_make_one(open_sqlite: Opener, path: Path) -> None:
    """`hub serve` does not make a store: a wrong path must not look like an empty hub."""
    with pytest.raises(StoreUnavailableError, match="hub init"):
        open_sqlite(create=False)
    assert not path.exists()


def test_an_empty_file_is_no_store_yet(open_sqlite: Opener, path: Path) -> None:
    """Left by a `hub init` that was killed at once; run again, it continues."""
    path.parent.mkdir()
    path.touch()
    with pytest.raises(StoreUnavailableError, match="hub init"):
        open_sqlite(create=False)
    open_sqlite().ping()


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database_is_left_alone(open_sqlite: Opener, path: Path, create: bool) -> None:
    """A letter, for example."""
    path.parent.mkdir()
    path.write_bytes(b"Dear all, " * 1000)
    with pytest.raises(StoreError, match="not a hub's store"):
        open_sqlite(create=create)
    assert path.read_bytes() == b"Dear all, " * 1000


@pytest.mark.parametrize("create", [True, False])
def test_another_programs_database_is_left_alone(open_sqlite: Opener, path: Path, create: bool) -> None:
    """Its tables are not ours to change."""
    path.parent.mkdir()
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE letter (words)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_sqlite(create=create)
    assert path.read_bytes() == before


def test_a_folder_is_no_store(open_sqlite: Opener, path: Path) -> None:
    """Reported in words, as everything that the file system refuses."""
    path.mkdir(parents=True)
    with pytest.raises(StoreUnavailableError, match="cannot be"):
        open_sqlite(create=True)
    with pytest.raises(StoreUnavailableError, match="cannot be"):
        open_sqlite(create=False)


def test_a_damaged_file_is_reported_as_such(open_sqlite: Opener, path: Path) -> None:
    """No error of SQLite's own reaches the reader."""
    store = open_sqlite()
    add(store, *(candidate(number, note="x" * 500) for number in range(200)))
    store.purge("shared", an_id(0))  # everything is in the file now
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(os.urandom(size - 3 * 4096))
    with pytest.raises(StoreError, match="damaged"):
        list(open_sqlite().records("shared"))


# --- processes and closing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
def test_a_closed_store_says_so(open_sqlite: Opener, call: str) -> None:
    """To every call."""
    store = open_sqlite()
    store.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        calls_of(store)[call]()


def test_closing_releases_every_file(open_sqlite: Opener, path: Path) -> None:
    """Connections of threads that have ended, and one that was lent out while the store was closed."""
    store = open_sqlite()
    add(store, *(candidate(number) for number in range(3)))
    threads = [threading.Thread(target=lambda: store.read(asking(), ROOMY)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lent_out = store.records("shared")
    next(lent_out)
    store.close()
    assert [record.id for record in lent_out] == [an_id(1), an_id(2)]
    folder = Path("/proc/self/fd")
    if folder.is_dir():
        names = []
        for link in folder.iterdir():
            with suppress(FileNotFoundError):
                names.append(str(link.readlink()))
        assert not [name for name in names if name.startswith(str(path))]


def test_the_store_is_for_the_hubs_own_user_only(open_sqlite: Opener, path: Path) -> None:
    """It holds what is marked RED, and hashes of credentials."""
    add(open_sqlite(), candidate(1))
    for file in path.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


def test_a_new_store_is_for_the_hubs_own_user_whatever_is_beside_it(open_sqlite: Opener, path: Path) -> None:
    """SQLite takes the permissions from the lock file, which may be left from before."""
    path.parent.mkdir()
    lock_file = path.with_name(path.name + ".lock")
    lock_file.touch(0o666)
    lock_file.chmod(0o666)
    open_sqlite()
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize("name", ["a b", "hub?mode=ro", "hub#1", "50%41", "größe", "o'ne\"two"])
def test_a_store_may_have_any_name(tmp_path: Path, name: str) -> None:
    """SQLite is asked for it by URI, where some characters mean something."""
    path = tmp_path / name / name
    SqliteStore(path, clock=Clock(), lock_seconds=5, status_milliseconds=1, create=True).close()
    assert {file.name for file in path.parent.iterdir()} == {name, f"{name}.lock"}
    store = SqliteStore(path, clock=Clock(), lock_seconds=5, status_milliseconds=1)
    store.ping()
    store.close()


def test_a_copy_made_while_the_hub_runs_is_a_store(open_sqlite: Opener, path: Path) -> None:
    """VACUUM INTO is how SQLite files are backed up; the copy is opened with its log switched on again."""
    add(open_sqlite(), candidate(1))
    with open_sqlite()._files.reading() as connection:
        connection.execute("VACUUM INTO ?", (str(path.with_suffix(".copy")),))
    copy = SqliteStore(path.with_suffix(".copy"), clock=Clock(), lock_seconds=5.0, status_milliseconds=1000)
    assert stored_versions(copy) == [(an_id(1), "v1")]
    with copy._files.writing() as connection:
        assert connection.execute("PRAGMA journal_mode").get == "wal"
    copy.close()


def test_commits_are_synced(open_sqlite: Opener) -> None:
    """Law L3: in WAL mode only `synchronous = FULL` (2) has a commit on disk before it is acknowledged."""
    with open_sqlite()._files.writing() as connection:
        assert connection.execute("PRAGMA synchronous").get == 2
        assert connection.execute("PRAGMA journal_mode").get == "wal"
