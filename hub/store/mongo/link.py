"""The way to a MongoDB deployment: connections, time-outs, indexes, and what its errors mean for the hub."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import pymongo
from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo import errors as mongo_errors
from pymongo.database import Database
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri

from hub.errors import ConfigurationError, StoreError, StoreFullError, StoreUnavailableError, TooLargeError
from hub.store.mongo import rows as mongo_rows
from hub.store.mongo.rows import Document
from hub.store.owner import Owner

SELECT_MILLISECONDS: Final = 3_000  # to find a server that can take the operation
CONNECT_MILLISECONDS: Final = 3_000  # to open one connection
ANSWER_MILLISECONDS: Final = 10_000  # for a server to answer one operation
MAJORITY_MILLISECONDS: Final = 8_000  # for a majority of the replica set to have a write on disk
PROBE_SECONDS: Final = 1.0  # for a server that was away less than AWAY_SECONDS ago to show that it is back
AWAY_SECONDS: Final = 10.0
CONNECTIONS: Final = 50  # from one process to one server
DOCUMENT_BYTES: Final = 15 * 1024 * 1024  # MongoDB takes documents of 16 MiB; a commit's plan is one of them
DEFAULT_DATABASE: Final = "hub"
OLDEST: Final = (4, 4)  # version of MongoDB
FORMAT: Final = 7

_INDEX_EXISTS: Final = (85, 86)  # under other options, or under another name
_NOT_IMPLEMENTED: Final = 238
_DENIED: Final = (13, 18, 8000)  # not authorised, authentication failed (8000: on Atlas)
_NO_ROOM: Final = (12501, 14031)  # quota, disk
_TOO_LARGE: Final = (10334, 17280)


class Link:
    """This process's way to one deployment; it reconnects by itself. A forked child gets StoreError."""

    def __init__(self, uri: str) -> None:
        """`uri` is a `mongodb://` or `mongodb+srv://` URI; its path names the database (`hub` by default).

        It contains TLS options, credentials and the replica set's name, and is never shown. ConfigurationError if it is
        not such a URI.
        """
        try:
            parsed = parse_uri(uri)
        except (mongo_errors.PyMongoError, ValueError):
            # from None: the parser's message quotes what it cannot read, which may be the password
            raise ConfigurationError(
                "HUB_STORE is not a MongoDB URI: it looks like mongodb://user:password@host1,host2/hub?replicaSet=rs0, "
                "with %-escapes for : / ? # @ in user and password"
            ) from None
        self._uri = uri
        self._name: str = parsed["database"] or DEFAULT_DATABASE
        self.hosts = ", ".join(f"{host}:{port}" for host, port in parsed["nodelist"])
        self._owner = Owner(f"in database {self._name} at {self.hosts}")
        self._lock = threading.Lock()
        self._open: MongoClient[Document] | None = None
        self._checked = self._closed = False
        self._away_at = -math.inf

    def __repr__(self) -> str:
        return f"Link({self.hosts}, {self._name})"

    @property
    def client(self) -> MongoClient[Document]:
        """The client, which connects at first use."""
        self.require_owner()
        with self._lock:
            if self._closed:
                raise StoreUnavailableError("the store was closed: this process is ending")
            if self._open is None:
                self._open = self._connect(ANSWER_MILLISECONDS)
            return self._open

    def _connect(self, answer_milliseconds: int | None) -> MongoClient[Document]:
        return MongoClient(
            self._uri,
            appname="threat-sharing-hub",
            retryWrites=True,
            retryReads=True,
            connectTimeoutMS=CONNECT_MILLISECONDS,
            serverSelectionTimeoutMS=SELECT_MILLISECONDS,
            socketTimeoutMS=answer_milliseconds,
            maxPoolSize=CONNECTIONS,
            waitQueueTimeoutMS=ANSWER_MILLISECONDS,
        )

    def database(self) -> Database[Document]:
        """The hub's database, checked once to be one that `hub init` made."""
        database = self._database_of(self.client)
        if not self._checked:
            self._check(database)
            self._checked = True
        return database

    def require_owner(self) -> None:
        """Raise StoreError in a child of the process that made this value."""
        self._owner.require_this_process()

    def note_away(self) -> None:
        """Note that a request waited for the database without success."""
        self._away_at = time.monotonic()

    def probe(self) -> None:
        """If a request has just waited without success, wait only shortly: otherwise waiting requests would use up all threads.

        Does not translate MongoDB's errors.
        """
        if time.monotonic() - self._away_at > AWAY_SECONDS:
            return
        self.note_away()
        with pymongo.timeout(PROBE_SECONDS):
            self.client.admin.command("ping")
        self._away_at = -math.inf

    def _database_of(self, client: MongoClient[Document]) -> Database[Document]:
        return client.get_database(
            self._name,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority", wtimeout=MAJORITY_MILLISECONDS, j=True),
        )

    def _check(self, database: Database[Document]) -> None:
        document = database.meta.find_one({"_id": "format"})
        if document is None:
            raise StoreUnavailableError(
                f"there is no store in database {self._name} at {self.hosts}: run `hub init` first"
            )
        if document["number"] != FORMAT:
            raise StoreError(
                f"the store at {self.hosts} has format {document['number']}, this program writes {FORMAT}: "
                "run the version of the hub that made it, or `hub init` of the newer one"
            )

    def initialise(self, upgrade: Callable[[int, MongoClient[Document], Database[Document]], None]) -> None:
        """Create indexes, in the background while readers go on, and the format's number, as `hub init` does.

        `upgrade` is called with the number of the format if the store has an earlier one.
        """
        # building an index over a large collection takes longer than ANSWER_MILLISECONDS: use a client without that limit
        client = self._connect(None)
        try:
            database = self._database_of(client)
            with translated(self.hosts):
                require_suitable_server(client.admin.command("hello"), client.admin.command("buildInfo"), self.hosts)
                _make_indexes(database)
                document = database.meta.find_one({"_id": "format"})
                if document is None:
                    with suppress(mongo_errors.DuplicateKeyError):  # another `hub init` at the same time
                        database.meta.insert_one({"_id": "format", "number": FORMAT})
                elif 1 <= document["number"] < FORMAT:
                    upgrade(document["number"], client, database)
                    database.meta.update_one({"_id": "format"}, {"$set": {"number": FORMAT}})
                self._check(database)
        finally:
            client.close()

    def close(self) -> None:
        """Close the connections, and open none from now on; in a forked child, do nothing."""
        if not self._owner.is_this_process:
            return
        with self._lock:
            self._closed = True
            if self._open is not None:
                self._open.close()
                self._open = None


