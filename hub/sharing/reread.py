"""Levels in dialects that an older version of the hub did not read: what it took is read once more (law L5 a).

`relevel` judges records whose levels an old store did not keep. Here each record has its level, and may say a higher one in
words that are read since then. Levels only rise; what is now too high for its collection, or not understood, is hidden until
the operator decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.relevel import LEVELS_AT_ONCE, limit_of
from hub.stix.levels import stated_level
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.records import BY_HUB, BY_MARKING, BY_OPERATOR, HIDDEN, REFUSED, UNKNOWN_SOURCE, Record, RecordLevel

RULES: Final = 2  # rises with each further dialect that `hub.stix.levels` reads
KIND: Final = "level rules"  # of the fact that says by which rules the store was read last
_KEY: Final = "read"
_DECIDED: Final = frozenset({BY_HUB, BY_OPERATOR, UNKNOWN_SOURCE})
_DEFINITION: Final = "marking-definition"


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of a collection's records."""

    collection: Collection
    raised: int
    hidden: int


def reread(store: Store, catalogue: Catalogue) -> Iterator[Reread]:
    """Read all records once more where the store was read by older rules; each collection in which levels rose."""
    noted = max((int(fact.value) for fact in store.facts(KIND)), default=1)
    if noted >= RULES:
        return
    for collection in catalogue:
        if changes := list(_changes(store, catalogue, collection)):
            for start in range(0, len(changes), LEVELS_AT_ONCE):
                store.set_levels(collection.id, changes[start : start + LEVELS_AT_ONCE])
            hidden = sum(change.level == HIDDEN for change in changes)
            yield Reread(collection, len(changes) - hidden, hidden)
    store.put_facts(KIND, {_KEY: str(RULES).encode()})


def _changes(store: Store, catalogue: Catalogue, collection: Collection) -> Iterator[RecordLevel]:
    definitions: dict[str, int] = {}  # those that say more than was read in them
    for record in store.records(collection.id):
        if record.type == _DEFINITION and (change := _change(record, catalogue, collection, {})) is not None:
            definitions[record.id] = change.level
    for record in store.records(collection.id):
        if (change := _change(record, catalogue, collection, definitions)) is not None:
            yield change


def _change(
    record: Record, catalogue: Catalogue, collection: Collection, definitions: Mapping[str, int]
) -> RecordLevel | None:
    """The level from now on, None where it stays. A revocation is marked no higher than what it revokes (law L5 d)."""
    if record.level == HIDDEN or record.revoked or record.source in _DECIDED:
        return None
    own = stated_level(orjson.loads(record.body), catalogue.markings)
    level = max(own.level or TLP.CLEAR, *(definitions.get(marking, TLP.CLEAR) for marking in own.markings), TLP.CLEAR)
    if own.unclear or level == HIDDEN:
        reason = (
            f"{own.unclear[:100]!r} names no level that is read" if own.unclear else "its marking is not understood"
        )
    elif level > collection.highest_tlp:
        reason = f"it is {TLP(level).label}, and {limit_of(collection)}"
    elif level > record.level:
        return RecordLevel(record.id, record.place, level, BY_MARKING)
    else:
        return None
    return RecordLevel(record.id, record.place, HIDDEN, REFUSED + reason)
