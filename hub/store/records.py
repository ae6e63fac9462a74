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

NO_LEVEL: Final = 5  # above every TLP level: no older version is held
HIDDEN: Final = 5  # the level of a record that is shown to nobody until the operator decides
NOBODY: Final = ""  # the owner of what any writer may publish; the publisher of what the hub itself put there

# Where a record's level comes from: one of these words, or the id of the object that gives it (a container that names
# it, or the object that it describes).
BY_MARKING: Final = "marking"  # its own marking or label
BY_DEFAULT: Final = "default"  # unmarked, and in no container: the collection's own level for such objects
BY_HUB: Final = "hub"  # the hub's definitions and the members' identities, which are CLEAR
BY_OPERATOR: Final = "operator"  # hidden by an upgrade, then decided
UNKNOWN_SOURCE: Final = ""  # of an older store or archive, until `hub init` computes it
_NUMBER_MOST: Final = (1 << 63) - 1  # in a fact
REFUSED: Final = "refused: "  # begins the source of a hidden record: the reason why the hub would not take it now


@dataclass(frozen=True, slots=True)
class Status:
    """A status resource as it is kept: its JSON, and who may ask for it."""

    id: str
    collection: str
    account: str
    publisher: str
    kept_at: int  # milliseconds since 1970
    body: bytes


@dataclass(slots=True)
class Record:
    """One version of one object as it is kept: what export writes and import reads back."""

    collection: str
    place: int
    id: str
    type: str
    version: int  # instant; of an SCO: its place
    version_text: str
    level: int  # its own
    owner: str
    publishers: tuple[str, ...]  # the members that published just this, NOBODY for the hub, in order
    revoked: bool
    accepted_at: int  # milliseconds since 1970 by the hub's clock; people are shown this, readers page by place
    body: bytes
    digest: bytes
    source: str = BY_MARKING  # where its level comes from
    reached: int = HIDDEN  # the lowest level at which it was ever readable
    names: tuple[str, ...] = ()  # as in `Candidate`
    contains: tuple[str, ...] = ()
    describes: str = ""


@dataclass(frozen=True, slots=True)
class RecordLevel:
    """The level that a held record has from now on, and where that comes from."""

    id: str
    place: int
    level: int
    source: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as it is kept: hashes only, never a credential."""

    name: str
    kind: str
    member: str  # "" for kinds without one
    password_hash: str  # argon2id, "" where there is none
    key_hashes: tuple[str, ...]
    disabled: bool
    created_at: int  # milliseconds since 1970


@dataclass(frozen=True, slots=True)
class Fact:
    """A small thing kept beside the objects: what was delivered, who confirmed, who was reminded."""

    number: int  # grows with each write: a reader of facts asks for those after the last one that it read
    key: str
    value: bytes

    @property
    def milliseconds(self) -> int | None:
        """The time that the value is, since 1970; None where it is none, such as where it was damaged."""
        try:
            milliseconds = int(self.value)
        except ValueError:
            return None
        return milliseconds if 0 <= milliseconds <= LATEST else None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The whole numbers that the value is a list of (`summed`); none where it is no such list."""
        try:
            values = orjson.loads(self.value)
        except orjson.JSONDecodeError:
            return ()
        is_list = isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)
        return tuple(values) if is_list else ()


def summed(fact: Fact | None, more: Sequence[int]) -> bytes:
    """The value of a fact with these numbers added to those that it has, each to the one in its place."""
    sums = [before + new for before, new in zip_longest(fact.numbers if fact else (), more, fillvalue=0)]
    return orjson.dumps([min(value, _NUMBER_MOST) for value in sums])


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record stands among the versions of its id in its collection (law L5 d)."""

    governing: int  # the highest level among it and all newer versions
    newest: bool
    preceded: int  # the governing level of the next older version, NO_LEVEL if there is none
    withdrawn: bool  # whether the newest version revokes the object


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """What `line` needs to know of a record that is held already, in whichever collection."""

    collection: str
    id: str
    version: int
    level: int
    owner: str
    publishers: tuple[str, ...]
    revoked: bool
    digest: bytes
    key: Any  # however the store finds the record again
    type: str = ""
    place: int = 0
    source: str = BY_MARKING
    standing: Standing = Standing(0, newest=True, preceded=NO_LEVEL, withdrawn=False)
    reached: int = HIDDEN
    names: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
