"""What any store can do. One contract test suite (tests/store) checks every implementation.

A store keeps the objects of each collection in a line. A *place* in the line is a whole number of milliseconds since 1970,
unique in its collection and strictly growing in commit order (law L1); printed with six digits it is the `date_added` of TAXII.
An *instant* is a whole number of microseconds since 1970. Levels are those of `hub.stix.tlp.TLP`, as plain numbers.
A record's own `level` is the level of that version alone; its *governing* level is the highest among it and all newer
versions of its id in the collection, and decides who may read it (law L5 d).
Stores know nothing of members, rights of accounts or HTTP: the caller says what a reader may see and who publishes.
The values are in `records` (what is kept), `batch` (what comes in) and `query` (what a reader asks for).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from hub.store.batch import Appended, Batch
from hub.store.chain import Act, TrailEntry, TrailHead
from hub.store.query import EVERY, ManifestPage, Page, Query
from hub.store.records import HIDDEN, AccountRow, Fact, Record, RecordLevel, Standing, Status
from hub.taxii.filters import VersionMatch

MOST_COMPARED: Final = 20_000  # records whose bodies one lookup reads because they are not indexed by their values yet


@dataclass(frozen=True, slots=True)
class Changes:
    """Which records of one collection were changed or removed after a given change."""

    number: int  # of the last change; a later call asks for the changes after it
    places: (
        tuple[int, ...] | None
    )  # of those records; None: the store no longer knows which, so any record may have changed


class Deletion(Enum):
    """The result of a request to delete."""

    DELETED = "deleted"  # all requested records are removed
    MISSING = "missing"  # there was no record that this reader may see
    OTHERS_REMAIN = (
        "others remain"  # this member's part is removed (or it had none); another member still publishes a record
    )


class Watch(Protocol):
    """Tells one thread when to read the heads of the collections again."""

    pause_seconds: float  # between two calls of `has_moved`
    extra_looks: int  # reads after a head moved, until every record before that head is surely visible

    def has_moved(self) -> bool:
        """Whether anything may have been committed since the last call; True at the first call."""

    def close(self) -> None:
        """Close it."""


class Store(Protocol):
    """What every store offers. All methods are safe to call from several threads.

    Each raises StoreUnavailableError if the store is away or busy, StoreFullError if it has no room, and StoreError for
    other failures; then nothing of the call is done.
    """

    def append(self, batch: Batch) -> Appended:
        """Add the candidates that may be added, in the order of the envelope; sync them to disk with their status."""

    def read(self, query: Query, max_bytes: int) -> Page:
        """A page of objects: as many as `limit` and `max_bytes` allow, and at least one if any matches."""

    def manifest(self, query: Query) -> ManifestPage:
        """The same page as rows of id, place and version."""

    def holds(self, collection: str, object_id: str, clearance: int) -> bool:
        """Whether the store has any version at or below the clearance."""

    def publishers(self, collection: str, object_id: str, clearance: int) -> tuple[str, ...]:
        """The publishers of its versions at or below the clearance, the earliest first; NOBODY is the hub."""

    def history(self, collection: str, object_id: str) -> tuple[Record, ...]:
        """Every version of one object, oldest first, whatever its level."""

    def delete(  # noqa: PLR0913 - what to delete, and for whom
        self,
        collection: str,
        object_id: str,
        publisher: str,
        clearance: int,
        versions: VersionMatch = EVERY,
        *,
        account: str = "hub",
    ) -> Deletion:
        """Remove this publisher from the matching records, and each record that then has no publisher (law L4).

        The audit trail names the account, or `hub` if the hub itself deletes.
        """

    def purge(self, collection: str, object_id: str) -> int:
        """Remove every record of that id, from all publishers, so that no byte of them remains in the store's files.

        Returns the number of removed records. Statuses that name the id get another one in its place (see
        `line.PURGED_UUID`). If readers keep the last bytes in use for too long, StoreUnavailableError says so: the records
        are removed then, and the same call again finishes the work.
        """

    def has_unknown_levels(self, collection: str) -> bool:
        """Whether it has records with levels from an older hub that `hub init` has not yet checked by today's rules."""

    def set_levels(self, collection: str, levels: Sequence[RecordLevel]) -> None:
        """Give records these levels in one commit; skip records that no longer exist.

        Levels only rise here. `decide` lowers them: a record that more readers see needs a new place, since readers may
        have passed its old one.
        """

    def hidden_records(self, collection: str) -> Iterator[Record]:
        """Every record whose own level is HIDDEN, in place order."""

    def decide(self, collection: str, object_id: str, level: int | None) -> int:
        """Give the hidden records of that id the level that the operator chose, or remove them (None); return their number.

        A record that is shown again gets a new place at the end of the line: readers may have passed the old one (law L1).
        """

    def counts(self, collection: str, clearance: int) -> tuple[int, int]:
        """(records, place of the newest) at or below the clearance."""

    def counts_by_level(self, collection: str) -> tuple[int, ...]:
        """The number of visible records of each governing level."""

    def get_status(self, status_id: str) -> Status | None:
        """The status, or None if it is unknown or has expired."""

    def statuses(self) -> Iterator[Status]:
        """Every status that has not expired, of all accounts: for export."""

    def put_statuses(self, statuses: Iterable[Status]) -> int:
        """Restore statuses with their original times, leave those alone whose id exists, and return how many were given."""

    def sweep(self, before: int) -> int:
        """Remove statuses older than that time (milliseconds since 1970), and settle; return how many were removed."""

    def settle(self) -> None:
        """Finish the work of writers that died: afterwards every earlier change has its entry in the audit trail."""

    def get_account(self, name: str) -> AccountRow | None:
        """The account of that name."""

    def find_key(self, key_hash: str) -> AccountRow | None:
        """The account that holds this key."""

    def put_account(self, row: AccountRow) -> None:
        """Write the account, new or changed."""

    def list_accounts(self) -> tuple[AccountRow, ...]:
        """All accounts by name."""

    def secret(self, fresh: bytes) -> bytes:
        """The store's signing secret; if it has none yet, `fresh` becomes the secret (law L8)."""

    def head(self, collection: str) -> int:
        """The last place ever given out in the collection; 0 if none was."""

    def changes(self, collection: str, since: int) -> Changes | None:
        """Which existing records were changed or removed after the change of that number; 0: since the beginning.

        New records do not count as changes: they come after the head, so a range of places before the head keeps its
        records until one of them is changed or removed. None while a change is being carried out: a read may now see the
        state before it and the state after it.
        """

    def index_values(self, collection: str, limit: int, clearance: int = HIDDEN) -> int:
        """Index up to `limit` records by their `marks`; return how many at or below the clearance are not indexed yet."""

    def watch(self) -> Watch:
        """A cheap way to learn soon that any process committed something."""

    def records(self, collection: str) -> Iterator[Record]:
        """Every record in place order, whatever its level: for export."""

    def restore(self, collection: str, head: int, records: Iterable[Record]) -> int:
        """Put records back at their own places into an empty collection; the head becomes at least `head` (law L8).

        Returns the number of records. UnprocessableError if the collection is not empty or has given out places beyond `head`.
        """

    def put_secret(self, secret: bytes) -> None:
        """Take over the secret of the exported store, so that the cursors of its readers stay valid."""

    def put_facts(
        self, kind: str, facts: Mapping[str, bytes], drop: Iterable[str] = (), *, patience_seconds: float | None = None
    ) -> None:
        """Write facts of one kind by their keys, new or changed, and remove those with the keys in `drop`.

        StoreUnavailableError if other writers keep the store busy for `patience_seconds` (None: the usual time of a writer).

        Facts survive the death of every process of the hub. Unlike objects they are not synced one by one, so a power
        failure may lose the last moments (law L3 is about objects). A write is cheap enough for each page that brings
        something new.
        """

    def add_to_facts(
        self, kind: str, numbers: Mapping[str, Sequence[int]], *, patience_seconds: float | None = None
    ) -> None:
        """Add to the numbers in facts of one kind, by their keys, starting from 0; otherwise as `put_facts`.

        Additions by several processes at once all count. Only an import from an archive writes such a fact in another way.
        If a server's answer was lost, the same addition may count twice.
        """

    def facts(self, kind: str, *, prefix: str = "", since: int = 0) -> tuple[Fact, ...]:
        """The facts of that kind whose keys begin with `prefix`, written after the fact of number `since`, by number.

        A store with several writing machines may return facts that it returned before.
        """

    def add_to_trail(self, acts: Iterable[Act]) -> None:
        """Append entries to the audit trail, in this order, for acts that change no record or account of this store.

        Changes of records and accounts append their own entries. Not synced one by one, as `put_facts`.
        """

    def trail(self, after: int = 0) -> Iterator[TrailEntry]:
        """The entries of the audit trail after that number, in order, including those that are appended meanwhile."""

    def trail_texts(self, before: int, limit: int) -> list[tuple[int, bytes]]:
        """(number, text) of up to `limit` entries before that number, the newest first, without seals."""

    def trail_digests(self, after: int, limit: int) -> list[bytes]:
        """The digests of the entries after that number, with which a member checks a later checkpoint."""

    def trail_head(self) -> TrailHead:
        """The number of entries in the audit trail and the link of the last one."""

    def trail_key(self) -> bytes:
        """The key of the trail's seals and salts, which never leaves the hub."""

    def standings(self, collection: str) -> Iterator[tuple[int, Standing]]:
        """The place and standing of each record, as stored, in place order: for verification."""

    def space(self) -> tuple[int, int | None]:
        """(bytes that the store uses, free bytes on its disk or None if unknown)."""

    def ping(self) -> None:
        """Return if the store answers; StoreUnavailableError if not."""

    def close(self) -> None:
        """Close files and connections."""