def _make_indexes(database: Database[Document]) -> None:
    for keys in (mongo_rows.BY_VIEW, mongo_rows.BY_TYPE, mongo_rows.BY_ID, mongo_rows.BY_INSTANT):
        database.objects.create_index(list(keys))
    for sparse in (mongo_rows.BY_MENTION, mongo_rows.BY_MARK):
        database.objects.create_index(list(sparse), sparse=True)  # many records have none
    database.statuses.create_index([("kept_at", pymongo.ASCENDING)])
    database.accounts.create_index([("key_hashes", pymongo.ASCENDING)])
    database.facts.create_index([("kind", pymongo.ASCENDING), ("number", pymongo.ASCENDING)])
    database.keys.create_index([("account", pymongo.ASCENDING)])
    database.trail.create_index([("name", pymongo.ASCENDING)])
    try:
        # each status contains its time: a server that supports this index removes it, otherwise the hub's sweep does
        database.statuses.create_index([("forget_at", pymongo.ASCENDING)], expireAfterSeconds=0)
    except mongo_errors.OperationFailure as error:
        if error.code != _NOT_IMPLEMENTED:
            raise


def require_suitable_server(hello: Mapping[str, Any], build: Mapping[str, Any], hosts: str) -> None:
    """Raise StoreError if the server is too old, or is no replica set: then an acknowledged write could be rolled back."""
    version = str(build.get("version", "0"))
    numbers = tuple(int(part) for part in re.findall(r"[0-9]+", version)[:2])
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise StoreError(
            f"MongoDB at {hosts} is version {version}, and the hub needs {oldest} or newer: upgrade the server"
        )
    # a router of a sharded cluster answers isdbgrid; FerretDB keeps its data in a database with its own replication
    if "setName" not in hello and hello.get("msg") != "isdbgrid" and "ferretdbVersion" not in build:
        raise StoreError(
            f"MongoDB at {hosts} is a single server and no replica set, so that nothing it acknowledges would be safe: "
            "start it with --replSet and run rs.initiate() on it once, or name all members of the set in HUB_STORE"
        )


