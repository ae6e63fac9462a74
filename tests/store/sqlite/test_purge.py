"""A purge leaves no bytes of what it removes in the SQLite file or beside it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hub.errors import StoreUnavailableError
from tests.server.making import an_id
from tests.store.making import add, candidate, stored_versions
from tests.store.sqlite.conftest import Opener


def _bytes_left(path: Path, *secrets: bytes) -> list[str]:
    return [file.name for file in path.parent.iterdir() if any(secret in file.read_bytes() for secret in secrets)]


@pytest.mark.parametrize("size", [200, 3_000, 50_000])
def test_a_purge_leaves_no_bytes(open_sqlite: Opener, path: Path, size: int) -> None:
    """Neither in the store nor in its write-ahead log, though pages were split and emptied around the record."""
    store = open_sqlite()
    chance = random.Random(size)
    secret = b"victim-" + b"z" * 40
    purged = an_id(777_777)
    for number in range(0, 300, 3):
        other_candidates = [candidate(number + offset, note="x" * chance.randrange(size)) for offset in range(3)]
        if number == 150:
            other_candidates.append(candidate(777_777, 1, note=secret.decode() + "y" * size))
        if number == 180:
            other_candidates.append(candidate(777_777, 2, note="y" * size + secret.decode()))
        add(store, *other_candidates, status=f"s{number}")
    for number in range(0, 300, 2):
        store.delete("shared", an_id(number), "ID", 4)
    assert _bytes_left(path, secret, purged.encode())
    assert store.purge("shared", purged) == 2
    assert _bytes_left(path, secret, purged.encode()) == []
    assert len(stored_versions(store)) == 150
    assert store.get_status("s150") is not None


def test_bytes_of_what_was_deleted_before_are_gone_with_the_next_purge(open_sqlite: Opener, path: Path) -> None:
    """A deletion leaves zeros in the file; the log of it is cut with the next purge."""
    store = open_sqlite()
    add(store, candidate(1, note="victim-name"), candidate(2))
    store.delete("shared", an_id(1), "ID", 4)
    store.purge("shared", an_id(2))
    assert _bytes_left(path, b"victim-name") == []


def test_a_purge_that_a_reader_hinders_says_so_and_the_next_call_finishes_it(open_sqlite: Opener, path: Path) -> None:
    """The records are gone at once; the log cannot be cut while a reader still needs it."""
    store = open_sqlite(lock_seconds=0.1)
    add(store, candidate(1, note="victim-name"), candidate(2))
    reader = store.records("shared")
    next(reader)
    with pytest.raises(StoreUnavailableError, match="purge it again"):
        store.purge("shared", an_id(1))
    assert stored_versions(store) == [(an_id(2), "v1")]
    assert len(list(reader)) == 1  # ends the reader's snapshot
    assert store.purge("shared", an_id(1)) == 0
    assert _bytes_left(path, b"victim-name") == []
