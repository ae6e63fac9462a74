"""How the SQLite store's tables came to be: named steps, each applied once, together with the record that it was.

To change the tables, add a function at the end of `MIGRATIONS`; never change one that was released. `hub init` applies
what is missing. A store that knows a step which this program does not was written by a newer hub, and is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import apsw

from hub.errors import StoreError

Migration = Callable[[apsw.Connection], None]

APPLICATION_ID: Final = 0x54534875  # "TSHu" in the file's header: which program an SQLite file belongs to


def objects_in_line(connection: apsw.Connection) -> None:
    """Collections with their heads, and what stands in them.

    (1) `key` is collection << 48 | place: records lie in the file in the order in which they are read, and the key
    alone says where a record stands. (2) Bodies lie apart, so that look-ups and manifests walk narrow rows.
    (3) "The last version that this reader may see" is one range in one of five partial indexes, one for each
    clearance, since a row is last for clearance c where level <= c < superseded_level. (4) `record_by_level` serves
    every and first versions, `record_by_type` one type or a few, each as a handful of ranges to merge.
    (5) The id comes first in `record_by_id`, so that one look-up tells whether any collection holds it (law L4).
    """
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("""
        CREATE TABLE collection (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            head INTEGER NOT NULL, -- the last place ever given out; never goes down (law L1)
            held_0 INTEGER NOT NULL DEFAULT 0, -- records at each level: counting a million takes 60 ms
            held_1 INTEGER NOT NULL DEFAULT 0,
            held_2 INTEGER NOT NULL DEFAULT 0,
            held_3 INTEGER NOT NULL DEFAULT 0,
            held_4 INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE record (
            key INTEGER PRIMARY KEY, -- (1)
            collection INTEGER NOT NULL,
            level INTEGER NOT NULL,
            superseded_level INTEGER NOT NULL, -- the lowest level among newer versions, 5 if there is none
            preceded_level INTEGER NOT NULL, -- the lowest level among older versions, 5 if there is none
            id TEXT NOT NULL,
            type TEXT NOT NULL,
            version INTEGER NOT NULL, -- microseconds since 1970
            version_text TEXT NOT NULL,
            owner TEXT NOT NULL,
            publishers TEXT NOT NULL, -- member codes, one a line
            revoked INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL, -- milliseconds since 1970
            digest BLOB NOT NULL
        ) STRICT;
        CREATE TABLE body (key INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT; -- (2)
    """)
    for level in range(5):  # (3)
        connection.execute(
            f"CREATE INDEX record_last_{level} ON record (collection) "
            f"WHERE level <= {level} AND superseded_level > {level}"
        )
    connection.execute("""
        CREATE INDEX record_by_level ON record (collection, level, preceded_level); -- (4)
        CREATE INDEX record_by_type ON record (collection, type, level, superseded_level);
        CREATE UNIQUE INDEX record_by_id ON record (id, collection, version); -- (5)
    """)


def statuses_accounts_and_secret(connection: apsw.Connection) -> None:
    """What is kept beside the objects. Of credentials there are only hashes, of status resources the ready JSON."""
    connection.execute("""
        CREATE TABLE status (
            id TEXT PRIMARY KEY,
            collection TEXT NOT NULL,
            account TEXT NOT NULL,
            publisher TEXT NOT NULL,
            kept_at INTEGER NOT NULL, -- milliseconds since 1970
            body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX status_by_time ON status (kept_at);
        CREATE TABLE account (
            name TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            member TEXT NOT NULL,
            password_hash TEXT NOT NULL,
            disabled INTEGER NOT NULL,
            created_at INTEGER NOT NULL -- milliseconds since 1970
        ) STRICT;
        CREATE TABLE account_key (
            hash TEXT PRIMARY KEY,
            account TEXT NOT NULL,
            position INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX account_key_by_account ON account_key (account, position);
        CREATE TABLE secret (number INTEGER PRIMARY KEY CHECK (number = 1), secret BLOB NOT NULL) STRICT;
    """)


def versions_by_instant(connection: apsw.Connection) -> None:
    """match[version]=<timestamp> without an id would else read the whole collection for each page."""
    connection.execute("CREATE INDEX record_by_version ON record (collection, version, level)")


def facts_beside_objects(connection: apsw.Connection) -> None:
    """Deliveries, confirmations, reminders: small values by kind and key, numbered again with each write.

    AUTOINCREMENT: a number that was given is never given again, or a reader that asks for what came later would miss it.
    """
    connection.execute("""
        CREATE TABLE fact (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            value BLOB NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX fact_by_key ON fact (kind, key);
        CREATE INDEX fact_by_number ON fact (kind, number);
    """)


MIGRATIONS: Final[tuple[Migration, ...]] = (
    objects_in_line,
    statuses_accounts_and_secret,
    versions_by_instant,
    facts_beside_objects,
)


def applied(connection: apsw.Connection) -> tuple[str, ...]:
    """The names of the steps that this store has taken, in order; none where it is new."""
    if connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'migration'").get == 0:
        return ()
    return tuple(str(row[0]) for row in connection.execute("SELECT name FROM migration ORDER BY number"))


def missing(connection: apsw.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> tuple[Migration, ...]:
    """The steps that are still to be taken. StoreError where the file is another program's or a newer hub's."""
    owner = connection.execute("PRAGMA application_id").get
    if owner != APPLICATION_ID:
        if connection.execute("SELECT count(*) FROM sqlite_schema").get:
            raise StoreError(
                "the store's file is an SQLite database of another program: name another path in HUB_STORE"
            )
        return tuple(migrations)
    names = [migration.__name__ for migration in migrations]
    taken = applied(connection)
    unknown = [name for name in taken if name not in names]
    if unknown:
        raise StoreError(
            f"the store was written by a newer hub (it has taken the step {unknown[-1]!r}, which this one does not "
            "know): upgrade this hub, or point HUB_STORE at another file"
        )
    return tuple(migration for migration in migrations if migration.__name__ not in taken)


def migrate(connection: apsw.Connection, now: int, migrations: Sequence[Migration] = MIGRATIONS) -> tuple[str, ...]:
    """Take the steps that are missing, each in one transaction with its record; the names of those taken."""
    done: list[str] = []
    for migration in missing(connection, migrations):
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS migration "
                "(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, applied_at INTEGER NOT NULL) STRICT"
            )
            # another process may have taken the step while this one waited
            if migration.__name__ not in applied(connection):
                migration(connection)
                connection.execute("INSERT INTO migration (name, applied_at) VALUES (?, ?)", (migration.__name__, now))
                done.append(migration.__name__)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return tuple(done)