def is_away(error: mongo_errors.PyMongoError) -> bool:
    """Whether the same operation may succeed in a moment, or may have succeeded already."""
    if isinstance(error, mongo_errors.ConnectionFailure | mongo_errors.WTimeoutError | mongo_errors.ExecutionTimeout):
        return True
    if isinstance(error, mongo_errors.BulkWriteError):
        details: Mapping[str, Any] = error.details
        return bool(details.get("writeConcernErrors")) and not _refused(details)
    if isinstance(error, mongo_errors.WriteConcernError):
        return True
    return error.has_error_label("RetryableWriteError") or error.has_error_label("TransientTransactionError")


def only_duplicates(error: mongo_errors.BulkWriteError) -> bool:
    """Whether the only failures in a bulk of inserts are existing keys."""
    details: Mapping[str, Any] = error.details
    return not _refused(details) and not details.get("writeConcernErrors")


def _refused(details: Mapping[str, Any]) -> list[Document]:
    refused: Sequence[Document] = details.get("writeErrors", ())
    return [error for error in refused if error.get("code") != 11000]


@contextmanager
def translated(hosts: str) -> Iterator[None]:
    """Turn MongoDB's errors into the hub's; messages name the hosts, and nothing else from the URI."""
    try:
        yield
    except mongo_errors.PyMongoError as error:
        raise translate(error, hosts) from error


def translate(error: mongo_errors.PyMongoError, hosts: str) -> StoreError | TooLargeError:
    """MongoDB's error as one of the hub's, with a message that says what to do."""
    code = _code(error)
    if isinstance(error, mongo_errors.DocumentTooLarge) or code in _TOO_LARGE:
        return TooLargeError("this is more than one MongoDB document holds: send fewer or smaller objects at a time")
    if code in _DENIED:
        return StoreError(
            f"MongoDB at {hosts} does not let the hub in: check user, password and authSource in HUB_STORE, and that "
            "the user has the role readWrite on the hub's database"
        )
    if code in _NO_ROOM:
        return StoreFullError(f"MongoDB at {hosts} has no room left: add disk space")
    if is_away(error) or isinstance(error, mongo_errors.WaitQueueTimeoutError):
        return StoreUnavailableError(f"MongoDB at {hosts} is away, or has no primary: try again in a moment")
    if isinstance(error, mongo_errors.ConfigurationError) and "wire version" in str(error):
        oldest = ".".join(map(str, OLDEST))
        return StoreError(
            f"MongoDB at {hosts} is too old for the hub, which needs {oldest} or newer: upgrade the server"
        )
    kind = type(error).__name__ if code is None else f"{type(error).__name__}, code {code}"
    return StoreError(f"MongoDB at {hosts} failed ({kind}): its log says more")


def _code(error: mongo_errors.PyMongoError) -> int | None:
    if isinstance(error, mongo_errors.BulkWriteError):
        refused = _refused(error.details)
        code: Any = refused[0].get("code") if refused else None
    else:
        code = getattr(error, "code", None)
    return code if isinstance(code, int) else None
