"""What any store can do. One contract test suite (tests/store) holds every implementation to it.

A store keeps objects per collection in a line. A *place* in it is a whole number of milliseconds since 1970, unique in
its collection and strictly growing in commit order (law L1); printed with six digits it is the `date_added` of TAXII.
An *instant* is a whole number of microseconds since 1970. Levels are those of `hub.stix.tlp.TLP`, as plain numbers.
A record's own `level` is what was said of that version; its *governing* level is the highest among it and all newer
versions of its id in the collection, and decides who is shown it (law L5 d).
Stores know nothing of members, accounts' rights or HTTP: they are told what a reader may see, and by whom things come.
Its values stand in `records` (what is kept), `batch` (what comes in) and `query` (what is asked).
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

COMPARED_MOST: Final = 20_000  # records that a lookup reads where they are not indexed by their values yet


@dataclass(frozen=True, slots=True)
class Changes:
    """Which records of one collection were changed or removed after a certain change."""

    number: int  # of the last change so far; a later call may ask for those after it
    places: tuple[int, ...] | None  # of those records; None where the store no longer knows: it may be any


class Deletion(Enum):
    """What became of a request to delete."""

    DELETED = "deleted"  # all records asked for are gone
    MISSING = "missing"  # there was none that this reader may see
    OTHERS_REMAIN = "others remain"  # this member's are gone, or there were none; another member's stand


class Watch(Protocol):
    """An eye on the store, for one thread: whether to look at the heads again."""

    pause_seconds: float  # how long to wait between two looks
    later_looks: int  # after a head moved, until all that stands before it is surely shown

    def moved(self) -> bool:
        """Whether anything may have been committed since the last time; True the first time."""

    def close(self) -> None:
        """Close it."""


class Store(Protocol):
    """The seam between what members do and where it is kept. All methods are safe to call from several threads.

    Each raises StoreUnavailableError where the store is away or busy, StoreFullError where it has no room, and
    StoreError for the rest; then nothing of the call is done.
    """

    def append(self, batch: Batch) -> Appended:
        """Add what may be added, in envelope order, synced to disk with its status."""

    def read(self, query: Query, max_bytes: int) -> Page:
        """A page of objects; at least one object if any matches, else as many as `limit` and `max_bytes` allow."""

    def manifest(self, query: Query) -> ManifestPage:
        """The same page as rows of id, place and version."""

    def holds(self, collection: str, object_id: str, clearance: int) -> bool:
        """Whether any version at or below the clearance is held."""

    def publishers(self, collection: str, object_id: str, clearance: int) -> tuple[str, ...]:
        """The members that stand behind its versions at or below the clearance, NOBODY for the hub: the earliest first."""

    def history(self, collection: str, object_id: str) -> tuple[Record, ...]:
        """Every version of one object, oldest first, whatever its level."""

    def delete(  # noqa: PLR0913 - what is to go, and who says so
        self,
        collection: str,
        object_id: str,
        publisher: str,
        clearance: int,
        versions: VersionMatch = EVERY,
        *,
        account: str = "hub",
    ) -> Deletion:
        """Remove this publisher's part in the records asked for; a record goes when no publisher is left (law L4).

        The audit trail names the account, or `hub` where the hub itself does it.
        """

    def purge(self, collection: str, object_id: str) -> int:
        """Remove every record of that id, from all publishers, so that no byte of them is left in the store's files.

        How many went. Statuses that name the id keep their form and lose it (see `line.SCRUBBED`). Where readers kept
        the last bytes in use for too long, StoreUnavailableError says so: the records are gone then, and the same
        call again finishes the work.
        """

    def has_unknown_levels(self, collection: str) -> bool:
        """Whether it holds records whose levels an older hub gave, and that `hub init` has not judged by today's rules."""

    def set_levels(self, collection: str, levels: Sequence[RecordLevel]) -> None:
        """Give held records these levels, as one commit; one that is held no more is passed over.

        Levels only rise here: a record that is shown again keeps its place, which readers may have passed. For that
        there is `decide`.
        """

    def hidden_records(self, collection: str) -> Iterator[Record]:
        """Every record whose own level is HIDDEN, in place order."""

    def decide(self, collection: str, object_id: str, level: int | None) -> int:
        """Give the hidden records of that id this level, or remove them (None), as the operator says; how many there were.

        What is shown again gets a new place at the end of the line: readers may have passed the old one (law L1).
        """

    def counts(self, collection: str, clearance: int) -> tuple[int, int]:
        """(records, place of the newest) at or below the clearance."""

    def counts_by_level(self, collection: str) -> tuple[int, ...]:
        """How many records are shown at each level."""

    def get_status(self, status_id: str) -> Status | None:
        """The status, unless it is unknown or past its time."""

    def statuses(self) -> Iterator[Status]:
        """Every status that has not expired, of all accounts: for export."""

    def put_statuses(self, statuses: Iterable[Status]) -> int:
        """Put statuses back, each with the time from which it counts; one whose id is there stays as it is.

        How many there were.
        """

    def sweep(self, before: int) -> int:
        """Forget statuses kept before that time (milliseconds since 1970), and settle; how many went."""

    def settle(self) -> None:
        """Finish what writers that died left: afterwards every change of before has its entry in the audit trail."""

    def get_account(self, name: str) -> AccountRow | None:
        """The account of that name."""

    def find_key(self, key_hash: str) -> AccountRow | None:
        """The account that holds this key."""

    def put_account(self, row: AccountRow) -> None:
        """Write the account, new or changed."""

    def list_accounts(self) -> tuple[AccountRow, ...]:
        """All accounts by name."""

    def secret(self, fresh: bytes) -> bytes:
        """The store's signing secret; `fresh` becomes it if there is none yet (law L8)."""

    def head(self, collection: str) -> int:
        """The last place ever given out in the collection, 0 where none was."""

    def changes(self, collection: str, since: int) -> Changes | None:
        """What became of records that were held already, after the change of that number; 0: since the beginning.

        New records are no change: they stand beyond the head, so that a range of places before it keeps its records until
        one of them is changed or removed. None while a change is being carried out: what is read now may be of both states.
        """

    def index_values(self, collection: str, limit: int, clearance: int = HIDDEN) -> int:
        """Make up to `limit` records fast to find by their `marks`; how many wait still of those at or below the clearance."""

    def watch(self) -> Watch:
        """An eye that tells cheaply, and soon, that something was committed by any process."""

    def records(self, collection: str) -> Iterator[Record]:
        """Every record in place order, whatever its level: for export."""

    def restore(self, collection: str, head: int, records: Iterable[Record]) -> int:
        """Put records back at their own places into an empty collection; the head becomes at least `head` (law L8).

        How many were put. UnprocessableError where the collection holds anything or gave places beyond `head` away.
        """

    def put_secret(self, secret: bytes) -> None:
        """Take over the secret of the store that was exported, so that its readers' cursors stay good."""

    def put_facts(
        self, kind: str, facts: Mapping[str, bytes], drop: Iterable[str] = (), *, patience_seconds: float | None = None
    ) -> None:
        """Write these facts of one kind by their keys, new or changed, and take away those of `drop`.

        StoreUnavailableError where other writers are in the way for `patience_seconds`, None: as long as any writer
        waits.

        They survive the death of every process of the hub; unlike objects they are not synced one by one, so that a
        power failure may take the last moments' (law L3 is about objects). Cheap enough for each page that brings
        something new.
        """

    def add_to_facts(
        self, kind: str, numbers: Mapping[str, Sequence[int]], *, patience_seconds: float | None = None
    ) -> None:
        """Add to the numbers that facts of one kind hold, by their keys, from 0 where there are none; see `put_facts`.

        What several processes add at once is all added; such a fact is not written otherwise, but from an archive. Where the answer of a server was lost, it may be added twice.
        """

    def facts(self, kind: str, *, prefix: str = "", since: int = 0) -> tuple[Fact, ...]:
        """The facts of that kind whose keys begin with `prefix`, written after the one of number `since`, by number.

        A store with several writing machines may give some again that were given before.
        """

    def add_to_trail(self, acts: Iterable[Act]) -> None:
        """Write entries at the end of the audit trail, in this order, for what is not a change of this store's records.

        Changes of records and accounts write theirs by themselves. Not synced one by one, as `put_facts`.
        """

    def trail(self, after: int = 0) -> Iterator[TrailEntry]:
        """The entries of the audit trail after that number, in order; also those that come meanwhile."""

    def trail_texts(self, before: int, limit: int) -> list[tuple[int, bytes]]:
        """(number, text) of up to so many entries before that number, the newest first; without their seals."""

    def trail_digests(self, after: int, limit: int) -> list[bytes]:
        """The digests of the entries after that number: what a member needs to check a later checkpoint."""

    def trail_head(self) -> TrailHead:
        """How far the audit trail has come."""

    def trail_key(self) -> bytes:
        """The key of the trail's seals and salts, which never leaves the hub."""

    def standings(self, collection: str) -> Iterator[tuple[int, Standing]]:
        """The place of each record and where it stands, as it is kept, in place order: for verification."""

    def space(self) -> tuple[int, int | None]:
        """(bytes that the store takes, bytes that its disk has left; None where the store cannot tell)."""

    def ping(self) -> None:
        """Return if the store answers now; StoreUnavailableError if not."""

    def close(self) -> None:
        """Close files and connections."""
