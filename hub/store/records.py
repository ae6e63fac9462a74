"""What a store keeps: records of objects, statuses, accounts and facts, as values.

Places, instants and levels are those of `hub.store.base`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

import orjson

from hub.stix.timestamps import LATEST

NO_LEVEL: Final = 5  # above every TLP level: there is no older version
HIDDEN: Final = 5  # the level of a record that no reader sees until the operator decides
NOBODY: Final = (
    ""  # the owner of objects that any writer may publish; the publisher of objects that the hub itself added
)

# The source of a record's level: one of these words, or the id of the object that gives it (a container that names it, or
# the object that it describes).
BY_MARKING: Final = "marking"  # its own marking or label
BY_DEFAULT: Final = "default"  # unmarked, and in no container: the collection's level for such objects
BY_HUB: Final = "hub"  # the hub's definitions and the members' identities, which are CLEAR
BY_OPERATOR: Final = "operator"  # an upgrade hid it, then the operator decided
UNKNOWN_SOURCE: Final = ""  # from an older store or archive, until `hub init` computes the source
_NUMBER_MOST: Final = (1 << 63) - 1  # in a fact
REFUSED_PREFIX: Final = (
    "refused: "  # begins the source of a hidden record; then follows why the hub would now refuse it
)


@dataclass(frozen=True, slots=True)
class Status:
    """A stored status resource: its JSON, and who may read it."""

    id: str
    collection: str
    account: str
    publisher: str
    kept_at: int  # milliseconds since 1970
    body: bytes


@dataclass(slots=True)
class Record:
    """One stored version of one object: what an export writes and an import reads."""

    collection: str
    place: int
    id: str
    type: str
    version: int  # instant; of an SCO: its place
    version_text: str
    level: int  # its own
    owner: str
    publishers: tuple[str, ...]  # the members that published exactly this version, in order; NOBODY for the hub
    revoked: bool
    accepted_at: int  # milliseconds since 1970 by the hub's clock; shown to people, while readers page by place
    body: bytes
    digest: bytes
    source: str = BY_MARKING  # of its level
    lowest_level: int = HIDDEN  # at which it was ever readable; stores and archives call it `reached`
    named_ids: tuple[str, ...] = ()  # as in `Candidate`
    contained_ids: tuple[str, ...] = ()
    described_id: str = ""


@dataclass(frozen=True, slots=True)
class RecordLevel:
    """The new level of an existing record, and the source of that level."""

    id: str
    place: int
    level: int
    source: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A stored account: hashes only, never a credential."""

    name: str
    kind: str
    member: str  # "" for kinds without one
    password_hash: str  # argon2id, "" if it has no password
    key_hashes: tuple[str, ...]
    disabled: bool
    created_at: int  # milliseconds since 1970


@dataclass(frozen=True, slots=True)
class Fact:
    """A small value beside the objects: a delivery, a confirmation, a reminder."""

    number: int  # grows with each write: a reader asks for the facts after the last one that it read
    key: str
    value: bytes

    @property
    def milliseconds(self) -> int | None:
        """The value as milliseconds since 1970; None if it is not a time, for example because it is damaged."""
        try:
            milliseconds = int(self.value)
        except ValueError:
            return None
        return milliseconds if 0 <= milliseconds <= LATEST else None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The value as a list of whole numbers (see `add_numbers`); empty if it is no such list."""
        try:
            values = orjson.loads(self.value)
        except orjson.JSONDecodeError:
            return ()
        is_list = isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)
        return tuple(values) if is_list else ()


def add_numbers(fact: Fact | None, numbers: Sequence[int]) -> bytes:
    """The value of a fact after adding these numbers to its own, position by position."""
    sums = [old + new for old, new in zip_longest(fact.numbers if fact else (), numbers, fillvalue=0)]
    return orjson.dumps([min(value, _NUMBER_MOST) for value in sums])


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing of a record among the versions of its id in its collection (law L5 d)."""

    governing: int  # the highest level among it and all newer versions
    newest: bool
    preceding_level: (
        int  # the governing level of the next older version, NO_LEVEL if there is none; stored as `preceded`
    )
    withdrawn: bool  # whether the newest version revokes the object


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """What `line` needs to know about an existing record, in any collection."""

    collection: str
    id: str
    version: int
    level: int
    owner: str
    publishers: tuple[str, ...]
    revoked: bool
    digest: bytes
    key: Any  # by which the store finds the record again
    type: str = ""
    place: int = 0
    source: str = BY_MARKING
    standing: Standing = Standing(0, newest=True, preceding_level=NO_LEVEL, withdrawn=False)
    lowest_level: int = HIDDEN
    named_ids: tuple[str, ...] = ()
    contained_ids: tuple[str, ...] = ()
