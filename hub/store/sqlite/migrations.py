"""The steps that made the SQLite store's tables: each has a name, and is applied and recorded once.

To change the tables, add a function at the end of `MIGRATIONS`; never change a released one. `hub init` applies the
missing steps. If the store records a step that this program does not know, a newer hub wrote it: refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import apsw

from hub.errors import StoreError
from hub.stix.references import references_in
from hub.store.sqlite.mentions import references_by_kind, refs_text
from hub.store.sqlite.values import value_rows

Migration = Callable[[apsw.Connection], None]

APPLICATION_ID: Final = 0x54534875  # "TSHu" in the file's header: which program an SQLite file belongs to


def objects_in_line(connection: apsw.Connection) -> None:
    """Collections with their heads, and their records.

    (1) `key` is collection << 48 | place: records are stored in the order in which they are read, and the key alone gives
    the place of a record. (2) Bodies have a table of their own, so that look-ups and manifests walk narrow rows.
    (3) "The last version that this reader may see" is one range in one of five partial indexes, one for each
    clearance, since a row is last for clearance c if level <= c < superseded_level. (4) `record_by_level` serves
    every and first versions, `record_by_type` one type or a few, each as a handful of ranges to merge.
    (5) The id comes first in `record_by_id`, so that one look-up tells whether any collection has it (law L4).
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
    """Data beside the objects. Credentials are stored only as hashes, status resources as finished JSON."""
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
    """An index, without which match[version]=<timestamp> without an id would read the whole collection for each page."""
    connection.execute("CREATE INDEX record_by_version ON record (collection, version, level)")


