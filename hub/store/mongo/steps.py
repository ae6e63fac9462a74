"""The values of the commit protocol (`mongo_commit`): commits, and steps with their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.store.chain import Act, TrailEntry
from hub.store.mongo.rows import Document
from hub.store.query import Query
from hub.store.records import NO_LEVEL, AccountRow

NO_RECORDS: Final = (0,) * NO_LEVEL


@dataclass(frozen=True, slots=True)
class Note:
    """The content of a commit's entry in the audit trail, except the seals, which are those of the rows that it wrote."""

    act: Act  # without seals
    at: int  # milliseconds since 1970


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of one commit to the rows of its collection, as final values."""

    rows: tuple[Document, ...] = ()
    touches: tuple[tuple[str, Document], ...] = ()  # (key, fields to set); no fields: remove the record
    statuses: tuple[Document, ...] = ()
    note: Note | None = None  # None: an older hub wrote the plan, or it does nothing


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One commit in a collection's log."""

    collection: str
    n: int  # from 1; 0 means a collection without commits
    batch: str  # the unique name of the commit
    place: int  # the last place given out
    visible: bool = False
    done: bool = False
    restoring: bool = False  # an import is under way: nothing is visible, nobody else writes
    counts: tuple[int, ...] = NO_RECORDS  # visible records of each level after this commit, since counting them is slow
    changed: int = 0  # the number of the last commit, up to this one, that changed or removed existing rows

    @property
    def visible_place(self) -> int:
        """The place up to which readers page."""
        return 0 if self.restoring else self.place


@dataclass(frozen=True, slots=True)
class Intent:
    """A writer's announcement before it reads: the ids that it will add, with their owners, and the ids that they name."""

    key: str
    collection: str
    n: int  # the number of the planned commit
    owners: Mapping[str, str]  # object id -> owner
    named_ids: frozenset[str] = frozenset()  # ids of possible observables


# ------------------------------------------------------------------------------------------------------------- steps
# Each class says what the step does and, after the arrow, what its answer is.


@dataclass(frozen=True, slots=True)
class ReadTip:
    """Read the two newest entries of the log, newest first, without plans -> list[LogEntry]."""

    collection: str


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """Read one entry -> LogEntry | None."""

    collection: str
    n: int


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """Read the plan of an entry -> Plan | None; None: the entry is done or removed."""

    collection: str
    n: int


@dataclass(frozen=True, slots=True)
class Announce:
    """Insert the announcement -> None."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class ReadIntents:
    """Read all announcements -> list[Intent]."""


@dataclass(frozen=True, slots=True)
class Retract:
    """Remove an announcement -> None."""

    key: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """Read the rows of these ids, and the rows that describe any of `described`, in all collections, without bodies
    -> list[Document].
    """

    ids: tuple[str, ...]
    described: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindMentions:
    """For each mention, find the row with it that has the highest or lowest governing level -> Mapping[str, Document].

    Searches all collections, without rows of the keys `excluded_keys`; the answer omits mentions that no row has.
    """

    mentions: tuple[str, ...]
    excluded_keys: tuple[str, ...]
    highest: bool


@dataclass(frozen=True, slots=True)
class ReadBodies:
    """Read the bodies of the rows with these keys -> dict[str, bytes]."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """Insert the entry with its plan -> str: the batch whose entry now has that number, "" if unknown."""

    entry: LogEntry
    plan: Plan


@dataclass(frozen=True, slots=True)
class InsertRows:
    """Insert rows, and leave rows with existing keys as they are -> None."""

    rows: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class KeepStatuses:
    """Insert statuses, and leave existing ones as they are -> None."""

    statuses: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Show:
    """Mark the entry visible -> None."""

    collection: str
    n: int


@dataclass(frozen=True, slots=True)
class Touch:
    """Change rows that no commit after `n` wrote, without creating any -> None."""

    collection: str
    n: int
    touches: tuple[tuple[str, Document], ...]


@dataclass(frozen=True, slots=True)
class Finish:
    """Mark the entry done and drop its plan -> None."""

    collection: str
    n: int


@dataclass(frozen=True, slots=True)
class Tidy:
    """Remove log entries before number `below` -> None."""

    collection: str
    below: int


@dataclass(frozen=True, slots=True)
class Wipe:
    """Remove all rows of a collection after an interrupted import -> None."""

    collection: str


@dataclass(frozen=True, slots=True)
class HoldsAny:
    """Find out whether the collection has a record -> bool."""

    collection: str


@dataclass(frozen=True, slots=True)
class FindTakenKeys:
    """Find which of these keys exist, as rows or as seats -> set[str]."""

    collection: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadRange:
    """Read one page of rows in place order up to place `upto` -> tuple[list[Document], bool]; True: more follow."""

    query: Query
    upto: int
    max_bytes: int | None  # None: without bodies


@dataclass(frozen=True, slots=True)
class ReadTrailKey:
    """Read the key of the trail's seals and salts -> bytes."""


@dataclass(frozen=True, slots=True)
class ReadTrailEnd:
    """Read the end of the audit trail -> TrailHead."""


@dataclass(frozen=True, slots=True)
class IsNoted:
    """Find out whether the audit trail has the entry of the change of that name -> bool."""

    name: str


@dataclass(frozen=True, slots=True)
class ReadRows:
    """Read the whole rows with these keys, without seats -> list[Document]."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddEntry:
    """Insert an entry of the trail -> str: the name of the change whose entry now has that number."""

    entry: TrailEntry
    name: str


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """Read the document of an account -> Document | None."""

    name: str


@dataclass(frozen=True, slots=True)
class ReadUnnotedAccounts:
    """Read the documents of all accounts whose last change has no entry in the trail yet -> list[Document]."""


@dataclass(frozen=True, slots=True)
class PutAccount:
    """Write an account if its last change is `old_change` and has its entry (None: if there is no account) -> bool."""

    account: AccountRow
    change: str  # the name of this change
    at: int
    old_change: str | None


@dataclass(frozen=True, slots=True)
class MarkAccountNoted:
    """Mark that the trail has the entry of that change of the account -> None."""

    name: str
    change: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Let a moment pass -> None."""


TrailStep = (
    ReadTrailKey
    | ReadTrailEnd
    | IsNoted
    | ReadRows
    | AddEntry
    | ReadAccount
    | ReadUnnotedAccounts
    | PutAccount
    | MarkAccountNoted
)
Step = (
    ReadTip
    | ReadEntry
    | ReadPlan
    | Announce
    | ReadIntents
    | Retract
    | LookUp
    | ReadBodies
    | FindMentions
    | Insert
    | InsertRows
    | KeepStatuses
    | Show
    | Touch
    | Finish
    | Tidy
    | Wipe
    | HoldsAny
    | FindTakenKeys
    | ReadRange
    | Wait
    | TrailStep
)  # fmt: skip - one list
