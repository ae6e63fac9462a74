"""Law L3 across forks: a store belongs to the process that opened it, and its locks last as long as it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hub.store.sqlite.store import SqliteStore
from tests.mongo import server
from tests.places import TOP
from tests.store.making import Clock, add, candidate


def run(case: str, kind: str, folder: Path) -> None:
    """A function of `forking`, in a process of its own: it forks, which a test runner with threads should not."""
    if kind == "mongo":
        server.shared_uri()  # started here, so that it ends with the tests
    process = subprocess.run(
        [sys.executable, "-m", "tests.store.forking", case, kind, str(folder)],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")


def test_a_child_is_refused_whatever_it_calls_and_the_parent_goes_on(kind: str, tmp_path: Path) -> None:
    """In words that say what to do."""
    run("every_call", kind, tmp_path)


def test_what_parent_and_child_write_at_the_same_moment_is_kept_or_refused(kind: str, tmp_path: Path) -> None:
    """The parent closes first: SQLite would delete the write-ahead log that the child writes to."""
    run("same_moment", kind, tmp_path)


def test_a_parent_that_closes_before_the_fork_and_its_child_write_side_by_side(tmp_path: Path) -> None:
    """Each with a store of its own: both write all, and all of it is there."""
    run("closed_before_the_fork", "sqlite", tmp_path)


def test_a_child_may_not_open_the_file_that_its_parent_had_open(tmp_path: Path) -> None:
    """Nor may its children, nor after the parent has closed: SQLite's memory of the locks is inherited permanently."""
    run("same_file", "sqlite", tmp_path)


def test_the_end_of_a_child_takes_nothing_from_others(tmp_path: Path) -> None:
    """The interpreter of a child that ends destroys what the child inherited."""
    run("child_that_ends", "sqlite", tmp_path)


def test_a_fork_within_a_transaction_leaves_it_to_the_parent(tmp_path: Path) -> None:
    """A commit of the child would write to the log without a lock."""
    run("within_a_transaction", "sqlite", tmp_path)


def test_a_child_does_not_keep_the_write_lock_of_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Other processes write at once."""
    run("killed_with_the_lock", "sqlite", tmp_path)


_LOCK_AS_THE_LAST = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
"""


def test_a_process_that_opens_the_file_twice_keeps_its_locks(tmp_path: Path) -> None:
    """All POSIX locks of a process on a file are gone when it closes any descriptor of it: the hub has none of its own.

    Without the lock another process takes itself for the last one, and deletes the write-ahead log.
    """
    file = tmp_path / "hub.sqlite"
    stores = []
    for create in (True, True, False):
        stores.append(SqliteStore(file, clock=Clock(), lock_seconds=5, status_milliseconds=1000, create=create))
        add(stores[0], candidate(len(stores)))
        # the lock that SQLite's close asks for, before it deletes the log
        other = subprocess.run(
            [sys.executable, "-c", _LOCK_AS_THE_LAST, str(file)], capture_output=True, text=True, check=False
        )
        assert "BlockingIOError" in other.stderr
    for store in stores:
        store.close()
    subprocess.run([sys.executable, "-c", _LOCK_AS_THE_LAST, str(file)], check=True)