def facts_beside_objects(connection: apsw.Connection) -> None:
    """Deliveries, confirmations, reminders: small values by kind and key, with a new number at each write.

    AUTOINCREMENT never reuses a number; otherwise a reader that asks for later facts would miss one.
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


def levels_that_govern(connection: apsw.Connection) -> None:
    """A newer version governs the older ones, and records store their references (law L5).

    (1) A reader who may not see the newest version of an object sees none, so the governing levels of its versions never rise from
    old to new, and "the last version that this reader may see" is the newest one or nothing: one index serves every
    reader, as one range for each level, merged. (2) A record is first for clearance c if governing <= c < preceded.
    (3) `mention` leads from a named id to the objects that name it, with their publisher and level, so that the lowest and
    the highest are found in one step. (4) Bodies stay where they are; their references are read from them once.
    """
    connection.execute("""
        CREATE TABLE record_that_governs (
            key INTEGER PRIMARY KEY,
            collection INTEGER NOT NULL,
            governing INTEGER NOT NULL, -- (1) the highest level among it and all newer versions; 5: shown to nobody
            newest INTEGER NOT NULL, -- 1 where no newer version of the id is in the collection
            preceded INTEGER NOT NULL, -- (2) the governing level of the next older version, 5 if there is none
            withdrawn INTEGER NOT NULL, -- 1 where the newest version revokes the object
            level INTEGER NOT NULL, -- its own
            source TEXT NOT NULL, -- where that comes from; empty until `hub init` computes it
            reached INTEGER NOT NULL, -- the lowest level at which it was ever readable
            id TEXT NOT NULL,
            type TEXT NOT NULL,
            version INTEGER NOT NULL, -- microseconds since 1970
            version_text TEXT NOT NULL,
            owner TEXT NOT NULL,
            publishers TEXT NOT NULL, -- member codes, one a line
            revoked INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL, -- milliseconds since 1970
            digest BLOB NOT NULL,
            refs TEXT NOT NULL -- what it refers to, as JSON; empty: nothing that levels hang on
        ) STRICT;
        CREATE TEMP TABLE several AS
            SELECT key, governing, newest, withdrawn,
                lag(governing, 1, 5) OVER (PARTITION BY id, collection ORDER BY version) AS preceded
            FROM (
                SELECT key, id, collection, version,
                    max(level) OVER newer AS governing,
                    row_number() OVER newer = 1 AS newest,
                    first_value(revoked) OVER newer AS withdrawn
                FROM record
                WHERE (id, collection) IN (SELECT id, collection FROM record GROUP BY id, collection HAVING count(*) > 1)
                WINDOW newer AS (PARTITION BY id, collection ORDER BY version DESC ROWS UNBOUNDED PRECEDING)
            );
        CREATE UNIQUE INDEX several_by_key ON several (key);
        INSERT INTO record_that_governs
            SELECT r.key, collection, coalesce(s.governing, level), coalesce(s.newest, 1), coalesce(s.preceded, 5),
                coalesce(s.withdrawn, revoked), level, '', level, id, type, version, version_text, owner, publishers,
                revoked, accepted_at, digest, ''
            FROM record AS r LEFT JOIN several AS s ON s.key = r.key ORDER BY r.key;
        DROP TABLE several;
        DROP TABLE record;
        ALTER TABLE record_that_governs RENAME TO record;
        CREATE INDEX record_newest ON record (collection, governing) WHERE newest; -- (1)
        CREATE INDEX record_by_level ON record (collection, governing, preceded); -- (2)
        CREATE INDEX record_by_type ON record (collection, type, newest, governing);
        CREATE INDEX record_by_version ON record (collection, version, governing);
        CREATE UNIQUE INDEX record_by_id ON record (id, collection, version);
        CREATE TABLE mention (
            name TEXT NOT NULL, -- the id that is named
            kind INTEGER NOT NULL, -- 0 named, 1 contained, 2 described; 3 to 5 the same by what is withdrawn
            publisher TEXT NOT NULL,
            level INTEGER NOT NULL, -- the governing one of the record that names it
            key INTEGER NOT NULL, -- of that record
            PRIMARY KEY (name, kind, publisher, level, key)
        ) STRICT, WITHOUT ROWID; -- (3)
    """)
    for level in range(5):
        connection.execute(
            f"UPDATE collection SET held_{level} = (SELECT count(*) FROM record INDEXED BY record_by_level "  # noqa: S608
            f"WHERE collection = number AND governing = {level})"
        )
    _read_references(connection)  # (4)


def _read_references(connection: apsw.Connection) -> None:
    last = -1
    while True:
        bodies: list[Any] = connection.execute(
            "SELECT b.key, b.body, r.publishers, r.governing, r.withdrawn FROM body AS b "
            "JOIN record AS r ON r.key = b.key WHERE b.key > ? ORDER BY b.key LIMIT 1000",
            (last,),
        ).fetchall()
        if not bodies:
            return
        for key, body, publishers, governing, withdrawn in bodies:
            refs = references_in(body)
            if text := refs_text(refs):
                connection.execute("UPDATE record SET refs = ? WHERE key = ?", (text, key))
                connection.executemany(
                    "INSERT INTO mention (name, kind, publisher, level, key) VALUES (?, ?, ?, ?, ?)",
                    [
                        (name, kind + 3 * withdrawn, publisher, governing, key)
                        for publisher in publishers.split("\n")
                        for kind, name in references_by_kind(refs)
                    ],
                )
        last = bodies[-1][0]


def changes_of_records(connection: apsw.Connection) -> None:
    """The numbers of changed and removed records, by which the hub knows that a cached page is still correct.

    Triggers write them, so that no statement can forget it. The last 10,000 changes are kept: a reader that needs more
    starts again with an empty cache.
    """
    connection.execute("""
        CREATE TABLE record_change (number INTEGER PRIMARY KEY AUTOINCREMENT, key INTEGER NOT NULL) STRICT;
        CREATE TRIGGER record_changed AFTER UPDATE OF governing, newest, preceded ON record
        WHEN (old.governing, old.newest, old.preceded) IS NOT (new.governing, new.newest, new.preceded)
        BEGIN
            INSERT INTO record_change (key) VALUES (old.key);
            DELETE FROM record_change WHERE number <= last_insert_rowid() - 10000;
        END;
        CREATE TRIGGER record_removed AFTER DELETE ON record
        BEGIN
            INSERT INTO record_change (key) VALUES (old.key);
            DELETE FROM record_change WHERE number <= last_insert_rowid() - 10000;
        END;
    """)


def trail_of_what_was_done(connection: apsw.Connection) -> None:
    """The append-only audit trail (`store.trail`), and the key of its seals.

    The next `hub init` writes the first entries for the records that the store already has.
    """
    connection.execute("""
        CREATE TABLE trail (
            number INTEGER PRIMARY KEY, -- 1 and up, without gaps
            text BLOB NOT NULL, -- JSON
            seals BLOB NOT NULL, -- places and keyed hashes of the records that were touched
            digest BLOB NOT NULL, -- the salted hash of text and seals
            link BLOB NOT NULL -- the hash of the link before it and of this digest
        ) STRICT;
        CREATE TABLE trail_key (number INTEGER PRIMARY KEY CHECK (number = 1), key BLOB NOT NULL) STRICT;
        INSERT INTO trail_key (number, key) VALUES (1, randomblob(32));
        CREATE TRIGGER trail_is_not_changed BEFORE UPDATE ON trail
            BEGIN SELECT raise(ABORT, 'the audit trail is only ever added to'); END;
        CREATE TRIGGER trail_is_not_shortened BEFORE DELETE ON trail
            BEGIN SELECT raise(ABORT, 'the audit trail is only ever added to'); END;
    """)


def records_to_be_judged(connection: apsw.Connection) -> None:
    """Indexes of the records with levels from an older hub, and of the records that are hidden until the operator decides."""
    connection.execute("""
        CREATE INDEX record_of_unknown_level ON record (collection) WHERE source = '';
        CREATE INDEX record_hidden ON record (collection) WHERE level = 5;
    """)


def values_to_look_up(connection: apsw.Connection) -> None:
    """An index from a value to the objects that contain it (`hub.stix.values`), with the level that decides who sees them.

    (1) Rows are made after the objects, see `values`; `valued` says how far. (2) Rows of existing records are sorted before
    they are inserted, which takes a fifth of the time.
    """
    connection.execute("""
        CREATE TABLE value (
            mark INTEGER NOT NULL, -- a hash of the value, 64 bits
            governing INTEGER NOT NULL, -- of the record that holds it
            key INTEGER NOT NULL, -- of that record
            PRIMARY KEY (mark, governing, key)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE collection ADD COLUMN valued INTEGER NOT NULL DEFAULT 0; -- (1) the last place that has its rows
        CREATE TEMP TABLE unsorted (mark INTEGER, governing INTEGER, key INTEGER);
    """)
    last = -1
    while True:
        bodies: list[Any] = connection.execute(
            "SELECT b.key, b.body, r.governing FROM body AS b JOIN record AS r ON r.key = b.key "
            "WHERE b.key > ? ORDER BY b.key LIMIT 1000",
            (last,),
        ).fetchall()
        if not bodies:
            break
        rows = [row for key, body, governing in bodies for row in value_rows(body, governing, key)]
        connection.executemany("INSERT INTO unsorted VALUES (?, ?, ?)", rows)
        last = bodies[-1][0]
    # (2)
    connection.execute("INSERT INTO value SELECT mark, governing, key FROM unsorted ORDER BY mark, governing, key")
    connection.execute("DROP TABLE unsorted")
    connection.execute("UPDATE collection SET valued = head")


MIGRATIONS: Final[tuple[Migration, ...]] = (
    objects_in_line,
    statuses_accounts_and_secret,
    versions_by_instant,
    facts_beside_objects,
    levels_that_govern,
    changes_of_records,
    trail_of_what_was_done,
    records_to_be_judged,
    values_to_look_up,
)


def applied(connection: apsw.Connection) -> tuple[str, ...]:
    """The names of the applied steps, in order; none if the store is new."""
    if connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'migration'").get == 0:
        return ()
    return tuple(str(row[0]) for row in connection.execute("SELECT name FROM migration ORDER BY number"))


def missing(connection: apsw.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> tuple[Migration, ...]:
    """The steps that are not applied yet. StoreError if the file belongs to another program or a newer hub."""
    owner = connection.execute("PRAGMA application_id").get
    if owner != APPLICATION_ID:
        if connection.execute("SELECT count(*) FROM sqlite_schema").get:
            raise StoreError(
                "the store's file is an SQLite database of another program: name another path in HUB_STORE"
            )
        return tuple(migrations)
    names = [migration.__name__ for migration in migrations]
    applied_names = applied(connection)
    unknown = [name for name in applied_names if name not in names]
    if unknown:
        raise StoreError(
            f"the store was written by a newer hub (it has taken the step {unknown[-1]!r}, which this one does not "
            "know): upgrade this hub, or point HUB_STORE at another file"
        )
    return tuple(migration for migration in migrations if migration.__name__ not in applied_names)


def migrate(connection: apsw.Connection, now: int, migrations: Sequence[Migration] = MIGRATIONS) -> tuple[str, ...]:
    """Apply the missing steps, each in one transaction with its row in `migration`; return their names."""
    applied_names: list[str] = []
    for migration in missing(connection, migrations):
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS migration "
                "(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, applied_at INTEGER NOT NULL) STRICT"
            )
            # another process may have applied the step while this one waited
            if migration.__name__ not in applied(connection):
                migration(connection)
                connection.execute("INSERT INTO migration (name, applied_at) VALUES (?, ?)", (migration.__name__, now))
                applied_names.append(migration.__name__)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return tuple(applied_names)
