"""The SQLite store's tables grow in named steps, each taken once and recorded in the same transaction."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from hub.errors import StoreError, StoreUnavailableError
from hub.store.sqlite import migrations
from hub.store.sqlite.migrations import MIGRATIONS, applied, migrate, missing
from hub.store.sqlite.pages import key_of
from hub.store.sqlite.store import SqliteStore
from tests.server.making import an_id
from tests.store.making import START, Clock, add, candidate, stored_versions


def _open(path: Path, *, create: bool) -> SqliteStore:
    return SqliteStore(path, clock=Clock(), lock_seconds=5.0, status_milliseconds=1000, create=create)


def _first_schema(path: Path) -> None:
    """A store as the first step alone made it, with one record in it."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    assert migrate(connection, START, MIGRATIONS[:1]) == ("objects_in_line",)
    connection.execute("INSERT INTO collection (name, head, held_1) VALUES ('shared', ?, 1)", (START + 9,))
    connection.execute(
        "INSERT INTO record VALUES (?, 1, 1, 5, 5, ?, 'indicator', 1, 'v1', 'ID', 'ID', 0, ?, x'00')",
        (key_of(1, START), an_id(1), START),
    )
    connection.execute("INSERT INTO body VALUES (?, x'7b7d')", (key_of(1, START),))
    connection.close()


def test_a_store_of_the_first_schema_is_brought_up_to_this_one(tmp_path: Path) -> None:
    """What it held is there, and all that came later works."""
    path = tmp_path / "hub.sqlite"
    _first_schema(path)
    store = _open(path, create=True)
    assert stored_versions(store) == [(an_id(1), "v1")]
    add(store, candidate(2), status="s1")
    assert store.get_status("s1") is not None
    assert store.head("shared") == START + 10
    assert store.secret(b"x") == b"x"
    store.close()


def test_only_hub_init_upgrades(tmp_path: Path) -> None:
    """`hub serve` on an older store says what to run, and changes nothing."""
    path = tmp_path / "hub.sqlite"
    _first_schema(path)
    with pytest.raises(StoreUnavailableError, match="hub init"):
        _open(path, create=False)
    connection = apsw.Connection(str(path))
    assert applied(connection) == ("objects_in_line",)
    connection.close()


def test_migrations_run_once(tmp_path: Path) -> None:
    """Run again, there is nothing to do; a new store and an upgraded one have the same tables."""
    schemas = []
    for name in ("new", "old"):
        path = tmp_path / name
        if name == "old":
            _first_schema(path)
        for _ in range(2):
            _open(path, create=True).close()
        connection = apsw.Connection(str(path))
        assert applied(connection) == tuple(step.__name__ for step in MIGRATIONS)
        assert migrate(connection, START) == ()
        schemas.append(sorted(str(row) for row in connection.execute("SELECT name, sql FROM sqlite_schema")))
        connection.close()
    assert schemas[0] == schemas[1]


def test_a_step_that_fails_leaves_nothing_behind() -> None:
    """Neither half of its tables nor the record that it was done."""

    def half_done(connection: apsw.Connection) -> None:
        connection.execute("CREATE TABLE half (done)")
        raise ZeroDivisionError

    connection = apsw.Connection(":memory:")
    with pytest.raises(ZeroDivisionError):
        migrate(connection, START, (*MIGRATIONS, half_done))
    assert applied(connection) == tuple(step.__name__ for step in MIGRATIONS)
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").get == 0
    assert [step.__name__ for step in missing(connection, (*MIGRATIONS, half_done))] == ["half_done"]
    connection.close()


@pytest.mark.parametrize("create", [True, False])
def test_a_store_of_a_newer_hub_is_left_alone(tmp_path: Path, create: bool) -> None:
    """An older program could break laws that it does not know of."""
    path = tmp_path / "hub.sqlite"
    _open(path, create=True).close()
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO migration (name, applied_at) VALUES ('from_the_future', 0)")
    connection.close()
    with pytest.raises(StoreError, match=r"from_the_future.*upgrade this hub"):
        _open(path, create=create)


def test_every_step_says_why() -> None:
    """Its docstring is the table's documentation; its name is its identity, and stays."""
    assert [step.__name__ for step in MIGRATIONS[:3]] == [
        "objects_in_line",
        "statuses_accounts_and_secret",
        "versions_by_instant",
    ]
    assert all(step.__doc__ for step in migrations.MIGRATIONS)
