"""The words of the commit protocol (`mongo_commit`): what is committed, and each step with what is sent back for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.store.chain import Act, TrailEntry
from hub.store.mongo.rows import Document
from hub.store.query import Query
from hub.store.records import NO_LEVEL, AccountRow

NOTHING_HELD: Final = (0,) * NO_LEVEL


@dataclass(frozen=True, slots=True)
class Note:
    """What the entry of a commit in the audit trail will say; its seals are those of the rows that it wrote."""

    act: Act  # without seals
    at: int  # milliseconds since 1970


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one commit does to the rows of its collection, in values that no longer depend on anything."""

    rows: tuple[Document, ...] = ()
    touches: tuple[tuple[str, Document], ...] = ()  # (key, fields to set); no fields: the record goes
    statuses: tuple[Document, ...] = ()
    note: Note | None = None  # None: an older hub wrote it, or it does nothing


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One commit in a collection's log."""

    collection: str
    n: int  # 1 and up; 0 stands for a collection that never saw a commit
    batch: str  # who made it: a name that nobody else uses
    place: int  # the last place given out
    visible: bool = False
    done: bool = False
    restoring: bool = False  # an import is under way: nothing is shown, nobody else writes
    held: tuple[int, ...] = NOTHING_HELD  # records shown at each level after this commit: what would else be counted
    changed: int = 0  # the number of the last commit, up to this one, that changed or removed rows already held

    @property
    def shown(self) -> int:
        """The place up to which readers page."""
        return 0 if self.restoring else self.place


@dataclass(frozen=True, slots=True)
class Intent:
    """What a writer announces before it looks: which ids it is about to add, for which owner, and which these name."""

    key: str
    collection: str
    n: int  # the commit that it is going to be
    owners: Mapping[str, str]  # object id -> owner
    names: frozenset[str] = frozenset()  # ids of possible observables


# ------------------------------------------------------------------------------------------------------------- steps
# Each class says what the step does and what is sent back for it.


@dataclass(frozen=True, slots=True)
class ReadTip:
    """The two newest entries of the log, newest first, without plans -> list[Entry]."""

    collection: str


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """That entry, if it is there -> Entry | None."""

    collection: str
    n: int


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """The plan of that entry -> Plan | None, None where it is done or gone."""

    collection: str
    n: int


@dataclass(frozen=True, slots=True)
class Announce:
    """Insert the announcement -> None."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class ReadIntents:
    """All announcements -> list[Intent]."""


@dataclass(frozen=True, slots=True)
class Retract:
    """Remove an announcement -> None."""

    key: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """The rows of these ids, and those that describe any of `described`, in all collections, without bodies -> list[Document]."""

    ids: tuple[str, ...]
    described: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mentions:
    """For each mention, the row with the highest or lowest governing level that bears it -> Mapping[str, Document].

    Rows in whichever collection, except those of the keys `leaving_out`; a mention that no row bears is left out.
    """

    mentions: tuple[str, ...]
    leaving_out: tuple[str, ...]
    highest: bool


@dataclass(frozen=True, slots=True)
class ReadBodies:
    """The bodies of the rows with these keys -> dict[str, bytes]."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """Insert the entry with its plan -> str: the batch whose entry now has that number, "" if that cannot be told."""

    entry: LogEntry
    plan: Plan


@dataclass(frozen=True, slots=True)
class InsertRows:
    """Insert rows, leaving those alone whose key is there -> None."""

    rows: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class KeepStatuses:
    """Insert statuses, leaving those alone that are there -> None."""

    statuses: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Show:
    """Mark the entry visible -> None."""

    collection: str
    n: int


@dataclass(frozen=True, slots=True)
class Touch:
    """Change rows that no commit after `n` wrote, and never create one -> None."""

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
    """Remove all rows of a collection into which an import was broken off -> None."""

    collection: str


@dataclass(frozen=True, slots=True)
class HoldsAny:
    """Whether the collection holds a record -> bool."""

    collection: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Which of these keys of rows are there, be it as seats -> set[str]."""

    collection: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """One page of rows in place order up to place `upto` -> tuple[list[Document], bool], true: there are more."""

    query: Query
    upto: int
    max_bytes: int | None  # None: without bodies


@dataclass(frozen=True, slots=True)
class TrailKey:
    """The key of the trail's seals and salts -> bytes."""


@dataclass(frozen=True, slots=True)
class TrailEnd:
    """Where the audit trail ends -> TrailHead."""


@dataclass(frozen=True, slots=True)
class IsNoted:
    """Whether the audit trail has the entry of the change of that name -> bool."""

    name: str


@dataclass(frozen=True, slots=True)
class ReadRows:
    """The whole rows with these keys, as far as they hold a record -> list[Document]."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddEntry:
    """Insert an entry of the trail -> str: the name of the change whose entry now has that number."""

    entry: TrailEntry
    name: str


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """The document of that account -> Document | None."""

    name: str


@dataclass(frozen=True, slots=True)
class UnnotedAccounts:
    """The documents of all accounts whose last change has no entry in the trail yet -> list[Document]."""


@dataclass(frozen=True, slots=True)
class PutAccount:
    """Write an account where its last change is `before` and noted, None: where there is no account -> bool."""

    account: AccountRow
    change: str  # the name of this change
    at: int
    before: str | None


@dataclass(frozen=True, slots=True)
class AccountNoted:
    """Mark that the trail has the entry of that change of the account -> None."""

    name: str
    change: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Let a moment pass -> None."""


NotingStep = (
    TrailKey | TrailEnd | IsNoted | ReadRows | AddEntry | ReadAccount | UnnotedAccounts | PutAccount | AccountNoted
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
    | Mentions
    | Insert
    | InsertRows
    | KeepStatuses
    | Show
    | Touch
    | Finish
    | Tidy
    | Wipe
    | HoldsAny
    | Taken
    | Range
    | Wait
    | NotingStep
)  # fmt: skip - one list
